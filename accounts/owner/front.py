"""The first page of an account: about me, or about the organisation for which I act (C-08, A-13)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.linking.answering import open_offers
from accounts.mandating.offers import offered_to
from accounts.models import AccountComplaint, Mandate
from accounts.owner.lines import Line, Part
from accounts.services.mandates import NOBODY
from portal.access import ActingAs, Actor

SOON = timedelta(days=30)
MOST = 20


def own_lines(request: HttpRequest, actor: Actor, now: datetime) -> Iterable[Line]:
    """What this room has to say: mandates offered and ending, accounts elsewhere, complaints (six queries at most)."""
    if actor.person_id is None:
        return
    if actor.acting_as is ActingAs.SELF:
        yield from _offered(actor, now)
        yield from _accounts(actor)
        yield from _complaints(actor)
        yield from _ending(Mandate.objects.in_force(now).filter(person_id=actor.person_id or NOBODY), now)
    elif actor.acting_as is ActingAs.ORGANISATION and actor.procedures is None:
        yield from _ending(Mandate.objects.in_force(now).filter(organisation_id=actor.party_id or NOBODY), now, of_holders=True)


def _offered(actor: Actor, now: datetime) -> Iterable[Line]:
    for offer in offered_to(actor, now)[:MOST]:
        title = _("%(name)s muốn bạn làm thay") % {"name": offer.party_name}
        yield Line(Part.WAITING, title, reverse("mandates"), by=offer.expires_at, tag="wait")


def _accounts(actor: Actor) -> Iterable[Line]:
    for offer in open_offers(actor.person_id or NOBODY)[:MOST]:
        title = _("Tài khoản cũ của bạn tại %(name)s: liên kết hay không") % {"name": offer.client.name}
        yield Line(Part.WAITING, title, reverse("linked-accounts"), tag="wait")


def _ending(rows: QuerySet[Mandate], now: datetime, *, of_holders: bool = False) -> Iterable[Line]:
    soon = rows.filter(valid_to__lte=now + SOON).select_related("organisation", "grantor", "person")
    for row in soon.order_by("valid_to", "id")[:MOST]:
        name = row.person.full_name if of_holders else row.party_name
        words = _("Quyền làm thay của %(name)s") if of_holders else _("Quyền làm thay cho %(name)s")
        yield Line(Part.ENDING, words % {"name": name}, reverse("mandates"), by=row.valid_to)


def _complaints(actor: Actor) -> Iterable[Line]:
    rows = AccountComplaint.objects.filter(person_id=actor.person_id or NOBODY, ended_at=None).order_by("received_at", "id")
    for row in rows[:5]:
        title = _("Khiếu nại về tài khoản %(code)s") % {"code": row.code_shown}
        yield Line(Part.ENDING, title, reverse("account-complaint", args=[row.code]), hint=row.state_words)


def people_of(actor: Actor, now: datetime) -> list[Mandate]:
    """Who may act for the organisation, for its legal representative; nobody for others (two queries)."""
    if actor.acting_as is not ActingAs.ORGANISATION or actor.procedures is not None:
        return []
    rows = Mandate.objects.in_force(now).filter(organisation_id=actor.party_id or NOBODY)
    if not rows.filter(pk=actor.mandate_id or NOBODY, basis=Mandate.Basis.LEGAL_REPRESENTATIVE).exists():
        return []
    return list(rows.select_related("person").order_by("given_at", "id")[:MOST])
