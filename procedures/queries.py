"""What can be asked of the catalogue; each function states how many SQL queries it makes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    Exists,
    F,
    Func,
    IntegerField,
    Model,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce

from portal.access.rules import covers
from portal.catalogues.models import Agency
from portal.search.phrases import ways_to_say, word_key
from portal.text import search_key
from procedures.fees import Reduction, Shorter, Support
from procedures.models import (
    USE_WINDOW_DAYS,
    Announcement,
    Channel,
    FeeLine,
    Level,
    LifeEvent,
    LifeEventEntry,
    LocalConfirmation,
    Localisation,
    NextStep,
    OnlineReduction,
    OnlineService,
    Procedure,
    ProcedureUse,
    ProcedureVersion,
    Result,
    SearchWeight,
    SearchWord,
    ServiceDeclaration,
    Subject,
    TimeLimit,
)


def _holds(day: dt.date) -> Q:
    """The condition that a version holds on a day: within its period, and its code still in the national list."""
    listed = Q(procedure__out_of_force_since__isnull=True) | Q(procedure__out_of_force_since__gt=day)
    return Q(holds_until__gt=day) & listed & Q(effective_from__lte=day)


def _closed() -> QuerySet[ServiceDeclaration]:
    """Declarations of services through which one may not file: suspended, stopped, or not yet open (Rules art. 27–28)."""
    return ServiceDeclaration.objects.exclude(state__in=ServiceDeclaration.OFFERED)


def with_closures() -> QuerySet[OnlineService]:
    """Online services that know whether they are ``closed``; part of whatever query loads them."""
    return OnlineService.objects.annotate(closed=Exists(_closed().filter(code=OuterRef("code"))))


def closure(code: str) -> ServiceDeclaration | None:
    """The declaration of a service through which one may not file, with the reason; None: it is open (one query)."""
    return _closed().filter(code=code).first()


def awaits_province(version: ProcedureVersion, province: str) -> bool:
    """Whether a province still has to confirm what it had laid down before this content (one query)."""
    rows = LocalConfirmation.objects.filter(version=version, province_code=province, state=LocalConfirmation.State.WAITING)
    return rows.exists()


def in_force(day: dt.date) -> QuerySet[ProcedureVersion]:
    """The versions that hold on that day, without those of replaced procedures. With ``procedure`` and whether it is ``online``."""
    return (
        ProcedureVersion.objects.filter(_holds(day), procedure__replaced_by__isnull=True)
        .select_related("procedure")
        # What only a procedure's own page shows, some of it long.
        .defer(
            "raw_parts",
            "conditions",
            "holds_until",
            "search_key",
            "name_key",
            "sort_key",
            "place",
            "authorised_agency",
            "coordinating_agency",
        )
        .annotate(
            online=Exists(OnlineService.objects.filter(version=OuterRef("pk")).exclude(code__in=_closed().values("code"))),
        )
    )


def as_listed(rows: QuerySet[ProcedureVersion]) -> QuerySet[ProcedureVersion]:
    """Versions from :func:`in_force` with what a line of a list shows of them, and no more: much of the rest is long. No query."""
    return rows.only("name", "english", "summary", "field", "executing_agency", "effective_from", "procedure__code")


def procedure_on(code: str, day: dt.date) -> ProcedureVersion | None:
    """The version of a procedure in force on a day with all its parts, or None. Nine queries, whatever its size."""
    channels = Prefetch("channels", queryset=Channel.objects.prefetch_related("limits__fees"))
    return (
        ProcedureVersion.objects.filter(_holds(day), procedure__code=code)
        .select_related("procedure", "decision")
        .prefetch_related("steps", "documents", "results", "legal_bases", Prefetch("online_services", queryset=with_closures()), channels)
        .first()
    )


def result_codes(code: str, day: dt.date) -> tuple[str, ...]:
    """Codes of what a procedure ends in on a day, as the catalogue of results has them (one query)."""
    rows = ProcedureVersion.objects.filter(_holds(day), procedure__code=code, results__code__gt="").order_by("results__position")
    return tuple(rows.values_list("results__code", flat=True))


def time_limits(codes: Collection[str]) -> dict[str, list[tuple[dt.date, dt.date, tuple[tuple[Decimal, str], ...]]]]:
    """Of each code the time limits in numbers of all ways of filing, as the nation has them: from a day, to the day on which they hold no
    more. Of a code that nobody knows, or without a number: nothing. One query."""
    found: dict[str, list[tuple[dt.date, dt.date, tuple[tuple[Decimal, str], ...]]]] = {code: [] for code in codes}
    of_version = F("channel__version__procedure__code"), F("channel__version__effective_from"), F("channel__version__holds_until")
    rows = TimeLimit.objects.filter(channel__version__procedure__code__in=list(codes), amount__isnull=False).order_by(*of_version, "pk")
    kept: dict[tuple[str, dt.date, dt.date], list[tuple[Decimal, str]]] = {}
    for code, begin, end, amount, unit in rows.values_list(*of_version, "amount", "unit"):
        assert amount is not None
        kept.setdefault((code, begin, end), []).append((amount, unit))
    for (code, begin, end), limits in kept.items():
        found[code].append((begin, end, tuple(limits)))
    return found


def successor(code: str) -> str | None:
    """The code that took over from this one, through up to four changes of code, or None. One query."""
    links = ["__".join(["replaced_by"] * depth + ["code"]) for depth in range(1, 5)]
    row = Procedure.objects.filter(code=code, replaced_by__isnull=False).values_list(*links).first()
    return next((found for found in reversed(row) if found and found != code), None) if row else None


def anywhere_in(version_id: int, province_code: str) -> str:
    """What a province laid down about where a version may be handed in (``Anywhere``), empty where it did not (one query)."""
    rows = Localisation.objects.filter(version_id=version_id, province_code=province_code)
    return rows.values_list("anywhere", flat=True).first() or ""


def localised(version: ProcedureVersion, province_code: str) -> Localisation | None:
    """Apply what a province lays down to a version from :func:`procedure_on`, in memory; None: the province laid down nothing.

    Only time limits, fees, place, whether every unit of the province receives it, executing agency and details of papers change
    (Decree 63/2010 art. 13.2; Decision 468/QĐ-TTg III.3c). One query.
    The version must not be saved afterwards.
    """
    local = version.localisations.select_related("decision").filter(province_code=province_code).first()
    if local is None:
        return None
    version.place = local.place or version.place
    version.anywhere = version.anywhere or local.anywhere
    version.executing_agency = local.executing_agency or version.executing_agency
    version.executing_codes = local.executing_codes or version.executing_codes
    theirs = {row["kind"]: row for row in local.channels}
    for channel in version.channels.all():
        row = theirs.get(channel.kind)
        if row is None:
            continue
        limits = []
        for place, given in enumerate(row["limits"], start=1):
            values = {name: value for name, value in given.items() if name != "fees"}
            values["amount"] = None if values["amount"] is None else Decimal(str(values["amount"]))
            # Never saved: a negative key lets it have fees like a row.
            limit = TimeLimit(pk=-place, channel=channel, position=place, **values)
            fees = [FeeLine(limit=limit, position=at, **fee_columns(fee)) for at, fee in enumerate(given["fees"], start=1)]
            _remember(limit, "fees", fees)
            limits.append(limit)
        channel.note = row.get("note") or channel.note
        _remember(channel, "limits", limits)
    details = {row["position"]: row for row in local.documents}
    for document in version.documents.all():
        for name, value in details.get(document.position, {}).items():
            if name != "position" and value:
                setattr(document, name, value)
    return local


def fee_columns(row: dict[str, Any]) -> dict[str, Any]:
    """Columns of a fee line from a stored row."""
    amount = row.get("currency_amount")
    return {**row, "currency_amount": None if amount is None else Decimal(str(amount))}


def _remember(owner: Model, name: str, rows: list[Any]) -> None:
    """Let ``owner.<name>.all()`` answer with these rows, as after a prefetch."""
    query_set = getattr(owner, name).model.objects.none()
    query_set._result_cache = rows
    cache = owner.__dict__.setdefault("_prefetched_objects_cache", {})
    cache[name] = query_set


@dataclass(frozen=True)
class Facts:
    """What the filters of a search ask about one answer."""

    version_id: int
    field_code: str
    field: str
    issuing_code: str
    issuing_agency: str
    levels: list[str]
    subjects: list[str]
    online_level: str
    events: list[str]
    province: str = ""
    """The issuing province's two digits, where a province issued it."""
    province_name: str = ""

    @property
    def provincial(self) -> bool:
        """Whether a province issued it for itself."""
        return self.issuing_code.startswith("H")


