"""A survey from the desk to its published results: made, opened, answered once by whom it is for, ended; answers brought from elsewhere."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from dossiers.models import Dossier
from portal.notifications.models import Notification
from ratings.models import Survey, SurveyPlace, SurveyResponse, SurveyText
from ratings.surveys import services
from ratings.surveys.rules import Question, counted, definition, questions_of, read_answers, read_definition
from tests import factories
from tests.dossiers.support import at_once, filed, mother

pytestmark = [pytest.mark.requirement("R-14")]
BROWSER = {"origin": "http://testserver"}
TODAY = timezone.localdate


def desk(unit: str = "H26.101", roles: tuple[str, ...] = ("administrator",)) -> Client:
    """Who keeps surveys of a unit, at the desk."""
    client, position = Client(), factories.make_position(unit=unit, roles=roles)
    factories.sign_in(client, position.person, position=position)
    return client


def made(client: Client, *, audience: str = "all", **values: str) -> str:
    """A draft with four questions, made over the desk's pages; the address of its page."""
    day = f"{TODAY():%d/%m/%Y}"
    form = {"title": "Chỗ ngồi chờ <b> ở phường", "intro": "Mời bạn", "opens_on": day, "closes_on": day, "audience": audience, **values}
    answer = client.post("/quan-tri/ratings/survey/add/", form)
    assert answer.status_code == 302, answer.content.decode()
    base = f"/quan-tri/ratings/survey/{Survey.objects.latest('created_at').pk}/"
    for question in (
        {"label": "Bạn chờ bao lâu?", "kind": "choice", "options": "Dưới 15 phút\nTừ 15 phút", "required": "on"},
        {"label": "Ghế ngồi tốt không?", "kind": "steps"},
        {"label": "Thiếu gì?", "kind": "several", "options": "Ghế\nNước\nQuạt"},
        {"label": "Nói thêm", "kind": "text"},
    ):
        assert client.post(f"{base}them-cau/", {**question, "seen": Survey.objects.latest("created_at").version}).status_code == 302
    return base


def opened(client: Client, **more: Any) -> Survey:
    """A published survey."""
    base = made(client, **more)
    survey = Survey.objects.latest("created_at")
    assert client.post(f"{base}mo/", {"seen": survey.version}).status_code == 302
    survey.refresh_from_db()
    return survey


def fill(client: Client, path: str, **said: Any) -> Any:
    """Open and send."""
    page = client.get(path).content.decode()
    number = re.search(r'name="phieu" value="([^"]+)"', page)
    return client.post(path, {"q1": "1", "q2": "4", "q3": ["0", "2"], "phieu": number[1] if number else str(uuid4()), **said})


