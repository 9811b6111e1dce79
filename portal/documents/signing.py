"""The cryptography of a signature, in three steps that can be interrupted between any two (PAdES baseline B-LT, ETSI EN 319 142-1).

1. :func:`prepare`: certificates are validated, revocation information is gathered and written into the PDF, a place for the
   signature is left, and what must be signed is known.
2. The signing service signs one hash (:func:`signed_bytes`); no document leaves the portal.
3. :func:`complete`: the time-stamp is added and the signature put into its place. The signature covers the whole file.

Nothing here knows the database.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto import cms
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.conf import settings
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, NumberObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import ExternalSigner, PdfSignatureMetadata, PdfSigner, PdfTimeStamper
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_signer import DSSContentSettings, PdfTBSDocument, SigDSSPlacementPreference, TimestampDSSContentSettings
from pyhanko.sign.timestamps.requests_client import RequestsHTTPTimeStamper
from pyhanko.sign.validation import DocumentSecurityStore
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation, extract_tst_data_iter
from pyhanko_certvalidator import CertificateValidator
from pyhanko_certvalidator.errors import CertificateFetchError, PathBuildingError, ValidationError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from portal.crypto import certificates

logger = logging.getLogger(__name__)

FIELD_NAME, SEAL_FIELD_NAME = "ChuKySo", "DauSo"
"""The field of the first signature, and of the seal that follows it in the same file."""
DIGEST = "sha256"
SHA256_OID = "2.16.840.1.101.3.4.2.1"
RSA_SHA256_OID = "1.2.840.113549.1.1.11"
ECDSA_SHA256_OID = "1.2.840.10045.4.3.2"
SIGNED_AND_APPENDED = 3
"""Of a PDF's form: it has, or is to have, signatures, and is only ever appended to."""


class TimeStampUnavailable(Exception):
    """The time-stamping authority did not answer, or with something that is no time-stamp. Worth another try."""


@dataclass(frozen=True)
class Prepared:
    """A PDF with an empty place for its signature, and all that is needed to fill it later, in another process."""

    pdf: bytes
    chain: tuple[bytes, ...]
    """DER, the signer's certificate first."""
    attributes: bytes
    """DER of the signed attributes: the hash of these bytes is what the service signs."""
    digest: bytes
    start: int
    end: int

    def as_json(self) -> dict[str, Any]:
        """Everything but the PDF, for a sealed column."""
        return {
            "chain": [base64.b64encode(der).decode() for der in self.chain],
            "attributes": base64.b64encode(self.attributes).decode(),
            "digest": self.digest.hex(),
            "start": self.start,
            "end": self.end,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any], pdf: bytes) -> Prepared:
        """The reverse of :meth:`as_json`."""
        return cls(
            pdf=pdf,
            chain=tuple(base64.b64decode(text) for text in value["chain"]),
            attributes=base64.b64decode(value["attributes"]),
            digest=bytes.fromhex(value["digest"]),
            start=value["start"],
            end=value["end"],
        )

    @property
    def hash_to_sign(self) -> bytes:
        """SHA-256 of the signed attributes."""
        return hashlib.sha256(self.attributes).digest()


def signature_oid(certificate_der: bytes) -> str:
    """The algorithm asked of the signing service for this key. :class:`CertificateRefused` ``weak`` for keys we do not accept."""
    key = x509.load_der_x509_certificate(certificate_der).public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048:
        return RSA_SHA256_OID
    if isinstance(key, ec.EllipticCurvePublicKey):
        return ECDSA_SHA256_OID
    raise certificates.refusal_of_code("weak")


class _Stamper(RequestsHTTPTimeStamper):
    """Whatever an authority answers that is no time-stamp for our request, pyHanko may break over it in any way: one error for all."""

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        try:
            return await super().async_timestamp(message_digest, md_algorithm)
        except Exception as error:
            raise TimeStampUnavailable(type(error).__name__) from error


def _stamper() -> _Stamper:
    return _Stamper(settings.TIMESTAMP_URL, timeout=settings.OUTSIDE_TIMEOUT_SECONDS)


def _signer(chain: tuple[bytes, ...], value: bytes | int) -> ExternalSigner:
    certs = [asn1.Certificate.load(der) for der in chain]
    return ExternalSigner(certs[0], SimpleCertificateStore.from_certs(certs), signature_value=value, embed_roots=False)


