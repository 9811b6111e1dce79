"""The slips that have rows, and the refusal: control sheet, register of some days, handover; each issued under the unit's seal.

Who handed a dossier to whom is known by the room that moves it: it gives the rows of a control sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from dossiers import slips
from dossiers.costs import limit_of
from dossiers.models import Dossier, DossierDocument, Paper, UnitSlip
from dossiers.slip_sets.issuing import issue, issue_of, take_back_slip
from dossiers.terms import TermsUnknown, terms_of
from portal import audit
from portal.access import Actor, require, visible_to
from portal.documents.units import unit_name

UNIT_SLIPS = "dossiers.unit_slips"
MOST_ROWS = 2_000
"""In one register or handover: some forty pages."""
MOST_DAYS = 31


class SlipRefused(Exception):
    """A register or handover that cannot be made so; ``message`` says why, ``field`` where to mend it."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field, self.status = message, field, 422


def issue_refusal(dossier: Dossier, *, reason: str, actor: Actor, now: datetime) -> DossierDocument:
    """Slip 03: why a dossier was not received. Refused again after a refusal by mistake it gets another one."""
    again = dossier.documents.filter(role=DossierDocument.Role.REFUSAL).count()
    return issue_of(
        dossier,
        DossierDocument.Role.REFUSAL,
        kind=slips.REFUSAL,
        key=f"dossiers.refusal:{dossier.pk}" + (f":{again}" if again else ""),
        context=slips.refusal_context(dossier, reason=reason),
        actor=actor,
        now=now,
    )


# The control sheet -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ControlRow:
    """One handing over within the agency or between agencies, as the control sheet writes it."""

    giver: str
    """Who gave it: name and title, unit."""
    taker: str
    at: datetime
    outcome: str = ""
    """``trước hạn``, ``đúng hạn``, ``quá hạn``; empty while the step is under way (:func:`outcome_words`)."""
    note: str = ""


def outcome_words(done: datetime, due: datetime | None) -> str:
    """How a step ended against its deadline, in the words of the sheet."""
    if due is None:
        return ""
    if done > due:
        return "Quá hạn"
    return "Đúng hạn" if timezone.localdate(done) == timezone.localdate(due) else "Trước hạn"


def _control_key(dossier: Dossier, occasion: str) -> str:
    return f"dossiers.control:{dossier.pk}:{occasion}"


def is_issued(dossier: Dossier, occasion: str) -> bool:
    """Whether the control sheet of an occasion was issued (one query)."""
    return dossier.documents.filter(role=DossierDocument.Role.CONTROL, document__key=_control_key(dossier, occasion)).exists()


def issue_control_sheet(
    dossier: Dossier, rows: Sequence[ControlRow], *, actor: Actor, now: datetime, occasion: str = ""
) -> DossierDocument:
    """Issue the control sheet of a dossier with these rows, in the caller's transaction; it takes the place of one issued before, whose
    proof page then says so. ``occasion``: what it is issued at by itself, once. ``ValueError`` without a row."""
    if not rows:
        raise ValueError("a control sheet tells of handing over")
    former = list(dossier.documents.select_related("document").filter(role=DossierDocument.Role.CONTROL))
    for one in former:
        if one.cancelled_at is None:
            take_back_slip(one, reason="Đã lập phiếu kiểm soát mới hơn", now=now)
    try:
        limit = limit_of(dossier, terms_of(dossier)).words
    except TermsUnknown:
        limit = ""
    context = {
        **slips.head(dossier),
        "received_at": slips.moment(dossier.received_at),
        "limit": limit,
        "due_at": slips.moment(dossier.due_at),
        "made_at": slips.moment(now),
        "pieces": [slips.DECLARATION, *slips.papers_of(dossier)],
        "rows": [
            {"giver": one.giver, "taker": one.taker, "at": slips.moment(one.at), "outcome": one.outcome, "note": one.note} for one in rows
        ],
    }
    key = _control_key(dossier, occasion or str(len(former) + 1))
    return issue_of(dossier, DossierDocument.Role.CONTROL, kind=slips.CONTROL, key=key, context=context, actor=actor, now=now)


