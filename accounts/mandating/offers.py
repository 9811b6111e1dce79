"""Mandates offered by identity number: made alike whether anybody here has it or not, accepted or declined by who has it (A-14).

Civil Code 2015 art. 134–141, 562–569. A mandate is the party's, not its representative's: what was given for an organisation holds on when
the representative who gave it leaves (art. 140.3 names the ends of a mandate; a change of representatives is none of them). What was only
offered does not.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import queries
from accounts.identifiers import clean_id_number
from accounts.mandating import choosing
from accounts.masks import masked
from accounts.models import Mandate, MandateOffer, Organisation, Person
from accounts.services.mandates import NOBODY, BadMandate, note
from portal import audit, outbox
from portal.access import AccessDenied, ActingAs, Actor, Assurance
from portal.crypto import blind_index, same_index
from portal.notifications.services import notify
from portal.text import nfc

LIVES = timedelta(days=30)
"""An invitation that nobody took up is over."""
MOST_OPEN, MOST_A_DAY = 100, 30
"""Of one party: numbers cannot be tried out, and nobody is flooded with invitations."""
MOST_PROCEDURES = 200


def giving_party(actor: Actor, now: datetime) -> dict[str, UUID | None]:
    """The party for whom the actor may give mandates: themself, or the organisation they represent by law.

    Nobody hands on what was given to them (Civil Code 2015 art. 564), nobody gives what the law leaves to parents and guardians.
    :class:`AccessDenied`.
    """
    if not actor.is_citizen or actor.person_id is None or actor.assurance < Assurance.MEDIUM:
        raise AccessDenied("accounts.give_mandate")
    if actor.acting_as is ActingAs.ORGANISATION:
        own = Mandate.objects.in_force(now).filter(pk=actor.mandate_id or NOBODY, basis=Mandate.Basis.LEGAL_REPRESENTATIVE).first()
        if own is None or own.person_id != actor.person_id:
            raise AccessDenied("accounts.give_mandate")
        return {"organisation_id": own.organisation_id, "grantor_id": None}
    if actor.acting_as is not ActingAs.SELF:
        raise AccessDenied("accounts.give_mandate")
    return {"organisation_id": None, "grantor_id": actor.person_id}


@transaction.atomic
def give_mandate(
    *,
    actor: Actor,
    id_number: str,
    called: str = "",
    valid_from: datetime,
    valid_to: datetime | None = None,
    procedures: Collection[str] | None = None,
    now: datetime,
) -> MandateOffer:
    """Offer whoever has the number to act for the party for whom the actor acts, in all procedures or some; in force once they accept.

    The answer, what is written and what is sent for do not depend on whether anybody has the number: the worker looks
    (:func:`tell_offered`). :class:`BadMandate` with a sentence, :class:`AccessDenied`.
    """
    whose = giving_party(actor, now)
    assert actor.person_id is not None
    number = clean_id_number(id_number)
    if not number:
        raise BadMandate(_("Số định danh phải có 12 chữ số."), "id_number")
    if procedures is not None and not procedures:
        raise BadMandate(_("Bạn hãy chọn ít nhất một thủ tục, hoặc chọn mọi thủ tục."), "scope")
    if procedures is not None and len(set(procedures)) > MOST_PROCEDURES:
        raise BadMandate(_("Bạn chọn tối đa %(most)d thủ tục; nhiều hơn thì chọn mọi thủ tục.") % {"most": MOST_PROCEDURES}, "scope")
    if valid_to is not None and valid_to <= max(valid_from, now):
        raise BadMandate(_("Ngày kết thúc phải sau ngày bắt đầu và sau hôm nay."), "valid_to")
    # Two of one company at once: one after the other.
    if whose["organisation_id"] is not None:
        Organisation.objects.select_for_update().get(pk=whose["organisation_id"])
    giver = Person.objects.select_for_update().get(pk=actor.person_id)
    blind = blind_index("id_number", number)
    if same_index(blind, giver.id_blind) and whose["organisation_id"] is None:
        raise BadMandate(_("Bạn không cần ủy quyền cho chính mình."), "id_number")
    offers = MandateOffer.objects.filter(**whose)
    waiting = offers.filter(accepted_at__isnull=True, declined_at__isnull=True, withdrawn_at__isnull=True)
    for before in waiting.filter(number_blind=blind):
        if before.is_open(now=now):
            raise _already()
        before.withdrawn_at = now
        before.save()
    given = Mandate.objects.filter(basis=Mandate.Basis.GIVEN, withdrawn_at__isnull=True, person__id_blind=blind, **whose)
    if given.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=now)).exists():
        raise _already()
    if (
        waiting.filter(expires_at__gt=now).count() >= MOST_OPEN
        or offers.filter(offered_at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY
    ):
        raise BadMandate(_("Bạn đã gửi quá nhiều lời mời. Bạn rút bớt lời mời đang chờ hoặc gửi tiếp vào ngày mai."), "id_number")
    offer = MandateOffer.objects.create(
        number_blind=blind,
        number=number,
        called=nfc(called).strip()[:200],
        procedures=sorted(set(procedures)) if procedures is not None else None,
        valid_from=valid_from,
        valid_to=valid_to,
        given_by=giver,
        offered_at=now,
        expires_at=now + LIVES,
        **whose,
    )
    _note(actor, "accounts.give_mandate", offer)
    outbox.put("accounts.tell_offered", key=str(offer.id), payload={"offer": str(offer.id)}, expires_at=offer.expires_at)
    return offer


def _already() -> BadMandate:
    return BadMandate(_("Người mang số này đang có ủy quyền còn hiệu lực hoặc chờ nhận. Bạn chấm dứt ủy quyền đó trước."), "id_number")


@transaction.atomic
def tell_offered(*, offer_id: UUID, now: datetime) -> None:
    """Tell who has the number, if anybody with an account has (worker): what the giver's page shows does not depend on it."""
    offer = MandateOffer.objects.select_related("organisation", "grantor").get(pk=offer_id)
    person = Person.objects.filter(id_blind=offer.number_blind, user__is_active=True).first()
    if person is not None and offer.is_open(now=now):
        notify(
            party_id=person.id,
            template="accounts.mandate_offered",
            context={"party": offer.party_name},
            key=f"mandate-offered:{offer.id}",
            link="/tai-khoan/uy-quyen/",
            expires_at=offer.expires_at,
        )


