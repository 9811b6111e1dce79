"""A version as a record and back: what is mirrored elsewhere and amended here is the same procedure."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedures import lines, queries
from procedures.comparing import ROWS, differences
from procedures.models import ProcedureVersion
from procedures.services import record_of
from procedures.services.records import check, fill, write_parts

pytestmark = pytest.mark.usefixtures("demo_data")


def records() -> dict[int, dict[str, Any]]:
    return {row.pk: record_of(row) for row in queries.whole(ProcedureVersion.objects.all())}


@pytest.mark.requirement("C-18")
def test_every_version_comes_back_from_its_record_as_it_was() -> None:
    before = records()
    assert len(before) > 50
    pairs = [(row, before[row.pk]) for row in ProcedureVersion.objects.select_related("procedure")]
    for version, record in pairs:
        check(record)
        fill(version, record)
        version.save()
    write_parts(pairs)
    assert records() == before


@pytest.mark.requirement("C-02")
def test_every_part_comes_back_from_its_lines() -> None:
    for record in records().values():
        for part in ROWS:
            rows = record.get(part, [])
            text = lines.written(part, rows)
            assert lines.read(part, text, rows) == rows
            assert lines.written(part, lines.read(part, text + "\n ")).splitlines() == text.splitlines(), part
        assert differences(record, record) == []


@pytest.mark.parametrize(
    ("part", "text", "words"),
    [
        ("channels", "+ 5 | ngày", "Dòng 1: thời hạn đứng trước cách nộp."),
        ("channels", "qua mạng", "không phải là trực tuyến"),
        ("channels", "trực tuyến", "chưa có thời hạn"),
        ("channels", "trực tiếp\n+ 5", "thời hạn có số thì có đơn vị"),
        ("channels", "trực tiếp\n+ 5 | ngày\n- phí | Phí A", "phải ghi ai quyết định"),
        ("channels", "trực tiếp\n+ 5 | ngày\n- phí | Phí A | hai nghìn", "“hai nghìn” không phải là một số"),
        ("documents", "Tờ khai | nộp | một", "Dòng 1: “một” không phải là một số."),
        ("legal_bases", "1/2026/NĐ-CP | Nghị định | hôm qua", "không phải là một ngày"),
        ("results", "a | b | c", "Dòng 1 có 3 cột"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(part: str, text: str, words: str) -> None:
    with pytest.raises(lines.LineFault, match=words.replace("|", r"\|").replace("(", r"\(")):
        lines.read(part, text)


@given(st.sampled_from(sorted(ROWS)), st.text(alphabet="+-|ab 5ngàytrựctuyến\n⏎", max_size=60))
def test_whatever_is_typed_is_read_or_refused(part: str, text: str) -> None:
    try:
        rows = lines.read(part, text)
    except lines.LineFault:
        return
    text = lines.written(part, rows)
    assert lines.written(part, lines.read(part, text)) == text