@pytest.mark.django_db
@pytest.mark.usefixtures("demo_data")
def test_made_opened_answered_ended_and_published() -> None:
    maker, stranger = desk(), Client()
    Survey.objects.all()
    base = made(maker)
    draft = Survey.objects.latest("created_at")
    path = f"/khao-sat/{draft.slug}/"
    assert stranger.get(path).status_code == 404 and draft.slug not in stranger.get("/khao-sat/").content.decode()
    assert maker.post(f"{base}them-cau/", {"label": "x", "kind": "choice", "options": "một", "seen": draft.version}).status_code == 422
    assert maker.post(f"{base}cong-bo/", {"seen": draft.version}).status_code == 422
    assert maker.post(f"{base}mo/", {"seen": "1"}).status_code == 422, "an older page"
    assert maker.post(f"{base}mo/", {"seen": draft.version}).status_code == 302
    assert "Chỗ ngồi chờ &lt;b&gt; ở phường" in stranger.get("/khao-sat/").content.decode()
    for late in ("them-cau/", "sua/", "bo-cau/q1/"):
        data = {"label": "x", "kind": "text", "title": "y", "opens_on": "01/01/2026", "closes_on": "01/01/2026", "audience": "all"}
        assert maker.post(base + late, data).status_code == 422
    with pytest.raises(DatabaseError), transaction.atomic():
        Survey.objects.filter(pk=draft.pk).update(questions=[])
    wrong = fill(stranger, path, q1="7", q3=["9"], q4="Nên <i> có quạt")
    assert wrong.status_code == 422 and "Nên &lt;i&gt; có quạt" in wrong.content.decode()
    assert fill(stranger, path, q4="Cô Nguyễn Thị Mẫu bảo chờ. Nên có quạt.").status_code == 302
    assert "Cảm ơn bạn" in stranger.get(path).content.decode() and fill(stranger, path).status_code == 409
    for step in "12355":
        assert fill(Client(), path, q2=step).status_code == 302
    number = str(SurveyResponse.objects.first().pk)  # type: ignore[union-attr]
    assert Client().post(path, {"q1": "0", "phieu": number}).status_code == 409
    assert SurveyResponse.objects.count() == 6 and not SurveyPlace.objects.exists()
    assert maker.post(f"{base}ket-thuc/", {"seen": Survey.objects.get(pk=draft.pk).version}).status_code == 302
    assert Client().get(path).status_code == 410 and Client().get(f"{path}ket-qua/").status_code == 404
    text = SurveyText.objects.get()
    words = f"/quan-tri/ratings/surveytext/{text.pk}/"
    assert "quạt" not in maker.get(f"{words}change/").content.decode()
    assert "Nguyễn Thị Mẫu" in maker.get(f"{words}duyet/").content.decode()
    assert maker.post(f"{words}duyet/", {"text": "Cô Nguyễn Thị Mẫu bảo chờ."}).status_code == 422
    assert maker.post(f"{words}duyet/", {"text": "Nên có quạt."}).status_code == 302
    assert maker.post(f"{base}cong-bo/", {"seen": Survey.objects.get(pk=draft.pk).version}).status_code == 302
    for language in ("", "/en"):
        page = Client().get(f"{language}{path}ket-qua/").content.decode()
        assert "Nên có quạt." in page and "Nguyễn Thị Mẫu" not in page and "<svg" in page and "<table" in page
    assert re.search(r"Từ 15 phút</th><td class=\"number\">6<", page)
    rows = list(csv.reader(io.StringIO(maker.get(f"{base}tra-loi.csv").content.decode("utf-8-sig"))))
    assert rows[0] == ["Tháng", "Bạn chờ bao lâu?", "Ghế ngồi tốt không?", "Thiếu gì?"] and len(rows) == 7
    assert rows[1][0] == f"{TODAY():%m/%Y}" and rows[1][3] == "Ghế; Quạt"
    assert draft.slug in Client().get("/khao-sat/").content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("demo_data")
def test_others_see_and_do_nothing() -> None:
    maker = desk()
    base = made(maker)
    others = {"neighbour": desk("H29.101"), "clerk": desk(roles=("handling",)), "stranger": Client()}
    citizen = Client()
    factories.sign_in(citizen, factories.make_person())
    others["citizen"] = citizen
    for name, client in others.items():
        for way in (
            "change/",
            "sua/",
            "them-cau/",
            "mo/",
            "ket-thuc/",
            "cong-bo/",
            "nhap/",
            "tra-loi.csv",
            "dinh-nghia.json",
            "bo-cau/q1/",
        ):
            for answer in (client.get(base + way), client.post(base + way, {"seen": "5"})):
                assert answer.status_code in (302, 403, 404, 405), (name, way, answer.status_code)
        assert client.post("/quan-tri/ratings/survey/add/", {"title": "x"}).status_code == (
            422 if name == "neighbour" else 403 if name == "clerk" else 302
        )
    assert Survey.objects.latest("created_at").state == "draft"
    above = desk("H26")
    assert above.get(f"{base}change/").status_code == 200
    # A unit cannot invite the applicants of another.
    day = f"{TODAY():%d/%m/%Y}"
    form = {"title": "x", "opens_on": day, "closes_on": day, "audience": "applicants", "first_day": day, "last_day": day}
    for agency in ("H29", "H26", "H26.1"):
        assert maker.post("/quan-tri/ratings/survey/add/", {**form, "agency_code": agency}).status_code == 422


