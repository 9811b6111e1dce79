"""PDFs: fonts inside, every Vietnamese letter, tagged, and nothing read from outside."""

from __future__ import annotations

import subprocess
import unicodedata
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pyhanko.pdf_utils.reader import PdfFileReader

from portal.documents import rendering
from portal.documents.models import Document
from tests.documents.conftest import OWNER

VOWELS = "aăâeêioôơuưy"
TONES = ("", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323")
LETTERS = "".join(unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES) + "đ"


def tool(name: str, *arguments: str) -> str:
    return subprocess.run([name, *arguments], capture_output=True, text=True, check=True, timeout=30).stdout


@pytest.fixture
def pdf(db: None, specimen: None, tmp_path: Path) -> Path:
    document = Document(
        key="x",
        kind="receipt",
        title="Giấy tiếp nhận hồ sơ",
        unit_code="H26.101",
        subject_id=uuid4(),
        template="documents/specimen.html",
        by_person=False,
        context={"owner": f"{OWNER} {LETTERS} {LETTERS.upper()} “–” <b>&"},
    )
    file = tmp_path / "made.pdf"
    file.write_bytes(rendering.render_pdf(document, at=timezone.now()))
    return file


def test_every_letter_is_there_in_a_font_of_ours(pdf: Path) -> None:
    text = unicodedata.normalize("NFC", "".join(tool("pdftotext", str(pdf), "-").split()))
    assert LETTERS in text and LETTERS.upper() in text
    assert "“–”<b>&" in text
    fonts = tool("pdffonts", str(pdf)).splitlines()[2:]
    assert fonts and all("Be-Vietnam-Pro" in line for line in fonts)
    assert all(line.split()[-5:-2] == ["yes", "yes", "yes"] for line in fonts), "embedded, subset, with Unicode"


def test_it_tells_its_title_language_and_structure(pdf: Path) -> None:
    facts = tool("pdfinfo", str(pdf))
    assert "Giấy tiếp nhận hồ sơ" in facts
    assert "Tagged:          yes" in facts
    with pdf.open("rb") as file:
        assert PdfFileReader(file).root["/Lang"] == "vi"
    assert "A4" in facts
    assert "H1" in tool("pdfinfo", "-struct", str(pdf))


def test_the_code_leads_to_the_proof_page(pdf: Path, settings: Any) -> None:
    document = Document(token="t" * 32)
    assert rendering.proof_url(document) == f"{settings.SITE_URL}/xac-minh/{'t' * 32}/"
    assert rendering.qr_svg("a") != rendering.qr_svg("b")
    assert f"{settings.SITE_URL}/xac-minh/" in "".join(tool("pdftotext", str(pdf), "-").split())


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "https://example.org/a.png",
        "http://127.0.0.1:1/a.png",
        "//example.org/a.png",
        "../portal/settings/base.py",
        "%2e%2e/portal/settings/base.py",
        "..%2f..%2fetc/passwd",
        "/etc/passwd",
        "documents/",
        "data:image/png;base64,AAAA",
    ],
)
def test_nothing_outside_static_can_be_reached(address: str) -> None:
    with pytest.raises(rendering.ResourceRefused):
        rendering.html_to_pdf(f'<html lang="vi"><title>x</title><img alt="x" src="{address}">')


def test_a_style_sheet_cannot_reach_out_either() -> None:
    with pytest.raises(rendering.ResourceRefused):
        rendering.html_to_pdf('<html lang="vi"><title>x</title><style>@import url("https://example.org/a.css");</style>x')
