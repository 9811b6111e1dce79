"""Reading the words of sources: what is certain becomes a number, everything else stays words. All sentences are made up."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.models import Level, Subject, TimeUnit
from procedures.services.importing import parsers

UNITS = {"ngày làm việc": "working_day", "Ngày làm việc": "working_day", "ngày": "day", "Ngày": "day", "Giờ": "hour", "Tháng": "month"}


@pytest.mark.parametrize(
    ("text", "amount", "unit", "words"),
    [
        ("07 Ngày làm việc", "7", "working_day", ""),
        ("0.5 Ngày làm việc", "0.5", "working_day", ""),
        ("1,5 ngày", "1.5", "day", ""),
        ("4 Giờ", "4", "hour", ""),
        ("2 Tháng", "2", "month", ""),
        ("03  Ngày\nlàm việc", "3", "working_day", ""),
        ("Không quá 5 ngày làm việc.", "5", "working_day", "Không quá 5 ngày làm việc."),
        (
            "Trong thời hạn 03 (ba) ngày làm việc kể từ ngày nhận đủ hồ sơ hợp lệ.",
            "3",
            "working_day",
            "Trong thời hạn 03 (ba) ngày làm việc kể từ ngày nhận đủ hồ sơ hợp lệ.",
        ),
    ],
)
def test_a_plain_limit_is_a_number_with_its_unit(text, amount, unit, words):
    assert parsers.time_limit(text) == parsers.Limit(Decimal(amount), unit, words)


@pytest.mark.parametrize(
    "text",
    [
        "Không quy định",
        "5",
        "0 ngày làm việc",
        "1.000 ngày",
        "10 ngày làm việc hoặc 12 ngày làm việc",
        "2 tháng và 5 ngày làm việc",
        "Không quá 5 ngày làm việc. Ở xã đảo thì 15 ngày làm việc",
        "Theo lịch của hội đồng thử",
        "٣ ngày",
        "-3 ngày",
        "3 năm",
        "1e3 ngày",
    ],
)
def test_what_is_not_plain_stays_words(text):
    assert parsers.time_limit(text) == parsers.Limit(None, "", text)


@pytest.mark.parametrize("text", ["", "  ", "Không có thông tin", "N/A", "."])
def test_nothing_said_is_no_limit_and_no_fee(text):
    assert parsers.time_limit(text) is None
    assert parsers.fee_lines(text) == []


@given(st.integers(1, 9999), st.sampled_from(sorted(UNITS)), st.sampled_from(["", ".", " "]))
def test_every_whole_number_with_a_unit_is_read_as_it_stands(number, unit, end):
    limit = parsers.time_limit(f"{number:02d} {unit}{end}")
    assert (limit.amount, limit.unit) == (number, UNITS[unit])


LIMIT_WORDS = st.lists(
    st.sampled_from(
        [*UNITS, "không quá", "trong thời hạn", "hoặc", "và", "(ba)", ".", ",", "0", "5", "12", "0.5", "٣", "kể từ ngày nhận hồ sơ"]
    ),
    max_size=9,
).map(" ".join)


@given(st.one_of(st.text(max_size=200), LIMIT_WORDS))
@settings(max_examples=300)
def test_any_text_gives_a_limit_that_the_catalogue_can_hold(text):
    limit = parsers.time_limit(text)
    if limit is None:
        assert parsers.plain(text) == ""
    elif limit.typed:
        assert limit.unit in TimeUnit.values and 0 < limit.amount < 100_000 and limit.amount == round(limit.amount, 2)
        assert sum(part.isdigit() for part in text.replace(".", " ").replace(",", " ").split()) in (1, 2)
    else:
        assert limit == parsers.Limit(None, "", text.strip())


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Phí : 20.000 Đồng (mỗi bản thử)", [{"kind": "fee", "name": "Phí", "amount": 20000, "condition": "mỗi bản thử"}]),
        ("Lệ phí : 250000 Đồng", [{"kind": "charge", "name": "Lệ phí", "amount": 250000, "condition": ""}]),
        ("Phí : 25 USD (một lần)", [{"kind": "fee", "name": "Phí", "currency": "USD", "currency_amount": "25", "condition": "một lần"}]),
        ("Miễn phí", [{"kind": "fee", "name": "Phí", "amount": 0, "condition": ""}]),
        ("Lệ phí : Không thu phí", [{"kind": "charge", "name": "Lệ phí", "amount": 0, "condition": ""}]),
        ("Lệ phí : 0 Đồng (Không có)", [{"kind": "charge", "name": "Lệ phí", "amount": 0, "condition": ""}]),
        (
            "Phí : 3.000.000 Đồng (a (b) c)\nFile đính kèm: thu.pdf",
            [{"kind": "fee", "name": "Phí", "amount": 3000000, "condition": "a (b) c"}],
        ),
    ],
)
def test_a_plain_fee_is_an_amount(text, rows):
    fees = parsers.fee_lines(text)
    assert [fee.row for fee in fees] == rows and all(fee.typed for fee in fees)


@pytest.mark.parametrize(
    "text",
    [
        "Phí : Đồng (Theo mức thử của bộ thử)",
        "Lệ phí : 0 Đồng (Mức do hội đồng thử quyết định)",
        "Phí : 20 Đồng (20.000 đồng một tờ thử)",
        "Phí : 20.000 (không rõ tiền gì)",
        "Phí : 20.00 Đồng",
        "Phí : 20.000 Đồng (một) rồi thêm 5.000 Đồng",
        "20.000 đồng",
        "Phí : ٣٠٠٠ Đồng",
        "Phí : 0 USD",
    ],
)
def test_a_fee_that_is_not_plain_stays_words(text):
    fees = parsers.fee_lines(text)
    assert fees and not any(fee.typed for fee in fees)
    assert all("amount" not in fee.row and "currency_amount" not in fee.row and fee.row["condition"] for fee in fees)


def test_several_fees_are_several_lines():
    fees = parsers.fee_lines("Phí : 50.000 Đồng (giấy thử)\nPhí : 5 USD (thẻ thử)\nLệ phí :  Đồng (theo biểu thử)\nPhí :  Đồng ()")
    assert [(fee.row["kind"], fee.typed) for fee in fees] == [("fee", True), ("fee", True), ("charge", False)]


@given(st.integers(1000, 999_999_999), st.sampled_from(["Phí", "Lệ phí", "Mức giá"]), st.booleans())
def test_every_amount_is_read_as_it_stands(amount, kind, dotted):
    written = f"{amount:,}".replace(",", ".") if dotted else str(amount)
    (fee,) = parsers.fee_lines(f"{kind} : {written} Đồng")
    assert fee.typed and fee.row["amount"] == amount


FEE_WORDS = st.lists(
    st.sampled_from(["Phí :", "Lệ phí :", "20.000", "0", "12", "Đồng", "USD", "(", ")", "Miễn phí", "\n", "một bản", "٣", "999999999999"]),
    max_size=12,
).map(" ".join)


@given(st.one_of(st.text(max_size=200), FEE_WORDS))
@settings(max_examples=300)
def test_any_text_gives_fees_that_the_catalogue_can_hold(text):
    for fee in parsers.fee_lines(text):
        row = fee.row
        assert row["kind"] in ("fee", "charge", "other") and row["name"]
        if fee.typed:
            assert ("amount" in row) != ("currency_amount" in row)
            assert row.get("amount", 0) == 0 or 1000 <= row["amount"] < 10**12
        else:
            assert "amount" not in row and row["condition"]


def test_levels_and_subjects_with_commas_in_their_names():
    assert parsers.levels("Cấp Xã, Cấp bộ/ngành") == ([Level.MINISTRY, Level.COMMUNE], True)
    assert parsers.levels("Cấp Tỉnh, Cấp Huyện") == ([Level.PROVINCE], False)
    text = "Tổ chức (không bao gồm doanh nghiệp, HTX), Cán bộ, công chức, viên chức, Doanh nghiệp Việt Nam, Hợp tác xã"
    assert parsers.subjects(text) == ([Subject.OFFICIAL, Subject.ENTERPRISE, Subject.ORGANISATION, Subject.COOPERATIVE], True)
    assert parsers.subjects("Công dân Việt Nam, nhóm thử") == ([Subject.CITIZEN], False)
    assert parsers.subjects("") == ([], True)


@given(st.text(max_size=120))
def test_any_text_gives_known_subjects_levels_results_and_steps(text):
    assert set(parsers.subjects(text)[0]) <= set(Subject.values)
    assert set(parsers.levels(text)[0]) <= set(Level.values)
    assert all(row["name"] for row in parsers.results(text)[0])
    steps, known = parsers.steps(text)
    assert known or steps[0]["text"] == text.strip()


def test_results_with_their_codes():
    listed = "* Giấy thử một (Mã: `KQ.G15.000099`)\n* Giấy thử hai (Mã: `KQ.H26.000098`)"
    glued = (
        "Giấy thử mộtMã: KQ.G15.000099Giấy thử haiMã: KQ.H26.000098Từ khóaKhông có thông tinMô tảKhông có thông tinChọn cơ quan thực hiện"
    )
    expected = [{"name": "Giấy thử một", "code": "KQ.G15.000099"}, {"name": "Giấy thử hai", "code": "KQ.H26.000098"}]
    assert parsers.results(listed) == (expected, True)
    assert parsers.results(glued) == (expected, True)
    assert parsers.results("Giấy thử một, Giấy thử hai") == ([{"name": "Giấy thử một, Giấy thử hai", "code": ""}], False)
    assert parsers.results("Không có thông tinTừ khóaKhông có thông tin") == ([], True)


def test_steps_only_where_they_are_numbered_without_a_break():
    rows, known = parsers.steps("Bước 1: Nộp giấy thử.\nCó thêm dòng.\n- Bước 2. Nhận kết quả thử.")
    assert known and [row["text"] for row in rows] == ["Nộp giấy thử.\nCó thêm dòng.", "Nhận kết quả thử."]
    rows, known = parsers.steps("1. **a) Nộp thử**\n\n   Nội dung thử.\n\n2. **b) Trả thử**\n\n   Nội dung khác.")
    assert known and [(row["title"], row["text"]) for row in rows] == [("a) Nộp thử", "Nội dung thử."), ("b) Trả thử", "Nội dung khác.")]
    for text in ("Bước 1: a\nBước 3: b", "Bước 1: a\nBước 2: b\nBước 1: c", "Lời đầu\nBước 1: a\nBước 2: b", "Chỉ có một đoạn thử."):
        assert parsers.steps(text) == ([{"case": "", "title": "", "text": text}], False)


def test_small_things():
    assert parsers.count("2") == 2 and parsers.count("") == 0 and parsers.count("Bản chính") is None and parsers.count("12345") is None
    assert parsers.day("15-05-2025") == dt.date(2025, 5, 15) and parsers.day("31-02-2025") is None and parsers.day("2025") is None
    assert parsers.form_files("[Mẫu thử (1).doc](file:///C:/nha/ai/do/Mau%281%29.doc)[Mẫu 2.docx](x)") == "Mẫu thử (1).doc\nMẫu 2.docx"
    assert parsers.channel_kind("Dịch vụ bưu chính") == "postal" and parsers.channel_kind("Bồ câu") == ""
    assert parsers.is_misread("ThÃ´ng bÃ¡o thá»\xad") and not parsers.is_misread("XÃ HỘI, THÃ, ÁO Ấm")
