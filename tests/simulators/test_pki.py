"""Certificates, OCSP, CRLs and time-stamps, each checked with libraries that did not make them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from urllib.parse import quote

import pytest
import requests
from asn1crypto import pem, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError, RevokedError
from pyhanko_certvalidator.fetchers.requests_fetchers import RequestsFetcherBackend

from tests.simulators.running import PIN, ROOT, Simulators

OFFICER = "cred-001185000003"


def certificate(outside: Simulators, issuer: str, label: str = "") -> x509.Certificate:
    path = f"issued/{label}.crt" if label else "ca.crt"
    answer = requests.get(f"{outside.url}/pki/test/certs/{issuer}/{path}", timeout=10)
    assert answer.status_code == 200
    return x509.load_der_x509_certificate(answer.content)


def ocsp_answer(outside: Simulators, issuer: str, label: str, *, get: bool = False) -> ocsp.OCSPResponse:
    leaf, ca = certificate(outside, issuer, label), certificate(outside, issuer)
    question = ocsp.OCSPRequestBuilder().add_certificate(leaf, ca, hashes.SHA1()).build().public_bytes(serialization.Encoding.DER)
    access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    [address] = [entry.access_location.value for entry in access if entry.access_method == AuthorityInformationAccessOID.OCSP]
    if get:
        answer = requests.get(f"{address}/{quote(base64.b64encode(question).decode(), safe='')}", timeout=10)
    else:
        answer = requests.post(address, data=question, headers={"Content-Type": "application/ocsp-request"}, timeout=10)
    found = ocsp.load_der_ocsp_response(answer.content)
    [responder] = found.certificates
    key = responder.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(found.signature, found.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))
    responder.verify_directly_issued_by(ca)
    return found


def validated(outside: Simulators, issuer: str, label: str) -> None:
    """Path to the root with hard-fail revocation over HTTP, by pyHanko's validator."""
    root = asn1.Certificate.load(pem.unarmor((outside.var / "demo" / "test-root.pem").read_bytes())[2])
    leaf = asn1.Certificate.load(certificate(outside, issuer, label).public_bytes(serialization.Encoding.DER))
    context = ValidationContext(
        trust_roots=[root], allow_fetching=True, revocation_mode="hard-fail", fetcher_backend=RequestsFetcherBackend()
    )
    asyncio.run(CertificateValidator(leaf, validation_context=context).async_validate_usage({"digital_signature", "non_repudiation"}))


def test_every_officer_and_seal_has_a_certificate_named_as_vietnamese_authorities_do(outside: Simulators) -> None:
    population = json.loads((ROOT / "portal" / "demo" / "population.json").read_text(encoding="utf-8"))
    names = {person["id_number"]: person["full_name"] for person in population["people"]}
    for officer in population["officers"]:
        found = certificate(outside, "people", officer["credential_id"])
        assert found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == names[officer["id_number"]]
        assert found.subject.get_attributes_for_oid(NameOID.USER_ID)[0].value == f"CCCD:{officer['id_number']}"
        usage = found.extensions.get_extension_for_class(x509.KeyUsage).value
        assert usage.digital_signature and usage.content_commitment and not usage.key_cert_sign
        key, in_file, chain = pkcs12.load_key_and_certificates(
            (outside.var / "demo" / f"{officer['id_number']}.p12").read_bytes(), officer["pin"].encode()
        )
        assert in_file == found and len(chain) == 2
        assert key is not None and key.public_key() == found.public_key()
        wanted = ec.EllipticCurvePrivateKey if officer["key"] == "EC" else rsa.RSAPrivateKey
        assert isinstance(key, wanted)
    for seal in population["seals"]:
        found = certificate(outside, "units", seal["credential_id"])
        assert found.subject.get_attributes_for_oid(NameOID.USER_ID)[0].value == f"MDD:{seal['unit']}"


@pytest.mark.parametrize(("issuer", "label"), [("people", OFFICER), ("units", "seal-H26.101"), ("units", "seal-G22")])
def test_path_to_the_root_holds_with_hard_fail_revocation(outside: Simulators, issuer: str, label: str) -> None:
    validated(outside, issuer, label)


@pytest.mark.parametrize("get", [False, True])
def test_ocsp_says_good_then_revoked(outside: Simulators, get: bool) -> None:
    before = ocsp_answer(outside, "people", OFFICER, get=get)
    assert before.certificate_status == ocsp.OCSPCertStatus.GOOD
    outside.revoke(OFFICER)
    after = ocsp_answer(outside, "people", OFFICER, get=get)
    assert after.certificate_status == ocsp.OCSPCertStatus.REVOKED
    assert after.revocation_reason == x509.ReasonFlags.key_compromise
    with pytest.raises((RevokedError, PathValidationError)):
        validated(outside, "people", OFFICER)
    other = ocsp_answer(outside, "people", "cred-001075000004", get=get)
    assert other.certificate_status == ocsp.OCSPCertStatus.GOOD


