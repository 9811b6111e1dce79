"""The clients against the real simulators process: what they say, and what its faults become."""

from __future__ import annotations

import hashlib
import logging
import pickle
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests

from portal.exchange import csc, population, sms
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from tests.simulators.running import Simulators

MOTHER = {"id_number": "001195000001", "full_name": "NGUYỄN  THỊ MẪU", "birth_date": date(1995, 3, 14)}
OFFICER, SEAL = "cred-001185000003", "seal-H26.101"
BACK = "http://localhost:8000/ky-so/tro-ve/"
RSA_SHA256 = "1.2.840.113549.1.1.11"
DIGEST = hashlib.sha256(b"document").digest()


def send(correlator: str = "n-1") -> str:
    return sms.send(to="+84900000001", text="Mã của bạn là 123456", correlator=correlator)


def sad(outside: Simulators, **more: Any) -> csc.Sad:
    url = csc.authorize_url(credential_id=OFFICER, state="s", redirect_uri=BACK, **more)
    return csc.exchange_code(outside.authorise(url)["code"], BACK)


def test_the_signer_chooses_a_key_at_the_service_and_the_address_names_nobody(outside: Simulators) -> None:
    url = csc.authorize_url(qualifier="eu_eidas_aes", state="s", redirect_uri=BACK, hashes=[DIGEST])
    assert "credentialID" not in url
    page = requests.get(url, timeout=10)
    assert 'name="account"' in page.text and OFFICER not in page.text
    assert csc.exchange_code(outside.authorise(url, account=OFFICER.removeprefix("cred-"))["code"], BACK).credential_id == OFFICER
    for account in ("", "001195999990", SEAL):
        with pytest.raises(AssertionError, match="403"):
            outside.authorise(url, account=account)
    assert outside.authorise(url.replace("eu_eidas_aes", "eu_eidas_xyz"))["error"] == "invalid_request"
    with pytest.raises(ValueError, match="a key, or"):
        csc.authorize_url(state="s", redirect_uri=BACK)


# --- messages ---------------------------------------------------------------------------------------------------------


def test_message_sent_twice_under_one_correlator_arrives_once(outside: Simulators) -> None:
    assert send() == send() != ""
    [message] = outside.outbox("+84900000001")
    assert (message["text"], message["correlator"], message["sender"]) == ("Mã của bạn là 123456", "n-1", "DVCQG")


def test_message_whose_answer_was_lost_arrives_once(outside: Simulators) -> None:
    outside.faults("sms", "wrong", times=1)
    with pytest.raises(OutsideUnavailable, match="wrong_answer"):
        send()
    send()
    assert len(outside.outbox("+84900000001")) == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [({"mode": "down"}, "server_error"), ({"mode": "down", "drop": True}, "no_connection"), ({"mode": "slow", "seconds": 8}, "timeout")],
)
def test_gateway_in_trouble_is_unavailable_within_the_time_limit(
    outside: Simulators, settings: Any, fault: dict[str, Any], code: str
) -> None:
    settings.OUTSIDE_TIMEOUT_SECONDS = 0.5
    outside.faults("sms", times=1, **fault)
    start = time.monotonic()
    with pytest.raises(OutsideUnavailable) as caught:
        send()
    assert caught.value.code == code
    assert time.monotonic() - start < 6


def test_nobody_listening_and_nothing_configured(outside: Simulators, settings: Any) -> None:
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:9/sms"
    with pytest.raises(OutsideUnavailable, match="no_connection"):
        send()
    settings.SMS_GATEWAY_URL = ""
    with pytest.raises(OutsideUnavailable, match="not_configured"):
        send()


def test_refusals_keep_the_protocols_word(outside: Simulators, settings: Any) -> None:
    send("n-2")
    with pytest.raises(OutsideRefused) as caught:
        sms.send(to="+84900000001", text="khác", correlator="n-2")
    assert caught.value.code == "SVC0005"
    settings.SMS_GATEWAY_TOKEN = "other"
    with pytest.raises(OutsideRefused) as caught:
        send("n-3")
    assert caught.value.code == "POL0001"
    with pytest.raises(ValueError, match=r"E\.164"):
        sms.send(to="0900000001", text="x", correlator="n-4")


