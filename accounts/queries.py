"""What can be asked about people and positions. Each function says how many SQL queries it makes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.identifiers import clean_id_number
from accounts.models import ContactChoice, EmailAddress, Identifier, Mandate, Organisation, Person, Position, PositionRole, UserSession
from accounts.officers import substitutes
from portal.audit.words import uuids
from portal.crypto import bare_index, blind_index
from portal.text import nfc, search_key


def person(person_id: UUID) -> Person:
    """The person with this id (one query). Raises ``Person.DoesNotExist``."""
    return Person.objects.get(pk=person_id)


@dataclass(frozen=True)
class Party:
    """A natural person or an organisation: whom things belong to, for whom one acts."""

    id: UUID
    kind: str
    """``person``, or the kind of an organisation (``Organisation.Kind``)."""
    name: str
    number: str
    """Identity number of a person, tax code of an organisation; empty where it was erased or never known."""
    address: str
    residence_unit: str
    """Code of the commune of home or seat, empty where unknown."""
    is_registered: bool = False
    """A person whom the population registry knows as they declared themself."""

    @property
    def is_organisation(self) -> bool:
        """Whether it is an organisation."""
        return self.kind != "person"


def party(party_id: UUID) -> Party:
    """The party with this id (one query for a person and the key that opens it, two for an organisation). ``LookupError`` for none."""
    found = Person.objects.filter(pk=party_id).first()
    if found is not None:
        return Party(found.id, "person", found.full_name, found.id_number or "", found.address or "", found.residence_unit,
                     found.registry_matches is True)  # fmt: skip
    organisation = Organisation.objects.filter(pk=party_id).first()
    if organisation is None:
        raise LookupError("no such party")
    return Party(
        organisation.id, organisation.kind, organisation.name, organisation.tax_code, organisation.address, organisation.residence_unit
    )


def is_organisation(party_id: UUID) -> bool:
    """Whether a party is an organisation (one query)."""
    return Organisation.objects.filter(pk=party_id).exists()


def mandates_of(person_id: UUID) -> list[Mandate]:
    """The rights to act for others that a person has now, oldest first, with the parties (one query)."""
    rows = Mandate.objects.in_force(timezone.now()).filter(person_id=person_id).select_related("organisation", "grantor")
    return list(rows.order_by("given_at", "id")[:MOST_MANDATES])


MOST_MANDATES = 50
"""Shown at most: an accountant's bureau acts for dozens, and finds one by its name in the issue on people."""


def mandate(mandate_id: UUID) -> Mandate | None:
    """The right by which somebody acted, whether it holds still or not (one query)."""
    return Mandate.objects.filter(pk=mandate_id).first()


def mandate_in_force(mandate_id: UUID, person_id: UUID) -> Mandate | None:
    """The right by which a person acts for another, if it is theirs and holds now (one query)."""
    rows = Mandate.objects.in_force(timezone.now()).select_related("organisation", "grantor")
    return rows.filter(pk=mandate_id, person_id=person_id).first()


def mandate_party_name(mandate_id: UUID, person_id: UUID) -> str:
    """Whom a person could act for by a mandate that holds no longer; empty for one that was never theirs (one query)."""
    row = Mandate.objects.filter(pk=mandate_id, person_id=person_id).select_related("organisation", "grantor").first()
    return row.party_name if row is not None else ""


def mandate_over(person_id: UUID, party_ids: Iterable[UUID], procedure_code: str = "") -> Mandate | None:
    """The oldest right of a person to act for one of these parties, in this procedure if given (one query)."""
    wanted = set(party_ids)
    rows = Mandate.objects.in_force(timezone.now()).filter(Q(organisation_id__in=wanted) | Q(grantor_id__in=wanted), person_id=person_id)
    if procedure_code:
        rows = rows.filter(Q(procedures__isnull=True) | Q(procedures__contains=[procedure_code]))
    return rows.select_related("organisation", "grantor").order_by("given_at", "id").first()


def who_may_act(person_ids: Iterable[UUID], party_ids: Iterable[UUID], procedure_code: str = "") -> set[UUID]:
    """Those of some people who may act for one of the parties now, in this procedure if given (one query, none for nobody)."""
    asked, wanted = set(person_ids), set(party_ids)
    if not asked:
        return set()
    rows = Mandate.objects.in_force(timezone.now()).filter(Q(organisation_id__in=wanted) | Q(grantor_id__in=wanted), person_id__in=asked)
    if procedure_code:
        rows = rows.filter(Q(procedures__isnull=True) | Q(procedures__contains=[procedure_code]))
    return set(rows.values_list("person_id", flat=True))


def residence_code(party_id: UUID) -> str:
    """Code of the commune where a party lives or has its seat; empty where unknown (one query, two for an organisation)."""
    found = Person.objects.filter(pk=party_id).values_list("residence_unit", flat=True).first()
    if found is None:
        found = Organisation.objects.filter(pk=party_id).values_list("residence_unit", flat=True).first()
    return found or ""


