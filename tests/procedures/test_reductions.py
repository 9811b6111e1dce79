"""What a province takes off for filing online: declared on the desk, told before one files, kept by who has filed, ended."""

from __future__ import annotations

import datetime as dt
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from dossiers import services as filing
from dossiers.costs import bill_of
from dossiers.models import Dossier, Draft
from dossiers.queries import unit_calendar
from dossiers.terms import terms_on
from portal.access import SYSTEM, AccessDenied
from portal.audit.models import Act
from portal.caching.changes import marks
from portal.caching.models import Change
from portal.workdays import due_at
from procedures import services
from procedures.models import OnlineReduction
from tests.dossiers.support import hidden, mother, pay, photo
from tests.dossiers.test_kinds import DIPLOMA, EXTRACT, STUDY, at, desk, order_copies, send, words
from tests.dossiers.test_kinds import declare as fill_in
from tests.factories import citizen_actor, loose_officer, make_position, officer_actor, sign_in

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("C-21", "P-13")]

DESK = "/quan-tri/procedures/onlinereduction/"
LINE = "Bản sao trích lục hộ tịch, bản sao Giấy khai sinh"
HALF = {"unit_code": "H26", "procedures": [EXTRACT], "percent": 50, "basis": "Nghị quyết thử nghiệm 1/NQ-HĐND"}


def declare(**values: Any) -> OnlineReduction:
    now = values.pop("now", timezone.now())
    facts = {**HALF, "valid_from": timezone.localdate(now), **values}
    found = services.declare_reduction(actor=SYSTEM, now=now, **facts)
    seen()
    return found


def seen() -> None:
    """Let the process know what this transaction changed."""
    Change.objects.all().delete()
    marks.forget()


def officer(unit: str = "H26", *roles: str) -> Client:
    client, position = Client(), make_position(unit=unit, roles=roles or ("administrator",))
    sign_in(client, position.person, position=position)
    return client


@pytest.fixture
def mothers() -> Client:
    client = Client()
    sign_in(client, mother())
    return client


def posted(**values: str | list[str]) -> dict[str, Any]:
    return {
        "what": "fee", "procedures": EXTRACT, "fields_named": "Hộ tịch", "fee_kinds": ["fee"], "fee_names": LINE, "percent": "50",
        "amount": "", "valid_from": f"{timezone.localdate():%d/%m/%Y}", "valid_to": "", "basis": "Nghị quyết thử nghiệm 2/NQ-HĐND",
        "source": "Công báo thử nghiệm", **values,
    }  # fmt: skip


def test_a_province_declares_on_the_desk_and_the_page_of_the_procedure_says_it() -> None:
    page = Client().get(f"/thu-tuc/{EXTRACT}/?dia-phuong=01")
    assert "Nộp trực tuyến được giảm" not in words(page)
    desk = officer()
    assert desk.get(f"{DESK}add/").status_code == 200
    done = desk.post(f"{DESK}add/", posted())
    assert done.status_code == 302, words(done)
    row = OnlineReduction.objects.get(basis="Nghị quyết thử nghiệm 2/NQ-HĐND")
    assert (row.unit_code, row.province_code, row.fields, row.fee_names, row.percent) == ("H26", "01", ["LV.ho-tich"], [LINE], 50)
    assert "Phạm Văn Cán Bộ Giả Định" in row.declared_by
    assert Act.objects.filter(act="procedures.reductions.declare", target_id=str(row.pk), unit="H26").exists()
    seen()
    assert "4.000 đ" not in words(Client().get(f"/thu-tuc/{EXTRACT}/?dia-phuong=01")), "not before another officer has checked it"
    assert officer().post(f"{DESK}{row.pk}/check/").status_code == 302
    seen()
    here = words(Client().get(f"/thu-tuc/{EXTRACT}/?dia-phuong=01"))
    assert "Nộp trực tuyến được giảm" in here and "4.000 đ/bản sao" in here and "thay vì 8.000 đ" in here
    assert "Nghị quyết thử nghiệm 2/NQ-HĐND" in here and "Nộp trực tuyến: 4.000 đ" in here
    assert "Nghị quyết thử nghiệm" not in words(Client().get(f"/thu-tuc/{EXTRACT}/?dia-phuong=79")), "another province"
    nowhere = words(Client().get(f"/thu-tuc/{EXTRACT}/"))
    assert "Có nơi giảm thêm: Hà Nội." in nowhere and "4.000 đ" not in nowhere
    start = words(Client().get(at(EXTRACT)))
    assert f"Nộp trực tuyến ở Hà Nội: {LINE} 4.000 đ/bản sao" in start
    english = words(Client().get(f"/en/thu-tuc/{EXTRACT}/?dia-phuong=01"))
    assert "Less when you file online" in english and "instead of 8.000 đ" in english
    for address in ("", f"{row.pk}/change/", f"{row.pk}/history/", f"{row.pk}/end/", "?hieu-luc=dang", "?q=2/NQ"):
        assert desk.get(DESK + address).status_code == 200, address


