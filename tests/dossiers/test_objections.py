"""A draft of the result is shown to its applicant before it is decided, where the result template says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client

from dossiers.following import objections
from dossiers.models import Dossier, ResultVersion, ShownResult, State
from dossiers.outcomes import outcome_of
from dossiers.result_documents.checking import faults
from dossiers.services.recomputing import recompute
from portal.notifications.models import Notification
from portal.states import TransitionRefused
from tests.dossiers.support import CODE, NOW, ZONE, filed, hidden, mother
from tests.dossiers.test_kinds import DESK, desk, words
from tests.factories import make_person, sign_in

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("D-12", "D-30")]
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)


@pytest.fixture
def mothers() -> Client:
    client = Client()
    with time_machine.travel(NOW, tick=True):
        sign_in(client, mother())
    return client


def shows(*, days: int = 2, clock: str = "pause") -> None:
    """From now on births are decided after their applicants saw a draft."""
    outcome = outcome_of(CODE)
    assert outcome is not None
    document = {**outcome.document, "shown": {"days": days, "clock": clock}}
    ResultVersion.objects.create(procedure_code=CODE, number=outcome.number + 1, document=document, published_at=NOW - timedelta(hours=1))


def fresh(dossier: Dossier) -> Dossier:
    return Dossier.objects.get(pk=dossier.pk)


def page(dossier: Dossier) -> str:
    return f"/ho-so/{dossier.code}/du-thao/"


def told(template: str, **more: Any) -> int:
    return Notification.objects.filter(template=template, channel="inbox", **more).count()


def received(officer: Client) -> Dossier:
    dossier = filed()
    officer.post(f"{DESK}{dossier.pk}/receive/", {"seen": dossier.version})
    return fresh(dossier)


def show(officer: Client, dossier: Dossier) -> None:
    done = officer.post(f"{DESK}{dossier.pk}/show_draft/", {"seen": fresh(dossier).version})
    assert done.status_code == 302, words(done)


def test_the_applicant_objects_then_agrees_and_only_then_it_is_decided(mothers: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        shows()
        officer, position = desk("H26.101", "reception", "handling")
        _chiefs, chief = desk("H26.101", "signing", credential="cred-test")
        dossier = received(officer)
        appointment = dossier.due_at
        decide = {"registration_number": "125/2026", "book": "01/2026", "signer_position_id": str(chief.pk)}
        early = officer.post(f"{DESK}{dossier.pk}/decide/", decide | {"seen": dossier.version})
        assert early.status_code == 409 and "Cho người nộp xem dự thảo" in words(early)
        assert mothers.get(page(dossier)).status_code == 404
        asked = words(officer.get(f"{DESK}{dossier.pk}/show_draft/"))
        assert "Chưa lấy số, chưa trình ký" in asked and "Người ký:" not in asked
        show(officer, dossier)
        dossier = fresh(dossier)
        shown = dossier.shown_results.get()
        assert (dossier.state, dossier.stage, dossier.paused_at) == (State.PROCESSING, "awaiting_objection", NOW)
        assert shown.until == datetime(2026, 11, 25, 17, 0, tzinfo=ZONE) and told("dossiers.draft_shown") == 1
        # Meanwhile nothing else is done with it, and nobody is late.
        waiting = officer.post(f"{DESK}{dossier.pk}/decide/", decide | {"seen": dossier.version})
        assert waiting.status_code == 409 and "đang cho người nộp xem" in words(waiting)
        assert str(dossier.code) in words(officer.get(f"{DESK}?viec=cho-y-kien"))
        status = words(mothers.get(f"/ho-so/{dossier.code}/"))
        assert "Chờ bạn xem dự thảo kết quả" in status and "17:00 25/11/2026" in status
        assert "Xem dự thảo kết quả" in words(mothers.get("/tai-khoan/"))
        draft = mothers.get(page(dossier))
        assert "TRẦN THỊ BÉ THỬ" in words(draft) and "chưa có giá trị" in words(draft) and "125/2026" not in words(draft)
        stranger = Client()
        sign_in(stranger, make_person())
        assert stranger.get(page(dossier)).status_code == 404
        silent = mothers.post(page(dossier), hidden(draft, act="khong-dong-y", reason=" "))
        assert silent.status_code == 422 and "Bạn hãy ghi điều chưa đúng" in words(silent)

    with time_machine.travel(MONDAY, tick=False):
        sign_in(mothers, mother())
        sign_in(officer, position.person, position=position)
        assert str(dossier.code) not in words(officer.get(f"{DESK}?viec=qua-han")), "the clock stands still"
        done = mothers.post(page(dossier), hidden(draft, act="khong-dong-y", reason="Quê quán ghi thiếu tên xã."))
        assert done["Location"] == f"/ho-so/{dossier.code}/", words(done)
        assert mothers.post(page(dossier), hidden(draft, act="khong-dong-y", reason="Lần nữa"))["Location"] == done["Location"]
        dossier, shown = fresh(dossier), ShownResult.objects.get()
        assert (dossier.stage, dossier.paused_at, shown.state) == ("", None, "objected")
        assert shown.reason == "Quê quán ghi thiếu tên xã." and shown.answered_by == mother().pk
        assert dossier.due_at == datetime(2026, 11, 23, 17, 0, tzinfo=ZONE) != appointment, "as much working time is left as there was"
        assert dossier.due_first == appointment
        assert told("dossiers.draft_objected", party_id=position.person_id) == 1
        seen = words(officer.get(f"{DESK}{dossier.pk}/change/"))
        assert "Người nộp không đồng ý" in seen and "Quê quán ghi thiếu tên xã." in seen
        assert recompute()[0] == []

        show(officer, dossier)
        again = mothers.get(page(dossier))
        assert mothers.post(page(dossier), hidden(again, act="dong-y", reason="")).status_code == 302
        dossier = fresh(dossier)
        assert [one.state for one in dossier.shown_results.all()] == ["objected", "agreed"]
        made = officer.post(f"{DESK}{dossier.pk}/decide/", decide | {"seen": dossier.version})
        assert made.status_code == 302, words(made)
        assert fresh(dossier).awaits_signature and recompute()[0] == []


def test_who_does_not_answer_has_nothing_to_object_and_the_clock_that_runs_has_run(mothers: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        shows(days=1, clock="run")
        officer, _ = desk("H26.101", "reception", "handling")
        dossier = received(officer)
        appointment = dossier.due_at
        show(officer, dossier)
        assert fresh(dossier).paused_at is None
        assert objections.follow_drafts(now=NOW) == 0
        over = MONDAY + timedelta(days=3)
        assert objections.follow_drafts(now=over) == 1
        assert objections.follow_drafts(now=over) == 0
        dossier = fresh(dossier)
        assert (dossier.stage, dossier.due_at, dossier.shown_results.get().state) == ("", appointment, "lapsed")
        assert told("dossiers.draft_unanswered") == 1
        late = mothers.post(page(dossier), {"number": "1", "act": "dong-y"})
        assert late.status_code == 409 and "không còn chờ trả lời" in words(late)
        assert "Hết hạn, bạn không có ý kiến" in words(mothers.get(f"/ho-so/{dossier.code}/"))


def test_a_draft_shown_by_mistake_is_taken_back_with_a_reason(mothers: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        shows()
        officer, _ = desk("H26.101", "reception", "handling")
        dossier = received(officer)
        show(officer, dossier)
        address = f"{DESK}{dossier.pk}/call_off_draft/"
        assert officer.post(address, {"seen": fresh(dossier).version, "reason": ""}).status_code == 422
        done = officer.post(address, {"seen": fresh(dossier).version, "reason": "Ghi sai ngày sinh."})
        assert done.status_code == 302
        dossier = fresh(dossier)
        assert (dossier.stage, dossier.paused_at, dossier.shown_results.get().state) == ("", None, "called_off")
        assert "Ghi sai ngày sinh." in words(mothers.get(page(dossier)))
        assert told("dossiers.draft_called_off") == 1
        with pytest.raises(TransitionRefused, match="Cho người nộp xem"):
            _decide(dossier)
    with pytest.raises(IntegrityError), transaction.atomic():
        ShownResult.objects.update(state="objected", reason=None)


def _decide(dossier: Dossier) -> None:
    from tests.dossiers.support import decide, leader
    from tests.factories import make_officer_actor

    decide(dossier, make_officer_actor(roles=("handling",)), leader())


def test_where_the_template_does_not_say_so_nothing_is_shown() -> None:
    with time_machine.travel(NOW, tick=False):
        officer, _ = desk("H26.101", "reception", "handling")
        dossier = received(officer)
        assert "Cho người nộp xem dự thảo" not in words(officer.get(f"{DESK}{dossier.pk}/change/"))
        refused = officer.post(f"{DESK}{dossier.pk}/show_draft/", {"seen": dossier.version})
        assert refused.status_code == 409 and "không yêu cầu cho người nộp xem" in words(refused)
    outcome = outcome_of(CODE)
    assert outcome is not None
    for wrong in ({"days": 0, "clock": "run"}, {"days": 3}, {"days": 3, "clock": "stop"}, "3"):
        assert any(fault.field == "shown" for fault in faults({**outcome.document, "shown": wrong}, [])), wrong
