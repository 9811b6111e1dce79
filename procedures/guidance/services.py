"""What is done with guidance: begun, changed, checked, published, withdrawn, loaded with the software (requirement C-14)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal import audit
from portal.access import SYSTEM, Actor, require
from portal.text import nfc
from procedures import queries as catalogue
from procedures.guidance import queries
from procedures.guidance.documents import faults
from procedures.models import GuidanceTree
from procedures.models.publication import OPEN
from procedures.publishing import ENTER, Kind, Refused, begin, each, history, move, noted, refuse_unless_seen, register_kind, retire
from procedures.services.mistakes import VPCP
from procedures.services.records import BadRecord

FOLDER = Path(__file__).resolve().parent.parent / "data" / "guidance"
SCHEMA = FOLDER.parent / "guidance.schema.json"
REPLACED = "Được thay bằng bản mới"
MAX_BYTES = 200_000
"""Of a document as JSON."""


def faults_today(code: str, document: Any, day: dt.date) -> list[str]:
    """What is wrong with a document for a procedure as the law is on a day. Ten queries."""
    version = catalogue.procedure_on(code, day)
    if version is None:
        return [f"Thủ tục {code} không có hiệu lực."]
    if plain := faults(document):
        return plain
    return faults(document, queries.catalogue_of(version, document, day))


def _refusal(row: GuidanceTree, transition: str) -> str:
    if transition not in ("check", "publish"):
        return ""
    found = faults_today(row.procedure.code, row.document, timezone.localdate())
    return " ".join(found[:5])


def _before(row: GuidanceTree, transition: str, actor: Actor, now: dt.datetime) -> None:
    """The new questions take the place of those that were public."""
    if transition == "publish":
        for old in GuidanceTree.objects.select_for_update().filter(procedure=row.procedure_id, state="published").exclude(pk=row.pk):
            retire(old, REPLACED, now)


KIND = register_kind(Kind("guidance", GuidanceTree, refusal=_refusal, before=_before))


def _sized(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict) or len(json.dumps(document)) > MAX_BYTES:
        raise Refused(faults={"document": f"Bản hướng dẫn phải là một đối tượng JSON, không quá {MAX_BYTES // 1000} KB."})
    return document


@transaction.atomic
def start(*, actor: Actor, code: str, now: dt.datetime, document: Any = None) -> GuidanceTree:
    """Begin questions for a procedure, from what is public where there is something. One at a time is in the making.

    :class:`Refused`, ``AccessDenied``.
    """
    version = catalogue.procedure_on(code, timezone.localdate(now))
    if version is None:
        raise Refused(faults={"code": f"Thủ tục {code} không có hiệu lực."})
    unit = version.issuing_code or VPCP
    require(actor, ENTER, unit)
    # Two who begin at once: the second waits here and is told.
    type(version.procedure).objects.select_for_update().get(pk=version.procedure_id)
    if GuidanceTree.objects.filter(procedure=version.procedure_id, state__in=OPEN).exists():
        raise Refused(faults={"code": "Thủ tục này đã có một bản đang soạn."})
    shown = queries.shown_tree(code)
    row = GuidanceTree(procedure=version.procedure, unit_code=unit, document=_sized(document or (shown.document if shown else empty())))
    begin(row, actor, now)
    with history(actor, "procedures.guidance.enter"):
        row.save(force_insert=True)
    noted(KIND, actor, "enter", row, code=code)
    return row


def empty() -> dict[str, Any]:
    """A document to begin with: one question and its end."""
    choices = [{"value": "co", "label": "Có", "next": "giay-to"}, {"value": "khong", "label": "Không", "next": "giay-to"}]
    return {
        "questions": [{"name": "cau-1", "ask": "Bạn làm thủ tục cho chính mình?", "choices": choices}],
        "endings": [{"name": "giay-to", "kind": "papers"}],
        "cases": {},
    }


@transaction.atomic
def change(*, actor: Actor, row_id: UUID, document: Any, now: dt.datetime, seen_version: int | None = None) -> GuidanceTree:
    """Write another document into one that is in the making; what was checked must be checked again. :class:`Refused`, ``AccessDenied``."""
    row = GuidanceTree.objects.select_for_update(of=("self",)).select_related("procedure").get(pk=row_id)
    require(actor, ENTER, row.unit_code)
    refuse_unless_seen(row, seen_version)
    if not row.is_open:
        raise Refused("Bản này không còn đang soạn. Hãy soạn bản mới cho thủ tục.")
    row.document, row.state, row.origin = _sized(document), "entered", GuidanceTree.Origin.DESK
    begin(row, actor, now)
    row.version += 1
    with history(actor, "procedures.guidance.change"):
        row.save()
    noted(KIND, actor, "change", row, code=row.procedure.code)
    return row


def act(
    *,
    actor: Actor,
    row_id: UUID,
    transition: str,
    now: dt.datetime,
    why: str = "",
    seen_version: int | None = None,
    publish_at: dt.datetime | None = None,
) -> GuidanceTree:
    """Check, send back, publish, drop or withdraw; refused at check and publication: a circle, a dead end, what the law does not say."""
    row: GuidanceTree = move(
        kind=KIND, actor=actor, row_id=row_id, transition=transition, now=now, why=why, seen_version=seen_version, publish_at=publish_at
    )
    return row


def shipped() -> dict[str, dict[str, Any]]:
    """The documents in ``procedures/data/guidance`` by the code of their procedure."""
    return {path.stem: json.loads(nfc(path.read_text(encoding="utf-8"))) for path in sorted(FOLDER.glob("*.json"))}


@transaction.atomic
def load_guidance(*, now: dt.datetime, actor: Actor = SYSTEM) -> tuple[int, int, int]:
    """Bring the questions we ship into the database: how many were added, changed, and stood as they were.

    Where officers have published their own, or taken ours down, theirs stands. :class:`BadRecord` where one breaks a rule.
    """
    added = changed = same = 0
    day = timezone.localdate(now)
    ever_public = GuidanceTree.objects.select_related("procedure").exclude(published_at=None).order_by("published_at")
    rows = {one.procedure.code: one for one in ever_public}
    for code, document in shipped().items():
        row = rows.get(code)
        if row is not None and (row.origin != GuidanceTree.Origin.SHIPPED or row.state != "published" or row.document == document):
            same += 1
            continue
        version = catalogue.procedure_on(code, day)
        if wrong := faults_today(code, document, day):
            raise BadRecord(f"guidance {code}: {wrong}")
        assert version is not None
        if row is None:
            row = GuidanceTree(
                procedure=version.procedure, unit_code=version.issuing_code or VPCP, origin=GuidanceTree.Origin.SHIPPED, state="published",
                published_at=now, published_label=actor.label,
            )  # fmt: skip
            added += 1
        else:
            changed += 1
        row.document = document
        row.entered_label, row.entered_at = actor.label, now
        with history(actor, "procedures.guidance.load"):
            row.save()
    if added or changed:
        audit.record(
            actor=actor, act="procedures.guidance.load", target="procedures.guidancetree", details={"added": added, "changed": changed}
        )
    return added, changed, same


def act_on_many(*, actor: Actor, row_ids: Iterable[UUID], transition: str, now: dt.datetime) -> tuple[int, list[tuple[str, str]]]:
    """The same act on several, each for itself (:func:`procedures.publishing.each`)."""
    return each(KIND, actor=actor, row_ids=row_ids, transition=transition, now=now)
