"""What comes back of a PDF that we gave to be signed with a program of somebody's own: our very bytes, signatures that hold, nothing else.

As a PDF with its signatures put behind our bytes (PAdES), or as a file of signatures apart (CMS, ``.p7s``) over them. A program that writes
the file anew gives another file back: what it shows nobody can compare with ours, so it is not taken.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult, ModificationLevel
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation

from portal.crypto import certificates
from portal.crypto.certificates import CertificateFacts, CertificateRefused
from portal.documents.incoming import ALTERED, Found, in_cms, in_pdf, one_each
from portal.documents.verification import MAX_SIGNATURES
from portal.files import sniff

UNSIGNED, ANOTHER, MALFORMED = "unsigned", "another_file", "malformed"
TYPES = frozenset({"application/pdf", sniff.SIGNED})


@dataclass(frozen=True)
class Signer:
    """One signature, and who its holder is; the number of identity stays with whoever asks."""

    found: Found
    holder: CertificateFacts | None


@dataclass(frozen=True)
class Judgement:
    """What came back. ``why`` is empty where every signature in it holds over exactly what we gave, else a code of ours or of a
    signature."""

    why: str
    signers: tuple[Signer, ...] = ()


def judge(given: bytes, back: bytes, media_type: str) -> Judgement:
    """Compare what came back with the PDF that we gave. Raises ``CertificateRefused`` only where asking again later may succeed."""
    if media_type == "application/pdf":
        return _pdf(given, back)
    found = in_cms(back, content=given)
    if not found:
        return Judgement(UNSIGNED)
    if why := next((one.why for one in found if one.why), ""):
        return Judgement(why, tuple(Signer(one, None) for one in found))
    return Judgement("", tuple(Signer(one, holder) for one, holder in zip(found, _holders_in_cms(back), strict=True)))


def _pdf(given: bytes, back: bytes) -> Judgement:
    if back == given:
        return Judgement(UNSIGNED)
    if not back.startswith(given):
        return Judgement(ANOTHER)
    found = in_pdf(back)
    if not found:
        return Judgement(UNSIGNED)
    if why := next((one.why for one in found if one.why), ""):
        return Judgement(why, tuple(Signer(one, None) for one in found))
    if not _only_signed(given, back):
        return Judgement(ALTERED)
    embedded = PdfFileReader(io.BytesIO(back)).embedded_regular_signatures[:MAX_SIGNATURES]
    return Judgement("", tuple(Signer(one, _holder(there.signer_cert)) for one, there in zip(found, embedded, strict=True)))


def _only_signed(given: bytes, back: bytes) -> bool:
    """Whether what stands behind our bytes are signatures, their fields and what keeps them for long, and nothing that is drawn or run."""
    try:
        ours = PdfFileReader(io.BytesIO(given)).xrefs.total_revisions - 1
        result = DEFAULT_DIFF_POLICY.review_file(PdfFileReader(io.BytesIO(back)), ours)
    except (PdfError, ValueError, KeyError, TypeError, RecursionError):
        return False
    return isinstance(result, DiffResult) and result.modification_level <= ModificationLevel.FORM_FILLING


def _holders_in_cms(data: bytes) -> list[CertificateFacts | None]:
    """Of signatures that hold: whoever's certificate each of them carries."""
    return [_holder(extract_certs_for_validation(signed).signer_cert) for signed in one_each(data)]


def _holder(certificate: object) -> CertificateFacts | None:
    try:
        return certificates.facts_of(certificate)  # type: ignore[arg-type]
    except (CertificateRefused, ValueError, TypeError, KeyError):
        return None
