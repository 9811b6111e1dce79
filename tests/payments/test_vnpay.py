"""VNPay 2.1.0 against signatures reckoned here, against what others wrote for it, and over HTTP."""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from payments.institutions import vnpay
from payments.institutions.base import BadMessage, BadSignature, Connection, Incoming, Outcome, RefundOutcome, Verdict
from payments.institutions.vnpay import VNPAY
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from portal.launcher import bootstrap
from tests.payments.institution import NOW, REFERENCE, SECRET, Request, Scripted, ask, connection, faults, refund_ask

MERCHANT = "DVCQG001"
PAGE = "https://pay.example/paymentv2/vpcpay.html"
PEER_HOST = "https://pay.example"


def at_vnpay(institution: Scripted | None = None) -> Connection:
    url = f"{institution.url}/merchant_webapi/api/transaction" if institution else ""
    return connection(institution, code="TG.vnpay", merchant=MERCHANT, page=PAGE, endpoint=url)


def hmac512(text: str) -> str:
    return hmac.new(SECRET.encode(), text.encode(), hashlib.sha512).hexdigest()


def notification(**changed: str) -> str:
    """A signed query as VNPay sends it."""
    fields = {
        "vnp_Amount": "5800000",
        "vnp_BankCode": "NCB",
        "vnp_BankTranNo": "VNP14226112",
        "vnp_CardType": "ATM",
        "vnp_OrderInfo": "Le phi ho so",
        "vnp_PayDate": "20261129100600",
        "vnp_ResponseCode": "00",
        "vnp_TmnCode": MERCHANT,
        "vnp_TransactionNo": "14226112",
        "vnp_TransactionStatus": "00",
        "vnp_TxnRef": REFERENCE,
    } | changed
    signed = urlencode(sorted((name, value) for name, value in fields.items() if value))
    return f"{signed}&vnp_SecureHash={hmac512(signed)}"


def read(query: str) -> Any:
    return VNPAY.read_callback(at_vnpay(), Incoming("GET", query, b""))


def test_page_address_holds_the_signed_fields_of_the_protocol() -> None:
    url = VNPAY.begin(at_vnpay(), ask(words="Lệ phí hồ sơ: Đăng ký #1")).url
    assert url.startswith(PAGE + "?")
    signed, _, sent = urlsplit(url).query.rpartition("&vnp_SecureHash=")
    assert sent == hmac512(signed)
    fields = dict(parse_qsl(signed))
    assert list(fields) == sorted(fields)
    assert fields["vnp_Amount"] == "5800000" and fields["vnp_TxnRef"] == REFERENCE and fields["vnp_TmnCode"] == MERCHANT
    assert fields["vnp_CreateDate"] == "20261129100405" and fields["vnp_ExpireDate"] == "20261129101905"
    assert fields["vnp_OrderInfo"] == "Le phi ho so: Dang ky 1"
    assert (fields["vnp_Command"], fields["vnp_Version"], fields["vnp_CurrCode"], fields["vnp_Locale"]) == ("pay", "2.1.0", "VND", "vn")
    assert "vnp_Locale=en" in VNPAY.begin(at_vnpay(), ask(language="en")).url
    with pytest.raises(OutsideRefused, match="amount_out_of_range"):
        VNPAY.begin(at_vnpay(), ask(10**10))
    assert SECRET not in repr(at_vnpay())


def test_notification_is_read_and_answered() -> None:
    report = read(notification())
    assert (report.reference, report.outcome, report.amount, report.institution_ref) == (REFERENCE, Outcome.PAID, 58_000, "14226112")
    assert report.bank_ref == "VNP14226112" and report.paid_at == datetime(2026, 11, 29, 3, 6, tzinfo=UTC)
    codes = {verdict: json.loads(VNPAY.answer(at_vnpay(), verdict, None).body)["RspCode"] for verdict in Verdict}
    assert codes == {
        Verdict.CONFIRMED: "00",
        Verdict.NOT_FOUND: "01",
        Verdict.ALREADY: "02",
        Verdict.WRONG_AMOUNT: "04",
        Verdict.BAD_SIGNATURE: "97",
        Verdict.BAD_MESSAGE: "99",
        Verdict.ERROR: "99",
    }


