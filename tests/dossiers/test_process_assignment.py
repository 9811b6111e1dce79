"""Who gets the work: the least loaded, by area, by hand, many at once; who stands in; two at once on real threads (D-09, D-11)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import Position
from accounts.officers.substitutes import lend
from accounts.services.positions import take_role
from dossiers import services
from dossiers.models import Absence, Dossier, DossierStep, OfficerArea, State
from dossiers.process import assigning, opinions, running
from dossiers.process.publishing import ProcessRefused
from portal.access import SYSTEM, AccessDenied, Actor
from portal.states import TransitionRefused
from tests.dossiers.processes import DESK, WARD, food_filed, fresh, library, pass_on, post, published, step_of
from tests.dossiers.support import NOW, at_once, filed, leader, mother, received
from tests.dossiers.test_bulk_acts import outcome
from tests.dossiers.test_kinds import desk, words
from tests.factories import make_officer_actor, make_person, make_position, officer_actor


def holder(dossier: Dossier) -> Actor:
    """Who has the step."""
    held = step_of(dossier).officer_id
    assert held is not None
    return officer_actor(Position.objects.get(pk=held))


def outcomes(*jobs: Any) -> list[str]:
    return sorted(type(one).__name__ for one in at_once(*jobs))


def receive(dossier: Dossier, actor: Actor) -> Dossier:
    return services.receive(actor=actor, dossier_id=dossier.pk, seen_version=fresh(dossier).version, now=NOW)


# Two at once ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("demo_db")
@pytest.mark.requirement("D-09", "D-11")
def test_at_the_same_moment_one_wins_and_the_other_is_told() -> None:
    published()
    receiver, chief = make_officer_actor(roles=("reception",)), leader()
    two = [make_officer_actor(roles=("handling",)), make_officer_actor(roles=("handling",))]
    # Loads are read one after another: as many officers as dossiers, and each gets one.
    ready = len(assigning.candidates(WARD, ["handling"], NOW))
    dossiers = [filed() for _ in range(ready)]
    at_once(*[partial(receive, one, receiver) for one in dossiers])
    given = list(DossierStep.objects.values_list("officer_id", flat=True))
    assert len(given) == len(set(given)) == ready and {one.position_id for one in two} <= set(given)

    dossier = dossiers[0]
    mine = holder(dossier)
    seen = fresh(dossier).version
    handing = partial(running.pass_step, actor=mine, dossier_id=dossier.pk, seen_version=seen, now=NOW)
    giving = partial(assigning.assign, actor=chief, dossier_id=dossier.pk, seen_version=seen, position_id=two[0].position_id, now=NOW)
    found = at_once(handing, handing, giving)
    assert sum(isinstance(one, TransitionRefused) for one in found) == 2, found
    assert dossier.events.filter(name__in=["pass_step", "assign"]).count() == 1
    assert DossierStep.objects.filter(dossier=dossier, finished_at=None).count() == 1

    DossierStep.objects.filter(dossier=dossier, finished_at=None).update(
        officer_id=None, officer_label="", assigned_at=None, assigned_how=""
    )
    seen = fresh(dossier).version
    taking = [partial(assigning.take, actor=one, dossier_id=dossier.pk, seen_version=seen, now=NOW) for one in two]
    assert outcomes(*taking) == ["Dossier", "TransitionRefused"]
    assert step_of(dossier).officer_id in {one.position_id for one in two}

    seen = fresh(dossiers[1]).version
    given_opinion: dict[str, Any] = {
        "matter": "khac",
        "label": "Quy hoạch",
        "agencies": ["G17"],
        "question": "Có đường đi qua không?",
        "days": 3,
    }
    asking = partial(opinions.ask, dossier_id=dossiers[1].pk, seen_version=seen, now=NOW, **given_opinion)
    assert outcomes(*[partial(asking, actor=one) for one in two]) == ["TransitionRefused", "list"]
    row = dossiers[1].opinions.get()
    ministry = [make_officer_actor("G17", ("handling",)), make_officer_actor("G17", ("handling",))]
    answering = partial(opinions.answer, opinion_id=row.pk, verdict="agree", words="", now=NOW)
    replayed = [partial(answering, actor=ministry[0])] * 2
    found = at_once(*replayed, partial(answering, actor=ministry[1]))
    assert any(isinstance(one, ProcessRefused) for one in found) and dossiers[1].events.filter(name="answer_opinion").count() == 1


@pytest.mark.usefixtures("demo_db")
def test_a_decision_while_the_leader_gives_the_dossier_to_another() -> None:
    published(library("mot-nguoi"))
    officer, chief, other = make_officer_actor(roles=("reception", "handling")), leader(), make_officer_actor(roles=("handling",))
    dossier = received(officer)
    seen = fresh(dossier).version
    assert chief.position_id is not None
    found = at_once(
        partial(
            services.decide,
            actor=officer,
            dossier_id=dossier.pk,
            seen_version=seen,
            values={"registration_number": "125/2026", "book": "01/2026"},
            signer_position_id=chief.position_id,
            now=NOW,
        ),
        partial(assigning.assign, actor=chief, dossier_id=dossier.pk, seen_version=seen, position_id=other.position_id, now=NOW),
    )
    assert sum(isinstance(one, TransitionRefused) for one in found) == 1, found
    step, dossier = step_of(dossier), fresh(dossier)
    assert (step.act == "sign") == dossier.awaits_signature
    assert step.officer_id == (chief.position_id if step.act == "sign" else other.position_id)


# One after another ---------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("demo_data")
@pytest.mark.requirement("D-09")
def test_a_role_that_ends_in_the_middle_of_an_act() -> None:
    published()
    officer = make_officer_actor(roles=("reception", "handling"))
    dossier = received(officer)
    assigning.assign(actor=leader(), dossier_id=dossier.pk, seen_version=fresh(dossier).version, position_id=officer.position_id, now=NOW)
    colleagues, colleague = desk(WARD, "handling")
    assert post(colleagues, dossier, "take_step").status_code == 409, "a colleague has it"
    refused = post(colleagues, dossier, "pass_step")
    assert refused.status_code == 409 and "giữ" in words(refused)
    assert officer.position_id is not None
    take_role(actor=SYSTEM, position_id=officer.position_id, role="handling", now=timezone.now())
    # The page was opened, and the actor made, while the role was there.
    with pytest.raises(AccessDenied):
        pass_on(dossier, officer)
    assert step_of(dossier).officer_id == officer.position_id and dossier.events.filter(name="pass_step").count() == 0
    shown = words(colleagues.get(f"{DESK}{dossier.pk}/change/"))
    assert "không còn vai trò" in shown and "Nhận việc" in shown
    assert post(colleagues, dossier, "take_step").status_code == 302
    assert (step_of(dossier).officer_id, fresh(dossier).officer_id) == (colleague.pk, colleague.pk)
    with pytest.raises(TransitionRefused, match="không \\(còn\\) giữ vai trò"):
        assigning.assign(
            actor=leader(), dossier_id=dossier.pk, seen_version=fresh(dossier).version, position_id=officer.position_id, now=NOW
        )


@pytest.mark.usefixtures("demo_data")
@pytest.mark.requirement("D-09")
def test_an_officer_who_is_away_names_who_has_their_work() -> None:
    published()
    today = timezone.localdate()
    base = "/quan-tri/dossiers/absence/"
    mine, position = desk(WARD, "reception", "handling")
    theirs, substitute = desk(WARD, "reception", "handling")
    stranger = make_position(unit=WARD, roles=("reception",))
    receiver = make_officer_actor(roles=("reception",))
    dossier = received(receiver, now=timezone.now())
    assigning.assign(
        actor=leader(), dossier_id=dossier.pk, seen_version=fresh(dossier).version, position_id=position.pk, now=timezone.now()
    )
    days = {"starts_on": f"{today:%d/%m/%Y}", "ends_on": f"{today + timedelta(days=2):%d/%m/%Y}", "reason": "Nghỉ phép"}
    assert str(stranger.pk) not in mine.get(f"{base}add/").content.decode(), "not of the same roles"
    bad = {**days, "ends_on": f"{today - timedelta(days=1):%d/%m/%Y}"}
    assert "từ ngày đầu" in words(mine.post(f"{base}add/", {**bad, "substitute": str(substitute.pk)}))
    assert mine.post(f"{base}add/", {**days, "substitute": str(substitute.pk)}).status_code == 302
    assert "đã khai vắng mặt" in words(mine.post(f"{base}add/", {**days, "substitute": str(substitute.pk)}))
    now = timezone.now()
    assert assigning.present(position.pk, WARD, ["handling"], now).position_id == substitute.pk  # type: ignore[union-attr]
    assert position.pk not in {one.position_id for one in assigning.candidates(WARD, ["handling"], now)}
    # What the officer has, the substitute sees among their own, and goes on with.
    assert str(dossier.code) in words(theirs.get("/quan-tri/dossiers/dossierstep/"))
    assert post(theirs, dossier, "pass_step", note="Làm thay").status_code == 302
    assert dossier.steps.get(number=1).finished_by == substitute.pk
    assert step_of(dossier).officer_id == substitute.pk, "and new work goes there"
    giving = partial(assigning.assign, actor=leader(), dossier_id=dossier.pk, now=now)
    with pytest.raises(TransitionRefused, match="Hồ sơ đã do"):
        giving(seen_version=fresh(dossier).version, position_id=position.pk)
    giving(seen_version=fresh(dossier).version, position_id=None)
    _, to = giving(seen_version=fresh(dossier).version, position_id=position.pk)
    assert (to.position_id, bool(to.stands_in_for)) == (substitute.pk, True)
    absence = Absence.objects.get()
    assert theirs.post(f"{base}{absence.pk}/end/").status_code == 403
    assert mine.post(f"{base}{absence.pk}/end/").status_code == 302
    assert assigning.present(position.pk, WARD, ["handling"], timezone.now()).position_id == position.pk  # type: ignore[union-attr]

    # Roles that the administrator lent count as well.
    lend(
        actor=SYSTEM, position_id=position.pk, substitute_id=stranger.pk, roles=["handling"], reason="Ốm", valid_from=now,
        valid_to=now + timedelta(days=1), now=now,
    )  # fmt: skip
    assert assigning.present(position.pk, WARD, ["handling"], timezone.now()).position_id == stranger.pk  # type: ignore[union-attr]


@pytest.mark.usefixtures("demo_data")
@pytest.mark.requirement("D-09")
def test_dossiers_of_a_place_go_to_who_has_it() -> None:
    dossier = food_filed()
    now, unit, ward = timezone.now(), dossier.unit_code, dossier.answers["ward"]
    chief, _ = desk(unit, "signing", "administrator")
    officer, theirs = make_officer_actor(unit, ("reception", "handling")), make_position(unit=unit, roles=("handling",))
    for _ in range(2):
        # They have more to do than others, and get it all the same.
        busy = received(make_officer_actor(roles=("reception", "handling")))
        Dossier.objects.filter(pk=busy.pk).update(officer_id=theirs.pk, unit_code=unit)
    base = "/quan-tri/dossiers/officerarea/add/"
    assert chief.post(base, {"officer": str(theirs.pk), "areas": [ward]}).status_code == 302
    assert OfficerArea.objects.get().position_id == theirs.pk
    services.receive(actor=officer, dossier_id=dossier.pk, seen_version=dossier.version, now=now)
    first = step_of(dossier)
    assert first.assigned_how == "least_loaded" and first.officer_id != theirs.pk
    step = pass_on(dossier, holder(dossier), now=now)
    assert (step.officer_id, step.assigned_how) == (theirs.pk, "area")
    assert chief.post(base, {"officer": str(theirs.pk), "areas": []}).status_code == 302 and not OfficerArea.objects.exists()


@pytest.mark.usefixtures("demo_data")
@pytest.mark.requirement("D-09", "D-11")
def test_many_are_given_at_once_with_a_report_by_row() -> None:
    receiver = make_officer_actor(roles=("reception", "handling"))
    chief, boss = desk(WARD, "signing", "reception")
    heir = make_position(unit=WARD, roles=("handling",))
    plain, changed, decided, new = received(receiver), received(receiver), received(receiver), filed()
    published()
    stepped = received(receiver)
    own = received(receiver)
    Dossier.objects.filter(pk=own.pk).update(owner_id=boss.person_id)
    services.decide(
        actor=receiver, dossier_id=decided.pk, seen_version=decided.version, now=NOW, signer_position_id=leader().position_id or uuid4(),
        values={"registration_number": "125/2026", "book": "01/2026"},
    )  # fmt: skip
    rows = [plain, changed, decided, new, stepped, own]
    chosen = chief.post(DESK, {"action": "assign_chosen", "_selected_action": [str(row.pk) for row in rows]})
    assert chosen.status_code == 200 and "Giao, chuyển người giải quyết: 6 hồ sơ" in words(chosen) and "đang chờ ký" in words(chosen)
    typed = {
        "dossier": [f"{row.pk}:{fresh(row).version}" for row in rows],
        "officer": str(heir.pk),
        "reason": "Chuyển công tác",
    }
    Dossier.objects.filter(pk=changed.pk).update(version=99)
    report = outcome(chief, chief.post(f"{DESK}nhieu/assign/", typed))
    assert "xong 3 trong 6 hồ sơ" in report and "đã thay đổi" in report and "đang chờ ký" in report and "của bạn" in report
    # What is new is given as well: its steps begin with its reception.
    assert (fresh(new).state, fresh(new).officer_id) == (State.SUBMITTED, heir.pk)
    assert {fresh(plain).officer_id, fresh(stepped).officer_id, step_of(stepped).officer_id} == {heir.pk}
    assert plain.events.latest("id").note.endswith("Chuyển công tác")
    # The same page sent again changes nothing: every row has changed since.
    assert "xong 0 trong 6" in outcome(chief, chief.post(f"{DESK}nhieu/assign/", typed))
    # Who handles gives what nobody has, and nothing of a colleague's.
    handlers, _ = desk(WARD, "handling")
    typed["dossier"] = [f"{row.pk}:{fresh(row).version}" for row in (plain, new)]
    report = outcome(handlers, handlers.post(f"{DESK}nhieu/assign/", {**typed, "officer": "it-viec-nhat"}))
    assert "xong 0 trong 2" in report and "lãnh đạo giao lại được" in report
    # Nobody gets a dossier of their own.
    mothers_own = make_position(mother(), unit=WARD, roles=("handling",))
    with pytest.raises(TransitionRefused, match="có tên họ"):
        assigning.assign(
            actor=officer_actor(boss), dossier_id=plain.pk, seen_version=fresh(plain).version, position_id=mothers_own.pk, now=NOW
        )
    given = {row.officer_id for row in (receive(filed(), receiver) for _ in range(3))}
    assert mothers_own.pk not in given and make_person().pk not in given
