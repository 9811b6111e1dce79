"""Pages for strangers are kept until what they show has changed; nobody else's page is (issue 3, "Speed"; N-02)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.caching import CATALOGUE, Remembered, changes, marks
from portal.caching.models import Change
from portal.caching.tasks import remove_old
from portal.search import keeping
from procedures.models import Decision, LifeEvent, OnlineService, ProcedureVersion
from procedures.views import searching
from tests.factories import make_person

PAGE = "/thu-tuc/1.001193/"


@pytest.fixture(autouse=True)
def kept(settings: Any) -> Iterator[None]:
    """As in a portal: pages are kept, and a change is looked for at every use."""
    settings.PAGE_CACHE_MB = 8
    usual, changes.CHECK_SECONDS = changes.CHECK_SECONDS, 0.0
    marks.forget()
    yield
    changes.CHECK_SECONDS = usual
    marks.forget()


@pytest.mark.usefixtures("demo_data")
class TestOneProcess:
    """What one process does."""

    def test_a_page_is_rendered_once_and_looked_after_with_one_query(self, django_assert_num_queries: Any) -> None:
        client = Client()
        first = client.get(PAGE)
        with django_assert_num_queries(1):
            again = client.get(PAGE)
        assert again.content == first.content and again.status_code == 200
        for name in ("Content-Type", "Content-Security-Policy", "Cache-Control", "ETag", "Vary", "X-Frame-Options", "Referrer-Policy"):
            assert again[name] == first[name], name
        assert again["X-Request-ID"] != first["X-Request-ID"]
        marks.forget()
        changes.CHECK_SECONDS = 60.0
        client.get(PAGE)
        with django_assert_num_queries(0):
            assert client.get(PAGE).content == first.content

    def test_one_who_has_it_gets_304_and_head_gets_no_body(self) -> None:
        client = Client()
        etag = client.get(PAGE)["ETag"]
        same = client.get(PAGE, headers={"if-none-match": etag})
        assert (same.status_code, same.content, same["ETag"]) == (304, b"", etag)
        assert client.get(PAGE, headers={"if-none-match": 'W/"other"'}).status_code == 200
        head = client.head(PAGE)
        assert head.status_code == 200 and head.content == b"" and int(head["Content-Length"]) > 1000
        assert Client().get(PAGE, headers={"if-none-match": etag}).status_code == 304

    def test_a_change_of_what_it_shows_empties_it_and_another_does_not(self, django_assert_num_queries: Any) -> None:
        client = Client()
        client.get(PAGE)
        support = client.get("/ho-tro/").content
        terms = client.get("/dieu-khoan/").content
        ProcedureVersion.objects.filter(procedure__code="1.001193").update(summary="Câu mới của biên tập viên.")
        assert "Câu mới của biên tập viên." in client.get(PAGE).content.decode()
        with django_assert_num_queries(0):
            assert client.get("/ho-tro/").content == support
        # The terms have versions: one question whether there is a new one, and the page is the kept one still.
        with django_assert_num_queries(1):
            assert client.get("/dieu-khoan/").content == terms

    def test_every_table_that_public_pages_show_notes_its_changes(self) -> None:
        from django.apps import apps

        tables = {
            model._meta.db_table
            for label in ("procedures", "catalogues", "notices")
            for model in apps.get_app_config(label).get_models()
            if not model._meta.db_table.endswith("event") or model is LifeEvent
        } - {"procedures_importrun", "procedures_stagedrecord", "catalogues_shippedfile", "catalogues_catalogueimport"}
        # Reports of mistakes are shown to no stranger; readings show only in the order of lists, once a night.
        tables -= {"procedures_mistakereport", "procedures_searchmiss", "procedures_procedureuse"}
        # What readers say of an answer stands on the page of their vote alone, which nobody keeps.
        tables -= {"procedures_questionrating", "procedures_questionvote"}
        # What usually comes next is told to its owner in a notice, on no page.
        tables -= {"procedures_nextstep"}
        # Plans, steps and reviews of services stand on the desk; opinions, and what other sites embed, on pages that nobody keeps.
        tables -= {"procedures_restructuring", "procedures_servicereview", "procedures_opinion", "procedures_embedsite"}
        # Of petitions strangers are shown what is published, under its kind.
        tables |= {"feedback_petitionkind", "feedback_publishedcase"}
        # The version of the terms in force.
        tables |= {"accounts_terms"}
        # What troubles people, what did not work, what is planned, what editors wrote.
        tables |= {"helpdesk_troublecount", "helpdesk_troublekind", "helpdesk_incident", "content_piece", "content_picture"}
        tables |= {"upkeep_maintenance", "upkeep_readonly", "upkeep_trialperiod"}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgrelid::regclass::text, trim(trailing '\\000' from encode(tgargs, 'escape')) FROM pg_trigger WHERE tgname = %s",
                ["caching_note"],
            )
            noting = dict(cursor.fetchall())
        assert noting.keys() == tables
        # The search's words and weights are a room of their own: no page of the catalogue shows them.
        assert {table for table, room in noting.items() if room == "search"} == {"procedures_searchword", "procedures_searchweight"}

    def test_a_visitor_with_a_session_gets_a_page_of_their_own(self) -> None:
        stranger, person = Client(), make_person(full_name="Trần Thị Mẫu Giả")
        plain = stranger.get(PAGE).content
        stranger.force_login(person.user)
        own = stranger.get(PAGE)
        assert "Trần Thị Mẫu Giả" in own.content.decode() and "private" in own["Cache-Control"]
        other = Client().get(PAGE)
        assert other.content == plain and "Trần Thị Mẫu Giả" not in other.content.decode()
        assert Client().get(PAGE, headers={"authorization": "Bearer x"}).content == plain

    def test_addresses_do_not_mix(self) -> None:
        client = Client()
        pages = {
            path: client.get(path).content for path in (PAGE, f"/en{PAGE}", f"{PAGE}?dia-phuong=01", "/tim-kiem/?q=a", "/tim-kiem/?q=b")
        }
        assert len(set(pages.values())) == len(pages)
        assert {path: client.get(path).content for path in pages} == pages
        assert client.get(PAGE, headers={"host": "other.example"}).status_code == 200
        assert client.get("/thu-tuc/9.999999/").status_code == client.get("/thu-tuc/9.999999/").status_code == 404
        assert client.get("/tim-kiem/?q=" + "x" * 2000).status_code == 200
        assert client.post(PAGE).status_code == 405

    def test_a_new_day_is_a_new_page(self) -> None:
        client = Client()
        row = ProcedureVersion.objects.get(procedure__code="1.001193")
        ProcedureVersion.objects.filter(pk=row.pk).update(effective_to=dt.date(2027, 3, 1))
        with time_machine.travel(dt.datetime(2027, 2, 28, 23, 59, tzinfo=dt.timezone(dt.timedelta(hours=7))), tick=False):
            assert client.get(PAGE).status_code == 200
        with time_machine.travel(dt.datetime(2027, 3, 1, 0, 1, tzinfo=dt.timezone(dt.timedelta(hours=7))), tick=False):
            assert client.get(PAGE).status_code == 410

    def test_redis_away_costs_nothing_but_sharing(self, settings: Any) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        client = Client()
        assert client.get(PAGE).content == client.get(PAGE).content

    def test_memory_has_an_end(self) -> None:
        from portal.caching.store import Kept, Memory

        memory = Memory(100_000)
        for number in range(100):
            memory.put(str(number), Kept("m", (), b"x" * 5000, "e", "r"))
        assert memory.used <= 100_000 and memory.get("99", "m") and memory.get("0", "m") is None
        memory.put("huge", Kept("m", (), b"x" * 50_000, "e", "r"))
        assert memory.get("huge", "m") is None
        assert memory.get("99", "another mark") is None


@pytest.mark.django_db
def test_what_is_old_is_removed_but_the_newest_of_a_room() -> None:
    Change.objects.all().delete()
    for days, room in ((30, "a"), (20, "a"), (1, "a"), (40, "b")):
        Change.objects.create(room=room, transaction=days, noted_at=dt.datetime.now(dt.UTC) - dt.timedelta(days=days))
    assert remove_old() == 2
    assert sorted(Change.objects.values_list("room", "transaction")) == [("a", 1), ("b", 40)]


@pytest.mark.usefixtures("committed_db")
def test_a_change_is_seen_when_its_transaction_ends_whatever_the_order() -> None:
    """Two transactions overlap; the one that began first ends last, and its smaller row number is still a change."""
    import threading

    begun, go = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            LifeEvent.objects.create(slug="cham", name="Chậm", position=90)
            begun.set()
            go.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert begun.wait(10)
    before = marks.of(("procedures",))
    LifeEvent.objects.create(slug="nhanh", name="Nhanh", position=91)
    between = marks.of(("procedures",))
    go.set()
    thread.join()
    after = marks.of(("procedures",))
    assert len({before, between, after}) == 3
    assert marks.of(("catalogues",)) == marks.of(("catalogues",))
    with transaction.atomic():
        LifeEvent.objects.filter(slug="cham").update(position=92)
        transaction.set_rollback(True)
    assert marks.of(("procedures",)) == after


@pytest.mark.usefixtures("demo_data")
class TestRemembered:
    """What filters ask about answers is read once, until the catalogue changes (issue 4, "Speed")."""

    @pytest.fixture(autouse=True)
    def as_in_a_portal(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Answers are made anew, out of an index and facts that the process keeps."""
        settings.PAGE_CACHE_MB, settings.KEEP_SEARCH_INDEX = 0, True
        monkeypatch.setattr(keeping, "_keepers", {})
        monkeypatch.setattr(searching, "_remembered", Remembered(*CATALOGUE))

    def _counts(self, language: str = "") -> dict[str, int]:
        filters = Client().get(f"{language}/tim-kiem/?q=khai+sinh").context["filters"]
        return {choice.label: choice.count for one in filters for choice in one.choices}

    @pytest.mark.requirement("C-07")
    def test_a_second_question_asks_for_the_changes_and_the_rows_alone(self, django_assert_num_queries: Any) -> None:
        client = Client()
        first = client.get("/tim-kiem/?q=khai+sinh").content
        marks.forget()
        changes.CHECK_SECONDS = 60.0
        # Three of them ask whether a question was answered already, which no process holds.
        with django_assert_num_queries(5):
            assert client.get("/tim-kiem/?q=khai+sinh").content == first
        with django_assert_num_queries(4):
            client.get("/tim-kiem/?q=khai+sinh&cap=xa")

    @pytest.mark.requirement("C-07")
    def test_a_change_is_counted(self) -> None:
        before = self._counts()
        whole, part = before["Toàn bộ trên mạng"], before.get("Một phần trên mạng", 0)
        assert whole > 1
        Change.objects.all().delete()
        marks.forget()
        OnlineService.objects.filter(code="1.001193.01").update(level=OnlineService.ServiceLevel.PART)
        after = self._counts()
        assert after["Một phần trên mạng"] == part + 1 and after["Toàn bộ trên mạng"] == whole - 1

    def test_names_of_events_follow_the_language_and_their_changes(self) -> None:
        assert "Có con nhỏ" in self._counts() and "Có con nhỏ" not in self._counts("/en")
        Change.objects.all().delete()
        marks.forget()
        LifeEvent.objects.filter(slug="co-con-nho").update(name="Có em bé")
        after = self._counts()
        assert "Có em bé" in after and "Có con nhỏ" not in after

    def test_what_was_read_before_a_change_is_not_taken_for_the_new_state(self) -> None:
        held = Remembered("procedures")
        old = held.values()
        Change.objects.all().delete()
        LifeEvent.objects.filter(slug="co-con-nho").update(name="Có em bé")
        new = held.values()
        old["late"] = "what a slow thread read before"
        assert new is held.values() and "late" not in new

    def test_a_day_begins_with_nothing(self) -> None:
        held = Remembered("procedures")
        with time_machine.travel(dt.datetime(2026, 11, 24, 16, 59, 59, tzinfo=dt.UTC), tick=False):
            held.values()["name"] = "yesterday's"
            assert held.values()
        with time_machine.travel(dt.datetime(2026, 11, 24, 17, 0, tzinfo=dt.UTC), tick=False):
            assert held.values() == {}


