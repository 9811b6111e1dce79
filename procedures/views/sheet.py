"""What the page of a procedure says, in the language of the page: the version's own words, or their translation where there is one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from portal.languages import is_english
from portal.ui.tags import duration, own_address
from procedures.models import Channel, FeeLine, Localisation, ProcedureVersion, RequiredDocument, Step, Subject, TimeUnit
from procedures.papers import exclusive_cases, name_and_details
from procedures.services.records import ENGLISH_PARTS
from procedures.views.reception import says_where

# A fee that each province sets for itself, and what else its words say beside that.
_BY_PROVINCE = re.compile(r"^(?:Mức thu(?P<perhaps>, nếu có,)? do|Do) Hội đồng nhân dân cấp tỉnh quyết định[.;]?\s*(?P<more>.*)$", re.S)
_ISO_UNITS = {TimeUnit.HOUR: "PT{}H", TimeUnit.DAY: "P{}D", TimeUnit.MONTH: "P{}M"}


_SUBJECTS = {
    "citizen": gettext_lazy("Công dân Việt Nam"),
    "overseas": gettext_lazy("Người Việt Nam định cư ở nước ngoài"),
    "foreigner": gettext_lazy("Người nước ngoài"),
    "official": gettext_lazy("Cán bộ, công chức, viên chức"),
    "enterprise": gettext_lazy("Doanh nghiệp"),
    "foreign_enterprise": gettext_lazy("Doanh nghiệp có vốn đầu tư nước ngoài"),
    "organisation": gettext_lazy("Tổ chức (không bao gồm doanh nghiệp, hợp tác xã)"),
    "foreign_organisation": gettext_lazy("Tổ chức nước ngoài"),
    "cooperative": gettext_lazy("Hợp tác xã"),
    "party_member": gettext_lazy("Đảng viên"),
    "party_organisation": gettext_lazy("Tổ chức Đảng"),
}


def subject_label(subject: str) -> str:
    """A subject of the national list, in the language of the page."""
    return str(_SUBJECTS[Subject(subject)])


def channel_label(kind: str) -> str:
    """A way of filing, in the language of the page."""
    return {"online": _("Trực tuyến"), "direct": _("Trực tiếp"), "postal": _("Qua bưu chính")}[kind]


def fee_unit(unit: str) -> str:
    """What a fee is counted by, in the language of the page; a unit that only a source uses stays as it is."""
    names = {
        "lần": pgettext("per", "lần"),
        "bản": pgettext("per", "bản"),
        "bản sao": pgettext("per", "bản sao"),
        "lần/cơ sở": pgettext("per", "lần/cơ sở"),
        "thẻ": pgettext("per", "thẻ"),
        "người": pgettext("per", "người"),
        "hồ sơ": pgettext("per", "hồ sơ"),
        "giao dịch": pgettext("per", "giao dịch"),
        "trang": pgettext("per", "trang"),
        "trường hợp": pgettext("per", "trường hợp"),
    }
    return names.get(unit, unit)


def translation(version: ProcedureVersion) -> dict[str, Any]:
    """The English of a version where the page is English and a translation exists; otherwise empty."""
    return (version.english or {}) if is_english() else {}


def _said(translated: dict[str, Any], key: str, own: str) -> str:
    return str(translated.get(key) or own)


def _name(translated: dict[str, Any], own: str) -> dict[str, str]:
    """A paper's name and details: a translation is written short, a source's text is taken apart."""
    if said := translated.get("name"):
        return {"name": str(said), "details": ""}
    name, details = name_and_details(own)
    return {"name": name, "details": details}


def _beside(translated: dict[str, Any], key: str, rows: Sequence[Any]) -> list[Any]:
    """The translations of these rows, one each: lists are translated whole or not at all."""
    found = translated.get(key) or []
    return list(found) if len(found) == len(rows) else [{}] * len(rows)


@dataclass
class Paper:
    """One line of the checklist."""

    number: int
    name: str
    details: str
    """What a long text of the source says beside the name."""
    note: str
    form: str
    case: str
    row: RequiredDocument
    ticked: bool

    @property
    def only_shown(self) -> bool:
        """Whether it is shown at the counter and taken home again."""
        return bool(self.row.mode == RequiredDocument.Mode.PRESENT)


@dataclass
class Case:
    """What somebody hands in in one case."""

    name: str
    papers: list[Paper]
    one_of_several: bool
    """Whether it excludes others of this procedure."""

    @property
    def ticked(self) -> bool:
        """Whether a paper of it is ticked."""
        return any(paper.ticked for paper in self.papers)


@dataclass
class Fee:
    """One fee with its words."""

    name: str
    condition: str
    row: FeeLine

    @property
    def says_who(self) -> bool:
        """Whether the condition stands in for the amount: it says who sets it."""
        return self.row.amount is None and not self.row.currency

    @property
    def by_province(self) -> bool:
        """Whether each province sets the amount for itself."""
        return self.says_who and bool(_BY_PROVINCE.match(self.row.condition))

    @property
    def beside(self) -> str:
        """What the condition says beside who sets the amount; in Vietnamese, and only of a fee set by provinces."""
        found = _BY_PROVINCE.match(self.row.condition)
        return (found["more"][:1].upper() + found["more"][1:]) if found else ""

    @property
    def perhaps(self) -> bool:
        """Whether a province may also ask for nothing."""
        found = _BY_PROVINCE.match(self.row.condition)
        return bool(found and found["perhaps"])

    @property
    def per(self) -> str:
        """What it is counted by, in the language of the page."""
        return fee_unit(self.row.per)


@dataclass
class Limit:
    """One time limit with the fees that go with it."""

    time: str
    note: str
    fees: list[Fee]


@dataclass
class Way:
    """One way of filing."""

    label: str
    note: str
    row: Channel
    limits: list[Limit]

    @property
    def time(self) -> str:
        """The limit that holds unless a case says otherwise."""
        return self.limits[0].time if self.limits else ""

    @property
    def fees(self) -> list[Fee]:
        """All fees, limit by limit."""
        return [fee for limit in self.limits for fee in limit.fees]


@dataclass
class Move:
    """One step of the procedure."""

    title: str
    text: str


@dataclass
class Sheet:
    """Everything a page says of one version."""

    version: ProcedureVersion
    translated: bool
    """Whether papers, steps and ways of filing are; of some procedures only name and summary (``named``) are."""
    named: bool
    name: str
    summary: str
    who: str
    conditions: str
    deadline_to_ask: str
    executing_agency: str
    results: list[str]
    papers: list[Paper]
    ways: list[Way]
    steps: list[tuple[str, list[Move]]]
    subjects: list[str]
    ticks: set[int] = field(default_factory=set)

    @property
    def lang(self) -> str:
        """The language the procedure itself is told in; the frame may be English around a Vietnamese text."""
        return "en" if self.translated else "vi"

    @property
    def is_foreign(self) -> bool:
        """An English page around a text that is still Vietnamese."""
        return is_english() and not self.translated

    @property
    def name_is_foreign(self) -> bool:
        """An English page on which the very name is still Vietnamese."""
        return is_english() and not self.named

    @property
    def always(self) -> list[Paper]:
        """What everybody hands in or shows."""
        return [paper for paper in self.papers if not paper.case]

    @property
    def cases(self) -> list[Case]:
        """What is added in special cases, in the order of the law."""
        return [case for case in self._by_case if not case.one_of_several]

    @property
    def choice(self) -> list[Case]:
        """Cases of which one is each reader's own ("Trường hợp 1 …"), in the order of the law."""
        return [case for case in self._by_case if case.one_of_several]

    @cached_property
    def _by_case(self) -> list[Case]:
        grouped: dict[str, list[Paper]] = {}
        for paper in self.papers:
            if paper.case:
                grouped.setdefault(paper.row.case, []).append(paper)
        exclusive = exclusive_cases(grouped)
        return [Case(papers[0].case, papers, case in exclusive) for case, papers in grouped.items()]

    def way(self, kind: str) -> Way | None:
        """The way of filing of this kind, or None."""
        return next((way for way in self.ways if way.row.kind == kind), None)

    @property
    def by_web(self) -> bool:
        """Whether the law lets one file on the web, here or elsewhere."""
        return self.way(Channel.Kind.ONLINE) is not None

    @property
    def by_post(self) -> bool:
        """Whether papers may be sent by post."""
        return self.way(Channel.Kind.POSTAL) is not None

    @property
    def in_person(self) -> bool:
        """Whether one may come; unknown (and not denied) where the ways of filing are not told one by one."""
        return not self.ways or self.way(Channel.Kind.DIRECT) is not None

    @property
    def told(self) -> str:
        """Where one goes, in the version's words; empty where they name no place."""
        if self.version.place:
            return self.version.place
        way = self.way(Channel.Kind.DIRECT)
        return way.note if way and says_where(way.row.note) else ""

    @property
    def told_apart(self) -> str:
        """The same, only where it says more than that one goes to a one-stop centre."""
        way = self.way(Channel.Kind.DIRECT)
        own = self.version.place or (way.row.note if way else "")
        return "" if "Trung tâm Phục vụ hành chính công" in own else self.told

    @property
    def offices(self) -> list[str]:
        """Who takes the papers where no committee does: each kind of office in words that people know it by."""
        plain = self.executing_agency
        if not self.version.executing_agency:
            return []
        for term, words in ((" cấp xã", " xã, phường, đặc khu"), (" cấp tỉnh", " tỉnh, thành phố")):
            plain = plain.replace(term, words)
        return [name.strip() for name in plain.split(";") if name.strip()]

    @property
    def ticked(self) -> int:
        """How many papers the reader has ticked."""
        return sum(paper.ticked for paper in self.papers)

    @property
    def one_time(self) -> bool:
        """Whether every way of filing takes as long."""
        return len({way.time for way in self.ways}) <= 1

    @property
    def one_fee(self) -> bool:
        """Whether every way of filing costs the same."""
        return len({tuple((fee.name, fee.row.amount, fee.condition) for fee in way.fees) for way in self.ways}) <= 1

    @property
    def first_fee(self) -> Fee | None:
        """The fee to name first: what most people pay."""
        return self.ways[0].fees[0] if self.ways and self.ways[0].fees else None

    @property
    def more_fees(self) -> bool:
        """Whether there is more to know about the cost than the first fee."""
        return not self.one_fee or any(len(way.fees) > 1 for way in self.ways)


