"""Signatures in files that come in: who signed, when, and whether it holds. Done in the worker, once a file is checked; kept with the file.

A signature holds when the bytes are those that were signed, nothing was put behind them but what signing itself adds, and the signer's
certificate leads to one of our two stores of trust and stands: by what the file itself carries where it has a trusted time-stamp (B-LT),
else by OCSP and CRL now, fail hard. A silent authority is asked again. It judges the signature, not what the paper is worth.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from asn1crypto import cms, core, pem
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from lxml import etree
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.general import CMSExtractionError, CMSStructuralError, UnacceptableSignerError
from pyhanko.sign.validation import DocumentSecurityStore, EmbeddedPdfSignature, async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError, ValidationInfoReadingError
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation, extract_self_reported_ts, validate_sig_integrity
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertRevTrustPolicy
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO

from portal import outbox
from portal.access import SYSTEM
from portal.crypto import certificates
from portal.crypto.certificates import CertificateFacts, CertificateRefused, Purpose, Trust
from portal.crypto.signed_files import DIGESTS, SIGNATURES, is_strong
from portal.documents.verification import MAX_SIGNATURES, stamp_time
from portal.files import services as files
from portal.files import sniff
from portal.files.errors import FileUnreadable
from portal.files.models import FileState, Signed, StoredFile

KIND = "documents.signatures"
SIGNED_TYPES = frozenset({"application/pdf", sniff.SIGNED, sniff.ASIC_E, sniff.ASIC_S})
ALTERED, BROKEN, MISSING, UNSUPPORTED = "altered", "bad_signature", "content_missing", "unsupported"

Resolve = Callable[[str, bytes], str | None]
"""The name of a file beside this one that has a digest (algorithm, value), or None."""


@dataclass(frozen=True)
class Found:
    """One signature. ``why`` is empty where it holds, else a code: one of ours or of :class:`CertificateRefused`."""

    why: str
    who: str = ""
    organisation: str = ""
    issuer: str = ""
    serial: str = ""
    store: str = ""
    """``state`` or ``public``: which store of trust the certificate leads to."""
    at: str = ""
    """ISO moment: of the trusted time-stamp, or as the signer's own machine says."""
    stamped: bool = False
    covers: str = ""
    """Name of the file that was signed, where that is another one."""

    @classmethod
    def of(
        cls, why: str, facts: CertificateFacts | None = None, trust: Trust | None = None, at: datetime | None = None, **more: Any
    ) -> Found:
        """With what the certificate says."""
        return cls(
            why,
            who=facts.subject_name if facts else "",
            organisation=(facts.organisation_code or "") if facts else "",
            issuer=facts.issuer if facts else "",
            serial=facts.serial if facts else "",
            store="" if trust is None else "state" if trust is Trust.STATE else "public",
            at=at.isoformat() if at else "",
            **more,
        )


def _facts(certificate: Any) -> CertificateFacts | None:
    try:
        return certificates.facts_of(certificate)
    except (CertificateRefused, ValueError, TypeError, KeyError):
        return None


def _roots() -> list[Any]:
    found: list[Any] = []
    for trust in Trust:
        try:
            found += certificates.trusted_roots(trust)
        except ImproperlyConfigured:
            continue
    return found


def _standing(certificate: Any, others: Iterable[Any]) -> tuple[str, CertificateFacts | None, Trust | None]:
    """Why a certificate does not count now (empty: it does), by whichever store it leads to. ``CertificateRefused`` only for a while."""
    if not is_strong(certificate.dump()):
        return "weak", _facts(certificate), None
    chain = list(others)
    # The moment itself, not when the work began: an authority's answer that is younger than the question counts for nothing.
    now = timezone.now()
    for trust in (Trust.PUBLIC, Trust.STATE):
        try:
            return "", certificates.validate(certificate, chain, at=now, purpose=Purpose.DOCUMENT, trust=trust), trust
        except ImproperlyConfigured:
            continue
        except CertificateRefused as refused:
            if refused.is_temporary:
                raise
            if refused.code != "untrusted":
                return refused.code, _facts(certificate), trust
        except (ValueError, TypeError, KeyError):
            return "malformed", None, None
    return "untrusted", _facts(certificate), None


