"""One filing becomes linked dossiers: each of its own procedure, agency, code, clock and charge (Rules art. 20; Decree 63/2024)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone
from django.utils.translation import gettext as _

from dossiers.costs import Costs, costs
from dossiers.filling import Filled, Problem, fill
from dossiers.interlinked.composing import Part
from dossiers.interlinked.queries import part_forms
from dossiers.models import OPEN_STATES, Dossier, DossierEvent, Draft, LinkedFiling, LinkedPart, Paper, State
from dossiers.models.papers import Origin
from dossiers.queries import HandlingUnit, facts_of, place_of, unit_at, unit_calendar
from dossiers.services.common import FilingRefused
from dossiers.sources import CORRECTED, corrections
from dossiers.terms import Terms, require_offered, terms_for, terms_on, terms_shown
from portal.access import Actor
from portal.files import services as files
from portal.files.errors import FileUnreadable
from portal.workdays import due_at, response_due
from procedures.fees import Bill


@dataclass
class _Ready:
    """One part that can be sent."""

    part: Part
    draft: Draft
    """As it would be had it been filed alone; never saved."""
    filled: Filled
    terms: Terms
    unit: HandlingUnit
    costs: Costs


def send_parts(
    draft: Draft,
    filled: Filled,
    *,
    terms: Terms,
    party: Any,
    person: Any,
    unit: HandlingUnit,
    actor: Actor,
    confirmed: str,
    now: datetime,
) -> Dossier:
    """Send a checked draft of a composed form: all parts, or none. The first part's dossier, which takes the draft's id.

    Within the transaction of ``dossiers.services.submit``, which has checked who sends and what. :class:`FilingRefused` where no agency
    does a part at the place that was named, or a file for another part than the first is not examined yet; ``NotOffered`` where a part's
    own online service is suspended.
    """
    from dossiers.services.filing import become_dossier, tell_sent  # which calls this

    ready = _ready(draft, filled, party_id=party.id, person=person, first=unit, now=now)
    given = list(draft.papers.select_related("file"))
    filing = LinkedFiling.objects.create(
        id=draft.id, procedure_code=draft.procedure_code, procedure_name=terms.name, applicant_id=party.id, submitted_at=now
    )
    rows: dict[str, LinkedPart] = {}
    for position, one in enumerate(ready, 1):
        papers = [paper for paper in given if _belongs(paper, one.part, first=position == 1, parts=[each.part for each in ready])]
        before = rows.get(one.part.after)
        dossier = become_dossier(
            one.draft,
            one.filled,
            bill=one.costs,
            terms=one.terms,
            party=party,
            person=person,
            unit=one.unit,
            actor=actor,
            papers=papers,
            answer_from=_expected_end(before.dossier) if before is not None else None,
            now=now,
        )
        _hand_over(papers, dossier, one.part, same_key=dossier.pk == draft.pk, actor=actor)
        rows[one.part.procedure] = LinkedPart.objects.create(
            filing=filing, position=position, title=one.part.title, dossier=dossier, after=before
        )
    draft.delete()
    for one in ready:
        row = rows[one.part.procedure]
        tell_sent(row.dossier, one.costs, actor=actor, confirmed=confirmed, now=now)
    return rows[ready[0].part.procedure].dossier


def _ready(draft: Draft, together: Filled, *, party_id: UUID, person: Any, first: HandlingUnit, now: datetime) -> list[_Ready]:
    """Every part as it is sent; :class:`FilingRefused` with all that keeps them from it."""
    found: list[_Ready] = []
    problems: list[Problem] = []
    kept = {**(draft.answers or {}), **together.shape.known, **together.shape.calculated}
    for number, (part, form) in enumerate(part_forms(draft.form_version), 1):
        terms = terms_for(part.procedure, party_id, now)
        require_offered(terms, party_id)
        typed = part.answers(kept)
        typed[CORRECTED] = {
            name: corrections(kept)[source] for name, source in part.names.items() if source in corrections(kept)
        }  # fmt: skip
        unit = first if number == 1 else _unit(part, terms, typed, first)
        if unit is None:
            where = part.names.get(part.place, "")
            problems.append(Problem("to-khai", where, _no_agency(part), part=_page_of(draft, where)))
            continue
        mine = Draft(
            id=draft.id if number == 1 else uuid4(),
            party_id=party_id,
            procedure_code=part.procedure,
            form_version=form,
            answers=typed,
            unit_code=unit.code,
            worked_on_by=draft.worked_on_by,
            created_at=draft.created_at,
        )
        filled = fill(form, typed, person, units=None, confirmed=(), now=now, party_id=party_id)
        problems += [
            Problem("to-khai", part.names[name], f"{filled.form.fields[name].label}: {messages[0]}", part=_page_of(draft, part.names[name]))
            for name, messages in ((name, list(said)) for name, said in filled.form.errors.items())
            if name in part.names
        ]
        facts = facts_of(person) if party_id == person.id else {}
        priced = costs(terms, form, filled.shape.counts, facts=facts, unit_code=unit.code, day=timezone.localdate(now))
        found.append(_Ready(part, mine, filled, terms, unit, priced))
    if problems:
        raise FilingRefused(problems)
    return found


def _unit(part: Part, terms: Terms, typed: Mapping[str, Any], first: HandlingUnit) -> HandlingUnit | None:
    """The agency that does a part: of the commune that an answer names, else of the first part's place."""
    place = str(typed.get(part.place, "")) if part.place else place_of(first.code)
    return unit_at(place, terms) if place else None


