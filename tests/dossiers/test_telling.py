"""Who is told of what happens to a dossier: applicant and owner, once for each event."""

from __future__ import annotations

import pytest
from django.db import transaction

from dossiers import services
from dossiers.models import Dossier
from dossiers.services.common import notify_parties, write_event
from portal.access import SYSTEM
from portal.notifications.models import Notification
from portal.outbox.models import Message
from tests.dossiers.support import NOW, father, filed, mother
from tests.factories import make_officer_actor

pytestmark = pytest.mark.usefixtures("demo_db")


def told(dossier: Dossier, template: str) -> dict[str, int]:
    """How many notices of a kind each side has on each channel."""
    rows = Notification.objects.filter(template=template, link=f"/ho-so/{dossier.code}/")
    return {
        f"{side} {channel}": rows.filter(party_id=person_id, channel=channel).count()
        for side, person_id in (("applicant", dossier.applicant_id), ("owner", dossier.owner_id))
        for channel in ("inbox", "sms")
    }


@pytest.mark.requirement("D-13")
def test_applicant_and_owner_are_both_told_of_what_the_officer_did() -> None:
    dossier = filed()
    Dossier.objects.filter(pk=dossier.pk).update(owner_id=father().pk)
    dossier.refresh_from_db()
    services.receive(actor=make_officer_actor(), dossier_id=dossier.id, seen_version=dossier.version, now=NOW)
    assert told(dossier, "dossiers.received") == {"applicant inbox": 1, "applicant sms": 1, "owner inbox": 1, "owner sms": 1}


@pytest.mark.requirement("D-13")
def test_a_second_notice_of_a_kind_arrives_and_a_repetition_does_not() -> None:
    dossier = filed(mother())
    before = Message.objects.filter(kind="notifications.sms").count()
    for expected in (1, 2):
        with transaction.atomic():
            write_event(dossier, "supplement", before=dossier.state, actor=SYSTEM, now=NOW)
            notify_parties(dossier, "dossiers.refused")
            notify_parties(dossier, "dossiers.refused")
        assert told(dossier, "dossiers.refused")["applicant inbox"] == expected
        assert Message.objects.filter(kind="notifications.sms").count() == before + expected


@pytest.mark.requirement("D-13")
def test_what_is_told_about_a_paper_is_told_once_whatever_happened_to_the_dossier_since() -> None:
    dossier = filed(mother())
    for paper, expected in (("file-1", 1), ("file-2", 2), ("file-1", 2)):
        with transaction.atomic():
            write_event(dossier, "supplement", before=dossier.state, actor=SYSTEM, now=NOW)
            notify_parties(dossier, "dossiers.refused", about=paper)
        assert told(dossier, "dossiers.refused")["applicant inbox"] == expected
