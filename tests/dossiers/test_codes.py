"""Dossier codes: format, no holes, no repeats, real concurrency (D-07)."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dossiers.models import CODE_PATTERN, CodeCounter
from dossiers.services import next_code
from tests.dossiers.support import at_once

DAY = date(2026, 11, 20)


@pytest.mark.requirement("D-07")
@pytest.mark.django_db
def test_codes_count_up_per_unit_and_day() -> None:
    assert next_code(unit_code="H26.101", day=DAY) == "H26.101-261120-0001"
    assert next_code(unit_code="H26.101", day=DAY) == "H26.101-261120-0002"
    assert next_code(unit_code="H26.102", day=DAY) == "H26.102-261120-0001"
    assert next_code(unit_code="H26.101", day=date(2026, 11, 21)) == "H26.101-261121-0001"


@pytest.mark.django_db
def test_the_ten_thousandth_code_of_a_day_keeps_counting() -> None:
    CodeCounter.objects.create(unit_code="H26.101", day=DAY, last=9999)
    code = next_code(unit_code="H26.101", day=DAY)
    assert code == "H26.101-261120-10000"
    assert re.match(CODE_PATTERN, code)


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    unit=st.from_regex(r"[A-Z][0-9]{2}(\.[0-9]{1,3}){0,3}", fullmatch=True).filter(str.isascii),
    day=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
)
@pytest.mark.requirement("D-07")
def test_every_code_has_the_national_form(unit: str, day: date) -> None:
    code = next_code(unit_code=unit, day=day)
    assert re.match(CODE_PATTERN, code)
    assert code.startswith(f"{unit}-{day:%y%m%d}-")


@pytest.mark.requirement("D-07")
def test_no_holes_and_no_repeats_under_concurrency(committed_db: None) -> None:
    class Stop(Exception):
        pass

    def taker(number: int) -> list[str]:
        taken = []
        for turn in range(6):
            try:
                with transaction.atomic():
                    code = next_code(unit_code="H26.101", day=DAY)
                    if (number + turn) % 3 == 0:
                        raise Stop
                taken.append(code)
            except Stop:
                continue
        return taken

    outcomes = at_once(*[lambda number=number: taker(number) for number in range(6)])
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    codes = sorted(code for outcome in outcomes for code in outcome)
    assert codes == [f"H26.101-261120-{number:04d}" for number in range(1, 25)]


def test_a_code_outside_a_transaction_is_refused(committed_db: None) -> None:
    with pytest.raises(RuntimeError):
        next_code(unit_code="H26.101", day=DAY)