def _limits(channel: Channel, words: dict[str, Any]) -> list[Limit]:
    rows = list(channel.limits.all())
    said = iter(_beside(words, "fees", channel.fees.all()))
    limits = []
    for row in rows:
        fees = []
        for fee in row.fees.all():
            one = next(said)
            fees.append(Fee(_said(one, "name", fee.name), _said(one, "condition", fee.condition), fee))
        limits.append(Limit(duration(row), row.note, fees))
    return limits


def _ways(channels: Iterable[Channel], translated: dict[str, Any], local: Localisation | None) -> list[Way]:
    rows = list(channels)
    # What a province laid down replaced the limits and fees that the translation speaks of.
    theirs = {entry["kind"] for entry in local.channels} if local else set()
    ways = []
    for channel, words in zip(rows, _beside(translated, "channels", rows), strict=True):
        words = {} if channel.kind in theirs else words
        ways.append(Way(channel_label(channel.kind), _said(words, "note", channel.note), channel, _limits(channel, words)))
    return ways


def _steps(rows: list[Step], translated: dict[str, Any]) -> list[tuple[str, list[Move]]]:
    grouped: dict[str, list[Move]] = {}
    for step, words in zip(rows, _beside(translated, "steps", rows), strict=True):
        grouped.setdefault(_said(words, "case", step.case), []).append(
            Move(_said(words, "title", step.title), _said(words, "text", step.text))
        )
    return list(grouped.items())


