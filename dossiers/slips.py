"""What stands in the documents of a dossier: plain values, computed once, sealed with the document (requirement D-10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from dossiers.conditions import shown_fields
from dossiers.forms import shown
from dossiers.models import Dossier
from dossiers.terms import Terms
from portal.documents.proofs import Section, masked

RECEIPT = "dossiers.receipt"
BIRTH_CERTIFICATE = "dossiers.birth_certificate"


def moment(at: datetime | None) -> str:
    """A moment as slips write it: ``10:00 ngày 20/11/2026`` (Vietnamese time)."""
    return f"{timezone.localtime(at):%H:%M ngày %d/%m/%Y}" if at else ""


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
    """Labels and answers of a dossier as a person reads them, in the order of its form."""
    answers = dossier.answers or {}
    fields = shown_fields(dossier.form_version.fields, answers)
    return [(field["label"], shown(field, str(answers.get(field["name"], "")))) for field in fields]


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
        "papers": [{"label": label, "copies": copies} for label, copies in papers.items()],
        "limit": terms.limit_words,
        "received_at": moment(dossier.received_at),
        "due_at": moment(dossier.due_at),
        "result_at": "Tài khoản của người nộp trên Cổng Dịch vụ công Quốc gia",
        "officer": dossier.officer_label,
    }


def receipt_content(context: Mapping[str, Any], unit_name: str) -> list[Section]:
    """Everything that slip 01 prints of its dossier, for comparing a print."""
    papers = "; ".join(f"{paper['label']} ({paper['copies']})" for paper in context["papers"])
    lines = [
        ("Mã hồ sơ", context["code"]),
        ("Cơ quan tiếp nhận", unit_name),
        ("Người nộp", f"{context['applicant_name']} ({context['channel'].lower()})"),
        ("Chủ hồ sơ", context["owner_name"]),
        ("Nội dung yêu cầu giải quyết", f"{context['procedure_name']} ({context['procedure_code']})"),
        ("Thành phần hồ sơ", f"Tờ khai điện tử (1); {papers}" if papers else "Tờ khai điện tử (1)"),
        ("Thời gian giải quyết theo quy định", context["limit"]),
        ("Thời gian nhận hồ sơ", context["received_at"]),
        ("Thời gian trả kết quả", context["due_at"]),
        ("Nhận kết quả tại", context["result_at"]),
        ("Người tiếp nhận", context["officer"]),
    ]
    return [_section("", lines)]


def birth_certificate_context(dossier: Dossier, *, registration_number: str, book: str, signer_label: str) -> dict[str, Any]:
    """Giấy khai sinh: what its form asks for and the dossier knows, in the form's order; empty fields are left out.

    Law on Civil Status 2014 art. 14.1 says what belongs there (of a parent the year of birth, no number of identity); the form is that of
    Circular 04/2020/TT-BTP as amended by Circular 04/2024/TT-BTP. ``signer_label`` is ``<name>, <title>``.
    """
    answers = {name: str(value) for name, value in (dossier.answers or {}).items() if value}
    sexes = {"female": "Nữ", "male": "Nam"}
    name, _, title = signer_label.partition(", ")
    context = {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "code": dossier.code,
        "registration_number": registration_number,
        "book": book,
        "child_name": answers["child_name"].upper(),
        "child_birth_date": shown({"kind": "date"}, answers["child_birth_date"]),
        "child_birth_words": day_in_words(answers["child_birth_date"]),
        "child_sex": sexes[answers["child_sex"]],
        "child_ethnicity": answers.get("child_ethnicity", ""),
        "child_nationality": answers.get("child_nationality", ""),
        "birth_place": answers["birth_place"],
        "child_home_town": answers.get("child_home_town", ""),
        "child_id_number": answers.get("child_id_number", ""),
        "requester_name": answers.get("requester_name") or dossier.applicant_name,
        "requester_id_number": _requester_id_number(answers, dossier.applicant_name),
        "registered_on": f"{timezone.localtime(dossier.decided_at):%d/%m/%Y}",
        "signer_name": name,
        "signer_title": title,
    }
    for parent in ("mother", "father"):
        for part in ("name", "ethnicity", "nationality", "address"):
            context[f"{parent}_{part}"] = answers.get(f"{parent}_{part}", "")
        context[f"{parent}_birth_year"] = answers.get(f"{parent}_birth_date", "")[:4]
    return context


def _requester_id_number(answers: Mapping[str, str], applicant_name: str) -> str:
    """The number of who had the birth registered: declared, or that of the parent who filed.

    Dossiers of before the form asked who files know the parent by the name.
    """
    if "requester_id_number" in answers:
        return answers["requester_id_number"]
    role = answers.get("applicant_role", "mother" if answers.get("mother_name") == applicant_name else "")
    return answers.get(f"{role}_id_number", "")


def birth_certificate_content(context: Mapping[str, Any], unit_name: str) -> list[Section]:
    """Everything that the birth certificate prints, for comparing a print; numbers of identity by their last digits."""
    known = context.get
    return [
        _section("", [("Số", known("registration_number")), ("Quyển số", known("book"))]),
        _section(
            "Người được khai sinh",
            [
                ("Họ, chữ đệm, tên", known("child_name")),
                ("Ngày, tháng, năm sinh", known("child_birth_date")),
                ("Ghi bằng chữ", known("child_birth_words")),
                ("Giới tính", known("child_sex")),
                ("Dân tộc", known("child_ethnicity")),
                ("Quốc tịch", known("child_nationality")),
                ("Nơi sinh", known("birth_place")),
                ("Quê quán", known("child_home_town")),
                ("Số định danh cá nhân", _masked(known("child_id_number"))),
            ],
        ),
        *(
            _section(
                heading,
                [
                    ("Họ, chữ đệm, tên", known(f"{parent}_name")),
                    ("Năm sinh", known(f"{parent}_birth_year")),
                    ("Dân tộc", known(f"{parent}_ethnicity")),
                    ("Quốc tịch", known(f"{parent}_nationality")),
                    ("Nơi cư trú", known(f"{parent}_address")),
                ],
            )
            for parent, heading in (("mother", "Người mẹ"), ("father", "Người cha"))
        ),
        _section(
            "Người đi khai sinh",
            [
                ("Họ, chữ đệm, tên", known("requester_name")),
                ("Giấy tờ tùy thân: số định danh cá nhân", _masked(known("requester_id_number"))),
            ],
        ),
        _section(
            "Đăng ký",
            [
                ("Nơi đăng ký khai sinh", unit_name),
                ("Ngày, tháng, năm đăng ký", known("registered_on")),
                ("Người ký giấy khai sinh", ", ".join(part for part in (known("signer_name"), known("signer_title")) if part)),
            ],
        ),
    ]


def _masked(id_number: str | None) -> str:
    return masked(id_number) if id_number else ""


def _section(heading: str, lines: list[tuple[str, str | None]]) -> Section:
    return Section(heading, tuple((label, value) for label, value in lines if value))
