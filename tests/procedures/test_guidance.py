"""Guidance: a few plain questions that lead to exactly the papers, the fee, the time and the office of one person (requirement C-14)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from procedures import queries as catalogue
from procedures.guidance import queries, services
from procedures.guidance.documents import faults, longest_from, prefilled, walk
from procedures.models import GuidanceTree, Localisation
from procedures.publishing import Refused
from tests import factories

pytestmark = pytest.mark.requirement("C-14")
NAMES = [f"cau-{number}" for number in range(7)]


@st.composite
def documents(draw: Any) -> dict[str, Any]:
    """Documents whose choices lead anywhere: on, back, to an ending, nowhere."""
    number = draw(st.integers(1, len(NAMES)))
    places = [*NAMES[:number], "het", "khac", *(["khong-co"] if draw(st.booleans()) else [])]
    questions = []
    for place, name in enumerate(NAMES[:number]):
        ahead = [*NAMES[place + 1 : number], "het", "khac"] if draw(st.integers(0, 3)) else places
        nexts = draw(st.lists(st.sampled_from(ahead), min_size=2, max_size=3))
        choices = [{"value": f"v{at}", "label": f"Lựa chọn {at}", "next": following} for at, following in enumerate(nexts)]
        questions.append({"name": name, "ask": f"Câu {place}?", "choices": choices})
    endings = [{"name": "het", "kind": "papers"}, {"name": "khac", "kind": "elsewhere", "text": "Làm việc khác."}]
    return {"questions": questions, "endings": endings}


def runs(document: dict[str, Any], most: int = 5_000) -> Iterator[dict[str, str]]:
    """Every way through a document, as answers; stops after ``most``."""
    waiting: list[dict[str, str]] = [{}]
    for _step in range(most):
        if not waiting:
            return
        answers = waiting.pop()
        found = walk(document, answers)
        if found.question is None:
            yield found.answers
        else:
            waiting += [{**answers, found.question["name"]: one["value"]} for one in found.question["choices"]]
    raise AssertionError("no end")


@given(documents())
def test_what_has_no_fault_ends_for_everybody_and_what_goes_round_or_nowhere_has_one(document: dict[str, Any]) -> None:
    known = {one["name"] for one in (*document["questions"], *document["endings"])}
    steps = {one["name"]: {choice["next"] for choice in one["choices"]} for one in document["questions"]}
    dead = any(following not in known for nexts in steps.values() for following in nexts)
    # Whatever can be reached in one or more steps, by a plain closure.
    reach = {name: set(nexts) for name, nexts in steps.items()}
    for _round in steps:
        reach = {name: nexts | {further for one in nexts for further in reach.get(one, ())} for name, nexts in reach.items()}
    first = document["questions"][0]["name"]
    circle = any(name in reach[name] for name in {first, *reach[first]} & set(reach))
    found = faults(document)
    if dead or circle:
        assert found
    if not found:
        ways = list(runs(document))
        assert ways and max(map(len, ways)) == longest_from(document)[first]
        assert {first, *reach[first]} == known


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d["questions"][0]["choices"][0].update(next="cau-1"), "đi vòng"),
        (lambda d: d["questions"][0]["choices"][0].update(next="khong-co"), "ngõ cụt"),
        (lambda d: d["questions"][0]["choices"][0].pop("next"), "ngõ cụt"),
        (lambda d: d["questions"][0]["choices"].pop(), "ít nhất hai"),
        (lambda d: d["cases"].update({"Trường hợp lạ": {"field": "khong-hoi", "in": ["co"]}}), "không có"),
        (lambda d: d["cases"].update({"Trường hợp lạ": {"field": "cau-1", "in": ["la"]}}), "không có lựa chọn"),
        (lambda d: d.update(questions="x"), "danh sách"),
        (lambda d: d.update(la=1), "Không biết mục"),
        (lambda d: d["cases"].update({"Trường hợp lạ": {"any": [{"any": "x"}]}}), "không đọc được"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(change: Any, words: str) -> None:
    document = services.empty()
    change(document)
    assert any(words in one for one in faults(document))
    for odd in (None, [], 3, {"questions": [1]}, {"questions": [{}], "endings": [{}]}):
        assert faults(odd)


def test_what_ships_is_as_the_schema_says() -> None:
    check = jsonschema_rs.validator_for(json.loads(services.SCHEMA.read_text(encoding="utf-8")))
    shipped = services.shipped()
    assert len(shipped) >= 20
    for code, document in shipped.items():
        assert not list(check.iter_errors(document)), code


@pytest.mark.usefixtures("demo_data")
class TestShipped:
    """The questions that every portal begins with."""

    def test_each_is_sound_and_leads_everybody_to_papers_of_the_law(self) -> None:
        day = timezone.localdate()
        assert GuidanceTree.objects.filter(state="published", origin="shipped").count() == len(services.shipped())
        for code, document in services.shipped().items():
            assert services.faults_today(code, document, day) == [], code
            assert len(list(itertools.islice(runs(document), 2_000))) > 1, code
        assert services.load_guidance(now=timezone.now()) == (0, 0, len(services.shipped()))

    def test_what_a_form_is_begun_with_is_what_the_form_asks(self) -> None:
        from dossiers.queries import FormUnknown, newest_form

        begun = 0
        for code, document in services.shipped().items():
            wanted = {(one["field"], one["value"]) for one in document.get("prefill", ())}
            if not wanted:
                continue
            service = catalogue.main_services([code], timezone.localdate()).get(code, "")
            try:
                form = newest_form(code, service)
            except FormUnknown:
                pytest.fail(f"{code} is begun with answers but has no form")
            offered = {
                spec["name"]: {one["value"] if isinstance(one, dict) else one[0] for one in spec.get("choices", ())} for spec in form.fields
            }
            for name, value in wanted:
                assert name in offered and (not offered[name] or value in offered[name]), f"{code}: {name}={value}"
            begun += 1
        assert begun >= 10


PATH = "/thu-tuc/1.001193/huong-dan/"
USUAL = {
    "tl-noi-sinh": "viet-nam", "tl-quoc-tich": "viet-nam", "tl-ket-hon": "co", "tl-mang-thai-ho": "khong", "tl-nguoi-lam": "uy-quyen",
    "tl-ngay-sinh": "dung-han", "tl-ban-sao": "2",
}  # fmt: skip


@pytest.mark.usefixtures("demo_data")
class TestPages:
    """What a citizen sees, without JavaScript."""

    def test_one_question_a_page_and_a_page_without_a_choice_asks_again(self) -> None:
        client = Client()
        page = client.get(PATH)
        assert page.status_code == 200 and "Trẻ sinh ở đâu?" in page.content.decode() and "Set-Cookie" not in page.headers
        missing = client.get(PATH, {"cau": "noi-sinh"})
        assert missing.status_code == 422 and "Bạn chưa chọn câu nào" in missing.content.decode()
        second = client.get(PATH, {"tl-noi-sinh": "viet-nam", "cau": "noi-sinh"}).content.decode()
        assert "công dân nước nào" in second and "Quay lại câu trước" in second
        # What is no choice is no answer.
        assert "Trẻ sinh ở đâu?" in client.get(PATH, {"tl-noi-sinh": "<script>"}).content.decode()
        assert client.get("/thu-tuc/1.000302/huong-dan/").status_code == 404
        assert "Where was the child born?" in client.get("/en" + PATH).content.decode()

    def test_the_outcome_is_exactly_this_persons(self) -> None:
        page = Client().get(PATH, USUAL).content.decode()
        assert "Văn bản ủy quyền có chứng thực" in page and "Giấy chứng sinh" in page
        assert "trẻ bị bỏ rơi do cơ quan" not in page and "kỹ thuật hỗ trợ sinh sản" not in page
        assert "2 × 8.000" in page and "16.000" in page and "Đăng ký khai sinh đúng hạn" in page and "quá hạn" not in page
        found = Client().get(PATH, {"tl-noi-sinh": "viet-nam", "tl-quoc-tich": "khong-ro", "tl-ngay-sinh": "qua-han", "tl-ban-sao": "0"})
        page = found.content.decode()
        assert "Biên bản về việc trẻ bị bỏ rơi" in page and "Giấy chứng sinh" not in page and "Bản sao trích lục" not in page
        elsewhere = Client().get(PATH, {"tl-noi-sinh": "nuoc-ngoai"}).content.decode()
        assert "/thu-tuc/2.000528/" in elsewhere

    def test_the_office_and_the_fee_are_those_of_the_readers_place(self) -> None:
        client = Client()
        version = catalogue.version_at("1.001193", timezone.localdate())
        assert version is not None
        channels = [
            {"kind": kind, "limits": [{"amount": 1, "unit": "working_day", "note": limit.note, "fees": [
                {"name": "Lệ phí khai sinh của Hà Nội", "amount": 7_000, "kind": "charge"}]} for limit in channel.limits.all()]}
            for kind, channel in ((one.kind, one) for one in version.channels.all())
        ]  # fmt: skip
        Localisation.objects.update_or_create(
            version=version, province_code="01", defaults={"place": "Quầy số 3 thử nghiệm của Hà Nội", "channels": channels}
        )
        page = client.get(PATH, {**USUAL, "dia-phuong": "01", "xa": "00070"}).content.decode()
        assert "Ủy ban nhân dân phường Hoàn Kiếm" in page and "Số 101 phố Minh Họa" in page, "the very office"
        assert "Lệ phí khai sinh của Hà Nội" in page and "7.000" in page, "the fee that the province lays down"
        nowhere = client.get(PATH, {**USUAL, "dia-phuong": "79"}).content.decode()
        assert "Lệ phí khai sinh của Hà Nội" not in nowhere and "phường Hoàn Kiếm" not in nowhere
        moved = client.get(PATH, {**USUAL, "xa": "hoan kiem", "dia-phuong": "01"})
        assert moved.status_code in (200, 302)
        if moved.status_code == 302:
            assert moved["Location"].startswith(PATH) and "tl-nguoi-lam=uy-quyen" in moved["Location"]

    def test_the_form_is_begun_with_the_answers(self) -> None:
        page = Client().get(PATH, USUAL).content.decode()
        assert "/nop-ho-so/1.001193/theo-huong-dan/?" in page
        begin = "/nop-ho-so/1.001193/theo-huong-dan/?" + "&".join(f"{name}={value}" for name, value in USUAL.items())
        assert Client().get(begin).status_code == 302
        client, person = Client(), factories.make_person()
        factories.sign_in(client, person)
        shown = client.get(begin).content.decode()
        assert "Người được cha mẹ ủy quyền" in shown
        assert client.post(begin).status_code == 302
        from dossiers.models import Draft

        draft = Draft.objects.get(party_id=person.id, procedure_code="1.001193")
        assert draft.answers["applicant_role"] == "authorised" and draft.answers["surrogacy"] == "no"
        # What stands there already stays.
        other = begin.replace("uy-quyen", "me")
        client.post(other)
        draft.refresh_from_db()
        assert draft.answers["applicant_role"] == "authorised"

    def test_when_the_law_has_changed_nothing_old_is_said(self) -> None:
        version = catalogue.procedure_on("1.001193", timezone.localdate())
        assert version is not None
        version.documents.filter(case="Mang thai hộ").update(case="Một trường hợp mới")
        page = Client().get(PATH).content.decode()
        assert "Hướng dẫn đang được sửa" in page and "Trẻ sinh ở đâu?" not in page


@pytest.mark.usefixtures("demo_data")
class TestDesk:
    """Made and tried on the desk, refused where it is not sound."""

    def client(self, *roles: str, unit: str = "G15") -> Client:
        client, position = Client(), factories.make_position(unit=unit, roles=roles)
        factories.sign_in(client, position.person, position=position)
        return client

    def test_made_tried_and_published_over_the_desk(self) -> None:
        writer, checker = self.client("procedure_entering"), self.client("procedure_checking", "procedure_publishing")
        base = "/quan-tri/procedures/guidancetree/"
        assert self.client("procedure_entering", unit="G18").post(base + "add/", {"code": "1.000894"}).status_code == 200
        begun = writer.post(base + "add/", {"code": "1.000894"})
        assert begun.status_code == 302
        row = GuidanceTree.objects.get(procedure__code="1.000894")
        build = f"{base}{row.pk}/build/"
        lines = "trong-nuoc | Cả hai cư trú trong nước | giay-to\nnuoc-ngoai | Có người nước ngoài | khac"
        question = {"version": row.version, "name": "cau-1", "ask": "Hai bên là ai?", "choices": lines}
        assert writer.post(build + "question/?name=cau-1", question).status_code == 302
        row.refresh_from_db()
        assert "ngõ cụt" in writer.get(build).content.decode()
        # A dead end is refused when it is to be checked.
        refused = checker.post(f"{base}{row.pk}/check/", {"version": row.version})
        assert refused.status_code == 422 and "ngõ cụt" in refused.content.decode()
        ending = {"version": row.version, "name": "khac", "kind": "elsewhere", "text": "Làm thủ tục khác.", "procedure": "2.000806"}
        assert writer.post(build + "ending/", ending).status_code == 302
        row.refresh_from_db()
        conditions = writer.get(build + "conditions/").content.decode()
        assert "Khoản thu" in conditions
        assert writer.post(build + "conditions/", {"version": row.version, "when_0": ["cau-1=trong-nuoc"]}).status_code == 302
        row.refresh_from_db()
        assert row.document["fees"]
        trial = checker.get(f"{base}{row.pk}/try/?tl-cau-1=trong-nuoc").content.decode()
        assert "Tờ khai đăng ký kết hôn" in trial
        for transition, client in (("check", checker), ("publish", checker)):
            row.refresh_from_db()
            assert client.post(f"{base}{row.pk}/{transition}/", {"version": row.version}).status_code == 302, transition
        assert Client().get("/thu-tuc/1.000894/huong-dan/").status_code == 200
        assert writer.get(build).status_code == 403
        assert "/huong-dan/" in Client().get("/thu-tuc/1.000894/").content.decode()

    def test_a_circle_is_refused_at_publication_and_the_writer_is_not_the_checker(self) -> None:
        writer = factories.make_officer_actor(unit="G15", roles=("procedure_entering", "procedure_checking"))
        checker = factories.make_officer_actor(unit="G15", roles=("procedure_checking", "procedure_publishing"))
        row = services.start(actor=writer, code="1.000894", now=timezone.now())
        with pytest.raises(Refused):
            services.start(actor=checker if False else writer, code="1.000894", now=timezone.now())
        document = services.empty()
        document["questions"][0]["choices"][0]["next"] = "cau-1"
        services.change(actor=writer, row_id=row.pk, document=document, now=timezone.now())
        with pytest.raises(Refused, match="đi vòng"):
            services.act(actor=checker, row_id=row.pk, transition="check", now=timezone.now())
        services.change(actor=writer, row_id=row.pk, document=services.empty(), now=timezone.now())
        with pytest.raises(Refused, match="người soạn"):
            services.act(actor=writer, row_id=row.pk, transition="check", now=timezone.now())
        with pytest.raises(Refused, match="Người khác vừa sửa"):
            services.change(actor=writer, row_id=row.pk, document=services.empty(), now=timezone.now(), seen_version=1)
        assert queries.shown_tree("1.000894") is None and prefilled(document, {}) == {}
