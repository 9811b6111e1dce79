"""What the work on the desk teaches: what the pages say is what happened, told to who may know it (R-11, R-15, R-16)."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Person
from dossiers import services
from dossiers.appointments import counter
from dossiers.models import Dossier, SupplementDefect, Ticket, UncountedEvent
from dossiers.services.supplements import Asked
from dossiers.tasks import forget_appointments
from portal.access import Actor
from portal.workdays import ZONE
from ratings import spans
from ratings.board.rules import share
from ratings.models import CountedUntil, OfficerRating, Rating, RatingCount, ReturnCount, StepCount, WorkCount
from ratings.slips import counting as slips
from ratings.slips import loading
from ratings.tasks import fold_work
from ratings.work import counting, norms, queries, tables
from ratings.work.reading import Step
from tests.dossiers.counters import UNIT, plan
from tests.dossiers.support import NOW, PAPER, decide, filed, leader, mother, photo, sign_by_hand
from tests.factories import citizen_actor, make_officer_actor, make_person, officer_actor, sign_in
from tests.payments.support import desk_of

MONDAY, WEDNESDAY, THURSDAY = (NOW + dt.timedelta(days=days) for days in (3, 5, 6))
"""Tuesday 24 November is a day off."""
HOUR = dt.timedelta(hours=1)
NOVEMBER = "2026-11"
PHOTO = Asked(SupplementDefect.Kind.PAPER, PAPER, "Giấy chứng sinh", "BS03", "Mờ", "Chụp lại.", replaces=True)


@pytest.fixture
def nothing_counted(demo_data: None) -> None:
    """The demonstration's data, nothing of which is in the figures."""
    for model in (UncountedEvent, WorkCount, StepCount, ReturnCount, OfficerRating, CountedUntil):
        model.objects.all().delete()


def _on(dossier: Dossier) -> dict[str, Any]:
    return {"dossier_id": dossier.id, "seen_version": Dossier.objects.get(pk=dossier.pk).version}


def _finished(officer: Actor) -> Dossier:
    """Received after an hour and a half of work, returned once, decided late, signed an hour after."""
    dossier = filed()
    services.receive(actor=officer, now=NOW + 2 * HOUR, **_on(dossier))
    services.ask_supplement(actor=officer, defects=[PHOTO], days=5, words="", now=MONDAY, **_on(dossier))
    owner = citizen_actor(mother())
    services.add_supplement_paper(actor=owner, dossier_id=dossier.id, number=1, kind=PAPER, upload=photo("rõ.png"), now=WEDNESDAY)
    services.complete(actor=owner, dossier_id=dossier.id, number=1, now=WEDNESDAY)
    issued = decide(dossier, officer, leader(), now=THURSDAY)
    with time_machine.travel(THURSDAY + HOUR, tick=False):
        sign_by_hand(issued)
    return dossier


def _refused(officer: Actor) -> None:
    """Nine working hours after it was sent."""
    dossier = filed()
    services.refuse(actor=officer, reason="Không thuộc thẩm quyền", now=MONDAY + HOUR, **_on(dossier))


def _by_mistake(officer: Actor) -> None:
    """Received and undone, asked for a paper and called off: as if nothing had been."""
    dossier = filed()
    services.receive(actor=officer, now=NOW + HOUR, **_on(dossier))
    services.undo_receive(actor=officer, reason="Nhầm", now=NOW + 1.2 * HOUR, **_on(dossier))
    services.ask_supplement(actor=officer, defects=[PHOTO], days=5, words="", now=NOW + 1.3 * HOUR, **_on(dossier))
    services.call_off_first_supplement(actor=officer, reason="Nhầm", now=NOW + 1.4 * HOUR, **_on(dossier))


def _cells(model: Any) -> list[tuple[Any, ...]]:
    names = [field.name for field in model._meta.fields if field.name != "id"]
    rows = model.objects.order_by(*names).values_list(*names)
    # Of officers and places that only undid something nothing is left but noughts.
    return [row for row in rows if any(isinstance(value, int) and value for value in row)]