def facts_of(version_ids: list[int], day: dt.date) -> list[Facts]:
    """Facts of these versions, in the given order. One query, two where a province issued one of them."""
    if not version_ids:
        return []
    columns = ("pk", "field_code", "field", "issuing_code", "issuing_agency", "levels", "subjects", "online_level")
    events = ArrayAgg("procedure__entries__event__slug", filter=Q(procedure__entries__isnull=False), default=Value([]))
    versions = ProcedureVersion.objects.filter(pk__in=version_ids).annotate(event_slugs=events, online_level=online_level())
    rows = versions.order_by().values_list(*columns, "event_slugs")
    places = provinces_of_codes({row[3] for row in rows if row[3].startswith("H")}, day)
    found = {
        pk: Facts(pk, field_code, field, issuing, agency, levels, subjects, online or "", list(slugs), *places.get(issuing, ("", "")))
        for pk, field_code, field, issuing, agency, levels, subjects, online, slugs in rows
    }
    return [found[pk] for pk in version_ids if pk in found]


def online_level() -> Subquery:
    """To annotate versions with: how far filing online goes, by the service of the country, else by the first of the provinces'; null
    without one."""
    open_ = OnlineService.objects.filter(version=OuterRef("pk")).exclude(code__in=_closed().values("code"))
    first = open_.order_by(F("localities__len").asc(nulls_first=True), "code")
    return Subquery(first.values("level")[:1])