@pytest.mark.parametrize(
    ("answered", "status", "outcome"),
    [
        ("00", "00", Outcome.PAID),
        ("00", "01", Outcome.PENDING),
        ("00", "02", Outcome.FAILED),
        ("00", "04", Outcome.REVERSED),
        ("00", "07", Outcome.PENDING),
        ("07", "00", Outcome.PENDING),
        ("07", "02", Outcome.PENDING),
        ("24", "02", Outcome.FAILED),
        ("24", "00", Outcome.PENDING),
        ("51", "01", Outcome.PENDING),
    ],
)
def test_paid_only_when_both_codes_say_so(answered: str, status: str, outcome: Outcome) -> None:
    assert read(notification(vnp_ResponseCode=answered, vnp_TransactionStatus=status)).outcome is outcome


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"vnp_TmnCode": "OTHER001"}, "other_merchant"),
        ({"vnp_Amount": "5800050"}, "bad_amount"),
        ({"vnp_Amount": "0"}, "bad_amount"),
        ({"vnp_Amount": "-5800000"}, "bad_amount"),
        ({"vnp_Amount": "58e5"}, "bad_amount"),
        ({"vnp_Amount": "１００"}, "bad_amount"),
        ({"vnp_Amount": "1" + "0" * 15}, "bad_amount"),
        ({"vnp_PayDate": "20261341100600"}, "bad_time"),
        ({"vnp_PayDate": ""}, "bad_time"),
        ({"vnp_TransactionNo": "0"}, "no_transaction"),
        ({"vnp_TransactionNo": "1;DROP"}, "bad_transaction"),
        ({"vnp_TxnRef": "DVC/../../x"}, "bad_reference"),
        ({"vnp_TxnRef": ""}, "bad_reference"),
    ],
)
def test_signed_nonsense_is_a_bad_message(changed: dict[str, str], code: str) -> None:
    with pytest.raises(BadMessage) as caught:
        read(notification(**changed))
    assert caught.value.code == code


def test_signature_comes_first_and_covers_everything_that_is_read() -> None:
    for query in (
        notification(vnp_Amount="x").replace("vnp_Amount=x", "vnp_Amount=y"),
        notification() + "0",
        notification().replace("vnp_SecureHash=", "vnp_SecureHash=0"),
        notification().split("&vnp_SecureHash")[0],
        notification() + "&vnp_More=1",
    ):
        with pytest.raises(BadSignature):
            read(query)
    for query in (
        notification() + "&vnp_TxnRef=" + REFERENCE,
        # Read as vnp_TransactionNo by who decodes names, signed by nobody.
        notification(vnp_TransactionNo="") + "&vnp%5FTransactionNo=1",
        "",
        "&&&",
        "vnp_Amount=%ff",
        "a" * 10_000,
    ):
        with pytest.raises(BadMessage):
            read(query)
    # No secret configured is no secret that everybody knows.
    fields = notification().split("&vnp_SecureHash")[0]
    empty = hmac.new(b"", fields.encode(), hashlib.sha512).hexdigest()
    nobody = Connection(code="TG.vnpay", merchant=MERCHANT)
    with pytest.raises(BadSignature):
        VNPAY.read_callback(nobody, Incoming("GET", f"{fields}&vnp_SecureHash={empty}", b""))
    assert VNPAY.read_return(nobody, dict(parse_qsl(f"{fields}&vnp_SecureHash={empty}"))) == ""


def test_returning_browser_brings_the_reference_or_nothing() -> None:
    query = dict(parse_qsl(notification()))
    assert VNPAY.read_return(at_vnpay(), query) == REFERENCE
    assert VNPAY.read_return(at_vnpay(), query | {"vnp_TxnRef": "DVC7K3M9QXRT2W4A02"}) == ""
    assert VNPAY.read_return(at_vnpay(), {}) == ""


@given(place=st.integers(min_value=0), bit=st.integers(0, 6))
@examples(max_examples=300)
def test_one_bit_of_a_notification_is_noticed(place: int, bit: int) -> None:
    query = notification()
    place %= len(query)
    changed = query[:place] + chr(ord(query[place]) ^ 1 << bit) + query[place + 1 :]
    before, after = dict(parse_qsl(query)), dict(parse_qsl(changed))
    if {name: value.lower() if name == "vnp_SecureHash" else value for name, value in after.items()} == before:
        return  # %3a for %3A, or a digit of the hash in capitals: the same message
    with pytest.raises(BadMessage):
        read(changed)


# --- querydr and refund -------------------------------------------------------------------------------------------------------------------

