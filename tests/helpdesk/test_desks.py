"""What an agency writes and asks is its own: another one reaches nothing of it by any address of the desk (O-07)."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from helpdesk.services import requests
from portal.content import services as content
from tests.factories import make_officer_actor
from tests.helpdesk.support import desk, shown
from tests.security.desk_addresses import KNOWN, SHARED

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("O-07")]
EVERYTHING = ("administrator", "technical", "content", "petition_reception", "procedure_entering")


def test_another_agency_reaches_nothing_of_ours() -> None:
    actor = make_officer_actor("H26", ("technical", "content"))
    now = timezone.now()
    piece = content.write(actor=actor, unit_code="H26", now=now, kind="news", title="Riêng của H26", summary="x", body="<p>x</p>")
    asked = requests.ask(actor=actor, about="other", title="Riêng của H26", words="x", is_incident=False, now=now)
    ours, _one = desk("H26", *EVERYTHING)
    theirs, _two = desk("H29", *EVERYTHING)
    for label, row in (("content.piece", piece), ("helpdesk.agencyrequest", asked)):
        base = f"/quan-tri/{label.replace('.', '/')}/"
        assert "Riêng của H26" in shown(ours.get(base)) and "Riêng của H26" not in shown(theirs.get(base))
        assert "Riêng của H26" not in shown(theirs.get(base, {"q": "Riêng"}))
        assert ours.get(f"{base}{row.pk}/change/").status_code == 200
        for rest in (*SHARED[2:], *KNOWN[label]):
            address = base + rest.replace("<path:object_id>", str(row.pk)).replace("<uuid:object_id>", str(row.pk))
            address = address.replace("<uuid:picture_id>", str(uuid4()))
            for answer in (theirs.get(address, follow=True), theirs.post(address, follow=True)):
                assert answer.status_code in (200, 403, 404, 405), address
                assert "Riêng của H26" not in shown(answer), address
        row.refresh_from_db()
        assert row.version == 1
