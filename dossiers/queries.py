"""What can be asked about drafts and dossiers; the number of SQL queries does not grow with the rows shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Case, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import queries as people
from accounts.identifiers import clean_id_number
from dossiers import keeping
from dossiers.answer_rules import Finding, token_of
from dossiers.forms import shown
from dossiers.models import (
    AnswerSource,
    Dossier,
    DossierDocument,
    DossierEvent,
    Draft,
    FormPrint,
    FormVersion,
    Paper,
    PaymentDemand,
    RegistryAnswer,
    State,
    StorePaper,
    SupplementRequest,
)
from dossiers.models.dossier import Channel
from dossiers.sources import (
    EARLIER,
    EARLIER_FACT,
    REGISTRIES,
    SOURCES,
    STORE,
    STORE_FACT,
    Facts,
    KnownFacts,
    Told,
    registry_facts,
    source_of,
)
from dossiers.terms import Terms
from portal.access import Actor, belonging_to
from portal.caching import Remembered
from portal.catalogues import queries as catalogues
from portal.catalogues.models import AdministrativeUnit, Agency
from portal.crypto import blind_index, index_forms
from portal.text import nfc
from portal.workdays import Calendar, national_calendar
from procedures import queries as procedures
from procedures.models import Anywhere


class FormUnknown(ObjectDoesNotExist):
    """No published electronic form for this procedure: it cannot be filed online."""


def forms_of(procedure_code: str, service: str = "") -> QuerySet[FormVersion]:
    """The published forms that a procedure is filed by through one of its online services, the one of today first: that service's own, else
    the country's (``<code>.01``, or of before forms belonged to one), else another's. Without a service the newest of all."""
    published = FormVersion.objects.filter(procedure_code=procedure_code, published_at__isnull=False)
    if not service:
        return published.order_by("-number")
    own = Case(When(service=service, then=Value(0)), When(service__in=["", f"{procedure_code}.01"], then=Value(1)), default=Value(2))
    return published.order_by(own, "-number")


def newest_form(procedure_code: str, service: str = "") -> FormVersion:
    """The form of today (:func:`forms_of`; one query); :class:`FormUnknown` when there is none."""
    form = forms_of(procedure_code, service).first()
    if form is None:
        raise FormUnknown(procedure_code)
    return form


def newest_form_id(procedure_code: str, service: str = "") -> int | None:
    """Which version is the form of today (one query)."""
    return forms_of(procedure_code, service).values_list("pk", flat=True).first()


CHILD_UNTIL, ELDERLY_FROM = 16, 60
"""Years of age: a child is under 16 (Law on Children 2016 art. 1), elderly is who is 60 (Law on the Elderly 2009 art. 2)."""


def age_group(birth_date: str, day: date) -> str:
    """``child``, ``adult`` or ``elderly`` on a day, by the day of birth (``YYYY-MM-DD``); empty where that is not known."""
    try:
        born = date.fromisoformat(birth_date)
    except ValueError:
        return ""
    years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return "child" if years < CHILD_UNTIL else "elderly" if years >= ELDERLY_FROM else "adult"


FACTS: dict[str, Callable[[Any], str]] = {
    "person.full_name": lambda person: person.full_name,
    "person.id_number": lambda person: person.id_number or "",
    "person.birth_date": lambda person: person.birth_date or "",
    "person.address": lambda person: person.address or "",
    "person.sex": lambda person: person.sex,
    "person.age_group": lambda person: age_group(person.birth_date or "", timezone.localdate()),
    "person.phone": lambda person: person.phone or "",
}
"""What the portal already holds about the one who files: never asked again (requirement D-02), and asked about in conditions."""


ORGANISATION_FACTS: dict[str, Callable[[Any], str]] = {
    "organisation.name": lambda party: party.name,
    "organisation.tax_code": lambda party: party.number,
    "organisation.address": lambda party: party.address,
}
"""What it holds about the organisation for which one files."""
KNOWN_FACTS = KnownFacts({*FACTS, *ORGANISATION_FACTS, *registry_facts()})


def facts_of(person: Any) -> dict[str, str]:
    """The facts of a person's record."""
    return {name: read(person) for name, read in FACTS.items()}