async def _long_term(reader: PdfFileReader, signature: EmbeddedPdfSignature, trust: Trust) -> datetime | None:
    """The moment of the trusted time-stamp, where the file itself proves that the certificate stood then; None: it does not."""
    arguments: dict[str, Any] = {
        "trust_roots": list(certificates.trusted_roots(trust)),
        "moment": stamp_time(signature),
        "allow_fetching": False,
        "revinfo_policy": CertRevTrustPolicy(REQUIRE_REVINFO),
    }
    if arguments["moment"] is None:
        return None
    try:
        store = DocumentSecurityStore.read_dss(reader)
        signer, stamper = (
            store.as_validation_context(arguments | {"trust_roots": roots}) for roots in (arguments["trust_roots"], _roots())
        )
    except ValidationInfoReadingError:
        return None
    status = await async_validate_pdf_signature(signature, signer, stamper, skip_diff=True)
    stamp = status.timestamp_validity
    stands = status.intact and status.valid and status.trusted
    return stamp.timestamp if stands and stamp is not None and stamp.valid and stamp.intact and stamp.trusted else None


def _altered(status: Any, is_last: bool) -> bool:
    """Whether something stands behind the signed bytes that signing, time-stamping and keeping for long do not put there."""
    if status.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return False
    level = status.modification_level
    if level is None or level > ModificationLevel.FORM_FILLING or status.docmdp_ok is False:
        return True
    # Filled in after the last signature: nobody answers for that.
    return bool(level == ModificationLevel.FORM_FILLING and is_last)


async def _pdf_signature(reader: PdfFileReader, signature: EmbeddedPdfSignature, is_last: bool) -> Found:
    blind = ValidationContext(
        trust_roots=_roots(), other_certs=list(signature.other_embedded_certs), allow_fetching=False, revocation_mode="soft-fail"
    )
    status = await async_validate_pdf_signature(signature, blind, blind)
    facts, claimed = _facts(status.signing_cert), extract_self_reported_ts(signature.signer_info) or status.signer_reported_dt
    if not (status.intact and status.valid):
        return Found.of(BROKEN, facts, at=claimed)
    if _altered(status, is_last):
        return Found.of(ALTERED, facts, at=claimed)
    for trust in Trust:
        try:
            stamped = await _long_term(reader, signature, trust)
        except ImproperlyConfigured:
            continue
        if stamped is not None:
            return Found.of("", facts, trust, stamped, stamped=True)
    # `certificates.validate` has a loop of its own.
    others = list(signature.other_embedded_certs)
    why, stood, store = await asyncio.to_thread(_standing, status.signing_cert, others)
    return Found.of(why, stood or facts, store, claimed)


def in_pdf(data: bytes) -> list[Found]:
    """The signatures of a PDF, in the order in which they were put."""
    try:
        reader = PdfFileReader(io.BytesIO(data))
        embedded = reader.embedded_regular_signatures
    except Exception:  # a stranger's bytes may break a parser in any way; that is an answer, not a failure
        return [Found("malformed")] if b"/ByteRange" in data else []

    async def all_of_them() -> list[Found]:
        found = []
        for number, signature in enumerate(embedded[:MAX_SIGNATURES], 1):
            try:
                found.append(await _pdf_signature(reader, signature, number == len(embedded)))
            except (SignatureValidationError, UnacceptableSignerError, CMSExtractionError, PdfError, ValueError, KeyError, TypeError):
                found.append(Found(BROKEN))
        return found

    return asyncio.run(all_of_them())


def one_each(data: bytes) -> list[cms.SignedData]:
    """The signed data of each signer of a CMS file by itself. Raises ``ValueError`` and the like for what is none."""
    if pem.detect(data):
        _kind, _headers, data = pem.unarmor(data)
    signed = cms.ContentInfo.load(data, strict=True)["content"]
    found = []
    for signer in list(signed["signer_infos"])[:MAX_SIGNATURES]:
        one = signed.copy()
        one["signer_infos"] = [signer]
        found.append(one)
    return found


