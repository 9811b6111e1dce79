"""What stands in the documents of counters: what was digitised, cash that was taken, a dossier that was handed over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from dossiers.models import CounterFiling, CounterPaper, Dossier, Handover
from dossiers.slips import in_bytes, moment, money, section
from portal.documents.proofs import Section
from portal.documents.units import unit_name

DIGITISED, CASH, HANDOVER = "dossiers.digitised", "dossiers.cash", "dossiers.handed_over"
DIGITISED_TITLE = "Bảng kê giấy tờ số hóa"
CASH_TITLE = "Biên lai thu tiền mặt"
BACK_TITLE = "Phiếu chi trả lại tiền mặt"
HANDED_TITLE = "Phiếu giao hồ sơ điện tử"
TAKEN_TITLE = "Phiếu nhận hồ sơ điện tử"


def digitised_context(filing: CounterFiling, dossier: Dossier, papers: Iterable[CounterPaper], *, officer: str) -> dict[str, Any]:
    """Every paper with its class, index and the hash of its file (Decree 45/2020/NĐ-CP art. 25)."""
    return {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "code": dossier.code,
        "procedure_name": dossier.procedure_name,
        "applicant_name": dossier.filed_by_words,
        "channel": dossier.get_channel_display(),
        "made_at": moment(dossier.submitted_at),
        "officer": officer,
        "papers": [
            {
                "label": paper.label,
                "how": "Lấy từ kho giấy tờ" if paper.from_store_id else paper.get_how_display(),
                "index": index_words(paper),
                "pages": paper.pages,
                "file": f"{paper.file.name}, {in_bytes(paper.file.size)}" if paper.file is not None else "",
                "sha256": paper.file.sha256 if paper.file is not None else "",
            }
            for paper in papers
        ],
    }


def index_words(paper: CounterPaper) -> str:
    """What a paper says of itself: number, issuer, day."""
    parts = [
        f"số {paper.number}" if paper.number else "",
        paper.issuer,
        f"cấp ngày {paper.issued_on:%d/%m/%Y}" if paper.issued_on else "",
    ]
    return ", ".join(part for part in parts if part)


def digitised_content(context: Mapping[str, Any], unit: str) -> list[Section]:
    """Everything that the list prints of its dossier, for comparing a print."""
    lines = [
        ("Mã hồ sơ", context["code"]),
        ("Cơ quan tiếp nhận", unit),
        ("Người nộp", f"{context['applicant_name']} ({context['channel'].lower()})"),
        ("Nội dung yêu cầu giải quyết", context["procedure_name"]),
        ("Số hóa lúc", context["made_at"]),
        ("Cán bộ số hóa", context["officer"]),
    ]
    papers = [
        (paper["label"], "; ".join(part for part in (paper["how"], paper["index"], paper["file"], paper["sha256"]) if part))
        for paper in context["papers"]
    ]
    return [section("", lines), section("Giấy tờ", papers)]


def cash_context(
    dossier: Dossier, lines: Iterable[tuple[str, int]], *, number: str, amount: int, payer: str, officer: str, at: str, reason: str = ""
) -> dict[str, Any]:
    """A receipt for cash, or the counter-entry that gives it back."""
    return {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "code": dossier.code,
        "procedure_name": dossier.procedure_name,
        "number": number,
        "payer": payer,
        "lines": [{"name": name, "amount": money(amount)} for name, amount in lines],
        "amount": money(abs(amount)),
        "is_back": amount < 0,
        "reason": reason,
        "officer": officer,
        "at": at,
    }


def cash_content(context: Mapping[str, Any], unit: str) -> list[Section]:
    """Everything that the receipt prints, for comparing a print."""
    lines = [
        ("Số", context["number"]),
        ("Đơn vị thu", unit),
        ("Người nhận lại tiền" if context["is_back"] else "Người nộp tiền", context["payer"]),
        ("Mã hồ sơ", context["code"]),
        ("Thủ tục", context["procedure_name"]),
        *((line["name"], line["amount"]) for line in context["lines"]),
        ("Số tiền", context["amount"]),
        ("Lý do", context["reason"]),
        ("Lúc", context["at"]),
        ("Cán bộ", context["officer"]),
    ]
    return [section("", lines)]


def handover_context(
    dossier: Dossier,
    *,
    from_unit: str,
    to_unit: str,
    reason: str,
    paper_along: str,
    officer: str,
    at: str,
    handed: Handover | None = None,
) -> dict[str, Any]:
    """What one agency hands to another; with ``handed``: that the other has taken it."""
    papers = dossier.papers.select_related("file").filter(superseded_at=None)
    return {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "code": dossier.code,
        "procedure_name": dossier.procedure_name,
        "applicant_name": dossier.filed_by_words,
        "owner_name": dossier.owner_name,
        "from_unit": unit_name(from_unit),
        "to_unit": unit_name(to_unit),
        "received_at": moment(dossier.received_at),
        "due_at": moment(dossier.due_at),
        "reason": reason,
        "paper_along": paper_along,
        "files": [
            {"label": paper.label, "name": paper.file.name or "", "size": in_bytes(paper.file.size), "sha256": paper.file.sha256}
            for paper in papers
        ],
        "officer": officer,
        "at": at,
        "handed_by": handed.sent_label if handed is not None else "",
        "handed_at": moment(handed.sent_at) if handed is not None else "",
    }


def handover_content(context: Mapping[str, Any], unit: str) -> list[Section]:
    """Everything that the slip of handing over prints, for comparing a print."""
    lines = [
        ("Mã hồ sơ", context["code"]),
        ("Đơn vị giao", context["from_unit"]),
        ("Đơn vị nhận", context["to_unit"]),
        ("Người nộp", context["applicant_name"]),
        ("Chủ hồ sơ", context["owner_name"]),
        ("Nội dung yêu cầu giải quyết", context["procedure_name"]),
        ("Thời gian nhận hồ sơ", context["received_at"]),
        ("Hẹn trả kết quả (giữ nguyên)", context["due_at"]),
        ("Lý do", context["reason"]),
        ("Giấy kèm theo", context["paper_along"] or "Không, toàn bộ là điện tử"),
        ("Người giao", context["handed_by"] and f"{context['handed_by']}, {context['handed_at']}"),
        ("Cán bộ", f"{context['officer']}, {context['at']}"),
    ]
    files = [(f"{file['label']}: {file['name']}", f"{file['size']}, SHA-256 {file['sha256']}") for file in context["files"]]
    return [section("", lines), section("Tệp điện tử", files)]
