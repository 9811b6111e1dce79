"""The form at the counter: the same engine as online, filled in by the officer; what the state knows is not asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import queries as people
from accounts.models import Person
from dossiers.conditions import Shape, suggestions
from dossiers.counter_filing.common import FilingRefused, locked, record
from dossiers.counter_filing.terms import CounterTerms, bill_at_counter, counter_terms
from dossiers.filling import Filled, Problem, fill
from dossiers.models import CounterFiling, CounterPaper
from dossiers.papers import Wanted, wanted_papers
from dossiers.queries import facts_of
from dossiers.services.drafts import MAX_ANSWER_CHARS, MAX_CONFIRMED
from dossiers.services.filling_in import shown_to_type
from dossiers.sources import CORRECTED, corrections, is_correctable
from dossiers.store.queries import holds
from dossiers.terms import terms_of_version
from portal.access import Actor
from portal.files.models import FileState
from portal.text import visible
from procedures.fees import Bill

MOST_ROWS_SENT = 100


@dataclass(frozen=True)
class Sheet:
    """A filing as one request looks at it."""

    filing: CounterFiling
    person: Person
    terms: CounterTerms
    filled: Filled
    wanted: list[Wanted]
    papers: list[CounterPaper]

    @property
    def shape(self) -> Shape:
        """The form as these answers make it."""
        return self.filled.shape

    @property
    def bill(self) -> Bill:
        """What the law takes for it."""
        facts = facts_of(self.person) if self.filing.party_id == self.person.id else {}
        return bill_at_counter(self.terms, self.filing.form_version, dict(self.shape.counts), facts=facts)

    @property
    def digitising(self) -> int:
        """What digitising at the person's wish costs, in đồng."""
        return sum(paper.charge for paper in self.papers)


def looked_at(filing: CounterFiling, *, now: datetime, typed: Mapping[str, Any] | None = None) -> Sheet:
    """The filing checked as it stands, or as it was typed (a bounded number of queries)."""
    person = people.person(filing.person_id)
    terms = counter_terms(terms_of_version(filing.procedure_version_id), filing.channel)
    answers = dict(filing.answers or {}) if typed is None else dict(typed)
    filled = fill(filing.form_version, answers, person, units=None, confirmed=filing.confirmed or (), now=now, party_id=filing.party_id)
    wanted = wanted_papers(terms.terms.papers, filing.form_version.papers, filing.form_version.fields, filled.shape.counts)
    papers = list(filing.papers.select_related("file", "from_store__document"))
    return Sheet(filing, person, terms, filled, wanted, papers)


def with_suggestions(sheet: Sheet) -> dict[str, Any]:
    """What stands in the form: answers, and what is suggested where nothing was typed yet."""
    facts = sheet.shape.facts
    return {**suggestions(sheet.shape.asked, facts), **(sheet.filing.answers or {})}


def problems(sheet: Sheet, *, day: date) -> list[Problem]:
    """Everything that keeps the filing from being entered. No query."""
    form = sheet.filled.form
    found = [
        Problem("to-khai", name, f"{form.fields[name].label}: {message}" if name in form.fields else str(message))
        for name, messages in form.errors.items()
        for message in (messages if name in sheet.shape.rows else list(messages)[:1])
    ]
    found += [Problem("to-khai", one.field, one.message) for one in sheet.filled.to_confirm]
    given = {paper.kind for paper in sheet.papers}
    for one in sheet.wanted:
        if one.required and one.paper.kind not in given:
            found.append(Problem("giay-to", one.paper.kind, f"Còn thiếu: {one.paper.name}{f' ({one.reason})' if one.reason else ''}."))
    for paper in sheet.papers:
        if paper.from_store is not None and not holds(paper.from_store, day):
            found.append(Problem("giay-to", paper.kind, f"“{paper.from_store.title}” lấy từ kho không còn hiệu lực."))
        if paper.file is not None and paper.file.state in (FileState.QUARANTINED, FileState.ERASED):
            found.append(Problem("giay-to", paper.kind, f"Tệp “{paper.file.name}” không an toàn. Bạn xóa và quét lại."))
    return found


@transaction.atomic
def save(
    *,
    actor: Actor,
    filing_id: UUID,
    seen_version: int,
    answers: Mapping[str, Any],
    reasons: Mapping[str, str] | None = None,
    confirmed: Collection[str] = (),
    now: datetime,
) -> CounterFiling:
    """Keep what the officer typed, valid or not; only what the form asks of this person. :class:`FilingRefused` where a colleague saved."""
    filing = locked(actor, filing_id, seen_version)
    typed = {**(filing.answers or {}), **{name: _within(value) for name, value in answers.items()}}
    typed = _with_reasons(typed, reasons or {})
    sheet = looked_at(filing, now=now, typed=typed)
    asked = {spec["name"] for spec in sheet.shape.asked}
    filing.answers = {name: value for name, value in typed.items() if name in asked or name == CORRECTED or name in (filing.answers or {})}
    filing.confirmed = sorted({*(filing.confirmed or []), *(token[:40] for token in confirmed)})[:MAX_CONFIRMED]
    _changed(filing, now)
    return filing


@transaction.atomic
def correct(*, actor: Actor, filing_id: UUID, seen_version: int, field: str, now: datetime) -> CounterFiling:
    """Ask a field after all that a source answers, because the person shows that it is otherwise; why must be written."""
    filing = locked(actor, filing_id, seen_version)
    sheet = looked_at(filing, now=now)
    spec = next((one for one in sheet.shape.fields if one["name"] == field), None)
    if spec is None or field not in sheet.shape.known or not is_correctable(spec["prefill"]):
        raise FilingRefused("Mục này theo giấy tờ định danh, không sửa ở đây được.", status=409)
    answers = dict(filing.answers or {})
    answers[CORRECTED] = {**corrections(answers), field: ""}
    answers[field] = shown_to_type(spec, sheet.shape.known[field])
    filing.answers = answers
    _changed(filing, now)
    record(actor, "correct_counter_filing", filing, field=field)
    return filing


def _with_reasons(answers: dict[str, Any], reasons: Mapping[str, str]) -> dict[str, Any]:
    there = corrections(answers)
    more = {name: visible(why).strip()[:300] for name, why in reasons.items() if name in there}
    return {**answers, CORRECTED: {**there, **more}} if more else answers


def _changed(filing: CounterFiling, now: datetime) -> None:
    filing.version += 1
    filing.changed_at = now
    filing.save()


def _within(value: Any) -> Any:
    if isinstance(value, list):
        rows = value[:MOST_ROWS_SENT]
        return [
            {key: _within(one) for key, one in row.items()} if isinstance(row, Mapping) else str(row)[:MAX_ANSWER_CHARS] for row in rows
        ]
    return str(value)[:MAX_ANSWER_CHARS]
