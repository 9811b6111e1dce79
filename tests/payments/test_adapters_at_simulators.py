"""Every adapter against the simulators over HTTP, which were written from the same protocols by somebody else.

Begin, pay, be told, ask, give back, ask again, the file of the day, the voucher; then what goes wrong outside.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from payments import codes, statements
from payments.institutions import adapter_of
from payments.institutions.base import (
    Adapter,
    Ask,
    BadMessage,
    BadSignature,
    Connection,
    Incoming,
    Outcome,
    RefundAsk,
    RefundOutcome,
    Report,
    Verdict,
)
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from tests.payments.institution import Request, Scripted, scripted
from tests.simulators.payment_clients import press, returned
from tests.simulators.running import TOKENS, Simulators, start_simulators

SEED = TOKENS["DEMO_PAYMENT_SECRET"]
CODES = {"vnpay": "TG.vnpay", "momo": "TG.momo", "bank_jws": "970418", "vietqr": "970436"}
SERVICES = {"vnpay": "vnpay", "momo": "momo", "bank_jws": "bank"}
WITH_PAGE = ["vnpay", "momo", "bank_jws"]


@pytest.fixture(scope="module")
def site_and_outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Scripted, Simulators]]:
    with scripted() as site, start_simulators(tmp_path_factory.mktemp("institutions"), env={"SITE_URL": site.url}) as running:
        yield site, running


@pytest.fixture
def site(site_and_outside: tuple[Scripted, Simulators]) -> Scripted:
    """The portal's notify addresses."""
    found = site_and_outside[0]
    found.seen.clear()
    found.answer = lambda _: (204, "", b"")
    return found


@pytest.fixture
def outside(site_and_outside: tuple[Scripted, Simulators], site: Scripted, settings: Any) -> Iterator[Simulators]:
    settings.OUTSIDE_TIMEOUT_SECONDS = 10.0
    running = site_and_outside[1]
    running.reset()
    yield running
    running.reset()


def connection(outside: Simulators, name: str) -> Connection:
    code, pki = CODES[name], outside.var / "demo" / "payments"
    base = f"{outside.url}/payments"
    values: dict[str, Any] = {
        "vnpay": {
            "merchant": "DVCQG001",
            "page": f"{base}/vnpay/paymentv2/vpcpay.html",
            "endpoint": f"{base}/vnpay/merchant_webapi/api/transaction",
        },
        "momo": {"access": hashlib.sha256(f"{SEED}:access:{code}".encode()).hexdigest()[:16], "endpoint": f"{base}/momo/v2/gateway/api"},
        "bank_jws": {
            "endpoint": f"{base}/bank/970418/v1",
            "certificate": (pki / "970418.pem").read_text(),
            "private_key": (pki / "portal.key.pem").read_text() + (pki / "portal.pem").read_text(),
        },
        "vietqr": {"account_bank": code, **collecting_account()},
    }[name]
    secret = hashlib.sha256(f"{SEED}:{code}".encode()).hexdigest()
    return Connection(**({"code": code, "merchant": "DVCQG", "secret": secret, "files": f"{base}/files/{code}"} | values))


def collecting_account() -> dict[str, str]:
    population = json.loads((Path(__file__).resolve().parents[2] / "portal" / "demo" / "population.json").read_text())
    found = next(one for one in population["collecting_accounts"] if one["institution"] == CODES["vietqr"])
    return {"account_number": found["number"], "account_holder": found["holder"]}


def new_ask(site: Scripted, name: str, amount: int = 58_000) -> Ask:
    now = datetime.now(UTC)
    return Ask(
        reference=codes.reference_of(codes.new_code(), 1),
        amount=amount,
        words="Lệ phí hồ sơ H01.01-261129-0001",
        created_at=now,
        expires_at=now + timedelta(minutes=15),
        return_url=f"{site.url}/thanh-toan/ve/{CODES[name]}/",
        notify_url=f"{site.url}/vao/thanh-toan/{CODES[name]}/",
    )


def refund_of(asked: Ask, report: Report, amount: int, number: int = 1) -> RefundAsk:
    return RefundAsk(
        key=f"HT{asked.reference}{number:02d}",
        reference=asked.reference,
        institution_ref=report.institution_ref,
        amount=amount,
        paid_amount=asked.amount,
        words="Hoàn tiền nộp thừa",
        begun_at=asked.created_at,
        now=datetime.now(UTC),
    )


def told(site: Scripted, count: int = 1) -> list[Incoming]:
    """What the institution reported, once it is so much."""
    until = time.monotonic() + 15
    while len(site.seen) < count and time.monotonic() < until:
        time.sleep(0.05)
    assert len(site.seen) >= count
    return [incoming(one) for one in site.seen]


