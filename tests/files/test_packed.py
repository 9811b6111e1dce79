"""HEIC, Word, signed files and containers: what is a paper passes; what runs, hides, or unpacks to too much does not."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from asn1crypto import cms
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.files import examine, scan, sniff, words
from portal.files.services import clean_name
from tests.files.making import asic, docx, heic, image, pdf, signed_data, zipped

PIXELS = 80_000_000
MAIN = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>%b</w:body></w:document>'


def rels(kind: str, target: str, *, outside: bool = True) -> dict[str, bytes]:
    """The relationships of a document: one of that kind."""
    mode = ' TargetMode="External"' if outside else ""
    return {
        "word/_rels/document.xml.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"'
            f' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"{mode}/></Relationships>'
        ).encode()
    }


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (heic(), sniff.HEIC),
        (docx(), sniff.WORD),
        (docx(rels("hyperlink", "https://example.org/")), sniff.WORD),
        (docx({"word/media/image1.png": image("PNG")}), sniff.WORD),
        (docx({"word/document.xml": MAIN % b"<w:r><w:instrText> PAGE </w:instrText></w:r><w:t>DDEAUTO la gi</w:t>"}), sniff.WORD),
        (asic({"don.pdf": pdf()}), sniff.ASIC_E),
        (asic({"don.docx": docx(), "anh.jpg": image()}), sniff.ASIC_E),
        (asic({"don.pdf": pdf()}, kind=sniff.ASIC_S), sniff.ASIC_S),
        (signed_data(pdf()), sniff.SIGNED),
        (signed_data(None), sniff.SIGNED),
    ],
)
def test_papers_of_every_kind_are_known_and_pass(content: bytes, kind: str) -> None:
    assert sniff.media_type(content[: sniff.HEAD_BYTES]) == kind
    assert scan.check(content, kind) == ""


def _patched(content: bytes, at: bytes, shift: int, value: bytes) -> bytes:
    place = content.index(at) + shift
    return content[:place] + value + content[place + len(value) :]


def _listed_twice(content: bytes) -> bytes:
    """Two entries of one name: each program shows another one."""
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a") as packed:
        packed.writestr("word/Document.xml", MAIN % b"<w:t>khac</w:t>")
    return out.getvalue()


def _hidden_entry() -> bytes:
    """An entry between two others that the list at the end does not name."""
    other = zipped({"evil.bin": b"MZ" + bytes(50)})
    hidden = other[: other.index(b"PK\1\2")]
    whole = docx()
    entries, directory = whole[: (start := whole.index(b"PK\1\2"))], whole[start:]
    directory = directory[:-6] + struct.pack("<IH", start + len(hidden), 0)
    return entries + hidden + directory


WORD_CASES: list[tuple[bytes, str]] = [
    (docx({"word/vbaProject.bin": b"\xd0\xcf\x11\xe0"}), "word.macros"),
    (
        docx(types='<Override PartName="/word/document.xml" ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>'),
        "word.macros",
    ),
    (docx(rels("vbaProject", "vba.bin", outside=False)), "word.macros"),
    (docx({"word/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}), "word.embedded"),
    (docx({"word/media/image1.emf": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(9)}), "word.embedded"),
    (docx({"customXml/a.zip": zipped({"a": b"b"})}), "word.embedded"),
    (docx({"word/media/x.png": b"MZ" + bytes(60)}), "word.embedded"),
    (docx(rels("oleObject", "embeddings/a.bin", outside=False)), "word.embedded"),
    (docx(rels("aFChunk", "chunk.html", outside=False)), "word.embedded"),
    (docx({"word/activeX/activeX1.xml": b"<a/>"}), "word.active"),
    (docx(rels("attachedTemplate", "https://example.org/t.dotm")), "word.outside"),
    (docx(rels("image", "https://example.org/spy.png")), "word.outside"),
    (docx(rels("hyperlink", "file://server/share")), "word.outside"),
    (docx(rels("hyperlink", "ms-msdt:/id")), "word.outside"),
    (
        docx({"word/document.xml": MAIN % b"<w:r><w:instrText>DD</w:instrText></w:r><w:r><w:instrText>EAUTO c:\\cmd</w:instrText></w:r>"}),
        "word.active",
    ),
    (docx({"word/document.xml": MAIN % b'<w:fldSimple w:instr=" INCLUDEPICTURE &quot;http://example.org/a.png&quot; "/>'}), "word.outside"),
    (docx({"word/media/i.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'}), "word.active"),
    (docx({"word/media/i.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>'}), "word.active"),
    (docx({"word/settings.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}), "zip.obscured"),
    (docx({"word/settings.xml": b"<a>"}), "word.broken"),
    (docx(types=""), "word.broken"),
    (zipped({"word/document.xml": MAIN % b""}), "word.broken"),
    (docx()[:-40], "word.broken"),
    (docx({"word/styles.xml": b"<a>" + b" " * (8 * 1024 * 1024) + b"</a>"}), "zip.bomb"),
    (docx({f"word/media/{n}.txt": b"" for n in range(examine.ZIP_ENTRIES)}), "zip.bomb"),
    (docx({f"word/media/{n}.bin": bytes(range(256)) * 16_000 for n in range(40)}), "zip.bomb"),
    (docx({"../../etc/cron.d/x": b"a"}), "zip.obscured"),
    (docx({"a\\b": b"a"}), "zip.obscured"),
    (_listed_twice(docx()), "zip.obscured"),
    (_hidden_entry(), "zip.obscured"),
    (pdf() + docx(), "zip.obscured"),
    (docx() + pdf(), "zip.obscured"),
    (_patched(docx(), b"PK\1\2", 8, b"\x01\x00"), "zip.encrypted"),
]


@pytest.mark.requirement("D-01")
@pytest.mark.parametrize("number", range(len(WORD_CASES)))
def test_word_documents_that_run_fetch_or_hide_are_refused_in_words_that_help(number: int) -> None:
    content, verdict = WORD_CASES[number]
    assert examine.word(content) == verdict
    assert words.finding(verdict).endswith(".")


@pytest.mark.parametrize(
    ("content", "kind", "verdict"),
    [
        (asic({"don.pdf": pdf(b"<< /S /JavaScript /JS (x) >>")}), sniff.ASIC_E, "pdf.javascript"),
        (asic({"don.docx": docx({"word/vbaProject.bin": b"x"})}), sniff.ASIC_E, "word.macros"),
        (asic({"don.exe": b"MZ" + bytes(90)}), sniff.ASIC_E, "signed.content"),
        (asic({"trong.asice": asic({"a.pdf": pdf()})}), sniff.ASIC_E, "word.broken"),
        (asic({"don.pdf": pdf()}, signatures={}), sniff.ASIC_E, "signed.unsigned"),
        (asic({}), sniff.ASIC_E, "signed.broken"),
        (asic({"a.pdf": pdf(), "b.pdf": pdf()}, kind=sniff.ASIC_S), sniff.ASIC_S, "signed.broken"),
        (asic({"a.pdf": pdf(), "META-INF/run.js": b"alert(1)"}), sniff.ASIC_E, "signed.content"),
        (asic({"a.pdf": pdf()}, signatures={"META-INF/signatures.xml": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a/>'}),
         sniff.ASIC_E, "zip.obscured"),
        (signed_data(b"MZ" + bytes(90)), sniff.SIGNED, "signed.content"),
        (signed_data(signed_data(pdf())), sniff.SIGNED, "signed.content"),
        (signed_data(pdf(b"<< /JS(x) >>")), sniff.SIGNED, "pdf.js"),
        (signed_data(pdf(), signers=0), sniff.SIGNED, "signed.unsigned"),
        (signed_data(pdf())[:-3], sniff.SIGNED, "signed.broken"),
        (cms.ContentInfo({"content_type": "encrypted_data", "content": cms.EncryptedData({"version": 0, "encrypted_content_info": {
            "content_type": "data", "content_encryption_algorithm": {"algorithm": "aes256_cbc", "parameters": b"0" * 16}}})}).dump(),
         sniff.SIGNED, "signed.encrypted"),
        (heic()[:-10], sniff.HEIC, "image.broken"),
        (heic(width=60_000, height=60_000), sniff.HEIC, "image.too_big"),
        (heic() + zipped({"a": b"b"}), sniff.HEIC, "image.broken"),
        (image() + zipped({"a.html": b"<script>"}), "image/jpeg", "image.polyglot"),
        (pdf() + zipped({"a.jar": b"x" * 100}), "application/pdf", "pdf.polyglot"),
        (pdf().replace(b"%%EOF", zipped({"a": b"b"}) + b"\n%%EOF"), "application/pdf", "pdf.polyglot"),
    ],
)  # fmt: skip
def test_what_is_signed_or_hidden_is_looked_into(content: bytes, kind: str, verdict: str) -> None:
    assert scan.check(content, kind) == verdict
    assert words.finding(verdict).endswith(".")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", sniff.SVG),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a --><svg onload="x()"/>', sniff.SVG),
        (b"<!--" * 900, ""),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), sniff.OLE),
        (zipped({"a.txt": b"b"}), sniff.PACKED),
        (zipped({"[Content_Types].xml": b"<a/>", "xl/workbook.xml": b"<a/>"}), sniff.PACKED),
        (b"<html>", ""),
    ],
)
def test_what_is_not_taken_is_known_well_enough_to_say_what_to_do(content: bytes, kind: str) -> None:
    found = sniff.media_type(content)
    assert found == kind
    assert found not in sniff.PAPERS
    assert words.refused_type(found, sniff.PAPERS).endswith(".")


def _mutated() -> Iterator[bytes]:
    yield from (docx(), asic({"a.pdf": pdf()}), signed_data(pdf()), heic())


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_damage_makes_the_examiner_of_packed_files_fail(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from(list(_mutated()))))
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(whole)))
        whole[place : place + data.draw(st.integers(0, 30))] = data.draw(
            st.sampled_from([b"", b"PK\3\4", b"\xff" * 4, b"\0" * 8, b"<!DOCTYPE"])
        )
    for kind in (*sniff.PAPERS,):
        assert isinstance(examine.examine(bytes(whole), kind, PIXELS), str)


def test_odd_names_become_names_fit_to_show() -> None:
    cases: dict[str, Any] = {
        "hóa đơn\u202efdp.exe": "hóa đơnfdp.exe",
        "a\u200bb\u2060\ufeff.pdf": "ab.pdf",
        "..\uff0f..\u2215etc": "_.._etc",
        "a" + "\u0301" * 40 + ".pdf": "á\u0301\u0301\u0301.pdf",
        "\u3164\u115f": "__",
        "😀.pdf": "😀.pdf",
    }
    for name, expected in cases.items():
        assert clean_name(name) == expected
        assert clean_name(clean_name(name)) == expected
