"""Filling in field by field: what was changed is kept at once, and what several devices write is merged by field.

A field is changed by who typed another value than the page showed. Two who changed the same field since: the later is kept, and the other
one is told. To know what a page showed, a draft remembers of each field what it was before its last changes (``Draft.touched``).
A field of a row is called ``<group>/<id of the row>/<field>``; rows have ids in drafts only, since their places move.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import queries as people
from dossiers.conditions import MOST_ROWS, Shape, shape
from dossiers.models import Draft, FormVersion
from dossiers.queries import facts_for
from dossiers.services.common import filer
from dossiers.services.drafts import MAX_ANSWER_CHARS, MAX_CONFIRMED, PAGES, _changed, _mine
from dossiers.sources import CORRECTED, Facts, corrections, is_correctable
from portal.access import Actor
from portal.text import visible

ROW = "#"
"""Key of a row's id in a draft."""
_REMEMBERED, _REMEMBERED_FIELDS = 5, 200
"""Changes of a field, and fields, of which a draft remembers what was there before."""
_MOST_CHOSEN, _MOST_REASON = 200, 300


@dataclass(frozen=True)
class Other:
    """What somebody, or oneself on another device, had written where now something else is kept."""

    key: str
    value: Any
    at: datetime | None
    by: UUID | None


@dataclass(frozen=True)
class Saved:
    """A draft after a change, and what it said that was not seen."""

    draft: Draft
    others: tuple[Other, ...]


def row_key(group: str, row_id: str, field: str) -> str:
    """The name under which a field of a row is saved."""
    return f"{group}/{row_id}/{field}"


def value_of(answers: Mapping[str, Any], key: str) -> Any:
    """What a draft holds under a name; None where a row is not there any more."""
    if "/" not in key:
        return answers.get(key, "")
    group, row_id, field = key.split("/", 2)
    row = find_row(answers, group, row_id)
    return None if row is None else row.get(field, "")


def find_row(answers: Mapping[str, Any], group: str, row_id: str) -> dict[str, Any] | None:
    """The row of a group with this id."""
    rows = answers.get(group)
    return next((row for row in rows if row.get(ROW) == row_id), None) if isinstance(rows, list) else None


@transaction.atomic
def save_fields(
    *,
    actor: Actor,
    draft_id: UUID,
    values: Mapping[str, Any],
    seen: Mapping[str, int],
    seen_version: int,
    now: datetime,
    unit_code: str | None = None,
    page: str = "",
    confirmed: Collection[str] = (),
    reasons: Mapping[str, str] | None = None,
    form: FormVersion | None = None,
    facts: Facts | None = None,
) -> Saved:
    """Keep what was typed, valid or not, merged with what others wrote meanwhile. :class:`NotYours` for another's draft.

    ``seen_version`` is the version of the draft that the page showed (-1: none), ``seen`` of single fields a later one. Only what the
    form asks of this person under these answers is kept. ``confirmed``: tokens of findings the person says are so. ``reasons``: why fields
    are corrected that a source answers (:func:`correct_known`). ``form``, ``facts``: the draft's form and what the sources say of this
    party, where the caller has read them.
    """
    draft = _mine(actor, draft_id)
    if form is not None and form.pk == draft.form_version_id:
        draft.form_version = form
    answers = _copied(draft.answers or {})
    before = (draft.answers or {}, draft.unit_code, draft.confirmed or [])
    touched: dict[str, list[list[Any]]] = dict(draft.touched or {})
    others: list[Other] = []
    changed: dict[str, Any] = {}
    for key, typed in values.items():
        value, stored = _within_limits(typed), value_of(answers, key)
        if value == stored or (stored is None and not value):
            continue
        since = seen.get(key, seen_version)
        history = [entry for entry in touched.get(key, []) if entry[0] > since] if since >= 0 else []
        if history and value == history[0][1]:
            continue  # what the page showed: nobody typed it
        if history and stored is not None:
            others.append(Other(key, stored, datetime.fromisoformat(history[-1][3]), UUID(history[-1][2])))
        changed[key] = value
    asked = _asked(draft, actor, _with(answers, changed), facts) if changed else set()
    for key, value in changed.items():
        if key.split("/", 1)[0] not in asked:
            continue
        entry = [draft.version + 1, value_of(answers, key) or "", str(filer(actor)), now.isoformat()]
        touched[key] = [*touched.pop(key, []), entry][-_REMEMBERED:]
        answers = _with(answers, {key: value})
    draft.answers = with_reasons(answers, reasons or {})
    draft.touched = dict(list(touched.items())[-_REMEMBERED_FIELDS:])
    if unit_code is not None:
        draft.unit_code = unit_code.replace("\0", "")[:40]
    draft.confirmed = sorted({*before[2], *(token[:40] for token in confirmed)})[:MAX_CONFIRMED]
    draft.last_page = page if page in PAGES else draft.last_page
    if (draft.answers, draft.unit_code, draft.confirmed) != before:
        _changed(draft, actor)
    return Saved(draft, tuple(others))