def test_what_is_wrong_stands_beside_its_field_and_keeps_what_was_typed() -> None:
    desk = officer()
    wrong = {
        "percent": ("101", "Phần trăm từ 1 đến 100"),
        "amount": ("5000", "chỉ một trong hai"),
        "procedures": ("9.999999", "Không có thủ tục mã 9.999999"),
        "fields_named": ("Ngành không có", "Không có lĩnh vực “Ngành không có”"),
        "fee_names": ("Khoản không có", "Không thủ tục nào có khoản “Khoản không có”"),
        "valid_to": ("01/01/2020", "Ngày cuối phải từ ngày bắt đầu trở đi"),
        "basis": ("", "Hãy ghi văn bản quy định"),
    }
    for name, (typed, said) in wrong.items():
        page = desk.post(f"{DESK}add/", posted(**{name: typed}))
        assert page.status_code == 200 and said in words(page), (name, words(page))
        assert typed in unescape(page.content.decode())
    nothing = desk.post(f"{DESK}add/", posted(procedures="", fields_named="", fee_kinds=[], fee_names=""))
    assert "Hãy nêu thủ tục, lĩnh vực hoặc khoản thu" in words(nothing)
    assert not OnlineReduction.objects.filter(basis__startswith="Nghị quyết thử nghiệm").exists()


def test_who_may_declare_and_who_may_look() -> None:
    row = declare()
    ward = officer("H26.101")
    assert ward.get(f"{DESK}add/").status_code == 403 and "Nghị quyết thử nghiệm" not in words(ward.get(DESK))
    assert officer("H26", "handling").get(DESK).status_code == 403
    steering = officer("G22", "steering")
    assert "Nghị quyết thử nghiệm 1" in words(steering.get(DESK)) and steering.get(f"{DESK}{row.pk}/change/").status_code == 200
    assert steering.get(f"{DESK}add/").status_code == 403
    assert steering.post(f"{DESK}{row.pk}/end/", {"last_day": f"{timezone.localdate():%d/%m/%Y}", "why": "x"}).status_code == 403
    other = officer("H29")
    assert "Nghị quyết thử nghiệm 1" not in words(other.get(DESK)) and other.get(f"{DESK}{row.pk}/end/").status_code == 404
    common = {"now": timezone.now(), "valid_from": timezone.localdate()}
    with pytest.raises(AccessDenied):
        services.declare_reduction(actor=loose_officer("H29", ("administrator",)), **{**HALF, **common})
    with pytest.raises(services.ReductionRefused, match="cấp tỉnh"):
        services.declare_reduction(
            actor=officer_actor(make_position(roles=("administrator",))), **{**HALF, **common, "unit_code": "H26.101"}
        )


