"""The person's word about accounts that agencies say are theirs: agree, say no, take away again (A-18; law 91/2025/QH15)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts import queries
from accounts.linking import syncing
from accounts.models import AccountOffer
from portal import audit
from portal.access import ActingAs, Actor
from portal.notifications.services import notify

State = AccountOffer.State
MOST = 50


class NotYours(Exception):
    """There is no such offer to this person (any longer)."""


def open_offers(person_id: UUID) -> QuerySet[AccountOffer]:
    """What is offered to a person and waits for their word, the newest first; of systems that are let in. Two queries when read."""
    blind = queries.id_blind(person_id)
    rows = AccountOffer.objects.filter(state=State.OFFERED, client__suspended_at=None).select_related("client")
    return rows.filter(number_blind=blind).order_by("-offered_at", "id") if blind else rows.none()


def linked_to(person_id: UUID) -> QuerySet[AccountOffer]:
    """The accounts that a person agreed to link, the newest first (one query)."""
    return AccountOffer.objects.filter(person_id=person_id, state=State.LINKED).select_related("client").order_by("-answered_at", "id")


def account_at(client_id: UUID, person_id: UUID) -> str:
    """The name of a person's account at a system, as they agreed that it be told there again; empty for none (one query)."""
    row = AccountOffer.objects.filter(client_id=client_id, person_id=person_id, state=State.LINKED).first()
    return (row.account or "") if row is not None else ""


def unseen(actor: Actor, now: datetime) -> bool:
    """Whether something is offered that was not put before the person yet; from now on it was (two queries, three where there is)."""
    if actor.person_id is None or actor.acting_as is not ActingAs.SELF:
        return False
    fresh = list(open_offers(actor.person_id).filter(shown_at=None).values_list("pk", flat=True)[:MOST])
    if fresh:
        AccountOffer.objects.filter(pk__in=fresh).update(shown_at=now)
    return bool(fresh)


@transaction.atomic
def answer(*, offer_id: UUID, agrees: bool, actor: Actor, now: datetime, syncs: bool = False) -> AccountOffer:
    """Link the account there with the one here, or say that it is not wanted. Only for oneself. ``syncs``: name and contact are kept
    in step (:mod:`accounts.linking.syncing`). Raises :class:`NotYours`."""
    if actor.person_id is None or actor.acting_as is not ActingAs.SELF:
        raise NotYours
    row = open_offers(actor.person_id).filter(pk=offer_id).select_for_update(of=("self",)).first()
    if row is None:
        raise NotYours
    row.state, row.person_id, row.answered_at = (State.LINKED if agrees else State.DECLINED), actor.person_id, now
    try:
        with transaction.atomic():
            row.save(update_fields=["state", "person", "answered_at"])
    except IntegrityError:
        # Another account of that system was linked in this very moment, under another number of theirs.
        raise NotYours from None
    _note(actor, "link_account" if agrees else "decline_account", row)
    if agrees:
        if syncs:
            syncing.set_sync(offer_id=row.pk, on=True, actor=actor, now=now)
        context = {"system": row.client.name}
        notify(party_id=actor.person_id, template="accounts.account_linked", context=context, key=f"account-linked:{row.pk}")
    return row


@transaction.atomic
def end(*, offer_id: UUID, actor: Actor, now: datetime) -> bool:
    """Take a link away: the system is not told any more which account is theirs. False: it was not linked (any longer)."""
    rows = AccountOffer.objects.select_for_update(of=("self",)).select_related("client")
    row = rows.filter(pk=offer_id, person_id=actor.person_id, state=State.LINKED).first() if actor.person_id is not None else None
    if row is None:
        return False
    row.state, row.ended_at, row.proposed = State.ENDED, now, None
    row.save(update_fields=["state", "ended_at", "proposed"])
    _note(actor, "unlink_account", row)
    context = {"system": row.client.name}
    assert actor.person_id is not None
    notify(party_id=actor.person_id, template="accounts.account_unlinked", context=context, key=f"account-unlinked:{row.pk}")
    return True


def _note(actor: Actor, act: str, row: AccountOffer) -> None:
    audit.record(
        actor=actor,
        act=f"accounts.{act}",
        target="accounts.person",
        target_id=str(actor.person_id),
        unit=row.client.unit_code,
        details={"client": str(row.client_id)},
    )
