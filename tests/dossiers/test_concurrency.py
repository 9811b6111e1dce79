"""Two at once, on real threads and a real PostgreSQL: one wins, the other is told, nothing is done twice."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from dossiers import services
from dossiers.desk_pages import bulk
from dossiers.models import BulkRow, Dossier, DossierDocument, DossierEvent, Paper, RegisterEntry, State
from dossiers.services import FilingRefused
from payments import services as payments
from portal.files.models import FileState, StoredFile
from portal.files.signals import file_checked
from portal.notifications.models import Notification
from portal.states import TransitionRefused
from tests.dossiers.support import NOW, PAPER, at_once, confirm_all, filed, leader, mother, pay, photo, ready_draft, received, sent
from tests.dossiers.test_kinds import order_copies
from tests.factories import (
    citizen_actor,
    give_mandate,
    make_officer_actor,
    make_organisation,
    make_person,
    make_position,
    mandate_actor,
    sign_in,
)

pytestmark = pytest.mark.usefixtures("demo_db")


def test_two_sends_at_the_same_moment_give_one_dossier() -> None:
    actor = citizen_actor(mother())
    draft = ready_draft(actor)
    outcomes = at_once(*[lambda: services.submit(actor=actor, draft_id=draft.id, seen_version=draft.version, now=NOW)] * 3)
    assert [getattr(outcome, "code", outcome) for outcome in outcomes] == ["H26.101-261120-0001"] * 3
    assert Notification.objects.filter(template="dossiers.submitted", channel="sms").count() == 1


@pytest.mark.requirement("D-11")
def test_two_officers_receive_at_the_same_moment() -> None:
    dossier = filed()
    officers = [make_officer_actor(), make_officer_actor(), make_officer_actor()]
    outcomes = at_once(
        *[
            lambda officer=officer: services.receive(actor=officer, dossier_id=dossier.id, seen_version=dossier.version, now=NOW)
            for officer in officers
        ]
    )
    won = [outcome for outcome in outcomes if isinstance(outcome, Dossier)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, TransitionRefused)]
    assert (len(won), len(refused)) == (1, 2), outcomes
    dossier.refresh_from_db()
    assert dossier.state == State.PROCESSING
    assert DossierEvent.objects.filter(dossier=dossier, name="receive").count() == 1
    assert DossierDocument.objects.filter(dossier=dossier).count() == 1
    assert Notification.objects.filter(template="dossiers.received", channel="sms").count() == 1


def test_an_officer_refuses_while_the_applicant_withdraws() -> None:
    dossier = filed()
    officer, owner = make_officer_actor(), citizen_actor(mother())
    outcomes = at_once(
        lambda: services.refuse(
            actor=officer, dossier_id=dossier.id, seen_version=dossier.version, reason="Không thuộc thẩm quyền", now=NOW
        ),
        lambda: services.withdraw(actor=owner, dossier_id=dossier.id, seen_version=dossier.version, now=NOW),
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Dossier", "TransitionRefused"]
    dossier.refresh_from_db()
    assert dossier.state in (State.REFUSED, State.WITHDRAWN)
    assert dossier.events.count() == 2


def test_the_slower_officers_page_says_so_and_is_no_error() -> None:
    dossier = filed()
    seen = dossier.version
    clients = []
    for _ in range(2):
        position = make_position()
        client = Client()
        sign_in(client, position.person, position=position)
        clients.append(client)
    address = f"/quan-tri/dossiers/dossier/{dossier.id}/receive/"
    responses = at_once(*[lambda client=client: client.post(address, {"seen": seen}) for client in clients])
    assert sorted(response.status_code for response in responses) == [302, 409], responses
    loser = next(response for response in responses if response.status_code == 409)
    assert "đã thay đổi" in loser.content.decode() or "trạng thái khác" in loser.content.decode()
    assert "Đang xử lý" in loser.content.decode()


def test_a_verdict_never_falls_between_draft_and_dossier() -> None:
    """The check of a paper ends while its draft is sent: either it is not sent, or everybody is told."""
    actor = citizen_actor(mother())
    for _ in range(4):
        draft = confirm_all(actor, ready_draft(actor))
        file_id = draft.papers.get().file_id

        def verdict(file_id: Any = file_id) -> None:
            with transaction.atomic():
                file = StoredFile.objects.select_for_update().get(pk=file_id)
                file.state = FileState.QUARANTINED
                file.save(update_fields=["state"])
                file_checked.send(StoredFile, file=file)

        outcome, _none = at_once(lambda draft=draft: sent(actor, draft), verdict)
        if isinstance(outcome, Dossier):
            assert list(outcome.events.values_list("name", flat=True)) == ["submit", "paper_unsafe"]
        else:
            assert isinstance(outcome, FilingRefused)
            services.discard_draft(actor=actor, draft_id=draft.id, seen_version=draft.version)


def test_files_and_the_end_of_their_draft_at_the_same_moment_leave_nothing_behind() -> None:
    actor = citizen_actor(mother())
    draft = ready_draft(actor)
    version = draft.version
    at_once(
        lambda: services.add_paper(actor=actor, draft_id=draft.id, kind=PAPER, upload=photo("a.png"), now=NOW),
        lambda: services.discard_draft(actor=actor, draft_id=draft.id, seen_version=version),
        lambda: services.add_paper(actor=actor, draft_id=draft.id, kind=PAPER, upload=photo("b.png"), now=NOW),
    )
    kept = set(Paper.objects.values_list("file_id", flat=True))
    living = set(StoredFile.objects.filter(subject=draft.id).exclude(state=FileState.ERASED).values_list("pk", flat=True))
    assert living == kept


def test_two_people_of_a_company_begin_at_once_and_there_is_one_draft() -> None:
    director, clerk = make_person(full_name="Giám Đốc Thử"), make_person(full_name="Nhân Viên Thử")
    first = make_organisation(representatives=[director]).mandates.get(person=director)
    second = give_mandate(mandate_actor(first), clerk)
    actors = [mandate_actor(mandate) for mandate in [first, second] * 3]
    drafts = at_once(
        *[lambda actor=actor: services.start_or_open_draft(actor=actor, procedure_code="2.002288", now=NOW) for actor in actors]
    )
    assert len({draft.id for draft in drafts}) == 1


@pytest.mark.requirement("P-05")
def test_paid_twice_and_asked_twice_at_the_same_moment() -> None:
    client = Client()
    sign_in(client, mother())
    dossier = order_copies(client, copies="1")
    order = pay(dossier, tell=False)
    now = timezone.now()
    at_once(*[lambda: services.follow_order(order_id=order.pk, now=now)] * 4)
    assert [event.name for event in dossier.events.all()] == ["submit", "paid"]
    officers = [make_officer_actor(), make_officer_actor()]
    taken = services.receive(actor=officers[0], dossier_id=dossier.id, seen_version=Dossier.objects.get(pk=dossier.pk).version, now=now)

    def ask(actor: Any) -> Any:
        return services.ask_payment(
            actor=actor, dossier_id=taken.id, seen_version=taken.version,
            lines=[payments.Line("x", "fee", 1000, 1)], days=5, reason="x", now=timezone.now(),
        )  # fmt: skip

    outcomes = at_once(*[lambda actor=actor: ask(actor) for actor in officers])
    assert sorted(type(one).__name__ for one in outcomes) == ["Dossier", "TransitionRefused"]
    assert dossier.demands.filter(standing="due").count() == 1


@pytest.mark.requirement("D-11")
def test_two_officers_decide_many_at_once_and_two_workers_carry_each_on() -> None:
    officers = [make_officer_actor(roles=("reception", "handling")) for _ in range(2)]
    chief, acts = leader(), []
    for officer in officers:
        rows = [received(officer, now=NOW) for _ in range(3)]
        seen = [(row.pk, row.version) for row in rows]
        acts.append(bulk.send(actor=officer, kind="decide", seen=seen, now=NOW, to_position_id=chief.position_id))
    outcomes = at_once(*[lambda act=act: bulk.work(bulk_id=act.pk, now=timezone.now()) for act in acts * 2])
    assert outcomes == [None] * 4
    assert [row.words for row in BulkRow.objects.exclude(state="done")] == []
    assert sorted(RegisterEntry.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]
    assert DossierEvent.objects.filter(name="decide").count() == 6