@pytest.mark.usefixtures("nothing_counted")
@pytest.mark.requirement("R-16")
def test_who_restructures_a_procedure_reads_its_slow_steps_and_what_is_asked_for_again() -> None:
    desk, _ = desk_of("H26", "procedure_entering")
    add = "/quan-tri/procedures/restructuring/add/"
    assert "Chưa có số liệu về các bước" in unescape(desk.get(f"{add}?thu-tuc=1.001193").content.decode())
    _finished(make_officer_actor(roles=("reception", "handling")))
    fold_work()
    form = unescape(desk.get(f"{add}?thu-tuc=1.001193").content.decode())
    assert 'value="1.001193"' in form and "Hay phải bổ sung: Giấy chứng sinh" in form
    plan = {
        "procedure_code": "1.001193", "present": "Tại quầy.", "steps_before": "7", "steps_after": "4", "papers_before": "3",
        "papers_after": "3", "papers_cut": "", "systems": "Hộ tịch", "benefit": "", "approval": "1/QĐ", "approved_by": "Giả Định",
        "approved_on": "01/11/2026",
    }  # fmt: skip
    page = desk.get(desk.post(add, plan)["Location"])
    year = spans.named("2026")
    assert year is not None
    slowest = queries.steps("H26", year, procedure="1.001193")[0]
    shown = re.sub(r"\s+", " ", unescape(page.content.decode()))
    assert f'<th scope="row">{tables.label_of(slowest.step)}</th><td>{slowest.hours}'.replace(".", ",") in shown
    assert '<th scope="row">Giấy chứng sinh</th>' in shown and "Số liệu năm 2026" in shown
    link = re.search(r'href="(/dieu-hanh/H26/cong-viec/[^"]+thu-tuc=1\.001193)"', shown)
    assert link is not None
    head, _ = desk_of("H26", "overseeing")
    assert "Giấy chứng sinh" in head.get(unescape(link[1])).content.decode()
    # Another procedure's page says nothing of this one; the same words stand where a decision makes it interlinked.
    assert "Giấy chứng sinh" not in unescape(desk.get(f"{add}?thu-tuc=2.000635").content.decode())


@pytest.mark.usefixtures("nothing_counted")
@pytest.mark.requirement("R-11", "R-16", "D-29")
def test_figures_are_what_happened_undone_mistakes_left_out_and_can_be_counted_anew() -> None:
    quick, slow = make_officer_actor(roles=("reception", "handling")), make_officer_actor(roles=("reception",))
    _finished(quick)
    _refused(slow)
    _by_mistake(slow)
    waiting = UncountedEvent.objects.count()
    assert waiting > 10 and counting.fold(most=4) == 4, "a slice at a time"
    assert fold_work() == waiting - 4 and fold_work() == 0 and not UncountedEvent.objects.exists()

    month, year = spans.named(NOVEMBER), spans.named("2026")
    assert month is not None and year is not None
    for span in (month, year):
        for place in ("", "H26", UNIT):
            done = queries.work_of(place, span)
            assert (done.received, done.refused, done.requests, done.resolved, done.late) == (1, 1, 1, 1, 1), place
            assert (done.answered, done.answered_in_time) == (2, 1)
            steps = {line.step: (line.number, line.seconds) for line in queries.steps(place, span)}
            # 10:00 to 12:00 is an hour and a half before lunch; Friday 10:00 to Monday 11:00 is nine hours.
            assert steps == {
                Step.RECEIVE: (2, 37800), Step.HAND_OVER: (1, 0), Step.HANDLE: (2, 52200), Step.COMPLETE: (1, 28800),
                Step.SIGN: (1, 3600), Step.RETURN: (1, 0),
            }  # fmt: skip
            [line] = queries.returns(place, span)
            assert (line.procedure_code, line.name, line.reason, line.label, line.asked) == (
                "1.001193", PAPER, "BS03", "Giấy chứng sinh", 1,
            )  # fmt: skip
        officers = queries.officers(UNIT, span)
        assert officers[quick.position_id].received == officers[quick.position_id].late == 1  # type: ignore[index]
        assert (officers[slow.position_id].refused, officers[slow.position_id].received) == (1, 0)  # type: ignore[index]
        assert queries.below("", span).keys() >= {"H26"} and queries.below("H26", span)[UNIT].received == 1
    assert queries.work_of("H26.102", year) == queries.Work()
    assert queries.receivers("", 2026) == {"H26": 1} and queries.receivers("H26", 2026) == {UNIT: 1}

    WorkCount.objects.filter(kind="p", place="H26").update(called=7)
    kept = {model: _cells(model) for model in (WorkCount, StepCount, ReturnCount)}
    UncountedEvent.objects.all().delete()
    call_command("recount_work")
    found = {model: _cells(model) for model in kept}
    # The demonstration's own dossiers are counted with them now; ours are there as they were.
    assert queries.officers(UNIT, month)[quick.position_id] == officers[quick.position_id]  # type: ignore[index]
    assert WorkCount.objects.get(kind="p", place="H26", period="y", first=dt.date(2026, 1, 1)).called == 7, "counters are not forgotten"
    call_command("recount_work")
    assert {model: _cells(model) for model in kept} == found