def signable(pdf: bytes) -> bytes:
    """A PDF that somebody signs with a program of their own: it asks for the signature to be put behind it (PDF 32000-1, 12.7.2).

    With a form without fields in it what was put there can be told from what else was changed (:mod:`portal.documents.outside`).
    """
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    fields_of = {pdf_name("/Fields"): ArrayObject(), pdf_name("/SigFlags"): NumberObject(SIGNED_AND_APPENDED)}
    writer.root["/AcroForm"] = writer.add_object(DictionaryObject(fields_of))
    writer.update_root()
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def prepare(
    pdf: bytes,
    chain: tuple[bytes, ...],
    *,
    at: datetime,
    name: str,
    reason: str,
    trust: certificates.Trust = certificates.Trust.STATE,
    field_name: str = FIELD_NAME,
) -> Prepared:
    """Make a PDF ready to be signed by the holder of ``chain[0]``; ``name`` and ``reason`` stand in the signature's dictionary.

    ``trust``: the store that the signer's certificate must lead to; time-stamps lead to the State's.

    Asks OCSP, CRL and the time-stamping authority (one trial stamp, so its silence is known before the signer's authorisation is
    spent). Raises :class:`CertificateRefused` (signer) and :class:`TimeStampUnavailable`.
    """
    facts = certificates.validate(chain[0], chain[1:], at=at, purpose=certificates.Purpose.DOCUMENT, trust=trust)
    key = x509.load_der_x509_certificate(chain[0]).public_key()
    signature_oid(chain[0])
    # An ECDSA signature's DER form is longer than twice the curve's size by at most nine bytes.
    size = (key.key_size + 7) // 8 if isinstance(key, rsa.RSAPublicKey) else 2 * ((key.key_size + 7) // 8) + 9  # type: ignore[union-attr]
    signer, stamper = _signer(chain, size), _stamper()
    issuers = certificates.known_issuers(trust)
    context = certificates.online_context([*(asn1.Certificate.load(der) for der in chain), *issuers], trust=trust, stamps=True)
    metadata = PdfSignatureMetadata(
        field_name=field_name,
        md_algorithm=DIGEST,
        name=name or facts.subject_name,
        reason=reason,
        subfilter=fields.SigSeedSubFilter.PADES,
        embed_validation_info=True,
        validation_context=context,
        dss_settings=DSSContentSettings(include_vri=False, placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE),
    )

    async def work() -> Prepared:
        pdf_signer = PdfSigner(metadata, signer, timestamper=stamper, new_field_spec=fields.SigFieldSpec(field_name))
        digest, _document, out = await pdf_signer.async_digest_doc_for_signing(IncrementalPdfFileWriter(BytesIO(pdf)))
        attributes = await signer.signed_attrs(digest.document_digest, DIGEST, use_pades=True)
        out.seek(0)
        return Prepared(
            pdf=out.read(),
            chain=chain,
            attributes=attributes.dump(),
            digest=digest.document_digest,
            start=digest.reserved_region_start,
            end=digest.reserved_region_end,
        )

    try:
        return asyncio.run(work())
    except SigningError as error:
        # pyHanko hides why the signer's certificate failed in the cause.
        if isinstance(error.__cause__, (ValidationError, PathBuildingError)):
            raise certificates.refusal_of(error.__cause__) from error
        raise
    except (ValidationError, PathBuildingError) as error:
        # The signer passed just before: it is the authority's own certificate that cannot be shown to stand.
        raise TimeStampUnavailable(f"certificate of the time-stamping authority: {type(error).__name__}") from error


def signature_fits(prepared: Prepared, value: bytes) -> bool:
    """Whether what the signing service returned is the signer's signature over what was prepared."""
    return certificates.signature_fits(prepared.chain[0], value, prepared.attributes)


def complete(prepared: Prepared, value: bytes) -> bytes:
    """The signed PDF: the signature with a time-stamp in its place. Raises :class:`TimeStampUnavailable`."""

    async def work() -> bytes:
        attributes = cms.CMSAttributes.load(prepared.attributes)
        container = await _signer(prepared.chain, value).async_sign_prescribed_attributes(DIGEST, attributes, timestamper=_stamper())
        out = BytesIO(prepared.pdf)
        await PdfTBSDocument.async_finish_signing(out, PreparedByteRangeDigest(prepared.digest, prepared.start, prepared.end), container)
        return out.getvalue()

    return asyncio.run(work())


def _newest_stamps(reader: PdfFileReader) -> list[cms.SignedData]:
    """The last time-stamp over the file; without one those of its signatures."""
    if over_file := reader.embedded_timestamp_signatures:
        return [over_file[-1].signed_data]
    return [one for sig in reader.embedded_regular_signatures for one in extract_tst_data_iter(sig.signer_info, signed=False)]


def stamp_again(pdf: bytes) -> bytes:
    """The same file with one more time-stamp over all of it, after fresh validation data of the stamp that was the newest and of this one
    (PAdES B-LTA, ETSI EN 319 142-1, 5.5). What was there stays byte by byte; the new stamp covers everything before it.

    Raises :class:`TimeStampUnavailable` where the authority, or those who say that its certificates stand, are silent or wrong.
    """
    context = certificates.online_context(certificates.known_issuers(certificates.Trust.STATE))
    out = BytesIO()

    async def work() -> None:
        reader = PdfFileReader(BytesIO(pdf))
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        paths = []
        for stamp in _newest_stamps(reader):
            found = extract_certs_for_validation(stamp)
            validator = CertificateValidator(found.signer_cert, intermediate_certs=found.other_certs, validation_context=context)
            paths.append(await validator.async_validate_usage(set(), {"time_stamping"}))
        DocumentSecurityStore.supply_dss_in_writer(writer, None, paths=paths, validation_context=context, embed_roots=False)
        await PdfTimeStamper(_stamper()).async_timestamp_pdf(
            writer,
            DIGEST,
            validation_context=context,
            output=out,
            dss_settings=TimestampDSSContentSettings(include_vri=False, update_before_ts=True),
            embed_roots=False,
        )

    try:
        asyncio.run(work())
    except (SigningError, ValidationError, PathBuildingError, CertificateFetchError) as error:
        raise TimeStampUnavailable(f"certificate of the time-stamping authority: {type(error).__name__}") from error
    return out.getvalue()