@pytest.mark.django_db
@pytest.mark.usefixtures("demo_data")
def test_applicants_are_invited_once_and_answer_by_their_token_alone() -> None:
    now = timezone.now()
    for _ in range(2):
        filed(now=now)
    day = f"{TODAY():%d/%m/%Y}"
    survey = opened(desk(), audience="applicants", procedure_code="1.001193", first_day=day, last_day=day)
    assert Client().get(f"/khao-sat/{survey.slug}/").status_code == 200 and not SurveyResponse.objects.exists()
    Client().post(f"/khao-sat/{survey.slug}/", {"q1": "0", "phieu": str(uuid4())})
    assert not SurveyResponse.objects.exists() and survey.slug not in Client().get("/khao-sat/").content.decode()
    while services.invite(now=now):
        pass
    survey.refresh_from_db()
    assert survey.invited_at is not None and SurveyPlace.objects.count() == Dossier.objects.values("applicant_id").distinct().count()
    sms = Notification.objects.get(template="ratings.survey", channel="sms", party_id=mother().pk)
    found = re.search(r"/khao-sat/moi/[A-Z0-9]+/", str(sms.body))
    assert found is not None
    phone = Client()
    assert fill(phone, found[0]).status_code == 302
    assert "Cảm ơn bạn" in Client().get(found[0]).content.decode() and fill(Client(), found[0]).status_code == 409
    assert Client().get("/khao-sat/moi/KS00000000000000000000000/").status_code == 404
    assert SurveyResponse.objects.count() == 1
    held = json.dumps([str(value) for row in (SurveyPlace.objects.get(), SurveyResponse.objects.get()) for value in vars(row).values()])
    assert str(mother().pk) not in held and found[0].split("/")[3] not in held


@pytest.mark.django_db
@pytest.mark.usefixtures("demo_data")
def test_citizens_answer_signed_in_and_once() -> None:
    survey = opened(desk(), audience="citizens")
    path = f"/khao-sat/{survey.slug}/"
    assert Client().get(path).status_code == 302 and Client().post(path, {"q1": "0"}).status_code == 302
    assert desk().get(path).status_code == 403
    citizen, again = Client(), Client()
    for client in (citizen, again):
        factories.sign_in(client, mother())
    assert fill(citizen, path).status_code == 302
    assert "Cảm ơn bạn" in again.get(path).content.decode() and fill(again, path).status_code == 409
    assert SurveyResponse.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("demo_data")
def test_answers_of_another_platform_go_in_row_by_row_and_once() -> None:
    maker = desk()
    survey = opened(maker)
    base = f"/quan-tri/ratings/survey/{survey.pk}/"
    exported = json.loads(maker.get(f"{base}dinh-nghia.json").content)
    assert [question.as_data() for question in read_definition(exported)] == survey.questions
    lines = ["ma,ngay,q1,q2,q3,q4"]
    lines += [f"V{number},01/11/2026,Từ 15 phút,5,Ghế;Quạt,Tốt" for number in range(8)]
    lines += [
        "V1,01/11/2026,0,1,,",
        "V90,32/11/2026,0,1,,",
        "V91,01/11/2026,9,1,,",
        ",01/11/2026,0,1,,",
        "V92,2099-01-01,0,,,",
        "V93,,0,6,,",
    ]
    file = "\n".join(lines).encode()
    for kept, known in ((8, 1), (0, 9)):
        answer = maker.post(f"{base}nhap/", {"file": SimpleUploadedFile("a.csv", file)})
        text = answer.content.decode()
        assert "ngay: cần ngày đã qua" in text and "q1: không có trong các lựa chọn" in text and "ma: cần mã" in text
        assert SurveyResponse.objects.count() == 8, (kept, known)
    good = [{"ma": "J1", "ngay": "2026-11-02", "q1": "Dưới 15 phút", "q3": ["Nước"]}]
    answer = maker.post(f"{base}nhap/", {"file": SimpleUploadedFile("a.json", json.dumps(good).encode())})
    assert answer.status_code == 200 and SurveyResponse.objects.count() == 9
    for name, content in (("a.json", b"{"), ("a.json", b'{"a": 1}'), ("a.xlsx", b"PKx"), ("a.csv", b"\xff\xfe\x00"), ("a.csv", b"")):
        assert maker.post(f"{base}nhap/", {"file": SimpleUploadedFile(name, content)}).status_code == 422, (name, content)
    counts = services.counts_of(survey.pk)
    assert counts == {"responses": 9, "counts": {"q1": {"0": 1, "1": 8}, "q2": {"5": 8}, "q3": {"0": 8, "1": 1, "2": 8}}}
    for bad in (b"[]", b'{"form": "dvcqg-khao-sat/1", "questions": [{"key": "Q", "kind": "choice"}]}', b"x" * 10, b"[" * 100_000):
        draft = made(maker)
        answer = maker.post(f"{draft}tep-cau-hoi/", {"file": SimpleUploadedFile("d.json", bad)})
        assert answer.status_code == 422
    answer = maker.post(f"{draft}tep-cau-hoi/", {"file": SimpleUploadedFile("d.json", json.dumps(exported).encode()),
                                                 "seen": Survey.objects.latest("created_at").version})  # fmt: skip
    assert answer.status_code == 302