def test_ocsp_answers_rubbish_with_malformed(outside: Simulators) -> None:
    for data in (b"", b"rubbish", b"\x30\x03\x02\x01"):
        answer = ocsp.load_der_ocsp_response(requests.post(f"{outside.url}/pki/test/ocsp/people", data=data, timeout=10).content)
        assert answer.response_status == ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_crl_names_the_revoked_certificate_at_once_and_only_it(outside: Simulators) -> None:
    leaf, ca = certificate(outside, "units", "seal-H26.101"), certificate(outside, "units")
    [point] = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert point.full_name is not None
    address = point.full_name[0].value

    def listed() -> bool:
        found = x509.load_der_x509_crl(requests.get(address, timeout=10).content)
        key = ca.public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        assert found.is_signature_valid(key)
        assert len(found) <= 1
        return found.get_revoked_certificate_by_serial_number(leaf.serial_number) is not None

    assert not listed()
    outside.revoke("seal-H26.101")
    assert listed()
    outside.revoke("seal-H26.101", revoked=False)
    assert not listed()


def stamp(outside: Simulators, data: bytes, nonce: int) -> tsp.TimeStampResp:
    question = tsp.TimeStampReq(
        {
            "version": 1,
            "cert_req": True,
            "nonce": nonce,
            "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": hashlib.sha256(data).digest()},
        }
    )
    answer = requests.post(
        outside.settings["TIMESTAMP_URL"], data=question.dump(), headers={"Content-Type": "application/timestamp-query"}, timeout=10
    )
    assert answer.headers["Content-Type"].startswith("application/timestamp-reply")
    return tsp.TimeStampResp.load(answer.content)


def test_time_stamp_is_over_our_data_and_signed_by_the_authority(outside: Simulators) -> None:
    answer = stamp(outside, b"the document", 4711)
    assert answer["status"]["status"].native == "granted"
    signed = answer["time_stamp_token"]["content"]
    info = signed["encap_content_info"]["content"].parsed
    assert info["nonce"].native == 4711
    assert info["message_imprint"]["hashed_message"].native == hashlib.sha256(b"the document").digest()
    assert info["gen_time"].native.microsecond == 0
    [signer] = signed["signer_infos"]
    found = [x509.load_der_x509_certificate(choice.chosen.dump()) for choice in signed["certificates"]]
    [tsa] = [one for one in found if one.serial_number == signer["sid"].chosen["serial_number"].native]
    key = tsa.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    attributes = signer["signed_attrs"].untag()
    key.verify(signer["signature"].native, attributes.dump(), ec.ECDSA(hashes.SHA256()))
    digest = next(one for one in attributes if one["type"].native == "message_digest")["values"][0].native
    assert digest == hashlib.sha256(signed["encap_content_info"]["content"].contents).digest()
    tsa.verify_directly_issued_by(certificate(outside, "stamps"))
    certificate(outside, "stamps").verify_directly_issued_by(certificate(outside, "root"))


def test_wrong_authority_gives_wrong_nonce_unknown_status_and_another_list(outside: Simulators) -> None:
    for service in ("tsa", "ocsp", "crl"):
        outside.faults(service, "wrong", times=1)
    assert stamp(outside, b"x", 7)["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed["nonce"].native == 8
    assert ocsp_answer(outside, "people", OFFICER).certificate_status == ocsp.OCSPCertStatus.UNKNOWN
    crl = x509.load_der_x509_crl(requests.get(f"{outside.url}/pki/test/crls/people/latest.crl", timeout=10).content)
    assert crl.issuer != certificate(outside, "people").subject
    # Each was for one call only.
    assert stamp(outside, b"x", 7)["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed["nonce"].native == 7
    assert ocsp_answer(outside, "people", OFFICER).certificate_status == ocsp.OCSPCertStatus.GOOD


def test_without_ocsp_and_lists_nothing_validates(outside: Simulators) -> None:
    outside.faults("ocsp", "down")
    validated(outside, "people", OFFICER)  # the list steps in
    outside.faults("crl", "down")
    with pytest.raises((PathValidationError, PathBuildingError)):
        validated(outside, "people", OFFICER)


def test_pin_of_the_demo_is_the_one_of_the_helper() -> None:
    population = json.loads((ROOT / "portal" / "demo" / "population.json").read_text(encoding="utf-8"))
    assert {officer["pin"] for officer in population["officers"]} == {PIN}
