"""The fee rule: what applies, how often, and that nothing is guessed."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from procedures.fees import Fee, reckon

COPY = Fee("Bản sao trích lục", 8000, per="bản sao")
COPIES = {"name": "Bản sao trích lục", "times": "copies", "unit": "bản"}
HERE = Fee("Xác minh", 250_000, condition="Học ở Việt Nam")
ABROAD = Fee("Xác minh", 500_000, condition="Học ở nước ngoài")
VERIFYING = [
    {"name": "Xác minh", "condition": "Học ở Việt Nam", "when": {"field": "place", "in": ["here"]}},
    {"name": "Xác minh", "condition": "Học ở nước ngoài", "when": {"field": "place", "in": ["abroad"]}},
]

answer = st.one_of(st.text(max_size=8), st.integers(-3, 10**8).map(str), st.sampled_from(["a", "b", ""]))
fee = st.builds(
    Fee,
    st.sampled_from(["một", "hai", "ba"]),
    st.none() | st.integers(0, 10**9),
    per=st.sampled_from(["", "bản"]),
    condition=st.sampled_from(["", "khi cần", "ở nước ngoài"]),
)
rule = st.fixed_dictionaries(
    {"name": st.sampled_from(["một", "hai", "ba"])},
    optional={
        "condition": st.sampled_from(["", "khi cần"]),
        "when": st.fixed_dictionaries({"field": st.sampled_from(["x", "y"]), "in": st.lists(st.sampled_from(["a", "b", ""]))}),
        "times": st.sampled_from(["n", "x"]),
        "unit": st.just("bản"),
    },
)


def test_three_copies_cost_three_times_the_amount() -> None:
    bill = reckon([COPY], [COPIES], {"copies": "3"})
    [charge] = bill.charges
    assert (charge.number, charge.unit, charge.unit_amount, charge.amount, bill.total) == (3, "bản", 8000, 24_000, 24_000)
    assert not bill.still_open


def test_one_of_two_lines_of_one_name_is_taken_by_its_case() -> None:
    assert reckon([HERE, ABROAD], VERIFYING, {"place": "abroad"}).total == 500_000
    assert reckon([HERE, ABROAD], VERIFYING, {"place": "here"}).total == 250_000
    assert not reckon([HERE, ABROAD], VERIFYING, {})


def test_what_nobody_can_know_is_not_guessed() -> None:
    for copies in ("", "0", "-3", "ba", "3,5", "٣", "99999999"):
        assert reckon([COPY], [COPIES], {"copies": copies}).still_open == (COPY,)
    late = Fee("Đăng ký quá hạn", None, condition="Hội đồng nhân dân cấp tỉnh quyết định")
    assert reckon([late, COPY], [], {}).still_open == (late, COPY)
    assert reckon([Fee("Lệ phí", 50_000)], [], {}).total == 50_000
    renamed = Fee("Bản sao trích lục hộ tịch", 9000, per="bản sao")
    assert reckon([renamed], [COPIES], {"copies": "3"}).still_open == (renamed,), "a rule of another line says nothing of this one"


@given(st.lists(fee, max_size=6), st.lists(rule, max_size=6), st.dictionaries(st.sampled_from(["x", "y", "n"]), answer))
def test_a_bill_is_whole_đồng_and_says_no_line_twice(fees: list[Fee], rules: list[dict[str, Any]], answers: dict[str, str]) -> None:
    bill = reckon(fees, rules, answers)
    assert all(isinstance(charge.amount, int) and charge.amount == charge.unit_amount * charge.number >= 0 for charge in bill.charges)
    assert all(charge.number >= 1 for charge in bill.charges)
    assert bill.total == sum(charge.amount for charge in bill.charges)
    assert len(bill.charges) + len(bill.still_open) <= len(fees)
    if not rules:
        assert len(bill.charges) + len(bill.still_open) == len(fees), "only a rule takes a line away"
    for line in fees:
        if line.amount is None:
            assert line not in bill.still_open or reckon([line], rules, answers).charges == ()
    assert [charge.name for charge in bill.charges] == [line.name for line in fees if reckon([line], rules, answers).charges], "in order"


@given(st.integers(1, 999_999), st.integers(0, 10**9))
def test_every_further_copy_costs_the_same(copies: int, amount: int) -> None:
    fees = [Fee("Bản sao trích lục", amount, per="bản sao")]
    one, many = reckon(fees, [COPIES], {"copies": "1"}), reckon(fees, [COPIES], {"copies": str(copies)})
    assert many.total == copies * one.total
