"""Acting for another: what registries say, mandates that hold, and their end (requirement A-14; Civil Code 2015 art. 134–141)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Mandate, MandateOffer, Organisation, Person
from accounts.services.codes import one_at_a_time
from portal import audit, outbox
from portal.access import AccessDenied, Actor
from portal.crypto import blind_index
from portal.exchange import business, population
from portal.notifications.services import notify
from portal.text import nfc, search_key

NOBODY = UUID(int=0)


class BadMandate(ValueError):
    """A mandate that cannot be given; the text says which and why, for the person, ``field`` what to mend."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def comes_of_age(born: date) -> date:
    """The day on which a person is grown up: their eighteenth birthday (Civil Code 2015 art. 20–21); of 29 February the first of March."""
    try:
        return born.replace(year=born.year + 18)
    except ValueError:
        return date(born.year + 18, 3, 1)


def _start_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_default_timezone())


@transaction.atomic
def withdraw_mandate(*, actor: Actor, mandate_id: UUID, now: datetime) -> Mandate:
    """End a mandate that was given, at once: the holder's next page is without it. Ending it twice is no error.

    By the party that gave it (a legal representative for an organisation), or by the holder, who lays it down (Civil Code 2015
    art. 569). :class:`AccessDenied` for anybody else, and for what a registry says.
    """
    made = Mandate.objects.select_for_update().filter(pk=mandate_id, basis=Mandate.Basis.GIVEN).first()
    if made is None or actor.person_id is None or not (made.person_id == actor.person_id or _gives_for(actor, made, now)):
        raise AccessDenied("accounts.withdraw_mandate")
    if made.withdrawn_at is None:
        _end(made, by=actor.person_id, now=now)
        note(actor, "accounts.withdraw_mandate", made)
        other = made.given_by_id if made.person_id == actor.person_id else made.person_id
        if other is not None:
            notify(
                party_id=other,
                template="accounts.mandate_ended",
                context={"party": made.party_name},
                key=f"mandate-ended:{made.id}",
                link="/tai-khoan/uy-quyen/",
            )
    return made


def former_accounts(person_id: UUID | None, now: datetime) -> list[Mandate]:
    """The rights of a person over what was theirs in an account by document before they had a number (one query)."""
    rows = Mandate.objects.in_force(now).filter(person_id=person_id or NOBODY, basis=Mandate.Basis.SAME)
    return list(rows.select_related("grantor").order_by("given_at", "id"))


def hold_mandate(*, actor: Actor, now: datetime) -> None:
    """Within a transaction: the right by which the actor acts for somebody else holds until it is over, whoever withdraws it meanwhile.

    Nothing for who acts for themself. :class:`AccessDenied` where it ended since the page was opened.
    """
    if actor.mandate_id is None:
        return
    held = Mandate.objects.select_for_update(of=("self",)).in_force(now).filter(pk=actor.mandate_id, person_id=actor.person_id or NOBODY)
    if held.first() is None:
        raise AccessDenied("accounts.act_for")


def _gives_for(actor: Actor, made: Mandate, now: datetime) -> bool:
    if made.organisation_id is None:
        return made.grantor_id == actor.person_id or made.grantor_id in {one.grantor_id for one in former_accounts(actor.person_id, now)}
    assert actor.person_id is not None
    legal = Mandate.objects.in_force(now).filter(
        person_id=actor.person_id, organisation_id=made.organisation_id, basis=Mandate.Basis.LEGAL_REPRESENTATIVE
    )
    return legal.exists()


def _end(made: Mandate, *, by: UUID | None, now: datetime) -> None:
    made.withdrawn_at, made.withdrawn_by_id = now, by
    made.save()


def note(actor: Actor, act: str, made: Mandate) -> None:
    """Write an act on a mandate into the trail: for which party, who holds it, for what."""
    audit.record(
        actor=actor,
        act=act,
        target="accounts.mandate",
        target_id=str(made.id),
        details={"party": str(made.party_id), "holder": str(made.person_id), "procedures": made.procedures or []},
    )


def learn_children(*, actor: Actor, person_id: UUID, now: datetime) -> list[Mandate]:
    """Ask the population registry whose father or mother a person is, and keep the right to act for each child under eighteen.

    The registry is asked outside a transaction. Raises ``OutsideUnavailable``, ``OutsideRefused``.
    """
    number = Person.objects.get(pk=person_id).id_number
    kin = population.kin(number) if number else None
    return keep_children(actor=actor, person_id=person_id, children=kin.children, now=now) if kin is not None else []


@transaction.atomic
def keep_children(*, actor: Actor, person_id: UUID, children: Iterable[population.Kinsman], now: datetime) -> list[Mandate]:
    """Keep the right of a parent to act for each of these children who is under eighteen; for whom is no longer named it ends.

    Civil Code 2015 art. 136.1: parents represent their minor children.
    """
    holder = Person.objects.select_for_update().get(pk=person_id)
    found = []
    for child in children:
        until = _start_of(comes_of_age(child.birth_date))
        if until > now:
            found.append(_learn(actor, holder, Mandate.Basis.PARENT, grantor=_enter_child(child), valid_to=until, now=now))
    _lose(actor, holder.mandates.filter(basis=Mandate.Basis.PARENT), found, now)
    return found


def _learn(
    actor: Actor,
    holder: Person,
    basis: str,
    *,
    now: datetime,
    grantor: Person | None = None,
    organisation: Organisation | None = None,
    valid_to: datetime | None = None,
) -> Mandate:
    """The right that a registry's word gives; the same word again changes nothing."""
    kept, made = Mandate.objects.get_or_create(
        person=holder,
        grantor=grantor,
        organisation=organisation,
        basis=basis,
        withdrawn_at=None,
        defaults={"valid_from": now, "valid_to": valid_to, "accepted_at": now, "given_at": now},
    )
    if made:
        note(actor, "accounts.learn_mandate", kept)
    return kept