def sheet(version: ProcedureVersion, ticks: Iterable[int] = (), local: Localisation | None = None) -> Sheet:
    """What to show of this version (``queries.procedure_on``), after ``queries.localised`` where a province was chosen. No query."""
    translated = translation(version)
    theirs = {entry["position"] for entry in local.documents} if local else set()
    ticked = set(ticks)
    documents = list(version.documents.all())
    results = list(version.results.all())
    names = translated.get("results") or []
    papers = [
        Paper(
            number=document.position,
            **_name(words, document.name),
            note=document.note if document.position in theirs else _said(words, "note", document.note),
            form=document.form if document.form != document.name else "",
            case=_said(words, "case", document.case) if document.case else "",
            row=document,
            ticked=document.position in ticked,
        )
        for document, words in zip(documents, _beside(translated, "documents", documents), strict=True)
    ]
    return Sheet(
        version=version,
        translated=any(translated.get(part) for part in ENGLISH_PARTS) or bool(translated and not documents),
        named=bool(translated.get("name")),
        name=_said(translated, "name", version.name),
        summary=_said(translated, "summary", version.summary),
        who=_said(translated, "who", version.who),
        conditions=_said(translated, "conditions", version.conditions),
        deadline_to_ask=_said(translated, "deadline_to_ask", version.deadline_to_ask),
        executing_agency=_said({} if local else translated, "executing_agency", version.executing_agency),
        results=[str(name) for name in names] if len(names) == len(results) else [result.name for result in results],
        papers=papers,
        ways=_ways(version.channels.all(), translated, local),
        steps=_steps(list(version.steps.all()), translated),
        subjects=[subject_label(subject) for subject in version.subjects],
        ticks=ticked,
    )


