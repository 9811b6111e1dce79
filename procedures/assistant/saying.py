"""What of a procedure or an answer is said, sentence by sentence, each with the row of the catalogue that says so.

No sentence is put together from anything but the words of a row and the frame around them (``Thời hạn khi nộp trực tiếp: …``). What is
written in a row is shown as it is written and does nothing else: it cannot ask, order or lead anywhere.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from portal.catalogues.models import AdministrativeUnit
from portal.languages import address
from portal.ui.tags import dong, number
from procedures import queries as catalogue
from procedures.assistant.parts import Part
from procedures.models import Channel, CommonQuestion, FeeLine, Localisation, ProcedureVersion
from procedures.views.procedure import received_by
from procedures.views.reductions import savings
from procedures.views.sheet import Fee, Sheet, Way, sheet

MOST_SENTENCES = 14
"""Of one answer; the page of the source has the rest."""
_END = re.compile(r"(?<=[.!?…;:])\s+(?=[^\s])|\n+")


@dataclass(frozen=True)
class Source:
    """The row that says a sentence."""

    table: str
    """As the model is named: ``procedures.feeline``."""
    key: str
    label: str
    """What a reader is told of where it stands."""
    url: str


@dataclass(frozen=True)
class Sentence:
    """One sentence with its source."""

    text: str
    source: Source
    lang: str = "vi"


@dataclass(frozen=True)
class Told:
    """A part of a procedure, or an answered question."""

    heading: str
    sentences: tuple[Sentence, ...]
    more: bool = False
    """Whether the page of the source says more."""


def part_label(part: Part) -> str:
    """What a part of a procedure is called, in the language of the page."""
    return {
        Part.DOCUMENTS: _("Giấy tờ cần có"),
        Part.FEES: _("Phí, lệ phí"),
        Part.TIME: _("Thời hạn"),
        Part.PLACE: _("Nơi nộp"),
        Part.ONLINE: _("Nộp trên mạng"),
        Part.WHO: _("Ai làm được"),
        Part.CONDITIONS: _("Điều kiện"),
        Part.DEADLINE: _("Hạn làm thủ tục"),
        Part.STEPS: _("Các bước"),
        Part.RESULTS: _("Bạn nhận được"),
        Part.LAW: _("Căn cứ pháp lý"),
    }[part]


ANCHORS = {
    Part.DOCUMENTS: "giay-to", Part.FEES: "cach-nop", Part.TIME: "cach-nop", Part.PLACE: "noi-nop", Part.ONLINE: "cach-nop",
    Part.WHO: "ai", Part.CONDITIONS: "ai", Part.STEPS: "cac-buoc", Part.LAW: "can-cu",
}  # fmt: skip
"""Where on the page of a procedure a part stands."""


class OfAProcedure:
    """What one procedure says, in the place of a reader. At most thirteen queries."""

    def __init__(self, version: ProcedureVersion, province: AdministrativeUnit | None, day: dt.date) -> None:
        self.version = version
        self.code = version.procedure.code
        self.received = received_by(version)
        self.local: Localisation | None = catalogue.localised(version, province.code) if province is not None else None
        self.shown: Sheet = sheet(version, (), self.local)
        self.province, self.day = province, day
        self.lang = self.shown.lang

    def url(self, part: Part | None = None) -> str:
        """The procedure's page, at the part, for the reader's place."""
        place = f"?dia-phuong={self.province.code}" if self.province is not None else ""
        anchor = f"#{ANCHORS[part]}" if part in ANCHORS else ""
        return f"{address('procedure', self.code)}{place}{anchor}"

    def _source(self, table: str, key: object, part: Part | None) -> Source:
        label = f"{self.shown.name} – {part_label(part)}" if part is not None else self.shown.name
        return Source(f"procedures.{table}", str(key), label, self.url(part))

    def _of_version(self, text: str, part: Part | None) -> Sentence:
        return Sentence(text, self._source("procedureversion", self.version.pk, part), self.lang)

    def _of_local(self, text: str, part: Part) -> Sentence:
        assert self.local is not None
        return Sentence(text, self._source("localisation", self.local.pk, part), "vi")

    def overview(self) -> Told:
        """What it is, in short."""
        sentences = [self._of_version(one, None) for one in sentences_of(self.shown.summary)]
        for part in (Part.TIME, Part.FEES, Part.PLACE):
            sentences += self.part(part).sentences[:2]
        return Told(self.shown.name, tuple(sentences), more=True)

    def part(self, part: Part) -> Told:
        """One part; no sentence where the source says nothing of it."""
        makers: dict[Part, Callable[[], list[Sentence]]] = {
            Part.DOCUMENTS: self._documents,
            Part.FEES: self._fees,
            Part.TIME: self._times,
            Part.PLACE: self._place,
            Part.ONLINE: self._online,
            Part.WHO: lambda: self._words(self.shown.who, part),
            Part.CONDITIONS: lambda: self._words(self.shown.conditions or self.shown.who, part),
            Part.DEADLINE: lambda: self._words(self.shown.deadline_to_ask, part),
            Part.STEPS: self._steps,
            Part.RESULTS: self._results,
            Part.LAW: self._law,
        }
        found = makers[part]()
        return Told(part_label(part), tuple(found[:MOST_SENTENCES]), more=len(found) > MOST_SENTENCES)

    def _words(self, text: str, part: Part) -> list[Sentence]:
        return [self._of_version(one, part) for one in sentences_of(text)]

    def _documents(self) -> list[Sentence]:
        theirs = {entry["position"] for entry in self.local.documents} if self.local else set()
        found = []
        for paper in self.shown.papers:
            words = paper.name
            if paper.only_shown:
                words = _("Xuất trình: %(name)s") % {"name": paper.name}
            if paper.case:
                words = _("%(case)s: thêm %(name)s") % {"case": paper.case, "name": paper.name}
            if paper.number in theirs and paper.note:
                found.append(self._of_local(f"{words}. {paper.note}", Part.DOCUMENTS))
            else:
                source = self._source("requireddocument", paper.row.pk, Part.DOCUMENTS)
                found.append(Sentence(words + (f". {paper.note}" if paper.note else ""), source, self.lang))
        return found

    def _ways(self) -> list[tuple[Way, bool]]:
        """Ways of filing with whether the reader's province laid its limits and fees down."""
        theirs = {entry["kind"] for entry in self.local.channels} if self.local else set()
        return [(way, way.row.kind in theirs) for way in self.shown.ways]

    def _times(self) -> list[Sentence]:
        found = []
        for way, is_local in self._ways():
            for limit, row in zip(way.limits, way.row.limits.all(), strict=True):
                words = _("%(way)s: %(time)s") % {"way": way.label, "time": limit.time}
                words += f" ({limit.note})" if limit.note else ""
                if is_local:
                    found.append(self._of_local(words, Part.TIME))
                else:
                    found.append(Sentence(words, self._source("timelimit", row.pk, Part.TIME), self.lang))
        return _once(found)

    def _fees(self) -> list[Sentence]:
        found = []
        for way, is_local in self._ways():
            for fee in way.fees:
                words = _fee_words(fee)
                if is_local:
                    found.append(self._of_local(words, Part.FEES))
                else:
                    found.append(Sentence(words, self._source("feeline", fee.row.pk, Part.FEES), self.lang))
        if not found and self.shown.ways and "fees" not in self.version.missing:
            found = [self._of_version(_("Không thu phí, lệ phí"), Part.FEES)]
        saved = savings(self.version, self.shown, self.province, [], self.day)
        for one in saved.here:
            rows = [row for row in catalogue.declared_for(self.code, self.version.field_code, self.day) if row.basis == one.basis]
            words = _("Nộp trực tuyến: %(name)s còn %(amount)s (%(basis)s)") % {
                "name": one.fee.name, "amount": dong(one.amount), "basis": one.basis,
            }  # fmt: skip
            found.append(Sentence(words, self._source("onlinereduction", rows[0].pk if rows else "", Part.FEES), "vi"))
        return _once(found)

    def _place(self) -> list[Sentence]:
        found = []
        if self.local is not None and self.local.place:
            found += [self._of_local(one, Part.PLACE) for one in sentences_of(self.local.place)]
        if self.shown.executing_agency:
            words = _("Nơi giải quyết: %(agency)s") % {"agency": self.shown.executing_agency}
            found.append(
                self._of_local(words, Part.PLACE)
                if self.local is not None and self.local.executing_agency
                else self._of_version(words, Part.PLACE)
            )
        direct = self.shown.way(Channel.Kind.DIRECT)
        if self.version.place and not (self.local and self.local.place):
            found += [self._of_version(one, Part.PLACE) for one in sentences_of(self.version.place)]
        elif direct is not None and direct.note:
            source = self._source("channel", direct.row.pk, Part.PLACE)
            found += [Sentence(one, source, self.lang) for one in sentences_of(direct.note)[:2]]
        return found

    def _online(self) -> list[Sentence]:
        service = catalogue.service_for(self.version, self.province.code if self.province is not None else "")
        found = []
        if service is not None:
            full = service.level == "full"
            words = _("Nộp được trên Cổng, làm trọn vẹn trên mạng") if full else _("Nộp được trên Cổng, có bước phải đến nơi")
            found.append(Sentence(words, self._source("onlineservice", service.pk, Part.ONLINE), self.lang))
        else:
            found.append(self._of_version(_("Thủ tục này chưa nộp được trên Cổng"), Part.ONLINE))
        for kind in (Channel.Kind.ONLINE, Channel.Kind.POSTAL):
            way = self.shown.way(kind)
            if way is not None and way.note:
                source = self._source("channel", way.row.pk, Part.ONLINE)
                found += [Sentence(f"{way.label}: {one}", source, self.lang) for one in sentences_of(way.note)[:2]]
        return found

    def _steps(self) -> list[Sentence]:
        rows = list(self.version.steps.all())
        moves = [(case, move) for case, group in self.shown.steps for move in group]
        found = []
        # Grouped by case they keep their order within it: told one by one, each by its own row.
        by_text = {(row.case, row.text): row for row in rows}
        for place, (case, move) in enumerate(moves):
            row = by_text.get((case, move.text)) or rows[min(place, len(rows) - 1)]
            words = f"{move.title}: {move.text}" if move.title else move.text
            found.append(Sentence(words, self._source("step", row.pk, Part.STEPS), self.lang))
        return found

    def _results(self) -> list[Sentence]:
        rows = list(self.version.results.all())
        return [
            Sentence(name, self._source("result", row.pk, Part.RESULTS), self.lang)
            for name, row in zip(self.shown.results, rows, strict=True)
        ]

    def _law(self) -> list[Sentence]:
        return [
            Sentence(f"{row.number}: {row.title}" if row.title else row.number, self._source("legalbasis", row.pk, Part.LAW), "vi")
            for row in self.version.legal_bases.all()
        ]