QUERY = "RequestId Version Command TmnCode TxnRef TransactionDate CreateDate IpAddr OrderInfo"
REFUND = (
    "RequestId Version Command TmnCode TransactionType TxnRef Amount TransactionNo TransactionDate CreateBy CreateDate IpAddr OrderInfo"
)
REPLY = (
    "ResponseId Command ResponseCode Message TmnCode TxnRef Amount BankCode PayDate TransactionNo TransactionType "
    "TransactionStatus OrderInfo"
)


def answering(
    changed: dict[str, Any] | None = None, *, altered: dict[str, Any] | None = None
) -> Callable[[Request], tuple[int, str, bytes]]:
    """VNPay's side of querydr and refund: checks the question's hash, signs the answer. ``altered`` after signing."""

    def answer(asked: Request) -> tuple[int, str, bytes]:
        got = asked.json
        signed = QUERY if got["vnp_Command"] == "querydr" else REFUND
        assert got["vnp_SecureHash"] == hmac512("|".join(got[f"vnp_{name}"] for name in signed.split()))
        fields = {
            "vnp_ResponseId": "b7a8",
            "vnp_Command": got["vnp_Command"],
            "vnp_ResponseCode": "00",
            "vnp_Message": "Giao dịch thành công",
            "vnp_TmnCode": MERCHANT,
            "vnp_TxnRef": got["vnp_TxnRef"],
            "vnp_Amount": got.get("vnp_Amount", "5800000"),
            "vnp_BankCode": "NCB",
            "vnp_PayDate": "20261129100600",
            "vnp_TransactionNo": "14226112",
            "vnp_TransactionType": got.get("vnp_TransactionType", "01"),
            "vnp_TransactionStatus": "00",
            "vnp_OrderInfo": got["vnp_OrderInfo"],
        } | (changed or {})
        names = REPLY + (" PromotionCode PromotionAmount" if got["vnp_Command"] == "querydr" else "")
        fields["vnp_SecureHash"] = hmac512("|".join(str(fields.get(f"vnp_{name}", "")) for name in names.split()))
        return 200, "application/json", json.dumps(fields | (altered or {})).encode()

    return answer


def test_question_of_a_payment(institution: Scripted) -> None:
    institution.answer = answering()
    report = VNPAY.query(at_vnpay(institution), ask(), now=NOW)
    assert (report.outcome, report.amount, report.institution_ref) == (Outcome.PAID, 58_000, "14226112")
    asked = institution.seen[0].json
    assert asked["vnp_TransactionDate"] == asked["vnp_CreateDate"] == "20261129100405" and len(asked["vnp_RequestId"]) == 32
    for changed, outcome in (
        ({"vnp_TransactionStatus": "01", "vnp_PayDate": "", "vnp_TransactionNo": ""}, Outcome.PENDING),
        ({"vnp_TransactionStatus": "02"}, Outcome.FAILED),
        ({"vnp_TransactionStatus": "04"}, Outcome.REVERSED),
        ({"vnp_TransactionStatus": "07"}, Outcome.PENDING),
        ({"vnp_TransactionType": "02", "vnp_TransactionStatus": "05"}, Outcome.REVERSED),
        ({"vnp_ResponseCode": "91", "vnp_TxnRef": ""}, Outcome.ABSENT),
        ({"vnp_PromotionCode": "TET", "vnp_PromotionAmount": 100}, Outcome.PAID),
        ({"vnp_Amount": 5_800_000}, Outcome.PAID),
    ):
        institution.answer = answering(changed)
        assert VNPAY.query(at_vnpay(institution), ask(), now=NOW).outcome is outcome, changed


def test_answers_that_are_not_vnpays_or_not_to_this_question(institution: Scripted) -> None:
    for answer in (
        answering(altered={"vnp_TransactionStatus": "02"}),
        answering(altered={"vnp_SecureHash": ""}),
        answering(altered={"vnp_SecureHash": None}),
        answering({"vnp_TmnCode": "OTHER001"}),
        answering({"vnp_TxnRef": "DVC7K3M9QXRT2W4A02"}),
        answering({"vnp_Command": "refund"}),
        answering({"vnp_Amount": "58"}),
        answering({"vnp_PayDate": "yesterday"}),
        answering({"vnp_TransactionNo": ""}),
    ):
        institution.answer = answer
        with pytest.raises(OutsideUnavailable) as caught:
            VNPAY.query(at_vnpay(institution), ask(), now=NOW)
        assert caught.value.code == "wrong_answer"
    institution.answer = answering({"vnp_ResponseCode": "97"}, altered={"vnp_SecureHash": ""})
    with pytest.raises(OutsideRefused, match="vnpay_97"):
        VNPAY.query(at_vnpay(institution), ask(), now=NOW)
    institution.answer = answering({"vnp_ResponseCode": "94"})
    with pytest.raises(OutsideUnavailable, match="busy"):
        VNPAY.query(at_vnpay(institution), ask(), now=NOW)


