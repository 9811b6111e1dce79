"""How many accounts there are, by kind and by how surely their owners are known (Scheme II.2). For a task by night: every row is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, OuterRef
from django.db.models.functions import TruncMonth

from accounts.models import Mandate, Organisation
from portal.access import Assurance

PERSON, OFFICER = "person", "officer"
CERTIFICATE, PASSKEY, PASSWORD, MANDATE = "certificate", "passkey", "password", "mandate"
ASSURANCE = {CERTIFICATE: Assurance.HIGH, PASSKEY: Assurance.HIGH, PASSWORD: Assurance.MEDIUM, MANDATE: Assurance.MEDIUM}
"""How surely each way in proves who comes (Rules art. 11). An organisation's people bring their own: medium at least."""


@dataclass(frozen=True)
class Opened:
    """Accounts that there are, opened in one month."""

    month: date
    kind: str
    means: str
    """The surest way in that the account has."""
    number: int


# Joined by the set, and grouped in one pass: nothing is looked up account by account.
_LOGINS = """
SELECT date_trunc('month', u.date_joined AT TIME ZONE %(zone)s)::date,
    CASE WHEN o.user_id IS NULL THEN 'person' ELSE 'officer' END,
    CASE WHEN o.has_certificate THEN 'certificate' WHEN k.user_id IS NOT NULL THEN 'passkey' ELSE 'password' END,
    count(*)
FROM accounts_user u JOIN accounts_person p ON p.user_id = u.id
LEFT JOIN (
    SELECT holder.user_id, bool_or(held.credential IS NOT NULL) AS has_certificate
    FROM accounts_position held JOIN accounts_person holder ON holder.id = held.person_id
    WHERE held.place = 'agency' AND held.valid_from <= %(now)s AND (held.valid_to IS NULL OR held.valid_to > %(now)s) GROUP BY 1
) AS o ON o.user_id = u.id
LEFT JOIN (SELECT DISTINCT user_id FROM mfa_authenticator WHERE type = 'webauthn') AS k ON k.user_id = u.id
WHERE u.is_active GROUP BY 1, 2, 3
"""


def accounts_by_month(now: datetime) -> list[Opened]:
    """Accounts in use by the month in which they were opened (two queries).

    A person's login is one account, an officer's where a position of an agency is held; an organisation has one while somebody may act
    for it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOGINS, {"now": now, "zone": settings.TIME_ZONE})
        found = [Opened(*row) for row in cursor.fetchall()]
    acting = Mandate.objects.in_force(now).filter(organisation=OuterRef("pk"))
    organisations = Organisation.objects.filter(Exists(acting)).annotate(month=TruncMonth("created_at"))
    others = organisations.order_by().values_list("month", "kind").annotate(Count("pk"))
    return found + [Opened(month.date(), kind, MANDATE, number) for month, kind, number in others]
