"""What editors do: write, picture, check, publish for a moment, archive. And the worker: note that a moment has come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pghistory
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify

from portal import audit
from portal.access import SYSTEM, Actor, require
from portal.content import html
from portal.content.models import ENGLISH_PARTS, LIFE, WRITE, Picture, Piece
from portal.files import services as files
from portal.files.errors import FileRefused
from portal.states import TransitionRefused
from portal.text import nfc, search_key

FACTS = ("kind", "title", "summary", "body", "english")
LENGTHS = {"title": 200, "summary": 300}
PICTURES, PICTURE_TYPES = 10, frozenset({"image/jpeg", "image/png"})
NEEDS_WHY = frozenset({"send_back", "drop", "archive"})
REPLACED = "Được thay bằng bản mới"


class ContentRefused(Exception):
    """It cannot be done so; ``faults``: words for the editor by field, ``""``: of the act as a whole."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = dict(faults)


def plain(text: str) -> str:
    """Text as it is kept."""
    return nfc(text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")).strip()


def tidied(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as they are kept; an empty translation is none."""
    english = {part: plain(str((facts.get("english") or {}).get(part, ""))) for part in ENGLISH_PARTS}
    return {
        "kind": facts["kind"],
        "title": " ".join(plain(facts["title"]).split()),
        "summary": " ".join(plain(facts["summary"]).split()),
        "body": plain(facts.get("body", "")),
        "english": english if any(english.values()) else {},
    }


def faults(facts: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with tidied facts, by field (``english_title`` … for the translation); empty: nothing."""
    found: dict[str, str] = {}
    for prefix, said in (("", facts), ("english_", facts["english"])):
        if prefix and not said:
            continue
        for name, most in LENGTHS.items():
            if not said.get(name):
                found[prefix + name] = "Bản tiếng Anh phải đủ các phần, hoặc để trống cả ba." if prefix else "Chưa ghi."
            elif len(said[name]) > most:
                found[prefix + name] = f"Dài {len(said[name])} ký tự, tối đa {most}."
        if facts["kind"] != Piece.Kind.BANNER and not said.get("body"):
            found[prefix + "body"] = "Chưa có nội dung."
        elif wrong := html.faults(said.get("body", "")):
            found[prefix + "body"] = wrong
    if facts["kind"] not in Piece.Kind.values:
        found["kind"] = "Hãy chọn loại."
    return found


@transaction.atomic
def write(*, actor: Actor, unit_code: str, now: dt.datetime, **facts: Any) -> Piece:
    """Write a piece of an agency; nobody sees it before it is checked and published. ``AccessDenied``, :class:`ContentRefused`."""
    require(actor, WRITE, unit_code)
    kept = tidied(facts)
    if wrong := faults(kept):
        raise ContentRefused(wrong)
    key = uuid4()
    words = slugify(search_key(kept["title"]))[:70].strip("-") or "noi-dung"
    row = Piece(id=key, slug=f"{words}-{key.hex[:8]}", unit_code=unit_code, **kept)
    return _written(row, actor, now, "content.write", new=True)


@transaction.atomic
def change(*, actor: Actor, piece_id: UUID, now: dt.datetime, seen_version: int | None = None, **facts: Any) -> Piece:
    """Change a piece. What is public stays: the change is the next edition, checked and published like the first, at the same address."""
    row = Piece.objects.select_for_update().get(pk=piece_id)
    require(actor, WRITE, row.unit_code)
    _refuse_unless_seen(row, seen_version)
    kept = tidied({**{name: getattr(row, name) for name in FACTS}, **facts})
    if wrong := faults(kept):
        raise ContentRefused(wrong)
    if row.state == Piece.State.PUBLISHED:
        if Piece.objects.filter(replaces=row).exists():
            raise ContentRefused({"": "Đã có bản mới đang soạn cho trang này. Hãy sửa bản đó."})
        following = Piece(id=uuid4(), slug=row.slug, unit_code=row.unit_code, replaces=row, **kept)
        made = _written(following, actor, now, "content.write", new=True)
        for picture in row.pictures.select_related("file"):
            held = files.hold_for(file=picture.file, subject=made.pk, purpose="content.picture", actor=actor)
            Picture.objects.create(piece=made, file=held, alt=picture.alt, alt_en=picture.alt_en, position=picture.position)
        return made
    if row.state not in (Piece.State.ENTERED, Piece.State.CHECKED):
        raise ContentRefused({"": "Bản này đã được lưu trữ hoặc đã bỏ."})
    for name, value in kept.items():
        setattr(row, name, value)
    row.state = Piece.State.ENTERED
    return _written(row, actor, now, "content.change", new=False)


@transaction.atomic
def add_picture(*, actor: Actor, piece_id: UUID, upload: UploadedFile, alt: str, alt_en: str, now: dt.datetime) -> Picture:
    """Add a picture, which must say what it shows. What was checked must be checked again."""
    row = Piece.objects.select_for_update().get(pk=piece_id)
    require(actor, WRITE, row.unit_code)
    words, words_en = " ".join(plain(alt).split()), " ".join(plain(alt_en).split())
    found: dict[str, str] = {}
    if row.state not in (Piece.State.ENTERED, Piece.State.CHECKED):
        found[""] = "Chỉ thêm ảnh vào bản đang soạn."
    if not words:
        found["alt"] = "Hãy ghi ảnh cho thấy gì, cho người không nhìn thấy ảnh."
    if row.english and not words_en:
        found["alt_en"] = "Bản tiếng Anh cũng cần lời của ảnh."
    if row.pictures.count() >= PICTURES:
        found["upload"] = f"Nhiều nhất {PICTURES} ảnh."
    if found:
        raise ContentRefused(found)
    try:
        stored = files.receive(
            subject=row.pk, upload=upload, name=str(upload.name or ""), purpose="content.picture", max_bytes=settings.MAX_FILE_BYTES,
            allowed_types=PICTURE_TYPES, actor=actor,
        )  # fmt: skip
    except FileRefused as refused:
        raise ContentRefused({"upload": refused.message}) from refused
    made = Picture.objects.create(piece=row, file=stored, alt=words[:300], alt_en=words_en[:300], position=row.pictures.count() + 1)
    row.state = Piece.State.ENTERED
    _written(row, actor, now, "content.add_picture", new=False)
    return made


@transaction.atomic
def remove_picture(*, actor: Actor, picture_id: UUID, now: dt.datetime) -> Piece:
    """Take a picture out of a draft."""
    picture = Picture.objects.select_related("piece", "file").get(pk=picture_id)
    row = Piece.objects.select_for_update().get(pk=picture.piece_id)
    require(actor, WRITE, row.unit_code)
    if row.state not in (Piece.State.ENTERED, Piece.State.CHECKED):
        raise ContentRefused({"": "Chỉ bỏ ảnh khỏi bản đang soạn."})
    stored = picture.file
    picture.delete()
    files.erase(file=stored, actor=actor)
    row.state = Piece.State.ENTERED
    return _written(row, actor, now, "content.remove_picture", new=False)


@transaction.atomic
def move(
    *, actor: Actor, piece_id: UUID, transition: str, now: dt.datetime, why: str = "", publish_at: dt.datetime | None = None,
    archive_at: dt.datetime | None = None, seen_version: int | None = None,
) -> Piece:  # fmt: skip
    """Take a piece one step further or back; ``publish`` at a moment (now where none is named), until another.

    Whoever wrote it neither checks nor publishes it. ``AccessDenied``, ``TransitionRefused``, :class:`ContentRefused`.
    """
    row = Piece.objects.select_for_update().get(pk=piece_id)
    require(actor, LIFE.transitions[transition].act, row.unit_code)
    _refuse_unless_seen(row, seen_version)
    words = " ".join(plain(why).split())[:500]
    if transition in ("check", "publish") and row.entered_by is not None and row.entered_by == actor.person_id:
        raise ContentRefused({"": "Bạn là người soạn bản này: người khác phải kiểm tra và công khai."})
    if transition in NEEDS_WHY and not words:
        raise ContentRefused({"why": "Hãy ghi lý do, để người sau đọc được."})
    if LIFE.refusal(row, transition):
        raise TransitionRefused(transition, row.state, "Bản này đã chuyển sang tình trạng khác. Tải lại trang để xem.")
    if transition == "publish":
        if missing := row.pictures.filter(alt_en="").count() if row.english else 0:
            raise ContentRefused({"": f"Còn {missing} ảnh chưa có lời bằng tiếng Anh."})
        begins = max(publish_at or now, now)
        if publish_at is not None and publish_at < now - dt.timedelta(minutes=5):
            raise ContentRefused({"publish_at": "Giờ này đã qua."})
        if archive_at is not None and archive_at <= begins:
            raise ContentRefused({"archive_at": "Giờ lưu trữ phải sau giờ hiện."})
        row.publish_at, row.archive_at, row.published_label = begins, archive_at, actor.label
        row.released_at = None
    LIFE.move(row, transition)
    match transition:
        case "check":
            row.checked_by, row.checked_label, row.checked_at, row.returned_why = actor.person_id, actor.label, now, ""
        case "send_back":
            row.checked_by, row.checked_label, row.checked_at, row.returned_why = None, "", None, words
        case "archive":
            row.archive_at, row.ended_why = max(now, row.publish_at + dt.timedelta(seconds=1)) if row.publish_at else now, words
        case "drop":
            # Its place is free for another edition.
            row.ended_why, row.replaces = words, None
    row.version += 1
    with _history(actor, f"content.{transition}"):
        row.save()
    _noted(actor, f"content.{transition}", row)
    if transition == "publish" and row.publish_at is not None and row.publish_at <= now:
        release(now=now)
    return row


@transaction.atomic
def release(*, now: dt.datetime) -> int:
    """Note whose moment has come, to be shown or to be archived (task); what they replace is archived. How many rows changed.

    Readers are shown by the clock, whether this ran or not: it lets kept pages be made anew.
    """
    due = Piece.objects.select_for_update(skip_locked=True).filter(state=Piece.State.PUBLISHED)
    changed = 0
    for row in due.filter(released_at__isnull=True, publish_at__lte=now).order_by("publish_at")[:200]:
        row.released_at = now
        row.save(update_fields=["released_at"])
        changed += 1
        old = due.filter(pk=row.replaces_id).first() if row.replaces_id else None
        if old is not None:
            _archive(old, REPLACED, now)
    ended = due.filter(Q(archive_at__lte=now)).order_by("archive_at")[:200]
    for row in ended:
        _archive(row, "Hết hạn hiện", now)
        changed += 1
    return changed


def _archive(row: Piece, why: str, now: dt.datetime) -> None:
    LIFE.move(row, "archive")
    row.ended_why, row.version = why, row.version + 1
    with _history(SYSTEM, "content.archive"):
        row.save(update_fields=["state", "ended_why", "version"])
    _noted(SYSTEM, "content.archive", row)


def _written(row: Piece, actor: Actor, now: dt.datetime, act: str, *, new: bool) -> Piece:
    row.entered_by, row.entered_label, row.entered_at = actor.person_id, actor.label, now
    row.checked_by, row.checked_label, row.checked_at = None, "", None
    row.version += 0 if new else 1
    with _history(actor, act):
        row.save(force_insert=new)
    _noted(actor, act, row)
    return row


def _refuse_unless_seen(row: Piece, seen_version: int | None) -> None:
    if seen_version is not None and seen_version != row.version:
        raise ContentRefused({"": "Người khác vừa sửa hoặc xử lý bản này. Tải lại trang, xem lại rồi làm tiếp."})


def _history(actor: Actor, act: str) -> Any:
    return pghistory.context(act=act, unit=actor.unit, position=str(actor.position_id or ""))


def _noted(actor: Actor, act: str, row: Piece) -> None:
    audit.record(actor=actor, act=act, target="content.piece", target_id=str(row.pk), unit=row.unit_code, details={"slug": row.slug})