def _message_digest(signer: cms.SignerInfo) -> bytes:
    values = [one["values"][0].native for one in signer["signed_attrs"] if one["type"].native == "message_digest"]
    return bytes(values[0]) if len(values) == 1 else b""


def in_cms(data: bytes, *, content: bytes | None = None, resolve: Resolve | None = None) -> list[Found]:
    """The signatures of a CMS file over what it holds, over ``content``, or over the file that ``resolve`` finds by its digest."""
    found = []
    try:
        signers = one_each(data)
    except (ValueError, TypeError, KeyError, RecursionError):
        return [Found("malformed")]
    for signed in signers:
        try:
            found.append(_cms_signature(signed, content, resolve))
        except (SignatureValidationError, CMSExtractionError, CMSStructuralError):
            found.append(Found(BROKEN))
        except (ValueError, TypeError, KeyError, IndexError, NotImplementedError, RecursionError):
            found.append(Found("malformed"))
    return found


def _cms_signature(signed: cms.SignedData, content: bytes | None, resolve: Resolve | None) -> Found:
    [signer], found = signed["signer_infos"], extract_certs_for_validation(signed)
    digest, covers = signer["digest_algorithm"]["algorithm"].native, ""
    facts, claimed = _facts(found.signer_cert), None
    weak = digest not in DIGESTS or signer["signature_algorithm"].signature_algo not in SIGNATURES
    if weak or signer["signed_attrs"] is core.VOID or not len(signer["signed_attrs"]):
        return Found.of("weak", facts)
    claimed = extract_self_reported_ts(signer)
    held = signed["encap_content_info"]["content"]
    inside = None if held is core.VOID or held.native is None else bytes(held.native)
    if inside is not None and content is not None and inside != content:
        return Found.of(BROKEN, facts, at=claimed)
    text = content if content is not None else inside
    if text is not None:
        actual = DIGESTS[digest](text).digest()
    else:
        # Apart from what was signed: which file beside it that is, its digest says.
        actual = _message_digest(signer)
        covers = (resolve(digest, actual) if resolve is not None else None) or ""
        if not covers:
            return Found.of(MISSING, facts, at=claimed)
    intact, valid = validate_sig_integrity(signer, found.signer_cert, "data", actual)
    if not (intact and valid):
        return Found.of(BROKEN, facts, at=claimed, covers=covers)
    why, stood, store = _standing(found.signer_cert, found.other_certs)
    return Found.of(why, stood or facts, store, claimed, covers=covers)


_DIGEST_METHODS = {
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}