# Of many dossiers ------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def issue_register(*, actor: Actor, unit_code: str, first: date, last: date, now: datetime) -> UnitSlip:
    """The register of what a unit received from ``first`` to ``last``, both included, in the order of reception (slip 06, since 2025 slip
    07). :class:`SlipRefused` with a sentence, ``AccessDenied`` for another unit."""
    require(actor, UNIT_SLIPS, unit_code)
    if last < first:
        raise SlipRefused("Ngày cuối phải bằng hoặc sau ngày đầu.", "last")
    if (last - first).days >= MOST_DAYS:
        raise SlipRefused(f"Một sổ nhiều nhất {MOST_DAYS} ngày. Hãy lập từng tháng.", "last")
    zone = timezone.get_current_timezone()
    begins = datetime.combine(first, time.min, tzinfo=zone)
    ends = datetime.combine(last + timedelta(days=1), time.min, tzinfo=zone)
    rows = visible_to(actor, Dossier.objects.all(), "dossiers.read", "unit_code").filter(
        unit_code=unit_code, received_at__gte=begins, received_at__lt=ends
    )
    found = _listed(rows.order_by("received_at", "id"))
    if not found:
        raise SlipRefused("Không tiếp nhận hồ sơ nào trong những ngày này.", "first")
    context = {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "first": f"{first:%d/%m/%Y}",
        "last": f"{last:%d/%m/%Y}",
        "count": str(len(found)),
        "officer": actor.label,
        "made_at": slips.moment(now),
        "rows": [
            {
                "code": one.code,
                "procedure": one.procedure_name,
                "owner": one.owner_name,
                "unit": unit_name(unit_code),
                "received": slips.moment(one.received_at),
                "due": slips.moment(one.due_at),
                "returned": slips.moment(one.returned_at),
                "channel": str(one.get_channel_display()),
                "note": one.state_words,
            }
            for one in found
        ],
    }
    return _issue(slips.REGISTER, UnitSlip.Kind.REGISTER, found, context, actor=actor, unit_code=unit_code, now=now, first=first, last=last)


@transaction.atomic
def issue_handover(*, actor: Actor, unit_code: str, dossier_ids: Iterable[UUID], receiver: str, now: datetime) -> UnitSlip:
    """The sheet that goes with dossiers handed to somebody: another agency, an archive, a colleague. Errors as :func:`issue_register`;
    a dossier that is not the unit's refuses all."""
    require(actor, UNIT_SLIPS, unit_code)
    wanted = list(dict.fromkeys(dossier_ids))
    if not receiver.strip():
        raise SlipRefused("Hãy ghi ai nhận.", "receiver")
    rows = visible_to(actor, Dossier.objects.all(), "dossiers.read", "unit_code").filter(unit_code=unit_code, pk__in=wanted)
    found = _listed(rows.order_by("code"))
    if not found or len(found) != len(wanted):
        raise SlipRefused("Có hồ sơ không phải của cơ quan này, hoặc chưa chọn hồ sơ nào.", "codes")
    standing = Paper.objects.filter(dossier__in=[one.pk for one in found], superseded_at=None)
    papers = dict(standing.order_by().values_list("dossier").annotate(n=Count("pk")))
    context = {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "giver": f"{actor.label}, {unit_name(unit_code)}",
        "receiver": receiver.strip(),
        "made_at": slips.moment(now),
        "count": str(len(found)),
        "rows": [
            {
                "code": one.code,
                "procedure": one.procedure_name,
                "owner": one.owner_name,
                "due": slips.moment(one.due_at),
                "papers": f"Tờ khai điện tử; {papers[one.pk]} tệp giấy tờ" if one.pk in papers else "Tờ khai điện tử",
            }
            for one in found
        ],
    }
    return _issue(
        slips.HANDOVER, UnitSlip.Kind.HANDOVER, found, context, actor=actor, unit_code=unit_code, now=now, receiver=receiver.strip()
    )


def _listed(rows: Iterable[Dossier]) -> list[Dossier]:
    found = list(rows.defer("answers", "bill")[: MOST_ROWS + 1])  # type: ignore[attr-defined]
    if len(found) > MOST_ROWS:
        raise SlipRefused(f"Nhiều hơn {MOST_ROWS:,} hồ sơ. Hãy chia nhỏ.".replace(",", "."))
    return found


def _issue(
    kind: str,
    of: UnitSlip.Kind,
    found: Sequence[Dossier],
    context: dict[str, object],
    *,
    actor: Actor,
    unit_code: str,
    now: datetime,
    first: date | None = None,
    last: date | None = None,
    receiver: str | None = None,
) -> UnitSlip:
    slip_id = uuid4()
    document = issue(kind=kind, key=f"{kind}:{slip_id}", context=context, unit_code=unit_code, subject=slip_id, actor=actor, now=now)
    assert actor.position_id is not None  # who may make it acts in a position
    slip = UnitSlip.objects.create(
        id=slip_id,
        kind=of,
        unit_code=unit_code,
        first_day=first,
        last_day=last,
        receiver=receiver,
        dossiers=[one.pk for one in found],
        document=document,
        made_by=actor.position_id,
        made_label=actor.label,
        made_at=now,
    )
    audit.record(
        actor=actor, act="dossiers.make_unit_slip", target="dossiers.unitslip", target_id=str(slip.pk), unit=unit_code,
        details={"kind": of.value, "dossiers": len(found)},
    )  # fmt: skip
    return slip
