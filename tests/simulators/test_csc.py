"""Remote signing over HTTP, as the Cloud Signature Consortium's API v2.0 writes it."""

from __future__ import annotations

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from tests.simulators.running import PIN, TOKENS, Simulators

OFFICER, SEAL = "cred-001185000003", "seal-H26.101"
BACK = "http://localhost:8000/ky-so/tro-ve/"
SHA256 = "2.16.840.1.101.3.4.2.1"
RSA_SHA256, ECDSA_SHA256 = "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def authorize_url(outside: Simulators, **more: str) -> str:
    asked = {
        "response_type": "code",
        "client_id": TOKENS["REMOTE_SIGNING_CLIENT_ID"],
        "redirect_uri": BACK,
        "scope": "credential",
        "state": "s-1",
        "credentialID": OFFICER,
        "numSignatures": "1",
        **more,
    }
    return f"{outside.url}/csc/v2/oauth2/authorize?{urlencode(asked)}"


def token(outside: Simulators, **more: str) -> requests.Response:
    form = {
        "client_id": TOKENS["REMOTE_SIGNING_CLIENT_ID"],
        "client_secret": TOKENS["REMOTE_SIGNING_CLIENT_SECRET"],
        "grant_type": "authorization_code",
        "redirect_uri": BACK,
        **more,
    }
    return requests.post(f"{outside.url}/csc/v2/oauth2/token", data=form, timeout=10)


def api(outside: Simulators, path: str, body: dict[str, Any], bearer: str | None = None) -> requests.Response:
    bearer = bearer if bearer is not None else token(outside, grant_type="client_credentials", scope="service").json()["access_token"]
    return requests.post(f"{outside.url}/csc/v2/{path}", json=body, headers={"Authorization": f"Bearer {bearer}"}, timeout=10)


def sign(outside: Simulators, sad: str, digests: list[bytes], credential: str = OFFICER, algo: str = RSA_SHA256) -> requests.Response:
    return api(
        outside,
        "signatures/signHash",
        {
            "credentialID": credential,
            "SAD": sad,
            "hashes": [b64(value) for value in digests],
            "hashAlgorithmOID": SHA256,
            "signAlgo": algo,
        },
    )


def sad(outside: Simulators, **more: str) -> str:
    code = outside.authorise(authorize_url(outside, **more))["code"]
    found: str = token(outside, code=code).json()["access_token"]
    return found