def main_services(codes: Collection[str], day: dt.date) -> dict[str, str]:
    """Of each procedure in force that can be filed online the code of its main online service (two queries)."""
    rows = in_force(day).filter(procedure__code__in=list(codes)).prefetch_related("online_services")
    return {row.procedure.code: row.online_service.code for row in rows if row.online_service is not None}


def services_on(code: str, day: dt.date) -> list[OnlineService]:
    """The online services of a procedure in force on a day, by their codes (one query)."""
    versions = ProcedureVersion.objects.filter(_holds(day), procedure__code=code)
    return list(OnlineService.objects.filter(version__in=versions))


def service_for(version: ProcedureVersion, province: str) -> OnlineService | None:
    """The online service that serves a province: its own before the country's; None: not served. Without a province as
    ``version.online_service``. No query where they are loaded."""
    if not province:
        return version.online_service
    serving = [one for one in version.online_services.all() if one.serves(province)]
    return min(serving, key=lambda one: (not one.localities, one.code), default=None)


def provinces_of_codes(agency_codes: set[str], day: dt.date) -> dict[str, tuple[str, str]]:
    """Two digits and name of the province of each agency. One query; none where nothing is asked."""
    if not agency_codes:
        return {}
    columns = ("code", "administrative_unit__code", "administrative_unit__name")
    rows = Agency.objects.on(day).filter(code__in=agency_codes, administrative_unit__isnull=False).order_by().values_list(*columns)
    return {code: (unit, name) for code, unit, name in rows}


def event_names(*, english: bool) -> dict[str, str]:
    """Names of all events by slug. One query."""
    return {
        slug: (said or {}).get("name") or name if english else name
        for slug, name, said in LifeEvent.objects.order_by("position").values_list("slug", "name", "english")
    }