def incoming(asked: Request) -> Incoming:
    return Incoming("POST" if asked.body else "GET", urlsplit(asked.path).query, asked.body, asked.headers.get("Content-Type", ""))


def confirming(adapter: Adapter, here: Connection, site: Scripted, verdict: Verdict = Verdict.CONFIRMED) -> None:
    reply = adapter.answer(here, verdict, None)
    site.answer = lambda _: (reply.status, reply.content_type, reply.body)


def pay(adapter: Adapter, here: Connection, asked: Ask, choice: str = "paid") -> dict[str, str]:
    """As the payer does: open the page, press the button; what their browser brings home."""
    return returned(press(requests.get(adapter.begin(here, asked).url, timeout=10), choice))


@pytest.mark.requirement("P-02")
@pytest.mark.parametrize("name", WITH_PAGE)
def test_from_the_page_to_the_voucher(outside: Simulators, site: Scripted, tmp_path: Path, name: str) -> None:
    adapter, here, asked = adapter_of(name), connection(outside, name), new_ask(site, name)
    confirming(adapter, here, site)
    assert adapter.query(here, asked, now=asked.created_at).outcome is Outcome.ABSENT
    start = adapter.begin(here, asked)
    page = requests.get(start.url, timeout=10)
    assert adapter.query(here, asked, now=asked.created_at).outcome is Outcome.PENDING
    home = returned(press(page, "paid"))
    assert adapter.read_return(here, home) == asked.reference
    forged = {key: value[:-2] + ("00" if value[-2:] != "00" else "11") if len(value) > 60 else value for key, value in home.items()}
    assert adapter.read_return(here, forged) == ""

    [news] = told(site)
    report = adapter.read_callback(here, news)
    assert (report.reference, report.outcome, report.amount) == (asked.reference, Outcome.PAID, 58_000) and report.institution_ref
    assert report.paid_at is not None and abs(report.paid_at - datetime.now(UTC)) < timedelta(minutes=1)
    again = adapter.query(here, asked, now=datetime.now(UTC))
    assert (again.outcome, again.amount, again.institution_ref) == (Outcome.PAID, 58_000, report.institution_ref)

    part = refund_of(asked, report, 20_000)
    assert adapter.query_refund(here, part).outcome is RefundOutcome.ABSENT
    done = adapter.refund(here, part)
    assert done.outcome is RefundOutcome.DONE and done.institution_ref not in ("", report.institution_ref)
    assert adapter.query_refund(here, part).outcome is RefundOutcome.DONE
    # The same request again gives nothing twice.
    assert adapter.refund(here, part).outcome in (RefundOutcome.DONE, RefundOutcome.UNDER_WAY)
    assert adapter.refund(here, refund_of(asked, report, 50_000, 2)).outcome is RefundOutcome.REFUSED

    day = report.paid_at.astimezone(statements.VIETNAM).date()
    outside.payments("/close", institution=here.code, day=day.isoformat())
    file = tmp_path / "day.csv"
    assert adapter.fetch_statement(here, day, file) and not adapter.fetch_statement(here, day + timedelta(days=5), tmp_path / "none")
    problems = statements.Problems()
    with file.open("rb") as source:
        lines = list(statements.read_statement(source, adapter.statement_format, day=day, account="", problems=problems))
    mine = [line for line in lines if line.reference == asked.reference]
    assert problems.count == 0
    assert [(line.state, line.amount, line.institution_ref) for line in mine] == [
        (statements.PAID, 58_000, report.institution_ref),
        (statements.REFUNDED, 20_000, done.institution_ref),
    ]
    voucher = adapter.fetch_voucher(here, asked.reference)
    assert voucher is not None and voucher[0].startswith(b"%PDF-") and asked.reference.encode() in voucher[1]
    assert adapter.fetch_voucher(here, codes.reference_of(codes.new_code(), 1)) is None


@pytest.mark.parametrize("name", WITH_PAGE)
def test_a_full_refund_whose_answer_was_lost(outside: Simulators, site: Scripted, name: str) -> None:
    adapter, here, asked = adapter_of(name), connection(outside, name), new_ask(site, name)
    confirming(adapter, here, site)
    pay(adapter, here, asked)
    report = adapter.read_callback(here, told(site)[0])
    whole = refund_of(asked, report, asked.amount)
    outside.payments(institution=here.code, place="refund", mode="lost", times=1)
    with pytest.raises(OutsideUnavailable, match="server_error"):
        adapter.refund(here, whole)
    assert adapter.query_refund(here, whole).outcome is RefundOutcome.DONE
    for mode, outcome in (("refused", RefundOutcome.REFUSED), ("under_way", RefundOutcome.UNDER_WAY)):
        other = new_ask(site, name)
        pay(adapter, here, other)
        number = adapter.query(here, other, now=datetime.now(UTC))
        outside.payments(institution=here.code, place="refund", mode=mode, times=1)
        assert adapter.refund(here, refund_of(other, number, other.amount)).outcome is outcome
        assert adapter.query_refund(here, refund_of(other, number, other.amount)).outcome is outcome


