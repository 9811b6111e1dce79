"""Reconciliation on the desk over HTTP: each sees their own, uploads, runs, cases closed with corrections, minutes, months, the ledger."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import Position
from payments import reports, services
from payments.models import Account, Case, ClosedMonth, Collection, DayRevenue, Entry, Minutes, Order, Refund, Run, Settlement, Statement
from payments.services import called, casework, reconciling, refunding, statements_import
from payments.services.ledger import balance
from payments.services.minutes import content_of, why_not_closed
from payments.statements import REFUNDED
from portal.access import SYSTEM
from portal.audit.models import Act
from portal.documents.models import Document
from portal.outbox.models import Message
from portal.outbox.services import deliver_due
from tests.factories import make_institution, make_order, sign_in
from tests.payments.support import (
    TREASURY,
    UNIT,
    accountant,
    camt_of,
    csv_of,
    day_before,
    desk_of,
    line_of,
    make_payment,
    operator,
    run_day,
    take,
    vpcp,
)

pytestmark = pytest.mark.django_db
DESK = "/quan-tri/payments/"


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def found(institution: Any, day: Any, *lines: Any) -> Case:
    """The one case of a file with these lines."""
    take(csv_of(lines), day, institution=institution)
    run_day(institution, day)
    return Case.objects.get()


def close(client: Client, case: Case, remedy: str, **values: Any) -> Any:
    data = {"seen": case.version, "cause": "amount_wrong", "words": "Đã đối chiếu với ngân hàng.", "remedy": remedy, **values}
    return client.post(f"{DESK}case/{case.pk}/close/", data)


def sums() -> dict[str, int]:
    return {account.type: balance(account) for account in Account.objects.filter(is_test=False)}


@pytest.mark.requirement("P-06", "P-10")
def test_each_sees_their_own_at_every_address(demo_data: None) -> None:
    institution, day = make_institution(), day_before()
    paid = make_payment(institution, day)
    case = found(institution, day, line_of(paid, amount=1_000))
    run, statement = Run.objects.get(), Statement.objects.get()
    settlement = Settlement.objects.get()
    own = [accountant()[0], operator()[0], vpcp()[0]]
    others = [desk_of("H26.102", "accounting")[0], operator("970418")[0]]
    pages = {"case": case.pk, "run": run.pk, "settlement": settlement.pk}
    for name, pk in pages.items():
        for client in own:
            assert client.get(f"{DESK}{name}/{pk}/change/").status_code == 200, name
            assert str(pk) in text(client.get(f"{DESK}{name}/"))
        for client in others:
            assert client.get(f"{DESK}{name}/{pk}/change/").status_code == 404, name
            assert f"{name}/{pk}/change/" not in text(client.get(f"{DESK}{name}/"))
    assert own[1].get(f"{DESK}statement/{statement.pk}/change/").status_code == 200
    assert b"".join(own[1].get(f"{DESK}statement/{statement.pk}/file/").streaming_content).startswith(b"stt,")
    for client in (own[0], *others):
        assert client.get(f"{DESK}statement/{statement.pk}/change/").status_code == 404
        assert client.get(f"{DESK}statement/{statement.pk}/file/").status_code == 404
    for client in others:
        for act in ("assign", "close"):
            assert client.post(f"{DESK}case/{case.pk}/{act}/", {"seen": case.version}).status_code == 404
        for kind in ("table.xlsx", "minutes/"):
            assert client.get(f"{DESK}run/{run.pk}/{kind}").status_code in (403, 404)
    clerk = desk_of(UNIT, "reception")[0]
    for name in ("case", "run", "statement", "settlement", "account", "posting", "minutes", "dayrevenue", "closedmonth", "penaltyrate"):
        assert clerk.get(f"{DESK}{name}/").status_code == 403, name
        for client in own:
            # Rates are agencies' own business.
            wanted = (200, 302) if (name, client) not in [("penaltyrate", own[1]), ("closedmonth", own[1])] else (403,)
            assert client.get(f"{DESK}{name}/").status_code in wanted, name


@pytest.mark.requirement("P-06")
def test_a_file_is_uploaded_and_a_day_run_from_the_desk(demo_data: None) -> None:
    institution, day = make_institution(), day_before()
    paid = make_payment(institution, day)
    client, _ = operator()
    assert client.get(f"{DESK}statement/add/").status_code == 200
    upload = SimpleUploadedFile("x.csv", csv_of([line_of(paid)]))
    data = {"side": "institution", "institution": "TG.vnpay", "day": f"{day:%d/%m/%Y}", "file": upload}
    assert client.post(f"{DESK}statement/add/", data).status_code == 302
    statement = Statement.objects.get()
    assert statement.source == "uploaded" and statement.label
    assert statements_import.load_statement(statement_id=statement.pk, now=timezone.now())
    missing = client.post(f"{DESK}statement/add/", {"side": "institution", "institution": "", "day": "31/02/2026"})
    assert missing.status_code == 422 and "Bạn hãy chọn tệp" in text(missing) and "Ngày không đúng" in text(missing)
    other = client.post(f"{DESK}statement/add/", {**data, "institution": "970418", "file": SimpleUploadedFile("x.csv", b"a")})
    assert other.status_code == 422, "another institution's file is not theirs to give"
    book, _ = accountant()
    agency = SimpleUploadedFile("a.csv", csv_of([line_of(paid)]))
    assert book.post(f"{DESK}statement/add/", {"side": "agency", "day": f"{day:%d/%m/%Y}", "file": agency}).status_code == 302
    assert Statement.objects.get(side="agency").unit_code == UNIT
    bank = SimpleUploadedFile("a.xml", camt_of(TREASURY, day, []))
    data = {"side": "beneficiary", "account": f"{UNIT}|{TREASURY}", "day": f"{day:%d/%m/%Y}", "file": bank}
    assert book.post(f"{DESK}statement/add/", data).status_code == 302
    assert Statement.objects.get(side="beneficiary").format == "camt.053"
    assert book.post(f"{DESK}statement/add/", {**data, "account": "H26.102|0000.0.0000102"}).status_code == 422

    assert client.post(f"{DESK}run/add/", {"institution": "TG.vnpay", "day": f"{timezone.localdate():%d/%m/%Y}"}).status_code == 422
    assert client.post(f"{DESK}run/add/", {"institution": "970418", "day": f"{day:%d/%m/%Y}"}).status_code == 422
    assert client.post(f"{DESK}run/add/", {"institution": "TG.vnpay", "day": f"{day:%d/%m/%Y}"}).status_code == 302
    run = Run.objects.get()
    for one in Statement.objects.filter(state="loading"):
        statements_import.load_statement(statement_id=one.pk, now=timezone.now())
    while not reconciling.continue_run(run_id=run.pk, now=timezone.now()):
        pass
    page = text(book.get(f"{DESK}run/{run.pk}/change/"))
    assert page.count("Khớp") >= 3 and "không có số liệu của cơ quan" not in page
    table = load_workbook(io.BytesIO(book.get(f"{DESK}run/{run.pk}/table.xlsx").content)).active
    assert table is not None and [cell.value for cell in table[2]][:5] == ["Tổng hợp", UNIT, "LGD.01", "1", "24000"]
    assert {"payments.take_statement", "payments.reconcile"} <= set(Act.objects.values_list("act", flat=True))


@pytest.mark.requirement("P-06", "P-12")
def test_money_that_an_institution_took_more_or_less_is_corrected_by_an_entry(demo_data: None) -> None:
    institution, day = make_institution(), day_before()
    paid, other = make_payment(institution, day), make_payment(institution, day)
    take(csv_of([line_of(paid, amount=25_000), line_of(other, amount=20_000)]), day, institution=institution)
    run_day(institution, day)
    client, _ = accountant()
    more, less = Case.objects.get(theirs=25_000), Case.objects.get(theirs=20_000)
    page = client.get(f"{DESK}case/{more.pk}/close/")
    assert page.status_code == 200 and "Ghi theo số tiền của bên kia" in text(page)
    without = close(client, more, "adjust", cause="", words="")
    assert without.status_code == 422 and "Bạn hãy chọn nguyên nhân" in text(without)
    assert close(client, more, "write_off").status_code == 422, "not a remedy of this type"
    before = list(Entry.objects.order_by("at").values())
    assert close(client, more, "adjust").status_code == 302
    assert close(client, less, "adjust").status_code == 302
    assert sums() == {"institution": 45_000, "payers": -1_000, "revenue": -44_000}
    assert list(Entry.objects.filter(pk__in=[one["id"] for one in before]).order_by("at").values()) == before
    more.refresh_from_db()
    assert (more.state, more.cause, more.owner_label != "") == (Case.CLOSED, "amount_wrong", True)
    assert list(more.events.values_list("name", flat=True)) == ["open", "close"]
    late = close(client, more, "adjust")
    assert late.status_code == 409 and "người khác cập nhật" in text(late)
    assert "Bút toán điều chỉnh" in text(client.get(f"{DESK}case/{more.pk}/change/"))
    # What was taken beside it goes back, and collection, ledger and refund say the same.
    part = Collection.objects.get(corrects=paid)
    refund = Refund.objects.get(collection=part)
    assert (part.purpose, part.amount, part.owed_back, part.refunding) == ("more", 1_000, 1_000, 1_000)
    assert (refund.amount, refund.by, refund.state, refund.order_id) == (1_000, "institution", Refund.DECIDED, paid.order_id)
    asked = refunding._ask_of(refund, timezone.now())
    assert (asked.institution_ref, asked.amount, asked.paid_amount) == (paid.institution_ref, 1_000, 25_000)
    # What was never taken is not given back.
    left = Collection.objects.get(pk=other.pk)
    assert left.refunding == 4_000
    again = run_day(institution, day)
    assert again.totals["ours"] == [2, 49_000] and again.totals["theirs"] == [2, 45_000] and again.totals["matched"] == 1
    assert Case.objects.exclude(state=Case.CLOSED).count() == 0 and services.recompute() == []


def test_an_old_page_is_told_so_and_cases_are_taken_on(demo_data: None) -> None:
    institution, day = make_institution(), day_before()
    case = found(institution, day, line_of(make_payment(institution, day), amount=1_000))
    one, _ = accountant()
    two, _ = operator()
    assert one.post(f"{DESK}case/{case.pk}/assign/", {"seen": case.version}).status_code == 302
    late = two.post(f"{DESK}case/{case.pk}/assign/", {"seen": case.version})
    assert late.status_code == 409 and "người khác cập nhật" in text(late)
    case.refresh_from_db()
    assert two.post(f"{DESK}case/{case.pk}/assign/", {"seen": case.version}).status_code == 302
    assert "Tôi đang xử lý" in text(two.get(f"{DESK}case/?viec=cua-toi")) and f">{case.pk}<" in text(two.get(f"{DESK}case/?viec=cua-toi"))
    case.refresh_from_db()
    # An operator takes no revenue from an agency.
    assert close(two, case, "adjust").status_code == 422
    assert close(two, case, "none").status_code == 302
    assert Act.objects.filter(act="payments.case_close").count() == 1


@pytest.mark.requirement("P-06")
def test_what_is_past_its_time_is_told_to_vpcp(demo_data: None) -> None:
    institution, day = make_institution(), day_before()
    case = found(institution, day, line_of(make_payment(institution, day), amount=1_000))
    client, _ = vpcp()
    assert client.post(f"{DESK}case/{case.pk}/assign/", {"seen": case.version}).status_code == 403, "VPCP looks on while it has time"
    assert casework.escalate_cases(now=timezone.now()) == 0
    assert casework.escalate_cases(now=case.due_at + timedelta(minutes=1)) == 1
    assert casework.escalate_cases(now=case.due_at + timedelta(minutes=1)) == 0
    case.refresh_from_db()
    assert case.state == Case.ESCALATED
    assert "Chênh lệch đã báo lên" in text(client.get("/quan-tri/"))
    assert client.post(f"{DESK}case/{case.pk}/assign/", {"seen": case.version}).status_code == 302


@pytest.mark.requirement("P-06", "P-10")
def test_names_and_times_stand_where_only_programs_read_codes(demo_data: None) -> None:
    institution, day = make_institution(short_name="VNPAY"), day_before()
    paid = make_payment(institution, day)
    case = found(institution, day, line_of(paid, amount=1_000, kind="thanh-toan"))
    take(
        csv_of([line_of(paid), line_of(paid, institution_ref="s-1", reference="", unit="", kind="thanh-toan")]),
        day,
        institution=institution,
    )
    run = run_day(institution, day)
    agency = "Ủy ban nhân dân phường Hoàn Kiếm"
    client, _ = vpcp()
    shown = text(client.get(f"{DESK}case/{case.pk}/change/"))
    assert "T03:00" not in shown and f"{day:%d/%m/%Y}" in shown and agency in shown
    for address in ("case/?viec=tat-ca", "settlement/", "account/", "posting/", "dayrevenue/"):
        assert agency in text(client.get(f"{DESK}{address}")), address
    shown = text(client.get(f"{DESK}run/{run.pk}/change/"))
    assert agency in shown and "thanh-toan" not in shown and "Không rõ loại" in shown and "LGD.01" not in shown
    for name in ("run", "statement", "settlement", "dayrevenue", "account", "posting", "case"):
        shown = text(client.get(f"{DESK}{name}/"))
        for words in ("Theo institution", "Institution", "Whose", "is test", "Theo do", "các lần"):
            assert words not in shown, (name, words)
    account = Account.objects.get(type="revenue")
    shown = text(client.get(f"{DESK}account/{account.pk}/change/"))
    assert f"Khoản thu của cơ quan, {agency}" in shown
    content = content_of(run, "")
    assert {line["kind"] for line in content["lines"]} == {"Không rõ loại", called.Called().kind("LGD.01")}
    # Who looks at one account's entries comes from the account, not from the menu.
    assert "/quan-tri/payments/posting/" not in text(accountant()[0].get("/quan-tri/"))


@pytest.mark.requirement("P-05", "P-06")
def test_money_of_nobody_is_given_to_the_order_that_it_was_for(demo_data: None) -> None:
    institution, day = make_institution(), day_before()
    order, dear = make_order(), make_order(amount=90_000)
    paid = make_payment(institution, day)
    stranger = line_of(paid, reference="", institution_ref="s-1", amount=30_000)
    case = found(institution, day, line_of(paid), stranger)
    client, _ = accountant()
    for code, words in (("", "nhập mã"), ("DVCXXX", "Không có khoản"), (dear.code, "ít hơn"), (paid.order.code, "không còn chờ tiền")):
        wrong = close(client, case, "allocate", given=code)
        assert wrong.status_code == 422 and words in text(wrong), code
    assert close(client, case, "allocate", given=order.code.lower()).status_code == 302
    order.refresh_from_db()
    assert order.state == Order.PAID
    collection = Collection.objects.get(order=order)
    assert (collection.purpose, collection.owed_back) == ("over", 6_000)
    assert Refund.objects.get().amount == 6_000
    assert sums() == {"institution": 54_000, "payers": -6_000, "revenue": -48_000}
    found_again = reports.compared(SYSTEM, timezone.localdate())
    assert all(one.agrees for one in found_again) and sum(one.booked for one in found_again) == 24_000 + (
        24_000 if timezone.localdate(paid.booked_at) == timezone.localdate() else 0
    )
    assert services.recompute() == []


@pytest.mark.requirement("P-06", "P-07")
def test_no_case_is_closed_by_words_while_money_is_owed_to_a_payer(demo_data: None) -> None:
    institution, day = make_institution(), day_before()
    paid = make_payment(institution, day)
    case = found(institution, day, line_of(paid), line_of(paid, reference="", institution_ref="s-1", amount=80_000))
    client, _ = operator()
    page = text(client.get(f"{DESK}case/{case.pk}/close/"))
    assert "Không điều chỉnh sổ" not in page and "80.000" in page and "Trả lại người nộp" in page and "Bỏ khoản này" not in page
    refused = close(client, case, "none")
    assert refused.status_code == 422
    with pytest.raises(casework.CorrectionRefused, match="còn phải trả lại"):
        casework.close_case(
            actor=SYSTEM, case_id=case.pk, seen_version=1, cause="other", words="x", remedy="none", given="", now=timezone.now()
        )
    # The institution's corrected file no longer has it: nobody took anything.
    take(csv_of([line_of(paid)]), day, institution=institution)
    run_day(institution, day)
    case.refresh_from_db()
    assert close(client, case, "not_there", cause="file_wrong").status_code == 302
    assert sums()["payers"] == 0 and sums()["institution"] == 24_000 and not Refund.objects.exists()
    assert services.recompute() == []


def test_money_of_nobody_goes_back(demo_data: None) -> None:
    institution, day = make_institution(), day_before()
    paid = make_payment(institution, day)
    case = found(institution, day, line_of(paid), line_of(paid, reference="", institution_ref="s-1", amount=30_000))
    client, _ = operator()
    assert close(client, case, "give_back", cause="no_code").status_code == 302
    refund = Refund.objects.get()
    assert (refund.amount, refund.by, refund.reason, refund.state) == (30_000, "institution", "unmatched", Refund.DECIDED)
    run_day(institution, day)
    assert Case.objects.count() == 1


@pytest.mark.requirement("P-12")
def test_the_other_corrections_balance(demo_data: None) -> None:
    institution, day = make_institution(), day_before()
    here, payee, back, twice = (make_payment(institution, day) for _ in range(4))
    lines = [
        line_of(payee, unit="H26.102"),
        line_of(back),
        line_of(back, state=REFUNDED, institution_ref="b-1"),
        line_of(twice),
        line_of(twice),
    ]
    take(csv_of(lines), day, institution=institution)
    run_day(institution, day)
    cases = {case.type: case for case in Case.objects.all()}
    assert set(cases) == {"only_here", "wrong_payee", "state", "duplicate"}
    client, _ = accountant()
    assert close(client, cases["wrong_payee"], "move_payee", given="H99").status_code == 422
    for type_, remedy, given in (
        ("only_here", "write_off", ""),
        ("wrong_payee", "move_payee", "H26.102"),
        ("state", "reversed", ""),
        ("duplicate", "owe_payer", ""),
    ):
        assert close(client, cases[type_], remedy, given=given).status_code == 302, type_
    revenue = {account.unit_code: balance(account) for account in Account.objects.filter(type="revenue")}
    assert revenue == {UNIT: -24_000, "H26.102": -24_000}
    assert sums()["institution"] == 72_000 and sums()["payers"] == -24_000
    assert Refund.objects.get().amount == 24_000, "what was taken twice goes back"
    assert Collection.objects.get(pk=back.pk).refunded == 24_000 and Order.objects.get(pk=back.order_id).refunded == 24_000
    assert Collection.objects.get(pk=here.pk).refunding == 24_000
    assert services.recompute() == []


@pytest.mark.requirement("P-06")
def test_minutes_are_signed_by_a_person_of_each_side(demo_data: None, outside: Any) -> None:

    institution, day = make_institution(), day_before()
    paid = make_payment(institution, day)
    take(csv_of([line_of(paid, amount=25_000)]), day, institution=institution)
    run = run_day(institution, day)
    ours = Position.objects.get(unit_code=UNIT, title__startswith="Kế toán")
    theirs = Position.objects.get(unit_code="TG.vnpay")
    clients = {}
    for position in (ours, theirs):
        clients[position] = Client()
        sign_in(clients[position], position.person, position=position)
    page = clients[ours].get(f"{DESK}run/{run.pk}/minutes/")
    assert page.status_code == 200 and ours.person.full_name in text(page)
    assert clients[theirs].get(f"{DESK}run/{run.pk}/minutes/").status_code == 403
    data = {"agency_signer": str(ours.pk), "institution_signer": str(theirs.pk)}
    for _ in range(2):
        assert clients[ours].post(f"{DESK}run/{run.pk}/minutes/", data).status_code == 302
    minutes = Minutes.objects.get()
    address = f"{DESK}minutes/{minutes.pk}/"

    def work() -> None:
        Message.objects.filter(done_at=None, dead_at=None).update(available_at="2000-01-01T00:00:00Z")
        deliver_due()

    work()
    for position, side in ((ours, "agency"), (theirs, "institution")):
        client = clients[position]
        assert "Ký bản của tôi" in text(client.get(f"{address}change/"))
        assert client.get(f"{address}sign/").status_code == 200
        to_service = client.post(f"{address}sign/")
        assert to_service.status_code == 302
        back = outside.authorise(to_service["Location"])
        assert client.get("/ky-so/tro-ve/", back)["Location"] == f"{address}change/"
        work()
        paper = Document.objects.get(pk=getattr(minutes, f"{side}_document_id"))
        assert paper.is_signed, (paper.state, paper.note)
        assert b"".join(client.get(f"{address}{side}.pdf").streaming_content).startswith(b"%PDF")
    assert "Đã ký" in text(clients[ours].get(f"{DESK}minutes/"))


@pytest.mark.requirement("P-04", "P-06")
def test_a_month_is_closed_when_all_is_done_and_its_exports_stay(demo_data: None) -> None:
    institution = make_institution()
    last_month = timezone.localdate().replace(day=1) - timedelta(days=1)
    month, day = last_month.replace(day=1), last_month.replace(day=6)
    paid = make_payment(institution, day)
    client, _ = accountant()
    early = client.post(f"{DESK}closedmonth/add/", {"month": f"{timezone.localdate():%m/%Y}"})
    assert early.status_code == 422 and "chưa hết" in text(early)
    waiting = client.post(f"{DESK}closedmonth/add/", {"month": f"{month:%m/%Y}"})
    assert waiting.status_code == 422 and "chưa đối soát" in text(waiting)
    case = found(institution, day, line_of(paid, amount=25_000))
    assert "chưa xử lý xong" in text(client.post(f"{DESK}closedmonth/add/", {"month": f"{month:%m/%Y}"}))
    assert close(client, case, "none").status_code == 302
    assert why_not_closed(month, UNIT, today=timezone.localdate()) == []
    assert client.post(f"{DESK}closedmonth/add/", {"month": f"{month:%m/%Y}"}).status_code == 302
    closed = ClosedMonth.objects.get()
    assert closed.totals["amount"] == 24_000 and client.get(f"{DESK}closedmonth/{closed.pk}/change/").status_code == 200
    data = {"first": f"{month:%d/%m/%Y}", "last": f"{last_month:%d/%m/%Y}", "by": "month", "kind": "xlsx"}
    before = client.post(f"{DESK}dayrevenue/export/", data).content
    table = load_workbook(io.BytesIO(before)).active
    assert table is not None
    assert [cell.value for cell in table[2]] == [f"{month:%m/%Y}", "TG.vnpay", UNIT, TREASURY, "0000", "LGD.01", "2771", "1", "24000"]
    # Money that comes to light later, and another run: what is exported of the month stays.
    make_payment(institution, day)
    run_day(institution, day)
    rows = load_workbook(io.BytesIO(client.post(f"{DESK}dayrevenue/export/", data).content)).active
    assert rows is not None and rows.max_row == 2 and [cell.value for cell in rows[2]] == [cell.value for cell in table[2]]
    with pytest.raises(Exception, match="the month is closed"), transaction.atomic():
        DayRevenue.objects.update(amount=1)


@pytest.mark.requirement("P-12")
def test_the_ledger_equals_what_was_collected_to_the_dong(demo_data: None) -> None:
    institution, day = make_institution(), day_before()
    for amount in (10_000, 20_000):
        make_payment(institution, day, amount=amount)
    booked = services.keep_balances(now=timezone.now() + timedelta(days=1))
    assert booked
    call_command("recompute_ledger", stdout=io.StringIO())
    for client, _ in (accountant(), operator(), vpcp()):
        page = text(client.get(f"{DESK}account/"))
        assert "30.000" in page
    client, _ = accountant()
    page = text(client.get(f"{DESK}account/compared/?ngay={day}"))
    assert page.count("30.000") >= 2 and "Khớp" in page and "LỆCH" not in page
    revenue = Account.objects.get(type="revenue")
    page = text(client.get(f"{DESK}account/{revenue.pk}/change/"))
    assert "Theo ngày" in page and "30.000" in page
    entries = client.get(f"{DESK}posting/?account__id__exact={revenue.pk}")
    assert entries.status_code == 200 and "20.000" in text(entries)
    assert client.get(f"{DESK}posting/").status_code == 302
    institution_account = Account.objects.get(type="institution")
    assert client.get(f"{DESK}account/{institution_account.pk}/change/").status_code == 404
    with connection.cursor() as cursor:
        cursor.execute("UPDATE payments_daybalance SET debit = debit + 1 WHERE account_id = %s", [institution_account.pk])
    with pytest.raises(SystemExit) as left:
        call_command("recompute_ledger", stdout=io.StringIO(), stderr=io.StringIO())
    assert left.value.code == 1


@pytest.mark.requirement("P-08")
def test_what_is_late_is_listed_with_its_penalty_and_exported(demo_data: None) -> None:
    institution = make_institution()
    client, _ = accountant()
    assert client.get(f"{DESK}penaltyrate/add/").status_code == 200
    rate = {"effective_from": "01/01/2026", "rate": "30", "basis": "Quy định thử nghiệm"}
    assert client.post(f"{DESK}penaltyrate/add/", rate).status_code == 302
    assert client.post(f"{DESK}penaltyrate/add/", rate).status_code == 422
    day = day_before() - timedelta(days=20)
    make_payment(institution, day, amount=10_000_000)
    run_day(institution, day)
    owed = Settlement.objects.get()
    arrived = owed.due_day + timedelta(days=2)
    credit = (f"TG.vnpay.{day:%Y%m%d}.{UNIT}", "KB-1", 10_000_000)
    take(camt_of(TREASURY, arrived, [credit]), arrived, side="beneficiary", unit_code=UNIT, account=TREASURY, file_format="camt.053")
    page = text(client.get(f"{DESK}settlement/?chuyen=muon"))
    assert "2 ngày" in page and "6.000" in page
    assert "KB-1" in text(client.get(f"{DESK}settlement/{owed.pk}/change/"))
    table = load_workbook(io.BytesIO(client.get(f"{DESK}settlement/late.xlsx").content)).active
    assert table is not None and [cell.value for cell in table[2]][-3:] == ["2", "30", "6000"]
    assert client.get(f"{DESK}settlement/late.exe").status_code == 404


@pytest.mark.parametrize("name", ["case", "settlement", "statement", "run", "account", "posting"])
def test_lists_ask_as_many_questions_however_long(demo_data: None, name: str) -> None:
    institution, day = make_institution(), day_before()
    client, _ = vpcp()

    def ask() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(f"{DESK}{name}/").status_code == 200
        return len(asked)

    paid = [make_payment(institution, day)]
    take(csv_of([line_of(paid[0], amount=1)]), day, institution=institution)
    run_day(institution, day)
    few = ask()
    paid += [make_payment(institution, day, unit=unit) for unit in (UNIT, "H26.102", "H26.201")]
    for amount in (1, 2):
        take(csv_of(line_of(one, amount=amount) for one in paid), day, institution=institution)
        run_day(institution, day)
    assert ask() <= few
