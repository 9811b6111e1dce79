"""What is done with guides: entered, changed, checked, published, withdrawn, loaded with the software. Rules art. 22, 54.1; C-16."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.text import slugify

from portal import audit
from portal.access import SYSTEM, Actor, require
from portal.files import services as files
from portal.files import sniff
from portal.files.errors import FileRefused
from portal.files.models import FileState, StoredFile
from portal.text import nfc, search_key
from procedures.guides.reading import blocks, caption_faults
from procedures.models import Guide, Procedure
from procedures.publishing import ENTER, Kind, Refused, begin, each, history, move, noted, plain, refuse_unless_seen, register_kind, retire
from procedures.services.mistakes import VPCP
from procedures.services.records import BadRecord

FOLDER = Path(__file__).resolve().parent.parent / "data" / "guides"
FACTS = ("title", "title_en", "summary", "procedures", "body", "body_en", "captions", "captions_en", "transcript")
FILES = {"document": frozenset({"application/pdf"}), "video": sniff.VIDEOS}
MAX_BYTES = {"document": 20 * 2**20, "video": 60 * 2**20}
"""Of a guide's files, in bytes: five minutes of film as telephones can bear it."""
MOST_TIES = 20
REPLACED = "Được thay bằng bản mới"


def _refusal(row: Guide, transition: str) -> str:
    if transition not in ("check", "publish"):
        return ""
    for name, words in (("video", "Video"), ("document", "Tệp PDF")):
        stored = getattr(row, name)
        if stored is not None and stored.state == FileState.QUARANTINED:
            return f"{words} không an toàn. Hãy tải tệp khác."
        if stored is not None and stored.state != FileState.CLEAN:
            return f"{words} đang được kiểm tra. Đợi một phút rồi làm lại."
    return ""


def _before(row: Guide, transition: str, actor: Actor, now: dt.datetime) -> None:
    """The new one takes the place and the address of the old one in one act."""
    if transition == "publish":
        for old in Guide.objects.select_for_update().filter(slug=row.slug, state="published").exclude(pk=row.pk):
            retire(old, REPLACED, now)


KIND = register_kind(Kind("guides", Guide, refusal=_refusal, before=_before))


def slug_of(title: str, number: UUID) -> str:
    """The last part of the address: the title in plain letters, and eight letters of its key."""
    return f"{slugify(search_key(title))[:75].strip('-') or 'huong-dan'}-{number.hex[:8]}"


