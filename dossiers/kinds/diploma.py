"""1.004889, recognition of a foreign school diploma: what it ends in (Circular 13/2021/TT-BGDĐT)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone

from dossiers.outcomes import Decision, Outcome
from dossiers.registers import Register
from dossiers.slips import Fact, compared, fact_sections, section, signer, signer_line
from portal.documents.proofs import Section

RECOGNITION = "dossiers.diploma_recognition"
_EQUALS = [
    ["lower", "Bằng tốt nghiệp trung học cơ sở"],
    ["upper", "Bằng tốt nghiệp trung học phổ thông"],
    ["programme", "Giấy chứng nhận hoàn thành chương trình giáo dục phổ thông"],
]
FIELDS: tuple[dict[str, Any], ...] = (
    {"name": "name", "section": "Văn bằng", "label": "Người có văn bằng", "kind": "name", "required": True, "max_length": 100},
    {"name": "birth_date", "section": "Văn bằng", "label": "Ngày sinh", "kind": "date", "required": True},
    {"name": "title", "section": "Văn bằng", "label": "Tên văn bằng", "kind": "text", "required": True, "max_length": 200},
    {"name": "school", "section": "Văn bằng", "label": "Trường cấp bằng", "kind": "text", "required": True, "max_length": 200},
    {"name": "country", "section": "Văn bằng", "label": "Nước", "kind": "name", "required": True, "max_length": 60},
    {"name": "issued_on", "section": "Văn bằng", "label": "Ngày cấp văn bằng", "kind": "date", "required": True},
    {"name": "diploma_number", "section": "Văn bằng", "label": "Số hiệu văn bằng", "kind": "text", "max_length": 40},
    {"name": "equals", "section": "Công nhận", "label": "Công nhận tương đương", "kind": "choice", "required": True, "choices": _EQUALS},
    {"name": "verified", "section": "Công nhận", "label": "Đã xác minh bằng cách nào", "kind": "long_text", "required": True,
     "max_length": 500, "help": "Ghi trong hồ sơ, không in trên giấy công nhận."},
)  # fmt: skip


def context(decision: Decision) -> dict[str, Any]:
    """The recognition: whose diploma, of which school, equal to which of ours (Circular 13/2021/TT-BGDĐT annex II)."""
    dossier, values, number = decision.dossier, decision.values, decision.number
    assert number is not None
    diploma = [
        Fact("Văn bằng", values.get("title")),
        Fact("Số hiệu", values.get("diploma_number")),
        Fact("Do", values.get("school")),
        Fact("Nước", values.get("country")),
        Fact("Cấp ngày", values.get("issued_on"), "date"),
    ]
    holder = [Fact("Cấp cho", values.get("name", "").upper()), Fact("Sinh ngày", values.get("birth_date"), "date")]
    equal = [Fact("Tương đương", dict(_EQUALS)[values["equals"]])]
    return {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "code": dossier.code,
        "number": number.number_words,
        "decided_on": f"{timezone.localtime(dossier.decided_at):%d/%m/%Y}",
        "sections": fact_sections([("Công nhận văn bằng", diploma), ("Người có văn bằng", holder), ("Giá trị", equal)]),
        **signer(decision.signer_label),
    }


def content(context: Mapping[str, Any], unit_name: str) -> list[Section]:
    """Everything that the recognition prints, for comparing a print."""
    return [
        section("", [("Số vào sổ", context["number"])]),
        *compared(context["sections"]),
        section(
            "Cấp giấy công nhận",
            [("Cơ quan công nhận", unit_name), ("Ngày công nhận", context["decided_on"]), ("Người ký", signer_line(context))],
        ),
    ]


OUTCOME = Outcome(
    kind=RECOGNITION,
    title="Giấy công nhận văn bằng",
    template="documents/diploma_recognition.html",
    context=context,
    content=content,
    register=Register("diploma", number_label="Số vào sổ", has_books=False),
    fields=FIELDS,
    beforehand={
        "name": "holder_name",
        "birth_date": "holder_birth_date",
        "title": "diploma_title",
        "school": "school_name",
        "country": "school_country",
        "issued_on": "diploma_date",
        "diploma_number": "diploma_number",
        "equals": "diploma_kind",
    },
    # Circular 13/2021/TT-BGDĐT art. 7: the director of the department recognises diplomas of general education.
    signer_words="lãnh đạo Sở Giáo dục và Đào tạo",
    subject_name="holder_name",
    identity_numbers=("holder_id_number",),
)
