"""An online filing is answered within eight working hours: the desk shows what was not, and the head of the unit is told (D-29)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import PositionRole
from dossiers import services
from dossiers.answering import escalate_answers, warn_of_answers
from dossiers.models import Dossier, LateAnswer, SupplementDefect
from dossiers.services.supplements import Asked
from dossiers.tasks import escalate_answers as task
from portal.audit.models import Act
from portal.notifications.models import Notification
from tests.dossiers.counters import UNIT, desk
from tests.dossiers.support import NOW, PAPER, filed, mother, photo
from tests.factories import citizen_actor, make_officer_actor, make_position, officer_actor

pytestmark = [pytest.mark.requirement("D-29")]
DUE = NOW + timedelta(days=3)
"""Friday 10:00 and eight working hours: Monday 10:00."""
LATE = DUE + timedelta(minutes=1)
LIST = "/quan-tri/dossiers/dossier/?viec=qua-8-gio"


@pytest.fixture(autouse=True)
def _only_ours(demo_data: None) -> None:
    escalate_answers(now=LATE)
    warn_of_answers(now=LATE)
    Notification.objects.all().delete()


def told() -> list[Notification]:
    return list(Notification.objects.filter(template="dossiers.answer_late", channel="inbox").order_by("sent_at"))


def test_the_head_is_told_once_of_each_filing_and_finds_it_in_a_list() -> None:
    head, position = desk("signing")
    first, second = filed(), filed(now=NOW + timedelta(minutes=10))
    assert escalate_answers(now=DUE) == 0, "the last moment is in time"
    assert escalate_answers(now=DUE + timedelta(minutes=11)) == 2
    mine = [notice for notice in told() if notice.party_id == position.person_id]
    assert len(mine) == 1 and mine[0].title == "2 hồ sơ nộp trực tuyến quá 8 giờ làm việc chưa được trả lời"
    assert str(first.code) in str(mine[0].body) and str(second.code) in str(mine[0].body) and "10:00 ngày 23/11/2026" in str(mine[0].body)
    assert mine[0].link == LIST
    assert escalate_answers(now=DUE + timedelta(hours=1)) == 0 and len(told()) == len({notice.party_id for notice in told()})
    rows = {row.dossier_id: row for row in LateAnswer.objects.filter(dossier__in=[first, second])}
    assert rows[first.pk].response_due_at == DUE and rows[first.pk].told >= 1
    assert Act.objects.filter(act="dossiers.escalate_answer", target_id=str(first.pk)).count() == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        LateAnswer.objects.filter(dossier=first).update(told=0)

    page = head.get(LIST).content.decode()
    assert str(first.code) in page and str(second.code) in page
    assert "Nộp trực tuyến, quá 8 giờ làm việc chưa trả lời" in head.get("/quan-tri/").content.decode()
    services.receive(actor=make_officer_actor(), dossier_id=first.id, seen_version=first.version, now=LATE)
    page = head.get(LIST).content.decode()
    assert str(first.code) not in page and str(second.code) in page
    assert str(second.code) not in desk("signing", unit="H26.102")[0].get(LIST).content.decode()


def test_what_comes_back_completed_is_owed_another_answer() -> None:
    officer, owner = make_officer_actor(), citizen_actor(mother())
    dossier = filed()
    photo_again = Asked(SupplementDefect.Kind.PAPER, PAPER, "Giấy chứng sinh", "BS03", "Mờ", "Chụp lại.", replaces=True)
    assert escalate_answers(now=LATE) == 1
    services.ask_supplement(
        actor=officer, dossier_id=dossier.id, seen_version=dossier.version, defects=[photo_again], days=5, words="", now=LATE
    )
    assert escalate_answers(now=LATE + timedelta(days=1)) == 0, "it waits for its applicant"
    back = LATE + timedelta(days=1)
    services.add_supplement_paper(actor=owner, dossier_id=dossier.id, number=1, kind=PAPER, upload=photo(), now=back)
    services.complete(actor=owner, dossier_id=dossier.id, number=1, now=back)
    again = Dossier.objects.get(pk=dossier.pk).response_due_at
    assert escalate_answers(now=again) == 0 and escalate_answers(now=again + timedelta(minutes=1)) == 1
    assert LateAnswer.objects.filter(dossier=dossier).count() == 2


def test_without_a_head_the_one_above_is_told_and_nobody_at_night() -> None:
    PositionRole.objects.filter(position__unit_code=UNIT, role="signing").delete()
    above = make_position(unit="H26", roles=("signing",))
    make_position(unit="H26.102", roles=("signing",))
    dossier = filed()
    with time_machine.travel(LATE.replace(hour=23), tick=False):
        assert task() == 0
    # Positions hold from today on; the filing is long late then.
    with time_machine.travel(timezone.localtime(above.valid_from).replace(hour=9) + timedelta(days=1), tick=False):
        assert task() == 1
    assert officer_actor(above).person_id in {notice.party_id for notice in told()}
    assert LateAnswer.objects.get(dossier=dossier).told >= 1


def test_officers_are_warned_once_before_the_hours_end() -> None:
    receiver, given = make_position(unit=UNIT, roles=("reception",)), make_position(unit=UNIT, roles=("handling",))
    make_position(unit="H26.102", roles=("reception",))
    dossier = filed()
    Dossier.objects.filter(pk=dossier.pk).update(officer_id=given.pk, officer_label="Người được giao")
    answered = filed()
    services.refuse(actor=make_officer_actor(), dossier_id=answered.id, seen_version=answered.version, reason="x", now=NOW)
    # Friday 10:00 and eight working hours: Monday 10:00. Two working hours before that is Monday at eight.
    assert warn_of_answers(now=DUE - timedelta(hours=2, minutes=5)) == 0
    soon = DUE - timedelta(hours=1, minutes=50)
    assert warn_of_answers(now=soon) == 1 and warn_of_answers(now=soon + timedelta(minutes=5)) == 0
    notices = list(Notification.objects.filter(template="dossiers.answer_soon", channel="inbox"))
    assert {receiver.person_id, given.person_id} <= {one.party_id for one in notices}
    assert notices[0].title == "1 hồ sơ nộp trực tuyến sắp hết 8 giờ làm việc" and str(dossier.code) in str(notices[0].body)
    assert len(notices) == len({one.party_id for one in notices}) and notices[0].link == "/quan-tri/dossiers/dossier/?viec=moi"
    assert Dossier.objects.get(pk=dossier.pk).version == dossier.version, "nobody's page is out of date by it"
    assert warn_of_answers(now=LATE) == 0