def facts_for(form: FormVersion, person: Any, party_id: UUID) -> Facts:
    """The facts that a form may be filled in from, with who says them: the person's and, where the form asks for them, of the
    organisation (two queries), of registries (one), of the party's store (one), of its earlier dossiers (one)."""
    found = Facts(facts_of(person))
    if person.registry_matches is True:
        told = Told("population", person.registry_checked_at)
        found.told |= dict.fromkeys(("person.full_name", "person.id_number", "person.birth_date"), told)
    named = {str(spec["prefill"]) for spec in form.fields if "prefill" in spec}
    if party_id != person.id and any(name.startswith("organisation.") for name in named):
        party = people.party(party_id)
        found |= {name: read(party) for name, read in ORGANISATION_FACTS.items()} if party.is_organisation else {}
    _registries(found, party_id, {source_of(name) for name in named} & set(REGISTRIES))
    reach = _reach(person.id, party_id)
    _store(found, party_id, named, reach)
    _earlier(found, party_id, named, reach)
    return found


def _reach(person_id: UUID, party_id: UUID) -> Callable[[str], bool]:
    """Whether what came of a procedure is for a person who acts for a party: a limited mandate does not reach all of it."""

    def reaches(procedure_code: str) -> bool:
        if party_id == person_id:
            return True
        # What a registry supplied came of no procedure: for the party itself alone.
        return bool(procedure_code) and people.mandate_over(person_id, [party_id], procedure_code) is not None

    return reaches


def _registries(found: Facts, party_id: UUID, named: set[str]) -> None:
    rows = RegistryAnswer.objects.filter(party_id=party_id, registry__in=named, answered_at__isnull=False) if named else ()
    for row in rows:
        told = Told(row.registry, row.answered_at)
        found.heard.add(row.registry)
        said = row.said or {}
        found.learn(said.get("facts", {}), told)
        if said.get("rows"):
            found.rows[row.registry] = (said["rows"], told)


def _store(found: Facts, party_id: UUID, named: set[str], reaches: Callable[[str], bool]) -> None:
    """Numbers, days and issuers of papers that the party has, the newest of each kind that holds."""
    wanted = [match for name in named if (match := STORE_FACT.fullmatch(name))]
    kinds = {match.group(1) for match in wanted}
    day = timezone.localdate()
    papers = StorePaper.objects.filter(party_id=party_id, kind__in=kinds).exclude(document__state="revoked").exclude(valid_until__lt=day)
    newest: dict[str, StorePaper] = {}
    for paper in papers.order_by("kept_at", "id") if kinds else ():
        newest[paper.kind] = paper
    for match in wanted:
        held = newest.get(match.group(1))
        if held is not None and reaches(held.procedure_code):
            value = getattr(held, match.group(2))
            said = value.isoformat() if isinstance(value, date) else value or ""
            found.learn({match.group(0): said}, Told(STORE, held.kept_at, held.title))


MOST_EARLIER = 20


def _earlier(found: Facts, party_id: UUID, named: set[str], reaches: Callable[[str], bool]) -> None:
    """What the party answered in its last dossier of another procedure that was neither refused nor withdrawn."""
    wanted = [match for name in named if (match := EARLIER_FACT.fullmatch(name))]
    codes = {code for code in {match.group(1) for match in wanted} if reaches(code)}
    rows = Dossier.objects.filter(applicant_id=party_id, procedure_code__in=codes).exclude(state__in=(State.REFUSED, State.WITHDRAWN))
    last: dict[str, Dossier] = {}
    for dossier in rows.order_by("-submitted_at", "-id")[:MOST_EARLIER] if codes else ():
        last.setdefault(dossier.procedure_code, dossier)
    for match in wanted:
        earlier = last.get(match.group(1))
        value = (earlier.answers or {}).get(match.group(2)) if earlier is not None else None
        if earlier is not None and isinstance(value, str):
            found.learn({match.group(0): value}, Told(EARLIER, earlier.submitted_at, earlier.code or ""))


