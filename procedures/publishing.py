"""The way of a text from the officer who writes it to the public: entered, checked by another, published, withdrawn (Rules art. 22)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pghistory
from django.db import transaction

from portal import audit
from portal.access import AccessDenied, Actor, require
from portal.states import TransitionRefused
from portal.text import nfc
from procedures.models.publication import CHECK, ENTER, LIFE, PUBLISH, Publication, State

MAX_WHY = 500
NEEDS_WHY = frozenset({"send_back", "drop", "withdraw"})
"""Acts for which a reason is written down."""
__all__ = ["CHECK", "ENTER", "NEEDS_WHY", "PUBLISH", "Kind", "Refused", "begin", "each", "move", "noted", "plain", "refuse_unless_seen"]


class Refused(Exception):
    """It cannot be done so, with words for the officer; ``faults``: by field, where it is about what was typed."""

    def __init__(self, words: str = "", faults: dict[str, str] | None = None) -> None:
        self.faults = faults or {}
        super().__init__(words or " ".join(self.faults.values()))


@dataclass(frozen=True)
class Kind:
    """One kind of text, and what is particular to it."""

    name: str
    """``questions``: of its acts in the audit trail."""
    model: Any
    refusal: Callable[[Any, str], str] = lambda row, transition: ""
    """Why an act cannot be done on a (locked) row, beside its state; empty: it can."""
    before: Callable[[Any, str, Actor, dt.datetime], None] = lambda row, transition, actor, now: None
    """What else an act changes, in its transaction and before the row itself is written."""
    after: Callable[[Any, str], None] = lambda row, transition: None
    """What follows from it, in the same transaction."""

    @property
    def target(self) -> str:
        """As the audit trail names it."""
        return str(self.model._meta.label_lower)


def plain(text: str) -> str:
    """Text as it is kept: composed letters, plain line ends, no white space around."""
    return nfc(text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").replace("\xa0", " ")).strip()


def begin(row: Publication, actor: Actor, now: dt.datetime) -> None:
    """Say who wrote the row as it stands: whoever checks it must be somebody else."""
    row.entered_by, row.entered_label, row.entered_at = actor.person_id, actor.label, now
    row.checked_by, row.checked_label, row.checked_at = None, "", None


def refuse_unless_seen(row: Publication, seen_version: int | None) -> None:
    """:class:`Refused` where somebody else has changed the row since the officer saw it."""
    if seen_version is not None and seen_version != row.version:
        raise Refused("Người khác vừa sửa hoặc xử lý bản này. Tải lại trang, xem lại rồi làm tiếp.")


def noted(kind: Kind, actor: Actor, act: str, row: Publication, **details: Any) -> None:
    """Write the act into the audit trail."""
    audit.record(
        actor=actor, act=f"procedures.{kind.name}.{act}", target=kind.target, target_id=str(row.pk), unit=row.unit_code, details=details
    )


def history(actor: Actor, act: str) -> Any:
    """Ties a row's history to who did it."""
    return pghistory.context(act=act, unit=actor.unit, position=str(actor.position_id or ""))


@transaction.atomic
def move(
    *, kind: Kind, actor: Actor, row_id: UUID, transition: str, now: dt.datetime, why: str = "", seen_version: int | None = None
) -> Any:
    """Take a text one step further or back.

    Whoever wrote it neither checks nor publishes it. ``DoesNotExist``, ``AccessDenied``, ``TransitionRefused``, :class:`Refused`.
    """
    row = kind.model.objects.select_for_update().get(pk=row_id)
    edge = LIFE.transitions[transition]
    require(actor, edge.act, row.unit_code)
    refuse_unless_seen(row, seen_version)
    if transition in ("check", "publish") and row.entered_by is not None and row.entered_by == actor.person_id:
        raise Refused("Bạn là người soạn bản này: người khác phải kiểm tra và công khai.")
    words = " ".join(plain(why).split())[:MAX_WHY]
    if transition in NEEDS_WHY and not words:
        raise Refused(faults={"why": "Hãy ghi lý do, để người sau đọc được."})
    if LIFE.refusal(row, transition):
        raise TransitionRefused(transition, row.state, "Bản này đã chuyển sang tình trạng khác. Tải lại trang để xem.")
    if reason := kind.refusal(row, transition):
        raise Refused(reason)
    LIFE.move(row, transition)
    match transition:
        case "check":
            row.checked_by, row.checked_label, row.checked_at, row.returned_why = actor.person_id, actor.label, now, ""
        case "send_back":
            row.checked_by, row.checked_label, row.checked_at, row.returned_why = None, "", None, words
        case "publish":
            row.published_label, row.published_at = actor.label, now
        case _:
            row.withdrawn_at, row.withdrawn_why = now, words
    row.version += 1
    with history(actor, f"procedures.{kind.name}.{transition}"):
        kind.before(row, transition, actor, now)
        row.save()
    noted(kind, actor, transition, row)
    kind.after(row, transition)
    return row


def retire(row: Publication, why: str, now: dt.datetime) -> None:
    """Take a published row out because another takes its place; within :func:`move`."""
    row.state, row.withdrawn_at, row.withdrawn_why = State.WITHDRAWN, now, why
    row.version += 1
    row.save()


def each(kind: Kind, *, actor: Actor, row_ids: Iterable[UUID], transition: str, now: dt.datetime) -> tuple[int, list[tuple[str, str]]]:
    """The same act on several, each for itself: how many were done, and of the others the row in words with the reason."""
    done, left = 0, []
    for row_id in row_ids:
        try:
            move(kind=kind, actor=actor, row_id=row_id, transition=transition, now=now)
            done += 1
        except AccessDenied:
            left.append((_named(kind, row_id), "Không thuộc quyền của bạn."))
        except TransitionRefused as refused:
            left.append((_named(kind, row_id), refused.reason))
        except Refused as refused:
            left.append((_named(kind, row_id), str(refused)))
    return done, left


def _named(kind: Kind, row_id: UUID) -> str:
    return str(kind.model.objects.filter(pk=row_id).first() or row_id)
