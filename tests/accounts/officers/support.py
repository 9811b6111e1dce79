"""Officers for tests of who was given what."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.test import Client
from django.utils import timezone

from tests.factories import make_person, make_position, sign_in


def at_desk(unit: str, *roles: str, name: str = "Phạm Văn Cán Bộ Giả Định", place: str = "agency") -> tuple[Client, Any]:
    """A client of somebody at the desk of a unit, and their position."""
    client, position = Client(), make_position(make_person(full_name=name), unit=unit, roles=roles, place=place)
    sign_in(client, position.person, position=position)
    return client, position


def day(days: int) -> str:
    """A day from today on, as people write it."""
    return f"{timezone.localdate() + dt.timedelta(days=days):%d/%m/%Y}"
