"""An online filing is answered within eight working hours (Decree 45/2020; D-29): what was not is told to the head of the unit.

Once for each filing and each time at which it comes back completed; one notice for all of a unit that are found together. Where a unit has
no leader, those of the next one above it are told. The desk shows them in a list of their own (`worklists`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts import queries as people
from dossiers import slips
from dossiers.models import Dossier, LateAnswer
from dossiers.queries import handling_unit
from dossiers.worklists import UNANSWERED, unanswered
from portal import audit
from portal.access import SYSTEM
from portal.access.roles import LEADERS
from portal.notifications.registry import register_kind, register_template
from portal.notifications.services import notify

DESK = "dossiers.desk"
SHOWN = 3
"""Codes that a notice names."""


def register() -> None:
    """The kind and the text of the notice; once, in ``ready()``."""
    register_kind(DESK, _("Hạn xử lý hồ sơ (cán bộ)"), law_bound=False, for_officers=True)
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
        sample={
            "number": "2",
            "unit": "UBND phường Ví Dụ",
            "codes": "H26.101-261129-0001, H26.101-261129-0002",
            "due": "10:00 ngày 01/12/2026",
        },
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
    unit, heads = handling_unit(unit_code), _heads(unit_code)
    codes = ", ".join(dossier.code or "" for dossier in late[:SHOWN]) + (", …" if len(late) > SHOWN else "")
    for person_id in sorted({head.person_id for head in heads}):
        notify(
            party_id=person_id,
            template="dossiers.answer_late",
            context={
                "number": str(len(late)),
                "unit": unit.name if unit else unit_code,
                "codes": codes,
                "due": slips.moment(late[0].response_due_at),
            },
            key=f"answer-late:{unit_code}:{late[0].pk}:{late[0].response_due_at:%Y%m%d%H%M}",
            link=f"{reverse('admin:dossiers_dossier_changelist')}?{urlencode({'viec': UNANSWERED})}",
        )
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
