"""What a PDF's signatures prove, judged from the file alone: no network, so a page may ask while a person waits.

A B-LT file carries the revocation information of its signers; a signature without it cannot be shown to be good and is not called so.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.general import UnacceptableSignerError
from pyhanko.sign.validation import (
    DocumentSecurityStore,
    EmbeddedPdfSignature,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.errors import SignatureValidationError, ValidationInfoReadingError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel, TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertRevTrustPolicy
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO

from portal.crypto import certificates
from portal.crypto.certificates import CertificateFacts

MAX_SIGNATURES = 20
"""More signatures than any paper of ours carries; a file with more is not examined further."""


@dataclass(frozen=True)
class SignatureFacts:
    """One signature of a file."""

    intact: bool
    """The bytes it covers are the bytes that were signed."""
    trusted: bool
    """The signer's certificate leads to our roots and stood at the time of the stamp, and the stamp itself is trusted."""
    covers_whole_file: bool
    """But for further signatures, and for what keeping for long puts behind it: validation data and time-stamps (ISO 32000-2, 12.8.5)."""
    signer: CertificateFacts | None
    signed_at: datetime | None
    """Time of the time-stamp; None without a trusted one."""
    stamp_until: datetime | None = None
    """Until when every certificate behind that time-stamp holds; None without a trusted one."""

    @property
    def is_good(self) -> bool:
        """Everything holds: intact, trusted, time-stamped, over the whole file."""
        return self.intact and self.trusted and self.covers_whole_file and self.signed_at is not None


@dataclass(frozen=True)
class StampFacts:
    """One time-stamp over the file itself and what stands in it: a signature is provable as long as the newest of them is."""

    good: bool
    """Intact, its certificate leads to our roots, and nothing but more of the same stands behind it."""
    at: datetime | None
    until: datetime | None


@dataclass(frozen=True)
class PdfFacts:
    """What was found in a file. ``readable`` is False for what is no PDF."""

    sha256: str
    readable: bool
    signatures: list[SignatureFacts] = field(default_factory=list)
    stamps: list[StampFacts] = field(default_factory=list)
    """Those over the whole file (PAdES B-LTA), in their order."""

    @property
    def stamp_until(self) -> datetime | None:
        """Until when the newest time-stamp holds: the last over the file, else the earliest end of the signatures' own."""
        if self.stamps:
            return self.stamps[-1].until if self.stamps[-1].good else None
        ends = [one.stamp_until for one in self.signatures]
        return min((one for one in ends if one is not None), default=None) if all(ends) else None

    @property
    def has_good_signature(self) -> bool:
        """At least one signature, and all of them good."""
        return bool(self.signatures) and all(one.is_good for one in self.signatures)


def stamp_time(signature: EmbeddedPdfSignature) -> datetime | None:
    """What a signature's time-stamp says, trusted or not; None without one."""
    for data in extract_tst_data_iter(signature.signer_info, signed=False):
        time: datetime = data["encap_content_info"]["content"].parsed["gen_time"].native
        return time
    return None


def _context(reader: PdfFileReader, time: datetime | None) -> ValidationContext:
    """What the file carries, at a moment, without the network."""
    arguments: dict[str, Any] = {
        "trust_roots": list(certificates.trusted_roots()),
        "moment": time,
        "allow_fetching": False,
        "revinfo_policy": CertRevTrustPolicy(REQUIRE_REVINFO),
    }
    try:
        return DocumentSecurityStore.read_dss(reader).as_validation_context(arguments)
    except ValidationInfoReadingError:
        return ValidationContext(**arguments, crls=[], ocsps=[])


def _until(status: TimestampSignatureStatus | None) -> datetime | None:
    """The earliest end of the certificates on the path of a time-stamp, the root's left out: that it is trusted is the reader's word."""
    if status is None or status.validation_path is None:
        return None
    return min(cert.not_valid_after for cert in status.validation_path.iter_certs(include_root=False))


def _covers(status: Any) -> bool:
    """The whole file, or a state of it behind which nothing stands but validation data and time-stamps."""
    if status.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return True
    level = status.modification_level
    return status.coverage == SignatureCoverageLevel.ENTIRE_REVISION and level is not None and level <= ModificationLevel.LTA_UPDATES