def test_faults(institution: Scripted, settings: Any) -> None:
    faults(institution, settings, lambda: VNPAY.query(at_vnpay(institution), ask(), now=NOW))
    with pytest.raises(OutsideUnavailable, match="not_configured"):
        VNPAY.query(Connection(code="TG.vnpay"), ask(), now=NOW)
    with pytest.raises(OutsideUnavailable, match="not_configured"):
        VNPAY.begin(Connection(code="TG.vnpay"), ask())


def test_refund_and_what_became_of_it(institution: Scripted) -> None:
    for status, outcome in (
        ("00", RefundOutcome.DONE),
        ("05", RefundOutcome.UNDER_WAY),
        ("06", RefundOutcome.UNDER_WAY),
        ("", RefundOutcome.UNDER_WAY),
        ("09", RefundOutcome.REFUSED),
    ):
        institution.answer = answering({"vnp_TransactionStatus": status})
        assert VNPAY.refund(at_vnpay(institution), refund_ask()).outcome is outcome
        assert VNPAY.query_refund(at_vnpay(institution), refund_ask()).outcome is RefundOutcome.ABSENT  # type 01: the payment only
        institution.answer = answering({"vnp_TransactionStatus": status, "vnp_TransactionType": "02"})
        assert VNPAY.query_refund(at_vnpay(institution), refund_ask()).outcome is outcome
    sent = next(one.json for one in institution.seen if one.json["vnp_Command"] == "refund")
    assert (sent["vnp_RequestId"], sent["vnp_TransactionType"], sent["vnp_Amount"]) == ("HT7K3M9QXRT2W4A01", "02", "5800000")
    assert (sent["vnp_TransactionDate"], sent["vnp_CreateDate"]) == ("20261129100405", "20261130100405")
    institution.answer = answering()
    VNPAY.refund(at_vnpay(institution), refund_ask(20_000))
    assert (institution.seen[-1].json["vnp_TransactionType"], institution.seen[-1].json["vnp_Amount"]) == ("03", "2000000")
    for code, outcome in (("94", RefundOutcome.UNDER_WAY), ("95", RefundOutcome.REFUSED), ("91", RefundOutcome.REFUSED)):
        institution.answer = answering({"vnp_ResponseCode": code})
        assert VNPAY.refund(at_vnpay(institution), refund_ask()).outcome is outcome
    for answer in (answering({"vnp_Amount": "100"}), answering(altered={"vnp_TransactionStatus": "06"})):
        institution.answer = answer
        with pytest.raises(OutsideUnavailable, match="wrong_answer"):
            VNPAY.refund(at_vnpay(institution), refund_ask())


def test_files(institution: Scripted, tmp_path: Path) -> None:
    day, to = NOW.date(), tmp_path / "day.csv"
    assert VNPAY.fetch_statement(at_vnpay(institution), day, to) is False and not to.exists()
    assert VNPAY.fetch_voucher(at_vnpay(institution), REFERENCE) is None
    found = {
        f"/files/statements/{MERCHANT}/2026-11-29.csv": (200, "text/csv", b"stt\n" * 100_000),
        f"/files/vouchers/{MERCHANT}/{REFERENCE}.pdf": (200, "application/pdf", b"%PDF-1.7"),
        f"/files/vouchers/{MERCHANT}/{REFERENCE}.xml": (200, "application/xml", b"<?xml version='1.0'?><ChungTu/>"),
    }
    institution.answer = lambda asked: found[asked.path] if asked.headers["Authorization"] == f"Bearer {SECRET}" else (401, "", b"")
    assert VNPAY.fetch_statement(at_vnpay(institution), day, to) is True
    assert to.stat().st_size == 400_000 and [one.name for one in tmp_path.iterdir()] == ["day.csv"]
    voucher = VNPAY.fetch_voucher(at_vnpay(institution), REFERENCE)
    assert voucher == (b"%PDF-1.7", b"<?xml version='1.0'?><ChungTu/>")
    institution.answer = lambda _: (200, "text/html", b"<html>")
    for call in (lambda: VNPAY.fetch_statement(at_vnpay(institution), day, to), lambda: VNPAY.fetch_voucher(at_vnpay(institution), "x")):
        with pytest.raises(OutsideUnavailable, match="wrong_answer"):
            call()


