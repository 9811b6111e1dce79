"""What can be done with notices: publish, amend, withdraw. Nothing is ever deleted (Rules art. 7.7, 7.10)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pghistory
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from portal import audit
from portal.access import Actor, require
from portal.announcements.models import ENGLISH_PARTS, MAX_BODY, Notice
from portal.text import nfc, search_key

PUBLISH = "notices.publish"
FACTS = ("title", "summary", "body", "english", "kind", "important", "published_from", "published_to")
"""What an amendment may change; the address and the agency stay."""
LENGTHS = {"title": 200, "summary": 300, "body": MAX_BODY}
"""Characters, of either language."""


class NoticeRefused(ValueError):
    """The notice cannot be published or changed like this; ``problems`` says why, by field (English parts: ``english_title`` …)."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = dict(problems)


def plain(text: str) -> str:
    """Text as it is kept: composed letters, plain line ends, no white space around."""
    return nfc(text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def problems(facts: Mapping[str, Any], *, day: dt.date, before: Notice | None = None) -> dict[str, str]:
    """What keeps ``facts`` from being a notice on that day, as field → words for the officer; empty: nothing.

    ``before`` is the notice that they would amend. The form asks this too, so that each refusal stands beside its field.
    """
    found: dict[str, str] = {}
    begins, ends, english = facts["published_from"], facts["published_to"], facts["english"]
    if before is not None and before.has_ended(day):
        found["published_to"] = "Thông báo này đã thôi hiện. Hãy ra thông báo mới."
    elif (before is None or begins != before.published_from) and begins < day:
        found["published_from"] = "Ngày này đã qua. Hãy chọn hôm nay hoặc một ngày sau."
    elif before is not None and begins != before.published_from and before.has_begun(day):
        found["published_from"] = f"Thông báo đã hiện từ {before.published_from:%d/%m/%Y}, không đổi ngày này được nữa."
    if ends is not None and ends <= max(begins, day) and "published_to" not in found:
        found["published_to"] = "Ngày thôi hiện phải sau ngày bắt đầu và sau hôm nay. Muốn thôi hiện ngay thì chọn “Gỡ thông báo”."
    if english:
        for part in ENGLISH_PARTS:
            if not english.get(part):
                found[f"english_{part}"] = "Bản tiếng Anh phải đủ tiêu đề, tóm tắt và nội dung, hoặc để trống cả ba."
            elif len(english[part]) > LENGTHS[part]:
                found[f"english_{part}"] = f"Không quá {LENGTHS[part]:,} ký tự.".replace(",", ".")
    return found


@transaction.atomic
def publish(
    *,
    actor: Actor,
    unit_code: str,
    title: str,
    summary: str,
    body: str,
    kind: str,
    published_from: dt.date,
    now: dt.datetime,
    published_to: dt.date | None = None,
    important: bool = False,
    english: Mapping[str, str] | None = None,
    notice_id: UUID | None = None,
) -> Notice:
    """Write a notice of an agency, shown from ``published_from`` until the day before ``published_to``.

    ``notice_id``: the key it is to have, where the caller has one. Raises ``AccessDenied``, :class:`NoticeRefused`.
    """
    require(actor, PUBLISH, unit_code)
    facts = _kept(
        {
            "title": title,
            "summary": summary,
            "body": body,
            "english": dict(english or {}),
            "kind": kind,
            "important": important,
            "published_from": published_from,
            "published_to": published_to,
        }
    )
    key = notice_id or uuid4()
    notice = Notice(id=key, slug=slug_of(facts["title"], key), unit_code=unit_code, created_by=actor.label, created_at=now, **facts)
    _refuse_unless_sound(notice, problems(facts, day=timezone.localdate(now)))
    with _history(actor, "notices.publish"):
        notice.save(force_insert=True)
    _write_act(actor, "notices.publish", notice)
    return notice


@transaction.atomic
def amend(*, actor: Actor, notice_id: UUID, day: dt.date, **changes: Any) -> Notice:
    """Change facts of a notice that has not ended by ``day``; its address stays, what it said before is in the history.

    Raises ``Notice.DoesNotExist``, ``AccessDenied``; :class:`NoticeRefused`, also where nothing would change.
    """
    unknown = set(changes) - set(FACTS)
    if unknown:
        raise TypeError(f"a notice has no facts {sorted(unknown)}")
    notice = Notice.objects.select_for_update().get(pk=notice_id)
    require(actor, PUBLISH, notice.unit_code)
    old = {name: getattr(notice, name) for name in FACTS}
    facts = _kept({**old, **changes})
    changed = [name for name in FACTS if facts[name] != old[name]]
    if not changed:
        raise NoticeRefused({"title": "Bạn chưa sửa gì."})
    found = problems(facts, day=day, before=notice)
    for name in changed:
        setattr(notice, name, facts[name])
    _refuse_unless_sound(notice, found)
    with _history(actor, "notices.amend"):
        notice.save(update_fields=changed)
    _write_act(actor, "notices.amend", notice, changed=changed)
    return notice


@transaction.atomic
def withdraw(*, actor: Actor, notice_id: UUID, day: dt.date) -> Notice:
    """Let a notice end on ``day``: from then on nobody is shown it. One that has not begun will never be shown.

    Raises ``Notice.DoesNotExist``, ``AccessDenied``; :class:`NoticeRefused` when it has ended already.
    """
    notice = Notice.objects.select_for_update().get(pk=notice_id)
    require(actor, PUBLISH, notice.unit_code)
    if notice.has_ended(day):
        raise NoticeRefused({"published_to": "Thông báo này đã thôi hiện."})
    notice.published_to = max(day, notice.published_from)
    with _history(actor, "notices.withdraw"):
        notice.save(update_fields=["published_to"])
    _write_act(actor, "notices.withdraw", notice)
    return notice


def slug_of(title: str, key: UUID) -> str:
    """The last part of a notice's address: its first title in plain letters, and eight letters of its key."""
    words = slugify(search_key(title))[:70].strip("-") or "thong-bao"
    return f"{words}-{key.hex[:8]}"


def _kept(facts: dict[str, Any]) -> dict[str, Any]:
    english = {part: plain(str(text)) for part, text in facts["english"].items() if plain(str(text))}
    unknown = set(english) - set(ENGLISH_PARTS)
    if unknown:
        raise TypeError(f"a translation has no parts {sorted(unknown)}")
    return {**facts, "english": english, **{name: plain(facts[name]) for name in ("title", "summary", "body")}}


def _refuse_unless_sound(notice: Notice, found: dict[str, str]) -> None:
    try:
        notice.clean_fields()
    except ValidationError as error:
        found = {**{name: " ".join(words) for name, words in error.message_dict.items()}, **found}
    if found:
        raise NoticeRefused(found)


def _history(actor: Actor, act: str) -> Any:
    """Ties the row's history to who did it: position and unit, no names."""
    return pghistory.context(act=act, position=str(actor.position_id or ""), unit=actor.unit)


def _write_act(actor: Actor, act: str, notice: Notice, **details: Any) -> None:
    days = {"from": str(notice.published_from), "to": str(notice.published_to or "")}
    audit.record(
        actor=actor,
        act=act,
        target="notices.notice",
        target_id=str(notice.pk),
        unit=notice.unit_code,
        details={"slug": notice.slug, "kind": notice.kind, **days, **details},
    )