def _lose(actor: Actor, rights: QuerySet[Mandate], said: Iterable[Mandate], now: datetime) -> None:
    for gone in rights.filter(withdrawn_at__isnull=True).exclude(pk__in=[one.pk for one in said]):
        _end(gone, by=None, now=now)
        note(actor, "accounts.lose_mandate", gone)
        if gone.organisation_id is not None:
            _representative_left(gone, gone.organisation_id, now)


def _representative_left(gone: Mandate, organisation_id: UUID, now: datetime) -> None:
    """What a representative gave is the organisation's and holds on (Civil Code 2015 art. 140.3); what they only offered is over, and
    whoever represents it now is told what there is, to end what they do not want."""
    offers = MandateOffer.objects.select_for_update().filter(organisation_id=organisation_id, given_by_id=gone.person_id)
    for offer in offers.filter(accepted_at__isnull=True, declined_at__isnull=True, withdrawn_at__isnull=True):
        offer.withdrawn_at = now
        offer.save()
    rights = Mandate.objects.in_force(now).filter(organisation_id=organisation_id)
    given = rights.filter(basis=Mandate.Basis.GIVEN, given_by_id=gone.person_id).count()
    if not given:
        return
    for right in rights.filter(basis=Mandate.Basis.LEGAL_REPRESENTATIVE).select_related("organisation"):
        notify(
            party_id=right.person_id,
            template="accounts.representative_left",
            context={"party": right.party_name, "count": str(given)},
            key=f"representative-left:{gone.id}:{right.person_id}",
            link="/tai-khoan/uy-quyen/",
        )


def _enter_child(child: population.Kinsman) -> Person:
    """The child as a person without a login; one who is known already is left as they are."""
    blind = blind_index("id_number", child.id_number)
    one_at_a_time(blind)
    known = Person.objects.filter(id_blind=blind).first()
    if known is not None:
        return known
    name = nfc(child.full_name).strip()
    return Person.objects.create(
        full_name=name,
        name_key=search_key(name),
        id_number=child.id_number,
        id_blind=blind,
        birth_date=child.birth_date.isoformat(),
        sex=child.sex,
        residence_unit=child.residence_unit,
        address=child.address,
    )


def learn_organisation(*, actor: Actor, tax_code: str, now: datetime) -> Organisation | None:
    """Ask the business registry about an organisation and keep what it says (:func:`keep_organisation`). None: it knows none.

    The registry is asked outside a transaction. ``ValueError`` for a code that is none, ``OutsideUnavailable``, ``OutsideRefused``.
    """
    said = business.enterprise(tax_code)
    return keep_organisation(actor=actor, said=said, now=now) if said is not None else None


def learn_organisation_again(*, actor: Actor, organisation_id: UUID, now: datetime) -> None:
    """Ask about an organisation that is known. One that the registry knows no longer is dissolved: nobody acts for it any more."""
    organisation = Organisation.objects.get(pk=organisation_id)
    if learn_organisation(actor=actor, tax_code=organisation.tax_code, now=now) is None:
        organisation.status, organisation.registry_checked_at = Organisation.Status.DISSOLVED, now
        organisation.registry_due_at = now + CHECKED_AGAIN_AFTER
        organisation.save(update_fields=["status", "registry_checked_at", "registry_due_at"])


CHECKED_AGAIN_AFTER = timedelta(days=30)
"""Directors change more often than people move."""
ASK_AGAIN_AFTER = timedelta(days=7)
"""Longer than the outbox tries: a question without an answer by then is a dead letter."""


def ask_business_registry(*, now: datetime, seconds: float) -> bool:
    """Have the organisations asked about whose turn it is, the longest waiting first, in batches, for so long. False: some are left."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with transaction.atomic():
            due = Organisation.objects.select_for_update(skip_locked=True).filter(registry_due_at__lte=now)
            ids = list(due.order_by("registry_due_at").values_list("pk", flat=True)[:500])
            for organisation_id in ids:
                key = f"{organisation_id}:{timezone.localdate(now).isoformat()}"
                outbox.put("accounts.learn_organisation", key=key, payload={"organisation": str(organisation_id)})
            Organisation.objects.filter(pk__in=ids).update(registry_due_at=now + ASK_AGAIN_AFTER)
        if not ids:
            return True
    return False


@transaction.atomic
def keep_organisation(*, actor: Actor, said: business.Enterprise, now: datetime) -> Organisation:
    """Keep what the business registry says of an organisation: name, seat, status, legal representatives.

    Who represents it by law and has a person here may act for it (Law on Enterprises 2020 art. 12); who no longer does loses the right.
    """
    name = nfc(said.name).strip()
    organisation, made = Organisation.objects.update_or_create(
        tax_code=said.tax_code,
        defaults={
            "name": name,
            "name_key": search_key(name),
            "kind": said.kind,
            "address": said.address,
            "residence_unit": said.residence_unit,
            "status": said.status,
            "registry_checked_at": now,
            "registry_due_at": now + CHECKED_AGAIN_AFTER,
        },
    )
    if made:
        audit.record(actor=actor, act="accounts.enter_organisation", target="accounts.organisation", target_id=str(organisation.id))
    blinds = {blind_index("id_number", number) for number in said.representatives}
    found = [
        _learn(actor, holder, Mandate.Basis.LEGAL_REPRESENTATIVE, organisation=organisation, now=now)
        for holder in Person.objects.select_for_update().filter(id_blind__in=blinds).order_by("id")
    ]
    _lose(actor, organisation.mandates.filter(basis=Mandate.Basis.LEGAL_REPRESENTATIVE), found, now)
    return organisation
