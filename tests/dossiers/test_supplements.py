"""Completing a dossier: one request for everything, the answer, what follows without one, and what each does to the clock (state 5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client

from dossiers import services
from dossiers.form_documents import compiled
from dossiers.forms_data import FOLDER, shipped_form
from dossiers.models import (
    Dossier,
    DossierDocument,
    NationalDossier,
    Paper,
    Standing,
    State,
    SupplementDefect,
    SupplementRequest,
)
from dossiers.national import is_on_time
from dossiers.services.national import facts_of
from dossiers.services.supplements import Asked
from dossiers.supplements.desk import NO_DEFECT, SupplementForm
from dossiers.supplements.opening import as_typed, opened
from dossiers.supplements.policies import policy_of, reasons
from dossiers.values import canonical
from portal.documents.rendering import document_html
from portal.files.models import FileState, StoredFile
from portal.notifications.models import Notification
from portal.workdays import response_due
from tests.dossiers.support import NOW, PAPER, ZONE, ComesBack, filed, hidden, mother, photo, received
from tests.dossiers.test_kinds import DESK, words
from tests.dossiers.test_kinds import desk as desk_of_a_day
from tests.factories import citizen_actor, make_officer_actor, make_person, sign_in

pytestmark = pytest.mark.usefixtures("demo_data")

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)
"""Eight working hours after ``NOW``."""


@pytest.fixture
def mothers() -> Client:
    return ComesBack(mother())


def desk(place: str, *roles: str) -> tuple[Client, Any]:
    """An officer who works there for days."""
    _client, position = desk_of_a_day(place, *roles)
    return ComesBack(position.person, position), position


def fresh(dossier: Dossier) -> Dossier:
    return Dossier.objects.get(pk=dossier.pk)


def told(template: str) -> int:
    return Notification.objects.filter(template=template, channel="inbox").count()


def row_of(dossier: Dossier) -> NationalDossier:
    return NationalDossier.objects.get(code=dossier.code)


def page(code: str | None) -> str:
    return f"/ho-so/{code}/bo-sung/"


def body(dossier: Dossier, *, asked: Mapping[str, tuple[str, str]], **more: Any) -> dict[str, Any]:
    """The officer's form with reasons (and words) beside these fields and papers."""
    places = {one["name"]: one["place"] for one in SupplementForm(None, dossier=dossier).lines}
    typed: dict[str, Any] = {"seen": fresh(dossier).version, "days": "5", "words": "", **more}
    for name, (reason, text) in asked.items():
        typed |= {f"reason_{places[name]}": reason, f"words_{places[name]}": text}
    return typed


PHOTO = Asked(SupplementDefect.Kind.PAPER, PAPER, "Giấy chứng sinh", "BS03", "Mờ", "Chụp lại.", replaces=True)
NAME = Asked(SupplementDefect.Kind.FIELD, "father_name", "Họ tên cha", "BS08", "Không khớp giấy tờ kèm theo", "Khai như căn cước.")


def ask(dossier: Dossier, officer: Any, *defects: Asked, now: datetime = NOW, days: int = 5, verb: str = "ask_supplement") -> Dossier:
    done: Dossier = getattr(services, verb)(
        actor=officer,
        dossier_id=dossier.id,
        seen_version=fresh(dossier).version,
        defects=defects or (PHOTO,),
        days=days,
        words="",
        now=now,
    )
    return done


def give(dossier: Dossier, *, now: datetime = MONDAY) -> Dossier:
    """The mother sends another photo, and that is all."""
    actor, number = citizen_actor(mother()), dossier.supplements.latest("number").number
    services.add_supplement_paper(actor=actor, dossier_id=dossier.id, number=number, kind=PAPER, upload=photo("rõ.png"), now=now)
    return services.complete(actor=actor, dossier_id=dossier.id, number=number, now=now)


