"""What one-time passwords have in common, whatever they are for: made, hashed, counted."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Model, QuerySet
from django.utils.crypto import salted_hmac

from portal.crypto import bare_index

M = TypeVar("M", bound=Model)

RESEND_AFTER = timedelta(seconds=30)
"""Between two requests: an SMS takes a while, and pressing again helps nobody."""
MAX_TRIES = 5


class Refusal(StrEnum):
    """Which count is used up."""

    SOON = "soon"
    NUMBER = "number"
    ADDRESS = "address"


class TooManyRequests(Exception):
    """More passwords asked for than anybody needs; ``retry_at`` says when to come back, ``by`` which count is used up."""

    def __init__(self, retry_at: datetime, by: Refusal) -> None:
        super().__init__(str(retry_at))
        self.retry_at = retry_at
        self.by = by


class WrongCode(Exception):
    """The code is wrong, used, late or tried too often. ``tries_left`` is 0 when a new one must be asked for."""

    def __init__(self, tries_left: int) -> None:
        super().__init__(str(tries_left))
        self.tries_left = tries_left


def new_code() -> str:
    """Six digits."""
    return f"{secrets.randbelow(10**6):06d}"


def hashed(use: str, row_id: UUID, code: str) -> str:
    """What stands in our rows instead of a code; bound to its row, so that one code is good for one thing."""
    return hmac.new(settings.SECRET_KEY.encode(), f"{use}:{row_id}:{code}".encode(), hashlib.sha256).hexdigest()


def digest(purpose: str, value: str) -> str:
    """What stands in our rows instead of an address or a browser's cookie; empty for an empty value."""
    return salted_hmac(f"accounts.{purpose}", value, algorithm="sha256").hexdigest() if value else ""


def queue_up(use: str, *names: str) -> None:
    """Requests that draw on one count wait for each other until the commit, so that the counts are exact."""
    keys = sorted({int.from_bytes(hashlib.sha256(f"{use}:{name}".encode()).digest()[:8], signed=True) for name in names})
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def one_at_a_time(*indexes: str) -> None:
    """Whoever enters a person with one of these keyed indexes waits for the others until the commit. The unique column holds the same, but
    not between two covers of the index while they are changed."""
    queue_up("identity", *(bare_index(index) for index in indexes))


def refuse_beyond(rows: QuerySet[M], most: int, within: timedelta, by: Refusal, now: datetime) -> None:
    """Raise where ``rows`` hold ``most`` requests or more within the time. One row is read, by an index."""
    oldest = rows.filter(created_at__gt=now - within).order_by("-created_at").values_list("created_at", flat=True)[most - 1 : most]
    for moment in oldest:
        raise TooManyRequests(moment + within, by)
