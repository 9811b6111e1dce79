"""The weights by which the search counts: shipped, laid down on the desk, brought back."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from portal.access import SYSTEM, AccessDenied
from portal.audit.models import Act
from portal.caching.models import Change
from portal.operations.preparation import loaders
from portal.search import HeldEngine, Weights, Words
from portal.search.index import Index
from portal.search.question import pairs
from procedures import queries, services
from procedures.models import SearchWeight
from procedures.search import PROCEDURES, entry
from tests.dossiers.support import at_once
from tests.factories import loose_officer, make_position, sign_in
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.requirement("C-07")
DESK = "/quan-tri/procedures/searchweight/"
NAMES = ["Cấp bản sao trích lục", "Trích lục bản đồ", "Sao y bản chính", "Cấp giấy phép xây dựng", "Giấy phép lái xe"]
SYLLABLES = ["ban", "sao", "trich", "luc", "giay", "phep"]


@pytest.fixture
def weights(db: None) -> None:
    """Those that are shipped, and no others."""
    SearchWeight.objects.all().delete()
    services.load_weights()


@pytest.fixture
def editor(client: Client) -> Client:
    return officer(client, "steering")


def officer(client: Client, *roles: str) -> Client:
    position = make_position(unit="G22", roles=roles)
    sign_in(client, position.person, position=position)
    return client


def weight(key: str) -> SearchWeight:
    return SearchWeight.objects.get(key=key)


def rows(*texts: tuple[str, str]) -> list[dict[str, Any]]:
    """Procedures with a name and keywords."""
    plain = {"results": "", "field": "", "english": "", "provincial": False, "commune": False, "officials": False}
    return [
        {**plain, "version_id": number, "code": f"1.{number:06}", "name": name, "keywords": keywords, "popularity": 0, "old_codes": []}
        for number, (name, keywords) in enumerate(texts, start=1)
    ]


def weighing(*laid_down: tuple[str, str, str]) -> Weights:
    return PROCEDURES.weights().with_rows([(kind, key, Decimal(value)) for kind, key, value in laid_down])


class TestRanking:
    """What a weight does to an order."""

    def test_a_field_that_weighs_more_comes_first_and_one_that_weighs_nothing_is_not_looked_at(self) -> None:
        said = rows(("Cấp phép nuôi ong", ""), ("Trồng rau", "nuôi ong"), ("Khai sinh", ""))
        engine = HeldEngine(PROCEDURES, map(entry, said), Words())
        assert engine.find("nuôi ong").codes == ["1.000001", "1.000002"]
        heavy = engine.taught(engine.words, weighing(("field", "keywords", "5"), ("field", "name", "0.1")))
        assert heavy.find("nuôi ong").codes == ["1.000002", "1.000001"]
        deaf = engine.taught(engine.words, weighing(("field", "keywords", "0")))
        assert deaf.find("nuôi ong").codes == ["1.000001"]
        assert engine.find("nuôi ong").codes == ["1.000001", "1.000002"]

    def test_pairs_decide_by_their_weight(self) -> None:
        # One has the pair, the other both syllables apart and twice.
        said = rows(("Bản sao từ sổ gốc", ""), ("Bản chính có bản vẽ, sao chụp và sao lục", ""), *((f"Việc {n}", "") for n in "abcdefgh"))
        engine = HeldEngine(PROCEDURES, map(entry, said), Words())
        scores = engine.index.score(engine.weights.applied({"ban": 1.0, "sao": 1.0, "ban_sao": 1.0}))
        none = engine.index.score(weighing(("all", "pairs", "0")).applied({"ban": 1.0, "sao": 1.0, "ban_sao": 1.0}))
        double = engine.index.score(weighing(("pair", "ban sao", "2")).applied({"ban": 1.0, "sao": 1.0, "ban_sao": 1.0}))
        both = engine.index.score(
            weighing(("all", "pairs", "2"), ("pair", "ban sao", "0.5")).applied({"ban": 1.0, "sao": 1.0, "ban_sao": 1.0})
        )
        assert double[0] > scores[0] > none[0] and double[1] == scores[1] == none[1]
        assert double[0] - scores[0] == pytest.approx(scores[0] - none[0]) and both == pytest.approx(scores)
        assert engine.find("bản sao").codes[0] == "1.000001"
        assert engine.taught(Words(), weighing(("all", "pairs", "0"))).find("bản sao").codes[0] == "1.000002"

    @given(
        st.lists(st.tuples(st.lists(st.sampled_from(SYLLABLES), max_size=5), st.lists(st.sampled_from(SYLLABLES), max_size=5)), max_size=6),
        st.lists(st.sampled_from([*SYLLABLES, "chua"]), max_size=5),
        st.floats(0.1, 5),
        st.floats(0, 5),
    )
    def test_other_weights_over_a_made_index_are_an_index_made_with_them(
        self, documents: list[tuple[list[str], list[str]]], question: list[str], name: float, keywords: float
    ) -> None:
        parts = [[one[0] for one in documents], [one[1] for one in documents]]
        made = Index({"name": (name, 0.6, parts[0]), "keywords": (keywords, 0.2, parts[1])}, len(documents))
        before = Index({"name": (1.0, 0.6, parts[0]), "keywords": (0.8, 0.2, parts[1])}, len(documents))
        asked = dict.fromkeys([*question, *pairs(question)], 1.0)
        before.score(asked)
        again = before.reweighted({"name": name, "keywords": keywords})
        assert list(again.score(asked)) == list(made.score(asked))
        for document in range(len(documents)):
            assert again.coverage(asked, document) == made.coverage(asked, document)
            assert 0 <= made.coverage(asked, document) <= 1

    def test_what_no_row_names_weighs_as_shipped(self) -> None:
        assert PROCEDURES.weights() == Weights({"name": 1.0, "keywords": 0.8, "english": 0.5, "field": 0.2, "results": 0.15}, 1.0, {})
        assert weighing(("pair", "ban sao", "2")).pairs == {"ban_sao": 2.0}


@pytest.mark.django_db
@pytest.mark.usefixtures("weights")
class TestLoading:
    """What comes with the software."""

    def test_shipped_weights_are_loaded_once_and_an_editors_stands(self, django_assert_num_queries: Any) -> None:
        assert {row.key: row.value for row in SearchWeight.objects.all()} == {key: one.value for key, one in SearchWeight.SHIPPED.items()}
        Change.objects.filter(room="search").delete()
        # The transaction's savepoint (two) and one look.
        with django_assert_num_queries(3):
            assert services.load_weights() == (0, 0, 6)
        assert not Change.objects.filter(room="search").exists()
        services.set_weight(actor=SYSTEM, weight_id=weight("name").pk, value=Decimal(2))
        SearchWeight.objects.filter(key="field").update(value=Decimal(3), name="Cũ")
        SearchWeight.objects.filter(key="results").delete()
        assert services.load_weights() == (1, 1, 4)
        assert [(weight(key).value, weight(key).name) for key in ("name", "field", "results")] == [
            (Decimal(2), "Tên thủ tục"),
            (Decimal("0.20"), "Lĩnh vực"),
            (Decimal("0.15"), "Kết quả"),
        ]
        assert Change.objects.filter(room="search").exists()
        line = next(loader for loader in loaders() if loader.name == "trọng số tìm kiếm").load()
        assert line == "thêm 0, đổi 0, giữ nguyên 6"

    def test_the_search_asks_with_one_query(self, django_assert_num_queries: Any) -> None:
        services.add_pair(actor=SYSTEM, name="Bản sao", value=Decimal("1.5"))
        with django_assert_num_queries(1):
            found = queries.weights_in_use()
        assert PROCEDURES.weights().with_rows(found) == Weights(
            {"name": 1.0, "keywords": 0.8, "english": 0.5, "field": 0.2, "results": 0.15}, 1.0, {"ban_sao": 1.5}
        )


@pytest.mark.django_db
@pytest.mark.usefixtures("weights")
class TestDesk:
    """What editors do."""

    def test_an_editor_changes_a_weight_and_brings_it_back(self, editor: Client) -> None:
        row = weight("keywords")
        page = editor.get(f"{DESK}{row.pk}/change/").content.decode()
        assert 'value="0,80"' in page and "Từ khóa của biên tập" in page and "có sẵn" in page
        answer = editor.post(f"{DESK}{row.pk}/change/", {"value": " 1,25 "})
        assert (answer.status_code, answer["Location"]) == (302, DESK)
        row.refresh_from_db()
        assert (row.value, row.origin) == (Decimal("1.25"), "desk")
        editor.post(f"{DESK}{row.pk}/change/", {"value": "1.25"})
        for _ in range(2):
            editor.post(DESK, {"action": "restore", "_selected_action": [row.pk]})
        row.refresh_from_db()
        assert (row.value, row.origin) == (Decimal("0.80"), "shipped")
        acts = Act.objects.filter(target="procedures.searchweight", target_id=str(row.pk)).order_by("id")
        assert [(act.act.removeprefix("procedures.weights."), act.details) for act in acts] == [
            ("change", {"key": "keywords", "value": "1.25", "before": "0.80"}),
            ("restore", {"key": "keywords", "value": "0.80", "before": "1.25"}),
        ]
        assert all(act.unit == "G22" and act.position_id for act in acts)
        events: Any = row.events.select_related("pgh_context").order_by("pgh_id")  # type: ignore[attr-defined]
        assert [(event.pgh_label, str(event.value)) for event in events] == [("insert", "0.80"), ("update", "1.25"), ("update", "0.80")]

    def test_an_editor_adds_a_pair_and_takes_it_away(self, editor: Client) -> None:
        assert editor.get(f"{DESK}add/").status_code == 200
        assert editor.post(f"{DESK}add/", {"name": " Bản  sao ", "value": "2"}).status_code == 302
        row = weight("ban sao")
        assert (row.name, row.kind, row.value, row.origin) == ("Bản sao", "pair", Decimal(2), "desk")
        assert editor.post(f"{DESK}{row.pk}/change/", {"name": "khác đi", "value": "0"}).status_code == 302
        row.refresh_from_db()
        assert (row.name, row.value) == ("Bản sao", 0)
        editor.post(DESK, {"action": "restore", "_selected_action": [row.pk]})
        assert not SearchWeight.objects.filter(key="ban sao").exists()
        acts = Act.objects.filter(target="procedures.searchweight", target_id=str(row.pk)).order_by("id")
        assert [act.act.removeprefix("procedures.weights.") for act in acts] == ["add", "change", "remove"]
        assert editor.get(f"{DESK}{row.pk}/change/").status_code == 302
        with pytest.raises(services.WordRefused, match="vừa được người khác bỏ"):
            services.set_weight(actor=SYSTEM, weight_id=row.pk, value=Decimal(1))

    def test_saving_without_a_change_leaves_a_shipped_weight_shipped(self, editor: Client) -> None:
        row = weight("english")
        assert editor.post(f"{DESK}{row.pk}/change/", {"value": "0,5"}).status_code == 302
        assert weight("english").origin == "shipped" and not Act.objects.filter(act="procedures.weights.change").exists()

    @pytest.mark.parametrize("value", ["", "x", "-1", "5,01", "0,123", "NaN", "Infinity", "1e400000", "1e-400000", "1.000,5", "٣٣", "\x00"])
    @pytest.mark.parametrize("where", ["add/", "change"])
    def test_what_is_wrong_with_a_value_is_told_beside_the_field(self, editor: Client, where: str, value: str) -> None:
        address = f"{DESK}{where}" if where == "add/" else f"{DESK}{weight('field').pk}/change/"
        answer = editor.post(address, {"name": "bản sao", "value": value})
        assert answer.status_code == 200
        errors = answer.context["adminform"].form.errors
        assert list(errors) == ["value"] and any(
            word in errors["value"][0] for word in ("Hãy ghi", "Trọng số từ 0 đến 5", "không đọc được", "Ký tự")
        )
        assert SearchWeight.objects.count() == 6 and weight("field").origin == "shipped"

    def test_names_are_always_looked_at(self, editor: Client) -> None:
        answer = editor.post(f"{DESK}{weight('name').pk}/change/", {"value": "0,09"})
        assert "Trọng số từ 0,1 đến 5" in answer.content.decode()
        assert 'value="0,09"' in answer.content.decode()
        assert editor.post(f"{DESK}{weight('name').pk}/change/", {"value": "0,1"}).status_code == 302

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("", "Hãy ghi hai tiếng."),
            ("sao", "đúng hai tiếng"),
            ("bản sao y", "đúng hai tiếng"),
            ("đồ 字", "đúng hai tiếng"),
            ("BAN  sao", "Đã có cặp “bản sao”"),
            ("x" * 40 + " " + "y" * 40, "60"),
        ],
    )
    def test_what_is_wrong_with_a_pair_is_told_beside_the_field(self, editor: Client, name: str, words: str) -> None:
        services.add_pair(actor=SYSTEM, name="bản sao", value=Decimal(1))
        answer = editor.post(f"{DESK}add/", {"name": name, "value": "1"})
        assert answer.status_code == 200 and words in answer.context["adminform"].form.errors["name"][0]
        assert SearchWeight.objects.count() == 7

    def test_pairs_are_as_many_as_questions_can_bear(self, editor: Client) -> None:
        SearchWeight.objects.bulk_create(SearchWeight(name=f"a{n} b", key=f"a{n} b", value=1) for n in range(SearchWeight.MAX_PAIRS))
        assert "500 cặp tiếng" in editor.post(f"{DESK}add/", {"name": "bản sao", "value": "1"}).content.decode()

    def test_the_list_is_in_order_searched_and_filtered(self, editor: Client) -> None:
        services.add_pair(actor=SYSTEM, name="Bản sao", value=Decimal("1.5"))

        def listed(**query: str) -> list[str]:
            return [row.key for row in editor.get(DESK, query).context["cl"].result_list]

        assert listed() == ["pairs", "name", "keywords", "english", "field", "results", "ban sao"]
        assert listed(q="BẢN sao") == listed(kind__exact="pair") == listed(origin__exact="desk") == ["ban sao"]

    def test_others_see_and_do_nothing(self, client: Client) -> None:
        officer(client, "reception", "handling", "signing")
        row = weight("field")
        for address in (DESK, f"{DESK}add/", f"{DESK}{row.pk}/change/"):
            assert client.get(address).status_code == 403
            assert (
                client.post(address, {"value": "3", "name": "bản sao", "action": "restore", "_selected_action": [row.pk]}).status_code
                == 403
            )
        assert client.post(f"{DESK}{row.pk}/delete/", {"post": "yes"}).status_code == 403
        assert Client().get(DESK).status_code == 302
        clerk = loose_officer(roles=("reception", "handling", "signing"))
        for act in (
            lambda: services.add_pair(actor=clerk, name="bản sao", value=Decimal(1)),
            lambda: services.set_weight(actor=clerk, weight_id=row.pk, value=Decimal(1)),
            lambda: services.restore_weight(actor=clerk, weight_id=row.pk),
        ):
            with pytest.raises(AccessDenied):
                act()
        assert SearchWeight.objects.count() == 6 and weight("field").value == Decimal("0.20")

    def test_nobody_deletes_a_weight(self, editor: Client) -> None:
        assert editor.post(f"{DESK}{weight('field').pk}/delete/", {"post": "yes"}).status_code == 403

    @pytest.mark.parametrize(
        ("key", "wrong"),
        [
            ("field", {"value": Decimal("-0.01")}),
            ("field", {"value": Decimal("5.01")}),
            ("name", {"value": Decimal("0.09")}),
            ("field", {"key": "papers"}),
            ("field", {"kind": "pair"}),
            ("pairs", {"key": "ban sao"}),
            ("ban sao", {"key": "ban sao y"}),
            ("ban sao", {"key": "ban"}),
            ("ban sao", {"key": "bản sao"}),
            ("ban sao", {"name": ""}),
            ("ban sao", {"kind": "all"}),
            ("ban sao", {"key": "name", "kind": "field"}),
        ],
    )
    def test_the_database_keeps_the_bounds(self, key: str, wrong: dict[str, Any]) -> None:
        services.add_pair(actor=SYSTEM, name="bản sao", value=Decimal(1))
        with pytest.raises(IntegrityError), transaction.atomic():
            SearchWeight.objects.filter(key=key).update(**wrong)

    def test_the_database_knows_that_no_number_is_no_weight(self) -> None:
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE procedures_searchweight SET value = 'NaN'")

    def test_the_list_costs_the_same_whatever_its_length(self, editor: Client, django_assert_num_queries: Any) -> None:
        editor.get(DESK)
        with CaptureQueriesContext(connection) as few:
            editor.get(DESK)
        for number in range(20):
            services.add_pair(actor=SYSTEM, name=f"cặp {number}", value=Decimal(1))
        with django_assert_num_queries(len(few)):
            editor.get(DESK)


@pytest.mark.usefixtures("demo_data")
class TestTrial:
    """What another weight would do, before it is laid down."""

    def test_answers_of_both_stand_side_by_side_and_nothing_is_written(self, editor: Client) -> None:
        services.load_weights()
        row = weight("keywords")
        before = (row.value, row.updated_at, Act.objects.count())
        page = editor.get(f"{DESK}{row.pk}/change/", {"question": "bằng lái xe", "trial": "0"})
        now, then = page.context["answers"]
        assert now[0] == "Bây giờ" and then[0] == "Với trọng số 0,00" and len(now[1]) == len(then[1]) == 5
        assert [version.pk for version in now[1]] != [version.pk for version in then[1]]
        assert "/thu-tuc/" in page.content.decode() and "không đổi" not in page.content.decode()
        same = editor.get(f"{DESK}{row.pk}/change/", {"question": "bằng lái xe", "trial": str(row.value)})
        assert "Năm câu trả lời đầu không đổi." in same.content.decode()
        assert "Không tìm thấy gì." in editor.get(f"{DESK}{row.pk}/change/", {"question": "zzqx", "trial": "1"}).content.decode()
        row.refresh_from_db()
        assert (row.value, row.updated_at, Act.objects.count()) == before

    @pytest.mark.parametrize(
        ("asked", "field"),
        [
            ({"question": "", "trial": "1"}, "question"),
            ({"question": "x" * 1001, "trial": "1"}, "question"),
            ({"question": "xe"}, "trial"),
            ({"question": "xe", "trial": "6"}, "trial"),
            ({"question": "xe", "trial": "chín"}, "trial"),
        ],
    )
    def test_what_is_wrong_is_told_and_kept(self, editor: Client, asked: dict[str, str], field: str) -> None:
        services.load_weights()
        page = editor.get(f"{DESK}{weight('field').pk}/change/", asked)
        assert page.status_code == 200 and list(page.context["trial"].errors) == [field]
        assert page.context["trial"]["question"].value() == asked["question"] and "answers" not in page.context

    def test_what_an_editor_lays_down_is_how_people_are_answered(self, editor: Client) -> None:
        services.load_weights()

        def answers(turn: str) -> list[str]:
            page = Client().get("/tim-kiem/", {"q": "bằng lái xe", "lan": turn}).content.decode()
            return list(dict.fromkeys(re.findall(r"/thu-tuc/([\d.]+)/", page)))

        row = weight("keywords")
        promised = editor.get(f"{DESK}{row.pk}/change/", {"question": "bằng lái xe", "trial": "0"}).context["answers"]
        assert answers("truoc")[:5] == [version.procedure.code for version in promised[0][1]]
        editor.post(f"{DESK}{row.pk}/change/", {"value": "0"})
        assert answers("sau")[:5] == [version.procedure.code for version in promised[1][1]]


class TestAtOnce:
    """Several editors at the same moment."""

    def test_one_pair_twice_at_once_is_told_beside_the_field(self, committed_db: None) -> None:
        clients = [officer(Client(), "steering") for _ in range(2)]

        def writer(client: Client, name: str) -> Any:
            return lambda: client.post(f"{DESK}add/", {"name": name, "value": "2"})

        answers = at_once(writer(clients[0], "máy thử"), writer(clients[1], "MAY thu"))
        assert sorted(answer.status_code for answer in answers) == [200, 302]
        assert "Đã có cặp “" in next(answer for answer in answers if answer.status_code == 200).content.decode()
        assert SearchWeight.objects.filter(key="may thu").count() == 1
        assert Act.objects.filter(act="procedures.weights.add").count() == 1

    def test_a_pair_changed_and_taken_away_at_once_is_told(self, committed_db: None) -> None:
        row = services.add_pair(actor=SYSTEM, name="máy thử", value=Decimal(1))
        clients = [officer(Client(), "steering") for _ in range(2)]
        answers = at_once(
            lambda: clients[0].post(f"{DESK}{row.pk}/change/", {"value": "2"}),
            lambda: clients[1].post(DESK, {"action": "restore", "_selected_action": [row.pk]}),
        )
        assert [answer.status_code for answer in answers] == [302, 302]
        assert not SearchWeight.objects.filter(pk=row.pk).exists()
