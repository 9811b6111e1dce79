"""One act on many dossiers: written down as it was sent, carried out by the worker, each dossier in a transaction of its own.

What became of each stands in its row, written in the transaction of the act: a worker that is killed, or two at once, do none twice. Rights
are looked at again for every slice, so that who has lost a role meanwhile does nothing more.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from accounts.officers.acting import acting_again
from dossiers import services
from dossiers.models import BulkAct, BulkRow, Dossier
from dossiers.outcomes import decision_form, outcome_for
from dossiers.process import assigning
from dossiers.registers import NUMBER, BadNumber
from dossiers.services.registers import hold, suggested_number
from portal import audit, outbox
from portal.access import AccessDenied, Actor, visible_to
from portal.states import TransitionRefused

logger = logging.getLogger(__name__)

MOST = 500
"""Dossiers of one act: a page of them is still read before it is sent."""
SLICE_SECONDS = 15.0
ACTS = {BulkAct.Kind.RECEIVE: "dossiers.receive", BulkAct.Kind.ASSIGN: assigning.ASSIGN, BulkAct.Kind.DECIDE: "dossiers.decide"}
"""The right that each kind of act takes, at each dossier's unit."""


@transaction.atomic
def send(
    *,
    actor: Actor,
    kind: str,
    seen: Sequence[tuple[UUID, int]],
    now: datetime,
    to_position_id: UUID | None = None,
    note: str = "",
    given: Mapping[str, str] | None = None,
) -> BulkAct:
    """Take on an act for dossiers in this order, each with the version that the officer saw; the worker begins after the commit.

    Dossiers behind the door are left out. ``ValueError`` for none, or for more than :data:`MOST`.
    """
    if actor.position_id is None:
        raise AccessDenied(ACTS[BulkAct.Kind(kind)])
    versions = dict(seen)
    if not 1 <= len(versions) <= MOST:
        raise ValueError(f"1 to {MOST} dossiers")
    visible = set(visible_to(actor, Dossier.objects.filter(pk__in=versions), "dossiers.read", "unit_code").values_list("pk", flat=True))
    if not visible:
        raise ValueError("none of these dossiers")
    act = BulkAct.objects.create(
        kind=kind,
        position_id=actor.position_id,
        substitutes=actor.substitutes,
        assurance=int(actor.assurance),
        unit_code=actor.unit,
        label=actor.label[:200],
        to_position_id=to_position_id,
        note=note.strip()[:300],
        made_at=now,
    )
    rows = [
        BulkRow(bulk=act, place=place, dossier_id=pk, seen_version=max(0, versions[pk]), given=dict(given) if given else None)
        for place, pk in enumerate((pk for pk in versions if pk in visible), start=1)
    ]
    BulkRow.objects.bulk_create(rows)
    audit.record(
        actor=actor, act="dossiers.send_bulk", target="dossiers.bulkact", target_id=str(act.pk), unit=actor.unit,
        details={"kind": kind, "dossiers": len(rows)},
    )  # fmt: skip
    outbox.put("dossiers.work_bulk", key=f"{act.pk}:{len(rows)}", payload={"bulk": str(act.pk)})
    return act


def work(*, bulk_id: UUID, now: datetime, seconds: float = SLICE_SECONDS) -> None:
    """Carry on an act for some seconds; what is left is promised again. Again, or twice at once, is harmless."""
    act = BulkAct.objects.get(pk=bulk_id)
    until = time.monotonic() + seconds
    actor = acting_again(position_id=act.position_id, in_place_of=act.substitutes, assurance=act.assurance, now=now)
    while _one(act, actor):
        if time.monotonic() >= until:
            with transaction.atomic():
                left = act.rows.filter(state=BulkRow.State.WAITING).count()
                if left:
                    outbox.put("dossiers.work_bulk", key=f"{act.pk}:{left}", payload={"bulk": str(act.pk)})
                    return
            break
    if not act.rows.filter(state=BulkRow.State.WAITING).exists():
        BulkAct.objects.filter(pk=act.pk, ended_at=None).update(ended_at=timezone.now())