def search_rows(day: dt.date) -> list[dict[str, Any]]:
    """What the search reads of everything in force. Three queries.

    ``version_id``, ``code``, the texts by field, whether it is ``provincial``, asked at a ``commune`` and by ``officials`` only, its
    ``popularity``, the ``old_codes`` that lead to it.
    """
    results: dict[int, list[str]] = {}
    rows = in_force(day).order_by("procedure__code")
    for version_id, name in Result.objects.filter(version__in=rows.order_by().values("pk")).values_list("version_id", "name"):
        results.setdefault(version_id, []).append(name)
    links = dict(Procedure.objects.filter(replaced_by__isnull=False).values_list("code", "replaced_by__code"))
    old_codes: dict[str, list[str]] = {}
    for code, heir in links.items():
        # At most four changes of code, as :func:`successor` follows them.
        for _change in range(3):
            heir = links.get(heir, heir)
        old_codes.setdefault(heir, []).append(code)
    columns = rows.values_list(
        "pk",
        "procedure__code",
        "name",
        "keywords",
        "field",
        "issuing_code",
        "english",
        "popularity",
        "levels",
        "subjects",
        "executing_agency",
    )
    return [
        {
            "version_id": pk,
            "code": code,
            "name": name,
            "keywords": " . ".join(keywords),
            "field": field,
            "results": " . ".join(results.get(pk, []))[:300],
            "english": " . ".join(str((english or {}).get(part, "")) for part in ("name", "summary")),
            "provincial": issuing_code.startswith("H"),
            "commune": Level.COMMUNE in levels or "cấp xã" in executing.lower(),
            "officials": subjects == [Subject.OFFICIAL],
            "popularity": popularity,
            "old_codes": old_codes.get(code, []),
        }
        for pk, code, name, keywords, field, issuing_code, english, popularity, levels, subjects, executing in columns
    ]


def in_given_order(version_ids: list[int], day: dt.date) -> QuerySet[ProcedureVersion]:
    """These versions, in this order (that of their answers to a question). One query."""
    wanted = Value(version_ids, output_field=ArrayField(BigIntegerField()))
    place = Func(wanted, F("pk"), function="array_position", output_field=IntegerField())
    return in_force(day).filter(pk__in=version_ids).order_by(place) if version_ids else ProcedureVersion.objects.none()


def all_procedures(day: dt.date) -> QuerySet[ProcedureVersion]:
    """Everything in force, the most read first, those read alike in Vietnamese alphabetical order. One query (two with its count)."""
    return as_listed(in_force(day)).order_by("-popularity", "sort_key", "procedure_id")


def most_used(day: dt.date, *, limit: int = 6) -> list[ProcedureVersion]:
    """What most people come for; nothing where nobody has read anything and the editors expect nothing. One query."""
    return list(all_procedures(day).filter(popularity__gt=0)[:limit])


def readings(today: dt.date) -> Coalesce:
    """To annotate procedures with: how often each was read in the days that make its popularity. A part of the same query."""
    since = today - dt.timedelta(days=USE_WINDOW_DAYS)
    sums = (
        ProcedureUse.objects.filter(procedure=OuterRef("pk"), day__gte=since, day__lt=today)
        .order_by()
        .values("procedure")
        .annotate(total=Sum("count"))
        .values("total")
    )
    return Coalesce(Subquery(sums, output_field=IntegerField()), 0)


def life_events(day: dt.date) -> list[LifeEvent]:
    """Life events with ``shown``: the versions in force of their procedures, in the editors' order. Three queries."""
    entries = LifeEventEntry.objects.order_by("position").only("event_id", "procedure_id", "position")
    events = list(LifeEvent.objects.prefetch_related(Prefetch("entries", queryset=entries)).order_by("position"))
    wanted = {entry.procedure_id for event in events for entry in event.entries.all()}
    versions = {version.procedure_id: version for version in in_force(day).filter(procedure_id__in=wanted)}
    for event in events:
        event.shown = [versions[entry.procedure_id] for entry in event.entries.all() if entry.procedure_id in versions]  # type: ignore[attr-defined]
    return [event for event in events if event.shown]  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Following:
    """A procedure that usually comes after the result of another: code and name today, from how many days on, why."""

    code: str
    name: str
    days: int
    why: str
    why_en: str


def next_steps(day: dt.date) -> dict[str, list[Following]]:
    """Code → what usually comes next and is in force, the soonest first (two queries)."""
    rows = list(NextStep.objects.order_by("days", "position").values_list("after__code", "then__code", "days", "why", "why_en"))
    names = dict(in_force(day).filter(procedure__code__in={row[1] for row in rows}).values_list("procedure__code", "name"))
    found: dict[str, list[Following]] = {}
    for after, then, days, why, why_en in rows:
        if then in names:
            found.setdefault(after, []).append(Following(then, names[then], days, why, why_en))
    return found