def verify(outside: Simulators, credential: str, value: bytes, signature: str) -> None:
    """Raises InvalidSignature when the signature is not over ``value`` by the credential's certificate."""
    info = api(outside, "credentials/info", {"credentialID": credential, "certificates": "chain"}).json()
    certificate = x509.load_der_x509_certificate(base64.b64decode(info["cert"]["certificates"][0]))
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(base64.b64decode(signature), value, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(base64.b64decode(signature), value, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


def test_info_says_what_it_is(outside: Simulators) -> None:
    info = requests.post(f"{outside.url}/csc/v2/info", json={}, timeout=10).json()
    assert info["specs"].startswith("2.0")
    assert {"oauth2/authorize", "signatures/signHash"} <= set(info["methods"])
    assert info["oauth2"] == f"{outside.url}/csc/v2"


@pytest.mark.parametrize(("credential", "algo"), [(OFFICER, RSA_SHA256), ("cred-001188000005", ECDSA_SHA256)])
def test_officer_authorises_and_the_signature_is_the_certificates(outside: Simulators, credential: str, algo: str) -> None:
    answer = outside.authorise(authorize_url(outside, credentialID=credential))
    assert answer["state"] == "s-1"
    granted = token(outside, code=answer["code"]).json()
    assert (granted["token_type"], granted["credentialID"]) == ("SAD", credential)
    value = digest("giấy khai sinh")
    signed = sign(outside, granted["access_token"], [value], credential, algo)
    assert signed.status_code == 200
    verify(outside, credential, value, signed.json()["signatures"][0])


def test_page_says_who_asks_what_and_how_often(outside: Simulators) -> None:
    page = requests.get(authorize_url(outside, description="Giấy khai sinh <số 1>", numSignatures="2"), timeout=10)
    for words in ("http://localhost:8000", OFFICER, "Phạm Thị Minh Họa", "Giấy khai sinh &lt;số 1&gt;", "<dd>2</dd>"):
        assert words in page.text
    assert "<script" not in page.text and "width=device-width" in page.text
    assert "form-action 'self' http://localhost:8000;" in page.headers["Content-Security-Policy"]


def test_cancel_goes_back_with_access_denied(outside: Simulators) -> None:
    url = authorize_url(outside)
    answer = requests.post(url.split("?")[0], data={**query(url), "cancel": "1", "pin": PIN}, allow_redirects=False, timeout=10)
    assert answer.status_code == 303
    assert "error=access_denied" in answer.headers["Location"] and "state=s-1" in answer.headers["Location"]


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def test_five_wrong_pins_lock_the_credential_even_for_the_right_one(outside: Simulators) -> None:
    url = authorize_url(outside)

    def attempt(pin: str) -> int:
        return requests.post(url.split("?")[0], data={**query(url), "pin": pin}, allow_redirects=False, timeout=10).status_code

    assert [attempt("00000000") for _ in range(4)] == [403] * 4
    assert attempt(PIN) == 303  # a right one forgives the wrong ones before it
    assert [attempt("00000000") for _ in range(5)] == [403] * 4 + [429]
    assert attempt(PIN) == 429
    other = authorize_url(outside, credentialID="cred-001075000004")
    assert "code" in outside.authorise(other)


def test_code_serves_once_and_a_second_use_ends_the_first(outside: Simulators) -> None:
    code = outside.authorise(authorize_url(outside))["code"]
    first = token(outside, code=code).json()["access_token"]
    again = token(outside, code=code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert sign(outside, first, [digest("a")]).status_code == 400


def test_code_sent_eight_times_at_once_gives_at_most_one_answer(outside: Simulators) -> None:
    code = outside.authorise(authorize_url(outside))["code"]
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: token(outside, code=code).status_code, range(8)))
    assert sorted(statuses) == [200] + [400] * 7


def test_code_belongs_to_its_address_its_client_and_its_verifier(outside: Simulators) -> None:
    code = outside.authorise(authorize_url(outside))["code"]
    assert token(outside, code=code, redirect_uri=BACK + "other").json()["error"] == "invalid_grant"
    assert token(outside, code=code, client_secret="other").status_code == 401
    assert token(outside, code=code).status_code == 200
    verifier = "v" * 64
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    code = outside.authorise(authorize_url(outside, code_challenge=challenge, code_challenge_method="S256"))["code"]
    assert token(outside, code=code, code_verifier="w" * 64).json()["error"] == "invalid_grant"
    assert token(outside, code=code, code_verifier=verifier).status_code == 200


@pytest.mark.parametrize("change", [{"redirect_uri": "http://localhost:8000.evil.example/x"}, {"client_id": "somebody"}])
def test_unknown_client_or_address_is_never_redirected_to(outside: Simulators, change: dict[str, str]) -> None:
    answer = requests.get(authorize_url(outside, **change), allow_redirects=False, timeout=10)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_activation_data_is_bound_to_hashes_number_and_credential(outside: Simulators) -> None:
    value = digest("đúng")
    bound = sad(outside, hashes=base64.urlsafe_b64encode(value).decode().rstrip("="), hashAlgorithmOID=SHA256)
    assert sign(outside, bound, [digest("khác")]).json()["error_description"] == "Hash is not authorized by the SAD"
    assert sign(outside, bound, [value], "cred-001075000004").json()["error_description"] == "Invalid parameter SAD"
    assert sign(outside, bound, [value]).status_code == 200
    assert sign(outside, bound, [value]).status_code == 400  # spent
    free = sad(outside, numSignatures="2")
    assert sign(outside, free, [digest("1"), digest("2"), digest("3")]).status_code == 400
    signatures = sign(outside, free, [digest("1"), digest("2")]).json()["signatures"]
    for text, signature in zip(("1", "2"), signatures, strict=True):
        verify(outside, OFFICER, digest(text), signature)


def test_seal_needs_no_person_and_an_officer_does(outside: Simulators) -> None:
    value = digest("giấy tiếp nhận")
    granted = api(outside, "credentials/authorize", {"credentialID": SEAL, "numSignatures": 1, "hashes": [b64(value)]}).json()
    assert sign(outside, granted["SAD"], [digest("khác")], SEAL).status_code == 400
    signed = sign(outside, granted["SAD"], [value], SEAL).json()
    verify(outside, SEAL, value, signed["signatures"][0])
    assert api(outside, "credentials/authorize", {"credentialID": OFFICER, "numSignatures": 1}).status_code == 400
    assert "error" in outside.authorise(authorize_url(outside, credentialID=SEAL))


def test_nothing_without_a_service_token(outside: Simulators) -> None:
    for path in ("credentials/list", "credentials/info", "credentials/authorize", "signatures/signHash"):
        answer = api(outside, path, {"credentialID": OFFICER}, bearer="guessed")
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    # Activation data is no service token.
    assert api(outside, "credentials/list", {}, bearer=sad(outside)).status_code == 401


def test_algorithms_that_do_not_fit_the_key_are_refused_before_anything_is_spent(outside: Simulators) -> None:
    granted = sad(outside)
    assert sign(outside, granted, [digest("a")], algo=ECDSA_SHA256).json()["error_description"] == "Invalid parameter signAlgo"
    assert sign(outside, granted, [digest("a")]).status_code == 200


def test_revoked_credential_says_so(outside: Simulators) -> None:
    outside.revoke(OFFICER)
    info = api(outside, "credentials/info", {"credentialID": OFFICER, "authInfo": True, "certInfo": True}).json()
    assert info["cert"]["status"] == "revoked"
    assert info["auth"]["mode"] == "oauth2code"
    assert "Phạm Thị Minh Họa" in info["cert"]["subjectDN"]