def _once(sentences: Sequence[Sentence]) -> list[Sentence]:
    """The same words of another way of filing are said once."""
    return list({sentence.text: sentence for sentence in reversed(sentences)}.values())[::-1]


def _fee_words(fee: Fee) -> str:
    row: FeeLine = fee.row
    if fee.says_who:
        return f"{fee.name}: {fee.condition}"
    if row.currency:
        amount = f"{number(row.currency_amount)} {row.currency}"
    else:
        amount = str(_("miễn phí")) if row.amount == 0 else dong(row.amount)
    if row.amount and fee.per:
        amount = f"{amount}/{fee.per}"
    words = f"{fee.name}: {amount}"
    if fee.condition:
        words += f" ({fee.condition})"
    if row.exemption:
        words += ". " + _("Miễn, giảm: %(who)s") % {"who": row.exemption}
    return words


def sentences_of(text: str) -> list[str]:
    """A text in its sentences, none lost."""
    return [one.strip() for one in _END.split(text) if one and one.strip()]


def answered(row: CommonQuestion) -> Told:
    """What an agency answered, sentence by sentence. No query."""
    source = Source("procedures.commonquestion", str(row.pk), row.question, address("question", row.slug))
    found = [Sentence(one, source) for one in sentences_of(row.answer)]
    return Told(row.question, tuple(found[:MOST_SENTENCES]), more=len(found) > MOST_SENTENCES)
