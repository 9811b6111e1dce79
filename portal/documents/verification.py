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
from pyhanko.sign.general import UnacceptableSignerError
from pyhanko.sign.validation import DocumentSecurityStore, EmbeddedPdfSignature, async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError, ValidationInfoReadingError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.status import SignatureCoverageLevel
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
    signer: CertificateFacts | None
    signed_at: datetime | None
    """Time of the time-stamp; None without a trusted one."""

    @property
    def is_good(self) -> bool:
        """Everything holds: intact, trusted, time-stamped, over the whole file."""
        return self.intact and self.trusted and self.covers_whole_file and self.signed_at is not None


@dataclass(frozen=True)
class PdfFacts:
    """What was found in a file. ``readable`` is False for what is no PDF."""

    sha256: str
    readable: bool
    signatures: list[SignatureFacts] = field(default_factory=list)

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


async def _examine(reader: PdfFileReader, signature: EmbeddedPdfSignature) -> SignatureFacts:
    time = stamp_time(signature)
    arguments: dict[str, Any] = {
        "trust_roots": list(certificates.trusted_roots()),
        "moment": time,
        "allow_fetching": False,
        "revinfo_policy": CertRevTrustPolicy(REQUIRE_REVINFO),
    }
    try:
        context = DocumentSecurityStore.read_dss(reader).as_validation_context(arguments)
    except ValidationInfoReadingError:
        context = ValidationContext(**arguments, crls=[], ocsps=[])
    status = await async_validate_pdf_signature(signature, context)
    stamp = status.timestamp_validity
    stamped = stamp is not None and stamp.valid and stamp.intact and stamp.trusted
    return SignatureFacts(
        intact=status.intact and status.valid,
        trusted=status.trusted and stamped,
        covers_whole_file=status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
        signer=certificates.facts_of(status.signing_cert),
        signed_at=stamp.timestamp if stamped and stamp is not None else None,
    )


def verify(pdf: bytes) -> PdfFacts:
    """Examine all signatures of a file that anybody may have made. Never raises for a strange file: it is then not good.

    Validation is at the moment of the signature's own time-stamp, to ``settings.TRUSTED_ROOTS``, revocation from the file, fail hard.
    """
    sha256 = hashlib.sha256(pdf).hexdigest()
    try:
        reader = PdfFileReader(BytesIO(pdf))
        embedded = reader.embedded_regular_signatures
    except Exception:  # a stranger's bytes may break a parser in any way; that is an answer, not a failure
        return PdfFacts(sha256=sha256, readable=False)

    async def all_of_them() -> list[SignatureFacts]:
        found = []
        for signature in embedded[:MAX_SIGNATURES]:
            try:
                found.append(await _examine(reader, signature))
            except (SignatureValidationError, UnacceptableSignerError, PdfError, ValueError, KeyError, TypeError):
                found.append(SignatureFacts(intact=False, trusted=False, covers_whole_file=False, signer=None, signed_at=None))
        return found

    return PdfFacts(sha256=sha256, readable=True, signatures=asyncio.run(all_of_them()))