def _manifest(text: bytes, signature: str, papers: Mapping[str, bytes]) -> str | None:
    """Why a manifest that speaks of this signature does not fit the papers; empty: it does; None: it speaks of another signature."""
    try:
        root = etree.fromstring(text, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except etree.XMLSyntaxError:
        return None
    named = [str(one) for one in root.xpath("//*[local-name()='SigReference']/@URI")]
    if signature not in {unquote(one) for one in named}:
        return None
    listed = {}
    for one in root.xpath("//*[local-name()='DataObjectReference']"):
        method = one.xpath("string(*[local-name()='DigestMethod']/@Algorithm)")
        value = one.xpath("string(*[local-name()='DigestValue'])")
        listed[unquote(str(one.get("URI", "")))] = (_DIGEST_METHODS.get(str(method), ""), str(value))
    for name, paper in papers.items():
        digest, value = listed.get(name, ("", ""))
        if digest not in DIGESTS or base64.b64encode(DIGESTS[digest](paper).digest()).decode() != value.strip():
            return BROKEN
    return "" if papers.keys() == listed.keys() else ALTERED


def in_container(data: bytes) -> list[Found]:
    """The signatures of an ASiC container over all that is in it. XAdES is said not to be checked here."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        names = [name for name in packed.namelist() if not name.endswith("/")]
        parts = {name: packed.read(name) for name in names if name != "mimetype"}
    papers = {name: text for name, text in parts.items() if not name.upper().startswith("META-INF/")}
    found: list[Found] = []
    for name, text in parts.items():
        base = name.rpartition("/")[2].lower()
        if name in papers or "signature" not in base:
            continue
        if base.endswith(".xml"):
            found.append(Found(UNSUPPORTED))
        elif base.endswith(".p7s"):
            found += _in_p7s(name, text, parts, papers)
    return found[:MAX_SIGNATURES]


def _in_p7s(name: str, text: bytes, parts: Mapping[str, bytes], papers: Mapping[str, bytes]) -> list[Found]:
    for other, manifest in parts.items():
        if "manifest" in other.lower() and other.lower().endswith(".xml") and (why := _manifest(manifest, name, papers)) is not None:
            found = in_cms(text, content=manifest)
            return [one if one.why or not why else Found(**asdict(one) | {"why": why}) for one in found]
    if len(papers) == 1:
        return in_cms(text, content=next(iter(papers.values())))
    return [Found(ALTERED)]


def look(file: StoredFile) -> None:
    """Within the transaction in which a file was found clean: have its signatures read, and those of files beside it that waited for it."""
    if file.media_type in SIGNED_TYPES:
        files.note_signatures(file, Signed.WAITING, None)
        outbox.put(KIND, key=str(file.pk), payload={"file": str(file.pk)})
    for pk in StoredFile.objects.filter(subject=file.subject, signed=Signed.INCOMPLETE).exclude(pk=file.pk).values_list("pk", flat=True):
        outbox.put(KIND, key=f"{pk}/{file.pk}", payload={"file": str(pk)})


def _beside(file: StoredFile) -> Resolve:
    def resolve(algorithm: str, digest: bytes) -> str | None:
        others = StoredFile.objects.filter(subject=file.subject, state=FileState.CLEAN, purpose=file.purpose).exclude(pk=file.pk)
        for other in others.filter(sha256=digest.hex()) if algorithm == "sha256" else others:
            if algorithm != "sha256":
                reckoned = hashlib.new(algorithm)
                for piece in files.open_plain(other):
                    reckoned.update(piece)
                if reckoned.digest() != digest:
                    continue
            return str(other.name or "")
        return None

    return resolve


def judge(data: bytes, media_type: str, *, resolve: Resolve | None = None) -> list[Found]:
    """Every signature of a file of that type. Raises ``CertificateRefused`` only where asking again later may succeed."""
    if media_type == "application/pdf":
        return in_pdf(data)
    return in_cms(data, resolve=resolve) if media_type == sniff.SIGNED else in_container(data)


def read(file_id: UUID) -> None:
    """Read the signatures of a checked file and keep what they say with it. ``CertificateRefused`` where an authority is silent."""
    file = StoredFile.objects.filter(pk=file_id, state=FileState.CLEAN).first()
    if file is None:
        return
    try:
        if file.media_type == "application/pdf" and not _speaks_of_signatures(files.open_plain(file)):
            files.note_signatures(file, Signed.NONE, None)
            return
        found = judge(files.read_bytes(file), file.media_type, resolve=_beside(file))
    except FileUnreadable:
        return
    if not found:
        state = Signed.NONE
    elif any(one.why == MISSING for one in found):
        state = Signed.INCOMPLETE
    else:
        state = Signed.INVALID if any(one.why for one in found) else Signed.VALID
    files.note_signatures(file, state, [asdict(one) for one in found] or None, actor=SYSTEM)


def _speaks_of_signatures(pieces: Iterable[bytes]) -> bool:
    """Whether a PDF can hold a signature at all: most do not, and are not read as a whole."""
    tail = b""
    for piece in pieces:
        if b"ByteRange" in tail + piece or (b"#" in piece and b"Sig" in piece):
            return True
        tail = piece[-16:]
    return False