def offered_to(actor: Actor, now: datetime) -> list[MandateOffer]:
    """What is offered to the person behind the actor and can still be accepted, newest first (two queries)."""
    if actor.person_id is None:
        return []
    blind = queries.id_blind(actor.person_id)
    rows = MandateOffer.objects.filter(number_blind=blind, accepted_at__isnull=True, declined_at__isnull=True, withdrawn_at__isnull=True)
    rows = rows.filter(expires_at__gt=now).select_related("organisation", "grantor", "given_by")
    return [offer for offer in rows.order_by("-offered_at", "id")[:MOST_OPEN] if offer.is_open(now=now)]


@transaction.atomic
def accept_mandate(*, actor: Actor, offer_id: UUID, now: datetime) -> Mandate:
    """Accept what was offered to one's number: it is a mandate from now on. Accepting twice is no error.

    :class:`AccessDenied` for somebody else's, :class:`BadMandate` where it was withdrawn, is over, or the party is no more.
    """
    offer = _theirs(actor, offer_id)
    assert actor.person_id is not None
    if offer.accepted_at is not None and offer.mandate is not None:
        return offer.mandate
    if not offer.is_open(now=now) or (offer.organisation is not None and offer.organisation.status == Organisation.Status.DISSOLVED):
        raise BadMandate(_("Lời mời này không còn hiệu lực."))
    whose: dict[str, Any] = {"organisation_id": offer.organisation_id, "grantor_id": offer.grantor_id}
    before = Mandate.objects.select_for_update().filter(
        person_id=actor.person_id, basis=Mandate.Basis.GIVEN, withdrawn_at__isnull=True, **whose
    )
    for one in before:
        # One that has run out makes place for the new one.
        one.withdrawn_at = now
        one.save()
    made = Mandate.objects.create(
        person_id=actor.person_id,
        basis=Mandate.Basis.GIVEN,
        procedures=offer.procedures,
        valid_from=offer.valid_from,
        valid_to=offer.valid_to,
        given_by_id=offer.given_by_id,
        given_at=offer.offered_at,
        accepted_at=now,
        **whose,
    )
    offer.accepted_at, offer.mandate = now, made
    offer.save()
    note(actor, "accounts.accept_mandate", made)
    _tell_giver(offer, "accounts.mandate_accepted", "accepted")
    return made