@pytest.mark.parametrize("name", WITH_PAGE)
def test_payers_who_do_not_pay(outside: Simulators, site: Scripted, name: str) -> None:
    adapter, here = adapter_of(name), connection(outside, name)
    confirming(adapter, here, site)
    for number, choice in enumerate(("cancel", "poor"), 1):
        asked = new_ask(site, name)
        assert adapter.read_return(here, pay(adapter, here, asked, choice)) == asked.reference
        report = adapter.read_callback(here, told(site, number)[-1])
        assert (report.reference, report.outcome, report.amount) == (asked.reference, Outcome.FAILED, 58_000) and report.code
        assert adapter.query(here, asked, now=datetime.now(UTC)).outcome is Outcome.FAILED


@pytest.mark.parametrize("name", WITH_PAGE)
def test_what_goes_wrong_outside(outside: Simulators, site: Scripted, settings: Any, name: str) -> None:
    adapter, here, asked = adapter_of(name), connection(outside, name), new_ask(site, name)
    confirming(adapter, here, site)
    pay(adapter, here, asked)
    told(site)

    def query() -> Report:
        return adapter.query(here, asked, now=datetime.now(UTC))

    for mode, code in (("html", "wrong_answer"), ("error", "server_error"), ("hang", "timeout")):
        settings.OUTSIDE_TIMEOUT_SECONDS = 1.0 if mode == "hang" else 10.0
        outside.payments(institution=here.code, place="query", mode=mode, seconds=2, times=1)
        with pytest.raises(OutsideUnavailable) as caught:
            query()
        assert caught.value.code == code
    settings.OUTSIDE_TIMEOUT_SECONDS = 10.0
    for mode, outcome in (("pending", Outcome.PENDING), ("absent", Outcome.ABSENT)):
        outside.payments(institution=here.code, place="query", mode=mode, times=1)
        assert query().outcome is outcome
    # A wrong signature (MoMo signs no answers: another order in it), and a service that is down.
    outside.faults(SERVICES[name], "wrong", times=1)
    with pytest.raises(OutsideUnavailable, match="wrong_answer"):
        query()
    outside.faults(SERVICES[name], "down", times=1)
    with pytest.raises(OutsideUnavailable, match="server_error"):
        query()
    assert query().outcome is Outcome.PAID
    with pytest.raises(OutsideRefused):
        adapter.query(Connection(**(vars(here) | {"merchant": "NOBODY01"})), asked, now=datetime.now(UTC))


@pytest.mark.parametrize("name", WITH_PAGE)
def test_false_news(outside: Simulators, site: Scripted, name: str) -> None:
    adapter, here = adapter_of(name), connection(outside, name)
    confirming(adapter, here, site)
    for number, mode in enumerate(("wrong_signature", "wrong_amount"), 1):
        asked = new_ask(site, name)
        outside.payments(institution=here.code, place="callback", mode=mode, times=1)
        pay(adapter, here, asked)
        news = told(site, number)[-1]
        if mode == "wrong_signature":
            with pytest.raises(BadSignature):
                adapter.read_callback(here, news)
        else:
            assert adapter.read_callback(here, news).amount == 59_000
    good = new_ask(site, name)
    pay(adapter, here, good)
    news = told(site, 3)[-1]
    assert adapter.read_callback(here, news).outcome is Outcome.PAID
    stranger = Connection(**(vars(here) | {"secret": "another", "certificate": here.own_certificate}))
    with pytest.raises((BadMessage, OutsideUnavailable)):
        adapter.read_callback(stranger, news)


@pytest.mark.parametrize("name", WITH_PAGE)
def test_an_answer_that_is_no_yes_is_told_again(outside: Simulators, site: Scripted, name: str) -> None:
    adapter, here, asked = adapter_of(name), connection(outside, name), new_ask(site, name)
    confirming(adapter, here, site, Verdict.ERROR)
    pay(adapter, here, asked)
    told(site)
    confirming(adapter, here, site, Verdict.ALREADY)
    reports = [adapter.read_callback(here, one) for one in told(site, 2)]
    assert {one.reference for one in reports} == {asked.reference}


