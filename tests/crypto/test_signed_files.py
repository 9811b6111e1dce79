"""Signed files of citizens: made by another implementation (OpenSSL's, through cryptography), checked to the public authorities' root."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, pem
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import NameOID
from django.utils import timezone

from portal.crypto.certificates import CertificateRefused, Trust
from portal.crypto.signed_files import LONGEST, verify_signed_file
from tests.simulators.running import PIN, Simulators

TEXT = b"dvcqg sign-in\nhttps://cong.example\nmot-lan\n"
APART = [pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.DetachedSignature]
CITIZEN, OTHER, OFFICER = "001195000001.cong-dan", "001093000002.cong-dan", "001185000003"


def holder(outside: Simulators, name: str) -> Any:
    """Key, certificate and issuers of somebody, out of their PKCS#12 file."""
    return pkcs12.load_pkcs12((outside.var / "demo" / f"{name}.p12").read_bytes(), PIN.encode())


def signed(outside: Simulators, name: str = CITIZEN, text: bytes = TEXT, *, apart: bool = True, pem_file: bool = False) -> bytes:
    """A signed file, as a token's program writes it."""
    found = holder(outside, name)
    builder = pkcs7.PKCS7SignatureBuilder().set_data(text).add_signer(found.cert.certificate, found.key, hashes.SHA256())
    for other in found.additional_certs:
        builder = builder.add_certificate(other.certificate)
    options = [pkcs7.PKCS7Options.Binary, *([pkcs7.PKCS7Options.DetachedSignature] if apart else [])]
    return builder.sign(serialization.Encoding.PEM if pem_file else serialization.Encoding.DER, options)


def code_of(data: bytes, text: bytes = TEXT, trust: Trust = Trust.PUBLIC) -> str:
    with pytest.raises(CertificateRefused) as caught:
        verify_signed_file(data, text, at=timezone.now(), trust=trust)
    return caught.value.code


@pytest.mark.requirement("A-03", "A-17")
@pytest.mark.parametrize(("name", "apart", "pem_file"), [(CITIZEN, True, False), (CITIZEN, False, True), (OTHER, True, True)])
def test_a_citizens_signature_says_who_they_are(outside: Simulators, name: str, apart: bool, pem_file: bool) -> None:
    facts = verify_signed_file(signed(outside, name, apart=apart, pem_file=pem_file), TEXT, at=timezone.now(), trust=Trust.PUBLIC)
    assert facts.id_number == name.partition(".")[0]


@pytest.mark.requirement("A-17")
def test_two_stores_of_trust_never_vouch_for_each_others_people(outside: Simulators) -> None:
    assert code_of(signed(outside, OFFICER), trust=Trust.PUBLIC) == "untrusted"
    assert code_of(signed(outside, CITIZEN), trust=Trust.STATE) == "untrusted"
    assert verify_signed_file(signed(outside, OFFICER), TEXT, at=timezone.now(), trust=Trust.STATE).id_number == OFFICER


@pytest.mark.requirement("N-08")
def test_another_text_or_an_altered_file_is_refused(outside: Simulators) -> None:
    good = signed(outside)
    assert code_of(good, TEXT + b" ") == "bad_signature", "a signature over an earlier challenge"
    assert code_of(signed(outside, apart=False), b"another") == "bad_signature"
    assert code_of(signed(outside, text=b"another", apart=False)) == "bad_signature"
    seen = set()
    for at in range(0, len(good), 37):
        altered = good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]
        try:
            facts = verify_signed_file(altered, TEXT, at=timezone.now(), trust=Trust.PUBLIC)
        except CertificateRefused as refused:
            seen.add(refused.code)
        else:
            # What is not signed (an issuer's certificate that is in our store anyway) may differ; who signed may not.
            assert facts.id_number == "001195000001"
    assert "bad_signature" in seen and seen <= {"bad_signature", "malformed", "untrusted", "weak", "wrong_purpose", "revocation_unknown"}


def test_whatever_is_uploaded_is_refused_in_words(outside: Simulators) -> None:
    good = signed(outside)
    for data in (b"", b"x", b"\x30", b"\x30\x80" * 2000, good[:-1], good + b"x", b"%PDF-1.7", b"\x00" * (LONGEST + 1), TEXT):
        assert code_of(data) == "malformed"
    assert code_of(b"-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n") == "malformed"
    encrypted = cms.ContentInfo({"content_type": "data", "content": b"x"}).dump()
    assert code_of(encrypted) == "malformed"


def test_weak_or_several_signers_are_refused(outside: Simulators) -> None:
    found = holder(outside, CITIZEN)
    second = holder(outside, OTHER)
    builder = pkcs7.PKCS7SignatureBuilder().set_data(TEXT).add_signer(found.cert.certificate, found.key, hashes.SHA256())
    two = builder.add_signer(second.cert.certificate, second.key, hashes.SHA256())
    assert code_of(two.sign(serialization.Encoding.DER, APART)) == "malformed"
    bare = builder.sign(serialization.Encoding.DER, [*APART, pkcs7.PKCS7Options.NoAttributes])
    assert code_of(bare) == "weak"
    nameless = builder.sign(serialization.Encoding.DER, [*APART, pkcs7.PKCS7Options.NoCerts])
    assert code_of(nameless) in ("bad_signature", "malformed")

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Nguyễn Thị Mẫu"), x509.NameAttribute(NameOID.USER_ID, "CCCD:001195000001")])
    now = dt.datetime.now(tz=dt.UTC)
    own = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    own_made = own.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1)).sign(key, hashes.SHA256())
    forged = pkcs7.PKCS7SignatureBuilder().set_data(TEXT).add_signer(own_made, key, hashes.SHA256())
    assert code_of(forged.sign(serialization.Encoding.DER, APART)) == "untrusted", "made by oneself"


@pytest.mark.requirement("N-08")
def test_expired_and_revoked_certificates_open_nothing(outside: Simulators) -> None:
    good = signed(outside)
    for moment, code in (
        (timezone.now() + dt.timedelta(days=6 * 365), "expired"),
        (timezone.now() - dt.timedelta(days=400), "not_yet_valid"),
    ):
        with pytest.raises(CertificateRefused) as caught:
            verify_signed_file(good, TEXT, at=moment, trust=Trust.PUBLIC)
        assert caught.value.code == code
    outside.revoke("cred-001195000001")
    assert code_of(good) == "revoked"
    outside.revoke("cred-001195000001", revoked=False)
    outside.faults("ocsp", "down")
    outside.faults("crl", "down")
    assert code_of(good) == "revocation_unknown"


def test_the_stores_are_files_of_their_own(outside: Simulators) -> None:
    roots = [pem.unarmor(Path(outside.settings[name]).read_bytes())[2] for name in Trust]
    assert len(set(roots)) == 2