@pytest.mark.django_db
def test_an_empty_portal_and_the_same_queries_for_any_number(client: Client) -> None:
    page = client.get("/khao-sat/")
    assert page.status_code == 200 and "không có khảo sát nào" in page.content.decode()
    for path in ("khong-co/", "khong-co/ket-qua/", "moi/x/"):
        assert client.get(f"/khao-sat/{path}").status_code == 404
    maker = desk()

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/khao-sat/").status_code == 200
            assert maker.get("/quan-tri/ratings/survey/").status_code == 200
        return len(queries)

    opened(maker)
    few = asked()
    for _ in range(3):
        opened(maker)
    assert asked() == few


def test_two_answer_by_one_invitation_at_once(committed_db: None) -> None:
    now = timezone.now()
    actor = factories.make_officer_actor(roles=("administrator",))
    values = {"title": "x", "opens_on": TODAY(), "closes_on": TODAY(), "audience": "applicants", "first_day": TODAY(), "last_day": TODAY()}
    survey = services.make(actor=actor, values=values, now=now)
    services.add_question(actor=actor, survey_id=survey.pk, kind="steps", label="Tốt không?", options=(), required=True, seen=None)
    services.move(actor=actor, survey_id=survey.pk, transition="publish", seen=None, now=now)
    with transaction.atomic():
        services._invite(survey, factories.make_person().pk, "UBND")
    body = str(Notification.objects.get(template="ratings.survey", channel="sms").body)
    path = "/" + body.split("/", 3)[3].split()[0]
    statuses = at_once(*[lambda: Client().post(path, {"q1": "3", "phieu": str(uuid4())}).status_code] * 3)
    assert sorted(statuses) == [302, 409, 409] and SurveyResponse.objects.count() == 1
    ended = at_once(
        lambda: services.move(actor=actor, survey_id=survey.pk, transition="end", seen=None, now=now).state,
        lambda: services.move(actor=actor, survey_id=survey.pk, transition="end", seen=None, now=now).state,
    )
    assert ended.count("ended") == 1 and SurveyResponse.objects.count() == 1


QUESTIONS = [
    Question("q1", "choice", "Một?", True, ("a", "b")), Question("q2", "several", "Nhiều?", False, ("a", "b", "c")),
    Question("q3", "steps", "Mức?", False), Question("q4", "text", "Lời?", False),
]  # fmt: skip


READ = st.fixed_dictionaries({
    "q1": st.sampled_from(["a", "b", "0", "z", None]), "q2": st.sampled_from(["a;b", "2", "", "a;z"]),
    "q3": st.sampled_from(["1", 5, 5.0, 0, "", None]), "q4": st.text(max_size=20),
})  # fmt: skip


@given(st.lists(READ, max_size=20))
def test_rows_are_read_as_a_plain_reader_would(rows: list[dict[str, Any]]) -> None:
    tally: Counter[str] = Counter()
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        said, wrong = read_answers(QUESTIONS, row)
        assert (
            ("q1" in wrong) == (row["q1"] in ("z", None)) and ("q2" in wrong) == ("z" in row["q2"]) and ("q3" in wrong) == (row["q3"] == 0)
        )
        if row["q1"] in ("a", "0"):
            tally["a"] += 1
        for key, value in said.chosen.items():
            for part in value if isinstance(value, list) else [value]:
                counts.setdefault(key, {})[part] = counts.get(key, {}).get(part, 0) + 1
    assert dict(counted(QUESTIONS, counts)[0][1])["a"] == tally["a"]


def test_a_definition_comes_back_as_it_went() -> None:
    said = json.loads(json.dumps(definition("Tên", "", QUESTIONS)))
    assert read_definition(said) == QUESTIONS
    for change in ({"questions": [*said["questions"], said["questions"][0]]}, {"form": "x"}, {"questions": "x"}, {"questions": [1]},
                   {"questions": [{**said["questions"][0], "options": ["a"]}]}, {"questions": [{**said["questions"][2], "options": ["a"]}]},
                   {"questions": [{**said["questions"][0], "required": "có"}]}):  # fmt: skip
        with pytest.raises(ValueError):
            read_definition({**said, **change})
    assert questions_of([]) == []