def periods(code: str) -> QuerySet[ProcedureVersion]:
    """All versions of a procedure, newest first. One query."""
    return ProcedureVersion.objects.filter(procedure__code=code).order_by(F("effective_from").desc())


def last_names(codes: Iterable[str]) -> dict[str, str]:
    """The newest name of each procedure, in force or not. One query."""
    rows = (
        ProcedureVersion.objects.filter(procedure__code__in=list(codes)).order_by("effective_from").values_list("procedure__code", "name")
    )
    return dict(rows)


def with_codes(codes: Iterable[str], day: dt.date) -> list[ProcedureVersion]:
    """The versions in force of these codes, in the given order; a code that is not in force is left out. One query."""
    wanted = list(codes)
    found = {version.procedure.code: version for version in in_force(day).filter(procedure__code__in=wanted)} if wanted else {}
    return [found[code] for code in wanted if code in found]


def changed_since(moment: dt.datetime, day: dt.date, *, after: tuple[dt.datetime, int] | None = None) -> QuerySet[Any]:
    """Procedures of which anything was written since, oldest change first, from the place ``after`` (time, key) on. One query.

    With ``replaced_by`` and ``is_in_force``: whether a version holds on ``day``.
    """
    rows = Procedure.objects.filter(updated_at__gte=moment).select_related("replaced_by").order_by("updated_at", "id")
    if after is not None:
        rows = rows.filter(Q(updated_at__gt=after[0]) | Q(updated_at=after[0], pk__gt=after[1]))
    holding = ProcedureVersion.objects.filter(_holds(day), procedure=OuterRef("pk"))
    return rows.annotate(is_in_force=Exists(holding))


def of_event(slug: str, day: dt.date) -> QuerySet[ProcedureVersion]:
    """The procedures of a life or business event, in the editors' order. One query."""
    return as_listed(in_force(day)).filter(procedure__entries__event__slug=slug).order_by("procedure__entries__position")


def of_field(code: str, day: dt.date) -> QuerySet[ProcedureVersion]:
    """The procedures of a field, the most read first. One query."""
    return all_procedures(day).filter(field_code=code)


def of_agency(code: str, day: dt.date) -> QuerySet[ProcedureVersion]:
    """The procedures that an agency issued or carries out, the most read first. One query."""
    return all_procedures(day).filter(Q(issuing_code=code) | Q(executing_codes__contains=[code]))


def narrowed(rows: QuerySet[ProcedureVersion], *, subject: str = "", level: str = "", group: str = "") -> QuerySet[ProcedureVersion]:
    """Only those for a subject, at a level, of a service group; what is blank does not narrow. No query of its own."""
    if subject:
        rows = rows.filter(subjects__contains=[subject])
    if level:
        rows = rows.filter(levels__contains=[level])
    if group:
        rows = rows.filter(service_group=group)
    return rows


@lru_cache(maxsize=20_000)
def _ways(phrase: str) -> tuple[str, ...]:
    """What an entry stands for, without diacritics. Remembered: of thousands one has changed."""
    try:
        return tuple(ways_to_say(search_key(phrase)))
    except ValueError:
        # Written before brackets meant something.
        return (word_key(phrase),)


def words_in_use() -> list[tuple[str, str, list[str]]]:
    """The search's words that are switched on, written out: phrase without diacritics, kind, meanings as they were written. One query.

    What stands for several phrases comes before what stands for one, and what is shipped before what an editor wrote: of two with the
    same phrase the later counts.
    """
    rows = SearchWord.objects.filter(active=True).order_by("key").values_list("phrase", "kind", "meanings", "origin")
    said = [(_ways(phrase), kind, meanings.splitlines(), origin) for phrase, kind, meanings, origin in rows]
    said.sort(key=lambda row: (row[3] == SearchWord.Origin.DESK, len(row[0]) == 1))
    return [(phrase, kind, meanings) for phrases, kind, meanings, _origin in said for phrase in phrases]


def weights_in_use() -> list[tuple[str, str, Decimal]]:
    """The search's weights: kind, key, value. One query."""
    return list(SearchWeight.objects.order_by("kind", "key").values_list("kind", "key", "value"))


