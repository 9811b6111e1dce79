"""The gateway speaks OneAPI: one message for one correlator, kept through a kill -9, and a page to read it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests

from tests.simulators.running import TOKENS, Simulators, start_simulators

TO = "+84900000001"


def post(outside: Simulators, text: str = "Mã của bạn là 123456", correlator: str | None = "c-1", to: str = TO, token: str = "") -> Any:
    message: dict[str, Any] = {
        "address": [f"tel:{to}"],
        "senderAddress": "DVCQG",
        "outboundSMSTextMessage": {"message": text},
    }
    if correlator is not None:
        message["clientCorrelator"] = correlator
    return requests.post(
        f"{outside.url}/sms/smsmessaging/v1/outbound/DVCQG/requests",
        json={"outboundSMSMessageRequest": message},
        headers={"Authorization": f"Bearer {token or TOKENS['SMS_GATEWAY_TOKEN']}"},
        timeout=10,
    )


def test_same_correlator_is_one_message_and_one_resource(outside: Simulators) -> None:
    first, again = post(outside), post(outside)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert [message["text"] for message in outside.outbox(TO)] == ["Mã của bạn là 123456"]
    infos = requests.get(
        first.json()["resourceReference"]["resourceURL"] + "/deliveryInfos",
        headers={"Authorization": f"Bearer {TOKENS['SMS_GATEWAY_TOKEN']}"},
        timeout=10,
    ).json()["deliveryInfoList"]["deliveryInfo"]
    assert infos == [{"address": f"tel:{TO}", "deliveryStatus": "DeliveredToTerminal"}]


def test_same_correlator_eight_times_at_once_is_one_message(outside: Simulators) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(outside), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(outside.outbox(TO)) == 1


def test_same_correlator_with_another_text_is_refused(outside: Simulators) -> None:
    post(outside)
    refused = post(outside, text="khác")
    assert refused.status_code == 409
    assert refused.json()["requestError"]["serviceException"]["messageId"] == "SVC0005"
    assert len(outside.outbox(TO)) == 1


def test_without_correlator_each_request_is_a_message(outside: Simulators) -> None:
    post(outside, correlator=None)
    post(outside, correlator=None)
    assert len(outside.outbox(TO)) == 2


def test_wrong_token_and_wrong_number_are_refused(outside: Simulators) -> None:
    assert post(outside, token="other").status_code == 401
    assert post(outside, to="12345").json()["requestError"]["serviceException"]["messageId"] == "SVC0004"
    assert outside.outbox() == []


def test_page_shows_newest_first_and_filters_by_number_as_people_write_it(outside: Simulators) -> None:
    post(outside, text="một <b>", correlator="a")
    post(outside, text="hai", correlator="b")
    post(outside, text="của người khác", correlator="c", to="+84900000002")
    page = requests.get(f"{outside.url}/sms/outbox/", params={"to": "0900 000 001"}, timeout=10)
    assert page.text.index("hai") < page.text.index("một &lt;b&gt;")
    assert "của người khác" not in page.text
    assert "<script" not in page.text
    assert "width=device-width" in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_acknowledged_messages_faults_and_certificates_survive_kill_9(tmp_path: Path) -> None:
    outside = start_simulators(tmp_path)
    try:
        assert post(outside).status_code == 201
        outside.faults("tsa", "down", times=3)
        root, key = (tmp_path / "demo" / "test-root.pem").read_bytes(), (tmp_path / "demo" / "001185000003.p12").read_bytes()
        certificate = requests.get(f"{outside.url}/pki/test/certs/people/issued/cred-001185000003.crt", timeout=10).content
        outside.kill()
        outside.start()
        assert [message["correlator"] for message in outside.outbox(TO)] == ["c-1"]
        assert post(outside).status_code == 201
        assert len(outside.outbox(TO)) == 1
        faults = requests.get(f"{outside.url}/control/faults", timeout=10).json()["faults"]
        assert (faults["tsa"]["mode"], faults["tsa"]["times"]) == ("down", 3)
        assert (tmp_path / "demo" / "test-root.pem").read_bytes() == root
        assert (tmp_path / "demo" / "001185000003.p12").read_bytes() == key
        assert requests.get(f"{outside.url}/pki/test/certs/people/issued/cred-001185000003.crt", timeout=10).content == certificate
    finally:
        outside.kill()
