"""An online service: declared on a restructured procedure, tested with clocks, reviewed, suspended; a new filing is refused with why."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from dossiers.models import Dossier, Draft, State
from dossiers.services import receive, start_or_open_draft
from dossiers.terms import NotOffered
from portal.access import AccessDenied
from portal.states import TransitionRefused
from portal.workdays import ZONE, Unit, due_at, national_calendar
from procedures import queries
from procedures.models import OnlineService, Procedure, ServiceDeclaration, ServiceEvent
from procedures.services import serving
from procedures.services.serving import ServiceRefused
from ratings.board import targets
from tests.dossiers.support import NOW, confirm_all, filed, mother, ready_draft
from tests.dossiers.support import sent as send_draft
from tests.factories import citizen_actor, make_officer_actor, sign_in
from tests.procedures.test_announcing import at_desk, seen, words

pytestmark = pytest.mark.usefixtures("demo_data")
DESK = "/quan-tri/procedures/servicedeclaration/"
CODE, SERVICE = "2.000635", "2.000635.07"
PLAN = {
    "procedure_code": CODE, "present": "Nộp tại quầy, nhập lại vào sổ.", "steps_before": "7", "steps_after": "4", "papers_before": "3",
    "papers_after": "1", "papers_cut": "Căn cước, sổ hộ khẩu", "systems": "Cơ sở dữ liệu hộ tịch", "benefit": "", "approval": "12/QĐ",
    "approved_by": "Người Duyệt Giả Định", "approved_on": "01/11/2026",
}  # fmt: skip


def declared(client: Client) -> ServiceDeclaration:
    answer = client.post("/quan-tri/procedures/restructuring/add/", PLAN)
    assert answer.status_code == 302, words(answer)
    plan = answer["Location"].split("/")[-3]
    form = {
        "restructuring_id": plan, "code": SERVICE, "level": "full", "assurance": "2", "localities": "01", "form_key": "trich-luc",
        "system": "Một cửa thử nghiệm", "year": "2026",
    }  # fmt: skip
    assert client.post(f"{DESK}add/", {**form, "code": "1.001193.01"}).status_code == 422
    assert client.post(f"{DESK}add/", {**form, "restructuring_id": ""}).status_code == 422, "no service without its plan (Rules 26.1)"
    answer = client.post(f"{DESK}add/", form)
    assert answer.status_code == 302, words(answer)
    return ServiceDeclaration.objects.get(code=SERVICE)


@pytest.mark.requirement("C-09", "C-10", "C-19")
def test_a_service_goes_through_its_test_once_sent_back() -> None:
    agency, actor = at_desk("H26", "procedure_entering")
    vpcp, _ = at_desk("G22", "steering")
    assert agency.post("/quan-tri/procedures/restructuring/add/", {**PLAN, "papers_after": "5"}).status_code == 422
    row = declared(agency)
    assert not OnlineService.objects.filter(code=SERVICE).exists(), "not public before it is marked"
    assert agency.post(f"{DESK}{row.pk}/propose/").status_code == 302
    assert agency.post(f"{DESK}{row.pk}/mark/").status_code == 403
    assert vpcp.post(f"{DESK}{row.pk}/send_back/", {"reason": ""}).status_code == 422
    assert vpcp.post(f"{DESK}{row.pk}/send_back/", {"reason": "Biểu mẫu chưa có tệp đính kèm."}).status_code == 302
    assert "Biểu mẫu chưa có tệp đính kèm." in words(agency.get(f"{DESK}{row.pk}/change/"))
    agency.post(f"{DESK}{row.pk}/propose/")
    assert "chờ bước kiểm thử" in words(vpcp.get("/quan-tri/"))
    vpcp.post(f"{DESK}{row.pk}/mark/")
    row.refresh_from_db()
    assert row.state == "testing" and row.due_at is not None
    service = OnlineService.objects.get(code=SERVICE)
    assert (service.provider, service.localities, service.level) == ("H26", ["01"], "full")
    # Evidence is dossiers of this procedure that came online.
    wrong = agency.post(f"{DESK}{row.pk}/report/", {"evidence": "H26.101-261129-9999"})
    assert wrong.status_code == 422 and "Không có hồ sơ nộp trực tuyến" in words(wrong)
    assert "không phải là mã hồ sơ" in words(agency.post(f"{DESK}{row.pk}/report/", {"evidence": "mã thử"}))
    tested = filed()
    assert agency.post(f"{DESK}{row.pk}/report/", {"evidence": tested.code}).status_code == 422, "a dossier of another procedure"
    Dossier.objects.filter(pk=tested.pk).update(procedure_code=CODE)
    assert agency.post(f"{DESK}{row.pk}/report/", {"evidence": tested.code}).status_code == 302
    row.refresh_from_db()
    assert row.state == "reported" and row.due_at == due_at(row.since, 2, Unit.WORKING_DAY, national_calendar()), "VPCP has two days"
    # VPCP does not take the results: the agency mends and goes the whole way again.
    assert vpcp.post(f"{DESK}{row.pk}/send_back/", {"reason": "Hồ sơ kiểm thử chưa có kết quả."}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.due_at, row.reason) == ("declared", None, "Hồ sơ kiểm thử chưa có kết quả.")
    assert row.moves.get(act="send_back", note__startswith="Hồ sơ").in_time is True
    for client, act in ((agency, "propose"), (vpcp, "mark")):
        assert client.post(f"{DESK}{row.pk}/{act}/").status_code == 302
    assert agency.post(f"{DESK}{row.pk}/report/", {"evidence": tested.code}).status_code == 302
    assert vpcp.post(f"{DESK}{row.pk}/confirm/").status_code == 302
    row.refresh_from_db()
    assert (row.state, row.evidence) == ("open", [tested.code])
    way = ["propose", "mark", "report"]
    assert [one.act for one in row.moves.all()] == ["declare", "propose", "send_back", *way, "send_back", *way, "confirm"]
    assert [one.in_time for one in row.moves.all()] == [None, None, True, None, True, True, True, None, True, True, True]
    shown = words(vpcp.get(f"{DESK}{row.pk}/change/"))
    assert "đúng hạn" in shown and tested.code in shown
    with pytest.raises(AccessDenied):
        serving.move_service(actor=actor, declaration_id=row.pk, transition="suspend", now=timezone.now(), reason="a", mend="b")


@pytest.mark.requirement("C-10", "C-19")
def test_the_clocks_of_the_test() -> None:
    agency, actor = at_desk("H26", "procedure_entering")
    _vpcp, vpcp = at_desk("G22", "steering")
    row = declared(agency)
    plan = words(agency.get(f"/quan-tri/procedures/restructuring/{row.restructuring_id}/change/"))
    for said in ("7 → 4", "3 → 1", "Căn cước, sổ hộ khẩu", "Cơ sở dữ liệu hộ tịch", "Người Duyệt Giả Định, 01/11/2026, 12/QĐ", CODE):
        assert said in plan, said
    assert "12/QĐ" in words(agency.get(f"{DESK}{row.pk}/change/")), "the service names its plan"
    monday = dt.datetime(2026, 6, 1, 9, tzinfo=ZONE)
    serving.move_service(actor=actor, declaration_id=row.pk, transition="propose", now=monday)
    row.refresh_from_db()
    assert row.due_at is not None and timezone.localdate(row.due_at) == dt.date(2026, 6, 3)
    late = serving.move_service(actor=vpcp, declaration_id=row.pk, transition="mark", now=monday + dt.timedelta(days=4))
    assert late.due_at is not None and timezone.localdate(late.due_at) == dt.date(2026, 6, 12)
    assert late.moves.get(act="mark").in_time is False
    with pytest.raises(TransitionRefused):
        serving.move_service(actor=vpcp, declaration_id=row.pk, transition="mark", now=monday)


@pytest.mark.requirement("C-11", "C-27")
def test_a_suspended_service_takes_nothing_new_keeps_drafts_and_comes_back() -> None:
    vpcp, actor = at_desk("G22", "steering")
    person = mother()
    citizen = Client()
    sign_in(citizen, person)
    draft = start_or_open_draft(actor=citizen_actor(person), procedure_code="1.001193", now=timezone.now())
    code = queries.main_services([CODE], timezone.localdate())[CODE]
    assert vpcp.post(f"{DESK}bring_in/", {"code": "9.9", "system": "x"}).status_code == 422
    assert vpcp.post(f"{DESK}bring_in/", {"code": code, "system": "Hệ thống hộ tịch"}).status_code == 302
    row = ServiceDeclaration.objects.get(code=code)
    assert vpcp.post(f"{DESK}{row.pk}/suspend/", {"reason": "Kết quả trả sai mẫu.", "mend": ""}).status_code == 422
    assert vpcp.post(f"{DESK}{row.pk}/suspend/", {"reason": "Kết quả trả sai mẫu.", "mend": "Sửa mẫu kết quả"}).status_code == 302
    seen()
    page = words(Client().get(f"/thu-tuc/{CODE}/"))
    assert "đang tạm ngưng" in page and "Kết quả trả sai mẫu." in page and f'href="/nop-ho-so/{CODE}/"' not in page
    assert Client().get(f"/api/v1/procedures/{CODE}").json()["online"] is False
    assert "Kết quả trả sai mẫu." in words(Client().get("/dich-vu-truc-tuyen/"))
    refused = Client().get(f"/nop-ho-so/{CODE}/")
    assert refused.status_code == 403 and "Kết quả trả sai mẫu." in words(refused) and "noi-nop" in words(refused)
    with pytest.raises(NotOffered):
        start_or_open_draft(actor=citizen_actor(person), procedure_code=CODE, now=timezone.now())
    assert citizen.get(f"/nop-ho-so/{CODE}/to-khai/").status_code == 403
    # A draft that was begun before is kept and opened; another procedure is not touched.
    assert citizen.get("/nop-ho-so/1.001193/to-khai/").status_code == 200 and Draft.objects.filter(pk=draft.pk).exists()
    assert "Mở lại" in words(vpcp.get(f"{DESK}{row.pk}/change/"))
    early = vpcp.post(f"{DESK}{row.pk}/resume/", follow=True)
    assert "Điều cần sửa: Sửa mẫu kết quả" in words(early), "not before what was wrong is mended (Rules 28.4)"
    assert vpcp.post(f"{DESK}{row.pk}/review/", {"level_kept": "on", "note": ""}).status_code == 422
    bad = {"level_kept": "on", "simpler": "on", "cheaper": "on", "note": "Kết quả còn sai mẫu."}
    assert vpcp.post(f"{DESK}{row.pk}/review/", bad).status_code == 302
    assert "Chưa mở lại được" in words(vpcp.post(f"{DESK}{row.pk}/resume/", follow=True))
    good = {"level_kept": "on", "simpler": "on", "cheaper": "on", "in_law": "on", "note": ""}
    assert vpcp.post(f"{DESK}{row.pk}/review/", good).status_code == 302
    assert "Kết quả còn sai mẫu." in words(vpcp.get(f"{DESK}{row.pk}/change/")), "reviews are read again"
    assert vpcp.post(f"{DESK}{row.pk}/resume/").status_code == 302
    row.refresh_from_db()
    assert (row.state, row.mend) == ("open", "") and row.due_at == row.since + dt.timedelta(days=365), "looked at again in a year"
    seen()
    assert f'href="/nop-ho-so/{CODE}/"' in words(Client().get(f"/thu-tuc/{CODE}/"))
    assert vpcp.post(f"{DESK}{row.pk}/stop/", {"reason": "Thay bằng dịch vụ liên thông."}).status_code == 302
    seen()
    assert "đã dừng" in words(Client().get(f"/thu-tuc/{CODE}/"))
    with pytest.raises(ServiceRefused):
        serving.bring_in(actor=actor, code=code, system="x", now=timezone.now())


@pytest.mark.requirement("C-27")
def test_a_service_is_looked_at_every_year_and_a_late_look_is_seen() -> None:
    agency, owner = at_desk("H26", "procedure_entering")
    vpcp, actor = at_desk("G22", "steering")
    now = timezone.now()
    code = queries.main_services([CODE], timezone.localdate())[CODE]
    row = serving.bring_in(actor=actor, code=code, system="Hộ tịch", now=now)
    assert row.due_at == now + dt.timedelta(days=365)
    ServiceDeclaration.objects.filter(pk=row.pk).update(unit_code="H26", due_at=now - dt.timedelta(minutes=1))
    late = "Dịch vụ trực tuyến quá hạn rà soát hằng năm"
    for desk in (agency, vpcp):
        assert late in words(desk.get("/quan-tri/"))
        assert [one.pk for one in desk.get(f"{DESK}?ra-soat=qua-han").context["cl"].result_list] == [row.pk]
    assert "(quá hạn)" in words(agency.get(f"{DESK}{row.pk}/change/"))
    assert late not in words(at_desk("H29", "procedure_entering")[0].get("/quan-tri/"))
    said = {"level_kept": True, "simpler": True, "cheaper": True, "in_law": True, "note": ""}
    serving.review_service(actor=owner, declaration_id=row.pk, now=now, **said)
    row.refresh_from_db()
    assert row.due_at == now + dt.timedelta(days=365)
    assert late not in words(agency.get("/quan-tri/"))
    assert list(agency.get(f"{DESK}?ra-soat=qua-han").context["cl"].result_list) == []


def listed(number: int, year: int, state: str, opened: dt.datetime | None = None) -> None:
    """Services of a yearly list, without their plans."""
    known = Procedure.objects.order_by("code")[number]
    row = ServiceDeclaration.objects.create(
        code=f"{known.code}.9{number}", procedure=known, unit_code="H26", level="full", form_key="x", system="x", year=year, state=state,
        since=timezone.now(), declared_by="x", created_at=timezone.now(), reason="x" if state in ("suspended", "stopped") else "",
    )  # fmt: skip
    if opened is not None:
        ServiceEvent.objects.create(declaration=row, act="confirm", after="open", at=opened, by="x")


@pytest.mark.requirement("C-29", "R-13")
def test_the_yearly_list_and_its_progress() -> None:
    agency, _ = at_desk("H26", "procedure_entering")
    year = timezone.localdate().year
    declared(agency)
    assert serving.progress(2026) == [("H26", 1, 0)]
    now = timezone.now()
    for number, (of, state, opened) in enumerate(
        [(year, "open", now), (year - 1, "open", now - dt.timedelta(days=62)), (year - 2, "suspended", now - dt.timedelta(days=400)),
         (year + 1, "open", now)]
    ):  # fmt: skip
        listed(number, of, state, opened)
    assert serving.progress(year) == [("H26", 2, 1)]
    seen()
    page = words(Client().get("/dich-vu-truc-tuyen/"))
    assert f"Danh mục tích hợp năm {year}" in page
    assert f"Danh mục các năm đến {year}: 4 dịch vụ, 2 đang cung cấp, 50 %. Mục tiêu: 100 %." in page
    row = page.partition("Danh mục tích hợp năm")[2].partition("<tbody>")[2].partition("</tbody>")[0]
    assert '<td class="number">2</td><td class="number">1</td><td class="number">50</td>' in row
    # The board of targets tells the same, against what the law wants by the end of each year.
    line = {one.target.code: one for one in targets.board("", timezone.localdate())}["tich-hop-dich-vu"]
    assert line.reading is not None and (line.reading.value, line.reading.part, line.reading.whole) == (50, 2, 4)
    assert line.reading.course[-1][1] == 75, "three were open once, one is suspended today"
    assert line.reading.course[-3][1] is not None and line.reading.course[-3][1] < 75
    assert [serving.goal_of(one) for one in (2019, 2020, 2021, 2023, 2024, 2026)] == [10, 30, 50, 90, 100, 100]
    goals = dict(step.split(":") for step in ["2020:30", "2021:50", "2022:70", "2023:90", "2024:100"])
    assert {f"{one}": f"{serving.goal_of(one)}" for one in range(2020, 2025)} == goals
    assert "tich-hop-dich-vu" not in {one.target.code for one in targets.board("H26", timezone.localdate()) if one.reading is not None}


@pytest.mark.requirement("C-11")
def test_a_draft_is_sent_once_its_service_opens_again_and_what_was_sent_goes_on() -> None:
    _vpcp, actor = at_desk("G22", "steering")
    person, now = mother(), timezone.now()
    citizen = citizen_actor(person)
    ready = confirm_all(citizen, ready_draft(citizen))
    code = queries.main_services(["1.001193"], timezone.localdate())["1.001193"]
    row = serving.bring_in(actor=actor, code=code, system="Hộ tịch", now=now)
    serving.move_service(actor=actor, declaration_id=row.pk, transition="suspend", now=now, reason="Sự cố kéo dài.", mend="Sửa")
    with pytest.raises(NotOffered) as refused:
        send_draft(citizen, ready)
    assert refused.value.reason == "Sự cố kéo dài."
    client = Client()
    sign_in(client, person)
    assert client.get("/nop-ho-so/1.001193/kiem-tra/").status_code == 200, "the draft is kept, and can be read"
    whole = {"level_kept": True, "simpler": True, "cheaper": True, "in_law": True, "note": ""}
    serving.review_service(actor=actor, declaration_id=row.pk, now=now, **whole)
    serving.move_service(actor=actor, declaration_id=row.pk, transition="resume", now=now)
    dossier = send_draft(citizen, ready)
    serving.move_service(actor=actor, declaration_id=row.pk, transition="stop", now=now, reason="Dừng hẳn.")
    received_now = make_officer_actor("H26.101")
    taken = receive(actor=received_now, dossier_id=dossier.pk, seen_version=dossier.version, now=NOW)
    assert taken.state in (State.RECEIVED, State.PROCESSING)
