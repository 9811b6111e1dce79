"""A draft looked at as a whole: which form its person meets, what is wrong or unlikely in it, what it would become."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from dossiers.answer_rules import Finding
from dossiers.changes import Changes, changes
from dossiers.conditions import Shape, shape
from dossiers.costs import Costs, costs
from dossiers.forms import UNIT, AnswersForm, kept
from dossiers.models import Draft, FormVersion, Paper
from dossiers.papers import Wanted, papers_of, wanted_papers
from dossiers.queries import HandlingUnit, facts_for, facts_of, same_filings
from dossiers.sources import corrections
from dossiers.store.queries import holds
from dossiers.terms import RequiredPaper, Terms, TermsUnknown, terms_of_version
from portal.files.models import FileState


@dataclass(frozen=True)
class Problem:
    """One thing that keeps a filing from being sent: the page that mends it, the field on it, a sentence for the person."""

    page: str
    field: str
    message: str
    part: str = ""
    """Of the declaration: its page, where it has pages."""


@dataclass(frozen=True)
class Filled:
    """The declaration as typed: its shape, the checked form, and what must be confirmed."""

    shape: Shape
    form: AnswersForm
    unlikely: tuple[Finding, ...]
    confirmed: frozenset[str]

    @property
    def answers(self) -> dict[str, Any]:
        """Valid answers, known and reckoned ones of the fields that are there, as a dossier keeps them."""
        good = {name: kept(value) for name, value in self.form.cleaned_data.items() if name != UNIT and value is not None}
        return {**good, **self.shape.known, **self.shape.calculated}

    @property
    def to_confirm(self) -> list[Finding]:
        """What the person has not yet said is so."""
        return [finding for finding in self.unlikely if finding.token not in self.confirmed]


def fill(
    form_version: FormVersion,
    typed: Mapping[str, Any],
    person: Any,
    *,
    units: list[HandlingUnit] | None,
    confirmed: Collection[str],
    now: datetime,
    party_id: UUID | None = None,
    besides: UUID | None = None,
) -> Filled:
    """The declaration of a person with these answers, checked (two queries where the form has a rule ``once``).

    ``party_id``: for whom they file, where that is not themself. ``besides``: the dossier that is edited, which is not there twice.
    """
    today = timezone.localdate(now)
    found = shape(form_version.fields, typed, facts_for(form_version, person, party_id or person.id), today=today)
    form = AnswersForm(
        found.asked,
        typed,
        units=None if units is None else [(unit.code, unit.name) for unit in units],
        today=today,
        known={**found.known, **found.calculated},
        rules=found.fields,
        counts=found.counts,
        rows=found.rows,
    )
    form.is_valid()
    for name, reason in corrections(typed).items():
        if name in form.fields and found.offered.get(name) and not reason.strip():
            form.add_error(name, _("Bạn hãy ghi vì sao sửa."))
    whole = Filled(found, form, (), frozenset(confirmed))
    unlikely = (*form.unlikely, *same_filings(form_version, whole.answers, person, besides=besides))
    return Filled(found, form, unlikely, whole.confirmed)


def fill_draft(draft: Draft, person: Any, *, units: list[HandlingUnit], now: datetime) -> Filled:
    """The declaration of a draft as it stands."""
    typed = {**(draft.answers or {}), UNIT: draft.unit_code}
    return fill(
        draft.form_version,
        typed,
        person,
        units=units,
        confirmed=draft.confirmed or (),
        now=now,
        party_id=draft.party_id,
        besides=draft.pk,
    )


def problems_of(draft: Draft, terms: Terms, filled: Filled) -> list[Problem]:
    """Everything that keeps the draft from being sent, in the order of the pages (one query)."""
    form = filled.form
    pages = {spec["name"]: spec.get("page", "") for spec in filled.shape.fields}
    one_page = draft.form_version.pages[0]["name"] if draft.form_version.pages else ""
    found = [
        Problem("to-khai", name, f"{form.fields[name].label}: {message}", pages.get(name, "") or one_page if name in pages else "")
        for name, messages in form.errors.items()
        # Of a group every row that is wrong is named, of a field one thing at a time. A slice of the list itself would not be words.
        for message in (messages if name in filled.shape.rows else list(messages)[:1])
    ]
    found += [Problem("to-khai", finding.field, finding.message, pages.get(finding.field, "") or one_page) for finding in filled.to_confirm]
    return found + paper_problems(draft, wanted_of(draft, terms, filled.shape))


def wanted_of(draft: Draft, terms: Terms, found: Shape) -> list[Wanted]:
    """The papers that the draft's answers ask for, and those they do not. No query."""
    form = draft.form_version
    return wanted_papers(terms.papers, form.papers, form.fields, found.counts)


