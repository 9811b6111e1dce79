"""The words by which the search understands people: shipped, changed on the desk, wanted where a question found nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from portal.access import SYSTEM, AccessDenied, Actor
from portal.audit.models import Act
from portal.caching.models import Change
from portal.operations.preparation import loaders
from portal.search import Words
from portal.search.phrases import word_key
from procedures import queries, services
from procedures.models import SearchMiss, SearchWord
from procedures.services.words import FOLDER, shipped_words
from tests.dossiers.support import at_once
from tests.factories import loose_officer, make_position, sign_in
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.requirement("C-07")
DESK = "/quan-tri/procedures/searchword/"
MISSES = "/quan-tri/procedures/searchmiss/"
WORDS = """# Words people use.
## xe
bằng lái = giấy phép lái xe | giấy phép lái xe quốc tế
Nhà trọ + tạm trú | lưu trú|tạm trú
"""
NOISE = "# Around it.\nlàm sao\nthủ tục\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "words.txt").write_text(WORDS, encoding="utf-8")
    (tmp_path / "noise.txt").write_text(NOISE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def editor() -> Actor:
    return loose_officer(unit="G22", roles=("administrator",))


@pytest.fixture
def no_words(db: None) -> None:
    """Whatever was loaded with the software."""
    SearchWord.objects.all().delete()


def officer(client: Client, *roles: str) -> Client:
    position = make_position(unit="G22", roles=roles)
    sign_in(client, position.person, position=position)
    return client


def facts(key: str) -> tuple[str, str, str, str, bool]:
    word = SearchWord.objects.get(key=key)
    return word.phrase, word.kind, word.meanings, word.origin, word.active


@pytest.mark.django_db
@pytest.mark.usefixtures("no_words")
class TestLoading:
    """What comes with the software."""

    def test_files_become_words(self, folder: Path) -> None:
        report = services.load_words(folder=folder)
        assert (report.added, report.changed, report.removed, report.same) == (4, 0, 0, 0)
        assert facts("bang lai") == ("bằng lái", "means", "giấy phép lái xe\ngiấy phép lái xe quốc tế", "shipped", True)
        assert facts("nha tro") == ("Nhà trọ", "also", "tạm trú\nlưu trú", "shipped", True)
        assert facts("lam sao") == ("làm sao", "noise", "", "shipped", True)
        assert Act.objects.get(act="procedures.words.load").details == {"added": 4, "changed": 0, "removed": 0}

    def test_a_second_run_writes_nothing(self, folder: Path, django_assert_num_queries: Any) -> None:
        services.load_words(folder=folder)
        Change.objects.filter(room="search").delete()
        # The transaction's savepoint (two) and one look.
        with django_assert_num_queries(3):
            assert services.load_words(folder=folder).same == 4
        assert not Change.objects.filter(room="search").exists()
        assert Act.objects.filter(act="procedures.words.load").count() == 1

    def test_processes_learn_of_changed_and_removed_words(self, folder: Path) -> None:
        services.load_words(folder=folder)
        Change.objects.all().delete()
        old = SearchWord.objects.get(key="bang lai").updated_at
        (folder / "words.txt").write_text("bằng lái + giấy phép lái xe\n", encoding="utf-8")
        report = services.load_words(folder=folder)
        assert (report.added, report.changed, report.removed, report.same) == (0, 1, 1, 2)
        assert facts("bang lai") == ("bằng lái", "also", "giấy phép lái xe", "shipped", True)
        assert SearchWord.objects.get(key="bang lai").updated_at > old
        assert not SearchWord.objects.filter(key="nha tro").exists()
        assert set(Change.objects.values_list("room", flat=True)) == {"search"}
        events: Any = SearchWord.pgh_event_model.objects  # type: ignore[attr-defined]
        assert [event.pgh_label for event in events.filter(key="bang lai").order_by("pgh_id")] == ["insert", "update"]
        assert events.filter(key="nha tro", pgh_label="delete").exists()

    def test_what_an_editor_wrote_changed_or_switched_off_stands(self, folder: Path, editor: Actor) -> None:
        services.save_word(actor=editor, phrase="làm  sao", kind="means", meanings="cách làm")
        services.load_words(folder=folder)
        changed = SearchWord.objects.get(key="bang lai")
        services.save_word(actor=editor, word_id=changed.pk, phrase="bằng lái", kind="means", meanings="giấy phép lái xe")
        services.switch_word(actor=editor, word_id=SearchWord.objects.get(key="nha tro").pk, active=False)
        for text in (WORDS, "nhà trọ = phòng trọ\n", "", WORDS):
            (folder / "words.txt").write_text(text, encoding="utf-8")
            services.load_words(folder=folder)
        assert facts("lam sao") == ("làm sao", "means", "cách làm", "desk", True)
        assert facts("bang lai") == ("bằng lái", "means", "giấy phép lái xe", "desk", True)
        assert facts("nha tro") == ("Nhà trọ", "also", "tạm trú\nlưu trú", "desk", False)

    def test_of_two_with_one_key_the_first_counts(self, folder: Path) -> None:
        (folder / "words.txt").write_text("x-quang = thiết bị\nX quang + khác\nlàm sao = cách làm\n", encoding="utf-8-sig")
        services.load_words(folder=folder)
        assert facts("x quang")[:3] == ("x-quang", "means", "thiết bị")
        assert facts("lam sao")[1] == "means"

    @pytest.mark.parametrize(
        "line",
        [
            "bằng lái",
            "bằng lái=giấy phép",
            "= giấy phép",
            "bằng lái = ",
            "bằng lái = giấy phép | ",
            "!!! = giấy phép",
            "x" * 201 + " = y",
            "(a|b = y",
            "(a|) = y",
            "a|b = y",
            "a ; ! = y",
        ],
    )
    @pytest.mark.parametrize("ending", ["\n", "\r\n"])
    def test_a_line_that_cannot_be_read_is_named_and_nothing_is_loaded(self, folder: Path, line: str, ending: str) -> None:
        (folder / "words.txt").write_bytes(f"# first{ending}{ending}cccd = căn cước{ending}{line}{ending}".encode())
        with pytest.raises(services.BadRecord, match=r"words\.txt, line 4"):
            services.load_words(folder=folder)
        assert not SearchWord.objects.exists()

    def test_other_faults_of_files(self, folder: Path) -> None:
        (folder / "noise.txt").write_text("làm sao\n???\n", encoding="utf-8")
        with pytest.raises(services.BadRecord, match=r"noise\.txt, line 2"):
            services.load_words(folder=folder)
        (folder / "noise.txt").write_bytes("làm sao".encode("utf-16"))
        with pytest.raises(services.BadRecord, match=r"noise\.txt: not UTF-8"):
            services.load_words(folder=folder)

    def test_what_we_ship_is_loaded_whole_after_the_procedures(self) -> None:
        names = [loader.name for loader in loaders()]
        assert names.index("từ tìm kiếm") > names.index("thủ tục")
        line = next(loader for loader in loaders() if loader.name == "từ tìm kiếm").load()
        assert line == f"thêm {len(shipped_words(FOLDER))}, đổi 0, bỏ 0, giữ nguyên 0"
        assert len(shipped_words()) > 500

    def test_phrases_of_one_meaning_stand_on_one_line_and_choices_in_brackets(self, folder: Path) -> None:
        (folder / "words.txt").write_text("(mất|rớt) (|thẻ) căn cước ; căn cước bị mất = cấp lại căn cước\n", encoding="utf-8")
        (folder / "noise.txt").write_text("", encoding="utf-8")
        assert services.load_words(folder=folder).added == 2
        assert facts("mat rot the can cuoc")[0] == "(mất|rớt) (|thẻ) căn cước"
        phrases = [phrase for phrase, _kind, _meanings in queries.words_in_use()]
        assert sorted(phrases) == ["can cuoc bi mat", "mat can cuoc", "mat the can cuoc", "rot can cuoc", "rot the can cuoc"]

    def test_what_is_written_out_wins_over_a_choice_and_an_editor_over_both(self, folder: Path) -> None:
        lines = "sổ đỏ = giấy chứng nhận\n(sổ|bìa) đỏ + đất đai\nmất = cấp lại\n"
        (folder / "words.txt").write_text(lines, encoding="utf-8")
        (folder / "noise.txt").write_text("", encoding="utf-8")
        services.load_words(folder=folder)
        services.save_word(actor=SYSTEM, phrase="(mất|rơi)", kind="also", meanings="khôi phục")
        words = Words.of(queries.words_in_use())
        assert words.means == {("so", "do"): [("giay", "chung", "nhan")]}
        assert words.also == {("bia", "do"): [("dat", "dai")], ("mat",): [("khoi", "phuc")], ("roi",): [("khoi", "phuc")]}

    def test_brackets_of_an_older_word_break_nothing(self) -> None:
        SearchWord.objects.create(phrase="khai sinh (bản sao", key="khai sinh ban sao", kind="means", meanings="trích lục")
        assert queries.words_in_use() == [("khai sinh ban sao", "means", ["trích lục"])]

    def test_the_search_asks_for_what_is_switched_on_with_one_query(self, folder: Path, django_assert_num_queries: Any) -> None:
        services.load_words(folder=folder)
        services.switch_word(actor=SYSTEM, word_id=SearchWord.objects.get(key="thu tuc").pk, active=False)
        with django_assert_num_queries(1):
            assert queries.words_in_use() == [
                ("bang lai", "means", ["giấy phép lái xe", "giấy phép lái xe quốc tế"]),
                ("lam sao", "noise", []),
                ("nha tro", "also", ["tạm trú", "lưu trú"]),
            ]


@pytest.mark.parametrize(
    ("text", "key"),
    [("  Đổi  bằng-lái (B1)… ", "doi bang lai b1"), ("e_visa", "e visa"), ("１２ ﬃ", "１２ ffi"), ("???", ""), ("bằng lái", "bang lai")],
)
def test_the_key_holds_letters_and_digits_only(text: str, key: str) -> None:
    assert word_key(text) == key == word_key(key)


@pytest.mark.django_db
@pytest.mark.usefixtures("no_words")
class TestDesk:
    """What editors do."""

    GIVEN = {"phrase": " Bằng  lái ", "kind": "means", "meanings": "giấy phép lái xe\n\n Giấy phép lái xe \ngiấy phép lái xe quốc tế"}

    def test_an_editor_adds_changes_and_switches_a_word(self, client: Client) -> None:
        officer(client, "steering")
        assert client.get(f"{DESK}add/").status_code == 200
        answer = client.post(f"{DESK}add/", self.GIVEN)
        assert (answer.status_code, answer["Location"]) == (302, DESK)
        word = SearchWord.objects.get()
        assert facts("bang lai") == ("Bằng lái", "means", "giấy phép lái xe\ngiấy phép lái xe quốc tế", "desk", True)
        page = client.get(f"{DESK}{word.pk}/change/").content.decode()
        assert "đang dùng" in page.lower() and "giấy phép lái xe quốc tế" in page
        client.post(f"{DESK}{word.pk}/change/", {"phrase": "bằng lái", "kind": "also", "meanings": "giấy phép lái xe"})
        assert facts("bang lai")[:3] == ("bằng lái", "also", "giấy phép lái xe")
        for action, active in (("switch_off", False), ("switch_off", False), ("switch_on", True)):
            client.post(DESK, {"action": action, "_selected_action": [word.pk]})
            assert facts("bang lai")[4] is active
        acts = Act.objects.filter(target="procedures.searchword", target_id=str(word.pk)).order_by("id")
        assert [act.act.removeprefix("procedures.words.") for act in acts] == ["add", "change", "off", "on"]
        assert all(act.unit == "G22" and act.position_id for act in acts)
        events: Any = word.events.select_related("pgh_context").order_by("pgh_id")  # type: ignore[attr-defined]
        told = [(event.pgh_label, event.kind, event.active, event.pgh_context.metadata["act"]) for event in events]
        assert told == [
            ("insert", "means", True, "procedures.words.add"),
            ("update", "also", True, "procedures.words.change"),
            ("update", "also", False, "procedures.words.off"),
            ("update", "also", True, "procedures.words.on"),
        ]

    def test_saving_without_a_change_leaves_a_shipped_word_shipped(self, client: Client, folder: Path) -> None:
        services.load_words(folder=folder)
        officer(client, "administrator")
        word = SearchWord.objects.get(key="nha tro")
        client.post(f"{DESK}{word.pk}/change/", {"phrase": word.phrase, "kind": word.kind, "meanings": word.meanings})
        assert facts("nha tro")[3] == "shipped" and not Act.objects.filter(act="procedures.words.change").exists()
        client.post(f"{DESK}{word.pk}/change/", {"phrase": word.phrase, "kind": word.kind, "meanings": "tạm trú"})
        assert facts("nha tro")[2:4] == ("tạm trú", "desk")

    @pytest.mark.parametrize(
        ("given", "field", "words"),
        [
            ({"phrase": "BANG LAI"}, "phrase", "Đã có từ “bằng lái” (thay cho)"),
            ({"phrase": "bằng-lái"}, "phrase", "Đã có từ “bằng lái” (thay cho)"),
            ({"phrase": "băng lãi"}, "phrase", "Đã có từ “bằng lái” (thay cho)"),
            ({"phrase": "?!"}, "phrase", "Từ phải có chữ hoặc số."),
            ({"phrase": ""}, "phrase", "Hãy ghi từ người dân dùng."),
            ({"phrase": "x" * 201}, "phrase", "200"),
            ({"phrase": "(mất|rớt căn cước"}, "phrase", "Mỗi ngoặc tròn phải có đủ hai đầu"),
            ({"phrase": "mất|rớt"}, "phrase", "dấu | chỉ ở trong ngoặc"),
            ({"phrase": "(căn cước|)"}, "phrase", "chọn cách nào cũng vậy"),
            ({"phrase": "(a|b|c|d|e) (a|b|c|d|e) (a|b|c|d|e)"}, "phrase", "125 cách; nhiều nhất 100"),
            ({"kind": ""}, "kind", "Hãy chọn một cách dùng."),
            ({"kind": "x"}, "kind", "Hãy chọn một cách dùng trong danh sách."),
            ({"meanings": " \n…\n"}, "meanings", "Hãy ghi ít nhất một từ"),
            ({"kind": "noise"}, "meanings", "hãy để trống"),
            ({"meanings": "x" * 1001}, "meanings", "1000"),
        ],
    )
    def test_what_is_wrong_is_told_beside_the_field(self, client: Client, given: dict[str, str], field: str, words: str) -> None:
        services.save_word(actor=SYSTEM, phrase="bằng lái", kind="means", meanings="giấy phép lái xe")
        officer(client, "steering")
        answer = client.post(f"{DESK}add/", {"phrase": "hộ khẩu", "kind": "means", "meanings": "thường trú", **given})
        assert answer.status_code == 200
        errors = answer.context["adminform"].form.errors
        assert list(errors) == [field] and words in errors[field][0]
        assert words.replace("“", "“") in answer.content.decode()
        assert SearchWord.objects.count() == 1

    def test_a_word_may_keep_its_own_key_and_not_take_anothers(self, client: Client) -> None:
        own = services.save_word(actor=SYSTEM, phrase="bang lai", kind="noise", meanings="")
        other = services.save_word(actor=SYSTEM, phrase="hộ khẩu", kind="means", meanings="thường trú")
        services.switch_word(actor=SYSTEM, word_id=other.pk, active=False)
        officer(client, "steering")
        assert client.post(f"{DESK}{own.pk}/change/", {"phrase": "bằng lái", "kind": "noise", "meanings": ""}).status_code == 302
        refused = client.post(f"{DESK}{own.pk}/change/", {"phrase": "ho khau", "kind": "noise", "meanings": ""})
        assert "Đã có từ “hộ khẩu” (thay cho, đang tắt)" in refused.content.decode()

    def test_the_list_is_in_order_searched_without_diacritics_and_filtered(self, client: Client, folder: Path) -> None:
        services.load_words(folder=folder)
        services.save_word(actor=SYSTEM, phrase="đồ án", kind="noise", meanings="")
        officer(client, "administrator")

        def listed(**query: str) -> list[str]:
            return [word.phrase for word in client.get(DESK, query).context["cl"].result_list]

        assert listed() == ["bằng lái", "đồ án", "làm sao", "Nhà trọ", "thủ tục"]
        assert listed(q="NHA tro") == listed(q="nhà trọ") == listed(q="trọ?") == ["Nhà trọ"]
        assert listed(kind__exact="noise", origin__exact="desk") == ["đồ án"]
        assert listed(active__exact="0") == []
        assert "giấy phép lái xe | giấy phép lái xe quốc tế" in client.get(DESK).content.decode()

    @pytest.mark.parametrize("roles", [("reception", "handling", "signing"), ()])
    def test_others_see_and_do_nothing(self, client: Client, roles: tuple[str, ...]) -> None:
        word = services.save_word(actor=SYSTEM, phrase="bằng lái", kind="noise", meanings="")
        services.note_miss("đi chợ", timezone.now())
        officer(client, *(roles or ("handling",)))
        for address in (DESK, f"{DESK}add/", f"{DESK}{word.pk}/change/", MISSES, f"{MISSES}{SearchMiss.objects.get().pk}/change/"):
            assert client.get(address).status_code == 403
            assert client.post(address, {"action": "switch_off", "_selected_action": [word.pk]}).status_code == 403

    def test_nobody_deletes_a_word_or_writes_a_question(self, client: Client) -> None:
        word = services.save_word(actor=SYSTEM, phrase="bằng lái", kind="noise", meanings="")
        officer(client, "steering", "administrator")
        assert client.post(f"{DESK}{word.pk}/delete/", {"post": "yes"}).status_code == 403
        assert client.get(f"{MISSES}add/").status_code == 403

    def test_the_services_ask_who_and_the_database_what(self) -> None:
        word = services.save_word(actor=SYSTEM, phrase="bằng lái", kind="means", meanings="giấy phép lái xe")
        services.note_miss("đi chợ", timezone.now())
        miss = SearchMiss.objects.get()
        clerk = loose_officer(roles=("reception", "handling", "signing"))
        with pytest.raises(AccessDenied):
            services.save_word(actor=clerk, phrase="x", kind="noise", meanings="")
        with pytest.raises(AccessDenied):
            services.switch_word(actor=clerk, word_id=word.pk, active=False)
        with pytest.raises(AccessDenied):
            services.handle_miss(actor=clerk, miss_id=miss.pk, now=timezone.now())
        with pytest.raises(services.WordRefused, match="Đã có từ"):
            services.save_word(actor=SYSTEM, phrase="Bang lai", kind="noise", meanings="")
        with pytest.raises(services.WordRefused, match="vừa được bỏ"):
            services.save_word(actor=SYSTEM, word_id=0, phrase="khác", kind="noise", meanings="")
        for wrong in ({"meanings": ""}, {"kind": "noise"}, {"phrase": ""}, {"key": ""}):
            with pytest.raises(IntegrityError), transaction.atomic():
                SearchWord.objects.filter(pk=word.pk).update(**wrong)
        for wrong_miss in ({"count": 0}, {"last_at": miss.first_at - dt.timedelta(days=1)}, {"question": ""}):
            with pytest.raises(IntegrityError), transaction.atomic():
                SearchMiss.objects.filter(pk=miss.pk).update(**wrong_miss)

    def test_the_lists_cost_the_same_whatever_their_length(self, client: Client, django_assert_num_queries: Any) -> None:
        officer(client, "steering")
        services.save_word(actor=SYSTEM, phrase="từ đầu", kind="means", meanings="nghĩa")
        services.note_miss("câu hỏi đầu", timezone.now())
        costs = {}
        for address in (DESK, MISSES):
            client.get(address)
            with CaptureQueriesContext(connection) as few:
                client.get(address)
            costs[address] = len(few)
        for number in range(20):
            services.save_word(actor=SYSTEM, phrase=f"từ {number}", kind="means", meanings="nghĩa")
            services.note_miss(f"câu hỏi {number}", timezone.now())
        for address, cost in costs.items():
            with django_assert_num_queries(cost):
                client.get(address)


@pytest.mark.django_db
class TestMisses:
    """Questions that found nothing."""

    def test_a_question_is_counted_under_its_first_spelling(self, django_assert_num_queries: Any) -> None:
        first, last = timezone.now(), timezone.now() + dt.timedelta(hours=1)
        with django_assert_num_queries(1):
            assert services.note_miss("  Nuôi  kỳ đà ở đâu? ", last)
        assert services.note_miss("nuoi ky da o dau", first)
        miss = SearchMiss.objects.get()
        assert (miss.question, miss.key, miss.count) == ("Nuôi kỳ đà ở đâu?", "nuoi ky da o dau", 2)
        assert (miss.first_at, miss.last_at, miss.handled_at) == (first, last, None)

    def test_of_a_long_story_its_beginning_is_kept(self) -> None:
        story = "kỳ đà " * 160
        assert services.note_miss(f"{story} 001195000001", timezone.now())
        kept = SearchMiss.objects.get().question
        assert len(kept) <= SearchMiss.MAX_QUESTION and story.startswith(kept) and len(kept) > SearchMiss.MAX_QUESTION - 10

    @pytest.mark.parametrize(
        "question", ["", "ab", " a\x00b ", "2026", "1.001193", "0912 345 678", "001195000001", "???", "… ! …", "a 001195000001"]
    )
    def test_what_no_editor_can_use_is_not_kept(self, question: str, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0):
            assert not services.note_miss(question, timezone.now())

    @pytest.mark.parametrize(
        ("question", "kept"),
        [
            ("làm cccd 001195000001", "làm cccd …"),
            ("gọi 0912.345.678 hỏi đất", "gọi … hỏi đất"),
            ("thông tư 281/2016/TT-BTC", "thông tư 281/2016/TT-BTC"),
            ("<script>'; DROP TABLE x", "<script>'; DROP TABLE x"),
            ("x" * 200, "x" * 200),
        ],
    )
    def test_numbers_of_people_are_not_kept(self, question: str, kept: str) -> None:
        services.note_miss(question, timezone.now())
        miss = SearchMiss.objects.get()
        assert miss.question == kept and "001195" not in miss.key and "345" not in miss.key

    def test_questions_that_nobody_asks_any_more_are_forgotten(self) -> None:
        now = timezone.now()
        services.note_miss("nuôi kỳ đà", now - dt.timedelta(days=181))
        services.note_miss("nuôi rắn", now - dt.timedelta(days=181))
        services.note_miss("nuôi rắn", now - dt.timedelta(days=179))
        assert services.forget_old_misses(now) == 1
        assert SearchMiss.objects.get().question == "nuôi rắn"

    def test_a_flood_of_nonsense_does_not_fill_the_list(self, client: Client) -> None:
        for number in range(30):
            assert client.get("/tim-kiem/", {"q": f"qwxz{number} vbnm{number}"}).status_code == 200
        assert SearchMiss.objects.count() == 20
        client.get("/tim-kiem/", {"q": "qwxz vbnm"}, REMOTE_ADDR="203.0.113.9")
        assert SearchMiss.objects.count() == 21

    def test_a_miss_names_nobody(self) -> None:
        assert {field.name for field in SearchMiss._meta.get_fields()} == {
            "id", "key", "question", "count", "first_at", "last_at", "handled_at",
        }  # fmt: skip

    @pytest.mark.usefixtures("no_words")
    def test_editors_see_the_most_frequent_first_and_write_a_word_for_it(self, client: Client) -> None:
        now = timezone.now()
        for question, times in (("một lần", 1), ("nuôi kỳ đà & <rắn>", 3), ("hai lần", 2)):
            for _ in range(times):
                services.note_miss(question, now)
        officer(client, "administrator")
        page = client.get(MISSES)
        assert [miss.question for miss in page.context["cl"].result_list] == ["nuôi kỳ đà & <rắn>", "hai lần", "một lần"]
        link = f"{DESK}add/?phrase=nu%C3%B4i+k%E1%BB%B3+%C4%91%C3%A0+%26+%3Cr%E1%BA%AFn%3E"
        assert f'<a href="{link}">Thêm từ</a>' in page.content.decode()
        assert 'value="nuôi kỳ đà &amp; &lt;rắn&gt;"' in client.get(link).content.decode()
        miss = SearchMiss.objects.get(count=3)
        assert link in client.get(f"{MISSES}{miss.pk}/change/").content.decode()
        for _ in range(2):
            client.post(MISSES, {"action": "seen", "_selected_action": [miss.pk]})
        assert [miss.question for miss in client.get(MISSES).context["cl"].result_list] == ["hai lần", "một lần"]
        assert [miss.question for miss in client.get(MISSES, {"q": "HAI lan"}).context["cl"].result_list] == ["hai lần"]
        services.note_miss("nuôi kỳ đà <rắn>", now)
        seen = client.get(MISSES, {"tinh-trang": "da-xem"}).context["cl"].result_list
        assert [(one.pk, one.count) for one in seen] == [(miss.pk, 4)]
        act = Act.objects.get(act="procedures.words.seen")
        assert (act.target, act.target_id, act.unit) == ("procedures.searchmiss", str(miss.pk), "G22")

    def test_a_long_question_fits_the_form(self, client: Client) -> None:
        services.note_miss("đường (" * 28, timezone.now())
        officer(client, "steering")
        link = client.get(MISSES).content.decode().split(f'href="{DESK}add/?')[1].split('"')[0]
        answer = client.get(f"{DESK}add/?{link}")
        phrase = answer.context["adminform"].form.initial["phrase"]
        assert len(phrase) <= 200 and phrase == phrase.strip() and phrase.startswith("đường đường")


class TestAtOnce:
    """Several processes at the same moment."""

    def test_one_question_twice_at_once_counts_two(self, committed_db: None) -> None:
        now = timezone.now()
        jobs = [lambda: services.note_miss("nuôi kỳ đà", now), lambda: services.note_miss("Nuoi ky da", now)]
        assert at_once(*jobs) == [True, True]
        assert SearchMiss.objects.get().count == 2

    def test_one_word_twice_at_once_is_told_beside_the_field(self, committed_db: None) -> None:
        clients = [officer(Client(), "steering") for _ in range(2)]

        def writer(client: Client, phrase: str) -> Any:
            return lambda: client.post(f"{DESK}add/", {"phrase": phrase, "kind": "means", "meanings": "từ của máy thử"})

        answers = at_once(writer(clients[0], "từ thử đồng thời"), writer(clients[1], "TU THU dong thoi"))
        assert sorted(answer.status_code for answer in answers) == [200, 302]
        told = next(answer for answer in answers if answer.status_code == 200).content.decode()
        assert "Đã có từ “" in told
        assert SearchWord.objects.filter(key="tu thu dong thoi").count() == 1
        assert Act.objects.filter(act="procedures.words.add").count() == 1

    def test_an_editor_and_a_load_at_once_lose_nothing(self, committed_db: None, folder: Path, editor: Actor) -> None:
        services.load_words(folder=folder)
        word = SearchWord.objects.get(key="bang lai")
        (folder / "words.txt").write_text("bằng lái + khác\nmới = mới hơn\n", encoding="utf-8")
        jobs = [
            lambda: services.load_words(folder=folder),
            lambda: services.save_word(actor=editor, word_id=word.pk, phrase="bằng lái", kind="means", meanings="của cán bộ"),
            lambda: services.save_word(actor=editor, phrase="mới", kind="means", meanings="của cán bộ"),
        ]
        # A load that came first has the new word already: then the editor is told so.
        outcomes = at_once(*jobs)
        assert [type(one) for one in outcomes if isinstance(one, Exception)] in ([], [services.WordRefused])
        assert facts("bang lai")[2:4] == ("của cán bộ", "desk")
        assert facts("moi")[3] == ("shipped" if isinstance(outcomes[2], Exception) else "desk")