@dataclass(frozen=True)
class SourceLine:
    """Where one answer of a dossier is from, as the officer reads it beside the answer."""

    label: str
    answer: str
    source: str
    said: str
    said_at: datetime | None
    how: str
    note: str
    """The applicant's reason, or what the comparison found."""
    differs: bool


_COMPARED = {True: "Đã đối chiếu: khớp.", False: "Đã đối chiếu: không khớp.", None: "Đã hỏi: nguồn không có thông tin này."}


def sources_of(dossier: Dossier) -> list[SourceLine]:
    """Where the answers of a dossier are from that sources could give (one query)."""
    specs = {spec["name"]: spec for spec in dossier.form_version.fields}
    answers = dossier.answers or {}
    lines = []
    for row in dossier.sources.all():
        spec = specs[row.field]
        answer, said = shown(spec, answers.get(row.field, "")), shown(spec, row.said) if row.said else ""
        note = row.reason or ""
        if row.how == AnswerSource.How.TYPED:
            waiting = "Chưa đối chiếu được: nguồn chưa trả lời. Cổng hỏi lại 10 phút một lần."
            note = _COMPARED[row.agrees] if row.checked_at is not None else waiting
        elif row.how == AnswerSource.How.CORRECTED and not note:
            note = "Người nộp khai trước khi nguồn trả lời."
        differs = row.agrees is False or row.how == AnswerSource.How.CORRECTED
        source = str(SOURCES[row.source])
        lines.append(SourceLine(spec["label"], answer, source, said, row.said_at, row.get_how_display(), note, differs))
    return lines


def same_filings(form: FormVersion, answers: Mapping[str, Any], person: Any, *, besides: UUID | None = None) -> list[Finding]:
    """The finding of the form's rule ``once``: dossiers, neither refused nor withdrawn, that file the same thing (two queries).

    The same: equal answers to the rule's ``same``, and one person in common, named under ``of`` or filing. The applicant's own
    are named by code; that somebody else's exists is all that is told.
    """
    if form.parts:
        from dossiers.interlinked.queries import same_filings_of_parts  # which leans on this module

        return same_filings_of_parts(form, answers, person, besides=besides)
    found = next(((spec["name"], rule) for spec in form.fields for rule in spec.get("rules", ()) if rule["rule"] == "once"), None)
    if found is None:
        return []
    name, rule = found
    same = _compared(rule, answers)
    if not all(same):
        return []
    numbers = {clean_id_number(number) for number in (*(answers.get(field, "") for field in rule["of"]), person.id_number or "")} - {""}
    blinds = [form for number in numbers for form in index_forms(blind_index("id_number", number))]
    living = Dossier.objects.filter(procedure_code=form.procedure_code, id_blinds__overlap=blinds)
    living = living.exclude(state__in=(State.REFUSED, State.WITHDRAWN)).order_by("submitted_at", "id")
    rows = [dossier for dossier in living[:MAX_COMPARED] if dossier.pk != besides and _compared(rule, dossier.answers or {}) == same]
    if not rows:
        return []
    own = ", ".join(dossier.code or "" for dossier in rows if dossier.filed_by_id == person.id)
    message = f"{rule['text']} {_('Hồ sơ của bạn: %(codes)s.') % {'codes': own}}" if own else rule["text"]
    return [Finding("unlikely", name, message, token=token_of("once", *(str(dossier.id) for dossier in rows), *same))]


MAX_COMPARED = 50
"""Nobody has more registrations of births than this; their answers are opened to compare them."""


def _compared(rule: Mapping[str, Any], answers: Mapping[str, Any]) -> list[str]:
    return [" ".join(nfc(str(answers.get(name, ""))).casefold().split()) for name in rule["same"]]


