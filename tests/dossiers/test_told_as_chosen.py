"""Two people of a company work on one dossier; each is told by what they chose, in their language (A-14, D-13)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import EmailAddress
from dossiers import services
from dossiers.models import Dossier
from portal.notifications.models import Notification
from portal.notifications.registry import kinds
from portal.outbox import services as outbox
from tests.dossiers.test_kinds import declare
from tests.dossiers.test_parties import ACCOUNTANT, BADGE, DIRECTOR, FIRST, VEHICLE, as_company, company, holder, send
from tests.factories import make_officer_actor, sign_in

pytestmark = pytest.mark.usefixtures("demo_data")


def _choose(name: str, email: str, language: str, *channels: str) -> Any:
    """On the page, as themself; whom one acts for changes nothing about it."""
    person = holder(name).person
    EmailAddress.objects.create(person=person, address=email, verified_at=timezone.now())
    client = Client()
    sign_in(client, person)
    fields = {f"kind_{number}": channels for number, _kind in enumerate(kinds())}
    assert client.post("/tai-khoan/lien-lac/", {"act": "channels", "language": language, **fields}).status_code == 302
    return person


@pytest.mark.requirement("A-14", "D-13")
def test_director_and_accountant_are_told_by_mail_and_sms_as_they_chose(outside: Any) -> None:
    director = _choose(DIRECTOR, "giam-doc@example.vn", "en", "email")
    accountant = _choose(ACCOUNTANT, "ke-toan@example.vn", "vi", "sms")
    declare(as_company(ACCOUNTANT), BADGE, FIRST, VEHICLE)
    send(as_company(DIRECTOR))
    dossier = Dossier.objects.get(procedure_code=BADGE)
    officer = make_officer_actor(unit="H26.202", roles=("reception",))
    services.receive(actor=officer, dossier_id=dossier.id, seen_version=dossier.version, now=timezone.now())
    outbox.deliver_due(limit=1000)
    letters = outside.mailbox("giam-doc@example.vn")
    named = f"Dossier {dossier.code} ({company().name})"
    assert [letter["subject"] for letter in letters] == [f"{named} was accepted", f"{named} was sent"]
    assert f"/ho-so/{dossier.code}/" in letters[0]["text"]
    assert outside.mailbox("ke-toan@example.vn") == []
    texts = [message["text"] for message in outside.outbox(accountant.phone) if str(dossier.code) in message["text"]]
    assert len(texts) == 2
    assert "đã được tiếp nhận" in texts[0] and company().name in texts[0], "who acts for several knows for which"
    assert [message for message in outside.outbox(director.phone) if str(dossier.code) in message["text"]] == []
    assert set(Notification.objects.filter(channel="inbox", key__contains="event-").values_list("party_id", flat=True)) == {company().id}