@pytest.mark.usefixtures("demo_data")
class TestOnePage:
    """A publication empties what it must, and no more (issue 4, "Speed")."""

    BIRTH, OTHER = "1.001193", "1.000656"

    @pytest.fixture
    def holds(self) -> Any:
        """Whether a page is answered from memory: then only the changes are asked for."""
        client = Client()

        def ask(path: str) -> bool:
            client.get(path)
            with CaptureQueriesContext(connection) as asked:
                client.get(path)
            assert len(asked) == 1, "the page was not kept at all"
            return True

        def still(path: str) -> bool:
            with CaptureQueriesContext(connection) as asked:
                client.get(path)
            return len(asked) == 1

        return ask, still

    def _note_as_if_later(self) -> None:
        # Everything in a test is one transaction, which notes each room once: what was noted so far belongs to the past.
        Change.objects.all().delete()
        marks.forget()

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE procedures_procedureversion SET summary = 'Mới' WHERE id = %(version)s",
            "UPDATE procedures_step SET text = 'Mới' WHERE version_id = %(version)s",
            "DELETE FROM procedures_legalbasis WHERE version_id = %(version)s",
            "UPDATE procedures_requireddocument SET note = 'Mới' WHERE version_id = %(version)s",
            "UPDATE procedures_channel SET note = 'Mới' WHERE version_id = %(version)s",
            "UPDATE procedures_result SET name = 'Mới' WHERE version_id = %(version)s",
            "UPDATE procedures_timelimit SET note = 'Mới' WHERE channel_id IN"
            " (SELECT id FROM procedures_channel WHERE version_id = %(version)s)",
            "UPDATE procedures_feeline SET name = 'Mới' WHERE limit_id IN (SELECT t.id FROM procedures_timelimit t"
            " JOIN procedures_channel c ON c.id = t.channel_id WHERE c.version_id = %(version)s)",
            "UPDATE procedures_onlineservice SET level = level WHERE version_id = %(version)s",
            "UPDATE procedures_procedure SET out_of_force_since = '2031-01-01' WHERE code = '1.001193'",
            "INSERT INTO procedures_localisation (version_id, province_code, executing_agency, executing_codes, place, channels, documents,"
            " decision_number, source) VALUES (%(version)s, '01', 'Mới', '{}', '', '[]', '[]', '', 'x')",
        ],
        ids=lambda sql: " ".join(sql.split()[:3]),
    )
    def test_a_change_of_one_procedure_empties_its_page_and_the_lists(self, holds: Any, sql: str) -> None:
        ask, still = holds
        version = ProcedureVersion.objects.get(procedure__code=self.BIRTH, effective_to=None).pk
        self._note_as_if_later()
        for path in (f"/thu-tuc/{self.BIRTH}/", f"/en/thu-tuc/{self.BIRTH}/", f"/thu-tuc/{self.OTHER}/", "/thu-tuc/"):
            ask(path)
        with connection.cursor() as cursor:
            cursor.execute(sql, {"version": version})
            assert cursor.rowcount > 0
        assert not still(f"/thu-tuc/{self.BIRTH}/") and not still(f"/en/thu-tuc/{self.BIRTH}/")
        assert still(f"/thu-tuc/{self.OTHER}/"), "another procedure says nothing of it"
        assert not still("/thu-tuc/")

    def test_a_page_that_names_it_is_emptied_too(self, holds: Any) -> None:
        ask, still = holds
        ProcedureVersion.objects.filter(procedure__code=self.OTHER).update(related=[self.BIRTH])
        self._note_as_if_later()
        ask(f"/thu-tuc/{self.OTHER}/")
        ProcedureVersion.objects.filter(procedure__code=self.BIRTH).update(name="Khai sinh, tên mới")
        assert not still(f"/thu-tuc/{self.OTHER}/")
        assert "Khai sinh, tên mới" in Client().get(f"/thu-tuc/{self.OTHER}/").content.decode()

    def test_the_decision_behind_it_empties_it(self, holds: Any) -> None:
        ask, still = holds
        decision = Decision.objects.create(number="1/QĐ-THU", agency="Bộ Thử nghiệm")
        ProcedureVersion.objects.filter(procedure__code=self.BIRTH).update(decision=decision)
        self._note_as_if_later()
        ask(f"/thu-tuc/{self.BIRTH}/")
        Decision.objects.filter(pk=decision.pk).update(issued_on=dt.date(2026, 1, 1))
        assert not still(f"/thu-tuc/{self.BIRTH}/")

    def test_what_touches_many_empties_all(self, holds: Any) -> None:
        ask, still = holds
        self._note_as_if_later()
        ask(f"/thu-tuc/{self.BIRTH}/")
        ProcedureVersion.objects.exclude(procedure__code=self.BIRTH).update(source="Nguồn mới")
        assert Change.objects.filter(room__startswith="procedures/").values_list("room", flat=True).get() == "procedures/*"
        assert not still(f"/thu-tuc/{self.BIRTH}/")

    def test_the_nights_new_order_leaves_the_pages_of_procedures(self, holds: Any) -> None:
        ask, still = holds
        self._note_as_if_later()
        ask(f"/thu-tuc/{self.BIRTH}/")
        ask("/thu-tuc/")
        ProcedureVersion.objects.update(popularity=7)
        assert still(f"/thu-tuc/{self.BIRTH}/") and not still("/thu-tuc/")

    def test_old_parts_are_removed(self) -> None:
        Change.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO caching_change (room, transaction, noted_at) VALUES ('procedures', 1, now() - interval '9 days'),"
                " ('procedures/1.001193', 1, now() - interval '9 days'), ('procedures/1.000656', 2, now())"
            )
        assert remove_old() == 1
        assert set(Change.objects.values_list("room", flat=True)) == {"procedures", "procedures/1.000656"}
