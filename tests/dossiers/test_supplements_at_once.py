"""Completing a dossier, two at once, on real threads and a real PostgreSQL: one wins, the other is told, nothing is done twice."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from dossiers import services
from dossiers.models import State
from portal.notifications.models import Notification
from portal.states import TransitionRefused
from tests.dossiers.support import NOW, PAPER, at_once, mother, photo, received
from tests.dossiers.test_supplements import NAME, PHOTO, ask, fresh
from tests.factories import citizen_actor, make_officer_actor

pytestmark = pytest.mark.usefixtures("demo_db")


def outcomes(*jobs: Any) -> list[str]:
    return sorted(type(one).__name__ for one in at_once(*jobs))


@pytest.mark.requirement("D-11")
def test_two_officers_ask_at_once() -> None:
    officers = [make_officer_actor(), make_officer_actor()]
    dossier = received(officers[0])
    asked = partial(
        services.ask_supplement, dossier_id=dossier.id, seen_version=dossier.version, defects=(PHOTO,), days=5, words="", now=NOW
    )
    assert outcomes(*[partial(asked, actor=officer) for officer in officers]) == ["Dossier", "TransitionRefused"]
    assert dossier.supplements.count() == 1 and dossier.documents.filter(role="request").count() == 1
    assert Notification.objects.filter(template="dossiers.supplement_asked", channel="sms").count() == 1


def test_the_answer_is_sent_while_the_officer_takes_the_request_back() -> None:
    officer, actor = make_officer_actor(), citizen_actor(mother())
    for _round in range(3):
        dossier = received(officer)
        ask(dossier, officer)
        services.add_supplement_paper(actor=actor, dossier_id=dossier.id, number=1, kind=PAPER, upload=photo(), now=NOW)
        version = fresh(dossier).version
        answer = partial(services.complete, actor=actor, dossier_id=dossier.id, number=1, now=NOW)
        back = partial(services.call_off_supplement, actor=officer, dossier_id=dossier.id, seen_version=version, reason="Nhầm", now=NOW)
        assert outcomes(answer, back) == ["Dossier", "TransitionRefused"]
        dossier = fresh(dossier)
        assert dossier.state == State.PROCESSING and dossier.events.filter(from_state="5").count() == 1
        assert dossier.supplements.get().state in ("answered", "called_off")


def test_the_answer_sent_three_times_at_once_is_one() -> None:
    officer, actor = make_officer_actor(), citizen_actor(mother())
    dossier = received(officer)
    ask(dossier, officer, PHOTO, NAME)
    services.add_supplement_paper(actor=actor, dossier_id=dossier.id, number=1, kind=PAPER, upload=photo(), now=NOW)
    answer = partial(services.complete, actor=actor, dossier_id=dossier.id, number=1, now=NOW)
    assert outcomes(answer, answer, answer) == ["Dossier"] * 3
    assert dossier.events.filter(name="complete").count() == 1 and dossier.papers.count() == 2
    with pytest.raises(TransitionRefused):
        services.save_supplement(actor=actor, dossier_id=dossier.id, number=1, typed={}, explanation="", now=NOW)
