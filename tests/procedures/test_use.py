"""What people read orders lists and answers, and holds nobody."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from procedures import queries, services
from procedures.middleware import MOST_OF_ONE, Readings, readings
from procedures.models import Procedure, ProcedureUse, ProcedureVersion
from procedures.search import current_engine
from procedures.services.use import KEEP_DAYS
from tests.dossiers.support import at_once

TODAY = dt.date(2026, 11, 24)
YESTERDAY = TODAY - dt.timedelta(days=1)
PHONE = {"HTTP_USER_AGENT": "Mozilla/5.0 (Linux; Android 14) Chrome/130"}
BIRTH, MARRIAGE = "1.001193", "1.000894"


@pytest.fixture
def _counted(settings: Any) -> Any:
    settings.COUNT_READINGS = True
    readings._counts.clear()
    readings._seen.clear()
    # The test writes itself: another thread would not see the transaction it runs in.
    readings._written = time.monotonic()
    yield
    readings._counts.clear()


def _popularity(code: str) -> int:
    return ProcedureVersion.objects.filter(procedure__code=code).order_by("-effective_from").values_list("popularity", flat=True)[0]


@pytest.mark.usefixtures("demo_data", "_counted")
class TestCounting:
    @pytest.mark.requirement("C-07", "C-08")
    def test_a_page_read_is_counted_in_both_languages(self, client: Client) -> None:
        for path in (f"/thu-tuc/{BIRTH}/", f"/en/thu-tuc/{BIRTH}/", "/thu-tuc/", "/thu-tuc/9.999999/", f"/thu-tuc/{BIRTH}/bao-loi/"):
            client.get(path, **PHONE)
        readings.write()
        row = ProcedureUse.objects.get()
        assert (row.procedure.code, row.day, row.count) == (BIRTH, timezone.localdate(), 2)

    def test_robots_heads_and_posts_are_not_people(self, client: Client) -> None:
        client.get(f"/thu-tuc/{BIRTH}/", HTTP_USER_AGENT="Mozilla/5.0 (compatible; Googlebot/2.1)")
        client.get(f"/thu-tuc/{BIRTH}/", HTTP_USER_AGENT="")
        client.head(f"/thu-tuc/{BIRTH}/", **PHONE)
        client.post(f"/thu-tuc/{BIRTH}/", **PHONE)
        readings.write()
        assert not ProcedureUse.objects.exists()

    def test_one_address_has_its_share(self) -> None:
        mine = Readings()
        for _ in range(5 * MOST_OF_ONE):
            mine.add(BIRTH, "203.0.113.7", TODAY)
            mine.add(MARRIAGE, "203.0.113.7", TODAY)
        mine.add(BIRTH, "203.0.113.8", TODAY)
        mine.write()
        assert dict(ProcedureUse.objects.values_list("procedure__code", "count")) == {BIRTH: MOST_OF_ONE + 1, MARRIAGE: MOST_OF_ONE}
        mine.add(BIRTH, "203.0.113.7", TODAY + dt.timedelta(days=1))
        mine.write()
        assert ProcedureUse.objects.get(day=TODAY + dt.timedelta(days=1)).count == 1

    def test_readings_add_up_and_unknown_codes_are_left_out(self) -> None:
        assert services.add_uses({(BIRTH, TODAY): 3, ("9.999999", TODAY): 5}) == 1
        assert services.add_uses({(BIRTH, TODAY): 4, (BIRTH, YESTERDAY): 1}) == 2
        assert services.add_uses({}) == 0
        assert ProcedureUse.objects.get(day=TODAY).count == 7


@pytest.mark.usefixtures("demo_db")
def test_two_processes_write_at_once_and_none_is_lost() -> None:
    codes = list(Procedure.objects.order_by("code").values_list("code", flat=True)[:40])

    def write(order: list[str]) -> None:
        for _ in range(10):
            services.add_uses({(code, TODAY): 1 for code in order})

    assert at_once(lambda: write(codes), lambda: write(codes[::-1])) == [None, None]
    assert set(ProcedureUse.objects.values_list("count", flat=True)) == {20}
    assert ProcedureUse.objects.count() == len(codes)


@pytest.mark.usefixtures("demo_data")
def test_what_the_database_refuses_is_written_later(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Readings()
    mine.add(BIRTH, "203.0.113.7", TODAY)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE procedures_procedureuse RENAME TO elsewhere")
    mine.write()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE elsewhere RENAME TO procedures_procedureuse")
    mine.write()
    assert ProcedureUse.objects.get().count == 1


@pytest.mark.usefixtures("demo_data")
class TestRanking:
    @pytest.mark.requirement("C-08")
    def test_the_most_read_come_first(self) -> None:
        quiet = queries.all_procedures(TODAY).filter(popularity__lt=500).order_by("sort_key")[3].procedure.code
        services.add_uses({(quiet, YESTERDAY): 50_000})
        services.rank_by_use(TODAY)
        assert _popularity(quiet) == 1000
        assert queries.all_procedures(TODAY)[0].procedure.code == quiet
        assert queries.most_used(TODAY)[0].procedure.code == quiet

    def test_editors_choice_stands_until_people_have_chosen(self) -> None:
        services.rank_by_use(TODAY)
        expected = Procedure.objects.filter(featured_rank__isnull=False).order_by("featured_rank").values_list("code", flat=True)
        assert [version.procedure.code for version in queries.most_used(TODAY)] == list(expected[:6])

    def test_today_and_what_is_long_past_do_not_count(self) -> None:
        services.rank_by_use(TODAY)
        before = _popularity(BIRTH)
        services.add_uses({(BIRTH, TODAY): 9_000, (BIRTH, TODAY - dt.timedelta(days=29)): 9_000})
        assert services.rank_by_use(TODAY) == 0
        assert _popularity(BIRTH) == before

    def test_old_readings_are_removed(self) -> None:
        services.add_uses({(BIRTH, TODAY - dt.timedelta(days=KEEP_DAYS)): 1, (BIRTH, TODAY - dt.timedelta(days=KEEP_DAYS + 1)): 1})
        services.rank_by_use(TODAY)
        assert [row.day for row in ProcedureUse.objects.all()] == [TODAY - dt.timedelta(days=KEEP_DAYS)]

    def test_readings_are_no_change_of_a_procedure(self) -> None:
        services.rank_by_use(TODAY)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM procedures_procedureversionevent")
            history = cursor.fetchone()
        updated = dict(Procedure.objects.values_list("code", "updated_at"))
        services.add_uses({(MARRIAGE, YESTERDAY): 70_000})
        assert services.rank_by_use(TODAY) > 0
        # Nobody wrote anything, so neither history nor the API speak of a change.
        assert dict(Procedure.objects.values_list("code", "updated_at")) == updated
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM procedures_procedureversionevent")
            assert cursor.fetchone() == history
        ProcedureVersion.objects.filter(procedure__code=MARRIAGE).update(name="Tên khác")
        assert Procedure.objects.get(code=MARRIAGE).updated_at > updated[MARRIAGE]

    @pytest.mark.requirement("C-07")
    def test_of_two_answers_alike_the_more_read_comes_first(self) -> None:
        first, second = "1.000656", "1.004222"
        ProcedureVersion.objects.filter(procedure__code__in=[first, second]).update(name="Đăng ký xe ngựa", keywords=[], english={})
        for code in (first, second):
            services.add_uses({(code, YESTERDAY): 3_000_000 if code == first else 3})
            services.rank_by_use(TODAY)
        assert current_engine().find("xe ngựa").codes[:2] == [first, second]
        services.add_uses({(second, YESTERDAY): 2_000_000_000})
        services.rank_by_use(TODAY)
        assert current_engine().find("xe ngựa").codes[:2] == [second, first]
