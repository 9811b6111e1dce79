"""What slips, events and pages say of a request to complete. No query but for its defects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from dossiers import slips
from dossiers.models import Dossier, SupplementRequest
from portal.documents.proofs import Section

CONSEQUENCES = {
    (SupplementRequest.Missed.STOP, True): _("Quá hạn mà chưa bổ sung, cơ quan dừng giải quyết hồ sơ; cần làm tiếp thì nộp hồ sơ mới."),
    (SupplementRequest.Missed.STOP, False): _("Quá hạn mà chưa bổ sung, hồ sơ không được tiếp nhận; cần làm tiếp thì nộp hồ sơ mới."),
    (SupplementRequest.Missed.LEAVE, True): _("Quá hạn mà chưa bổ sung, cán bộ giải quyết tiếp theo những gì đã có trong hồ sơ."),
    (SupplementRequest.Missed.LEAVE, False): _("Quá hạn mà chưa bổ sung, cán bộ xem lại hồ sơ theo những gì đã có."),
}
CLOCKS = {
    SupplementRequest.Clock.PAUSE: _("Thời hạn giải quyết tạm dừng và chạy tiếp khi bổ sung xong."),
    SupplementRequest.Clock.RESTART: _("Thời hạn giải quyết được tính lại từ đầu khi bổ sung xong."),
}


def consequence(request: SupplementRequest) -> str:
    """What follows when nobody answers in time."""
    return str(CONSEQUENCES[SupplementRequest.Missed(request.when_missed), request.is_after_reception])


def clock_words(request: SupplementRequest) -> str:
    """What becomes of the agency's time; before reception it has not begun."""
    if not request.is_after_reception:
        return str(_("Thời hạn giải quyết chưa bắt đầu: tính từ khi hồ sơ được tiếp nhận."))
    return str(CLOCKS[SupplementRequest.Clock(request.clock)])


def summary(request: SupplementRequest) -> str:
    """The request in one line, for the event: ``Giấy chứng sinh: mờ, …; Họ tên cha: …``."""
    return "; ".join(f"{one.label}: {one.reason_label[:1].lower()}{one.reason_label[1:]}" for one in request.defects.all())


def missed_reason(request: SupplementRequest) -> str:
    """Why a dossier ends that nobody completed."""
    return f"Quá hạn bổ sung hồ sơ (hạn {slips.moment(request.until)}) mà chưa nhận được: {summary(request)}."


def request_context(dossier: Dossier, request: SupplementRequest) -> dict[str, Any]:
    """Slip 02, phiếu yêu cầu bổ sung, hoàn thiện hồ sơ (Circular 03/2025/TT-VPCP, annex I; fields: domain.md §5.2)."""
    with translation.override("vi"):
        after, clock = consequence(request), clock_words(request)
    return {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "code": dossier.code,
        "procedure_code": dossier.procedure_code,
        "procedure_name": dossier.procedure_name,
        "applicant_name": dossier.filed_by_words,
        "owner_name": dossier.owner_name,
        "number": request.number,
        "defects": [
            {"kind": one.get_kind_display(), "label": one.label, "reason": one.reason_label, "words": one.words or ""}
            for one in request.defects.all()
        ],
        "words": request.words or "",
        "asked_at": slips.moment(request.asked_at),
        "until": slips.moment(request.until),
        "consequence": after,
        "clock": clock,
        "how": "Trả lời trên Cổng Dịch vụ công Quốc gia, trang hồ sơ, mục “Bổ sung hồ sơ”.",
        "officer": request.asked_label,
        "approved": request.approved_label,
    }


def request_content(context: Mapping[str, Any], unit_name: str) -> list[Section]:
    """Everything that slip 02 prints of its dossier, for comparing a print."""
    lines = [
        ("Mã hồ sơ", context["code"]),
        ("Cơ quan giải quyết", unit_name),
        ("Người nộp", context["applicant_name"]),
        ("Chủ hồ sơ", context["owner_name"]),
        ("Nội dung yêu cầu giải quyết", f"{context['procedure_name']} ({context['procedure_code']})"),
        ("Yêu cầu lần", str(context["number"])),
        ("Yêu cầu lúc", context["asked_at"]),
        ("Bổ sung trước", context["until"]),
        ("Ghi chú của cán bộ", context["words"]),
        ("Thời hạn giải quyết", context["clock"]),
        ("Nếu quá hạn", context["consequence"]),
        ("Cách bổ sung", context["how"]),
        ("Người hướng dẫn", context["officer"]),
        ("Người duyệt", context["approved"]),
    ]
    defects = [(one["label"], f"{one['reason']}. {one['words']}".strip()) for one in context["defects"]]
    return [slips.section("", lines), slips.section("Phải bổ sung", defects)]