def own_drafts(actor: Actor) -> QuerySet[Draft]:
    """The drafts of the party for whom the actor acts, as far as their mandate reaches; those put away are not among them."""
    return belonging_to(actor, Draft.objects.filter(removed_at=None), "party_id", procedure="procedure_code")


def removed_drafts(actor: Actor) -> QuerySet[Draft]:
    """The party's drafts that were put away because nobody changed them, and can be had back."""
    return belonging_to(actor, Draft.objects.filter(removed_at__isnull=False), "party_id", procedure="procedure_code")


def own_dossiers(actor: Actor) -> QuerySet[Dossier]:
    """The dossiers that the party for whom the actor acts has filed or that concern it, as far as their mandate reaches."""
    return belonging_to(actor, Dossier.objects.all(), "applicant_id", "owner_id", procedure="procedure_code")


def own_expiring(actor: Actor, first: date, last: date) -> QuerySet[DossierDocument]:
    """Results that the party has in hand and that hold until a day of this span, the earliest first."""
    held = own_dossiers(actor).filter(state=State.RETURNED)
    rows = DossierDocument.objects.filter(dossier__in=held, cancelled_at__isnull=True, valid_until__range=(first, last))
    return rows.exclude(document__state="revoked").order_by("valid_until", "id")


def draft_of(actor: Actor, procedure_code: str, service: str = "") -> Draft | None:
    """The party's draft for the procedure, if begun (one query), with ``newest_form_id``: which form is that of today for the service."""
    newest = forms_of(procedure_code, service).values("pk")[:1]
    drafts = own_drafts(actor).select_related("form_version").filter(procedure_code=procedure_code)
    return drafts.annotate(newest_form_id=Subquery(newest)).first()


def print_of(filing: Draft | Dossier) -> FormPrint | None:
    """The print of a draft's or a dossier's declaration that shows what stands there now, or is being made (one query)."""
    sent = isinstance(filing, Dossier)
    rows = FormPrint.objects.select_related("file").filter(filing_id=filing.id, sent=sent, removed_at=None).order_by("-asked_at")
    return next((row for row in rows[:5] if sent or row.made_at is None or row.asked_at >= filing.updated_at), None)  # type: ignore[union-attr]


def last_filed(actor: Actor, procedure_code: str) -> Dossier | None:
    """The last dossier of the procedure that was sent for the party (one query)."""
    filed = belonging_to(actor, Dossier.objects.defer("answers", "bill"), "applicant_id", procedure="procedure_code")
    return filed.filter(procedure_code=procedure_code).order_by("-submitted_at", "-id").first()


def drafts_of(actor: Actor) -> QuerySet[Draft]:
    """The party's drafts, last touched first."""
    return own_drafts(actor).order_by("-updated_at", "id")


ORDERS = {"moi-nhat": ("-submitted_at", "id"), "cu-nhat": ("submitted_at", "id"), "han": ("due_at", "-submitted_at", "id")}
"""How one may order one's dossiers: newest first, oldest first, earliest deadline first."""


def dossiers_of(actor: Actor, order: str = "moi-nhat") -> QuerySet[Dossier]:
    """The dossiers the party filed or that concern it."""
    return own_dossiers(actor).defer("answers", "bill").order_by(*ORDERS.get(order, ORDERS["moi-nhat"]))


def dossier_of(actor: Actor, code: str) -> Dossier | None:
    """The party's dossier by its code; None for another's, as for one that does not exist (one query)."""
    if not actor.is_citizen:
        return None
    return own_dossiers(actor).select_related("form_version").filter(code=code).first()


