"""What a certified copy says: the page with the agency's wording, what a print is compared with, the receipt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings

from dossiers.copies import rules
from dossiers.models import CertifiedCopy
from dossiers.slips import moment, money, section
from portal.documents.models import Document
from portal.documents.proofs import Section
from portal.documents.units import unit_name
from portal.files.models import StoredFile

PROCEDURE = "Chứng thực bản sao từ bản chính"


def public_title(title: str) -> str:
    """What a stranger with the QR code reads."""
    return f"Bản sao điện tử được chứng thực: {title}"[:300]


def day_in_words(day: date) -> str:
    """A day as papers write it."""
    return f"ngày {day.day:02d} tháng {day.month:02d} năm {day.year}"


def context(row: CertifiedCopy, day: date) -> dict[str, Any]:
    """The page behind the scans, from a row that has its number, wording and signer."""
    assert row.wording is not None
    values = {
        "so": row.number_words,
        "ngay": day_in_words(day),
        "co_quan": unit_name(row.unit_code, on=day),
        "nguoi_ky": row.signer_label,
        "giay_to": row.title,
        "so_trang": row.pages,
    }
    original = [
        ("Giấy tờ", row.title),
        ("Số của bản chính", row.original_number or ""),
        ("Nơi cấp bản chính", row.original_issuer),
        ("Ngày cấp bản chính", f"{row.original_issued_on:%d/%m/%Y}" if row.original_issued_on else ""),
        ("Người yêu cầu", row.requester_name or ""),
        ("Số trang", str(row.pages)),
        ("Thay cho số", row.replaces.number_words if row.replaces is not None else ""),
    ]
    return {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "number": row.number_words,
        "certified_on": f"{day:%d/%m/%Y}",
        "words": rules.filled(row.wording.words, values),
        "original": [{"label": label, "value": value} for label, value in original if value],
        "signer": row.signer_label,
        "charge": money(row.charge),
    }


def content(said: Mapping[str, Any], unit: str) -> list[Section]:
    """Everything that the page of the wording prints, for comparing a print."""
    lines = [
        ("Số chứng thực", said["number"]),
        ("Cơ quan chứng thực", unit),
        ("Ngày", said["certified_on"]),
        *((line["label"], line["value"]) for line in said["original"]),
        ("Lời chứng", said["words"]),
        ("Người ký", said["signer"]),
        ("Phí", said["charge"]),
    ]
    return [section("", lines)]


def pages_of(document: Document) -> Iterator[StoredFile]:
    """The scans that stand before the wording (`portal.documents.pages`)."""
    row = CertifiedCopy.objects.filter(document=document).first()
    if row is not None:
        yield from (scan.file for scan in row.scans.select_related("file").order_by("position"))


def receipt_context(row: CertifiedCopy, *, payer: str, officer: str, now: datetime) -> dict[str, Any]:
    """A receipt for the charge in cash."""
    return {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "code": row.number_words,
        "procedure_name": PROCEDURE,
        "number": row.receipt_number,
        "payer": payer,
        "lines": [{"name": f"{line['name']}: {line['number']} trang", "amount": money(line["amount"])} for line in row.charge_lines],
        "amount": money(row.charge),
        "is_back": False,
        "reason": "",
        "officer": officer,
        "at": moment(now),
    }
