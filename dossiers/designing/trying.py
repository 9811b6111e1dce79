"""A form in the making as an applicant would meet it: filled in on the desk, kept nowhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from dossiers.conditions import Shape, Spec, is_asked, shape, suggestions
from dossiers.designing import editing
from dossiers.form_documents import compiled
from dossiers.forms import AnswersForm, row_form, shown, words_of
from dossiers.models.designs import FormDesign
from dossiers.papers import wanted_papers
from dossiers.terms import TermsUnknown, terms_on
from procedures.fees import Bill, reckon

MADE_UP = {
    "person.full_name": "Nguyễn Thị Mẫu",
    "person.id_number": "001195000001",
    "person.birth_date": "1995-03-14",
    "person.address": "Số 1 phố Thử Nghiệm",
    "person.sex": "female",
    "person.age_group": "adult",
    "organisation.name": "Công ty TNHH Mẫu",
    "organisation.tax_code": "0100000010",
    "organisation.address": "Số 2 phố Thử Nghiệm",
    "organisation.representative": "Bùi Văn Giám Đốc Mẫu",
}
"""Somebody whom the registries know, for looking at what is filled in beforehand; nobody who lives."""
MOST_ROWS = 10
"""Rows of a group that can be tried at once."""


def tried(row: FormDesign, posted: Any, *, now: datetime) -> dict[str, Any]:
    """What the page of trying shows: the form under the answers sent, what is wrong once it was sent as a whole, papers, charges.

    ``posted``: the request's POST, or None on the first look.
    """
    made, today = compiled(row.document), timezone.localdate(now)
    known = bool(posted and posted.get("known")) or posted is None
    facts = MADE_UP if known else {}
    typed = _typed(made.fields, posted)
    found = shape(made.fields, typed, facts, today=today)
    if posted is None:
        typed |= {name: value for name, value in suggestions(found.asked, facts).items() if not typed.get(name)}
        found = shape(made.fields, typed, facts, today=today)
    sent = posted is not None and posted.get("act") == "gui"
    form = AnswersForm(
        found.asked,
        typed if sent else None,
        initial=typed,
        today=today,
        known={**found.known, **found.calculated},
        rules=found.fields,
        counts=found.counts,
        rows=found.rows,
    )
    good = sent and form.is_valid()
    papers, bill = _asked(row, made, found, facts, now)
    return {
        "form": form,
        "known": known,
        "sent": sent,
        "good": good,
        "unlikely": [finding.message for finding in form.unlikely] if sent else [],
        "notes": form.notes if sent else [],
        "pages": _pages(row, form, found, typed, sent),
        "papers": papers,
        "charges": bill.charges,
    }


def _typed(fields: list[dict[str, Any]], posted: Any) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for spec in fields:
        name = spec["name"]
        if spec["kind"] == "group":
            typed[name] = _rows(spec, posted)
        elif posted is not None and is_asked(spec):
            typed[name] = _value(spec, name, posted)
    return typed


def _value(spec: Spec, name: str, posted: Any) -> Any:
    if spec["kind"] == "choices":
        return [value for value in posted.getlist(name) if value]
    if spec["kind"] == "confirm":
        return "yes" if posted.get(name) else ""
    return str(posted.get(name, ""))[:5000]


def _rows(spec: Spec, posted: Any) -> list[dict[str, Any]]:
    """The rows that were sent, one more where that was asked for; at least one to be filled in."""
    name = spec["name"]
    places = {int(match[1]) for key in posted or () if (match := re.fullmatch(rf"{re.escape(name)}-([0-9]{{1,2}})-\w+", key))}
    number = max([*places, -1]) + 1 + bool(posted and posted.get("act") == f"them:{name}")
    number = min(max(number, spec.get("least", 0), 1), MOST_ROWS)
    return [
        {part["name"]: _value(part, f"{name}-{at}-{part['name']}", posted) for part in spec["fields"] if is_asked(part)} if posted else {}
        for at in range(number)
    ]


def _pages(row: FormDesign, form: AnswersForm, found: Shape, typed: Mapping[str, Any], sent: bool) -> list[dict[str, Any]]:
    pages = row.document.get("pages") or [{"name": "", "title": "Tờ khai"}]
    there = []
    for page in pages:
        items = [
            _item(spec, form, found, typed, sent)
            for spec in found.fields
            if not page["name"] or editing.page_of(dict(spec), row.document) == page["name"]
        ]
        if items:
            there.append({"title": page["title"], "help": page.get("help", ""), "items": items})
    return there


def _item(spec: Spec, form: AnswersForm, found: Shape, typed: Mapping[str, Any], sent: bool) -> dict[str, Any]:
    name, label = spec["name"], words_of(spec, "label")
    if spec["kind"] == "note":
        return {"kind": "note", "label": label, "help": spec.get("help", "")}
    if name in found.known:
        return {"kind": "known", "label": label, "value": shown(spec, found.known[name])}
    if name in found.calculated:
        return {"kind": "known", "label": label, "value": shown(spec, found.calculated[name])}
    if spec["kind"] != "group":
        return {"kind": "field", "box": form[name]}
    rows = []
    for at, one in enumerate(found.rows[name]):
        given, more = (typed[name][at], {}) if sent else (None, {"initial": typed[name][at]})
        rows.append(row_form(spec, at, one, given, today=form.today, outside=found.counts, **more))
    return {
        "kind": "group",
        "name": name,
        "label": label,
        "rows": rows,
        "errors": form.errors.get(name, []),
        "full": len(rows) >= MOST_ROWS,
    }


def _asked(row: FormDesign, made: Any, found: Shape, facts: Mapping[str, str], now: datetime) -> tuple[list[Any], Bill]:
    try:
        terms = terms_on(row.procedure_code, now)
    except TermsUnknown:
        return [], Bill((), ())
    papers = [one for one in wanted_papers(terms.papers, made.papers, made.fields, found.counts) if one.asked]
    return papers, reckon(terms.fees, made.charges, found.counts, facts=facts) if made.charges else Bill((), ())