def born_on(person_id: UUID) -> date | None:
    """A person's day of birth; None where it was erased or never known (two queries: the row and the key that opens it)."""
    text = person(person_id).birth_date
    return date.fromisoformat(text) if text else None


def positions_held(person_id: UUID) -> list[Position]:
    """The positions a person holds now, by unit and title (one query)."""
    now = timezone.now()
    rows: QuerySet[Position] = Position.objects.filter(person_id=person_id, valid_from__lte=now)
    return [position for position in rows.order_by("unit_code", "title", "id")[:50] if position.is_held(now=now)]


def signing_credential(position_id: UUID) -> tuple[str, str]:
    """Credential of the position's holder at the signing service and the label under a signature (two queries).

    The credential is empty when the officer has none.
    """
    position = Position.objects.select_related("person").get(pk=position_id)
    return position.credential or "", f"{position.person.full_name}, {position.title}"


@dataclass(frozen=True)
class Holder:
    """Who holds a position now."""

    position_id: UUID
    person_id: UUID
    user_id: UUID | None
    label: str
    """Name and title, as under a signature."""
    has_credential: bool
    """Whether they have a key at the signing service."""


def holders(unit_code: str, roles: Iterable[str]) -> list[Holder]:
    """Who holds a position with one of the roles in exactly this unit now, by title, then who holds one in an absent colleague's place
    (two queries, a third for what was lent)."""
    now, wanted = timezone.now(), list(roles)
    held = PositionRole.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=now), role__in=wanted, valid_from__lte=now)
    rows = Position.objects.select_related("person").filter(unit_code=unit_code, pk__in=held.values("position"), valid_from__lte=now)
    found = [
        Holder(row.id, row.person_id, row.person.user_id, f"{row.person.full_name}, {row.title}", row.has_key)
        for row in rows.annotate(has_key=Q(credential__isnull=False)).order_by("title", "id")[:50]
        if row.is_held(now=now)
    ]
    return found + [_substitute(lent) for lent in substitutes.substitutes_in(unit_code, wanted, now)]


def _substitute(lent: substitutes.Lent) -> Holder:
    own = lent.substitute
    label = f"{own.person.full_name}, {own.title} (thay {lent.absent.person.full_name})"
    return Holder(own.id, own.person_id, own.person.user_id, label, own.credential is not None)


def staffed(unit_codes: Iterable[str], roles: Iterable[str]) -> set[str]:
    """Those of some units in which somebody holds a position with one of the roles now (one query)."""
    now = timezone.now()
    held = PositionRole.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=now), role__in=list(roles), valid_from__lte=now)
    rows = Position.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=now), unit_code__in=set(unit_codes), valid_from__lte=now)
    return set(rows.filter(pk__in=held.values("position")).values_list("unit_code", flat=True))


def by_id_number(number: str) -> Person | None:
    """The person with an identity number (one query)."""
    return Person.objects.filter(id_blind=blind_index("id_number", number)).first()


def by_tax_code(number: str) -> Organisation | None:
    """The organisation with a tax code (one query)."""
    return Organisation.objects.filter(tax_code=number).first()


def holders_of(indexes: Iterable[str]) -> QuerySet[Person]:
    """Who has an open account and a number with one of these keyed indexes, one person at most: how every way in finds its account
    (one query by the unique index)."""
    return Person.objects.filter(id_blind__in=list(indexes), user__is_active=True)


def persons_by_blind(indexes: Collection[str]) -> dict[str, UUID]:
    """The persons with an account to whom keyed indexes of numbers belong (one query)."""
    found = {bare_index(str(index)): person for index, person in holders_of(indexes).values_list("id_blind", "pk")}
    return {index: found[name] for index in indexes if (name := bare_index(index)) in found}


def id_blind(person_id: UUID) -> str:
    """Blind index of a person's identity number; a value that equals none where it was erased or never known (one query)."""
    return Person.objects.filter(pk=person_id).values_list("id_blind", flat=True).first() or f"none:{person_id}"


