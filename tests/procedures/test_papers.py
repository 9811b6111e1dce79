"""A paper's long text becomes a name and details; nothing of it is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedures.papers import LONGEST_NAME, exclusive_cases, name_and_details


@pytest.mark.parametrize(
    ("text", "name", "details"),
    [
        ("Giấy chứng sinh", "Giấy chứng sinh", ""),
        ("- Hợp đồng mua hàng;", "Hợp đồng mua hàng", ""),
        ("a) Hóa đơn thương mại: 01 bản chụp;", "Hóa đơn thương mại: 01 bản chụp", ""),
        (
            "Tờ trình đề nghị thành lập hoặc cho phép thành lập trung tâm học tập cộng đồng"
            " (theo Mẫu số 01 Phụ lục II kèm theo Nghị định số 142/2025/NĐ-CP).",
            "Tờ trình đề nghị thành lập hoặc cho phép thành lập trung tâm học tập cộng đồng",
            "(theo Mẫu số 01 Phụ lục II kèm theo Nghị định số 142/2025/NĐ-CP).",
        ),
        (
            "Tờ khai, trong đó ghi rõ họ tên, số định danh cá nhân hoặc số hộ chiếu của người đề nghị, lý do khai báo, số lượng (nếu có);",
            "Tờ khai",
            "Trong đó ghi rõ họ tên, số định danh cá nhân hoặc số hộ chiếu của người đề nghị, lý do khai báo, số lượng (nếu có)",
        ),
    ],
)
def test_names_of_real_papers(text: str, name: str, details: str) -> None:
    assert name_and_details(text) == (name, details)


def letters(text: str) -> str:
    """What is left of a text without spaces, signs and case."""
    return re.sub(r"\W+", "", text).casefold()


@given(st.text(alphabet=st.sampled_from("aăbcđe ABĐ();:.,-–1 \n"), max_size=400))
def test_no_word_is_lost_and_a_short_text_is_all_name(text: str) -> None:
    name, details = name_and_details(text)
    assert letters(text).endswith(letters(name + details))
    assert len(letters(text)) - len(letters(name + details)) <= 12 or not letters(name)
    if len(text) <= LONGEST_NAME:
        assert details == ""


def test_numbered_cases_exclude_each_other_and_one_alone_is_no_choice() -> None:
    cases = ["Trường hợp 1: Thuốc hóa dược", "Trường hợp 2 - Vắc xin", "Mang thai hộ"]
    assert exclusive_cases(cases) == set(cases[:2])
    assert exclusive_cases(cases[1:]) == frozenset()
    assert exclusive_cases(["Trường hợp ủy quyền", "Trường hợp trẻ bị bỏ rơi"]) == frozenset()
