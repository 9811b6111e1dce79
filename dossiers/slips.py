"""What stands in the documents of a dossier: plain values, computed once, sealed with the document (requirement D-10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from dossiers.costs import Limit
from dossiers.models import CounterPaper, Dossier
from dossiers.models.dossier import Channel
from dossiers.post import wishes
from dossiers.reading import lines
from portal.documents.proofs import Section, masked

RECEIPT = "dossiers.receipt"
STOP = "dossiers.stop"
SENT = "dossiers.sent"
SUPPLEMENT = "dossiers.supplement"
APOLOGY = "dossiers.apology"
REFUSAL = "dossiers.refusal"
CONTROL, REGISTER, HANDOVER = "dossiers.control", "dossiers.register", "dossiers.handover"


def moment(at: datetime | None) -> str:
    """A moment as slips write it: ``10:00 ngày 20/11/2026`` (Vietnamese time)."""
    return f"{timezone.localtime(at):%H:%M ngày %d/%m/%Y}" if at else ""


def money(amount: int) -> str:
    """An amount as notices and slips write it: ``24.000 đồng``."""
    return f"{amount:,}".replace(",", ".") + " đồng"


_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")


def number_in_words(number: int) -> str:
    """A whole number from 0 to 9999 as it is read: ``2026`` → ``hai nghìn không trăm hai mươi sáu``."""
    if not 0 <= number <= 9999:
        raise ValueError(f"{number} is not between 0 and 9999")
    thousands, hundreds, tens, units = (int(digit) for digit in f"{number:04d}")
    words = [f"{_DIGITS[thousands]} nghìn"] if thousands else []
    if number % 1000 and (thousands or hundreds):
        words.append(f"{_DIGITS[hundreds]} trăm")
    if tens:
        words.append("mười" if tens == 1 else f"{_DIGITS[tens]} mươi")
    elif units and words:
        words.append("linh")
    if units or not words:
        special = {(1, True): "mốt", (4, True): "tư", (5, True): "lăm"}.get((units, tens > 1))
        words.append("lăm" if tens == 1 and units == 5 else special or _DIGITS[units])
    return " ".join(words)


def day_in_words(iso: str) -> str:
    """A day in words, as civil-status papers repeat it: ``ngày mười lăm, tháng mười một, năm hai nghìn không trăm hai mươi sáu``."""
    day = date.fromisoformat(iso)
    month = "tư" if day.month == 4 else number_in_words(day.month)
    return f"ngày {number_in_words(day.day)}, tháng {month}, năm {number_in_words(day.year)}"


def answers_shown(dossier: Dossier) -> list[tuple[str, str]]:
    """Labels and answers of a dossier as a person reads them, in the order of its form; of a group a line for each row."""
    return [(one.label, one.value) for one in lines(dossier.form_version.fields, dossier.answers or {})]


DECLARATION = {"label": "Tờ khai điện tử", "copies": 1}


def papers_of(dossier: Dossier) -> list[dict[str, Any]]:
    """Papers of a dossier as slips list them: each with how many files it is (one query)."""
    papers: dict[str, int] = {}
    for label in dossier.papers.filter(superseded_at=None).values_list("label", flat=True):
        papers[label] = papers.get(label, 0) + 1
    return [{"label": label, "copies": copies} for label, copies in papers.items()]


def head(dossier: Dossier) -> dict[str, Any]:
    """What every slip of one dossier says first: which it is, of which procedure, who sent it, whose it is."""
    return {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "code": dossier.code,
        "procedure_code": dossier.procedure_code,
        "procedure_name": dossier.procedure_name,
        "applicant_name": dossier.filed_by_words,
        "owner_name": dossier.owner_name,
    }


def _head_lines(context: Mapping[str, Any], unit: tuple[str, str], applicant: str = "") -> list[tuple[str, str]]:
    """The same as a print is compared with; ``unit`` with its label."""
    return [
        ("Mã hồ sơ", context["code"]),
        unit,
        ("Người nộp", applicant or context["applicant_name"]),
        ("Chủ hồ sơ", context["owner_name"]),
        ("Nội dung yêu cầu giải quyết", f"{context['procedure_name']} ({context['procedure_code']})"),
    ]


def receipt_context(dossier: Dossier, limit: Limit) -> dict[str, Any]:
    """Slip 01, giấy tiếp nhận hồ sơ và hẹn trả kết quả (Circular 03/2025/TT-VPCP, annex I; fields: domain.md §5.2)."""
    papers = papers_of(dossier)
    # Handed in at a counter and not digitised: no electronic file.
    if dossier.channel != Channel.ONLINE:
        on_paper = CounterPaper.objects.filter(filing=dossier.pk, how=CounterPaper.How.PAPER)
        papers += [{"label": f"{one.label} (bản giấy)", "copies": 0} for one in on_paper]
    channel = str(dossier.get_channel_display())
    return {
        **head(dossier),
        "channel": channel,
        "filed_words": f"{dossier.filed_by_words} ({channel.lower()})",
        "papers": papers,
        "pieces": [DECLARATION, *papers],
        "limit": f"{limit.words} ({limit.why})" if limit.why else limit.words,
        "received_at": moment(dossier.received_at),
        "due_at": moment(dossier.due_at),
        "result_at": wishes.result_place(dossier.pk),
        "officer": dossier.officer_label,
    }


def receipt_content(context: Mapping[str, Any], unit_name: str) -> list[Section]:
    """Everything that slip 01 prints of its dossier, for comparing a print."""
    papers = "; ".join(f"{paper['label']} ({paper['copies']})" for paper in context["papers"])
    lines = [
        *_head_lines(context, ("Cơ quan tiếp nhận", unit_name), f"{context['applicant_name']} ({context['channel'].lower()})"),
        ("Thành phần hồ sơ", f"Tờ khai điện tử (1); {papers}" if papers else "Tờ khai điện tử (1)"),
        ("Thời gian giải quyết theo quy định", context["limit"]),
        ("Thời gian nhận hồ sơ", context["received_at"]),
        ("Thời gian trả kết quả", context["due_at"]),
        ("Nhận kết quả tại", context["result_at"]),
        ("Người tiếp nhận", context["officer"]),
    ]
    return [section("", lines)]


def in_bytes(size: int) -> str:
    """A size as proofs write it, to the byte: ``124.880 byte``."""
    return f"{size:,}".replace(",", ".") + " byte"


def sent_context(dossier: Dossier) -> dict[str, Any]:
    """That a dossier was sent, when, and each of its files with size and SHA-256: what the sender can prove later."""
    return {
        **head(dossier),
        "submitted_at": moment(dossier.revisions.values_list("sent_at", flat=True).last() or dossier.submitted_at),
        "response_due_at": moment(dossier.response_due_at),
        "files": [
            {"label": paper.label, "name": paper.file.name or "", "size": in_bytes(paper.file.size), "sha256": paper.file.sha256}
            for paper in dossier.papers.select_related("file").filter(superseded_at=None)
        ],
    }


def sent_content(context: Mapping[str, Any], unit_name: str) -> list[Section]:
    """Everything that the confirmation prints of its dossier, for comparing a print."""
    lines = [
        *_head_lines(context, ("Gửi đến", unit_name)),
        ("Gửi lúc", context["submitted_at"]),
        ("Cơ quan trả lời trước", context["response_due_at"]),
    ]
    files = [(f"{file['label']}: {file['name']}", f"{file['size']}, SHA-256 {file['sha256']}") for file in context["files"]]
    return [section("", lines), section("Tệp đã gửi", files)]


def unpaid_reason(amount: int, until: datetime) -> str:
    """Why a dossier is stopped that nobody paid for."""
    return f"Quá hạn nộp phí, lệ phí {money(amount)} (hạn nộp {moment(until)}) mà chưa nhận được tiền."


def stop_context(dossier: Dossier, *, reason: str) -> dict[str, Any]:
    """Slip 05, thông báo dừng giải quyết hồ sơ (Circular 03/2025/TT-VPCP, annex I; fields: domain.md §5.2)."""
    return {
        **head(dossier),
        "received_at": moment(dossier.received_at),
        "stopped_at": moment(dossier.stopped_at),
        "reason": reason,
        "again": "Cần làm lại, bạn nộp hồ sơ mới trên Cổng Dịch vụ công Quốc gia. Giấy tờ đã gửi không phải rút về.",
        "refund": "Khoản chưa nộp được hủy, bạn không phải nộp. Tiền đến sau thông báo này được trả lại cho người đã nộp.",
        "officer": dossier.officer_label,
    }


def stop_content(context: Mapping[str, Any], unit_name: str) -> list[Section]:
    """Everything that slip 05 prints of its dossier, for comparing a print."""
    lines = [
        *_head_lines(context, ("Cơ quan giải quyết", unit_name)),
        ("Thời gian nhận hồ sơ", context["received_at"]),
        ("Dừng giải quyết lúc", context["stopped_at"]),
        ("Lý do", context["reason"]),
        ("Nộp lại hồ sơ", context["again"]),
        ("Phí, lệ phí", context["refund"]),
        ("Cán bộ phụ trách", context["officer"]),
    ]
    return [section("", lines)]


def refusal_context(dossier: Dossier, *, reason: str) -> dict[str, Any]:
    """Slip 03, phiếu từ chối tiếp nhận giải quyết hồ sơ (both circulars; fields: domain.md §5.2)."""
    return {
        **head(dossier),
        "submitted_at": moment(dossier.submitted_at),
        "refused_at": moment(dossier.refused_at),
        "reason": reason,
        "again": "Cần làm lại, bạn nộp hồ sơ mới trên Cổng Dịch vụ công Quốc gia. Giấy tờ đã gửi không phải rút về.",
        "officer": dossier.officer_label,
    }


def apology_context(dossier: Dossier, *, old: datetime, reason: str, signer: str) -> dict[str, Any]:
    """Slip 04, phiếu xin lỗi và hẹn lại ngày trả kết quả (Circular 01/2018/TT-VPCP; fields: domain.md §5.2)."""
    return {
        **head(dossier),
        "received_at": moment(dossier.received_at),
        "old": moment(old),
        "new": moment(dossier.due_at),
        "reason": reason,
        "officer": signer,
    }


def apology_content(context: Mapping[str, Any], unit_name: str) -> list[Section]:
    """Everything that slip 04 prints of its dossier, for comparing a print."""
    lines = [
        ("Kính gửi", context["applicant_name"]),
        ("Mã hồ sơ", context["code"]),
        ("Cơ quan giải quyết", unit_name),
        ("Chủ hồ sơ", context["owner_name"]),
        ("Nội dung yêu cầu giải quyết", f"{context['procedure_name']} ({context['procedure_code']})"),
        ("Thời gian nhận hồ sơ", context["received_at"]),
        ("Đã hẹn trả", context["old"]),
        ("Lý do chậm", context["reason"]),
        ("Hẹn lại", context["new"]),
        ("Người thay mặt cơ quan", context["officer"]),
    ]
    return [section("", lines)]


def masked_or_nothing(id_number: str | None) -> str:
    """A number of identity as a comparison shows it; empty where there is none."""
    return masked(id_number) if id_number else ""


def section(heading: str, lines: Iterable[tuple[str, str | None]]) -> Section:
    """A part of what is printed, without its empty lines."""
    return Section(heading, tuple((label, value) for label, value in lines if value))


def signer(label: str) -> dict[str, str]:
    """Name and title of a signer (``<name>, <title>``), as documents print them under the signature."""
    name, _, title = label.partition(", ")
    return {"signer_name": name, "signer_title": title}


def signer_line(context: Mapping[str, Any]) -> str:
    """The signer as a comparison shows them."""
    return ", ".join(part for part in (context.get("signer_name"), context.get("signer_title")) if part)
