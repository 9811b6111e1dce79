"""The fee rule: what applies, how often, what is taken off and why, and that nothing is guessed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedures.fees import Fee, Reduction, Shorter, best, kept_bill, reckon, shortened

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
        "exempt": st.just("Miễn cho hộ nghèo"),
    },
)
reduction = st.one_of(
    st.builds(
        Reduction,
        st.sampled_from(["Nghị quyết 1", "Nghị quyết 2", "Nghị quyết 3"]),
        percent=st.integers(1, 100),
        names=st.sets(st.sampled_from(["một", "hai", "ba"])).map(frozenset),
    ),
    st.builds(Reduction, st.sampled_from(["Nghị quyết 4", "Nghị quyết 5"]), amount=st.integers(1, 10**7)),
)
HALF, FREE = Reduction("Nghị quyết nửa", percent=50), Reduction("Nghị quyết không thu", percent=100)
POOR = {"name": "Bản sao trích lục", "when": {"field": "who", "in": ["poor"]}, "exempt": "Miễn phí cho người thuộc hộ nghèo"}


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
    assert all(isinstance(charge.amount, int) and 0 <= charge.amount <= charge.unit_amount * charge.number for charge in bill.charges)
    assert all(charge.exempt == bool(charge.why) and (charge.exempt or not charge.reduction) for charge in bill.charges)
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


@pytest.mark.requirement("P-13")
def test_who_is_exempt_pays_nothing_and_is_told_why() -> None:
    rules = [COPIES, POOR]
    [charge] = reckon([COPY], rules, {"copies": "3", "who": "poor"}).charges
    assert (charge.full_amount, charge.amount, charge.why, charge.exempt) == (24_000, 0, POOR["exempt"], True)
    assert reckon([COPY], rules, {"copies": "3", "who": "other"}).total == 24_000
    by_fact = {**POOR, "when": {"fact": "person.age_group", "in": ["elderly"]}}
    assert reckon([COPY], [COPIES, by_fact], {"copies": "3"}, facts={"person.age_group": "elderly"}).total == 0
    assert reckon([COPY], [COPIES, by_fact], {"copies": "3"}, facts={"person.age_group": "adult"}).total == 24_000
    assert reckon([COPY], [COPIES, by_fact], {"copies": "3"}).total == 24_000, "what nobody knows exempts nobody"


@pytest.mark.requirement("P-13", "C-21")
def test_of_several_reductions_the_best_for_the_citizen_counts_alone() -> None:
    fixed = Reduction("Nghị quyết bớt", amount=5000)
    [charge] = reckon([COPY], [COPIES], {"copies": "3"}, reductions=[HALF, fixed]).charges
    assert (charge.amount, charge.reduction, charge.why) == (9000, 15_000, "Nghị quyết bớt"), "3 × 5.000 is more than half of 24.000"
    assert reckon([COPY], [COPIES], {"copies": "3"}, reductions=[HALF, fixed, FREE]).total == 0
    assert reckon([Fee("Lệ phí", 50_000)], [], {}, reductions=[Reduction("x", amount=60_000)]).total == 0, "never below nought"
    assert reckon([Fee("Lệ phí", 50_000, kind="charge")], [], {}, reductions=[Reduction("x", 50, kinds=frozenset({"fee"}))]).total == 50_000
    [exempt] = reckon([COPY], [COPIES, POOR], {"copies": "1", "who": "poor"}, reductions=[FREE]).charges
    assert exempt.exempt and exempt.why == POOR["exempt"], "who is exempt needs no reduction"


def test_half_a_đồng_is_the_citizens() -> None:
    assert reckon([Fee("Phí", 7)], [], {}, reductions=[HALF]).total == 3
    assert reckon([Fee("Phí", 1)], [], {}, reductions=[Reduction("x", percent=1)]).total == 0


def test_only_the_whole_can_be_taken_off_an_amount_that_is_set_elsewhere() -> None:
    late = Fee("Đăng ký quá hạn", None, kind="charge")
    [charge] = reckon([late], [], {}, reductions=[HALF, FREE]).charges
    assert (charge.amount, charge.why) == (0, "Nghị quyết không thu")
    assert reckon([late], [], {}, reductions=[HALF]).still_open == (late,)


@given(
    st.lists(fee, max_size=5),
    st.lists(rule, max_size=5),
    st.dictionaries(st.sampled_from(["x", "y", "n"]), answer),
    st.lists(reduction, max_size=4),
    st.randoms(use_true_random=False),
)
def test_reductions_never_cost_anything_and_their_order_says_nothing(
    fees: list[Fee], rules: list[dict[str, Any]], answers: dict[str, str], reductions: list[Reduction], random: Any
) -> None:
    without, bill = reckon(fees, rules, answers), reckon(fees, rules, answers, reductions=reductions)
    assert 0 <= bill.total <= without.total
    assert all(charge.amount >= 0 and isinstance(charge.amount, int) for charge in bill.charges)
    assert all(bool(charge.reduction) <= bool(charge.why) for charge in bill.charges), "nothing is taken off without a reason"
    shuffled = random.sample(reductions, len(reductions))
    assert reckon(fees, rules, answers, reductions=shuffled) == bill
    for one in reductions:
        assert bill.total <= reckon(fees, rules, answers, reductions=[one]).total, "none of them alone would be better"
    assert kept_bill(bill.kept()) == bill


@given(st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31)), st.integers(0, 400), st.integers(-500, 500))
def test_a_reduction_holds_from_its_first_to_its_last_day(first: dt.date, days: int, offset: int) -> None:
    one = Reduction("x", percent=50, valid_from=first, valid_to=first + dt.timedelta(days=days))
    assert one.holds_on(first + dt.timedelta(days=offset)) == (0 <= offset <= days)
    for_ever = Reduction("x", percent=50, valid_from=first)
    assert for_ever.holds_on(first + dt.timedelta(days=offset)) == (offset >= 0)


def test_a_tie_is_decided_by_the_name_of_the_text() -> None:
    ones = [Reduction("b", percent=50), Reduction("a", percent=50), Reduction("c", amount=4000)]
    assert best(ones, COPY, 1) == best(ones[::-1], COPY, 1) == ones[1]


@pytest.mark.requirement("C-21")
def test_a_time_limit_is_cut_in_whole_units_and_never_below_one() -> None:
    assert shortened(Decimal(20), [Shorter("a", percent=30)]) == (Decimal(14), "a")
    assert shortened(Decimal(5), [Shorter("a", percent=30), Shorter("b", amount=1)]) == (Decimal(3), "a"), "3,5 days are 3"
    assert shortened(Decimal(2), [Shorter("a", amount=9)]) == (Decimal(1), "a")
    assert shortened(Decimal(0), [Shorter("a", percent=50)]) == (Decimal(0), ""), "the same day stays the same day"


@given(
    st.decimals(0, 400, places=1),
    st.lists(
        st.one_of(
            st.builds(Shorter, st.sampled_from("abc"), percent=st.integers(1, 99)),
            st.builds(Shorter, st.just("d"), amount=st.integers(1, 99)),
        )
    ),
)
def test_a_cut_limit_is_never_longer_and_its_order_says_nothing(limit: Decimal, cuts: list[Shorter]) -> None:
    left, why = shortened(limit, cuts)
    assert 0 <= left <= limit and bool(why) == (left < limit)
    assert shortened(limit, cuts[::-1]) == (left, why)
