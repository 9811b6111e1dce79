"""What stands on the papers of a dossier, and that every printed line can be compared."""

from __future__ import annotations

import re
import subprocess
import unicodedata
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossiers import slips
from dossiers.models import Dossier
from dossiers.outcomes import RESULT, Decision, outcome_for, result_context
from dossiers.registers import RegisterNumber
from dossiers.result_documents.drawing import content as result_content
from dossiers.slip_sets.issuing import content_or
from portal.documents.models import Document
from portal.documents.proofs import in_threes, short_mark
from portal.documents.rendering import document_html, html_to_pdf
from tests.dossiers.support import NOW, decided, received
from tests.factories import make_officer_actor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_data")]
UNIT = "Ủy ban nhân dân phường Hoàn Kiếm"
FULL = {
    "applicant_role": "authorised",
    "child_name": "Trần Thị Bé Thử",
    "child_birth_date": "2026-11-15",
    "child_sex": "female",
    "child_ethnicity": "Kinh",
    "child_nationality": "Việt Nam",
    "child_home_town": "Xã Ví Dụ, tỉnh Thử Nghiệm",
    "birth_place": "Bệnh viện Thử Nghiệm, phường Hoàn Kiếm, thành phố Hà Nội",
    "mother_name": "Nguyễn Thị Mẫu",
    "mother_id_number": "001195000001",
    "mother_birth_date": "1995-05-20",
    "mother_address": "Số 1 phố Ví Dụ, phường Hoàn Kiếm",
    "father_name": "Trần Văn Thử",
    "father_id_number": "001093000002",
    "father_birth_date": "1993-02-03",
    "father_address": "Số 2 phố Ví Dụ, phường Hoàn Kiếm",
    "requester_name": "Trần Văn Thử",
    "requester_id_number": "001093000002",
}


def certificate(**answers: Any) -> Document:
    """A birth certificate, with other answers than the form of the day asks for."""
    document = decided().document
    if answers:
        dossier = Dossier.objects.get(documents__document=document)
        dossier.answers = answers
        outcome = outcome_for(dossier)
        assert outcome is not None
        decision = Decision(dossier, {}, RegisterNumber(2026, 125, 1), "Phạm Thị Minh Họa, Phó Chủ tịch")
        document.context |= result_context(outcome, decision)
    return document


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def pdf_text(html: str, path: Path) -> tuple[str, str]:
    """Words of the PDF without blanks, and what ``pdfinfo`` says of it."""
    path.write_bytes(html_to_pdf(html))
    words = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout
    info = subprocess.run(["pdfinfo", str(path)], capture_output=True, text=True, check=True).stdout
    return unicodedata.normalize("NFC", "".join(words.split())), info


def test_the_birth_certificate_follows_the_order_of_its_form(tmp_path: Path) -> None:
    document = certificate(**FULL)
    html = document_html(document, at=NOW)
    words = text_of(html)
    order = [
        "Giấy khai sinh", "Số: 125/2026", "TRẦN THỊ BÉ THỬ", "15/11/2026",
        "ngày mười lăm, tháng mười một, năm hai nghìn không trăm hai mươi sáu", "Giới tính Nữ", "Dân tộc Kinh", "Quốc tịch Việt Nam",
        "Nơi sinh Bệnh viện Thử Nghiệm", "Quê quán Xã Ví Dụ",
        "Người mẹ", "Nguyễn Thị Mẫu", "Năm sinh 1995", "Nơi cư trú Số 1 phố Ví Dụ",
        "Người cha", "Trần Văn Thử", "Năm sinh 1993", "Nơi cư trú Số 2 phố Ví Dụ",
        "Người đi khai sinh", "Trần Văn Thử", "Giấy tờ tùy thân Số định danh cá nhân 001093000002",
        "Đăng ký", f"Nơi đăng ký khai sinh {UNIT}", "Ngày, tháng, năm đăng ký 20/11/2026",
        short_mark(document.token), in_threes(document.context["proof_number"]),
        "Người ký giấy khai sinh", "Phó Chủ tịch", "Phạm Thị Minh Họa",
    ]  # fmt: skip
    at = 0
    for part in order:
        assert part in words[at:], part
        at = words.index(part, at) + len(part)
    assert "001195000001" not in words, "the law does not put a parent's number on the certificate"
    packed, info = pdf_text(html, tmp_path / "a.pdf")
    assert "Pages:           1\n" in info and "A4" in info and "Tagged:          yes" in info
    assert "TRẦNTHỊBÉTHỬ" in packed and "ngàymườilăm,thángmườimột" in packed


