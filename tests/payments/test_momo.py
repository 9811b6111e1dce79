"""MoMo AIO v2 against signatures reckoned here and over HTTP."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from payments.institutions.base import BadMessage, BadSignature, Connection, Incoming, Outcome, RefundOutcome, Verdict
from payments.institutions.momo import MOMO
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from tests.payments.institution import NOW, REFERENCE, SECRET, Request, Scripted, ask, connection, faults, refund_ask

ACCESS = "F8BBA842ECF85"


def at_momo(institution: Scripted | None = None) -> Connection:
    url = f"{institution.url}/v2/gateway/api" if institution else ""
    return connection(institution, code="TG.momo", merchant="DVCQG", access=ACCESS, endpoint=url)


def hmac256(text: str) -> str:
    return hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


def notification(**changed: Any) -> dict[str, Any]:
    fields = {
        "partnerCode": "DVCQG",
        "orderId": REFERENCE,
        "requestId": REFERENCE,
        "amount": 58_000,
        "orderInfo": "Lệ phí hồ sơ",
        "orderType": "momo_wallet",
        "transId": 4_088_878_653,
        "resultCode": 0,
        "message": "Thành công.",
        "payType": "qr",
        "responseTime": 1_764_385_560_000,
        "extraData": "",
    } | changed
    raw = (
        "accessKey={access}&amount={amount}&extraData={extraData}&message={message}&orderId={orderId}&orderInfo={orderInfo}"
        "&orderType={orderType}&partnerCode={partnerCode}&payType={payType}&requestId={requestId}&responseTime={responseTime}"
        "&resultCode={resultCode}&transId={transId}"
    ).format(access=ACCESS, **fields)
    return fields | {"signature": hmac256(raw)}


def read(fields: dict[str, Any] | bytes) -> Any:
    body = fields if isinstance(fields, bytes) else json.dumps(fields, ensure_ascii=False).encode()
    return MOMO.read_callback(at_momo(), Incoming("POST", "", body, "application/json"))


def test_notification_is_read_and_answered() -> None:
    report = read(notification())
    assert (report.reference, report.outcome, report.amount, report.institution_ref) == (REFERENCE, Outcome.PAID, 58_000, "4088878653")
    assert report.paid_at == datetime(2025, 11, 29, 3, 6, tzinfo=UTC)
    assert MOMO.answer(at_momo(), Verdict.CONFIRMED, report).status == 204 and MOMO.answer(at_momo(), Verdict.CONFIRMED, report).body == b""
    statuses = {verdict.value: MOMO.answer(at_momo(), verdict, None).status for verdict in Verdict}
    assert statuses == {
        "confirmed": 204, "already": 204, "not_found": 404, "wrong_amount": 409, "bad_signature": 400, "bad_message": 400, "error": 500,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (0, Outcome.PAID),
        (9000, Outcome.PENDING),
        (1000, Outcome.PENDING),
        (7002, Outcome.PENDING),
        (1006, Outcome.FAILED),
        (99, Outcome.FAILED),
    ],
)
def test_result_codes(code: int, outcome: Outcome) -> None:
    assert read(notification(resultCode=code)).outcome is outcome


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"partnerCode": "OTHER"}, "other_merchant"),
        ({"amount": 0}, "bad_amount"),
        ({"amount": 10**12 + 1}, "bad_amount"),
        ({"transId": 0}, "no_transaction"),
        ({"orderId": "a/b"}, "bad_reference"),
        ({"responseTime": 5}, "bad_time"),
        ({"resultCode": "0"}, "bad_field"),
    ],
)
def test_signed_nonsense_is_a_bad_message(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(BadMessage) as caught:
        read(notification(**changed))
    assert caught.value.code == code


def test_signature_comes_first() -> None:
    good = notification()
    for changed in ({"amount": 59_000}, {"signature": ""}, {"signature": None}, {"message": "Thành công"}, {"transId": 4_088_878_654}):
        with pytest.raises(BadSignature):
            read(good | changed)
    text = json.dumps(good).encode()
    for body in (
        b"",
        b"[]",
        b"{",
        b"\xff",
        text[:-1] + b', "amount": 1}',
        text.replace(b"58000", b"58000.0"),
        text.replace(b"58000", b"true"),
    ):
        with pytest.raises(BadMessage):
            read(body)
    with pytest.raises(BadSignature):
        MOMO.read_callback(Connection(code="TG.momo", merchant="DVCQG"), Incoming("POST", "", text))


@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
@examples(max_examples=300)
def test_one_bit_of_a_notification_is_noticed(place: int, bit: int) -> None:
    body = json.dumps(notification(), ensure_ascii=False).encode()
    place %= len(body)
    changed = body[:place] + bytes([body[place] ^ 1 << bit]) + body[place + 1 :]
    try:
        after = json.loads(changed)
    except ValueError:
        after = None
    if isinstance(after, dict):
        # A field that is missing is empty, a digit of the signature in capitals the same.
        meant = {name: after.get(name, "") for name in notification()}
        if meant | {"signature": str(meant["signature"]).lower()} == notification():
            return
    with pytest.raises(BadMessage):
        read(changed)


def test_returning_browser_brings_the_reference_or_nothing() -> None:
    query = {name: str(value) for name, value in notification().items()}
    assert MOMO.read_return(at_momo(), query) == REFERENCE
    assert MOMO.read_return(at_momo(), query | {"orderId": "DVC7K3M9QXRT2W4A02"}) == ""
    assert MOMO.read_return(at_momo(), {}) == ""


# --- questions ----------------------------------------------------------------------------------------------------------------------------

RAW = {
    "create": (
        "accessKey={accessKey}&amount={amount}&extraData={extraData}&ipnUrl={ipnUrl}&orderId={orderId}&orderInfo={orderInfo}"
        "&partnerCode={partnerCode}&redirectUrl={redirectUrl}&requestId={requestId}&requestType={requestType}"
    ),
    "query": "accessKey={accessKey}&orderId={orderId}&partnerCode={partnerCode}&requestId={requestId}",
    "refund": (
        "accessKey={accessKey}&amount={amount}&description={description}&orderId={orderId}&partnerCode={partnerCode}"
        "&requestId={requestId}&transId={transId}"
    ),
}


def answering(changed: dict[str, Any] | None = None, status: int = 200) -> Callable[[Request], tuple[int, str, bytes]]:
    def answer(asked: Request) -> tuple[int, str, bytes]:
        got = asked.json
        path = asked.path.removeprefix("/v2/gateway/api/")
        assert got["signature"] == hmac256(RAW["query" if path.endswith("query") else path].format(accessKey=ACCESS, **got))
        same = {name: got[name] for name in ("partnerCode", "orderId", "requestId")}
        fields = same | {"resultCode": 0, "message": "Thành công.", "responseTime": 1_764_385_560_000, "amount": got.get("amount", 58_000)}
        more = {"transId": 4_088_878_653} if path != "create" else {"payUrl": "https://momo.example/pay?t=1"}
        return status, "application/json", json.dumps(fields | more | (changed or {})).encode()

    return answer


def test_a_page_is_asked_for(institution: Scripted) -> None:
    institution.answer = answering()
    assert MOMO.begin(at_momo(institution), ask()).url == "https://momo.example/pay?t=1"
    sent = institution.seen[0].json
    assert (sent["amount"], sent["orderId"], sent["requestId"], sent["orderExpireTime"]) == (58_000, REFERENCE, REFERENCE, 15)
    assert sent["ipnUrl"].endswith("/vao/thanh-toan/x/") and "accessKey" not in sent
    for changed in ({"payUrl": "javascript:alert(1)"}, {"payUrl": None}, {"amount": 1}, {"orderId": "X"}, {"resultCode": "0"}):
        institution.answer = answering(changed)
        with pytest.raises(OutsideUnavailable, match="wrong_answer"):
            MOMO.begin(at_momo(institution), ask())
    for code, error in ((41, OutsideRefused), (13, OutsideRefused), (22, OutsideRefused), (10, OutsideUnavailable), (1005, OutsideRefused)):
        institution.answer = answering({"resultCode": code}, 400)
        with pytest.raises(error):
            MOMO.begin(at_momo(institution), ask())
    for amount in (999, 50_000_001):
        with pytest.raises(OutsideRefused, match="amount_out_of_range"):
            MOMO.begin(at_momo(institution), ask(amount))


def test_question_of_a_payment(institution: Scripted) -> None:
    for changed, outcome in (
        ({}, Outcome.PAID),
        ({"resultCode": 1000, "transId": 0}, Outcome.PENDING),
        ({"resultCode": 9000}, Outcome.PENDING),
        ({"resultCode": 1006}, Outcome.FAILED),
        ({"resultCode": 42, "amount": 0}, Outcome.ABSENT),
    ):
        institution.answer = answering(changed, 400 if changed.get("resultCode") == 42 else 200)
        assert MOMO.query(at_momo(institution), ask(), now=NOW).outcome is outcome
    for changed in (
        {"partnerCode": "X"},
        {"requestId": "X"},
        {"orderId": "X"},
        {"transId": 0},
        {"amount": "58000.0"},
        {"responseTime": "x"},
    ):
        institution.answer = answering(changed)
        with pytest.raises(OutsideUnavailable, match="wrong_answer"):
            MOMO.query(at_momo(institution), ask(), now=NOW)
    assert len({one.json["requestId"] for one in institution.seen}) == len(institution.seen)


def test_faults(institution: Scripted, settings: Any) -> None:
    faults(institution, settings, lambda: MOMO.query(at_momo(institution), ask(), now=NOW))
    with pytest.raises(OutsideUnavailable, match="not_configured"):
        MOMO.begin(Connection(code="TG.momo"), ask())


def test_refund_and_what_became_of_it(institution: Scripted) -> None:
    institution.answer = answering({"transId": 77})
    done = MOMO.refund(at_momo(institution), refund_ask(20_000))
    assert (done.outcome, done.institution_ref) == (RefundOutcome.DONE, "77")
    sent = institution.seen[0].json
    assert sent["orderId"] == sent["requestId"] == "HT7K3M9QXRT2W4A01" and (sent["amount"], sent["transId"]) == (20_000, 14_226_112)
    for code, outcome in (
        (7002, RefundOutcome.UNDER_WAY),
        (40, RefundOutcome.UNDER_WAY),
        (41, RefundOutcome.UNDER_WAY),
        (1080, RefundOutcome.REFUSED),
        (1081, RefundOutcome.REFUSED),
        (42, RefundOutcome.REFUSED),
    ):
        institution.answer = answering({"resultCode": code}, 400)
        assert MOMO.refund(at_momo(institution), refund_ask()).outcome is outcome
    for code in (10, 43, 99):
        institution.answer = answering({"resultCode": code})
        with pytest.raises(OutsideUnavailable):
            MOMO.refund(at_momo(institution), refund_ask())
    for changed in ({"amount": 1}, {"transId": 0}):
        institution.answer = answering(changed)
        with pytest.raises(OutsideUnavailable, match="wrong_answer"):
            MOMO.refund(at_momo(institution), refund_ask())
    with pytest.raises(OutsideRefused, match="no_transaction"):
        MOMO.refund(at_momo(institution), refund_ask(institution_ref="x"))

    listed = {"orderId": "HT7K3M9QXRT2W4A01", "amount": 58_000, "resultCode": 0, "transId": 78, "createdTime": 1}
    for changed, outcome in (
        ({"transId": 77}, RefundOutcome.DONE),
        ({"refundTrans": [listed]}, RefundOutcome.DONE),
        ({"refundTrans": [listed | {"resultCode": 7002}]}, RefundOutcome.UNDER_WAY),
        ({"refundTrans": [listed | {"resultCode": 1081}]}, RefundOutcome.REFUSED),
        ({"refundTrans": [listed | {"orderId": "HT2"}]}, RefundOutcome.ABSENT),
        ({"resultCode": 42}, RefundOutcome.ABSENT),
        ({"resultCode": 7000}, RefundOutcome.UNDER_WAY),
    ):
        institution.answer = answering(changed)
        assert MOMO.query_refund(at_momo(institution), refund_ask()).outcome is outcome, changed
    institution.answer = answering({"refundTrans": [listed | {"amount": 1}]})
    with pytest.raises(OutsideUnavailable, match="wrong_answer"):
        MOMO.query_refund(at_momo(institution), refund_ask())