def other_way_to(actor: Actor, code: str) -> OtherWay | None:
    """As whom the person could open a dossier that the party for whom they act now does not have; None: as nobody (two queries)."""
    if actor.person_id is None:
        return None
    dossier = Dossier.objects.defer("answers", "bill").filter(code=code).first()
    if dossier is None:
        return None
    parties = {dossier.applicant_id, dossier.owner_id}
    if actor.person_id in parties:
        return OtherWay("self", "")
    mandate = people.mandate_over(actor.person_id, parties, dossier.procedure_code)
    return OtherWay(str(mandate.id), mandate.party_name) if mandate is not None else None


@dataclass(frozen=True)
class OtherWay:
    """A capacity in which one may open what one may not open now: what the page of capacities posts, and the party's name."""

    choice: str
    party_name: str


def demands_of(dossier: Dossier) -> list[PaymentDemand]:
    """What the applicant was asked to pay, in order, with the orders and their lines (two queries)."""
    return list(dossier.demands.select_related("order").prefetch_related("order__lines", "order__refunds"))


@dataclass(frozen=True)
class HandlingUnit:
    """An agency that can handle a dossier, with the working time that its deadlines follow."""

    code: str
    name: str
    level: str
    hotline: str
    calendar: Calendar


def _as_unit(agency: Agency) -> HandlingUnit:
    return HandlingUnit(agency.code, agency.name, agency.level, agency.hotline, agency.calendar())


def handling_unit(code: str) -> HandlingUnit | None:
    """The agency with this code today, or None (one query, none while it is remembered)."""
    known: dict[str, HandlingUnit] = _handling.values()
    if code not in known:
        try:
            known[code] = _as_unit(catalogues.agency(code))
        except Agency.DoesNotExist:
            return None
    return known[code]


_handling = Remembered("catalogues")


def unit_calendar(code: str) -> Calendar:
    """The working time of an agency; the national one where the agency is not in the catalogue any more (one query)."""
    unit = handling_unit(code)
    return unit.calendar if unit is not None else national_calendar()


def handling_units(party_id: UUID, terms: Terms, *, also: str = "") -> list[HandlingUnit]:
    """The agencies among which a party may choose: those that carry the procedure out in its own province, in every province
    for one without a known residence or seat, and those of the whole country; the one of its own ward first, those of the whole
    country last (one query, two for an organisation; two more where the catalogue has changed since the last time).

    Where the law names other bodies than People's Committees (departments, the police, a utility), they are meant.
    ``also``: the agency that a draft names. Of a procedure that is received in the whole country (Decision 468/QĐ-TTg III.3) it is
    offered too, with those that carry the procedure out at its place; of every other it counts only if it is there anyway.
    """
    ward = people.residence_code(party_id)
    known, key = _units.values(), (ward, terms.levels, terms.bodies, terms.service.localities)
    if key not in known:
        known[key] = _units_from(ward, terms)
    own: list[HandlingUnit] = list(known[key])
    if not also or terms.anywhere != Anywhere.COUNTRY or any(unit.code == also for unit in own):
        return own
    there = (also, *key[1:])
    found: list[HandlingUnit] = known.get(there) or units_at(place_of(also), terms)
    if all(unit.code != also for unit in found):
        # Somebody else's code, or none: not remembered, for anybody may send any.
        return own
    known[there] = found
    mine = {unit.code for unit in own}
    return [*own, *(unit for unit in found if unit.code not in mine)]


def units_of_draft(draft: Draft, terms: Terms) -> list[HandlingUnit]:
    """The agencies among which a draft's party may choose: :func:`handling_units` with the one that the draft names."""
    return handling_units(draft.party_id, terms, also=draft.unit_code)


def is_elsewhere(party_id: UUID, unit_code: str, terms: Terms) -> bool:
    """Whether a filing goes to an agency that the party has only because the procedure is received in the whole country."""
    return terms.anywhere == Anywhere.COUNTRY and all(unit.code != unit_code for unit in handling_units(party_id, terms))


_units = Remembered("catalogues")


