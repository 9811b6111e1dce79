"""A draft whose form or law changed is carried over and says what changed; one that cannot be sent any more says what to do."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from lxml import html

from dossiers import services
from dossiers.costs import bill_of
from dossiers.forms_data import shipped_form
from dossiers.models import Dossier, Draft
from dossiers.terms import terms_on
from portal.access import Actor
from portal.caching.changes import marks
from procedures.models import Procedure, ProcedureVersion
from procedures.services.loading import LoadReport, load_records, shipped_records
from tests.dossiers.support import CODE, PAPER, hidden, mother, photo, ready_draft
from tests.dossiers.test_kinds import DIPLOMA, EXTRACT, STUDY, at, declare, words
from tests.factories import citizen_actor, sign_in

pytestmark = pytest.mark.usefixtures("demo_data")


@pytest.fixture
def mothers() -> Client:
    client = Client()
    sign_in(client, mother())
    return client


@pytest.fixture
def actor() -> Actor:
    return citizen_actor(mother())


def new_law(code: str, **changes: Any) -> None:
    """A new version of the procedure, in force from today."""
    today = timezone.localdate()
    ProcedureVersion.objects.filter(procedure__code=code).update(effective_to=today)
    record = copy.deepcopy(next(one for one in shipped_records() if one["code"] == code))
    record |= {"effective_from": today.isoformat(), "decision_number": "999/QĐ-VD", **changes}
    load_records([record], LoadReport())
    marks.forget()  # a process knows of changes half a second later


def record_of(code: str) -> dict[str, Any]:
    return copy.deepcopy(next(one for one in shipped_records() if one["code"] == code))


def ordered(client: Client) -> None:
    """A draft of an order of three copies, filled in."""
    rest = {"registered_place": "Phường Ví Dụ", "copies": "3", "unit_code": "H26.101"}
    assert declare(client, EXTRACT, {"whom": "self", "register_kind": "birth"}, rest).status_code == 302


@pytest.mark.requirement("D-03")
def test_answers_go_along_to_a_new_form_and_the_page_says_what_changed(mothers: Client, actor: Actor) -> None:
    draft = ready_draft(actor)
    form = shipped_form(CODE)
    fields = [dict(spec) for spec in form["fields"] if spec["name"] != "child_home_town"]
    for spec in fields:
        if spec["name"] == "birth_place":
            spec["label"] = "Nơi trẻ sinh ra"
        if spec["name"] == "child_sex":
            spec["choices"] = [["male", "Nam"], ["unknown", "Chưa xác định"]]
    fields.append({"name": "weight", "label": "Cân nặng khi sinh (gam)", "kind": "number", "required": True, "min": 300, "max": 9000})
    services.publish_form(procedure_code=CODE, fields=fields, papers=form["papers"], charges=form["charges"], now=timezone.now())

    page = mothers.get(at(CODE, "to-khai/"))
    said = words(page)
    for part in (
        "Có thay đổi từ lúc bạn bắt đầu",
        "Câu hỏi mới: Cân nặng khi sinh (gam)",
        "“Nơi trẻ sinh ra” (trước là “Nơi sinh”)",
        "câu trả lời “Nữ” không còn, bạn chọn lại",
        "Quê quán của trẻ: Phường Hoàn Kiếm, Hà Nội",
    ):
        assert part in said, part
    boxes = html.fromstring(page.content)
    assert boxes.xpath("//input[@name='child_name']/@value") == ["Trần Thị Bé Thử"]
    assert not boxes.xpath("//input[@name='child_sex'][@checked]")
    carried = Draft.objects.get(pk=draft.pk)
    assert carried.form_version.fields == fields and carried.version == draft.version + 1
    assert "Từ ngày" not in said, "the law is the same"

    asked = mothers.post(at(CODE, "to-khai/"), hidden(page, act="tiep"))
    assert asked.status_code == 422 and "#id_weight" in asked.content.decode(), "what is new is asked"
    again = mothers.post(at(CODE, "to-khai/"), hidden(page, weight="3200", child_sex="male", act="tiep"))
    assert again.status_code == 302
    assert "Có thay đổi từ lúc bạn bắt đầu" in words(mothers.get(at(CODE, "giay-to/")))


@pytest.mark.requirement("D-03")
def test_who_sends_under_an_older_law_sees_the_new_one_first(mothers: Client) -> None:
    ordered(mothers)
    check = mothers.get(at(EXTRACT, "kiem-tra/"))
    channels = record_of(EXTRACT)["channels"]
    for channel in channels:
        channel["fees"][0]["amount"] = 10_000
        channel["time_amount"] = 2
    new_law(EXTRACT, channels=channels)
    late = mothers.post(at(EXTRACT, "kiem-tra/"), hidden(check))
    assert late.status_code == 409 and not Dossier.objects.filter(procedure_code=EXTRACT).exists()
    said = words(late)
    for part in (
        "Hồ sơ chưa gửi",
        f"Từ ngày {timezone.localdate():%d/%m/%Y}, thủ tục này theo nội dung mới (Quyết định 999/QĐ-VD).",
        "Thời hạn giải quyết: trước trong ngày làm việc, nay 2 ngày làm việc.",
        "trước 8.000 đ/bản sao, nay 10.000 đ/bản sao",
        "3 bản × 10.000 đ = 30.000 đ",
    ):
        assert part in said, part
    done = mothers.post(at(EXTRACT, "kiem-tra/"), hidden(late))
    assert done.status_code == 302
    dossier = Dossier.objects.get(procedure_code=EXTRACT)
    assert dossier.procedure_version.decision_number == "999/QĐ-VD" and bill_of(dossier).total == 30_000


def test_a_new_law_makes_no_other_paper_of_one_that_was_given(mothers: Client, actor: Actor) -> None:
    declare(mothers, DIPLOMA, {"whose": "self", "has_proof": "no"}, STUDY | {"unit_code": "H26.201"})
    diploma, transcript = [paper for paper in terms_on(DIPLOMA, timezone.now()).papers if paper.required]
    draft = Draft.objects.get(procedure_code=DIPLOMA)
    for paper in (diploma, transcript):
        services.add_paper(actor=actor, draft_id=draft.id, kind=paper.kind, upload=photo(f"{paper.kind}.png"), now=timezone.now())
    documents = record_of(DIPLOMA)["documents"]
    documents[1], documents[2] = {**documents[2]}, {**documents[1], "name": "Bản điện tử văn bằng"}
    english = record_of(DIPLOMA)["english"]
    stale = mothers.get(at(DIPLOMA, "giay-to/"))
    new_law(DIPLOMA, documents=documents, english=english)
    late = mothers.post(at(DIPLOMA, "giay-to/"), hidden(stale, act="tiep", **{f"tep-{diploma.kind}": photo("muộn.png")}))
    assert late.status_code == 409 and "Danh sách giấy tờ vừa thay đổi" in words(late) and draft.papers.count() == 2
    page = words(mothers.get(at(DIPLOMA, "giay-to/")))
    assert "Thêm giấy tờ: Bản điện tử văn bằng." in page and f"Không còn giấy tờ: {diploma.name}." in page
    found = {paper.label: paper.kind for paper in draft.papers.all()}
    wanted = {paper.label: paper.kind for paper in terms_on(DIPLOMA, timezone.now()).papers}
    assert found[transcript.label] == wanted[transcript.label] != transcript.kind, "it goes where its name goes"
    assert found[diploma.label] not in wanted.values(), "nobody takes the old paper for the new one"
    assert "Không còn cần" in page
    assert "Còn thiếu: Bản điện tử văn bằng." in words(mothers.get(at(DIPLOMA, "kiem-tra/")))


def test_a_draft_of_a_procedure_that_ended_says_so_and_what_to_do(mothers: Client) -> None:
    ordered(mothers)
    check = mothers.get(at(EXTRACT, "kiem-tra/"))
    yesterday = timezone.localdate() - timedelta(days=1)
    successor = Procedure.objects.get(code=CODE)
    ProcedureVersion.objects.filter(procedure__code=EXTRACT).update(effective_to=yesterday)
    Procedure.objects.filter(code=EXTRACT).update(replaced_by=successor)
    marks.forget()
    for response in (
        *(mothers.get(at(EXTRACT, page)) for page in ("to-khai/", "giay-to/", "kiem-tra/")),
        mothers.post(at(EXTRACT, "kiem-tra/"), hidden(check)),
    ):
        assert response.status_code == 410
        said = words(response)
        assert f"không còn hiệu lực từ {yesterday:%d/%m/%Y}" in said and "Phường Ví Dụ" in said and "thủ tục thay thế: 1.001193" in said
    assert not Dossier.objects.filter(procedure_code=EXTRACT).exists()
    mine = words(mothers.get("/ho-so/"))
    assert "Thủ tục không còn hiệu lực" in mine and "Cấp bản sao Trích lục hộ tịch" in mine
    ask = mothers.get(at(EXTRACT, "xoa-nhap/"))
    assert "Cấp bản sao Trích lục hộ tịch" in words(ask)
    assert mothers.post(at(EXTRACT, "xoa-nhap/"), hidden(ask)).status_code == 302
    assert not Draft.objects.exists()
    assert mothers.get(at(EXTRACT, "to-khai/")).status_code == 404


def test_a_draft_of_a_procedure_that_left_the_portal_names_the_other_ways(mothers: Client) -> None:
    ordered(mothers)
    ProcedureVersion.objects.get(procedure__code=EXTRACT).online_service.delete()
    marks.forget()
    page = mothers.get(at(EXTRACT, "to-khai/"))
    assert page.status_code == 410 and "Nộp theo cách khác" in words(page)


def test_a_draft_under_form_and_law_of_today_says_nothing_and_keeps_its_version(mothers: Client, actor: Actor) -> None:
    draft = ready_draft(actor)
    assert "Có thay đổi" not in words(mothers.get(at(CODE, "to-khai/")))
    draft.refresh_from_db()
    version = draft.version
    Draft.objects.filter(pk=draft.pk).update(procedure_version=None)  # begun before it was written down
    assert "Có thay đổi" not in words(mothers.get(at(CODE, "giay-to/")))
    draft.refresh_from_db()
    assert draft.version == version and draft.procedure_version_id == terms_on(CODE, timezone.now()).version_id
    assert draft.papers.get().kind == PAPER
