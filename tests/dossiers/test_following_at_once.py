"""Messages, edits before receipt and drafts of results, two at once, on real threads and a real PostgreSQL."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from dossiers import services
from dossiers.following import editing, objections
from dossiers.models import Dossier, DossierMessage, Draft, ShownResult, State
from dossiers.talking.services import Written, write
from tests.dossiers.support import NOW, at_once, filed, mark_clean, mother, received
from tests.dossiers.test_objections import shows
from tests.factories import citizen_actor, make_officer_actor

pytestmark = pytest.mark.usefixtures("demo_db")


def outcomes(*jobs: Any) -> list[str]:
    return sorted(type(one).__name__ for one in at_once(*jobs))


def fresh(dossier: Dossier) -> Dossier:
    return Dossier.objects.get(pk=dossier.pk)


@pytest.mark.requirement("D-16")
def test_the_same_message_from_two_windows_is_there_once() -> None:
    dossier, key = filed(), uuid4()
    job = partial(write, actor=citizen_actor(mother()), dossier_id=dossier.pk, written=Written(key, "Một lần"), now=NOW)
    assert "DossierMessage" in (found := outcomes(job, job)) and set(found) <= {"DossierMessage", "MessageRefused"}
    assert DossierMessage.objects.count() == 1


@pytest.mark.requirement("D-19")
def test_a_dossier_is_sent_again_while_an_officer_receives_it() -> None:
    officer, actor = make_officer_actor(), citizen_actor(mother())
    # Another child each time: who registers one twice is asked about it.
    for child in ("Trần Thị Bé Một", "Trần Thị Bé Hai", "Trần Thị Bé Ba"):
        dossier = filed(child_name=child)
        mark_clean(dossier)
        draft = editing.begin_edit(actor=actor, dossier_id=dossier.pk, now=NOW)
        services.save_draft(actor=actor, draft_id=draft.pk, values={"father_name": "Trần Văn Tên Đúng"})
        draft.refresh_from_db()
        found = outcomes(
            partial(services.submit, actor=actor, draft_id=draft.pk, seen_version=draft.version, now=NOW),
            partial(services.receive, actor=officer, dossier_id=dossier.pk, seen_version=dossier.version, now=NOW),
        )
        after = fresh(dossier)
        assert not Draft.objects.filter(pk=dossier.pk).exists() and found in (["Dossier", "Dossier"], ["Dossier", "TransitionRefused"])
        if after.revisions.exists():
            # The officer decided on a page that was out of date: they are told.
            assert after.state == State.SUBMITTED and after.answers["father_name"] == "Trần Văn Tên Đúng"
        else:
            assert after.state == State.PROCESSING and after.answers["father_name"] == "Trần Văn Thử"
        if after.state == State.SUBMITTED:
            services.withdraw(actor=actor, dossier_id=after.pk, seen_version=after.version, now=NOW)


@pytest.mark.requirement("D-12")
def test_a_draft_is_answered_while_the_officer_takes_it_back() -> None:
    officer, actor = make_officer_actor(), citizen_actor(mother())
    shows()
    dossier = received(officer)
    objections.show_draft(actor=officer, dossier_id=dossier.pk, seen_version=fresh(dossier).version, values={}, now=NOW)
    version = fresh(dossier).version
    found = outcomes(
        partial(objections.answer_draft, actor=actor, dossier_id=dossier.pk, number=1, agrees=True, reason="", now=NOW),
        partial(objections.call_off_draft, actor=officer, dossier_id=dossier.pk, seen_version=version, reason="Nhầm", now=NOW),
    )
    assert found == ["Dossier", "TransitionRefused"]
    assert ShownResult.objects.get().state in ("agreed", "called_off") and fresh(dossier).stage == ""