@pytest.mark.usefixtures("nothing_counted")
@pytest.mark.requirement("R-11")
def test_counters_are_counted_when_their_day_is_over_before_their_numbers_are_forgotten() -> None:
    plan()
    Ticket.objects.all().delete()
    first, second = (make_officer_actor(roles=("reception",)) for _ in range(2))
    morning = dt.datetime(2026, 12, 1, 8, 0, tzinfo=ZONE)
    for number, (who, seat, wait, handle) in enumerate([(first, 1, 10, 20), (second, 2, 16, 31), (first, 1, 4, 9)]):
        at = morning + number * HOUR
        counter.walk_in(actor=who, unit_code=UNIT, now=at)
        called = at + dt.timedelta(minutes=wait)
        ticket = counter.call_next(actor=who, unit_code=UNIT, counter=seat, now=called)
        counter.step(actor=who, ticket_id=ticket.pk, name="serve", now=called)
        counter.step(actor=who, ticket_id=ticket.pk, name="finish", now=called + dt.timedelta(minutes=handle))
    assert counting.count_counters(morning.date()) == 0, "the day goes on"
    with time_machine.travel(morning + dt.timedelta(days=100), tick=False):
        fold_work()
        forget_appointments()
        assert not Ticket.objects.exists() and counting.count_counters(timezone.localdate()) == 0
    december = spans.named("2026-12")
    assert december is not None
    for place in ("", "H26", UNIT):
        done = queries.work_of(place, december)
        assert (done.called, done.waited_over, done.served, done.handled_over) == (3, 1, 3, 1)
        assert (done.waited, done.handled) == (10, 20)
    seats = queries.counters(UNIT, december)
    assert {seat: (of.served, of.waited, of.handled) for seat, of in seats.items()} == {1: (2, 7, Decimal("14.5")), 2: (1, 16, 31)}
    assert queries.officers(UNIT, december)[second.position_id].waited == 16  # type: ignore[index]
    # The head reads of each counter what it did of what one person is to do there in a year.
    last = december.last
    with time_machine.travel(dt.datetime(last.year, last.month, last.day, 18, tzinfo=ZONE), tick=False):
        head = desk_of(UNIT, "signing")[0]
        told = _table(head.get("/dieu-hanh/cong-viec/so-lieu.csv?bang=quay&ky=2026-12"))
    norm = norms.expected(1800, december, last)
    assert 150 <= norm <= 153
    assert [(row["Quầy"], row["Lượt phục vụ tại quầy"], row["Mức chuẩn một người đến nay"]) for row in told] == [
        ("Quầy 1", "2", str(norm)), ("Quầy 2", "1", str(norm)),
    ]  # fmt: skip
    assert [row["So với mức chuẩn (%)"] for row in told] == [f"{share(done, norm):g}" for done in (2, 1)]


def _rated(officer: Actor, *steps: int) -> None:
    loading.load()
    for step in steps:
        Rating.objects.create(
            source="d", form_id=1, unit_code=UNIT, procedure_code="1.001193", field_code="LV.ho-tich", channel="2", service_level="full",
            officer_id=officer.position_id, day=NOW.date(), month=dt.date(2026, 11, 1), q1=3, q2=step, q3=3, q4=3, q5=6 - step,
        )  # fmt: skip
    while slips.fold():
        pass