@pytest.mark.requirement("P-02")
def test_a_transfer_is_seen_on_the_statement(outside: Simulators, site: Scripted, tmp_path: Path) -> None:
    adapter, here, asked = adapter_of("vietqr"), connection(outside, "vietqr"), new_ask(site, "vietqr", 120_000)
    start = adapter.begin(here, asked)
    form = requests.get(f"{outside.url}/payments/transfer/", params={"qr": start.qr}, timeout=10)
    assert form.status_code == 200 and asked.reference in form.text and "120000" in form.text.replace(".", "")
    for amount, content in ((120_000, asked.reference), (50_000, f"nop phi {asked.reference.lower()}"), (70_000, "khong ro")):
        sent = {"qr": "", "bank": here.code, "account": here.account_number, "amount": str(amount), "content": content}
        assert requests.post(f"{outside.url}/payments/transfer/", data=sent, timeout=10, allow_redirects=False).status_code == 303
    day = datetime.now(UTC).astimezone(statements.VIETNAM).date()
    file = tmp_path / "day.xml"
    assert adapter.fetch_statement(here, day, file)
    problems = statements.Problems()
    with file.open("rb") as source:
        lines = list(statements.read_statement(source, "camt.053", day=day, account=here.account_number, problems=problems))
    assert problems.count == 0 and [(line.amount, line.reference) for line in lines] == [
        (120_000, asked.reference),
        (50_000, asked.reference),
        (70_000, ""),
    ]
    assert len({line.institution_ref for line in lines}) == 3
    with file.open("rb") as source, pytest.raises(statements.StatementBroken, match="tài khoản khác"):
        next(statements.read_camt(source, day=day, account="0", problems=problems))


@contextmanager
def planted(outside: Simulators, name: str, day: str, kind: str, **more: Any) -> Iterator[None]:
    outside.payments("/plant", institution=CODES[name], day=day, kind=kind, **more)
    yield


@pytest.mark.parametrize(("kind", "words"), [("truncated", "thiếu dòng tổng"), ("trailer", "Dòng tổng ghi 4 giao dịch nhưng tệp có 3")])
def test_a_broken_file_of_the_day(outside: Simulators, tmp_path: Path, kind: str, words: str) -> None:
    adapter, here = adapter_of("vnpay"), connection(outside, "vnpay")
    day = datetime.now(UTC).astimezone(statements.VIETNAM).date() - timedelta(days=1)
    at = datetime.combine(day, datetime.min.time(), statements.VIETNAM) + timedelta(hours=9)
    history = [{"reference": codes.reference_of(codes.new_code(), 1), "amount": 10_000, "paid_at": at.isoformat()} for _ in range(3)]
    outside.payments("/movements", institution=here.code, movements=history)
    file = tmp_path / "day.csv"
    assert adapter.fetch_statement(here, day, file)
    with file.open("rb") as source:
        assert len(list(statements.read_csv(source, day=day, problems=statements.Problems()))) == 3
    with planted(outside, "vnpay", day.isoformat(), "broken", break_=kind):
        assert adapter.fetch_statement(here, day, file)
    with file.open("rb") as source, pytest.raises(statements.StatementBroken, match=words):
        next(statements.read_csv(source, day=day, problems=statements.Problems()))
    with pytest.raises(OutsideRefused, match="http_401"):
        adapter.fetch_statement(Connection(**(vars(here) | {"secret": "another"})), day, tmp_path / "none")


@pytest.mark.parametrize("kind", ["state", "late", "other_day", "extra", "duplicate", "missing"])
def test_differences_between_files_are_lines_and_no_problems(outside: Simulators, tmp_path: Path, kind: str) -> None:
    adapter, here = adapter_of("vnpay"), connection(outside, "vnpay")
    day = datetime.now(UTC).astimezone(statements.VIETNAM).date() - timedelta(days=2)
    at = datetime.combine(day, datetime.min.time(), statements.VIETNAM) + timedelta(hours=9)
    history = [
        {"reference": codes.reference_of(codes.new_code(), 1), "amount": 10_000, "paid_at": (at + timedelta(days=late)).isoformat()}
        for late in (0, 0, 1)
    ]
    outside.payments("/movements", institution=here.code, movements=history)
    hit = history[0]["reference"]
    found: list[list[statements.StatementLine]] = []
    with planted(outside, "vnpay", day.isoformat(), kind, reference="" if kind == "extra" else hit):
        for which in (day, day + timedelta(days=1)):
            assert adapter.fetch_statement(here, which, tmp_path / "day.csv")
            problems = statements.Problems()
            with (tmp_path / "day.csv").open("rb") as source:
                found.append(list(statements.read_csv(source, day=which, problems=problems)))
            assert problems.count == 0
    mine = [[line for line in lines if line.reference == hit] for lines in found]
    if kind == "state":
        assert mine[0][0].state == statements.REFUNDED
    elif kind == "other_day":
        assert mine[0][0].at == (at - timedelta(days=1)).astimezone(UTC)
    assert [len(lines) for lines in mine] == {"late": [0, 1], "missing": [0, 0], "duplicate": [2, 0]}.get(kind, [1, 0])
    assert len(found[0]) == {"extra": 3, "duplicate": 3, "late": 1, "missing": 1}.get(kind, 2)