@transaction.atomic
def decline_mandate(*, actor: Actor, offer_id: UUID, now: datetime) -> None:
    """Decline what was offered to one's number. Twice is no error; one that is over stays so. :class:`AccessDenied` for somebody else's."""
    offer = _theirs(actor, offer_id)
    if offer.accepted_at is None and offer.declined_at is None and offer.withdrawn_at is None:
        offer.declined_at = now
        offer.save()
        _note(actor, "accounts.decline_mandate", offer)
        _tell_giver(offer, "accounts.mandate_declined", "declined")


@transaction.atomic
def withdraw_offer(*, actor: Actor, offer_id: UUID, now: datetime) -> None:
    """Take an invitation back before it is accepted, by the party that made it. Twice is no error. :class:`AccessDenied` for others."""
    whose = giving_party(actor, now)
    offer = MandateOffer.objects.select_for_update(of=("self",)).filter(pk=offer_id, **whose).first()
    if offer is None:
        raise AccessDenied("accounts.withdraw_mandate")
    if offer.accepted_at is None and offer.declined_at is None and offer.withdrawn_at is None:
        offer.withdrawn_at = now
        offer.save()
        _note(actor, "accounts.withdraw_offer", offer)


def stop(*, person_id: UUID, actor: Actor, now: datetime) -> None:
    """The account was locked: what somebody offered by it, for its owner or an organisation, and nobody has accepted yet is over. In the
    caller's transaction."""
    made = MandateOffer.objects.select_for_update().filter(given_by_id=person_id, accepted_at__isnull=True, declined_at__isnull=True)
    for offer in made.filter(withdrawn_at__isnull=True).order_by("id"):
        offer.withdrawn_at = now
        offer.save()
        _note(actor, "accounts.withdraw_offer", offer)


def _theirs(actor: Actor, offer_id: UUID) -> MandateOffer:
    """An offer, locked, to the number of the person behind the actor."""
    if not actor.is_citizen or actor.person_id is None or actor.assurance < Assurance.MEDIUM:
        raise AccessDenied("accounts.accept_mandate")
    blind = queries.id_blind(actor.person_id)
    rows = MandateOffer.objects.select_for_update(of=("self",)).select_related("organisation", "grantor", "mandate")
    offer = rows.filter(pk=offer_id, number_blind=blind).first()
    if offer is None:
        raise AccessDenied("accounts.accept_mandate")
    return offer


def _tell_giver(offer: MandateOffer, template: str, what: str) -> None:
    notify(
        party_id=offer.given_by_id,
        template=template,
        context={"party": offer.party_name, "name": offer.called or masked(offer.number)},
        key=f"mandate-{what}:{offer.id}",
        link="/tai-khoan/uy-quyen/",
    )


def _note(actor: Actor, act: str, offer: MandateOffer) -> None:
    audit.record(
        actor=actor,
        act=act,
        target="accounts.mandateoffer",
        target_id=str(offer.id),
        details={"party": str(offer.party_id), "procedures": offer.procedures or []},
    )


def procedure_names(rows: Collection[Mandate | MandateOffer]) -> dict[str, str]:
    """Names of every procedure that some mandates are limited to (one query)."""
    return choosing.names({code for row in rows for code in row.procedures or ()})
