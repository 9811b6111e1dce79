"""Satisfaction: what is kept as counted is what a plain count of the answers gives; few are not told from the whole."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import defaultdict

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ratings.models import Rating, RatingCount
from ratings.slips import counting, queries
from ratings.slips.rules import LEAST, Steps, protected
from tests.ratings.slips.support import rate

pytestmark = [pytest.mark.requirement("R-01")]

UNITS = ("H26", "H26.101", "H26.101.5", "H26.1", "H17.101", "G15")
KINDS = (("1.001193", "LV.ho-tich"), ("1.004222", "LV.cu-tru"), ("2.000635", "LV.ho-tich"))
answers = st.tuples(
    st.sampled_from(UNITS), st.integers(1, 5), st.dates(dt.date(2025, 12, 20), dt.date(2026, 3, 10)), st.sampled_from(KINDS),
    st.sampled_from("ddddu"),
)  # fmt: skip


def plain(rows: list[Rating], agency: str, first: dt.date, last: dt.date, source: str = "d") -> list[Rating]:
    """Those that count, looked at one by one."""
    return [
        row for row in rows
        if row.source == source and first <= row.day <= last
        and (not agency or row.unit_code == agency or row.unit_code.startswith(f"{agency}."))
    ]  # fmt: skip


def steps(rows: list[Rating], question: int = 1) -> Steps:
    """Their steps."""
    given_steps = [getattr(row, f"q{question}") for row in rows]
    return Steps(*(given_steps.count(step) for step in range(1, 6)))


class TestAnswers(TestCase):
    """Each example in a transaction of its own."""

    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(st.data())
    def test_answers_folded_or_not_give_the_figures_of_a_plain_count(self, data: st.DataObject) -> None:
        for unit, step, day, (procedure, field), source in data.draw(st.lists(answers, min_size=1, max_size=25)):
            rate(unit, step, day=day, procedure=procedure, field=field, source=source)
            if data.draw(st.booleans()):
                counting.fold()
        rows = list(Rating.objects.all())
        for agency in ("", "H26", "H26.101", "G15"):
            first = data.draw(st.dates(dt.date(2025, 12, 1), dt.date(2026, 3, 31)))
            last = first + dt.timedelta(days=data.draw(st.integers(0, 60)))
            found = queries.satisfaction(agency, first, last, by="agency")
            mine = plain(rows, agency, first, last)
            assert found.total == steps(mine) == queries.satisfaction(agency, first, last).total
            assert (found.numerator, found.denominator) == (sum(row.q1 > 3 for row in mine), len(mine))
            parts = defaultdict(list)
            depth = len(agency.split(".")) + 1 if agency else 1
            for row in mine:
                parts[".".join(row.unit_code.split(".")[:depth])].append(row)
            assert found.rows == {key: steps(some) for key, some in parts.items()}
            first, last = (
                dt.date(2026, data.draw(st.integers(1, 2)), 1),
                data.draw(st.sampled_from([dt.date(2026, 2, 28), dt.date(2026, 3, 31)])),
            )
            mine = plain(rows, agency, first, last)
            for by, key in (("field", "field_code"), ("procedure", "procedure_code"), ("month", "month")):
                grouped = defaultdict(list)
                for row in mine:
                    grouped[str(getattr(row, key))].append(row)
                said = queries.satisfaction(agency, first, last, by=by)  # type: ignore[arg-type]
                assert said.total == steps(mine) and said.rows == {key: steps(some) for key, some in grouped.items()}
            asked = queries.satisfaction(agency, first, last, by="question").rows
            for number, code in enumerate(("overall", "officer", "access", "time", "result"), 1):
                assert asked.get(code, Steps()) == steps(mine, number)
            some = [row for row in mine if row.procedure_code == "1.001193"]
            assert queries.satisfaction(agency, first, last, procedure_code="1.001193").total == steps(some)
            assert queries.satisfaction(agency, first, last, source="u").total == steps(plain(rows, agency, first, last, "u"))
        kept = sorted(RatingCount.objects.values_list("source", "grain", "place", "period", "day", "question", "s1", "s5"))
        counting.fold()
        folded = sorted(RatingCount.objects.values_list("source", "grain", "place", "period", "day", "question", "s1", "s5"))
        assert counting.recount() == len(rows)
        assert sorted(RatingCount.objects.values_list("source", "grain", "place", "period", "day", "question", "s1", "s5")) == folded
        assert len(kept) <= len(folded)


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 12)))
def test_what_is_hidden_cannot_be_reckoned_from_what_is_shown(sizes: dict[str, int]) -> None:
    rows = {key: Steps(s5=size) for key, size in sizes.items()}
    total = sum(rows.values(), Steps())
    hidden = protected(rows, total)
    shown = [key for key in rows if key not in hidden and rows[key].answered]
    assert all(rows[key].answered >= LEAST for key in shown)
    rest = total.answered - sum(rows[key].answered for key in shown)
    # What is left is nothing, or so much that nobody stands alone in it; or nothing is shown to subtract from.
    assert rest == 0 or rest >= LEAST or not total.is_enough or not shown
    assert not hidden or len([key for key in hidden if rows[key].answered]) > 1 or not shown


@pytest.mark.django_db
def test_days_are_not_kept_of_what_is_cut_finer() -> None:
    for by in ("field", "procedure", "month", "question"):
        with pytest.raises(ValueError, match="whole months"):
            queries.satisfaction("", dt.date(2026, 1, 2), dt.date(2026, 1, 31), by=by)  # type: ignore[arg-type]


@pytest.mark.django_db
@pytest.mark.usefixtures("demo_data")
def test_the_page_says_the_share_beside_the_target_hides_few_and_leads_down(client: Client) -> None:
    for unit, step in [("H26.101", 5)] * 9 + [("H26.102", 1)] + [("H29.101", 4)] * 6 + [("G15", 2)] * 5:
        rate(unit, step, day=dt.date(2026, 3, 4))
    page = client.get("/danh-gia/hai-long/?ky=2026-03").content.decode()
    assert "71,43% hài lòng hoặc rất hài lòng (15 trong 21 phiếu)" in page and "Chưa đạt mục tiêu 95%" in page
    below = client.get("/danh-gia/hai-long/?ky=2026-03&co-quan=H26").content.decode()
    # Of the two communes one has a single slip: neither is told.
    assert "90% hài lòng" in below and "chưa đủ 5 phiếu" in below
    table = below.split("<tbody>")[-1]
    assert "100" not in table and table.count("—") >= 6
    few = client.get("/danh-gia/hai-long/?ky=2026-03&co-quan=H26.102").content.decode()
    assert "không nêu số liệu" in few and "0%" not in few.split("<main")[1].split("cach-tinh")[0]
    for theo in ("co-quan", "linh-vuc", "thu-tuc", "thang", "cau-hoi", "x"):
        assert client.get(f"/en/danh-gia/hai-long/?ky=2026&theo={theo}&xep=-share").status_code == 200
    rows = list(csv.reader(io.StringIO(client.get("/danh-gia/hai-long/so-lieu.csv?ky=2026-03").content.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:-1]] == ["G15", "H26", "H29"] or len(rows) == 5
    assert rows[-1][2] == "21"
    assert client.get("/danh-gia/hai-long/so-lieu.pdf").status_code == 404
    for nonsense in ("?co-quan=Z99", "?co-quan=%00"):
        assert client.get(f"/danh-gia/hai-long/{nonsense}").status_code == 404
    assert client.get("/danh-gia/hai-long/?ky=x&xep=x").status_code == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("demo_data")
def test_the_page_asks_the_same_of_any_number_of_agencies(client: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/danh-gia/hai-long/?ky=2026-03").status_code == 200
        return len(asked)

    rate("H26.101", 5, day=dt.date(2026, 3, 4))
    few = count()
    for unit in ("H29.101", "H17.101", "G15", "H31.101", "H57.101"):
        for _ in range(6):
            rate(unit, 4, day=dt.date(2026, 3, 4))
    assert count() == few <= 9


@pytest.mark.django_db
@pytest.mark.usefixtures("demo_data")
def test_the_demo_shows_slips_and_surveys_and_loads_once(client: Client) -> None:
    from ratings import demo as statistics
    from ratings.slips import demo as slips
    from ratings.surveys import demo as surveys

    statistics.load()
    said = slips.load(), surveys.load()
    assert (slips.load(), surveys.load()) == said and said[1] == "2 khảo sát"
    rows = list(Rating.objects.filter(source="d"))
    assert len(rows) > 1000 and Rating.objects.filter(words_state="w").count() == 12
    today = max(row.day for row in rows)
    found = queries.satisfaction("", dt.date(2026, 1, 1), today, by="agency")
    assert found.total == steps(rows) and 60 < float(found.share or 0) < 100
    page = client.get("/khao-sat/").content.decode()
    assert "Nộp hồ sơ trực tuyến có dễ không?" in page and "ket-qua" in page
    assert "% hài lòng" in client.get("/danh-gia/hai-long/").content.decode()