def declared_for(code: str, field_code: str, day: dt.date) -> list[OnlineReduction]:
    """What provinces and ministries take off a procedure of a field for filing online on a day, wherever: the whole country's first, then
    by province; nothing that no second officer has checked. One query.
    """
    scope = (Q(procedures=[]) | Q(procedures__contains=[code])) & (Q(fields=[]) | Q(fields__contains=[field_code]))
    in_force = Q(checked_at__isnull=False, valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gte=day))
    return list(OnlineReduction.objects.filter(scope & in_force).order_by("province_code", "basis", "id"))


def reaching(rows: Iterable[OnlineReduction], unit_code: str) -> list[OnlineReduction]:
    """Those of them that hold for what an agency handles: the whole country's, and its own province's. No query."""
    return [row for row in rows if not row.province_code or covers(row.unit_code, unit_code)]


def in_province(rows: Iterable[OnlineReduction], province_code: str) -> list[OnlineReduction]:
    """Those of them that hold in a province (two digits; empty: nowhere in particular). No query."""
    return [row for row in rows if row.province_code in ("", province_code)]


def fee_reductions(rows: Iterable[OnlineReduction]) -> list[Reduction]:
    """What is taken off fees, as the rule of fees takes it. No query."""
    return [
        Reduction(row.basis, row.percent, row.amount, frozenset(row.fee_kinds), frozenset(row.fee_names), row.valid_from, row.valid_to)
        for row in rows
        if row.what == OnlineReduction.What.FEE
    ]


def time_cuts(rows: Iterable[OnlineReduction]) -> list[Shorter]:
    """What is cut off the time limit. No query."""
    return [Shorter(row.basis, row.percent, row.amount) for row in rows if row.what == OnlineReduction.What.TIME]


def supports(rows: Iterable[OnlineReduction]) -> list[Support]:
    """What agencies pay of the cost of delivery. No query."""
    return [Support(row.basis, row.percent, row.amount, row.cap) for row in rows if row.what == OnlineReduction.What.DELIVERY]


def delivery_supports(code: str, unit_code: str, day: dt.date) -> list[Support]:
    """What is paid of the delivery of a procedure's results to who files online at an agency, on a day. Two queries."""
    field = in_force(day).filter(procedure__code=code).order_by().values_list("field_code", flat=True).first()
    return supports(reaching(declared_for(code, field or "", day), unit_code))


def whole(rows: QuerySet[ProcedureVersion]) -> QuerySet[ProcedureVersion]:
    """Versions with everything that ``services.record_of`` reads: eleven queries for any number of them."""
    channels = Prefetch("channels", queryset=Channel.objects.prefetch_related("limits__fees"))
    return rows.select_related("procedure", "decision").prefetch_related(
        "steps", "documents", "results", "legal_bases", "online_services", "localisations", channels
    )


def version_at(code: str, day: dt.date) -> ProcedureVersion | None:
    """The version of a procedure that holds on a day, whole; None where none does (eleven queries)."""
    return whole(ProcedureVersion.objects.filter(_holds(day), procedure__code=code)).first()


def handled_by(agency: Agency, day: dt.date) -> QuerySet[ProcedureVersion]:
    """What an agency issues or carries out; of a People's Committee also what the law puts at its level, whoever issued it. One query."""
    rows = of_agency(agency.code, day)
    if agency.level in (Agency.Level.PROVINCE, Agency.Level.COMMUNE):
        rows = rows | all_procedures(day).filter(levels__contains=[agency.level])
    return rows


def posted(agency: Agency, day: dt.date) -> list[ProcedureVersion]:
    """The same with papers, ways of filing, time limits and fees: what is posted at its office, by name. Five queries."""
    rows = ProcedureVersion.objects.filter(pk__in=handled_by(agency, day).order_by().values("pk")).select_related("procedure")
    return list(rows.prefetch_related("documents", "channels__limits__fees").order_by("sort_key", "pk"))


def decisions_numbered(numbers: Collection[str]) -> list[tuple[int, str, str]]:
    """Key, announcing agency and number of published decisions with these numbers (one query)."""
    rows = Announcement.objects.filter(number__in=list(numbers), state=Announcement.State.PUBLISHED, decision__isnull=False)
    return list(rows.values_list("decision_id", "unit_code", "number"))