def test_no_number_in_texts_of_errors_nor_in_logs(outside: Simulators, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    outside.faults("population", "down", drop=True)
    with pytest.raises(OutsideUnavailable) as caught:
        population.person(MOTHER["id_number"])
    chain: list[str] = []
    error: BaseException | None = caught.value
    while error is not None:
        chain.append(f"{error!r} {error}")
        error = error.__cause__ if error.__cause__ or error.__suppress_context__ else error.__context__
    assert "001195000001" not in " ".join(chain) + caplog.text
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.service, copy.code, str(copy)) == ("population", "no_connection", "population: no_connection")


# --- registry ---------------------------------------------------------------------------------------------------------


def test_registry_compares_field_by_field(outside: Simulators) -> None:
    assert population.verify(**MOTHER)
    other_day = population.verify(**{**MOTHER, "birth_date": date(1995, 3, 15)})
    assert not other_day
    assert (other_day.id_number, other_day.full_name, other_day.birth_date) == (True, True, False)
    stranger = population.verify(**{**MOTHER, "id_number": "001000000000"})
    assert (stranger.match, stranger.id_number) == (False, False)


def test_registry_gives_the_person_or_none_and_repr_tells_nothing(outside: Simulators) -> None:
    found = population.person("001195000001")
    assert found is not None
    assert (found.full_name, found.birth_date, found.residence_unit) == ("Nguyễn Thị Mẫu", date(1995, 3, 14), "00070")
    assert "Mẫu" not in repr(found) and "001195" not in repr(found)
    assert population.person("001000000000") is None
    with pytest.raises(ValueError, match="twelve digits"):
        population.person("../control")


def test_another_persons_data_is_no_answer(outside: Simulators) -> None:
    outside.faults("population", "wrong", times=1)
    with pytest.raises(OutsideUnavailable, match="wrong_answer"):
        population.person("001195000001")


# --- signing ----------------------------------------------------------------------------------------------------------


def test_person_authorises_and_signs(outside: Simulators) -> None:
    chain, algo = csc.credential_info(OFFICER)
    assert len(chain) == 3 and RSA_SHA256 in algo
    granted = sad(outside, hashes=[DIGEST], description="Giấy khai sinh")
    assert granted.credential_id == OFFICER
    assert timedelta(seconds=60) < granted.expires_at - datetime.now(tz=UTC) <= timedelta(seconds=3600)
    assert granted.token not in repr(granted)
    [signature] = csc.sign_hash(
        credential_id=OFFICER, sad=granted.token, hashes=[DIGEST], hash_oid=csc.SHA256, sign_oid=RSA_SHA256, certificate=chain[0]
    )
    assert len(signature) == 256


def test_hundreds_of_hashes_are_told_before_the_signer_comes_and_each_is_signed(outside: Simulators) -> None:
    hashes = [hashlib.sha256(f"document {number}".encode()).digest() for number in range(300)]
    asked: dict[str, Any] = {"credential_id": OFFICER, "state": "s", "redirect_uri": BACK}
    pushed = csc.push_authorisation(**asked, hashes=hashes, description="300 văn bản")
    assert pushed.request_uri not in repr(pushed)
    url = csc.pushed_url(pushed.request_uri)
    assert len(url) < 250 and "<dd>300</dd>" in requests.get(url, timeout=10).text
    granted = csc.exchange_code(outside.authorise(url)["code"], BACK)
    certificate = csc.credential_info(OFFICER).chain[0]
    common: dict[str, Any] = {"hash_oid": csc.SHA256, "sign_oid": RSA_SHA256, "certificate": certificate}
    with pytest.raises(OutsideRefused):
        csc.sign_hash(credential_id=OFFICER, sad=granted, hashes=[DIGEST], **common)
    assert len(csc.sign_hash(credential_id=OFFICER, sad=granted, hashes=hashes[:200], **common)) == 200
    assert len(csc.sign_hash(credential_id=OFFICER, sad=granted, hashes=hashes[200:], **common)) == 100
    with pytest.raises(OutsideRefused):  # spent
        csc.sign_hash(credential_id=OFFICER, sad=granted, hashes=hashes[:1], **common)
    # An address serves one authorisation, and its own client.
    assert requests.get(url, timeout=10).status_code == 400
    second = csc.pushed_url(csc.push_authorisation(**asked, hashes=[DIGEST]).request_uri)
    assert requests.get(second.replace("client_id=", "client_id=x"), timeout=10).status_code == 400
    assert requests.get(second, timeout=10).status_code == 200
    for change in ({"redirect_uri": "https://elsewhere.example/"}, {"credential_id": SEAL}, {"hashes": [*hashes, DIGEST]}):
        with pytest.raises(OutsideRefused, match="invalid_request"):
            csc.push_authorisation(**{**asked, "hashes": [DIGEST], **change})
    for mode in ("wrong", "down"):
        outside.faults("csc", mode, times=1)
        with pytest.raises(OutsideUnavailable):
            csc.push_authorisation(**asked, hashes=[DIGEST])