def _table(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.usefixtures("nothing_counted")
@pytest.mark.requirement("R-15")
def test_what_slips_say_of_an_officer_is_told_from_five_on() -> None:
    few, many = (make_officer_actor(roles=("reception",)) for _ in range(2))
    _rated(few, 5, 5, 5, 5)
    _rated(many, 5, 4, 4, 3, 1)
    head = desk_of(UNIT, "signing")[0]
    rows = {row["Mã"]: row for row in _table(head.get(f"/dieu-hanh/cong-viec/so-lieu.csv?bang=can-bo&ky={NOVEMBER}"))}
    said = ("Phiếu đánh giá trong năm", "Hài lòng về thái độ (%)", "Hài lòng về kết quả (%)")
    assert [rows[str(few.position_id)][name] for name in said] == ["", "", ""]
    assert [rows[str(many.position_id)][name] for name in said] == ["5", "60", "20"]
    before = list(OfficerRating.objects.order_by("officer_id", "question").values_list("officer_id", "question", "s1", "s5"))
    call_command("recount_ratings")
    mine = OfficerRating.objects.filter(officer_id__in=[few.position_id, many.position_id]).order_by("officer_id", "question")
    assert list(mine.values_list("officer_id", "question", "s1", "s5")) == before
    assert RatingCount.objects.filter(place=UNIT, question="officer").exists()


def _text(answer: Any) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


@pytest.mark.usefixtures("nothing_counted")
@pytest.mark.requirement("R-11", "R-15", "R-16")
def test_a_head_sees_the_unit_vpcp_everything_an_officer_their_own_row() -> None:
    worker, other = desk_of(UNIT, "reception", "handling"), desk_of(UNIT, "reception")
    Person.objects.filter(pk=worker[1].person_id).update(full_name="Đặng Thị Chăm Giả Định")
    worker[1].refresh_from_db()
    _finished(officer_actor(worker[1]))
    _refused(make_officer_actor(roles=("reception",)))
    fold_work()
    page, file = f"/dieu-hanh/cong-viec/?ky={NOVEMBER}", "so-lieu.csv"

    head, city, vpcp = desk_of(UNIT, "signing")[0], desk_of("H26", "overseeing")[0], desk_of("G22", "steering")[0]
    seen = _text(head.get(page))
    for words in (
        "Tháng 11/2026: tiếp nhận 1 hồ sơ, giải quyết xong 1, trong đó 0% đúng hạn; 50% hồ sơ nộp trực tuyến được trả lời trong 8 giờ",
        "1.800 hồ sơ một người một năm (thành phố trực thuộc trung ương)", "Thẩm định, giải quyết", "Giấy chứng sinh", "Người nộp bổ sung",
        worker[1].person.full_name,
    ):  # fmt: skip
        assert words in seen, words
    [row] = [row for row in _table(head.get(f"/dieu-hanh/cong-viec/{file}?bang=can-bo&ky={NOVEMBER}")) if row["Mã"] == str(worker[1].pk)]
    assert (row["Tiếp nhận"], row["Giải quyết xong"], row["Đúng hạn (%)"], row["Trả lời trong 8 giờ (%)"]) == ("1", "1", "0", "100")
    whole = norms.expected(1800, spans.named(NOVEMBER), timezone.localdate())  # type: ignore[arg-type]
    assert row["Mức chuẩn đến nay"] == str(whole)
    [step] = [row for row in _table(head.get(f"/dieu-hanh/cong-viec/{file}?bang=buoc&ky={NOVEMBER}")) if row["Bước"] == "Chờ ký kết quả"]
    assert (step["Mã"], step["Lượt hồ sơ"], step["Bình quân (giờ làm việc)"]) == ("1.001193", "1", "1")
    [again] = _table(head.get(f"/dieu-hanh/cong-viec/{file}?bang=giay-to&ky={NOVEMBER}&thu-tuc=1.001193"))
    assert (again["Giấy tờ, mục"], again["Số lần"]) == ("Giấy chứng sinh", "1") and again["Vì sao"]
    assert _table(head.get(f"/dieu-hanh/cong-viec/{file}?bang=giay-to&ky={NOVEMBER}&thu-tuc=2.000635")) == []
    for asked in ("ky=2026-11-20", "ky=x", "thu-tuc=%00"):
        assert head.get(f"/dieu-hanh/cong-viec/?{asked}").status_code == 404
    assert head.get(f"/dieu-hanh/cong-viec/{file}?bang=x").status_code == 404

    # Above the unit no officer is named; one goes down to the unit.
    for client, start in ((city, "/dieu-hanh/cong-viec/"), (vpcp, "/dieu-hanh/cong-viec/"), (vpcp, "/dieu-hanh/H26/cong-viec/")):
        above = client.get(f"{start}?ky={NOVEMBER}")
        assert worker[1].person.full_name not in _text(above) and "Cơ quan bên dưới" in _text(above)
        assert client.get(f"/dieu-hanh/{UNIT}/cong-viec/?ky={NOVEMBER}").status_code == 200
    assert f"/dieu-hanh/{UNIT}/cong-viec/?ky={NOVEMBER}" in city.get(page).content.decode()
    assert vpcp.get(f"/dieu-hanh/cong-viec/{file}?bang=can-bo").status_code == 404
    assert [row["Mã"] for row in _table(vpcp.get(f"/dieu-hanh/cong-viec/{file}?bang=don-vi&ky={NOVEMBER}"))] == ["H26"]

    for address in ("cong-viec/", f"cong-viec/{file}?bang=can-bo"):
        assert head.get(f"/dieu-hanh/H26/{address}").status_code == 404
        assert city.get(f"/dieu-hanh/H29/{address}").status_code == 404
        assert desk_of("H29.101", "signing")[0].get(f"/dieu-hanh/{UNIT}/{address}").status_code == 404
        assert worker[0].get(f"/dieu-hanh/{address}").status_code == 403
        assert worker[0].get(f"/dieu-hanh/{UNIT}/{address}").status_code == 403
    own = _text(worker[0].get(f"/dieu-hanh/viec-cua-toi/?ky={NOVEMBER}"))
    assert re.search(r"Tiếp nhận 1 ", own) and "Đúng hạn (%) 0" in own
    assert "Chưa có số liệu" in _text(other[0].get(f"/dieu-hanh/viec-cua-toi/?ky={NOVEMBER}"))
    citizen = Client()
    sign_in(citizen, make_person())
    for address in ("viec-cua-toi/", "cong-viec/"):
        assert citizen.get(f"/dieu-hanh/{address}")["Location"].startswith("/tai-khoan/can-bo/")
    for client, leads in ((head, "/dieu-hanh/cong-viec/"), (worker[0], "/dieu-hanh/viec-cua-toi/")):
        assert client.get("/quan-tri/ratings/workcount/")["Location"] == leads
    assert desk_of(UNIT, "content")[0].get("/quan-tri/ratings/workcount/").status_code == 403


@pytest.mark.usefixtures("nothing_counted")
def test_a_page_asks_as_much_whatever_there_is() -> None:
    head, vpcp = desk_of(UNIT, "signing")[0], desk_of("G22", "steering")[0]

    def asked(client: Client) -> int:
        with CaptureQueriesContext(connection) as said:
            assert client.get(f"/dieu-hanh/cong-viec/?ky={NOVEMBER}").status_code == 200
        return len(said)

    _refused(make_officer_actor(roles=("reception",)))
    fold_work()
    few = asked(head), asked(vpcp)
    rows = []
    for number in range(40):
        officer = make_officer_actor(roles=("reception",)) if number < 5 else None
        for period, first in (("m", dt.date(2026, 11, 1)), ("y", dt.date(2026, 1, 1))):
            of = {"period": period, "first": first}
            if officer is not None:
                rows.append(WorkCount(kind="o", place=UNIT, parent="-", key=str(officer.position_id), received=3, **of))
            rows.append(WorkCount(kind="p", place=f"H{50 + number}", parent="", received=number, **of))
            StepCount.objects.create(place=UNIT, procedure_code=f"9.{number:06}", step="handle", number=1, seconds=number, **of)
    WorkCount.objects.bulk_create(rows)
    assert (asked(head), asked(vpcp)) == few and max(few) <= 30


@pytest.mark.requirement("R-11")
@pytest.mark.parametrize(("agency", "place", "province", "per_year"), [
    ("G15", None, None, 2000),
    ("H26.201", None, ("01", "Thành phố Hà Nội"), 1800),
    ("H26.101", ("00070", "Phường Hoàn Kiếm"), ("01", "Thành phố Hà Nội"), 1800),
    ("H04.1", ("01273", "Phường Thục Phán"), ("04", "Tỉnh Cao Bằng"), 1600),
    ("H04.2", ("01290", "Xã Ví Dụ"), ("04", "Tỉnh Cao Bằng"), 1200),
    ("H26.150", ("00376", "Xã Sóc Sơn"), ("01", "Thành phố Hà Nội"), 1200),
    ("H29.900", ("26732", "Đặc khu Côn Đảo"), ("79", "Thành phố Hồ Chí Minh"), 800),
])  # fmt: skip
def test_the_norm_is_that_of_the_kind_of_place(agency: str, place: Any, province: Any, per_year: int) -> None:
    assert norms.norms()[norms.kind_of(agency, place, province)].per_year == per_year


@pytest.mark.usefixtures("nothing_counted")
@pytest.mark.requirement("R-11")
def test_a_norm_is_asked_for_so_far_and_known_of_real_agencies() -> None:
    year, november = spans.named("2026"), spans.named(NOVEMBER)
    assert year is not None and november is not None
    assert [norms.expected(1825, year, day) for day in (dt.date(2026, 1, 1), dt.date(2026, 12, 31), dt.date(2027, 5, 1))] == [5, 1825, 1825]
    assert [norms.expected(1825, november, dt.date(2026, *day)) for day in ((10, 31), (11, 10), (12, 5))] == [0, 50, 150]
    found = norms.norms_of(["H26", UNIT, "H26.201", "G15"], dt.date(2026, 11, 20))
    assert {code: one.kind for code, one in found.items()} == {"H26": "city", UNIT: "city", "H26.201": "city", "G15": "ministry"}
