"""How many accounts there are, by kind, by the ways in that they have and by how surely their owners are known (A-15; Scheme II.2).

For a task by night: every row is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, Max, OuterRef, Subquery
from django.db.models.functions import TruncMonth

from accounts.models import Mandate, Organisation
from portal.access import Assurance

PERSON, FOREIGNER, OFFICER = "person", "foreigner", "officer"
CERTIFICATE, VNEID, PASSKEY, APP, CODE, MANDATE = "certificate", "vneid", "passkey", "app", "code", "mandate"
ASSURANCE = {
    CERTIFICATE: Assurance.HIGH, VNEID: Assurance.HIGH, PASSKEY: Assurance.HIGH,
    APP: Assurance.MEDIUM, CODE: Assurance.MEDIUM, MANDATE: Assurance.MEDIUM,
}  # fmt: skip
"""How surely each way can prove who comes (Rules art. 10), the surest first. An organisation's people bring their own: medium at least."""
SIGN = "+"
"""Between the ways of one account, in the order of :data:`ASSURANCE`."""


def surest(ways: Iterable[str]) -> str:
    """The way that proves its owner most surely; empty for an account without any."""
    held = frozenset(ways)
    return next((way for way in ASSURANCE if way in held), "")


def authenticator(ways: Iterable[str]) -> Assurance:
    """How surely an account with these ways can prove who comes."""
    return ASSURANCE.get(surest(ways), Assurance.NONE)


@dataclass(frozen=True)
class Opened:
    """Accounts in use that were opened in one month, are of one kind, known equally surely, and have the same ways in."""

    month: date
    kind: str
    """``person``, ``foreigner`` (known by a document, without a personal number), ``officer``, or the kind of an organisation."""
    identity: int
    """How surely it is known whose they are (``portal.access.Assurance``)."""
    ways: str
    """All ways in that they have, joined by :data:`SIGN`; empty where there is none now."""
    number: int


# Joined by the set, and grouped in one pass: nothing is looked up account by account.
_LOGINS = """
SELECT date_trunc('month', u.date_joined AT TIME ZONE %(zone)s)::date,
    CASE WHEN o.user_id IS NOT NULL THEN 'officer' WHEN p.id_number IS NULL THEN 'foreigner' ELSE 'person' END,
    p.identity_level,
    concat_ws('+',
        CASE WHEN o.has_certificate OR p.identity_proved_by = 'certificate' OR s.user_id IS NOT NULL THEN 'certificate' END,
        CASE WHEN v.person_id IS NOT NULL THEN 'vneid' END,
        CASE WHEN k.has_passkey THEN 'passkey' END,
        CASE WHEN k.has_app THEN 'app' END,
        CASE WHEN p.phone IS NOT NULL OR e.person_id IS NOT NULL THEN 'code' END),
    count(*)
FROM accounts_user u JOIN accounts_person p ON p.user_id = u.id
LEFT JOIN (
    SELECT holder.user_id, bool_or(held.credential IS NOT NULL OR held.token_serial <> '') AS has_certificate
    FROM accounts_position held JOIN accounts_person holder ON holder.id = held.person_id
    WHERE held.place = 'agency' AND held.valid_from <= %(now)s AND (held.valid_to IS NULL OR held.valid_to > %(now)s) GROUP BY 1
) AS o ON o.user_id = u.id
LEFT JOIN (
    SELECT user_id, bool_or(type = 'webauthn') AS has_passkey, bool_or(type = 'totp') AS has_app FROM mfa_authenticator GROUP BY 1
) AS k ON k.user_id = u.id
LEFT JOIN (SELECT DISTINCT person_id FROM accounts_outsideidentity WHERE provider = 'vneid') AS v ON v.person_id = p.id
LEFT JOIN (
    SELECT DISTINCT user_id FROM accounts_usersession
    WHERE way IN ('certificate', 'token', 'file') OR raised_by IN ('certificate', 'token', 'file')
) AS s ON s.user_id = u.id
LEFT JOIN (
    SELECT DISTINCT person_id FROM accounts_emailaddress WHERE verified_at IS NOT NULL AND bounced_at IS NULL
) AS e ON e.person_id = p.id
WHERE u.is_active GROUP BY 1, 2, 3, 4
"""


def accounts_by_month(now: datetime) -> list[Opened]:
    """Accounts in use by the month in which they were opened (two queries).

    A person's login is one account, an officer's where a position of an agency is held; an organisation has one while somebody may act
    for it, known as surely as its legal representatives are. One that is locked is not in use.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOGINS, {"now": now, "zone": settings.TIME_ZONE})
        found = [Opened(*row) for row in cursor.fetchall()]
    acting = Mandate.objects.in_force(now).filter(organisation=OuterRef("pk"))
    known = acting.filter(basis=Mandate.Basis.LEGAL_REPRESENTATIVE).order_by().values("organisation")
    organisations = Organisation.objects.filter(Exists(acting)).annotate(
        month=TruncMonth("created_at"), known=Subquery(known.annotate(level=Max("person__identity_level")).values("level"))
    )
    for month, kind, level, number in organisations.order_by().values_list("month", "kind", "known").annotate(Count("pk")):
        # Whose representatives have no account of their own is known by the registry alone.
        found.append(Opened(month.date(), kind, max(level or 0, int(Assurance.MEDIUM)), MANDATE, number))
    return found