def _carrying_out(terms: Terms) -> QuerySet[Agency]:
    """The agencies that carry the procedure out today, wherever they are: by level, by bodies that the law names, where it is served."""
    levels = {level for level in terms.levels if level in Agency.Level.values}
    named = Q(pk__in=[])
    for body in terms.bodies:
        named |= Q(name=body) | Q(name__startswith=body + " ") | Q(name__startswith=body + ",")
    rows = (
        Agency.objects.on(timezone.localdate())
        .filter(Q(level__in=levels, administrative_unit__isnull=False) | Q(level=Agency.Level.UNIT) & named)
        .select_related("administrative_unit")
    )
    if terms.service.localities:
        served = Q(administrative_unit__code__in=terms.service.localities)
        served |= Q(administrative_unit__parent__code__in=terms.service.localities)
        rows = rows.filter(served | Q(administrative_unit__isnull=True))
    return rows


def _place(code: str) -> AdministrativeUnit | None:
    """A province or commune of today (one query, none without a code)."""
    rows = AdministrativeUnit.objects.on(timezone.localdate()).select_related("parent")
    return rows.filter(code=code).first() if code else None


def _units_from(ward: str, terms: Terms) -> list[HandlingUnit]:
    rows = _carrying_out(terms)
    home = _place(ward)
    if home is not None:
        province = home.parent.code if home.parent is not None else home.code
        here = Q(administrative_unit__code=province) | Q(administrative_unit__parent__code=province)
        rows = rows.filter(here | Q(administrative_unit__isnull=True))
    agencies = sorted(rows, key=lambda agency: (_far(agency, ward), agency.sort_key, agency.code))
    return [_as_unit(agency) for agency in agencies]


def _far(agency: Agency, ward: str) -> int:
    """Before which others an agency is offered: the one of the ward, those of the province, those of the whole country."""
    if agency.administrative_unit is None:
        return 2
    return int(agency.administrative_unit.code != ward)


def units_at(place: str, terms: Terms) -> list[HandlingUnit]:
    """The agencies that carry a procedure out for a commune or province, the nearest first: its own, those of its province, the country's
    (two queries); none where the place is none of today's, never another commune's."""
    home = _place(place)
    if home is None:
        return []
    near = {home.code, home.parent.code if home.parent is not None else home.code}
    rows = _carrying_out(terms).filter(Q(administrative_unit__code__in=near) | Q(administrative_unit__isnull=True))
    return [_as_unit(agency) for agency in sorted(rows, key=lambda agency: (_far(agency, place), agency.sort_key, agency.code))]


def unit_at(place: str, terms: Terms) -> HandlingUnit | None:
    """The agency that carries a procedure out in a commune: the first of :func:`units_at`."""
    return next(iter(units_at(place, terms)), None)


def place_of(unit_code: str) -> str:
    """The administrative unit of an agency; empty where it has none (one query)."""
    found = Agency.objects.on(timezone.localdate()).filter(code=unit_code).values_list("administrative_unit__code", flat=True).first()
    return found or ""


def default_unit(party_id: UUID, terms: Terms) -> str:
    """Code of the agency that handles the dossier unless the person chooses another; empty when there is none."""
    return next((unit.code for unit in handling_units(party_id, terms)[:1]), "")


def supplements_of(dossier: Dossier) -> list[SupplementRequest]:
    """The requests to complete a dossier with what they asked for, oldest first, those that a leader did not let go out too (one query,
    three more where there is one)."""
    rows = dossier.supplements.select_related("slip__document")
    return list(rows.prefetch_related("defects", Prefetch("papers", Paper.objects.filter(dossier__isnull=False).select_related("file"))))


def timeline(dossier: Dossier) -> list[DossierEvent]:
    """What happened to the dossier, in order (one query; notes are opened when they are shown)."""
    return list(dossier.events.all())


@dataclass(frozen=True)
class Standing:
    """What a procedure is today for one who has begun to file by it."""

    name: str
    """Today's, or the last it had."""
    listed: bool
    """Whether it is in force, online or not."""
    ended: date | None
    """Since when it is not; None where nobody says."""
    successor: str
    """Code of the procedure that took over from it."""


