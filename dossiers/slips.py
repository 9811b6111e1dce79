"""What stands in the documents of a dossier: plain values, computed once, sealed with the document (requirement D-10)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from dossiers.forms import shown
from dossiers.models import Dossier
from dossiers.terms import Terms
from portal.text import nfc

RECEIPT = "dossiers.receipt"
BIRTH_CERTIFICATE = "dossiers.birth_certificate"


def moment(at: datetime | None) -> str:
    """A moment as slips write it: ``10:00 ngày 20/11/2026`` (Vietnamese time)."""
    return f"{timezone.localtime(at):%H:%M ngày %d/%m/%Y}" if at else ""


def day_in_words(iso: str) -> str:
    """A day as civil-status papers write it: ``15 tháng 11 năm 2026``."""
    year, month, day = iso.split("-")
    return f"{int(day):02d} tháng {int(month):02d} năm {year}"


def initials(name: str) -> str:
    """A name as the proof page shows it to a stranger: ``Nguyễn Thị Mẫu`` → ``N. T. M.``."""
    return " ".join(f"{word[0].upper()}." for word in nfc(name).split())


def answers_shown(dossier: Dossier) -> list[tuple[str, str]]:
    """Labels and answers of a dossier as a person reads them, in the order of its form."""
    answers = dossier.answers or {}
    return [(field["label"], shown(field, str(answers.get(field["name"], "")))) for field in dossier.form_version.fields]


def receipt_context(dossier: Dossier, terms: Terms) -> dict[str, Any]:
    """Slip 01, giấy tiếp nhận hồ sơ và hẹn trả kết quả (Circular 03/2025/TT-VPCP, annex I; fields: domain.md §5.2)."""
    papers: dict[str, int] = {}
    for paper in dossier.papers.all():
        papers[paper.label] = papers.get(paper.label, 0) + 1
    return {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "code": dossier.code,
        "procedure_code": dossier.procedure_code,
        "procedure_name": dossier.procedure_name,
        "channel": dossier.get_channel_display(),
        "applicant_name": dossier.applicant_name,
        "owner_name": dossier.owner_name,
        "owner_initials": initials(dossier.owner_name),
        "papers": [{"label": label, "copies": copies} for label, copies in papers.items()],
        "limit": terms.limit_words,
        "received_at": moment(dossier.received_at),
        "due_at": moment(dossier.due_at),
        "result_at": "Tài khoản của người nộp trên Cổng Dịch vụ công Quốc gia",
        "officer": dossier.officer_label,
    }


def birth_certificate_context(dossier: Dossier, *, registration_number: str, book: str, signer_label: str) -> dict[str, Any]:
    """Giấy khai sinh: what Circular 04/2024/TT-BTP's form asks for and the dossier knows; empty fields are left out."""
    answers = dossier.answers or {}
    sexes = {"female": "Nữ", "male": "Nam"}
    child = str(answers["child_name"])
    return {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "code": dossier.code,
        "registration_number": registration_number,
        "book": book,
        "child_name": child.upper(),
        "child_birth_date": f"{shown({'kind': 'date'}, answers['child_birth_date'])}",
        "child_birth_words": day_in_words(answers["child_birth_date"]),
        "child_sex": sexes[answers["child_sex"]],
        "birth_place": answers["birth_place"],
        "mother_name": answers.get("mother_name", ""),
        "mother_birth_date": shown({"kind": "date"}, answers.get("mother_birth_date", "")),
        "mother_id_number": answers.get("mother_id_number", ""),
        "mother_address": answers.get("mother_address", ""),
        "father_name": answers.get("father_name", ""),
        "requester_name": dossier.applicant_name,
        "registered_on": f"{timezone.localtime(dossier.decided_at):%d/%m/%Y}",
        "owner_initials": initials(child),
        "signer": signer_label,
    }


def masked_facts(document: Any) -> list[tuple[str, str]]:
    """What the proof page tells a stranger about our documents: initials and code, nothing that names anybody."""
    context = document.context or {}
    facts = [("Người được cấp", context.get("owner_initials", "")), ("Mã hồ sơ", context.get("code", ""))]
    return [(label, value) for label, value in facts if value]