def tidied(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as they are kept."""
    found: dict[str, Any] = {name: plain(str(facts.get(name, ""))) for name in FACTS if name != "procedures"}
    for name in ("title", "title_en", "summary"):
        found[name] = " ".join(found[name].split())
    found["procedures"] = list(dict.fromkeys(facts.get("procedures", ())))
    return found


def faults(facts: Mapping[str, Any], *, has_video: bool) -> dict[str, str]:
    """What keeps these facts from being a guide, as field → words for the officer. One query."""
    found: dict[str, str] = {}
    for name, words in (("title", "tên"), ("summary", "tóm tắt"), ("body", "nội dung")):
        if not facts[name]:
            found[name] = f"Chưa có {words}."
    for name, most in (("title", 200), ("title_en", 200), ("summary", 500), ("body", Guide.MAX_BODY), ("body_en", Guide.MAX_BODY),
                       ("transcript", Guide.MAX_BODY), ("captions", Guide.MAX_CAPTIONS), ("captions_en", Guide.MAX_CAPTIONS)):  # fmt: skip
        if len(facts[name]) > most:
            found[name] = f"Dài {len(facts[name])} ký tự, tối đa {most}."
    known = set(Procedure.objects.filter(code__in=facts["procedures"]).values_list("code", flat=True))
    if unknown := [code for code in facts["procedures"] if code not in known]:
        found["procedures"] = f"Không có thủ tục {', '.join(unknown[:5])}."
    elif not 1 <= len(facts["procedures"]) <= MOST_TIES:
        found["procedures"] = f"Gắn với 1 đến {MOST_TIES} thủ tục."
    if has_video:
        for name, words in (("captions", "phụ đề"), ("transcript", "lời trong video")):
            if not facts[name]:
                found[name] = f"Video phải có {words}, để người không nghe hoặc không nhìn được vẫn theo dõi."
    for name in ("captions", "captions_en"):
        if facts[name] and name not in found and (wrong := caption_faults(facts[name])):
            found[name] = wrong
    return found


def _taken(row: Guide, uploads: Mapping[str, UploadedFile], actor: Actor) -> None:
    """Keep the files that were sent; :class:`Refused` beside the field."""
    for name, upload in uploads.items():
        try:
            stored = files.receive(
                subject=row.pk,
                upload=upload,
                name=upload.name or "",
                purpose=f"procedures.guide_{name}",
                max_bytes=MAX_BYTES[name],
                allowed_types=FILES[name],
                actor=actor,
            )
        except FileRefused as refused:
            raise Refused(faults={name: refused.message}) from refused
        setattr(row, name, stored)


@transaction.atomic
def enter(
    *, actor: Actor, unit_code: str, now: dt.datetime, uploads: Mapping[str, UploadedFile] | None = None, row_id: UUID | None = None,
    **facts: Any,
) -> Guide:  # fmt: skip
    """Write a guide for an agency; nobody sees it before it is checked and published. :class:`Refused`, ``AccessDenied``."""
    require(actor, ENTER, unit_code)
    kept, sent = tidied(facts), dict(uploads or {})
    if wrong := faults(kept, has_video="video" in sent):
        raise Refused(faults=wrong)
    number = row_id or uuid4()
    row = Guide(id=number, slug=slug_of(kept["title"], number), unit_code=unit_code, **kept)
    _taken(row, sent, actor)
    begin(row, actor, now)
    with history(actor, "procedures.guides.enter"):
        row.save(force_insert=True)
    noted(KIND, actor, "enter", row)
    return row


@transaction.atomic
def change(
    *, actor: Actor, row_id: UUID, now: dt.datetime, seen_version: int | None = None, uploads: Mapping[str, UploadedFile] | None = None,
    **facts: Any,
) -> Guide:  # fmt: skip
    """Change a guide. One that is public stays as it is: the change is a row of its own, to be checked and published like the first.

    What was checked must be checked again. :class:`Refused`, ``AccessDenied``, ``Guide.DoesNotExist``.
    """
    row = Guide.objects.select_for_update(of=("self",)).select_related("video", "document").get(pk=row_id)
    require(actor, ENTER, row.unit_code)
    refuse_unless_seen(row, seen_version)
    if row.state == "withdrawn":
        raise Refused("Bản này đã gỡ. Hãy soạn bản mới.")
    kept, sent = tidied({**{name: getattr(row, name) for name in FACTS}, **facts}), dict(uploads or {})
    if wrong := faults(kept, has_video="video" in sent or row.video is not None):
        raise Refused(faults=wrong)
    if row.state == "published":
        if Guide.objects.filter(slug=row.slug, state__in=["entered", "checked"]).exists():
            raise Refused("Đã có một bản sửa đang soạn. Hãy mở bản đó.")
        row = Guide(
            unit_code=row.unit_code, slug=row.slug, video=row.video, document=row.document, replaces=row, origin=Guide.Origin.DESK
        )  # fmt: skip
    for name, value in kept.items():
        setattr(row, name, value)
    _taken(row, sent, actor)
    row.state, row.origin = "entered", Guide.Origin.DESK
    begin(row, actor, now)
    row.version += 0 if row._state.adding else 1
    with history(actor, "procedures.guides.change"):
        row.save()
    noted(KIND, actor, "change", row)
    return row


def act(
    *, actor: Actor, row_id: UUID, transition: str, now: dt.datetime, why: str = "", seen_version: int | None = None,
    publish_at: dt.datetime | None = None,
) -> Guide:  # fmt: skip
    """Check, send back, publish (now or later), drop or withdraw a guide (:func:`procedures.publishing.move`)."""
    row: Guide = move(
        kind=KIND, actor=actor, row_id=row_id, transition=transition, now=now, why=why, seen_version=seen_version, publish_at=publish_at
    )  # fmt: skip
    return row


def act_on_many(*, actor: Actor, row_ids: Iterable[UUID], transition: str, now: dt.datetime) -> tuple[int, list[tuple[str, str]]]:
    """The same act on several, each for itself (:func:`procedures.publishing.each`)."""
    return each(KIND, actor=actor, row_ids=row_ids, transition=transition, now=now)


def file_of(guide: Guide, which: str) -> StoredFile | None:
    """A file of a guide that may be given out; None where there is none or it is not checked."""
    stored: StoredFile | None = getattr(guide, which)
    return stored if stored is not None and stored.state == FileState.CLEAN else None


@transaction.atomic
def load_guides(*, now: dt.datetime, actor: Actor = SYSTEM) -> tuple[int, int, int]:
    """Bring the guides we ship into the database: how many were added, changed, and stood as they were.

    Where officers have published their own, or taken ours down, theirs stands. :class:`BadRecord` where one breaks a rule.
    """
    added = changed = same = 0
    rows = {row.slug: row for row in Guide.objects.exclude(published_at=None).order_by("published_at")}
    for file in sorted(FOLDER.glob("*.json")):
        record = json.loads(nfc(file.read_text(encoding="utf-8")))
        kept = tidied(record)
        if wrong := faults(kept, has_video=False):
            raise BadRecord(f"guide {file.stem}: {wrong}")
        if not any(block.kind == "heading" for block in blocks(kept["body"])):
            raise BadRecord(f"guide {file.stem}: no part has a heading")
        row = rows.get(file.stem)
        if row is not None and (
            row.origin != Guide.Origin.SHIPPED
            or row.state != "published"
            or all(getattr(row, name) == value for name, value in kept.items())
        ):
            same += 1
            continue
        if row is None:
            row = Guide(
                slug=file.stem, unit_code=record.get("unit", VPCP), origin=Guide.Origin.SHIPPED, state="published", published_at=now,
                published_label=actor.label,
            )  # fmt: skip
            added += 1
        else:
            changed += 1
        for name, value in kept.items():
            setattr(row, name, value)
        row.entered_label, row.entered_at = actor.label, now
        with history(actor, "procedures.guides.load"):
            row.save()
    if added or changed:
        audit.record(actor=actor, act="procedures.guides.load", target="procedures.guide", details={"added": added, "changed": changed})
    return added, changed, same


__all__ = ["FACTS", "KIND", "act", "act_on_many", "change", "enter", "faults", "file_of", "load_guides", "tidied"]