def test_what_one_was_told_when_filing_is_kept_whatever_is_declared_later(mothers: Client) -> None:
    half = declare()
    today = timezone.localdate()
    dossier = order_copies_at_half(mothers)
    assert bill_of(dossier).total == 12_000
    desk = officer()
    page = desk.post(f"{DESK}{half.pk}/end/", {"last_day": f"{today - dt.timedelta(days=1):%d/%m/%Y}", "why": "Thay bằng số khác"})
    assert page.status_code == 422 and "Ngày cuối từ hôm nay" in words(page)
    assert desk.post(f"{DESK}{half.pk}/end/", {"last_day": f"{today:%d/%m/%Y}", "why": ""}).status_code == 422
    assert desk.post(f"{DESK}{half.pk}/end/", {"last_day": f"{today:%d/%m/%Y}", "why": "Thay bằng số khác"}).status_code == 302
    half.refresh_from_db()
    assert half.valid_to == today and half.ended_why == "Thay bằng số khác"
    declare(percent=100, basis="Nghị quyết thử nghiệm 3/NQ-HĐND")
    dossier = Dossier.objects.get(pk=dossier.pk)
    assert bill_of(dossier).total == 12_000
    assert "3 bản × 8.000 đ , giảm 12.000 đ (Nghị quyết thử nghiệm 1/NQ-HĐND) : 12.000 đ" in words(mothers.get(f"/ho-so/{dossier.code}/"))


def order_copies_at_half(client: Client) -> Dossier:
    """Three copies for half the fee: told on the page of papers, before sending and on the dossier's page."""

    rest = {"registered_place": "Ủy ban nhân dân phường Ví Dụ", "copies": "3", "unit_code": "H26.101"}
    assert fill_in(client, EXTRACT, {"whom": "self", "register_kind": "birth"}, rest)["Location"] == at(EXTRACT, "giay-to/")
    papers = client.get(at(EXTRACT, "giay-to/"))
    said = "giảm 12.000 đ (Nghị quyết thử nghiệm 1/NQ-HĐND) : 12.000 đ"
    assert said in words(papers)
    assert client.post(at(EXTRACT, "giay-to/"), hidden(papers, act="tiep"))["Location"] == at(EXTRACT, "kiem-tra/")
    assert said in words(client.get(at(EXTRACT, "kiem-tra/")))
    return send(client, EXTRACT)


def test_a_change_between_looking_and_sending_is_shown_before_anything_is_sent(mothers: Client) -> None:

    declare()
    rest = {"registered_place": "Ủy ban nhân dân phường Ví Dụ", "copies": "3", "unit_code": "H26.101"}

    fill_in(mothers, EXTRACT, {"whom": "self", "register_kind": "birth"}, rest)
    mothers.post(at(EXTRACT, "giay-to/"), hidden(mothers.get(at(EXTRACT, "giay-to/")), act="tiep"))
    page = mothers.get(at(EXTRACT, "kiem-tra/"))
    declare(percent=100, basis="Nghị quyết thử nghiệm 3/NQ-HĐND")
    again = mothers.post(at(EXTRACT, "kiem-tra/"), hidden(page))
    assert again.status_code == 409 and "0 đồng thay vì 24.000 đ, vì Nghị quyết thử nghiệm 3/NQ-HĐND" in words(again)
    assert bill_of(send(mothers, EXTRACT)).total == 0


def test_another_provinces_reduction_is_not_ones_own_and_a_ministrys_is(mothers: Client) -> None:
    declare(unit_code="H29", percent=100)
    assert bill_of(order_copies(mothers, copies="2")).total == 16_000
    declare(unit_code="G12", percent=25, basis="Thông tư thử nghiệm")
    assert bill_of(order_copies(mothers, copies="2")).total == 12_000


