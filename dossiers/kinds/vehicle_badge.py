"""2.002288, badge of a vehicle in transport business: what it ends in (Decree 158/2024/NĐ-CP on road transport)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import timezone

from dossiers.outcomes import Decision, Outcome
from dossiers.registers import Register
from dossiers.slips import Fact, compared, fact_sections, section, signer, signer_line
from portal.documents.proofs import Section

BADGE = "dossiers.vehicle_badge"
_KINDS = [
    ["route", "Xe tuyến cố định"],
    ["shuttle", "Xe trung chuyển"],
    ["bus", "Xe buýt"],
    ["taxi", "Xe taxi"],
    ["contract", "Xe hợp đồng"],
    ["container", "Xe công-ten-nơ"],
    ["tractor", "Xe đầu kéo"],
    ["truck", "Xe tải"],
]
FIELDS: tuple[dict[str, Any], ...] = (
    {"name": "badge_kind", "section": "Phù hiệu", "label": "Loại phù hiệu", "kind": "choice", "required": True, "choices": _KINDS},
    {"name": "plate", "section": "Phù hiệu", "label": "Biển số xe", "kind": "text", "required": True, "max_length": 15},
    {"name": "years", "section": "Phù hiệu", "label": "Số năm có giá trị", "kind": "number", "required": True, "min": 1, "max": 7,
     "help": "Không quá niên hạn sử dụng của xe."},
    {"name": "inspected", "section": "Kiểm tra", "label": "Đăng kiểm của xe", "kind": "text", "required": True, "max_length": 200,
     "help": "Số giấy và hạn đăng kiểm đã tra cứu. Ghi trong hồ sơ, không in trên phù hiệu."},
)  # fmt: skip


def last_day(values: Mapping[str, str], decided_on: date) -> date:
    """So many years after the decision; what was decided on a 29 February ends on a 28th."""
    day = min(decided_on.day, 28) if decided_on.month == 2 else decided_on.day
    return decided_on.replace(year=decided_on.year + int(values["years"]), day=day)


def context(decision: Decision) -> dict[str, Any]:
    """The badge: for which vehicle of which business, of which kind, valid until when."""
    dossier, values, number = decision.dossier, decision.values, decision.number
    assert number is not None and dossier.decided_at is not None
    day = timezone.localdate(dossier.decided_at)
    badge = [
        Fact("Loại phù hiệu", dict(_KINDS)[values["badge_kind"]]),
        Fact("Biển số xe", values["plate"].upper()),
        Fact("Đơn vị kinh doanh vận tải", dossier.owner_name),
        Fact("Có giá trị đến", last_day(values, day).isoformat(), "date"),
    ]
    return {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "code": dossier.code,
        "number": number.number_words,
        "issued_on": f"{day:%d/%m/%Y}",
        "sections": fact_sections([("", badge)]),
        **signer(decision.signer_label),
    }


def content(context: Mapping[str, Any], unit_name: str) -> list[Section]:
    """Everything that the badge prints, for comparing a print."""
    return [
        section("", [("Số phù hiệu", context["number"])]),
        *compared(context["sections"]),
        section(
            "Cấp phù hiệu",
            [("Cơ quan cấp", unit_name), ("Ngày cấp", context["issued_on"]), ("Người ký", signer_line(context))],
        ),
    ]


OUTCOME = Outcome(
    kind=BADGE,
    title="Phù hiệu xe kinh doanh vận tải",
    template="documents/vehicle_badge.html",
    context=context,
    content=content,
    register=Register("vehicle_badge", number_label="Số phù hiệu", has_books=False),
    fields=FIELDS,
    beforehand={"badge_kind": "badge_kind", "plate": "plate", "years": "years"},
    signer_words="lãnh đạo Sở Xây dựng",
    subject_name="plate",
    valid_until=last_day,
)
