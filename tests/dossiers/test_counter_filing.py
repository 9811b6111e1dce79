"""Dossiers that officers enter for who came or wrote: looked up, filled in, digitised, paid in cash, received (D-05, D-22, D-24, D-27)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.db.models import Sum
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from accounts.models import Person, Position
from dossiers.counter_filing import cash, counts, entering, filling
from dossiers.counter_filing.common import FilingRefused
from dossiers.models import (
    CashReceipt,
    CounterFiling,
    CounterPaper,
    DigitisingRate,
    Dossier,
    Handover,
    NationalDossier,
    PostTariff,
    Standing,
    State,
    StorePaper,
)
from dossiers.services.supplements import stop
from dossiers.store import landing
from payments import services as payments
from payments.models import Order, Posting
from portal.documents.models import Document
from portal.documents.rendering import document_html
from portal.documents.services import open_pdf, verify
from portal.files.models import FileState, StoredFile
from portal.outbox.models import Message
from procedures.queries import main_services
from procedures.services import serving
from tests.dossiers.support import ANSWERS, CODE, PAPER, decide, leader, mother, png, sign_by_hand
from tests.dossiers.test_bulk_acts import worked
from tests.factories import make_officer_actor, make_position, officer_actor, sign_in
from tests.support.processes import eventually

pytestmark = pytest.mark.usefixtures("demo_data")
DESK = "/quan-tri/dossiers/counterfiling/"
CASH = "/quan-tri/dossiers/cashreceipt/"
SIGNING = ("documents.render", "documents.sign")


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def counter(roles: tuple[str, ...] = ("reception",), unit: str = "H26.101", credential: str = "") -> tuple[Client, Any]:
    position = make_position(unit=unit, roles=roles, credential_id=credential)
    client = Client()
    sign_in(client, position.person, position=position)
    return client, position


def begun(desk: Client, *, code: str = CODE, channel: str = "1", **said: str) -> CounterFiling:
    number = said.pop("id_number", mother().id_number)
    made = desk.post(DESK + "add/", {"channel": channel, "id_number": number, "procedure_code": code, **said})
    assert made.status_code == 302, text(made)
    return CounterFiling.objects.get(pk=made["Location"].split("/")[-3])


def act(desk: Client, filing: CounterFiling, where: str, **said: Any) -> Any:
    filing.refresh_from_db()
    return desk.post(f"{DESK}{filing.pk}/{where}", {"seen": filing.version, **said})


def filled(desk: Client, filing: CounterFiling, **more: Any) -> CounterFiling:
    born = timezone.localdate() - timedelta(days=3)
    answers = {**ANSWERS, "child_birth_date": f"{born:%d/%m/%Y}", **more}
    assert act(desk, filing, "save/", act="luu", **answers).status_code == 302
    filing.refresh_from_db()
    return filing


def scanned(desk: Client, filing: CounterFiling, kind: str = PAPER, **said: Any) -> CounterPaper:
    upload = SimpleUploadedFile("giay.png", png(), content_type="image/png")
    answer = act(desk, filing, f"scan/{kind}/", file=upload, pages=2, number="12/GCS", issuer="Bệnh viện Thử Nghiệm", **said)
    assert answer.status_code == 302, text(answer)
    return filing.papers.get(kind=kind)


def entered(desk: Client, filing: CounterFiling) -> Dossier:
    answer = act(desk, filing, "enter/")
    assert answer.status_code == 302, text(answer)
    return Dossier.objects.get(pk=filing.pk)


def said_of(page: str) -> list[tuple[str, str]]:
    """What stands on the page, name by name; of a warning its first half."""
    return [(name, value.partition(":")[0]) for name, value in re.findall(r'<th scope="row">([^<]+)</th><td>([^<]*)</td>', page)]


def confirm_all(desk: Client, filing: CounterFiling) -> None:
    page = text(desk.get(f"{DESK}{filing.pk}/change/?kiem=1"))
    tokens = re.findall(r'name="confirm" value="([^"]+)"', page)
    act(desk, filing, "save/", act="luu", confirm=tokens)


@pytest.mark.requirement("D-22", "D-24", "D-05", "D-07")
def test_a_birth_entered_for_who_came_is_received_with_its_slip_and_lands_signed_in_the_store(outside: Any) -> None:
    # The demo officer, whose key the simulated signing service holds.
    desk, position = Client(), Position.objects.get(person__full_name="Phạm Thị Minh Họa")
    sign_in(desk, position.person, position=position)
    filing = begun(desk)
    page = text(desk.get(f"{DESK}{filing.pk}/change/"))
    # Who it is was compared before anything is asked for.
    for matches, words in ((None, "Đang đối chiếu với"), (False, "KHÔNG khớp"), (True, "Khớp")):
        asked = None if matches is None else timezone.now()
        Person.objects.filter(pk=mother().pk).update(registry_matches=matches, registry_checked_at=asked)
        page = text(desk.get(f"{DESK}{filing.pk}/change/"))
        assert {("Định danh", f"{words} Cơ sở dữ liệu quốc gia về dân cư"), ("Tài khoản trên Cổng", "Có")} <= set(said_of(page))
    # What the State knows is not asked: the mother's own name stands there, with who says it.
    assert "Nguyễn Thị Mẫu" in page and "Không phải hỏi lại" in page and "quốc gia về dân cư" in page
    refused = act(desk, filing, "enter/")
    assert refused.status_code == 422 and "Còn thiếu: Giấy chứng sinh" in text(refused)
    filled(desk, filing)
    paper = scanned(desk, filing, issued_on="01/11/2026")
    assert (paper.how, paper.charge, paper.number) == ("must", 0, "12/GCS")
    stay = act(desk, filing, f"stay/{PAPER}/")
    assert stay.status_code == 422 and "phải số hóa" in text(stay)
    confirm_all(desk, filing)
    dossier = entered(desk, filing)
    assert (dossier.state, dossier.channel, dossier.applicant_id, dossier.filed_by_id) == ("4", "1", mother().pk, mother().pk)
    assert dossier.received_at is not None and dossier.officer_id == position.id
    assert dossier.documents.filter(role="receipt").count() == 1
    assert NationalDossier.objects.get(code=dossier.code).channel == "1"
    [month] = counts.by_month("H26.101", date(2026, 1, 1))
    assert (month.counter, month.post, month.digitised) == (1, 0, 1)
    filing.refresh_from_db()
    sheet = filing.sheet
    assert sheet is not None and sheet.by_person and sheet.signer_position_id == position.id
    print_ = document_html(sheet, at=timezone.now())
    assert "12/GCS" in print_ and paper.file is not None and paper.file.sha256 in print_
    shown = text(desk.get(f"{DESK}{filing.pk}/change/"))
    assert "Ký số bảng kê" in shown and dossier.code in shown
    signing = desk.post(f"{DESK}{filing.pk}/sign/")
    desk.get("/ky-so/tro-ve/", outside.authorise(signing["Location"]))
    eventually(lambda: worked(*SIGNING) or Document.objects.get(pk=sheet.pk).state == Document.SIGNED, 60, 0.3)
    sheet.refresh_from_db()
    facts = verify(b"".join(open_pdf(sheet)))
    assert facts.has_good_signature and [one.signer.id_number for one in facts.signatures if one.signer] == [position.person.id_number]
    # Once the dossier has succeeded the scan is worth the paper, and not before: indexed, signed, in the owner's store.
    StoredFile.objects.filter(pk=paper.file_id).update(state=FileState.CLEAN, checked_at=timezone.now())
    landing.land_checked(file_id=paper.file_id, now=timezone.now())
    assert not StorePaper.objects.filter(dossier=dossier).exists()
    officer = officer_actor(position)
    sign_by_hand(decide(dossier, officer, leader(), now=timezone.now()))
    kept = StorePaper.objects.get(dossier=dossier, origin="uploaded")
    assert (kept.number, kept.issuer, kept.issued_on) == ("12/GCS", "Bệnh viện Thử Nghiệm", date(2026, 11, 1))
    assert kept.signature == "signed" and kept.party_id == mother().pk
    # The next time it is not scanned: it is found in the store first.
    again = begun(desk)
    page = text(desk.get(f"{DESK}{again.pk}/change/"))
    assert f"held/{PAPER}/{kept.pk}/" in page
    assert act(desk, again, f"held/{PAPER}/{kept.pk}/").status_code == 302
    taken = again.papers.get()
    assert (taken.from_store_id, taken.how, taken.number) == (kept.pk, "must", "12/GCS")
    assert kept.looks.filter(who="officer").exists()
    # What ends without success is worth nothing more than before.
    scanned(desk, other := filled(desk, begun(desk)))
    confirm_all(desk, other)
    ended, chief = entered(desk, other), leader()
    StoredFile.objects.filter(subject=ended.pk).update(state=FileState.CLEAN, checked_at=timezone.now())
    stop(actor=chief, dossier_id=ended.pk, seen_version=ended.version, reason="Không đủ căn cứ", basis="Điều 17", now=timezone.now())
    for one in ended.papers.all():
        landing.land_checked(file_id=one.file_id, now=timezone.now())
    assert Dossier.objects.get(pk=ended.pk).state == State.STOPPED and not StorePaper.objects.filter(dossier=ended).exists()


@pytest.mark.requirement("D-22", "D-24", "D-14")
def test_who_has_no_account_and_wrote_by_post_is_entered_and_compared() -> None:
    desk, _ = counter()
    new = "001090000777"
    answer = desk.post(DESK + "add/", {"channel": "3", "id_number": new, "procedure_code": CODE})
    assert answer.status_code == 422 and "Cổng chưa biết" in text(answer)
    person = {"full_name": "Lê Văn Chưa Có", "birth_date": "02/03/1990", "sex": "male", "phone": "0912345678", "address": "Số 0 phố Ví Dụ"}
    filing = begun(desk, channel="3", id_number=new, came_number="RB000000014VN", **person)
    known = Person.objects.get(pk=filing.person_id)
    told = said_of(text(desk.get(f"{DESK}{filing.pk}/change/")))
    assert ("Tài khoản trên Cổng", "Chưa có; kết quả trả tại quầy hoặc bưu chính") in told
    assert ("Định danh", "Đang đối chiếu với Cơ sở dữ liệu quốc gia về dân cư") in told
    assert known.user_id is None and Message.objects.filter(kind="accounts.check_registry", payload__person=str(known.pk)).exists()
    mothers = {
        "mother_name": "Nguyễn Thị Mẫu",
        "mother_id_number": "001195000001",
        "mother_birth_date": "14/03/1995",
        "mother_address": "Số 1 phố Thử Nghiệm",
        "mother_ethnicity": "Kinh",
        "mother_nationality": "Việt Nam",
    }
    filled(desk, filing, applicant_role="father", **mothers)
    scanned(desk, filing)
    confirm_all(desk, filing)
    dossier = entered(desk, filing)
    assert dossier.channel == "3" and dossier.owner_name == "Lê Văn Chưa Có"
    [month] = counts.by_month("H26", date(2026, 1, 1))
    assert (month.counter, month.post) == (0, 1)


@pytest.mark.requirement("D-27", "D-05")
def test_digitising_at_ones_wish_is_charged_shown_paid_in_cash_and_never_edited() -> None:
    boss, _ = counter(("administrator",))
    today = timezone.localdate()
    rate = {"amount": "2000", "basis": "Nghị quyết thử nghiệm", "valid_from": f"{today:%d/%m/%Y}"}
    assert boss.post("/quan-tri/dossiers/digitisingrate/add/", rate).status_code == 302
    assert boss.post("/quan-tri/dossiers/digitisingrate/add/", rate).status_code == 409
    assert DigitisingRate.objects.get().amount == 2000
    desk, position = counter()
    filing = filled(
        desk,
        begun(desk),
        applicant_role="authorised",
        requester_relation="Cậu ruột của trẻ",
        **{
            "mother_name": "Trần Thị Mẹ Thử",
            "mother_id_number": "001192000009",
            "mother_birth_date": "14/03/1992",
            "mother_address": "Số 1 phố Thử Nghiệm",
            "mother_ethnicity": "Kinh",
            "mother_nationality": "Việt Nam",
        },
    )
    kind = next(one.paper.kind for one in filling.looked_at(filing, now=timezone.now()).wanted if "ủy quyền" in one.paper.label)
    page = text(desk.get(f"{DESK}{filing.pk}/change/"))
    assert "Số hóa theo yêu cầu, 2000 đồng một trang (Nghị quyết thử nghiệm)" in page
    scanned(desk, filing)
    wished = scanned(desk, filing, kind)
    assert (wished.how, wished.charge) == ("wish", 4000)
    assert "4.000" in text(desk.get(f"{DESK}{filing.pk}/change/"))
    confirm_all(desk, filing)
    dossier = entered(desk, filing)
    # The charge is due first: reception waits for it, it can be paid online, or here in cash.
    assert (dossier.state, dossier.payment) == (State.SUBMITTED, Standing.DUE)
    demand = dossier.demands.get()
    assert demand.amount == 4000
    take = f"{CASH}take/{dossier.pk}/"
    assert "4.000" in text(desk.get(take))
    assert desk.post(take, {"seen": dossier.version, "payer_name": ""}).status_code == 422
    done = desk.post(take, {"seen": dossier.version, "payer_name": "Nguyễn Thị Mẫu"})
    assert done.status_code == 302, text(done)
    receipt = CashReceipt.objects.get()
    year = timezone.localdate().year
    assert (receipt.amount, receipt.number, receipt.number_words) == (4000, 1, f"0000001/{year}")
    dossier.refresh_from_db()
    assert (dossier.state, dossier.payment) == (State.PROCESSING, Standing.PAID)
    order = Order.objects.get(pk=demand.order_id)
    assert order.state == Order.CANCELLED and payments.cash_on_hand("H26.101") == 4000
    assert Posting.objects.filter(account__type="revenue", account__unit_code=order.payee_unit).aggregate(n=Sum("amount"))["n"] == -4000
    # Some of it goes to the agency's account: not more than is there, and no paper twice.
    assert "4.000" in text(desk.get(f"{CASH}hand-in/")) and "hand-in" in desk.get(CASH).content.decode()
    assert desk.post(f"{CASH}hand-in/", {"amount": "4001", "paper": "NT-1"}).status_code == 409
    assert desk.post(f"{CASH}hand-in/", {"amount": "1500", "paper": "NT-1"}).status_code == 302
    assert desk.post(f"{CASH}hand-in/", {"amount": "1500", "paper": "NT-1"}).status_code == 409
    assert payments.cash_on_hand("H26.101") == 2500 and not payments.recompute()
    printed = document_html(receipt.document, at=timezone.now())
    assert "Biên lai thu tiền mặt" in printed and receipt.number_words in printed
    # Never edited, never twice, given back by an entry of its own by somebody else.
    with pytest.raises(DatabaseError), transaction.atomic():
        CashReceipt.objects.filter(pk=receipt.pk).update(amount=1)
    assert desk.post(take, {"seen": dossier.version, "payer_name": "Ai đó"}).status_code == 409
    own, _ = counter(("reception",))
    assert own.post(f"{CASH}{receipt.pk}/reverse/", {"reason": "Thu nhầm"}).status_code == 403
    chief, _ = counter(("signing",))
    assert chief.post(f"{CASH}{receipt.pk}/reverse/", {"reason": ""}).status_code == 422
    assert chief.post(f"{CASH}{receipt.pk}/reverse/", {"reason": "Thu nhầm"}).status_code == 302
    back = CashReceipt.objects.get(reverses=receipt)
    assert (back.amount, back.number) == (-4000, 2)
    # What was handed in is given back out of the till all the same: until the agency brings it, the books say what is owed.
    assert payments.cash_on_hand("H26.101") == -1500 and not payments.recompute()
    dossier.refresh_from_db()
    assert dossier.payment == Standing.REFUNDED
    assert chief.post(f"{CASH}{receipt.pk}/reverse/", {"reason": "Lần nữa"}).status_code == 409
    assert "Đã trả lại" in text(chief.get(f"{CASH}{receipt.pk}/change/"))
    assert position.pk == receipt.position_id


@pytest.mark.requirement("D-22")
def test_nobody_enters_their_own_and_nobody_looks_behind_the_door() -> None:
    desk, position = counter()
    own = {"channel": "1", "id_number": position.person.id_number, "procedure_code": CODE}
    assert desk.post(DESK + "add/", own).status_code == 409
    filing = begun(desk)
    other, _ = counter(unit="H26.102")
    assert other.get(f"{DESK}{filing.pk}/change/").status_code == 404
    handler, _ = counter(("handling",))
    assert handler.get(DESK + "add/").status_code == 403
    for field, said in (("procedure_code", "9.999999"), ("channel", "2"), ("id_number", "123")):
        wrong = {"channel": "1", "id_number": mother().id_number, "procedure_code": CODE, field: said}
        assert desk.post(DESK + "add/", wrong).status_code == 422
    stranger = {"channel": "1", "id_number": mother().id_number, "procedure_code": CODE, "for_number": "001093000002"}
    assert "không có ủy quyền" in text(desk.post(DESK + "add/", stranger))


@pytest.mark.requirement("D-22")
def test_two_officers_at_once_make_one_dossier_and_an_old_page_changes_nothing() -> None:
    desk, position = counter()
    filing = filled(desk, begun(desk))
    old = desk.post(f"{DESK}{filing.pk}/save/", {"seen": filing.version - 1, "act": "luu", "child_name": "Khác"})
    assert old.status_code == 409 and "đã thay đổi" in text(old)
    scanned(desk, filing)
    confirm_all(desk, filing)
    dossier = entered(desk, filing)
    filing.refresh_from_db()
    late = desk.post(f"{DESK}{filing.pk}/enter/", {"seen": filing.version})
    assert late.status_code == 302 and Dossier.objects.filter(pk=filing.pk).count() == 1
    with pytest.raises(FilingRefused):
        entering.enter(actor=officer_actor(position), filing_id=filing.pk, seen_version=filing.version, now=timezone.now())
    with pytest.raises(DatabaseError), transaction.atomic():
        CounterFiling.objects.filter(pk=dossier.pk).delete()


@pytest.mark.requirement("D-22", "A-13")
def test_what_is_dropped_or_left_is_erased_with_its_scans() -> None:
    desk, _ = counter()
    first, second = begun(desk), begun(desk)
    for filing in (first, second):
        scanned(desk, filing)
    first.refresh_from_db()
    assert desk.post(f"{DESK}{first.pk}/drop/", {"seen": first.version}).status_code == 302
    CounterFiling.objects.filter(pk=second.pk).update(changed_at=timezone.now() - timedelta(days=31))
    assert entering.forget_open(now=timezone.now()) == 1
    assert not CounterFiling.objects.exists()
    assert set(StoredFile.objects.filter(subject__in=[first.pk, second.pk]).values_list("state", flat=True)) == {FileState.ERASED}


@pytest.mark.requirement("D-05", "D-14", "D-25", "D-27")
def test_what_nobody_wishes_digitised_stays_paper_and_the_result_may_go_by_post() -> None:
    desk, _ = counter(("reception", "handling"))
    filing = filled(desk, begun(desk))
    kinds = [one.paper.kind for one in filling.looked_at(filing, now=timezone.now()).wanted if one.asked and not one.paper.shared]
    scanned(desk, filing)
    assert act(desk, filing, f"stay/{kinds[0]}/").status_code == 302
    assert act(desk, filing, f"stay/{kinds[0]}/").status_code == 409
    there = {"recipient": "Nguyễn Thị Mẫu", "phone": "0912345678", "province": "01", "commune": "phường không có", "street": "Số 1"}
    assert desk.post(f"{DESK}{filing.pk}/by_post/", there).status_code == 422
    there["commune"] = "Hoàn Kiếm"
    assert desk.post(f"{DESK}{filing.pk}/by_post/", there).status_code == 503
    PostTariff.objects.create(zone="province", amount=26_000, days=2, said_at=timezone.now())
    assert desk.post(f"{DESK}{filing.pk}/by_post/", there).status_code == 302
    confirm_all(desk, filing)
    dossier = entered(desk, filing)
    receipt = document_html(dossier.documents.get(role="receipt").document, at=timezone.now())
    assert "(bản giấy)" in receipt and "qua bưu chính công ích đến Số 1" in receipt
    assert dossier.papers.count() == 1
    [month] = counts.by_month("H26.101", date(2026, 1, 1))
    assert (month.digitised, month.on_paper, month.on_request) == (1, 1, 0)
    # Handed to another agency, that and nothing else goes along on paper, whatever the officer forgets to write.
    said = {"seen": dossier.version, "to_unit": "H26.102", "reason": "Con cư trú ở phường khác", "paper_along": ""}
    assert desk.post(f"/quan-tri/dossiers/dossier/{dossier.pk}/hand_over/", said).status_code == 302
    handed, stayed = Handover.objects.get(), filing.papers.get(how="paper")
    assert (handed.paper_along, handed.is_electronic) == (stayed.label, False)
    sheet = document_html(handed.sheet, at=timezone.now())
    digitised = dossier.papers.select_related("file").get().file
    assert f"<dt>Giấy kèm theo</dt><dd>{escape(stayed.label)}</dd>" in sheet and sheet.count(digitised.sha256) == 1


@pytest.mark.requirement("D-27")
def test_numbers_of_receipts_are_gapless_by_unit_and_year() -> None:
    with transaction.atomic():
        assert [cash._next("H26.101", 2026) for _ in range(3)] == [1, 2, 3]
        assert (cash._next("H26.102", 2026), cash._next("H26.101", 2027)) == (1, 1)


@pytest.mark.requirement("C-11")
def test_counters_go_on_while_the_online_service_is_suspended() -> None:
    """Only what is filed online is refused (Rules art. 28.4)."""
    vpcp, now = make_officer_actor(unit="G22", roles=("steering",)), timezone.now()
    row = serving.bring_in(actor=vpcp, code=main_services([CODE], timezone.localdate())[CODE], system="Hệ thống hộ tịch", now=now)
    serving.move_service(actor=vpcp, declaration_id=row.pk, transition="suspend", reason="Sự cố.", mend="Sửa", now=now)
    assert Client().get(f"/nop-ho-so/{CODE}/").status_code == 403
    desk, _position = counter(("reception", "handling"))
    filing = filled(desk, begun(desk))
    scanned(desk, filing)
    confirm_all(desk, filing)
    assert entered(desk, filing).state == "4"
