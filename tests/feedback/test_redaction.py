"""What tells who somebody is: found however it is written, and what is no such thing is left alone (Rules art. 45)."""

from __future__ import annotations

import random
import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback.redaction import Known, marks, undecided, without

pytestmark = pytest.mark.requirement("F-10")

NAME, OFFICER, ADDRESS = "Nguyễn Thị Giả Định", "Trần Văn Mẫu", "Số 12 ngách 3/4 phố Ví Dụ, phường Ví Dụ, Hà Nội"
KNOWN = Known(
    names=[NAME],
    officers=[OFFICER],
    addresses=[ADDRESS],
    codes=["PA7K3M9QXRT2W", "H26.101-251116-0001"],
    contacts=["+84900000000", "ten@vi-du.example"],
)
WORDS = st.sampled_from(
    [
        "tôi nộp hồ sơ",
        "chưa có kết quả",
        "ở phường",
        "ngày 2/11",
        "theo Nghị định số 61/2018/NĐ-CP",
        "Ủy ban nhân dân",
        "phí 8.000 đồng",
        "",
    ]
)


def _parted(digits: str, gap: str, every: int) -> str:
    return gap.join(digits[at : at + every] for at in range(0, len(digits), every))


_GAPS = st.sampled_from(["", " ", ".", "-", " - ", "\u00a0"])
NUMBERS = st.builds(
    _parted,
    st.one_of(*(st.from_regex(form, fullmatch=True) for form in (r"0[0-9]{11}", r"[1-3][0-9]{8}", r"0[35789][0-9]{8}"))),
    _GAPS,
    st.integers(2, 4),
)
PHONES = st.builds(lambda rest, gap: f"+84{gap}{_parted(rest, gap, 3)}", st.from_regex(r"9[0-9]{8}", fullmatch=True), _GAPS)
ACCOUNTS = st.tuples(st.sampled_from(["STK ", "số tài khoản: ", "tk "]), st.from_regex(r"[1-9][0-9]{7,13}", fullmatch=True))


def _written(words: str, way: int) -> str:
    """A name as people type it: as it is, in capitals, without diacritics, with wide gaps, with its diacritics apart."""
    bare = (
        "".join(sign for sign in unicodedata.normalize("NFD", words) if not unicodedata.combining(sign)).replace("Đ", "D").replace("đ", "d")
    )
    return [words, words.upper(), bare, bare.lower(), words.replace(" ", "  "), unicodedata.normalize("NFD", words)][way]


NAMES = st.builds(_written, st.sampled_from([NAME, OFFICER, "Giả Định"]), st.integers(0, 5))
PLACES = st.builds(_written, st.sampled_from([ADDRESS, "Số 12 ngách 3/4 phố Ví Dụ"]), st.integers(0, 3))
OTHERS = st.sampled_from(
    [
        "ten@vi-du.example",
        "Ten.Khac+1@hop-thu.vi-du.example",
        "PA7K3M9QXRT2W",
        "pa7k3m9qxrt2w",
        "H26.101-251116-0001",
        "000.00.12.H26-251116-0002",
    ]
)
PLANTED = st.one_of(NUMBERS, PHONES, NAMES, PLACES, OTHERS)


@settings(max_examples=400, deadline=None)
@given(
    parts=st.lists(st.tuples(WORDS, PLANTED), min_size=1, max_size=5), last=WORDS, sign=st.sampled_from([" ", ", ", ": ", "; ", "\n", " ("])
)
def test_whatever_was_planted_is_covered(parts: list[tuple[str, str]], last: str, sign: str) -> None:
    text, places = "", []
    for words, planted in parts:
        text += words + sign
        places.append((len(text), len(text) + len(planted)))
        text += planted + ", "
    text += last
    found = marks(text, KNOWN)
    covered = {at for mark in found for at in range(mark.start, mark.end)}
    for start, end in places:
        missed = "".join(text[at] for at in range(start, end) if at not in covered and text[at].isalnum())
        # Of an address the commune and the province may stay: thousands live there.
        assert not missed or missed in "phườngVíDụHàNộiphuongViDuHaNoiPHƯỜNGVÍDỤHÀNỘIphuongviduhanoi", (text, text[start:end], found)
    assert found == sorted(found, key=lambda mark: mark.start)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(text[mark.start : mark.end] == mark.text for mark in found)
    clean = without(text, found)
    assert not undecided(clean, KNOWN, ()), clean