def id_blinds(person_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Blind indexes of some people's identity numbers, without those whose number was erased or never known (one query)."""
    rows = Person.objects.filter(pk__in=set(person_ids)).order_by().values_list("pk", "id_blind")
    return {pk: blind for pk, blind in rows if blind}


def position_holder_id_number(position_id: UUID) -> str:
    """Identity number of the one who holds the position: their certificate must name it (one or two queries)."""
    return Position.objects.select_related("person").get(pk=position_id).person.id_number or ""


def position_person(position_id: UUID) -> UUID | None:
    """Who holds a position now; None where it has ended (one query)."""
    row = Position.objects.filter(pk=position_id).first()
    return row.person_id if row is not None and row.is_held(now=timezone.now()) else None


def is_position_of(position_id: UUID, person_id: UUID) -> bool:
    """Whether a position is or was this person's: two positions of one person are one pair of eyes (one query)."""
    return Position.objects.filter(pk=position_id, person_id=person_id).exists()


def officer_labels(position_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Who held each of the positions, as officers' histories show it: name and title (one query)."""
    rows = Position.objects.filter(pk__in=set(position_ids)).select_related("person")
    return {row.pk: f"{row.person.full_name}, {row.title}" for row in rows}


def position_names(position_ids: Iterable[str]) -> dict[str, str]:
    """Who held each of the positions, by the ids as texts (one query)."""
    return {str(key): label for key, label in officer_labels(uuids(position_ids)).items()}


def person_names(person_ids: Iterable[str]) -> dict[str, str]:
    """Names of people by their ids as texts (one query)."""
    return {str(key): name for key, name in Person.objects.filter(pk__in=uuids(person_ids)).values_list("pk", "full_name")}


MOST_NAMESAKES = 200


def people_meant(text: str) -> set[UUID]:
    """Whom a text means: by an identity number, the id of a person or of a position; by part of a name those who hold or held a position,
    the first :data:`MOST_NAMESAKES` (one query)."""
    number = clean_id_number(text)
    if number:
        return set(Person.objects.filter(id_blind=blind_index("id_number", number)).values_list("pk", flat=True))
    if ids := uuids([text.strip()]):
        holders_of = Position.objects.filter(pk__in=ids).values_list("person_id", flat=True)
        return set(ids) | set(holders_of)
    words = search_key(nfc(text).strip())
    if not words:
        return set()
    rows = Position.objects.filter(person__name_key__contains=words).order_by("person_id").distinct("person_id")
    return set(rows.values_list("person_id", flat=True)[:MOST_NAMESAKES])


def party_names(party_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names of parties by id (two queries)."""
    wanted = set(party_ids)
    people = dict(Person.objects.filter(pk__in=wanted).values_list("pk", "full_name"))
    return people | dict(Organisation.objects.filter(pk__in=wanted).values_list("pk", "name"))


def organisation_names(organisation_ids: Iterable[str]) -> dict[str, str]:
    """Names of organisations by their ids as texts (one query)."""
    return {str(key): name for key, name in Organisation.objects.filter(pk__in=uuids(organisation_ids)).values_list("pk", "name")}


def documents_of(person_id: UUID) -> list[Identifier]:
    """A person's documents: passports and the like, not the number of an old identity card (one query)."""
    return list(Identifier.objects.filter(person_id=person_id).exclude(kind=Identifier.Kind.OLD_NUMBER).order_by("confirmed_at", "id")[:20])


def organisation(party_id: UUID) -> Organisation:
    """The organisation with this id (one query). Raises ``Organisation.DoesNotExist``."""
    return Organisation.objects.get(pk=party_id)


def legal_representatives(party_id: UUID) -> list[str]:
    """Names of those who represent an organisation by law now and have an account here (one query)."""
    rows = Mandate.objects.in_force(timezone.now()).filter(organisation_id=party_id, basis=Mandate.Basis.LEGAL_REPRESENTATIVE)
    return list(rows.order_by("given_at", "id").values_list("person__full_name", flat=True)[:MOST_MANDATES])


def email_addresses(person_id: UUID) -> tuple[EmailAddress | None, EmailAddress | None]:
    """The person's verified address and the one that waits for its link (one query)."""
    rows = list(EmailAddress.objects.filter(person_id=person_id))
    return next((row for row in rows if row.verified_at), None), next((row for row in rows if not row.verified_at), None)


def contact_choice(person_id: UUID) -> ContactChoice:
    """What the person chose about being told; unsaved where they chose nothing."""
    return ContactChoice.objects.filter(person_id=person_id).first() or ContactChoice(person_id=person_id)


MOST_SESSIONS = 50
"""Shown at most; ending all ends those that are not shown, too."""


def open_sessions(user_id: UUID, now: datetime) -> list[UserSession]:
    """The sessions of a login that live now, the last used first (one query)."""
    idle, longest = timedelta(seconds=settings.SESSION_IDLE_SECONDS), timedelta(seconds=settings.SESSION_LONGEST_SECONDS)
    rows = UserSession.objects.filter(user_id=user_id, ended_at__isnull=True, seen_at__gt=now - idle, begun_at__gt=now - longest)
    return list(rows.order_by("-seen_at", "id")[:MOST_SESSIONS])


def session_history(user_id: UUID) -> QuerySet[UserSession]:
    """Every session of a login that is still kept, the newest first."""
    return UserSession.objects.filter(user_id=user_id).order_by("-begun_at", "id")