def test_hash_that_was_not_authorised_is_refused(outside: Simulators) -> None:
    other = hashlib.sha256(b"other").digest()
    with pytest.raises(OutsideRefused, match="invalid_request"):
        csc.sign_hash(credential_id=OFFICER, sad=sad(outside, hashes=[DIGEST]), hashes=[other], hash_oid=csc.SHA256, sign_oid=RSA_SHA256)


def test_code_is_exchanged_once(outside: Simulators) -> None:
    url = csc.authorize_url(credential_id=OFFICER, state="s", redirect_uri=BACK)
    code = outside.authorise(url)["code"]
    csc.exchange_code(code, BACK)
    with pytest.raises(OutsideRefused) as caught:
        csc.exchange_code(code, BACK)
    assert caught.value.code == "invalid_grant"


def test_seal_signs_without_a_person_with_either_kind_of_key(outside: Simulators) -> None:
    for seal, oid in ((SEAL, RSA_SHA256), ("seal-G22", "1.2.840.10045.4.3.2")):
        certificate = csc.credential_info(seal).chain[0]
        granted = csc.seal_authorise(seal, hashes=[DIGEST])
        assert csc.sign_hash(credential_id=seal, sad=granted, hashes=[DIGEST], hash_oid=csc.SHA256, sign_oid=oid, certificate=certificate)
    with pytest.raises(OutsideRefused):
        csc.seal_authorise(OFFICER)
    with pytest.raises(OutsideRefused):
        csc.credential_info("seal-of-nobody")


def test_signature_over_something_else_is_noticed(outside: Simulators) -> None:
    certificate = csc.credential_info(SEAL).chain[0]
    granted = csc.seal_authorise(SEAL)
    outside.faults("csc", "wrong", times=1)
    with pytest.raises(OutsideRefused, match="wrong_signature"):
        csc.sign_hash(credential_id=SEAL, sad=granted, hashes=[DIGEST], hash_oid=csc.SHA256, sign_oid=RSA_SHA256, certificate=certificate)


def test_service_token_is_kept_and_renewed_when_it_was_withdrawn(outside: Simulators) -> None:
    first = csc.service_token()
    assert csc.service_token() == first
    outside.reset()  # the service forgets every token it gave
    assert csc.credential_info(SEAL).mode == "implicit"
    assert csc.service_token() != first


def test_page_address_is_the_public_one_and_says_it_all(outside: Simulators, settings: Any) -> None:
    settings.REMOTE_SIGNING_PUBLIC_URL = "https://sign.example/csc/v2/"
    url = csc.authorize_url(credential_id=OFFICER, state="a&b", redirect_uri=BACK, hashes=[DIGEST, DIGEST[::-1]], num_signatures=2)
    assert url.startswith("https://sign.example/csc/v2/oauth2/authorize?response_type=code&client_id=test-portal&")
    assert "scope=credential" in url and "state=a%26b" in url and "numSignatures=2" in url and "hashAlgorithmOID=2.16" in url
    with pytest.raises(ValueError, match="as many"):
        csc.authorize_url(credential_id=OFFICER, state="s", redirect_uri=BACK, hashes=[DIGEST], num_signatures=2)