@pytest.mark.requirement("D-06", "D-08", "D-11", "D-12")
def test_everything_is_asked_for_at_once_only_that_is_open_and_the_clock_waits(mothers: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        officer, _ = desk("H26.101", "reception", "handling")
        dossier = filed()
        officer.post(f"{DESK}{dossier.id}/receive/", {"seen": dossier.version})
        dossier = fresh(dossier)
        appointment = dossier.due_at
        address = f"{DESK}{dossier.id}/ask_supplement/"
        listed = officer.get(address)
        assert "Nêu một lần tất cả" in words(listed) and "Mờ, mất góc" in words(listed) and "tạm dừng" in words(listed)
        assert NO_DEFECT in words(officer.post(address, body(dossier, asked={})))
        other = officer.post(address, body(dossier, asked={"father_name": ("BS99", "")}))
        assert other.status_code == 422 and "Hãy ghi người nộp cần làm gì" in words(other)
        unnamed = officer.post(address, body(dossier, asked={"BS-1": ("BS01", "")}))
        assert unnamed.status_code == 422 and "Hãy ghi tên giấy tờ" in words(unnamed)
        asked = {"father_name": ("BS08", "Khai như căn cước."), PAPER: ("BS03", ""), "BS-1": ("BS01", "")}
        done = officer.post(address, body(dossier, asked=asked, new_1="Giấy chứng nhận kết hôn", words="Gọi tôi nếu chưa rõ."))
        assert done.status_code == 302, words(done)

        dossier = fresh(dossier)
        request = dossier.supplements.get()
        assert (dossier.state, dossier.paused_at, dossier.supplements_after) == (State.INCOMPLETE, NOW, 1)
        assert dossier.supplement_until == request.until == datetime(2026, 11, 30, 17, 0, tzinfo=ZONE)
        assert [(one.kind, one.name, one.reason) for one in request.defects.all()] == [
            ("field", "father_name", "BS08"),
            ("paper", PAPER, "BS03"),
            ("new_paper", "BS-1", "BS01"),
        ]
        slip = document_html(dossier.documents.get(role=DossierDocument.Role.REQUEST).document, at=NOW)
        for line in ("Giấy chứng nhận kết hôn", "chụp hoặc quét lại", "Gọi tôi nếu chưa rõ.", "17:00 ngày 30/11/2026", "dừng giải quyết"):
            assert line in slip
        for channel in ("inbox", "sms"):
            assert Notification.objects.filter(template="dossiers.supplement_asked", channel=channel).count() == 1
        row = row_of(dossier)
        assert (row.state, row.due_at, row.supplement_is_pending, row.supplements_after) == ("5", None, True, 1), "nobody is late meanwhile"
        assert is_on_time(facts_of(row), until=NOW.date() + timedelta(days=90)) is True
        assert str(dossier.code) in words(officer.get(f"{DESK}?viec=cho-bo-sung"))

    with time_machine.travel(MONDAY, tick=False):
        assert str(dossier.code) not in words(officer.get(f"{DESK}?viec=qua-han")), "its appointment has passed, but the clock stands still"
        status = words(mothers.get(f"/ho-so/{dossier.code}/"))
        assert "Chờ bạn bổ sung hồ sơ" in status and "17:00 30/11/2026" in status and "Bạn cần bổ sung hồ sơ" in status
        shown = mothers.get(page(dossier.code))
        text, source = words(shown), shown.content.decode()
        assert "Quá hạn mà chưa bổ sung, cơ quan dừng giải quyết" in text and "Khai như căn cước." in text and "Phần còn lại" in text
        assert 'name="father_name"' in source and 'name="child_name"' not in source and "Trần Thị Bé Thử" in text

        # What is not asked for is not taken, whatever a request carries.
        typed = {"father_name": "Trần Văn Tên Mới", "child_name": "Kẻ Khác", "shown": "father_name child_name"}
        missing = mothers.post(page(dossier.code), hidden(shown, act="gui", explanation="Đã sửa.") | typed)
        assert missing.status_code == 422 and "Còn thiếu: Giấy chứng nhận kết hôn" in words(missing)
        assert fresh(dossier).state == State.INCOMPLETE and "Trần Văn Tên Mới" in missing.content.decode()
        kept = hidden(missing, father_name="Trần Văn Tên Mới", explanation="Đã sửa.", act=f"them:{PAPER}")
        assert mothers.post(page(dossier.code), kept | {f"tep-{PAPER}": photo("rõ.png")}).status_code == 302
        again = mothers.get(page(dossier.code))
        assert "rõ.png" in words(again) and dossier.papers.count() == 1, "the dossier has it when the answer is sent"
        whole = hidden(again, father_name="Trần Văn Tên Mới", explanation="Đã sửa.", act="gui")
        sent = mothers.post(page(dossier.code), whole | {"tep-BS-1": photo("kết hôn.png")})
        assert sent["Location"] == f"/ho-so/{dossier.code}/?da-bo-sung=1", words(sent)
        assert mothers.post(page(dossier.code), whole)["Location"] == sent["Location"], "pressed twice"

        after = fresh(dossier)
        assert (after.state, after.paused_at, after.supplement_until) == (State.PROCESSING, None, None)
        assert appointment == datetime(2026, 11, 20, 17, 0, tzinfo=ZONE)
        assert after.due_at == datetime(2026, 11, 23, 17, 0, tzinfo=ZONE), "as much working time is left as there was"
        assert after.due_first == appointment
        assert after.answers["father_name"] == "Trần Văn Tên Mới" and after.answers["child_name"] == "Trần Thị Bé Thử"
        events = [(one.name, one.from_state, one.to_state, one.due_before, one.due_at) for one in after.events.all()]
        assert events[-2:] == [
            ("ask_supplement", "4", "5", appointment, appointment),
            ("complete", "5", "4", appointment, after.due_at),
        ]
        old, new = Paper.objects.filter(dossier=dossier, kind=PAPER).order_by("position")
        assert old.superseded_at is not None and new.superseded_at is None and new.supplement_id == request.pk
        assert told("dossiers.supplement_given") == 1
        row = row_of(dossier)
        assert (row.state, row.supplement_is_pending, row.supplement_days, row.due_at) == ("4", False, 0, after.due_at)

        seen = officer.get(f"{DESK}{dossier.id}/change/").content.decode()
        assert "<del>Trần Văn Thử</del> → <ins>Trần Văn Tên Mới</ins>" in seen and "Người nộp giải thích: Đã sửa." in seen
        assert "Đã có bản thay thế" in seen and "kết hôn.png" in seen
        assert "Đã gửi phần bổ sung" in words(mothers.get(sent["Location"]))
        assert mothers.get(page(dossier.code)).status_code == 302, "nothing is open any more"


@pytest.mark.requirement("D-29", "D-11")
def test_before_reception_a_request_is_the_answer_and_what_comes_back_is_answered_within_eight_hours(mothers: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        dossier = filed()
        officer, position = desk("H26.101", "reception")
        assert "Thời hạn giải quyết" not in words(officer.get(f"{DESK}{dossier.id}/ask_supplement/")).partition("Căn cứ")[0]
        assert officer.post(f"{DESK}{dossier.id}/ask_supplement/", body(dossier, asked={PAPER: ("BS03", "")})).status_code == 302
        dossier = fresh(dossier)
        assert (dossier.state, dossier.received_at, dossier.supplements_before, dossier.supplements_after) == ("5", None, 1, 0)
        assert dossier.officer_id == position.id and dossier.supplement_asked_at is None
        assert "tính từ khi hồ sơ được tiếp nhận" in words(mothers.get(f"/ho-so/{dossier.code}/"))
    with time_machine.travel(MONDAY, tick=False):
        dossier = give(dossier)
        assert (dossier.state, dossier.response_due_at) == (State.SUBMITTED, response_due(MONDAY))
        # It may be asked for once more before reception; and received, the first request after reception is still free.
        assert officer.post(f"{DESK}{dossier.id}/ask_supplement/", body(dossier, asked={PAPER: ("BS02", "")})).status_code == 302
        give(dossier)
        assert officer.post(f"{DESK}{dossier.id}/receive/", {"seen": fresh(dossier).version}).status_code == 302
        dossier = fresh(dossier)
        assert (dossier.state, dossier.supplements_before, dossier.supplements_after) == (State.PROCESSING, 2, 0)
        assert row_of(dossier).supplements_before == 2


@pytest.mark.requirement("D-11")
def test_another_request_after_reception_needs_a_leader_and_counts_as_late(mothers: Client) -> None:
    with time_machine.travel(MONDAY, tick=False):
        officer, position = desk("H26.101", "reception", "handling")
        chiefs, chief = desk("H26.101", "signing")
        dossier = filed(now=MONDAY)
        officer.post(f"{DESK}{dossier.id}/receive/", {"seen": dossier.version})
        officer.post(f"{DESK}{dossier.id}/ask_supplement/", body(dossier, asked={PAPER: ("BS03", "")}))
        give(fresh(dossier))
        again = body(dossier, asked={PAPER: ("BS06", "Xin dấu của bệnh viện.")})
        refused = officer.post(f"{DESK}{dossier.id}/ask_supplement/", again)
        assert refused.status_code == 409 and "phải được lãnh đạo duyệt" in words(refused)
        assert "lãnh đạo phải duyệt" in words(officer.get(f"{DESK}{dossier.id}/propose_supplement/"))
        for number in (1, 2):
            assert officer.post(f"{DESK}{dossier.id}/propose_supplement/", again | {"seen": fresh(dossier).version}).status_code == 302
            assert fresh(dossier).state_words == "Đang xử lý: chờ duyệt yêu cầu bổ sung lần nữa"
            assert told("dossiers.supplement_asked") == 1 and "chờ duyệt" not in words(mothers.get(f"/ho-so/{dossier.code}/"))
            assert str(dossier.code) in words(chiefs.get(f"{DESK}?viec=cho-duyet-bo-sung"))
            assert "đang chờ lãnh đạo" in words(officer.get(f"{DESK}{dossier.id}/decide/"))
            assert officer.post(f"{DESK}{dossier.id}/approve_supplement/", {"seen": fresh(dossier).version}).status_code == 403
            if number == 1:
                done = chiefs.post(
                    f"{DESK}{dossier.id}/decline_supplement/", {"seen": fresh(dossier).version, "reason": "Bệnh viện đã ký số."}
                )
                assert done.status_code == 302 and fresh(dossier).supplements_after == 1
        assert chiefs.post(f"{DESK}{dossier.id}/approve_supplement/", {"seen": fresh(dossier).version}).status_code == 302
        dossier = fresh(dossier)
        request = dossier.supplements.get(state="open")
        assert (dossier.state, dossier.stage, dossier.supplements_after, request.number_after) == ("5", "", 2, 2)
        assert (request.asked_by, request.approved_by) == (position.id, chief.id)
        give(dossier)
        assert "tính là quá hạn" in words(officer.get(f"{DESK}{dossier.id}/change/"))
        assert "tính là quá hạn của cơ quan" in words(mothers.get(f"/ho-so/{dossier.code}/"))
        assert is_on_time(facts_of(row_of(dossier)), until=MONDAY.date()) is False


@pytest.mark.requirement("D-06", "D-08")
def test_a_request_made_by_mistake_is_taken_back_as_if_it_had_not_been_made(mothers: Client) -> None:
    officer = make_officer_actor()
    dossier = received(officer)
    appointment = dossier.due_at
    ask(dossier, officer)
    kept = services.add_supplement_paper(
        actor=citizen_actor(mother()), dossier_id=dossier.id, number=1, kind=PAPER, upload=photo(), now=NOW
    )
    services.call_off_supplement(
        actor=officer, dossier_id=dossier.id, seen_version=fresh(dossier).version, reason="Giấy tờ đã đủ.", now=MONDAY
    )
    dossier = fresh(dossier)
    assert (dossier.state, dossier.due_at, dossier.supplements_after, dossier.supplement_asked_at) == ("4", appointment, 0, None)
    assert StoredFile.objects.get(pk=kept.file_id).state == FileState.ERASED and not Paper.objects.filter(pk=kept.pk).exists()
    assert dossier.documents.get(role="request").cancelled_at == MONDAY and told("dossiers.supplement_called_off") == 1
    text = words(mothers.get(f"/ho-so/{dossier.code}/"))
    assert "rút yêu cầu bổ sung: bạn không phải làm gì" in text and "Giấy tờ đã đủ." in text
    late = mothers.post(page(dossier.code), {"lan": "1", "act": "gui", "shown": ""})
    assert late.status_code == 409 and "không còn chờ trả lời" in words(late)
    assert ask(dossier, officer, now=MONDAY).supplements_after == 1, "the one that the law knows is still to be made"

    early = filed()
    answer_by = early.response_due_at
    ask(early, officer)
    services.call_off_first_supplement(
        actor=officer, dossier_id=early.id, seen_version=fresh(early).version, reason="Nhầm hồ sơ.", now=MONDAY
    )
    early = fresh(early)
    assert (early.state, early.response_due_at, early.supplements_before) == (State.SUBMITTED, answer_by, 0)


@pytest.mark.requirement("D-06", "D-10", "D-20")
def test_what_nobody_completes_in_time_ends_or_goes_back_as_the_policy_says(mothers: Client) -> None:
    officer = make_officer_actor()
    ending, left, early = received(officer), received(officer), filed()
    for dossier in (ending, left, early):
        ask(dossier, officer)
    SupplementRequest.objects.filter(dossier=left).update(when_missed="leave")
    until = fresh(ending).supplement_until
    assert until is not None
    assert services.follow_supplements(now=until - timedelta(days=2, hours=9)) == 3 and told("dossiers.supplement_reminder") == 3
    assert services.follow_supplements(now=until) == 0, "the last minute is still the applicant's"
    later = until + timedelta(minutes=1)
    assert services.follow_supplements(now=later) == 3 and services.follow_supplements(now=later) == 0

    ending, left, early = fresh(ending), fresh(left), fresh(early)
    assert (ending.state, ending.stopped_at, ending.supplement_until) == (State.STOPPED, later, None)
    assert ending.documents.filter(role=DossierDocument.Role.STOP).count() == 1 and told("dossiers.stopped") == 1
    assert (early.state, early.refused_at) == (State.REFUSED, later) and told("dossiers.refused") == 1
    assert left.state == State.PROCESSING and left.due_at is not None and left.due_at > until
    for dossier, said in ((ending, "Quá hạn bổ sung hồ sơ"), (early, "Quá hạn bổ sung hồ sơ"), (left, "giải quyết tiếp")):
        assert said in words(mothers.get(f"/ho-so/{dossier.code}/"))
    assert {one.state for one in SupplementRequest.objects.all()} == {"missed"}
    assert (row_of(ending).state, row_of(ending).supplement_is_pending) == ("8", False)
    assert row_of(ending).due_at == ending.due_at, "stopped, it is measured by its appointment"

    # The officer who has it back may have it stopped by a leader, with the notice.
    chiefs, _ = desk("H26.101", "signing")
    done = chiefs.post(f"{DESK}{left.id}/stop/", {"seen": left.version, "reason": "Không đủ căn cứ", "basis": "khoản 1 điều 16"})
    assert done.status_code == 302 and fresh(left).state == State.STOPPED
    notice = left.documents.get(role=DossierDocument.Role.STOP).document
    assert "Không đủ căn cứ. Căn cứ: khoản 1 điều 16" in document_html(notice, at=NOW)


@pytest.mark.requirement("D-08")
def test_the_clock_starts_again_where_the_procedure_says_so() -> None:
    assert (policy_of("1.000578").clock, policy_of("1.001193").clock) == ("restart", "pause")
    officer = make_officer_actor()
    dossier = received(officer)
    ask(dossier, officer)
    SupplementRequest.objects.filter(dossier=dossier).update(clock="restart")
    assert give(dossier).due_at == datetime(2026, 11, 23, 17, 0, tzinfo=ZONE)
    other = received(officer)
    ask(other, officer)
    afternoon = MONDAY.replace(hour=16)
    assert give(other, now=afternoon).due_at == datetime(2026, 11, 25, 11, 0, tzinfo=ZONE), (
        "five hours were left on Friday, and the 24th is a day off"
    )
    third = received(officer)
    ask(third, officer)
    SupplementRequest.objects.filter(dossier=third).update(clock="restart")
    assert give(third, now=afternoon).due_at == datetime(2026, 11, 25, 17, 0, tzinfo=ZONE), "as one received after 15:00"


def test_only_its_own_parties_answer_it_and_withdrawing_ends_it(mothers: Client) -> None:
    officer = make_officer_actor()
    dossier = received(officer)
    ask(dossier, officer)
    stranger = Client()
    sign_in(stranger, make_person())
    for method in (stranger.get, stranger.post):
        assert method(page(dossier.code)).status_code == 404
    assert Client().get(page(dossier.code)).status_code == 302
    shown = mothers.get(f"/ho-so/{dossier.code}/rut/")
    assert mothers.post(f"/ho-so/{dossier.code}/rut/", hidden(shown)).status_code == 302
    dossier = fresh(dossier)
    assert (dossier.state, dossier.supplement_until, dossier.paused_at) == (State.WITHDRAWN, None, None)
    assert dossier.supplements.get().state == "ended"


@pytest.mark.requirement("D-11")
def test_the_database_knows_one_open_request_and_no_second_one_without_a_leader() -> None:
    officer = make_officer_actor()
    dossier = received(officer)
    ask(dossier, officer)
    request = dossier.supplements.get()
    changes: tuple[dict[str, Any], ...] = (
        {"pk": None, "number": 2, "slip": None},
        {"number_after": 2},
        {"until": None},
        {"days": 0},
    )
    for change in changes:
        copy = SupplementRequest.objects.get(pk=request.pk)
        for name, value in change.items():
            setattr(copy, name, value)
        with pytest.raises(IntegrityError), transaction.atomic():
            copy.save()
    for change in ({"supplement_until": None}, {"paused_at": None}, {"supplements_after": 0}):  # type: ignore[assignment]
        with pytest.raises(IntegrityError), transaction.atomic():
            Dossier.objects.filter(pk=dossier.pk).update(**change)
    assert dossier.payment == Standing.NONE


def test_reasons_are_data_and_kept_answers_are_read_again_as_they_were() -> None:
    assert all(one.words or one.code == "BS99" for one in reasons().values())
    assert any(one.of_fields for one in reasons().values()) and any(one.of_papers for one in reasons().values())
    examples = {"date": "2026-11-15", "decimal": "1.125", "number": "1125", "money": "24000", "month": "2026-03", "time": "08:30"}
    for kind, value in examples.items():
        assert canonical({"kind": kind}, as_typed({"kind": kind}, value), today=NOW.date()) == value
    # Every shipped form can be opened again at each of its fields: nothing in it is wrong but what must be answered.
    for path in sorted(FOLDER.glob("*.json")):
        fields = list(compiled(shipped_form(path.stem)).fields)
        found = opened(fields, {}, [spec["name"] for spec in fields], {}, today=NOW.date())
        form = found.form({}, initial={}, today=NOW.date())
        form.is_valid()
        required = {spec["name"] for spec in found.specs if spec.get("required") or spec.get("least")}
        assert required and set(form.errors) <= required, path.stem