async def _examine(reader: PdfFileReader, signature: EmbeddedPdfSignature, *, to_the_end: bool) -> SignatureFacts:
    """``to_the_end``: whether a good time-stamp, or a further signature, covers what stands behind this one to the file's last byte."""
    status = await async_validate_pdf_signature(signature, _context(reader, stamp_time(signature)))
    stamp = status.timestamp_validity
    stamped = stamp is not None and stamp.valid and stamp.intact and stamp.trusted
    return SignatureFacts(
        intact=status.intact and status.valid,
        trusted=status.trusted and stamped,
        covers_whole_file=status.coverage == SignatureCoverageLevel.ENTIRE_FILE
        or (to_the_end and (_covers(status) or _only_signatures_follow(reader, status))),
        signer=certificates.facts_of(status.signing_cert),
        signed_at=stamp.timestamp if stamped and stamp is not None else None,
        stamp_until=_until(stamp) if stamped else None,
    )


async def _examine_stamp(reader: PdfFileReader, embedded: EmbeddedPdfSignature, *, is_last: bool) -> StampFacts:
    data = embedded.signed_data["encap_content_info"]["content"].parsed
    time: datetime = data["gen_time"].native
    status = await async_validate_pdf_timestamp(embedded, _context(reader, time))
    # Behind the last one nothing stands at all: nobody answers for that.
    covers = status.coverage == SignatureCoverageLevel.ENTIRE_FILE if is_last else _covers(status)
    return StampFacts(good=status.intact and status.valid and status.trusted and covers, at=time, until=_until(status))


def _only_signatures_follow(reader: PdfFileReader, status: PdfSignatureStatus) -> bool:
    """Whether all that was added after a signature are further signatures and what proves them: pages and words stay those that were
    signed. A form with other fields could have been filled in meanwhile, and counts as changed."""
    if status.coverage != SignatureCoverageLevel.ENTIRE_REVISION or status.modification_level not in _HARMLESS:
        return False
    # By its key: what is asked for in other ways may be a reference to it.
    return all(field.get_object().get("/FT") == "/Sig" for field in reader.root["/AcroForm"]["/Fields"])


_HARMLESS = (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES, ModificationLevel.FORM_FILLING)


def _reaches_the_end(embedded: list[EmbeddedPdfSignature]) -> bool:
    try:
        return bool(embedded) and embedded[-1].evaluate_signature_coverage() == SignatureCoverageLevel.ENTIRE_FILE
    except (SignatureValidationError, PdfError, ValueError, KeyError, TypeError, AttributeError):
        return False


def verify(pdf: bytes) -> PdfFacts:
    """Examine all signatures of a file that anybody may have made. Never raises for a strange file: it is then not good.

    Validation is at the moment of the signature's own time-stamp, to ``settings.TRUSTED_ROOTS``, revocation from the file, fail hard.
    """
    sha256 = hashlib.sha256(pdf).hexdigest()
    try:
        reader = PdfFileReader(BytesIO(pdf))
        embedded, over_file = reader.embedded_regular_signatures, reader.embedded_timestamp_signatures
    except Exception:  # a stranger's bytes may break a parser in any way; that is an answer, not a failure
        return PdfFacts(sha256=sha256, readable=False)

    async def all_of_them(to_the_end: bool) -> list[SignatureFacts]:
        found = []
        for signature in embedded[:MAX_SIGNATURES]:
            try:
                found.append(await _examine(reader, signature, to_the_end=to_the_end))
            except (SignatureValidationError, UnacceptableSignerError, PdfError, ValueError, KeyError, TypeError):
                found.append(SignatureFacts(intact=False, trusted=False, covers_whole_file=False, signer=None, signed_at=None))
        return found

    async def stamps() -> list[StampFacts]:
        found = []
        for one in over_file[:MAX_SIGNATURES]:
            try:
                found.append(await _examine_stamp(reader, one, is_last=one is over_file[-1]))
            except (SignatureValidationError, UnacceptableSignerError, PdfError, ValueError, KeyError, TypeError, AttributeError):
                found.append(StampFacts(good=False, at=None, until=None))
        return found

    stamped = asyncio.run(stamps())
    to_the_end = all(one.good for one in stamped) if stamped else _reaches_the_end(embedded)
    return PdfFacts(sha256=sha256, readable=True, signatures=asyncio.run(all_of_them(to_the_end)), stamps=stamped)
