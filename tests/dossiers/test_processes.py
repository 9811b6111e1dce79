"""The electronic process over the desk: steps, times, opinions of other agencies, versions, the control sheet (D-09, D-31)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from dossiers import services
from dossiers.models import DossierOpinion, DossierProcess, DossierStep, ProcessTemplate, ProcessVersion, State
from dossiers.process import documents, opinions, running
from dossiers.process.publishing import process_for
from dossiers.queries import unit_calendar
from dossiers.services.common import write_event
from portal.documents.rendering import document_html
from portal.notifications.models import Notification
from portal.states import TransitionRefused
from portal.workdays.calendar import working_time_between
from tests.dossiers.processes import DESK, FOOD, WARD, food_filed, fresh, library, pass_on, post, published, step_of
from tests.dossiers.support import CODE, NOW, decide, filed, leader, mark_clean, mother, received, sign_by_hand
from tests.dossiers.test_kinds import desk, words
from tests.dossiers.test_slips import text_of
from tests.dossiers.test_supplements import ask, give
from tests.factories import make_officer_actor, make_position, officer_actor, sign_in
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.usefixtures("demo_data")


def page(client: Client, dossier: Any) -> str:
    return words(client.get(f"{DESK}{dossier.pk}/change/"))


def sheet(client: Client, dossier: Any) -> str:
    """The control sheet that an officer has sealed."""
    assert post(client, dossier, "control_sheet").status_code == 302
    issued = dossier.documents.get(role="control", cancelled_at=None)
    return text_of(document_html(issued.document, at=timezone.now()))


@pytest.mark.requirement("D-09", "D-11", "D-31")
def test_a_food_safety_dossier_needs_another_ministrys_opinion() -> None:
    dossier = food_filed()
    unit = dossier.unit_code
    specialist, _held = desk(unit, "reception", "handling")
    lead, _chief = desk(unit, "signing")
    ministry, _theirs = desk("G02", "handling")
    assert post(specialist, dossier, "receive").status_code == 302
    mark_clean(dossier)
    first = step_of(dossier)
    assert (first.name, first.officer_id) == ("kiem-tra", fresh(dossier).officer_id) and first.officer_id is not None
    post(lead, dossier, "assign", officer=str(_held.pk), reason="Quen cơ sở")
    shown = page(specialist, dossier)
    assert "Kiểm tra hồ sơ" in shown and "Thẩm định tại chỗ, lấy ý kiến" in shown and "Chuyển bước tiếp" in shown and "Quen cơ sở" in shown
    assert post(specialist, dossier, "pass_step", note="Đủ giấy tờ", to_position=str(_held.pk)).status_code == 302

    # The process wants an opinion here: without it the step is not passed.
    assert "Chưa hỏi ý kiến: Sản phẩm thuộc phạm vi" in page(specialist, dossier)
    assert post(specialist, dossier, "pass_step").status_code == 409
    form = words(specialist.get(f"{DESK}{dossier.pk}/ask_opinion/"))
    assert "Bộ Công Thương" in form and "ngành Công Thương" in form
    one, other = dossier.papers.order_by("position")[:2]
    asked = {"matter": "san-pham-cong-thuong", "agencies": ["G02"], "others": "", "question": "Bánh kẹo thuộc bộ nào?", "days": "5"}
    assert "Không có cơ quan mang mã Z99" in words(post(specialist, dossier, "ask_opinion", **{**asked, "others": "z99"}))
    due = fresh(dossier).due_at
    assert due is not None
    assert post(specialist, dossier, "ask_opinion", **asked, papers=[str(one.pk)]).status_code == 302
    assert "rồi" in words(post(specialist, dossier, "ask_opinion", **asked)), "asked once"
    assert fresh(dossier).due_at == due and "Đang chờ ý kiến" in words(post(specialist, dossier, "pass_step"))

    # The ministry sees the question, the declaration and the one paper; nothing else of the dossier.
    assert "Cơ quan khác hỏi ý kiến" in words(ministry.get("/quan-tri/"))
    opinion = dossier.opinions.get()
    ours = f"/quan-tri/dossiers/dossieropinion/{opinion.pk}/"
    assert "Bánh kẹo thuộc bộ nào?" in words(ministry.get(f"{ours}change/")) and "Quán Phở Mẫu" in words(ministry.get(f"{ours}change/"))
    assert ministry.get(f"{ours}paper/{one.pk}/").status_code == 200 and ministry.get(f"{ours}paper/{other.pk}/").status_code == 404
    assert ministry.get(f"{DESK}{dossier.pk}/change/").status_code == 404
    assert "Bạn hãy ghi nội dung" in words(ministry.post(f"{ours}answer/", {"verdict": "conditions", "words": ""}))
    said = {"verdict": "conditions", "words": "Chỉ làm bánh, không làm rượu."}
    assert ministry.post(f"{ours}answer/", said).status_code == ministry.post(f"{ours}answer/", said).status_code == 302
    assert dossier.events.filter(name="answer_opinion").count() == 1, "the same sent twice is the same as once"
    told = Notification.objects.filter(template="dossiers.opinion_answered", channel="inbox")
    assert [(one.party_id, one.link) for one in told] == [(_held.person_id, f"{DESK}{dossier.pk}/change/")]
    assert "Bộ Công Thương đã cho ý kiến" in str(told[0].title) and "Chỉ làm bánh" not in str(told[0].body)
    assert ministry.post(f"{ours}answer/", {"verdict": "agree", "words": ""}).status_code in (409, 422)
    assert "Chỉ làm bánh" in page(specialist, dossier)
    reader = Client()
    sign_in(reader, mother())
    followed = words(reader.get(f"/ho-so/{dossier.code}/"))
    assert "hỏi ý kiến cơ quan khác" in followed and "Chỉ làm bánh" not in followed and "Đủ giấy tờ" not in followed

    assert post(specialist, dossier, "pass_step", to_position="").status_code == 302
    assert (step_of(dossier).act, step_of(dossier).officer_id) == ("decide", _held.pk), "who had it goes on"
    printed = sheet(lead, dossier)
    for part in ("Phiếu kiểm soát", "Đủ giấy tờ", "Trước hạn", "Hỏi ý kiến", "Bộ Công Thương", "Quen cơ sở", "Người nộp hồ sơ"):
        assert part in printed, part
    # A newer one takes its place, and is the officers': it says what they wrote to each other.
    assert "Đủ giấy tờ" in words(lead.get(f"{DESK}{dossier.pk}/control_sheet/"))
    assert post(lead, dossier, "control_sheet").status_code == 302
    [issued] = dossier.documents.filter(role="control", cancelled_at=None)
    address = f"/ho-so/{dossier.code}/kiem-soat/"
    assert lead.get(address).status_code == 404, "not sealed yet"
    sign_by_hand(issued)
    assert lead.get(address).status_code == 200 and reader.get(address).status_code == 404
    assert address in lead.get(f"{DESK}{dossier.pk}/change/").content.decode()
    assert address not in reader.get(f"/ho-so/{dossier.code}/").content.decode()

    # Overdue at the end; before that the agency apologises and names another day. The steps get no time by it.
    step = step_of(dossier)
    with time_machine.travel(due - timedelta(hours=2), tick=True):
        lead, _chief = desk(unit, "signing")
        day = timezone.localdate() + timedelta(days=7)
        assert post(lead, dossier, "reappoint", day=f"{day:%d/%m/%Y}", reason="Chờ kiểm nghiệm").status_code == 302
        assert running.due_of(step, fresh(dossier), unit_calendar(unit)) <= due and "Xin lỗi và hẹn lại ngày trả" in sheet(lead, dossier)


@pytest.mark.requirement("D-31")
def test_an_opinion_given_before_is_shown_and_used_again() -> None:
    now = timezone.now()
    first = food_filed()
    officer = make_officer_actor(first.unit_code, ("reception", "handling"))
    ministry = make_officer_actor("G02", ("handling",))

    def at_opinions(dossier: Any) -> Any:
        services.receive(actor=officer, dossier_id=dossier.pk, seen_version=dossier.version, now=now)
        DossierStep.objects.filter(dossier=dossier).update(officer_id=officer.position_id)
        pass_on(dossier, officer, now=now, to_position=officer.position_id)
        return dossier

    at_opinions(first)
    given: dict[str, Any] = {
        "matter": "san-pham-cong-thuong",
        "label": "",
        "agencies": ["G02"],
        "question": "Bánh kẹo?",
        "days": 5,
        "now": now,
    }
    [row] = opinions.ask(actor=officer, dossier_id=first.pk, seen_version=fresh(first).version, **given)
    opinions.answer(actor=ministry, opinion_id=row.pk, verdict="agree", words="Thuộc Bộ Công Thương.", now=now)
    second = at_opinions(food_filed())
    client = Client()
    position = make_position(unit=second.unit_code, roles=("reception", "handling"))
    sign_in(client, position.person, position=position)
    assert "Thuộc Bộ Công Thương." in page(client, second) and "Dùng lại, không hỏi nữa" in page(client, second)
    assert "Đã có ý kiến về chủ hồ sơ này" in words(client.get(f"{DESK}{second.pk}/ask_opinion/"))
    assert post(client, second, f"opinion/{row.pk}/reuse").status_code == 302
    assert post(client, second, f"opinion/{row.pk}/reuse").status_code == 409, "once"
    again = second.opinions.get()
    assert (again.taken_from, again.answer, again.verdict) == (row, "Thuộc Bộ Công Thương.", "agree")
    assert pass_on(second, officer, now=now).act == "decide"
    with pytest.raises(DatabaseError), transaction.atomic():
        DossierOpinion.objects.filter(pk=row.pk).update(verdict="disagree")

    # A year later it stands in for none.
    third = at_opinions(food_filed())
    with pytest.raises(TransitionRefused, match="dùng lại"):
        opinions.reuse(
            actor=officer, dossier_id=third.pk, earlier_id=row.pk, matter=row.matter, seen_version=fresh(third).version,
            now=now + timedelta(days=400),
        )  # fmt: skip
    [late] = opinions.ask(actor=officer, dossier_id=third.pk, seen_version=fresh(third).version, **given)
    after = late.due_at + timedelta(minutes=1)
    with pytest.raises(ValueError, match="reason"):
        pass_on(third, officer, now=after)
    assert pass_on(third, officer, now=after, note="Bộ chậm trả lời").act == "decide"


@pytest.mark.requirement("D-09")
def test_a_unit_publishes_its_process_and_dossiers_go_through_it() -> None:
    chief, _ = desk(WARD, "administrator", "signing")
    base = "/quan-tri/dossiers/processversion/"
    assert ProcessTemplate.objects.count() == 4 and "Cấp xã" in words(chief.get(f"{base}add/"))
    assert "Không có thủ tục" in words(chief.post(f"{base}add/", {"procedure_code": "9.999999", "template": "cap-xa"}))
    form = chief.post(f"{base}add/", {"procedure_code": CODE, "template": "cap-xa"})
    assert form.status_code == 200 and "Thẩm định hồ sơ" in words(form)
    typed = {box.html_name: box.value() for box in form.context["form"] if box.value()} | {"seen": "0"}
    wrong = chief.post(f"{base}add/", {**typed, "s0_percent": "90"})
    assert wrong.status_code == 422 and "nhiều hơn cả thời hạn" in words(wrong)
    assert chief.post(f"{base}add/", typed).status_code == 302
    version = ProcessVersion.objects.get(procedure_code=CODE)
    assert documents.read(version.document) == documents.read(library()), "what was not changed is as the library has it"
    assert "phiên bản mới" in words(chief.post(f"{base}add/", typed)), "stale"
    assert (process_for(CODE, WARD), process_for(CODE, f"{WARD}.1"), process_for(CODE, "H26.102")) == (version, version, None)
    assert "Thẩm định hồ sơ" in words(chief.get(f"{base}{version.pk}/change/"))

    officer, signer = make_officer_actor(roles=("reception", "handling")), leader()
    dossier = received(officer)
    step = step_of(dossier)
    assert step.officer_id is not None and step.officer_id == fresh(dossier).officer_id
    post(chief, dossier, "assign", officer=str(officer.position_id))
    # A step more where the father files, with an opinion: the next version; this dossier goes on by the first.
    more = {"n0_label": "Xác minh cư trú", "n0_order": "15", "n0_percent": "0", "n0_back": ["tham-dinh"], "n0_ask": "Cư trú",
            "n0_ask_agency": "g01", "n0_when_1": "applicant_role", "n0_when_1_op": "in", "n0_when_1_values": "father"}  # fmt: skip
    edited = chief.get(f"{base}{version.pk}/edit/").context["form"]
    typed = {box.html_name: box.value() for box in edited if box.value()} | {"seen": "1"} | more
    assert chief.post(f"{base}{version.pk}/edit/", typed).status_code == 302
    newer = documents.read(process_for(CODE, WARD).document)  # type: ignore[union-attr]
    assert [one.name for one in newer.steps] == ["tham-dinh", "xac-minh-cu-tru", "trinh-ky", "ky"]
    assert newer.steps[1].when == {"field": "applicant_role", "in": ["father"]} and newer.steps[1].opinions[0].agency == "G01"
    whole = chief.get(f"{base}{version.pk}/whole/").context["form"].initial["document"]
    assert "JSON" in words(chief.post(f"{base}{version.pk}/whole/", {"document": whole + "x", "seen": "2"}))
    assert chief.post(f"{base}{version.pk}/whole/", {"document": whole, "seen": "2"}).status_code == 302
    version = ProcessVersion.objects.get(number=3)
    calendar, whole = unit_calendar(WARD), DossierProcess.objects.get().whole
    assert working_time_between(step.started_at, step.due_at, calendar) == whole * 60 / 100
    with pytest.raises(TransitionRefused, match="bước quyết định"):
        decide(dossier, officer, signer)
    client = Client()
    position = make_position(roles=("handling",))
    sign_in(client, position.person, position=position)
    assert "Quyết định và trình ký</a>" not in client.get(f"{DESK}{dossier.pk}/change/").content.decode()
    pass_on(dossier, officer)
    issued = decide(dossier, officer, signer)
    assert (step_of(dossier).act, step_of(dossier).officer_id, fresh(dossier).officer_id) == (
        "sign",
        signer.position_id,
        officer.position_id,
    )
    services.decline(actor=signer, dossier_id=dossier.pk, seen_version=fresh(dossier).version, reason="Sai tên", now=NOW)
    assert (step_of(dossier).act, step_of(dossier).officer_id) == ("decide", officer.position_id), "to who prepared it"
    issued = decide(dossier, officer, signer, number="126/2026")
    sign_by_hand(issued)
    process = DossierProcess.objects.get()
    assert (process.ending, process.steps.filter(finished_at=None).count()) == ("done", 0)
    services.return_result(document_id=issued.document_id, now=NOW)
    assert DossierProcess.objects.count() == 1, "the same signature twice is one"
    printed = sheet(chief, dossier)
    assert "Sai tên" in printed and "Trả kết quả" in printed and "Đang giải quyết" not in printed
    assert chief.post(f"{base}{version.pk}/end/").status_code == 302
    other = received(officer)
    assert not other.processes.exists() and decide(other, officer, signer, number="127/2026"), "without one as ever"


@pytest.mark.requirement("D-09")
def test_a_step_that_is_removed_stays_for_who_stands_in_it_and_one_is_given_back() -> None:
    officer = make_officer_actor(roles=("reception", "handling"))
    document = library("lay-y-kien")
    document["steps"][1].pop("opinions")
    document["steps"][1]["when"] = {"field": "applicant_role", "in": ["mother"]}
    first = published(document)
    dossier = received(officer)
    pass_on(dossier, _holder(dossier))
    assert step_of(dossier).name == "lay-y-kien"
    newer = {**document, "steps": [document["steps"][0], {**document["steps"][2], "return_to": ["tham-dinh"]}, document["steps"][3]]}
    second = published(newer)
    assert (second.number, ProcessVersion.objects.get(pk=first.pk).ended_at) == (2, NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        ProcessVersion.objects.filter(pk=first.pk).update(document={})
    assert process_for(CODE, WARD) == second and step_of(dossier).process.version == first
    back = running.return_step(
        actor=_holder(dossier), dossier_id=dossier.pk, seen_version=fresh(dossier).version, name="tham-dinh", reason="Thiếu", now=NOW
    )
    assert (back.name, back.number) == ("tham-dinh", 3) and dossier.steps.get(number=2).outcome == "returned"
    pass_on(dossier, _holder(dossier))
    assert step_of(dossier).name == "lay-y-kien"
    with pytest.raises(TransitionRefused, match="không cho trả lại"):
        running.return_step(
            actor=_holder(dossier), dossier_id=dossier.pk, seen_version=fresh(dossier).version, name="ky", reason="Nhầm", now=NOW
        )
    assert pass_on(dossier, _holder(dossier)).name == "trinh-ky"
    newest = received(officer)
    assert pass_on(newest, _holder(newest)).name == "trinh-ky"

    # A receipt undone ends the way; received again it begins anew.
    other = received(officer)
    version = fresh(other).version
    services.undo_receive(actor=officer_actor(make_position()), dossier_id=other.pk, seen_version=version, reason="Nhầm", now=NOW)
    assert [one.ending for one in other.processes.all()] == ["undone"]
    services.receive(actor=officer, dossier_id=other.pk, seen_version=fresh(other).version, now=NOW)
    assert step_of(other).name == "tham-dinh" and other.steps.count() == 2


@pytest.mark.requirement("D-09")
def test_acts_that_know_no_steps_move_the_step_as_well() -> None:
    """Another officer has the dossier, then another agency: what writes an event keeps the process true."""
    published()
    officer, colleague = make_officer_actor(roles=("reception", "handling")), make_officer_actor(roles=("handling",))
    dossier = fresh(received(officer))
    dossier.officer_id, dossier.officer_label = colleague.position_id, colleague.label
    dossier.save()
    write_event(dossier, "assign", before=dossier.state, actor=officer, now=NOW)
    assert (step_of(dossier).officer_id, step_of(dossier).assigned_how) == (colleague.position_id, "hand")
    published(library("mot-nguoi"), unit="H26.102")
    theirs = make_officer_actor("H26.102", ("handling",))
    dossier.unit_code, dossier.officer_id = "H26.102", theirs.position_id
    dossier.save()
    write_event(dossier, "assign", before=dossier.state, actor=theirs, now=NOW)
    step = step_of(dossier)
    assert (step.unit_code, step.act, step.officer_id) == ("H26.102", "decide", theirs.position_id)
    assert sorted(dossier.processes.values_list("ending", flat=True)) == ["", "stopped"]
    later = fresh(received(officer))
    services.stop(actor=leader(), dossier_id=later.pk, seen_version=later.version, reason="Căn cứ Điều 1", now=NOW)
    assert later.processes.get().ending == "stopped" and not later.steps.filter(finished_at=None).exists()


@pytest.mark.requirement("D-09", "D-31")
def test_lists_and_pages_cost_as_much_for_many_as_for_few() -> None:
    published()
    officer, (ministry, theirs) = make_officer_actor(roles=("reception", "handling")), desk("G17", "handling")
    client, _ = desk(WARD, "reception", "handling", "signing")
    dossier = received(officer)

    def one_more() -> None:
        other = received(officer)
        for asked, agency in ((dossier, f"G{9 + dossier.opinions.count():02d}"), (other, "G17")):
            [row] = opinions.ask(
                actor=officer, dossier_id=asked.pk, seen_version=fresh(asked).version, matter="khac", label="Nhà ở", agencies=[agency],
                question="Có phép không?", days=3, now=NOW,
            )  # fmt: skip
        opinions.answer(actor=officer_actor(theirs), opinion_id=row.pk, verdict="agree", words="Có.", now=NOW)

    def costs() -> list[int]:
        found = []
        for browser, address in (
            (client, "/quan-tri/dossiers/dossierstep/?viec=tat-ca"),
            (client, f"{DESK}{dossier.pk}/change/"),
            (client, f"{DESK}{dossier.pk}/control_sheet/"),
            (ministry, "/quan-tri/dossiers/dossieropinion/?viec=tat-ca"),
        ):
            browser.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(address).status_code == 200
            found.append(len(queries))
        return found

    one_more()
    few = costs()
    for _ in range(3):
        one_more()
    assert costs() == few


def _holder(dossier: Any) -> Any:
    """Who has the step."""
    from accounts.models import Position

    held = step_of(dossier).officer_id
    assert held is not None
    return officer_actor(Position.objects.get(pk=held))


@pytest.mark.requirement("D-08", "D-09")
def test_a_pause_of_the_dossier_moves_the_step_by_as_much() -> None:
    published()
    officer = make_officer_actor()
    dossier, calendar = received(officer), unit_calendar(WARD)
    before = step_of(dossier).due_at
    ask(dossier, officer)
    with pytest.raises(TransitionRefused, match="chờ người nộp"):
        pass_on(dossier, _holder(dossier))
    later = NOW + timedelta(days=3)
    give(dossier, now=later)
    after = running.due_of(step_of(dossier), fresh(dossier), calendar)
    assert step_of(dossier).due_at == after, "lists of what is late see it, too"
    assert working_time_between(before, after, calendar) == working_time_between(NOW, later, calendar)
    step = pass_on(dossier, _holder(dossier), now=later)
    due = fresh(dossier).due_at
    assert due is not None and step.due_at <= due and dossier.steps.get(number=1).is_late is False


@pytest.mark.requirement("D-09")
def test_what_is_wrong_with_a_process_is_said_in_sentences() -> None:
    good = library()
    assert documents.faults(good) == []

    def said(**changes: Any) -> str:
        steps = [{**good["steps"][0], **changes}, *good["steps"][1:]]
        return " ".join(map(str, documents.faults({**good, "steps": steps}, [{"name": "ward", "kind": "text", "label": "Nơi"}])))

    assert "vai trò phải là" in said(role="boss")
    assert "nhiều hơn cả thời hạn" in said(percent=90)
    assert "chỉ trả lại được những bước đứng trước" in said(return_to=["ky"])
    assert "giao theo địa bàn" in said(assign={"by": "area", "field": "ward"})
    assert "không có trong biểu mẫu" in said(when={"field": "nowhere", "in": ["x"]})
    assert "không có thông tin" in said(when={"fact": "weather", "in": ["x"]})
    assert "Hai bước cuối" in said(act="sign", role="signing")
    assert "tên của ý kiến" in said(opinions=[{"name": "Ý", "label": "x"}])
    assert "JSON" in " ".join(map(str, documents.faults([])))


@pytest.mark.requirement("D-09")
def test_a_dossier_without_a_process_stays_as_it_was() -> None:
    client, _ = desk(WARD, "reception", "handling")
    dossier = filed()
    assert client.post(f"{DESK}{dossier.pk}/receive/", {"seen": dossier.version}).status_code == 302
    assert (fresh(dossier).state, dossier.processes.count()) == (State.PROCESSING, 0)
    assert "không theo quy trình điện tử nào" in page(client, dossier) and "Quyết định và trình ký" in page(client, dossier)
    assert "Tiếp nhận hồ sơ" in sheet(client, dossier) and process_for(FOOD, WARD) is not None
