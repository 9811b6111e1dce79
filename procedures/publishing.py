"""The way of a text from the officer who writes it to the public: entered, checked by another, published now or at a moment, withdrawn
(Rules art. 22).

What decisions (`procedures.services.announcing`) and texts (:func:`move`) hold to alike stands here once: who wrote something neither
checks nor publishes it (:func:`is_own`), a moment lies within a year (:func:`moment_faults`), what waits for its moment is looked at
again when it comes (:func:`publish_due`), and each act ties the row's history to who did it (:func:`history`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pghistory
from django.db import transaction

from portal import audit
from portal.access import SYSTEM, AccessDenied, Actor, require
from portal.states import TransitionRefused
from portal.text import nfc
from procedures.models.publication import CHECK, ENTER, LIFE, PUBLISH, Publication, State

MAX_WHY = 500
FARTHEST = dt.timedelta(days=366)
"""How far ahead a moment of publication may lie."""
OWN_WORK = "Bạn là người soạn bản này: người khác phải kiểm tra và công khai."
NEEDS_WHY = frozenset({"send_back", "drop", "withdraw"})
"""Acts for which a reason is written down."""
__all__ = [
    "CHECK",
    "ENTER",
    "NEEDS_WHY",
    "PUBLISH",
    "Kind",
    "Refused",
    "begin",
    "each",
    "is_own",
    "moment_faults",
    "move",
    "noted",
    "plain",
    "publish_due",
    "refuse_unless_seen",
    "register_due",
    "register_kind",
]


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


_kinds: list[Kind] = []
_due: list[Callable[[dt.datetime], int]] = []


def register_kind(kind: Kind) -> Kind:
    """Let texts of this kind be published at their moments; once for each."""
    if all(one.name != kind.name for one in _kinds):
        _kinds.append(kind)
    return kind


def register_due(publish: Callable[[dt.datetime], int]) -> None:
    """Let something else that waits for a moment be published by :func:`publish_due`, too; once for each."""
    if publish not in _due:
        _due.append(publish)


def is_own(actor: Actor, writers: Iterable[UUID | None]) -> bool:
    """Whether an officer wrote any of it: four eyes, whoever they act for now."""
    return actor.person_id is not None and actor.person_id in set(writers)


def moment_faults(publish_at: dt.datetime | None, now: dt.datetime) -> dict[str, str]:
    """What speaks against a moment of publication, by field; one that has passed means now."""
    return {"publish_at": "Công khai trong vòng một năm."} if publish_at is not None and publish_at > now + FARTHEST else {}


def plain(text: str) -> str:
    """Text as it is kept: composed letters, plain line ends, no white space around."""
    return nfc(text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").replace("\xa0", " ")).strip()


def begin(row: Publication, actor: Actor, now: dt.datetime) -> None:
    """Say who wrote the row as it stands: whoever checks it must be somebody else."""
    row.entered_by, row.entered_label, row.entered_at = actor.person_id, actor.label, now
    row.checked_by, row.checked_label, row.checked_at = None, "", None
    row.publish_at, row.published_label = None, row.published_label if row.published_at else ""


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
    *,
    kind: Kind,
    actor: Actor,
    row_id: UUID,
    transition: str,
    now: dt.datetime,
    why: str = "",
    seen_version: int | None = None,
    publish_at: dt.datetime | None = None,
) -> Any:
    """Take a text one step further or back; published now, or by itself at ``publish_at``.

    Whoever wrote it neither checks nor publishes it. ``DoesNotExist``, ``AccessDenied``, ``TransitionRefused``, :class:`Refused`.
    """
    row = kind.model.objects.select_for_update().get(pk=row_id)
    edge = LIFE.transitions[transition]
    require(actor, edge.act, row.unit_code)
    refuse_unless_seen(row, seen_version)
    if transition in ("check", "publish") and is_own(actor, [row.entered_by]):
        raise Refused(OWN_WORK)
    words = " ".join(plain(why).split())[:MAX_WHY]
    if transition in NEEDS_WHY and not words:
        raise Refused(faults={"why": "Hãy ghi lý do, để người sau đọc được."})
    if LIFE.refusal(row, transition):
        raise TransitionRefused(transition, row.state, "Bản này đã chuyển sang tình trạng khác. Tải lại trang để xem.")
    if reason := kind.refusal(row, transition):
        raise Refused(reason)
    if faults := moment_faults(publish_at, now):
        raise Refused(faults=faults)
    if transition == "publish" and publish_at is not None and publish_at > now:
        row.publish_at, row.published_label = publish_at, actor.label
        row.version += 1
        with history(actor, f"procedures.{kind.name}.schedule"):
            row.save()
        noted(kind, actor, "schedule", row, at=publish_at.isoformat())
        return row
    LIFE.move(row, transition)
    row.publish_at = None
    match transition:
        case "check":
            row.checked_by, row.checked_label, row.checked_at, row.returned_why = actor.person_id, actor.label, now, ""
        case "send_back":
            row.checked_by, row.checked_label, row.checked_at, row.returned_why = None, "", None, words
            row.published_label = ""
        case "publish":
            # Of what waited for its moment it is who chose it.
            row.published_label, row.published_at = row.published_label or actor.label, now
        case _:
            row.withdrawn_at, row.withdrawn_why = now, words
    row.version += 1
    with history(actor, f"procedures.{kind.name}.{transition}"):
        kind.before(row, transition, actor, now)
        row.save()
    noted(kind, actor, transition, row)
    kind.after(row, transition)
    return row


def publish_due(now: dt.datetime) -> int:
    """Publish whatever was given a moment that has come: decisions and texts. What can no longer be published goes back to who wrote it,
    with what is in the way. How many were published."""
    done = sum(publish(now) for publish in _due)
    for kind in _kinds:
        waiting = kind.model.objects.filter(state=State.CHECKED, publish_at__lte=now).order_by("publish_at", "pk")
        for pk in list(waiting.values_list("pk", flat=True)):
            try:
                move(kind=kind, actor=SYSTEM, row_id=pk, transition="publish", now=now)
                done += 1
            except Refused as refused:
                move(kind=kind, actor=SYSTEM, row_id=pk, transition="send_back", now=now, why=str(refused))
            except TransitionRefused:
                continue
    return done


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