def standing(code: str, *, now: datetime) -> Standing:
    """How a procedure stands (three queries at most)."""
    today = timezone.localdate(now)
    name = procedures.in_force(today).filter(procedure__code=code).values_list("name", flat=True).first()
    if name is not None:
        return Standing(name, True, None, "")
    last = procedures.periods(code).filter(effective_from__lte=today).select_related("procedure").first()
    if last is None:
        return Standing(code, False, None, procedures.successor(code) or "")
    days = [day for day in (last.effective_to, last.procedure.out_of_force_since) if day is not None and day <= today]
    return Standing(last.name, False, min(days, default=None), procedures.successor(code) or "")


@dataclass(frozen=True)
class NamedDraft:
    """A draft with the name of its procedure."""

    draft: Draft
    name: str
    page: str
    in_force: bool = True
    until: date | None = None
    """The last day in the list where its owner was warned; of one that was put away, the last day on which it can be had back."""
    in_its_place: bool = False
    """Of one that was put away: whether another draft of the procedure has been begun since."""


_names = Remembered("procedures")


def _names_today(codes: frozenset[str], day: date) -> dict[str, str]:
    """What these procedures are called; remembered, for people look at their list again and again."""
    known = _names.values()
    if (codes, day) not in known:
        versions = procedures.in_force(day).filter(procedure__code__in=codes)
        known[codes, day] = dict(versions.values_list("procedure__code", "name"))
    found: dict[str, str] = known[codes, day]
    return found


def named_drafts(actor: Actor, *, now: datetime) -> list[NamedDraft]:
    """The actor's drafts with the names their procedures have today, or had last (three queries at most)."""
    return _named(list(drafts_of(actor).defer("answers")[:50]), now=now)


def named_removed_drafts(actor: Actor, *, now: datetime) -> list[NamedDraft]:
    """The actor's drafts that were put away and can be had back, newest first (three queries at most)."""
    begun = own_drafts(actor).filter(procedure_code=OuterRef("procedure_code"))
    rows = removed_drafts(actor).defer("answers").annotate(in_its_place=Exists(begun)).order_by("-removed_at", "id")
    return _named(list(rows[:50]), now=now)


def put_away_draft(actor: Actor, code: str) -> NamedDraft | None:
    """The actor's draft of the procedure that was put away and can be had back, for the page on which they would begin another one."""
    found = removed_drafts(actor).filter(procedure_code=code).order_by("-removed_at", "id").first()
    return NamedDraft(found, "", found.last_page, until=_until(found)) if found is not None else None


def _named(drafts: list[Draft], *, now: datetime) -> list[NamedDraft]:
    codes = {draft.procedure_code for draft in drafts}
    names = _names_today(frozenset(codes), timezone.localdate(now))
    former = procedures.last_names(codes - set(names)) if codes - set(names) else {}
    return [
        NamedDraft(
            draft,
            names.get(draft.procedure_code) or former.get(draft.procedure_code, draft.procedure_code),
            draft.last_page,
            draft.procedure_code in names,
            _until(draft),
            getattr(draft, "in_its_place", False),
        )
        for draft in drafts
    ]


def _until(draft: Draft) -> date | None:
    if draft.removed_at is not None:
        return keeping.restorable_until(timezone.localdate(draft.removed_at))
    if draft.warned_at is None or draft.warned_at <= draft.updated_at:
        return None
    return keeping.kept_until(timezone.localdate(draft.updated_at), timezone.localdate(draft.warned_at))


def came_online(codes: Sequence[str], procedure_code: str) -> set[str]:
    """Which of these are codes of dossiers of a procedure that were sent online (one query): what a service was tested with."""
    rows = Dossier.objects.filter(code__in=list(codes), procedure_code=procedure_code, channel=Channel.ONLINE)
    return {code for code in rows.values_list("code", flat=True) if code}
