"""A filled declaration as a page of paper: in the layout of the lawful form where the form names a template for it, else as a plain
sheet that says it is none. What stands there comes from the form version and the answers alone; nothing here is drawn (the worker does)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from dossiers.conditions import Spec, counted, shown_fields
from dossiers.forms import shown
from dossiers.models import FormVersion

PLAIN = "plain"


@dataclass(frozen=True)
class Filing:
    """What is printed."""

    form: FormVersion
    answers: Mapping[str, Any]
    """Those that count, as a dossier keeps them."""
    procedure_code: str
    procedure_name: str
    unit_name: str
    """The agency it goes to; empty while none is chosen."""
    filer_name: str
    code: str = ""
    """Of the dossier; empty for a draft, which is signed by hand."""
    sent_at: datetime | None = None
    signed_on: date | None = None
    """The day on which it is given to be signed electronically: nobody signs the print by hand."""


def lawful_form(form: FormVersion) -> Mapping[str, str] | None:
    """``name`` and ``basis`` of the form that the law has for this declaration, ``print`` where we lay it out; None: it has none, or
    nobody said."""
    found: Mapping[str, str] | None = (form.document or {}).get("lawful_form")
    return found


def is_lawful(form: FormVersion) -> bool:
    """Whether the print is in the layout of the lawful form."""
    return bool((lawful_form(form) or {}).get("print"))


def html(filing: Filing, *, now: datetime) -> str:
    """The page that becomes the PDF, in Vietnamese."""
    template = (lawful_form(filing.form) or {}).get("print", PLAIN)
    with translation.override("vi"):
        return render_to_string(f"documents/forms/{template}.html", context(filing, now=now))


def context(filing: Filing, *, now: datetime) -> dict[str, Any]:
    """What the templates print: ``f`` and ``rows`` as people read it, ``kept`` as it is kept."""
    fields = [spec for spec in shown_fields(filing.form.fields, filing.answers) if spec["kind"] != "group"]
    groups = [spec for spec in shown_fields(filing.form.fields, filing.answers) if spec["kind"] == "group"]
    sent = timezone.localtime(filing.sent_at) if filing.sent_at is not None else None
    return {
        "lawful": lawful_form(filing.form),
        "title": (filing.form.document or {}).get("title") or f"Tờ khai: {filing.procedure_name}",
        "f": {spec["name"]: shown(spec, filing.answers.get(spec["name"], "")) for spec in fields},
        "kept": {spec["name"]: filing.answers.get(spec["name"], "") for spec in fields},
        "rows": {spec["name"]: [_row(spec, row, filing) for row in _rows(spec, filing.answers)] for spec in groups},
        "sections": list(_sections(filing)),
        "unit_name": filing.unit_name,
        "filer_name": filing.filer_name,
        "procedure_code": filing.procedure_code,
        "procedure_name": filing.procedure_name,
        "code": filing.code,
        "electronic": filing.signed_on is not None,
        "sent_at": f"{sent:%H:%M ngày %d/%m/%Y}" if sent is not None else "",
        "day": _day(filing),
        "now": timezone.localtime(now),
        "environment_label": settings.ENVIRONMENT_LABEL,
    }


def _day(filing: Filing) -> date | None:
    """The day under a declaration that is sent or signed electronically; one that is signed by hand gets its day by hand."""
    if filing.signed_on is not None:
        return filing.signed_on
    return timezone.localdate(filing.sent_at) if filing.sent_at is not None else None


def _rows(group: Spec, answers: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = answers.get(group["name"])
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _row(group: Spec, row: Mapping[str, Any], filing: Filing) -> dict[str, str]:
    outside = counted(filing.form.fields, filing.answers)
    there = {spec["name"] for spec in shown_fields(group["fields"], row, outside)}
    return {spec["name"]: shown(spec, row.get(spec["name"], "")) if spec["name"] in there else "" for spec in group["fields"]}


def _sections(filing: Filing) -> Iterable[dict[str, Any]]:
    """The answers of a plain sheet: under the titles of the form's pages, else of its sections; repeated groups as tables."""
    titles = {page["name"]: page["title"] for page in (filing.form.document or {}).get("pages", ())}
    found: dict[str, dict[str, Any]] = {}
    for spec in shown_fields(filing.form.fields, filing.answers):
        heading = str(titles.get(spec.get("page", ""), spec.get("section", "")))
        part = found.setdefault(heading, {"heading": heading, "lines": [], "tables": []})
        if spec["kind"] == "group":
            columns = [one for one in spec["fields"] if one["kind"] != "note"]
            rows = [_row(spec, row, filing) for row in _rows(spec, filing.answers)]
            table = {"label": spec["label"], "columns": [one["label"] for one in columns]}
            part["tables"].append({**table, "rows": [[row[one["name"]] for one in columns] for row in rows]})
        else:
            part["lines"].append((spec["label"], shown(spec, filing.answers.get(spec["name"], ""))))
    return found.values()
