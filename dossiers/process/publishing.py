"""Processes are data: what agencies publish, what ships, by which one a dossier begins."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from dossiers.models import ProcessTemplate, ProcessVersion
from dossiers.process.documents import faults
from dossiers.services.result_templates import fields_of_form
from portal import audit
from portal.access import SYSTEM, Actor, require
from procedures import queries as procedures

FOLDER = Path(__file__).resolve().parent.parent / "data" / "processes"
LIBRARY = "thu-vien"
"""The library's folder in it; beside it one file a procedure, everybody's."""
ARRANGE = "dossiers.arrange_processes"


class ProcessRefused(Exception):
    """It cannot be done as asked; ``message`` is for the officer, ``field`` names what to mend."""

    def __init__(self, message: str, field: str = "", status: int = 422) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.status = status


def units_above(unit_code: str) -> list[str]:
    """A unit and those above it, the nearest first, then nobody's in particular."""
    parts = unit_code.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 0, -1)] + [""]


def process_for(procedure_code: str, unit_code: str) -> ProcessVersion | None:
    """The process by which a dossier of a procedure begins at a unit now: its own, of the nearest above, or what ships (one query)."""
    order = units_above(unit_code)
    rows = ProcessVersion.objects.filter(procedure_code=procedure_code, unit_code__in=order, ended_at__isnull=True)
    return min(rows, key=lambda row: order.index(row.unit_code), default=None)


@transaction.atomic
def publish_process(
    *, actor: Actor, procedure_code: str, unit_code: str, document: Mapping[str, Any], now: datetime, seen: int | None = None
) -> ProcessVersion:
    """Publish a process of a procedure for a unit and those below it; the same document again changes nothing.

    What has begun goes on by the version it began with. ``seen``: the number of the version that was edited, 0 for none; where another
    has been published since, nothing is done. ``ValidationError`` says in sentences what is wrong, :class:`ProcessRefused` the rest.
    """
    if actor is not SYSTEM:
        require(actor, ARRANGE, unit_code)
    if procedure_code not in procedures.last_names([procedure_code]):
        raise ProcessRefused("Không có thủ tục mang mã này.", "procedure_code")
    if wrong := faults(document, fields_of_form(procedure_code)):
        raise ValidationError([str(fault) for fault in wrong])
    rows = ProcessVersion.objects.select_for_update().filter(procedure_code=procedure_code, unit_code=unit_code)
    newest = rows.order_by("-number").first()
    if seen is not None and seen != (newest.number if newest is not None else 0):
        raise ProcessRefused("Quy trình đã có phiên bản mới từ lúc bạn mở trang này. Bạn xem lại bản mới rồi sửa.", status=409)
    if newest is not None and newest.document == document and newest.ended_at is None:
        return newest
    if newest is not None and newest.ended_at is None:
        newest.ended_at = now
        newest.save(update_fields=["ended_at"])
    version = ProcessVersion.objects.create(
        procedure_code=procedure_code,
        unit_code=unit_code,
        number=newest.number + 1 if newest is not None else 1,
        name=document["name"].strip(),
        document=dict(document),
        published_at=now,
        published_by=actor.position_id,
        published_label=actor.label[:200] if actor is not SYSTEM else "",
    )
    _note(actor, "dossiers.publish_process", version)
    return version


@transaction.atomic
def end_process(*, actor: Actor, version_id: int, now: datetime) -> ProcessVersion:
    """Let nothing begin by a unit's process any more: dossiers begin by that of the agency above, or by none. Twice is the same as once."""
    version = ProcessVersion.objects.select_for_update().get(pk=version_id)
    if not version.unit_code:
        raise ProcessRefused("Quy trình chung của cả nước không bỏ ở đây được. Cơ quan công khai quy trình riêng để thay nó.")
    require(actor, ARRANGE, version.unit_code)
    if version.ended_at is None:
        version.ended_at = now
        version.save(update_fields=["ended_at"])
        _note(actor, "dossiers.end_process", version)
    return version


def _note(actor: Actor, act: str, version: ProcessVersion) -> None:
    audit.record(
        actor=actor,
        act=act,
        target="dossiers.processversion",
        target_id=str(version.pk),
        unit=version.unit_code,
        details={"procedure": version.procedure_code, "number": version.number},
    )


def load_processes() -> str:
    """Load the library, and publish what ships for procedures; what has not changed stays. Returns a line that says what there is."""
    library = sorted((FOLDER / LIBRARY).glob("*.json"))
    for file in library:
        document = json.loads(file.read_text(encoding="utf-8"))
        if wrong := faults(document):
            raise ValidationError([f"{file.name}: {fault}" for fault in wrong])
        ProcessTemplate.objects.update_or_create(slug=file.stem, defaults={"name": document["name"], "document": document})
    ours = sorted(FOLDER.glob("*.json"))
    for file in ours:
        document = json.loads(file.read_text(encoding="utf-8"))
        publish_process(actor=SYSTEM, procedure_code=file.stem, unit_code="", document=document, now=timezone.now())
    return f"{len(library)} mẫu quy trình, {len(ours)} quy trình của thủ tục"