def _processing_time(way: Way) -> dict[str, str]:
    """The time limit as ISO 8601 knows it; working days and words it does not know."""
    limit = way.row.main_limit
    form = _ISO_UNITS.get(TimeUnit(limit.unit)) if limit and limit.unit and limit.amount else None
    return {"processingTime": form.format(format(limit.amount.normalize(), "f"))} if form and limit and limit.amount else {}


def structured_data(shown: Sheet, path: str) -> SafeString:
    """schema.org GovernmentService as JSON-LD: a data block, which no browser executes and the CSP lets stand."""
    version = shown.version
    data = {
        "@context": "https://schema.org",
        "@type": "GovernmentService",
        "name": shown.name,
        "description": shown.summary,
        "identifier": version.procedure.code,
        "url": own_address(path),
        "inLanguage": shown.lang,
        "serviceOperator": {"@type": "GovernmentOrganization", "name": shown.executing_agency},
        "areaServed": {"@type": "Country", "name": _("Việt Nam")},
        "audience": [{"@type": "Audience", "audienceType": name} for name in shown.subjects],
        "serviceOutput": [{"@type": "Thing", "name": name} for name in shown.results],
        "availableChannel": [
            {"@type": "ServiceChannel", "name": way.label, "availableLanguage": "vi", **_processing_time(way)} for way in shown.ways
        ],
        "offers": [
            {"@type": "Offer", "name": fee.name, "price": fee.row.amount, "priceCurrency": "VND"}
            for fee in (shown.ways[0].fees if shown.ways else [])
            if fee.row.amount is not None
        ],
    }
    text = json.dumps({key: value for key, value in data.items() if value not in ([], "")}, ensure_ascii=False)
    # What could end the script element is written as JSON escapes.
    return mark_safe(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S308