@settings(max_examples=60, deadline=None)
@given(planted=ACCOUNTS)
def test_accounts_are_covered(planted: tuple[str, str]) -> None:
    said, digits = planted
    (found,) = marks(f"Tiền chuyển vào {said}{digits} hôm qua.")
    assert found.text == digits and found.kind in ("account", "phone", "id")


@pytest.mark.parametrize(
    "text",
    [
        "Theo Nghị định số 61/2018/NĐ-CP ngày 23/4/2018 và Quyết định 766/QĐ-TTg, tôi nộp 1.250.000 đồng ngày 02/11/2026.",
        "Thủ tục 1.001193.000.00.00.H29 của Ủy ban nhân dân phường, Văn phòng Chính phủ trả lời bạn tại Hà Nội lúc 9 giờ 30.",
        "Bản cam kết và 3 giấy tờ, đường dây nóng, phòng công chứng, tổ chức cá nhân, làng nghề; bạn bè ông bà.",
        "Năm 2024, 2025 và 2026 có 12 345 hồ sơ.",
        "Bạn gọi số trực 1900 0101, tổng đài 19001096 hoặc đường dây nóng 1900 545 481. Quyết định tại số 15/QĐ-XPHC, tại số 5 điều 3.",
        "Từ năm 2025 đường hỏng, 2 thôn không có nước, ngõ tối; tôi nộp 5 tờ.",
    ],
)
def test_laws_amounts_days_and_agencies_are_left_alone(text: str) -> None:
    assert marks(text, KNOWN) == []


@pytest.mark.parametrize(
    ("text", "hidden", "kind"),
    [
        ("Tôi gặp anh trần văn nam ở phường.", "trần văn nam", "name"),
        ("gap chi nguyen thi hoa nhan ho so", "nguyen thi hoa", "name"),
        ("con là lê thị mẫu, học lớp 1", "lê thị mẫu", "name"),
        ("Tôi là Quảng Thị Giả, người gửi.", "Quảng Thị Giả", "name"),
        ("Họ và tên: Ừng A Mẫu", "Ừng A Mẫu", "name"),
        ("Cán bộ K'Brếu hẹn lại.", "K'Brếu", "name"),
        ("Chị H’Mẫu Niê đã nộp.", "H’Mẫu Niê", "name"),
        ("Giàng A Mẫu chưa nhận giấy.", "Giàng A Mẫu", "name"),
        ("Thư: abc @ gmail . com nhé", "abc @ gmail . com", "email"),
        ("Thư abc.d@gmail. com nhé", "abc.d@gmail. com", "email"),
        ("Thư abc a còng gmail chấm com nhé", "abc a còng gmail chấm com", "email"),
        ("Xem facebook.com/ten.gia.dinh hoặc gọi", "facebook.com/ten.gia.dinh", "social"),
        ("Xem https://www.tiktok.com/@giadinh nhé", "https://www.tiktok.com/@giadinh", "social"),
        ("Nhắn zalo: giadinh.mau giúp tôi", "giadinh.mau", "social"),
        ("Xe 29A-123.45 bị giữ.", "29A-123.45", "plate"),
        ("Xe máy 29-B1 123.45 bị giữ.", "29-B1 123.45", "plate"),
        ("Tôi sinh ngày 14/03/1995 tại đây.", "14/03/1995", "birth"),
        ("Tôi sinh năm 1995, đang chờ.", "1995", "birth"),
        ("Ngày sinh: 14-3-1995.", "14-3-1995", "birth"),
        ("Con tôi sinh ngày 14 tháng 3 năm 2020.", "14 tháng 3 năm 2020", "birth"),
        ("Tôi ở 12 Hàng Bài.", "12 Hàng Bài", "address"),
        ("Nhà tôi ở số 15/4, có con nhỏ.", "số 15/4", "address"),
        ("nhà em tại số 15 đã lâu", "số 15", "address"),
        ("Số (+84) 912 345 678 của tôi", "(+84) 912 345 678", "phone"),
        ("Số tài khoản 1900 0101 nhận tiền.", "1900 0101", "account"),
        ("Hồ sơ gửi về 15/2 Lê Mẫu, phường.", "15/2 Lê Mẫu", "address"),
        ("nhà tôi ở 12 phố hàng mẫu bị ngập", "12 phố hàng mẫu", "address"),
        ("gửi về số nhà 5 ngõ 12 đường mẫu hạ.", "số nhà 5 ngõ 12 đường mẫu hạ", "address"),
        ("Tại 12 Huế có loa.", "12 Huế", "address"),
        ("Thửa đất 45 tờ bản đồ 12 bị sai.", "Thửa đất 45 tờ bản đồ 12", "land"),
        ("Thửa đất số 45, tờ bản đồ số 12 bị sai.", "Thửa đất số 45, tờ bản đồ số 12", "land"),
        ("Thửa 45 tờ 12 bị sai.", "Thửa 45 tờ 12", "land"),
        ("Hộ chiếu C1234567 hết hạn.", "C1234567", "id"),
        ("Mã số thuế 0101234567 bị khóa.", "0101234567", "tax"),
        ("MST: 0101234567-001 bị khóa.", "0101234567-001", "tax"),
        ("Số BHXH 0123456789 chưa chốt.", "0123456789", "insurance"),
        ("Thẻ BHYT: GD4010123456789 sai tên.", "GD4010123456789", "insurance"),
    ],
)
def test_what_people_write_otherwise(text: str, hidden: str, kind: str) -> None:
    found = [mark for mark in marks(text) if hidden in mark.text]
    assert [mark.kind for mark in found] == [kind], marks(text)
    assert hidden not in without(text, marks(text))
    assert not undecided(without(text, marks(text)), Known(), ())
    apart = unicodedata.normalize("NFD", text)
    assert unicodedata.normalize("NFC", without(apart, marks(apart))) == without(text, marks(text)), "whatever keyboard it was typed with"