def test_a_shorter_time_limit_is_promised_and_kept(mothers: Client) -> None:

    declare(what="time", procedures=["1.004889"], percent=30, basis="Quyết định thử nghiệm")
    assert "14 ngày làm việc" in words(Client().get(f"/thu-tuc/{DIPLOMA}/?dia-phuong=01"))
    assert "Nộp trực tuyến ở Hà Nội: thời hạn giải quyết 14 ngày làm việc" in words(Client().get(at(DIPLOMA)))
    first = {"whose": "self", "has_proof": "yes"}
    fill_in(mothers, DIPLOMA, first, {**STUDY, "unit_code": "H26.201", "proof": "tra cứu ở trang của trường"})

    draft = Draft.objects.get(procedure_code=DIPLOMA)

    for paper in terms_on(DIPLOMA, timezone.now()).papers:
        if paper.required:
            filing.add_paper(actor=citizen_actor(mother()), draft_id=draft.id, kind=paper.kind, upload=photo(), now=timezone.now())
    assert "14 ngày làm việc thay vì 20 ngày làm việc" in words(mothers.get(at(DIPLOMA, "kiem-tra/")))
    dossier = send(mothers, DIPLOMA)
    pay(dossier)
    OnlineReduction.objects.filter(what="time").update(percent=10)
    _client, position = desk("H26.201", "reception")
    # A morning after it was sent and paid, whatever the hour and day of the test.
    tomorrow = timezone.localtime() + dt.timedelta(days=1)
    received_at = tomorrow.replace(hour=9, minute=0, second=0, microsecond=0)
    expected = due_at(received_at, 14, "working_day", unit_calendar("H26.201"))
    dossier = filing.receive(actor=officer_actor(position), dossier_id=dossier.id, seen_version=dossier.version, now=received_at)
    assert dossier.due_at is not None and dossier.due_at == expected, "14 working days, not 20"
    receipt = dossier.documents.get().document
    assert receipt.context["limit"] == "14 ngày làm việc (Quyết định thử nghiệm)"


def test_shipped_ones_are_loaded_once_and_one_that_was_ended_stays_ended() -> None:
    now = timezone.now()
    assert services.load_reductions(now=now) == (0, 0, len(services.shipped_reductions()))
    row = OnlineReduction.objects.get(key="haiphong-23-2026-ho-tich")
    assert row.province_code == "31"
    later = words(Client().get("/thu-tuc/1.004746/?dia-phuong=31"))
    assert "Nộp trực tuyến: 0 đồng" in later and "Nghị quyết 23/2026/NQ-HĐND" in later
    services.end_reduction(actor=SYSTEM, reduction_id=row.pk, last_day=timezone.localdate(now), why="thử", now=now)
    assert services.load_reductions(now=now)[:2] == (0, 0)
    row.refresh_from_db()
    assert row.valid_to == timezone.localdate(now)


def test_one_that_has_not_begun_can_be_ended_before_it_does() -> None:
    today = timezone.localdate()
    row = declare(valid_from=today + dt.timedelta(days=30))
    ended = services.end_reduction(actor=SYSTEM, reduction_id=row.pk, last_day=today, why="nhầm", now=timezone.now())
    assert ended.valid_to == today + dt.timedelta(days=29) and not ended.holds_on(today + dt.timedelta(days=30))
    with pytest.raises(services.ReductionRefused):
        declare(valid_from=today, valid_to=today - dt.timedelta(days=1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"percent": 0}, {"percent": 101}, {"percent": 50, "amount": 5}, {"percent": None}, {"basis": ""}, {"procedures": []},
        {"what": "time", "percent": 100}, {"what": "time", "fee_kinds": ["fee"]}, {"fee_kinds": ["tip"]}, {"province_code": "1"},
        {"valid_to": dt.date(2020, 1, 1)}, {"ended_why": "x"}, {"what": "mood"},
    ],
)  # fmt: skip
def test_the_database_refuses_what_no_service_writes(wrong: dict[str, Any]) -> None:
    facts = {**HALF, "province_code": "01", "valid_from": dt.date(2026, 1, 1), **wrong}
    with pytest.raises(IntegrityError), transaction.atomic():
        OnlineReduction.objects.create(**facts)


def test_who_has_no_address_of_it_gets_no_error() -> None:
    desk = officer()
    assert desk.get(f"{DESK}khong-co/change/").status_code in (302, 404)
    assert desk.get(f"{DESK}{UUID(int=0)}/end/").status_code == 404
