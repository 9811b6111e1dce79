"""The paper of a frozen year, with the portal's seal: what it prints, what a print is compared with, what came later."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import override

from portal.documents.models import Document
from portal.documents.proofs import Section
from portal.ui.tags import number
from ratings.models import FrozenYear

KIND = "ratings.year"
CLASS_WORDS = {
    "excellent": "Xuất sắc", "good": "Tốt", "fair": "Khá", "average": "Trung bình", "weak": "Yếu", "": "Chưa xếp loại",
}  # fmt: skip
KIND_WORDS = {"ministry": "Bộ, ngành", "province": "Tỉnh, thành phố trực thuộc trung ương"}


def ranking_of(row: FrozenYear) -> list[tuple[str, list[dict[str, Any]]]]:
    """Ministries and provinces of an edition, the best first, as pages and the paper show them."""
    columns, rows = row.summary["results"]["columns"], row.summary["results"]["rows"]
    named = [dict(zip(columns, line, strict=True)) for line in rows]
    return [(kind, [{**line, "class_words": CLASS_WORDS[line["class"]]} for line in named if line["kind"] == kind]) for kind in KIND_WORDS]


def points_words(total: str) -> str:
    """Points of a file (``81.05``) as Vietnamese is written."""
    with override("vi"):
        return number(Decimal(total)) if total else "–"


def paper_context(row: FrozenYear) -> dict[str, Any]:
    """What the paper prints, as JSON values."""
    assert row.frozen_at is not None
    return {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "facts": [
            ["Năm", str(row.year)],
            ["Lần công bố", str(row.edition)],
            *([["Lý do công bố lại", row.reason]] if row.reason else []),
            ["Số liệu chốt lúc", f"{timezone.localtime(row.frozen_at):%H:%M ngày %d/%m/%Y}"],
            ["Số cơ quan, đơn vị", str(row.summary["agencies"])],
            ["Tiêu chí chưa có nguồn số liệu, không tính", ", ".join(row.summary["left_out"]) or "Không có"],
            ["Quy tắc tính của phần mềm", row.summary["rules"]],
            ["SHA-256 của tệp dữ liệu", row.sha256],
        ],
        "groups": [
            {
                "heading": KIND_WORDS[kind],
                "lines": [[str(line["rank"] or "–"), line["name"], points_words(line["total"]), line["class_words"]] for line in lines],
            }
            for kind, lines in ranking_of(row)
            if lines
        ],
        "criteria": [[line["code"], line["name"], points_words(line["points"])] for line in row.summary["criteria"]],
    }


def sections_of(context: Mapping[str, Any], unit_name: str) -> list[Section]:
    """Everything that the paper prints, for comparing a print."""
    return [
        Section("", tuple((label, value) for label, value in context["facts"])),
        *(
            Section(group["heading"], tuple((f"{rank}. {name}", f"{points} · {words}") for rank, name, points, words in group["lines"]))
            for group in context["groups"]
        ),
        Section("Tiêu chí", tuple((f"{code} {name}", points) for code, name, points in context["criteria"])),
    ]


def later_edition(document: Document) -> str:
    """That another edition was published, for the proof page; empty for none."""
    row = FrozenYear.objects.filter(pk=document.subject_id).first()
    if row is None:
        return ""
    later = FrozenYear.objects.filter(year=row.year, edition__gt=row.edition, state=FrozenYear.PUBLISHED).order_by("-edition").first()
    return f"Kết quả năm {row.year} đã được công bố lại, lần {later.edition}. Lý do: {later.reason}" if later else ""