@transaction.atomic
def _one(act: BulkAct, actor: Actor | None) -> bool:
    """Do the next row. Whether there was one that nobody else has in hand."""
    rows = act.rows.select_for_update(skip_locked=True, of=("self",)).filter(state=BulkRow.State.WAITING).order_by("place")
    row = rows.first()
    if row is None:
        return False
    done, words = False, "Chức danh, vai trò của người gửi đã hết nên chưa làm gì."
    if actor is not None:
        done, words = _tried(act, row, actor)
    row.state, row.words, row.given, row.at = BulkRow.State.DONE if done else BulkRow.State.REFUSED, words[:400], None, timezone.now()
    row.save()
    return True


def _tried(act: BulkAct, row: BulkRow, actor: Actor) -> tuple[bool, str]:
    """Whether the act was done, and what is said of it: all of it or nothing."""
    try:
        with transaction.atomic():
            return True, _do(act, row, actor)
    except TransitionRefused as refused:
        return False, refused.reason
    except BadNumber as bad:
        return False, bad.message
    except AccessDenied:
        return False, "Bạn không (còn) được làm việc này với hồ sơ này."
    except Dossier.DoesNotExist:
        return False, "Hồ sơ không còn ở nơi bạn làm việc."
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        # One dossier that cannot be done for a reason of ours keeps none of the others.
        logger.exception("an act on many dossiers failed for one", extra={"bulk": str(act.pk), "place": row.place})
        return False, "Cổng gặp lỗi với hồ sơ này, chưa làm gì. Bạn hãy mở hồ sơ và làm riêng."


def _do(act: BulkAct, row: BulkRow, actor: Actor) -> str:
    now = timezone.now()
    common: dict[str, Any] = {"actor": actor, "dossier_id": row.dossier_id, "seen_version": row.seen_version, "now": now}
    match act.kind:
        case BulkAct.Kind.RECEIVE:
            dossier = services.receive(**common)
            return f"Hẹn trả {timezone.localtime(dossier.due_at):%H:%M %d/%m/%Y}"
        case BulkAct.Kind.ASSIGN:
            _dossier, to = assigning.assign(**common, position_id=act.to_position_id, reason=act.note)
            return f"Giao cho {to.label}"
        case _:
            return _decide(act, row, common, now)


def _decide(act: BulkAct, row: BulkRow, common: dict[str, Any], now: datetime) -> str:
    """Decide with what was written for all, what stands in the dossier's own declaration, and the next number of the register."""
    rows = Dossier.objects.select_for_update(of=("self",)).select_related("form_version")
    dossier = visible_to(common["actor"], rows, "dossiers.read", "unit_code").get(pk=row.dossier_id)
    outcome = outcome_for(dossier)
    if outcome is None:
        raise TransitionRefused("decide", dossier.state, "Thủ tục này chưa có mẫu kết quả điện tử nên chưa quyết định trên Cổng được.")
    number = None
    if outcome.register is not None:
        hold(dossier.unit_code, outcome.register)
        number = suggested_number(unit_code=dossier.unit_code, register=outcome.register, now=now)
    known = decision_form(outcome, dossier, suggested=number).initial
    values = {name: str(value) for name, value in known.items() if value not in (None, "")} | dict(row.given or {})
    if outcome.register is not None and number is not None:
        values[NUMBER] = number.number_words
    form = decision_form(outcome, dossier, values)
    if not form.is_valid():
        lacking = "; ".join(str(form.fields[name].label or name) for name in form.errors if name in form.fields)
        raise TransitionRefused("decide", dossier.state, f"Hồ sơ này cần ghi riêng: {lacking or 'nội dung quyết định'}.")
    assert act.to_position_id is not None  # a constraint of the table
    services.decide(**common, values=values, signer_position_id=act.to_position_id)
    return f"Số {values[NUMBER]}, chờ ký" if NUMBER in values and outcome.register is not None else "Chờ ký"