@pytest.mark.parametrize(
    "part",
    ["a", "A", "Ă", "đ", "anh ", "Anh A ", "K'", "A'", "1/", "1 A ", "sinh ", "a.", "thửa 1 ", "@", " @ ", "a @ ", "tên là ", "nguyễn ",
     "nguyễn thị ", "zalo ", "fb a.", "29A", "mst 1", "bhxh ", "ở 1 Aa ", "1 phố ", "1 phố a ", "số ", "Ông ", "0.", "1-", "chấm "],
)  # fmt: skip
def test_twenty_thousand_letters_take_no_time(part: str) -> None:
    text = (part * 20_000)[:20_000]
    began = time.process_time()
    marks(text, KNOWN)
    assert time.process_time() - began < 2


def test_brackets_around_a_number_stay_whole() -> None:
    text = "Đã báo tổ trưởng (0912 345 678) nhưng chưa ai đến."
    assert without(text, marks(text)) == "Đã báo tổ trưởng ([số điện thoại]) nhưng chưa ai đến."


def test_who_decides_is_the_officer() -> None:
    text = f"Anh Mẫu ở ngõ 12 phố Huế gọi {NAME} theo số 0912 345 678; xin gọi 0912.345.678."
    found = marks(text, KNOWN)
    assert [mark.kind for mark in found] == ["name", "address", "name", "phone", "phone"]
    left = {found[1].key}
    assert without(text, [mark for mark in found if mark.key not in left]) == (
        "Anh [tên người] ở ngõ 12 phố Huế gọi [tên người] theo số [số điện thoại]; xin gọi [số điện thoại]."
    )
    assert found[3].key == found[4].key, "written otherwise it is the same number"


def test_a_text_of_fifty_thousand_signs_is_read_at_once() -> None:
    chance = random.Random(7)
    signs = "0123456789 .-/@abcNTHđờ,"
    for text in ("".join(chance.choice(signs) for _ in range(50_000)), "0 " * 25_000, "Nguyễn " * 7_000, "a@" * 25_000, "số 1 " * 10_000):
        assert marks(text, KNOWN) is not None