def _no_agency(part: Part) -> str:
    return _("Phần “%(part)s”: nơi này chưa có cơ quan nhận hồ sơ trực tuyến. Bạn chọn nơi khác, hoặc nộp riêng từng thủ tục.") % {
        "part": part.title
    }


def _page_of(draft: Draft, field: str) -> str:
    return next((spec.get("page", "") for spec in draft.form_version.fields if spec["name"] == field), draft.form_version.pages[0]["name"])


def _belongs(paper: Paper, part: Part, *, first: bool, parts: list[Part]) -> bool:
    """Whether a paper goes with a part; what no part asks for any more goes with the first."""
    return paper.kind in part.papers or (first and not any(paper.kind in one.papers for one in parts))


def _hand_over(papers: list[Paper], dossier: Dossier, part: Part, *, same_key: bool, actor: Actor) -> None:
    """Give a part's papers to its dossier, under the kinds of its own procedure; under its own key where that is another one's."""
    for paper in papers:
        kind = part.papers.get(paper.kind, paper.kind)
        if same_key:
            Paper.objects.filter(pk=paper.pk).update(draft=None, dossier=dossier, kind=kind)
            continue
        try:
            held = files.hold_for(file=paper.file, subject=dossier.pk, purpose="dossiers.paper", actor=actor)
        except FileUnreadable as error:
            sentence = _("Tệp “%(name)s” đang được kiểm tra. Bạn đợi một phút rồi gửi lại; những gì đã khai vẫn còn.") % {
                "name": paper.file.name
            }
            raise FilingRefused([Problem("giay-to", paper.kind, sentence)]) from error
        Paper.objects.create(
            dossier=dossier,
            kind=kind,
            label=paper.label,
            file=held,
            position=paper.position,
            origin=paper.origin,
            from_store=paper.from_store if paper.origin == Origin.REUSED else None,
        )
        stored = paper.file
        paper.delete()
        files.erase(file=stored, actor=actor)


def costs_together(draft: Draft, terms: Terms, answers: Mapping[str, Any], *, facts: Mapping[str, str], now: datetime) -> Costs:
    """What the parts cost together; how long all may take is the interlinked procedure's own limit."""
    day = timezone.localdate(now)
    whole = costs(terms, draft.form_version, answers, facts=facts, unit_code=draft.unit_code, day=day)
    bills = []
    for number, (part, form) in enumerate(part_forms(draft.form_version), 1):
        own, typed = terms_shown(part.procedure, now), part.answers(answers)
        unit_code = draft.unit_code
        if number > 1:
            place = str(typed.get(part.place, "")) if part.place else place_of(draft.unit_code)
            unit = unit_at(place, own) if place else None
            unit_code = unit.code if unit is not None else ""
        bills.append(costs(own, form, typed, facts=facts, unit_code=unit_code, day=day).bill)
    bill = Bill(tuple(one for each in bills for one in each.charges), tuple(one for each in bills for one in each.still_open))
    return Costs(bill, whole.limit)


# --- the clocks of those that wait -------------------------------------------------------------------------------------------------


def _expected_end(dossier: Dossier) -> datetime:
    """When a part is expected to have its result: its appointment, or what follows from its time to answer and its limit."""
    if dossier.due_at is not None:
        return dossier.due_at
    limit, calendar = terms_on(dossier.procedure_code, dossier.submitted_at), unit_calendar(dossier.unit_code)
    return due_at(dossier.response_due_at, limit.limit_amount, limit.limit_unit, calendar)


_ALONE = "_has_no_followers"
"""Mark of a dossier, as it lies in memory, that nobody waits for."""


def move_followers(event: DossierEvent) -> None:
    """What happens to a part moves the time to answer of those that wait for it: it begins with that one's end, whatever the end is.

    In the event's transaction; one query where nobody waits. A part that was refused, withdrawn or ended without a result lets the others
    go on: their agencies decide what that means for them.
    """
    if event.name == "submit" or (event.from_state == event.to_state and event.due_before == event.due_at):
        # Nothing of when it ends has changed.
        return
    if getattr(event.dossier, _ALONE, False):
        return
    waiting = LinkedPart.objects.filter(after__dossier=event.dossier_id, dossier__state=State.SUBMITTED).select_related("dossier")
    followers = list(waiting.order_by("position"))
    # Parts are linked when they are sent and never later: who has none now gets none, and an act of several events asks once.
    setattr(event.dossier, _ALONE, not followers)
    for part in followers:
        calendar = unit_calendar(part.dossier.unit_code)
        over = event.dossier.state not in OPEN_STATES
        begins = event.at if over else max(_expected_end(event.dossier), event.at)
        Dossier.objects.filter(pk=part.dossier_id, state=State.SUBMITTED).update(response_due_at=response_due(begins, calendar))
