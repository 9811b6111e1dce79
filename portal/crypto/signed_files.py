"""A file that somebody signed with a token or a program of theirs: CMS (RFC 5652), as PKCS#7 (``.p7s``, ``.p7m``) or CAdES.

pyHanko reads and checks it; here stands what we take: one signer, strong algorithms, signed attributes, the very bytes that we gave. The
signature is checked before anything is fetched, and only then the certificate's path and revocation.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from asn1crypto import cms, core, pem
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pyhanko.sign.general import CMSExtractionError, CMSStructuralError, extract_signer_info
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation, validate_sig_integrity

from portal.crypto.certificates import CertificateFacts, Purpose, Trust, refusal_of_code, validate

LONGEST = 64 * 1024
"""Bytes of a signed file: a signature, three certificates, and the few lines that were signed."""
DIGESTS = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
SIGNATURES = frozenset({"rsassa_pkcs1v15", "rsassa_pss", "ecdsa"})
SMALLEST_RSA = 2048


def verify_signed_file(data: bytes, text: bytes, *, at: datetime, trust: Trust) -> CertificateFacts:
    """Whose signature over exactly ``text`` the file is, by a certificate under the roots of ``trust``.

    The file holds the text (signed file) or not (signature apart). Raises ``CertificateRefused``; ``is_temporary`` tells that only the
    authority's services were silent.
    """
    signed = _read(data)
    content = signed["encap_content_info"]["content"]
    if content is not core.VOID and content.native is not None and bytes(content.native) != text:
        raise refusal_of_code("bad_signature")
    try:
        signer, found = extract_signer_info(signed), extract_certs_for_validation(signed)
        digest = signer["digest_algorithm"]["algorithm"].native
        weak = digest not in DIGESTS or signer["signature_algorithm"].signature_algo not in SIGNATURES
        if weak or signer["signed_attrs"] is core.VOID or not len(signer["signed_attrs"]):
            raise refusal_of_code("weak")
        if not is_strong(found.signer_cert.dump()):
            raise refusal_of_code("weak")
        intact, valid = validate_sig_integrity(signer, found.signer_cert, "data", DIGESTS[digest](text).digest())
    except (SignatureValidationError, CMSExtractionError, CMSStructuralError):
        raise refusal_of_code("bad_signature") from None
    except (ValueError, TypeError, KeyError, NotImplementedError):
        raise refusal_of_code("malformed") from None
    if not (intact and valid):
        raise refusal_of_code("bad_signature")
    try:
        return validate(found.signer_cert, found.other_certs, at=at, purpose=Purpose.SIGN_IN, trust=trust)
    except (ValueError, TypeError, KeyError):
        # An issuer's certificate that came along, nobody's signature over it, may hold anything.
        raise refusal_of_code("malformed") from None


def _read(data: bytes) -> cms.SignedData:
    """The signed data of one signer in a file of whatever bytes."""
    if len(data) > LONGEST:
        raise refusal_of_code("malformed")
    try:
        if pem.detect(data):
            _kind, _headers, data = pem.unarmor(data)
        content = cms.ContentInfo.load(data, strict=True)
        if content["content_type"].native != "signed_data":
            raise refusal_of_code("malformed")
        signed: cms.SignedData = content["content"]
        # Reading is lazy: all of it is read here, so that nothing fails later.
        if len(signed["signer_infos"]) != 1 or signed["encap_content_info"]["content_type"].native != "data":
            raise refusal_of_code("malformed")
        _ = (signed["signer_infos"].native, [one.native for one in signed["certificates"]])
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        raise refusal_of_code("malformed") from None
    return signed


def is_strong(certificate: bytes) -> bool:
    """Whether the signer's key is RSA of 2048 bits or more, or on one of the NIST curves."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= SMALLEST_RSA
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1 | ec.SECP521R1)
