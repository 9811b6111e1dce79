"""Vietnamese text: canonical form, keys, order, tone marks."""

from __future__ import annotations

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.text import nfc, place_tone_marks, search_key, sort_key, syllables

VIETNAMESE = st.text(
    alphabet="aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ ABCĐÊƠƯHOUY", max_size=30
)


def nfd(s: str) -> str:
    return unicodedata.normalize("NFD", s)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("  Đăng  ký\tKHAI SINH ", "dang ky khai sinh"),
        ("Nguyễn Thị Mẫu", "nguyen thi mau"),
        ("ĐƯỜNG", "duong"),
        ("Uỷ ban nhân dân", "uy ban nhan dan"),
        ("", ""),
    ],
)
@pytest.mark.requirement("C-07")
def test_search_key(written: str, key: str) -> None:
    assert search_key(written) == key


@given(st.text())
def test_search_key_is_idempotent_and_blind_to_composition(s: str) -> None:
    key = search_key(s)
    assert search_key(key) == key
    assert search_key(nfd(s)) == search_key(nfc(s)) == key
    assert key == " ".join(key.split())


@given(VIETNAMESE)
def test_vietnamese_search_key_is_ascii(s: str) -> None:
    assert search_key(s).isascii()


@given(st.text())
def test_nfc_is_idempotent(s: str) -> None:
    assert nfc(nfc(s)) == nfc(s) == nfc(nfd(s))


def test_letters_follow_the_alphabet() -> None:
    alphabet = list("aăâbcdđeêghiklmnoôơpqrstuưvxy")
    assert sorted("yxvưutsrqpơôonmlkihgêeđdcbâăa", key=sort_key) == alphabet
    # A letter's place outweighs every tone: ạ still comes before ă.
    assert sort_key("ạ") < sort_key("ă") < sort_key("ặ") < sort_key("â")


def test_tones_follow_their_order_and_only_break_ties() -> None:
    tones = ["ma", "mà", "mả", "mã", "má", "mạ"]
    assert sorted(["mạ", "má", "mã", "mả", "mà", "ma"], key=sort_key) == tones
    assert sorted(["má b", "mà c", "ma d"], key=sort_key) == ["má b", "mà c", "ma d"]


def test_words_before_letters_and_case_last() -> None:
    places = ["An Giang", "Bà Rịa - Vũng Tàu", "Bắc Ninh", "Cà Mau", "Cao Bằng", "Đà Nẵng", "Đắk Lắk", "Hà Nội", "Hải Phòng", "Huế"]
    shuffled = [*places[5:], *places[:5]]
    assert sorted(shuffled, key=sort_key) == places
    assert sort_key("hà nội") < sort_key("Hà Nội") < sort_key("Hà Nội 2") < sort_key("Hà Nội a")
    assert sort_key("Bà Rịa – Vũng Tàu") == sort_key("Bà Rịa Vũng Tàu")


@given(st.text())
def test_sort_key_is_plain_ascii_and_blind_to_composition(s: str) -> None:
    key = sort_key(s)
    assert key.isascii() and key.isalnum()
    assert sort_key(nfd(s)) == sort_key(nfc(s)) == key


@given(VIETNAMESE, VIETNAMESE)
def test_a_beginning_sorts_before_the_whole(first: str, rest: str) -> None:
    assert sort_key(first) <= sort_key(first + rest)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("hòa", "hoà"),
        ("HÒA BÌNH", "HOÀ BÌNH"),
        ("Thúy", "Thuý"),
        ("khỏe", "khoẻ"),
        ("Ủy ban", "Uỷ ban"),
        ("qúy", "quý"),
        ("óa", "oá"),
        ("của", "của"),
        ("hoàn", "hoàn"),
        ("khuya", "khuya"),
        ("ngoài", "ngoài"),
        ("tòa án, ủy quyền", "toà án, uỷ quyền"),
    ],
)
def test_tone_mark_has_one_place(old: str, new: str) -> None:
    assert place_tone_marks(old) == place_tone_marks(new) == place_tone_marks(nfd(old)) == new


@given(st.text())
def test_placing_is_idempotent_and_keeps_the_search_key(s: str) -> None:
    placed = place_tone_marks(s)
    assert place_tone_marks(placed) == placed
    assert search_key(placed) == search_key(s)


def test_syllables() -> None:
    assert syllables("Đăng ký khai-sinh (1.001193), Hòa Bình!") == ["đăng", "ký", "khai", "sinh", "1", "001193", "hoà", "bình"]


@given(VIETNAMESE)
def test_syllables_joined_are_stable(s: str) -> None:
    assert syllables(" ".join(syllables(s))) == syllables(s)


def test_order_is_total_over_all_vietnamese_vowels() -> None:
    vowels = [nfc(letter + tone) for letter in "aăâeêioôơuưy" for tone in ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")]
    assert all(sort_key(one) < sort_key(two) for one, two in itertools.pairwise(vowels))