@transaction.atomic
def correct_known(*, actor: Actor, draft_id: UUID, field: str) -> Draft:
    """Ask a field after all that a source answers: with what the source says, to be changed and to say why. Nothing for a field that no
    source answers here, or that identifies the person or organisation."""
    draft = _mine(actor, draft_id)
    found = _shape_of(draft, actor, draft.answers or {})
    spec = next((spec for spec in found.fields if spec["name"] == field), None)
    if spec is None or field not in found.known or not is_correctable(spec["prefill"]):
        return draft
    answers = _copied(draft.answers or {})
    answers[CORRECTED] = {**corrections(answers), field: ""}
    answers[field] = shown_to_type(spec, found.known[field])
    draft.answers = answers
    _changed(draft, actor)
    return draft


@transaction.atomic
def take_known(*, actor: Actor, draft_id: UUID, field: str) -> Draft:
    """Take what the source says after all, in the place of what was typed."""
    draft = _mine(actor, draft_id)
    found = _shape_of(draft, actor, draft.answers or {})
    if field in found.known or not found.offered.get(field):
        return draft
    answers = _copied(draft.answers or {})
    answers.pop(field, None)
    left = {name: why for name, why in corrections(answers).items() if name != field}
    draft.answers = {**{name: value for name, value in answers.items() if name != CORRECTED}, **({CORRECTED: left} if left else {})}
    _changed(draft, actor)
    return draft


def with_reasons(answers: Mapping[str, Any], reasons: Mapping[str, str]) -> dict[str, Any]:
    """The answers with why fields were corrected; only of those that are."""
    there = corrections(answers)
    more = {name: visible(why).strip()[:_MOST_REASON] for name, why in reasons.items() if name in there}
    return {**answers, CORRECTED: {**there, **more}} if more else dict(answers)


def shown_to_type(spec: Mapping[str, Any], value: str) -> str:
    """A kept value as one would type it."""
    if spec["kind"] == "date":
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    return value.replace(".", ",") if spec["kind"] == "decimal" else value


@transaction.atomic
def add_rows(*, actor: Actor, draft_id: UUID, group: str, rows: Sequence[Mapping[str, Any]] = ({},)) -> tuple[Draft, list[str]]:
    """Add rows to a group of a draft, one without answers where nothing is given; their ids. No more than a group may have."""
    draft = _mine(actor, draft_id)
    spec = next((one for one in draft.form_version.fields if one["name"] == group and one["kind"] == "group"), None)
    answers = _copied(draft.answers or {})
    there = answers.get(group)
    there = there if isinstance(there, list) else []
    names = {part["name"] for part in spec["fields"]} if spec is not None else set()
    room = max(0, min(spec.get("most", MOST_ROWS), MOST_ROWS) - len(there)) if spec is not None else 0
    made = [
        {ROW: secrets.token_hex(4), **{name: _within_limits(value) for name, value in row.items() if name in names}} for row in rows[:room]
    ]
    if made:
        draft.answers = {**answers, group: [*there, *made]}
        _changed(draft, actor)
    return draft, [row[ROW] for row in made]


@transaction.atomic
def remove_row(*, actor: Actor, draft_id: UUID, group: str, row_id: str) -> Draft:
    """Take a row out of a group of a draft; removing it twice is no error."""
    draft = _mine(actor, draft_id)
    answers = _copied(draft.answers or {})
    if find_row(answers, group, row_id) is not None:
        draft.answers = {**answers, group: [row for row in answers[group] if row.get(ROW) != row_id]}
        _changed(draft, actor)
    return draft


def without_row_ids(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers of a draft without what only drafts need."""
    return {
        name: [{key: one for key, one in row.items() if key != ROW} for row in value if isinstance(row, Mapping)]
        if isinstance(value, list) and any(isinstance(row, Mapping) for row in value)
        else value
        for name, value in answers.items()
    }


def _copied(answers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: [*map(_own, value)] if isinstance(value, list) else value for name, value in answers.items()}


def _own(one: Any) -> Any:
    return dict(one) if isinstance(one, dict) else one


def _with(answers: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The answers with some changed; a row that is gone comes back with what was typed into it."""
    found = _copied(answers)
    for key, value in values.items():
        if "/" not in key:
            found[key] = value
            continue
        group, row_id, field = key.split("/", 2)
        row = find_row(found, group, row_id)
        if row is None:
            there = found.get(group)
            row = {ROW: row_id}
            found[group] = [*(there if isinstance(there, list) else []), row]
        row[field] = value
    return found


def _shape_of(draft: Draft, actor: Actor, answers: Mapping[str, Any], facts: Facts | None = None) -> Shape:
    if facts is None:
        facts = facts_for(draft.form_version, people.person(filer(actor)), draft.party_id)
    return shape(draft.form_version.fields, answers, facts)


def _asked(draft: Draft, actor: Actor, answers: Mapping[str, Any], facts: Facts | None = None) -> set[str]:
    found = _shape_of(draft, actor, answers, facts)
    return {spec["name"] for spec in found.asked} | set(draft.answers or {})


def _within_limits(value: Any) -> Any:
    if isinstance(value, list):
        return [str(one)[:MAX_ANSWER_CHARS] for one in value[:_MOST_CHOSEN]]
    return str(value)[:MAX_ANSWER_CHARS]