def test_a_certificate_without_a_father_has_no_empty_part() -> None:
    answers = {name: value for name, value in FULL.items() if not name.startswith("father")} | {"applicant_role": "grandparent"}
    words = text_of(document_html(certificate(**answers), at=NOW))
    assert "Người cha" not in words and "Người mẹ" in words and "Người đi khai sinh" in words


@pytest.mark.parametrize(("role", "number"), [("mother", "001195000001"), ("father", "001093000002"), ("relative", ""), ("", "")])
def test_who_had_the_birth_registered(role: str, number: str) -> None:
    """Declared, or the parent who filed."""
    answers = {name: value for name, value in FULL.items() if not name.startswith("requester")}
    answers["applicant_role"] = role
    words = text_of(document_html(certificate(**answers), at=NOW)).partition("Người đi khai sinh")[2].partition("Đăng ký")[0]
    assert "Nguyễn Thị Mẫu" in words and re.findall(r"[0-9]{12}", words) == ([number] if number else [])


def compared(document: Document) -> list[str]:
    content = {slips.RECEIPT: content_or(slips.receipt_content), RESULT: result_content}[document.kind]
    return [value for section in content(document.context, UNIT) for _label, value in section.lines]


def printed(document: Document) -> list[str]:
    """Every value of the paper: what stands in its lists and tables, but for masked numbers."""
    html = document_html(document, at=NOW).partition("<main>")[2].partition("</main>")[0]
    return [text_of(value) for value in re.findall(r"<dd>(.*?)</dd>", html, re.S)]


@pytest.mark.parametrize("answers", [{}, FULL, {key: FULL[key] for key in ("child_name", "child_birth_date", "child_sex", "birth_place")}])
def test_every_line_of_a_certificate_can_be_compared(answers: dict[str, str]) -> None:
    """A line left out could be altered unseen."""
    document = certificate(**answers)
    lines = compared(document)
    for value in printed(document):
        assert re.sub(r"[0-9]{8}([0-9]{4})", r"•••• •••• \1", value) in lines, value
    assert not any(re.search(r"\d{12}", line) for line in lines)
    words = text_of(document_html(document, at=NOW))
    for line in lines:
        assert all(part in words for part in re.split(r", (?=Phó|Công)|•••• •••• ", line)), line


def test_every_line_of_a_receipt_can_be_compared() -> None:
    dossier = received(make_officer_actor())
    document = dossier.documents.get(role="receipt").document
    lines = compared(document)
    for value in printed(document):
        assert value in (*lines, "01 bộ"), value
    assert dossier.code in lines
    assert any("Tờ khai điện tử" in line for line in lines) and any(dossier.papers.get().label in line for line in lines)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "không"), (1, "một"), (4, "bốn"), (10, "mười"), (14, "mười bốn"), (15, "mười lăm"), (20, "hai mươi"), (21, "hai mươi mốt"),
        (24, "hai mươi tư"), (25, "hai mươi lăm"), (31, "ba mươi mốt"), (100, "một trăm"), (105, "một trăm linh năm"),
        (110, "một trăm mười"),
        (1999, "một nghìn chín trăm chín mươi chín"), (2000, "hai nghìn"), (2004, "hai nghìn không trăm linh bốn"),
        (2026, "hai nghìn không trăm hai mươi sáu"), (9999, "chín nghìn chín trăm chín mươi chín"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_read_them(number: int, words: str) -> None:
    assert slips.number_in_words(number) == words


def test_no_two_numbers_read_alike() -> None:
    assert len({slips.number_in_words(number) for number in range(10_000)}) == 10_000
    for number in (-1, 10_000):
        with pytest.raises(ValueError, match="between"):
            slips.number_in_words(number)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)))
def test_a_day_in_words_has_day_month_and_year(day: date) -> None:
    first, month, year = slips.day_in_words(day.isoformat()).split(", ")
    assert (first, year) == (f"ngày {slips.number_in_words(day.day)}", f"năm {slips.number_in_words(day.year)}")
    assert month == ("tháng tư" if day.month == 4 else f"tháng {slips.number_in_words(day.month)}")
