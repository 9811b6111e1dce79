"""How many accounts there are, by kind and by how surely their owners are known (Scheme II.2). For a task by night: every row is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from allauth.mfa.models import Authenticator
from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, Value, When
from django.db.models.functions import TruncMonth

from accounts.models import Mandate, Organisation, Position, User
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


def accounts_by_month(now: datetime) -> list[Opened]:
    """Accounts in use by the month in which they were opened (two queries).

    A person's login is one account, an officer's where a position of an agency is held; an organisation has one while somebody may act
    for it.
    """
    held = Position.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=now), person__user=OuterRef("pk"), valid_from__lte=now, place=Position.Place.AGENCY
    )
    passkeys = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.WEBAUTHN)
    kind = Case(When(Exists(held), then=Value(OFFICER)), default=Value(PERSON), output_field=CharField())
    means = Case(
        When(Exists(held.filter(credential__isnull=False)), then=Value(CERTIFICATE)),
        When(Exists(passkeys), then=Value(PASSKEY)),
        default=Value(PASSWORD),
        output_field=CharField(),
    )
    logins = User.objects.filter(is_active=True, person__isnull=False).annotate(month=TruncMonth("date_joined"), kind_of=kind, by=means)
    found = logins.order_by().values_list("month", "kind_of", "by").annotate(Count("pk"))
    acting = Mandate.objects.in_force(now).filter(organisation=OuterRef("pk"))
    organisations = Organisation.objects.filter(Exists(acting)).annotate(month=TruncMonth("created_at"))
    others = organisations.order_by().values_list("month", "kind").annotate(Count("pk"))
    return [Opened(month.date(), kind, by, number) for month, kind, by, number in found] + [
        Opened(month.date(), kind, MANDATE, number) for month, kind, number in others
    ]
