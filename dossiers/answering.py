"""An online filing is answered within eight working hours (Decree 45/2020; D-29): officers are warned before they end, and what was not
answered is told to the head of the unit.

Once for each filing and each time at which it comes back completed; one notice for all of a unit that are found together. Where a unit has
no leader, those of the next one above it are told. The desk shows what is late in a list of its own (`worklists`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts import queries as people
from dossiers import slips
from dossiers.models import Dossier, LateAnswer, Standing, State
from dossiers.models.dossier import Channel
from dossiers.queries import handling_unit
from dossiers.worklists import UNANSWERED, unanswered
from portal import audit
from portal.access import SYSTEM
from portal.access.roles import LEADERS
from portal.notifications.registry import register_kind, register_template
from portal.notifications.services import notify
from portal.workdays import after_working_time, national_calendar

DESK = "dossiers.desk"
WARNED = timedelta(hours=2)
"""Working hours before the end at which officers are warned."""
NEW = "moi"
"""The list of what waits for its answer (`worklists`)."""
SHOWN = 3
"""Codes that a notice names."""
SAMPLE = {
    "number": "2",
    "unit": "UBND phường Ví Dụ",
    "codes": "H26.101-261129-0001, H26.101-261129-0002",
    "due": "10:00 ngày 01/12/2026",
}


def register() -> None:
    """The kind and the text of the notice; once, in ``ready()``."""
    register_kind(DESK, _("Việc và hạn xử lý hồ sơ (cán bộ)"), law_bound=False, for_officers=True)
    register_template(
        "dossiers.answer_soon",
        kind=DESK,
        inbox_title=gettext_noop("{number} hồ sơ nộp trực tuyến sắp hết 8 giờ làm việc"),
        inbox_body=gettext_noop(
            "{unit}: {codes}. Còn dưới 2 giờ làm việc để tiếp nhận, yêu cầu bổ sung hoặc từ chối. Hồ sơ gấp nhất phải được trả lời "
            "trước {due}."
        ),
        sms=gettext_noop("{unit}: {number} hồ sơ nộp trực tuyến sắp hết 8 giờ làm việc, gấp nhất {due}. {link}"),
        action=gettext_noop("Mở danh sách"),
        sample=SAMPLE,
    )
    register_template(
        "dossiers.answer_late",
        kind=DESK,
        inbox_title=gettext_noop("{number} hồ sơ nộp trực tuyến quá 8 giờ làm việc chưa được trả lời"),
        inbox_body=gettext_noop(
            "{unit}: {codes}. Mỗi hồ sơ nộp trực tuyến phải được tiếp nhận, yêu cầu bổ sung hoặc từ chối trong 8 giờ làm việc "
            "(Nghị định 45/2020/NĐ-CP). Hồ sơ trễ nhất phải được trả lời trước {due}."
        ),
        sms=gettext_noop("{unit}: {number} hồ sơ nộp trực tuyến quá 8 giờ làm việc chưa được trả lời. {link}"),
        action=gettext_noop("Mở danh sách"),
        sample=SAMPLE,
    )


@transaction.atomic
def warn_of_answers(*, now: datetime, limit: int = 200) -> int:
    """Warn who receives for a unit, and whoever was given a filing, that its eight working hours end within two; once each. How many
    filings (a slice, the most pressing first)."""
    until = after_working_time(now, WARNED, national_calendar())
    waiting = Q(state=State.SUBMITTED, channel=Channel.ONLINE, response_due_at__gte=now, response_due_at__lte=until)
    rows = Dossier.objects.filter(waiting).exclude(payment=Standing.DUE).exclude(answer_warned_for=F("response_due_at"))
    found = list(rows.order_by("response_due_at", "id").defer("answers", "bill").select_for_update(of=("self",), skip_locked=True)[:limit])
    by_unit: dict[str, list[Dossier]] = {}
    for dossier in found:
        by_unit.setdefault(dossier.unit_code, []).append(dossier)
    for unit_code, soon in sorted(by_unit.items()):
        receivers = {one.person_id for one in people.holders(unit_code, ["reception"])}
        given = {people.position_person(one) for one in {dossier.officer_id for dossier in soon} if one is not None}
        _tell(unit_code, soon, receivers | (given - {None}), template="dossiers.answer_soon", queue=NEW)  # type: ignore[operator]
    Dossier.objects.filter(pk__in=[dossier.pk for dossier in found]).update(answer_warned_for=F("response_due_at"))
    return len(found)


def _tell(unit_code: str, rows: list[Dossier], persons: set[UUID], *, template: str, queue: str) -> None:
    """One notice about some filings of a unit, the most pressing first, to each of these persons."""
    unit = handling_unit(unit_code)
    context = {
        "number": str(len(rows)),
        "unit": unit.name if unit else unit_code,
        "codes": ", ".join(dossier.code or "" for dossier in rows[:SHOWN]) + (", …" if len(rows) > SHOWN else ""),
        "due": slips.moment(rows[0].response_due_at),
    }
    for person_id in sorted(persons):
        notify(
            party_id=person_id,
            template=template,
            context=context,
            key=f"{template.rpartition('.')[2].replace('_', '-')}:{unit_code}:{rows[0].pk}:{rows[0].response_due_at:%Y%m%d%H%M}",
            link=f"{reverse('admin:dossiers_dossier_changelist')}?{urlencode({'viec': queue})}",
        )


@transaction.atomic
def escalate_answers(*, now: datetime, limit: int = 200) -> int:
    """Tell the heads of units which filings were not answered in time, once each; how many filings (a slice, the oldest first)."""
    known = LateAnswer.objects.filter(dossier=OuterRef("pk"), response_due_at=OuterRef("response_due_at"))
    rows: QuerySet[Dossier] = Dossier.objects.filter(unanswered(now)).exclude(Exists(known)).order_by("response_due_at", "id")
    found = list(rows.defer("answers", "bill").select_for_update(of=("self",), skip_locked=True)[:limit])
    by_unit: dict[str, list[Dossier]] = {}
    for dossier in found:
        by_unit.setdefault(dossier.unit_code, []).append(dossier)
    for unit_code, late in sorted(by_unit.items()):
        _escalate(unit_code, late, now)
    return len(found)


def _escalate(unit_code: str, late: list[Dossier], now: datetime) -> None:
    heads = _heads(unit_code)
    _tell(unit_code, late, {head.person_id for head in heads}, template="dossiers.answer_late", queue=UNANSWERED)
    LateAnswer.objects.bulk_create(
        LateAnswer(dossier=one, response_due_at=one.response_due_at, unit_code=unit_code, told_at=now, told=len(heads)) for one in late
    )
    for dossier in late:
        audit.record(
            actor=SYSTEM,
            act="dossiers.escalate_answer",
            target="dossiers.dossier",
            target_id=str(dossier.pk),
            unit=unit_code,
            details={"code": dossier.code or "", "told": str(len(heads))},
        )


def _heads(unit_code: str) -> list[people.Holder]:
    """The leaders of a unit, or of the next one above it that has any."""
    return next((heads for code in _upwards(unit_code) if (heads := people.holders(code, LEADERS))), [])


def _upwards(unit_code: str) -> Iterator[str]:
    parts = unit_code.split(".")
    for depth in range(len(parts), 0, -1):
        yield ".".join(parts[:depth])
