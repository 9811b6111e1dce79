"""A result template under a dossier that nobody filed: on the page at once, as a PDF by the worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from dossiers.conditions import is_asked, shape, shown_fields
from dossiers.designing.results.work import WORK
from dossiers.designing.services import DesignRefused
from dossiers.forms import DecisionForm, shown
from dossiers.models import Dossier, ResultDesign
from dossiers.models.designs import DESIGN
from dossiers.outcomes import TEMPLATE, Decision, Outcome, decision_form, drawn_context
from dossiers.registers import BOOK, FIRST_BOOK, NUMBER, BadNumber, RegisterNumber, read_number
from dossiers.result_documents import Value
from dossiers.services.result_templates import fields_of_form
from portal import outbox
from portal.access import SYSTEM, Actor
from portal.documents.rendering import html_to_pdf, qr_svg
from portal.documents.units import unit_name
from portal.files import services as files
from portal.files.models import StoredFile

PURPOSE = "dossiers.result_preview"
NOBODY = "Nguyễn Thị Mẫu"
SIGNER = "Trần Văn Ví Dụ, Phó Chủ tịch"
MADE_UP = {
    "name": NOBODY,
    "text": "Chữ điền thử",
    "long_text": "Một đoạn chữ điền thử, để xem bản in có đủ chỗ không.",
    "date": "1995-03-14",
    "number": "2",
    "decimal": "12.5",
    "money": "150000",
    "year": "1995",
    "month": "2026-03",
    "time": "08:30",
    "id_number": "001195000001",
    "tax_code": "0100000010",
    "phone": "0912345678",
    "email": "mau@vi-du.vn",
    "province": "01",
    "confirm": "yes",
}
"""What stands in a question by its kind, of nobody who lives."""
ROWS = 2
MARK = "Bản in thử, không có giá trị"
CHOSEN, WRITTEN = "answer-", "decision-"
"""Before the names of what is typed on the page: choices of the declaration, what the officer writes."""


def made_up(fields: Sequence[Mapping[str, Any]], chosen: Mapping[str, str]) -> dict[str, Any]:
    """Answers to a form, as they are typed: of a choice the one that was chosen, or its first."""
    return {spec["name"]: _one(spec, chosen) for spec in fields if is_asked(spec)}


def typed(posted: Mapping[str, Any]) -> dict[str, str]:
    """What was typed on the page of trying, and nothing else of a request."""
    return {key: str(value)[:5000] for key, value in posted.items() if key.startswith((CHOSEN, WRITTEN))}


def _one(spec: Mapping[str, Any], chosen: Mapping[str, str]) -> Any:
    kind = spec["kind"]
    if kind == "group":
        return [made_up(spec["fields"], {}) for _ in range(ROWS)]
    if kind in ("choice", "choices", "select") and spec.get("choices"):
        values = [pair[0] for pair in spec["choices"]]
        value = chosen[spec["name"]] if chosen.get(spec["name"]) in values else values[0]
        return [value] if kind == "choices" else value
    if kind in ("number", "year") and spec.get("min") is not None:
        return str(max(int(spec["min"]), int(MADE_UP[kind])))
    if kind == "name" and not spec["label"].startswith(("Họ", "Tên")):
        return "Ví dụ"
    text = MADE_UP.get(kind, "")
    return text[: spec.get("max_length") or len(text)] if kind in ("text", "long_text") else text


def tried(row: ResultDesign, posted: Mapping[str, Any] | None, *, now: datetime) -> dict[str, Any]:
    """What the page of trying shows: choices of the declaration, what the officer is asked, and the paper under both."""
    said = typed(posted if posted is not None else row.tried or {})
    outcome, fields = Outcome(row.procedure_code, row.document), fields_of_form(row.procedure_code)
    chosen = {key.removeprefix(CHOSEN): value for key, value in said.items() if key.startswith(CHOSEN)}
    answers = shape(fields, made_up(fields, chosen), {}, today=timezone.localdate(now)).counts
    dossier = Dossier(
        code="H00.00-000000-0000", procedure_code=row.procedure_code, procedure_name=row.procedure_name, unit_code=row.unit_code,
        filed_by_name=NOBODY, owner_name=NOBODY, submitted_at=now, received_at=now, decided_at=now, answers=answers,
    )  # fmt: skip
    suggested = RegisterNumber(timezone.localdate(now).year, 125, 1) if outcome.register is not None else None
    given = {key.removeprefix(WRITTEN): value for key, value in said.items() if key.startswith(WRITTEN)}
    form = decision_form(outcome, dossier, suggested=suggested, today=timezone.localdate(now))
    begun = {name: _begun(form, name, box) for name, box in form.fields.items()}
    form = decision_form(
        outcome, dossier, {f"{WRITTEN}{name}": given.get(name, value) for name, value in begun.items()}, suggested=suggested,
        today=timezone.localdate(now), prefix="decision",
    )  # fmt: skip
    context: dict[str, Any] = {}
    if form.is_valid():
        number = _number(outcome, form, now)
        if not form.errors:
            shown_answers = {f"answer.{one['name']}": Value(one, answers.get(one["name"], "")) for one in shown_fields(fields, answers)}
            context = drawn_context(outcome, shown_answers, Decision(dossier, form.values, number, SIGNER))
    return {
        "form": form,
        "choices": [_choice(spec, answers) for spec in fields if spec["kind"] == "choice" and spec["name"] in answers],
        "drawn": context,
    }


def _begun(form: DecisionForm, name: str, box: Any) -> str:
    """What stands in a box before the officer has typed: taken from the declaration, or made up."""
    if form.initial.get(name):
        return str(form.initial[name])
    spec = next((one for one in form.specs if one["name"] == name), None)
    if spec is None:
        return FIRST_BOOK if name == BOOK else "1"
    value = _one(spec, {})
    return shown(spec, value) if spec["kind"] in ("date", "month") else str(value)


def _number(outcome: Outcome, form: DecisionForm, now: datetime) -> RegisterNumber | None:
    if outcome.register is None:
        return None
    try:
        return read_number(form.values[NUMBER], form.values.get(BOOK, FIRST_BOOK), now=now, label=outcome.register.number_label)
    except BadNumber as bad:
        form.add_error(bad.field, bad.message)
        return None


def _choice(spec: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": f"{CHOSEN}{spec['name']}", "label": spec["label"], "choices": spec["choices"], "value": answers.get(spec["name"], "")}


# As a PDF ------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def ask_preview(*, actor: Actor, design_id: UUID, seen_version: int | None, said: Mapping[str, str], now: datetime) -> None:
    """Have the paper made as a PDF; one that is under way is waited for. Nothing of the design changes."""
    design = WORK.locked(actor, design_id, DESIGN, seen_version)
    if WORK.faults(design.procedure_code, design.document):
        raise DesignRefused("Còn chỗ cần sửa nên chưa in thử được.")
    ResultDesign.objects.filter(pk=design.pk).update(tried=dict(said), preview_asked_at=now, preview_made_at=None)
    outbox.put("dossiers.preview_result", key=f"{design.pk}:{now.isoformat()}", payload={"design": str(design.pk)})


def make_preview(*, design_id: UUID, now: datetime) -> None:
    """Make the PDF (worker). Of several that were asked for the last counts; the one before it is erased."""
    row = ResultDesign.objects.get(pk=design_id)
    if row.preview_made_at is not None or WORK.faults(row.procedure_code, row.document):
        return
    found = tried(row, None, now=now)["drawn"]
    pdf = html_to_pdf(preview_html(row, found, now=now)) if found else b""
    with transaction.atomic():
        held = ResultDesign.objects.select_for_update().get(pk=design_id)
        if held.preview_asked_at != row.preview_asked_at or held.preview_made_at is not None:
            return
        before = held.preview_id
        stored = None
        if pdf:
            stored = files.store_bytes(
                subject=held.pk, data=pdf, name="in-thu.pdf", purpose=PURPOSE, media_type="application/pdf", actor=SYSTEM
            )
        ResultDesign.objects.filter(pk=design_id).update(preview=stored, preview_made_at=now)
        for file in StoredFile.objects.filter(pk__in=[before] if before else []):
            files.erase(file=file, actor=SYSTEM)


def preview_html(row: ResultDesign, context: Mapping[str, Any], *, now: datetime) -> str:
    """The paper as it would be, with what proves it left out: nobody can take it for one."""
    with translation.override("vi"):
        return render_to_string(
            TEMPLATE,
            {
                **context,
                "environment_label": MARK,
                "document": {"title": row.document["title"], "by_person": True},
                "unit_name": unit_name(row.unit_code),
                "rendered_at": timezone.localtime(now),
                "signer_label": SIGNER,
                "short_mark": "THỬ",
                "printed_number": "",
                "proof_url": MARK,
                "qr": qr_svg(MARK),
            },
        )