# --- the same protocol as others wrote it -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[dict[str, Any]]], list[Any]]:
    """Asks the npm package ``vnpay``, which ``make test`` has fetched with its hash."""
    node, folder = shutil.which("node"), tmp_path_factory.mktemp("peer")
    assert node and bootstrap._peers_kept(), "node or the npm package is missing: `make test` gets them"
    for package in bootstrap.PEER_PACKAGES:
        with tarfile.open(bootstrap.peer_file(package)) as packed:
            packed.extractall(folder / package, filter="data")
        home = folder / "node_modules" / package.split("@")[0]
        home.parent.mkdir(exist_ok=True)
        (folder / package / "package").rename(home)
    script = folder / "peer.cjs"
    script.write_bytes(Path(__file__).with_name("vnpay_peer.cjs").read_bytes())

    def ask_peer(questions: list[dict[str, Any]]) -> list[Any]:
        whole = {"tmnCode": MERCHANT, "secureSecret": SECRET, "vnpayHost": PEER_HOST, "questions": questions}
        done = subprocess.run([node, script], input=json.dumps(whole), capture_output=True, text=True, timeout=60, cwd=folder)
        assert done.returncode == 0, done.stderr
        found: list[Any] = json.loads(done.stdout)
        return found

    return ask_peer


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=40).filter(str.strip)
ascii_words = st.text("abcXYZ019 .:-_*~'()!&=+%/", min_size=1, max_size=40)


@pytest.mark.requirement("P-02")
@given(orders=st.lists(st.tuples(st.integers(1, 9_999_999_999), ascii_words | words), min_size=30, max_size=30))
@examples(max_examples=8)
def test_what_the_package_signs_we_accept(peer: Any, orders: list[tuple[int, str]]) -> None:
    """Its page addresses fit our signature, field for field; what it takes from one of ours it finds signed rightly."""
    built = peer(
        [
            {
                "build": {
                    "vnp_Amount": amount,
                    "vnp_TxnRef": REFERENCE,
                    "vnp_OrderInfo": info,
                    "vnp_IpAddr": "127.0.0.1",
                    "vnp_ReturnUrl": "https://portal.example/thanh-toan/ve/TG.vnpay/?a=b&c=d",
                    "vnp_CreateDate": 20261129100405,
                    "vnp_ResponseCode": "00",
                    "vnp_TransactionStatus": "00",
                    "vnp_TransactionNo": "14226112",
                    "vnp_PayDate": "20261129100600",
                }
            }
            for amount, info in orders
        ]
    )
    for (amount, info), url in zip(orders, built, strict=True):
        query = urlsplit(url).query
        # With what a notification has besides, it is one to us.
        report = read(query)
        assert (report.outcome, report.amount) == (Outcome.PAID, amount)
        fields = dict(parse_qsl(query, keep_blank_values=True))
        assert fields["vnp_OrderInfo"] == info
        place = query.index("vnp_TxnRef=") + len("vnp_TxnRef=DVC7")
        with pytest.raises(BadSignature):
            read(query[:place] + chr(ord(query[place]) ^ 1) + query[place + 1 :])


@pytest.mark.requirement("P-02")
@given(amount=st.integers(1, 9_999_999_999), info=words, places=st.lists(st.integers(0, 10**6), min_size=25, max_size=25))
@examples(max_examples=8)
def test_what_we_sign_the_package_accepts_and_no_other_bit(peer: Any, amount: int, info: str, places: list[int]) -> None:
    url = VNPAY.begin(at_vnpay(), ask(amount, words=info)).url
    fields = dict(parse_qsl(notification())) | {"vnp_Amount": str(amount * 100), "vnp_OrderInfo": "Le phi: 1-2.3"}
    fields["vnp_SecureHash"] = vnpay.signature(SECRET, fields)
    ours = [urlsplit(url).query, urlencode(fields)]
    changed: list[str] = []
    for place in places:
        query = ours[place % 2]
        at = place % len(query)
        other = query[:at] + chr(ord(query[at]) ^ 1) + query[at + 1 :]
        if dict(parse_qsl(other)) != dict(parse_qsl(query)):
            changed.append(other)
    answers = peer([{"verify": query} for query in [*ours, *changed]])
    assert [one["isVerified"] for one in answers] == [True, True] + [False] * len(changed)
    assert answers[1]["isSuccess"] and answers[1]["vnp_Amount"] == amount