def former_papers(given: Iterable[Paper], terms: Terms, form: FormVersion) -> list[Wanted]:
    """Papers that were given when the law still wanted them: nobody asks for them, they can be removed. No query."""
    kinds = {paper.kind for paper in papers_of(terms.papers, form.papers)}
    former = {paper.kind: RequiredPaper(paper.kind, paper.label, "", required=False) for paper in given if paper.kind not in kinds}
    return [Wanted(paper, required=False, asked=False) for paper in former.values()]


def carried_changes(draft: Draft, terms: Terms, found: Shape) -> Changes:
    """What changed since a draft was begun under another form or law (the old form's row; the old law's, where that is another)."""
    old, law_changed = None, draft.begun_procedure_version_id is not None
    if draft.begun_procedure_version_id is not None:
        with suppress(TermsUnknown):
            old = terms_of_version(draft.begun_procedure_version_id)
    form = draft.begun_form_version or draft.form_version
    return changes(
        old_fields=form.fields,
        new_fields=draft.form_version.fields,
        answers=draft.answers or {},
        there={spec["name"] for spec in found.fields},
        old=old,
        new=terms,
        law_changed=law_changed,
    )


def costs_of(draft: Draft, terms: Terms, found: Shape, person: Any, *, now: datetime) -> Costs:
    """What the filing costs and how long it may take under the draft's answers, at the agency chosen, if it were sent now (one query).

    Who is exempt for what they are (their age) is the party: only where that is the person themself do the person's facts count.
    """
    facts = facts_of(person) if draft.party_id == person.id else {}
    answers = found.counts
    if draft.form_version.parts:
        from dossiers.interlinked.filing import costs_together  # which leans on this module

        return costs_together(draft, terms, answers, facts=facts, now=now)
    return costs(terms, draft.form_version, answers, facts=facts, unit_code=draft.unit_code, day=timezone.localdate(now))


def shape_of(draft: Draft, person: Any) -> Shape:
    """The form as the draft's answers make it."""
    return shape(draft.form_version.fields, draft.answers or {}, facts_for(draft.form_version, person, draft.party_id))


def paper_problems(draft: Draft, wanted: Sequence[Wanted]) -> list[Problem]:
    """Papers that are missing or cannot be taken (one query)."""
    papers = list(draft.papers.select_related("file", "from_store__document"))
    given = Counter(paper.kind for paper in papers)
    found = []
    for one in wanted:
        if one.required and not given[one.paper.kind]:
            missing = _("Còn thiếu: %(paper)s") % {"paper": one.paper.name}
            found.append(Problem("giay-to", one.paper.kind, f"{missing} ({one.reason})." if one.reason else f"{missing}."))
    for paper in papers:
        if paper.from_store is not None and not holds(paper.from_store, timezone.localdate()):
            ended = _("“%(name)s” lấy từ kho không còn hiệu lực. Bạn hãy xóa và gửi giấy mới.") % {"name": paper.from_store.title}
            found.append(Problem("giay-to", paper.kind, ended))
        if paper.file.state in (FileState.QUARANTINED, FileState.ERASED):
            found.append(
                Problem(
                    "giay-to",
                    paper.kind,
                    _("Tệp “%(name)s” không an toàn nên không nhận được. Bạn hãy xóa và chụp lại.") % {"name": paper.file.name},
                )
            )
    return found
