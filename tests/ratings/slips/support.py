"""What the tests of slips share."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.test import Client
from django.utils import timezone

from dossiers import services as dossiers
from dossiers.models import Dossier
from portal.notifications.models import Notification
from ratings.models import Rating
from ratings.slips import loading, services
from ratings.slips.rules import month_of
from tests.dossiers.support import decided, filed, sign_by_hand
from tests.factories import make_officer_actor

GOOD = {"overall": "5", "officer": "4", "access": "4", "time": "3", "result": "5"}
BROWSER = {"origin": "http://testserver"}


def returned(officer: Any = None) -> Dossier:
    """A dossier whose result its applicant has."""
    issued = decided(officer, now=timezone.now())
    sign_by_hand(issued)
    return Dossier.objects.get(pk=issued.dossier_id)


def refused() -> Dossier:
    """A dossier that was not received."""
    dossier, now = filed(now=timezone.now()), timezone.now()
    officer = make_officer_actor()
    return dossiers.refuse(actor=officer, dossier_id=dossier.id, seen_version=dossier.version, reason="Thiếu giấy", now=now)


def told(dossier: Dossier) -> str:
    """Tell of all slips; the path in the SMS about this dossier."""
    services.tell(now=timezone.now())
    rows = Notification.objects.filter(template="ratings.slip", channel="sms", party_id=dossier.applicant_id)
    [body] = [text for row in rows if str(dossier.code) in (text := str(row.body))]
    found = re.search(r"https?://[^/]+((?:/en)?/danh-gia/phieu/[A-Z0-9]+/)", body)
    assert found is not None, body
    return found[1]


def fill(client: Client, path: str, **said: str) -> Any:
    """Send the slip, as a browser does that has opened it."""
    form = client.get(path)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.content.decode())
    number = re.search(r'name="phieu" value="([^"]+)"', form.content.decode())
    more = {"phieu": number[1]} if number else {}
    return client.post(path, {**GOOD, "csrfmiddlewaretoken": token[1] if token else "", **more, **said}, headers=BROWSER)


def rate(unit: str, step: int, *, day: dt.date, procedure: str = "1.001193", field: str = "LV.ho-tich", source: str = "d") -> Rating:
    """An answer, straight into the table."""
    loading.load()
    return Rating.objects.create(
        source=source, form_id=1, unit_code=unit, procedure_code=procedure, field_code=field, channel="2", service_level="full", day=day,
        month=month_of(day), q1=step, q2=step, q3=6 - step, q4=3, q5=5,
    )  # fmt: skip
