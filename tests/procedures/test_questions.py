"""Questions and answers: entered by one, checked by another, published, loaded from files, found, rated (requirement C-13)."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import Workbook

from portal.access import SYSTEM, AccessDenied
from portal.audit.models import Act
from portal.states import TransitionRefused
from procedures.models import CommonQuestion, ProcedureVersion, QuestionVote
from procedures.publishing import Refused
from procedures.questions import queries, services
from procedures.questions.loading import load
from tests import factories

pytestmark = [pytest.mark.requirement("C-13"), pytest.mark.usefixtures("demo_data")]
MINISTRY = "G15"
QUESTION, ANSWER = "Con tôi sinh đôi thì khai sinh một hay hai tờ?", "Mỗi trẻ một Giấy khai sinh. Nộp hai tờ khai trong cùng một lần."


def actor(*roles: str, unit: str = MINISTRY) -> Any:
    return factories.make_officer_actor(unit=unit, roles=roles)


def entered(**facts: Any) -> Any:
    given = {"question": QUESTION, "answer": ANSWER, "procedures": ["1.001193"], "life_events": [], **facts}
    return services.enter(actor=actor("procedure_entering"), unit_code=MINISTRY, now=timezone.now(), **given)


def published(**facts: Any) -> CommonQuestion:
    """Through all hands."""
    return go_public(entered(**facts))


def go_public(row: CommonQuestion) -> CommonQuestion:
    checker = actor("procedure_checking", "procedure_publishing", unit=row.unit_code)
    services.act(actor=checker, row_id=row.pk, transition="check", now=timezone.now())
    services.act(actor=checker, row_id=row.pk, transition="publish", now=timezone.now())
    row.refresh_from_db()
    return row


def test_nobody_reads_a_question_before_another_officer_checked_it() -> None:
    writer = actor("procedure_entering", "procedure_checking", "procedure_publishing")
    row = services.enter(actor=writer, unit_code=MINISTRY, now=timezone.now(), question=QUESTION, answer=ANSWER, procedures=["1.001193"])
    path = f"/hoi-dap/{row.slug}/"
    assert Client().get(path).status_code == 404
    with pytest.raises(TransitionRefused):
        services.act(actor=actor("procedure_publishing"), row_id=row.pk, transition="publish", now=timezone.now())
    with pytest.raises(Refused, match="người soạn"):
        services.act(actor=writer, row_id=row.pk, transition="check", now=timezone.now())
    with pytest.raises(AccessDenied):
        services.act(actor=actor("procedure_checking", unit="G18"), row_id=row.pk, transition="check", now=timezone.now())
    services.act(actor=actor("procedure_checking"), row_id=row.pk, transition="check", now=timezone.now())
    assert Client().get(path).status_code == 404
    with pytest.raises(Refused, match="người soạn"):
        services.act(actor=writer, row_id=row.pk, transition="publish", now=timezone.now())
    services.act(actor=actor("procedure_publishing"), row_id=row.pk, transition="publish", now=timezone.now())
    page = Client().get(path)
    assert page.status_code == 200 and QUESTION in page.content.decode() and "FAQPage" in page.content.decode()
    acts = set(Act.objects.filter(target_id=str(row.pk)).values_list("act", flat=True))
    assert acts == {f"procedures.questions.{one}" for one in ("enter", "check", "publish")}


def test_it_is_found_by_words_without_diacritics_by_agency_and_on_the_page_of_its_procedure() -> None:
    row = published(wordings="sinh hai cháu cùng lúc làm mấy giấy khai sinh")
    other = published(question="Thẻ căn cước hỏng thì sao?", answer="Đổi tại Công an cấp xã.", procedures=["1.014061"])
    client = Client()
    listed = client.get("/hoi-dap/?q=con toi sinh doi khai sinh may to").content.decode()
    assert row.question in listed and "Bạn không chắc" not in listed
    assert row.question in client.get("/hoi-dap/?q=sinh hai chau cung luc").content.decode()
    narrowed = client.get("/hoi-dap/?thu-tuc=1.014061").content.decode()
    assert other.question in narrowed and row.question not in narrowed
    assert row.question in client.get("/hoi-dap/?co-quan=G15").content.decode()
    assert row.question not in client.get("/hoi-dap/?co-quan=G18").content.decode()
    assert client.get("/hoi-dap/?co-quan=" + "x" * 90).status_code == 404
    # By field and by event of life, listed and searched.
    facts = {"answer": "Ghi vào sổ.", "field_code": "LV.ho-tich", "life_events": ["co-con-nho"]}
    tied = published(question="Nuôi con nuôi thì sổ hộ tịch ghi gì?", **facts)
    for narrow, elsewhere in (("linh-vuc=LV.ho-tich", "linh-vuc=LV.cap-quan-ly-can-cuoc"), ("su-kien=co-con-nho", "su-kien=hoc-tap")):
        for query in ("", "&q=nuoi con nuoi so ho tich"):
            assert tied.question in client.get(f"/hoi-dap/?{narrow}{query}").content.decode(), (narrow, query)
            assert tied.question not in client.get(f"/hoi-dap/?{elsewhere}{query}").content.decode(), (elsewhere, query)
    assert row.question not in client.get("/hoi-dap/?su-kien=co-con-nho").content.decode()
    page = client.get("/thu-tuc/1.001193/").content.decode()
    assert row.question in page and other.question not in page
    assert client.get("/en/hoi-dap/").status_code == 200 and client.get(f"/en/hoi-dap/{row.slug}/").status_code == 200


def test_a_change_takes_the_place_and_the_address_of_what_was_public_only_when_it_is_published() -> None:
    row = published()
    writer = actor("procedure_entering")
    changed = services.change(actor=writer, row_id=row.pk, now=timezone.now(), answer="Hai Giấy khai sinh, mỗi trẻ một tờ.")
    assert changed.pk != row.pk and changed.replaces_id == row.pk
    path = f"/hoi-dap/{row.slug}/"
    assert ANSWER.split(".")[0] in Client().get(path).content.decode()
    with pytest.raises(Refused, match="bản sửa"):
        services.change(actor=writer, row_id=row.pk, now=timezone.now(), answer="Khác nữa.")
    go_public(changed)
    assert "Hai Giấy khai sinh" in Client().get(path).content.decode()
    row.refresh_from_db()
    assert row.state == "withdrawn"
    services.act(actor=actor("procedure_publishing"), row_id=changed.pk, transition="withdraw", now=timezone.now(), why="Luật mới từ 1/7.")
    gone = Client().get(path)
    assert gone.status_code == 410 and "Luật mới từ 1/7." in gone.content.decode()
    assert "Hai Giấy khai sinh" not in Client().get("/hoi-dap/?q=sinh đôi khai sinh").content.decode()


def test_when_the_law_of_its_procedure_changes_a_question_is_to_be_looked_at_again() -> None:
    row, other = published(), published(question="Căn cước đổi ở đâu?", answer="Công an cấp xã.", procedures=["1.014061"])
    today = timezone.localdate()
    assert queries.to_review(today) == []
    version = ProcedureVersion.objects.get(procedure__code="1.001193", effective_to=None)
    CommonQuestion.objects.filter(pk=row.pk).update(published_at=timezone.now() - dt.timedelta(days=400))
    assert version.effective_from > today - dt.timedelta(days=400)
    assert queries.to_review(today) == [row.pk] and other.pk not in queries.to_review(today)


def test_who_acts_on_what_another_has_changed_is_told_so() -> None:
    row = entered()
    services.change(actor=actor("procedure_entering"), row_id=row.pk, now=timezone.now(), answer="Đã sửa.")
    with pytest.raises(Refused, match="Người khác vừa sửa"):
        services.act(actor=actor("procedure_checking"), row_id=row.pk, transition="check", now=timezone.now(), seen_version=row.version)


def test_a_reader_votes_once_a_day_and_nobody_is_remembered() -> None:
    row = published()
    client, path = Client(), f"/hoi-dap/{row.slug}/huu-ich/"
    assert client.get(path + "?chon=co").status_code == 200
    assert client.post(path, {}).status_code == 422
    for helps in ("co", "co", "khong"):
        assert client.post(path, {"helps": helps}).status_code == 302
    row.rating.refresh_from_db()
    assert (row.rating.helpful, row.rating.unhelpful) == (0, 1) and QuestionVote.objects.filter(question=row).count() == 1
    tomorrow = timezone.localdate() + dt.timedelta(days=3)
    assert services.forget_votes(today=tomorrow) == 1
    row.rating.refresh_from_db()
    assert row.rating.unhelpful == 1


def sheet(rows: list[list[str]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_file_is_loaded_with_errors_by_row_and_duplicates_merged() -> None:
    header = ["Câu hỏi", "Trả lời", "Lĩnh vực", "Thủ tục", "Ghi chú nội bộ"]
    rows = [header]
    rows += [[f"Câu hỏi số {n} về việc thứ {n}?", f"Trả lời riêng của câu {n}.", "Hộ tịch", "1.001193", ""] for n in range(60)]
    # An export with the number alone, then the question cut off, then the whole one: one question.
    rows += [["Câu hỏi Câu hỏi 7 :", "Được, trong 60 ngày.", "Hộ tịch", "", ""]]
    rows += [["Khai sinh muộn có được không và trong bao nhiêu ngày kể từ ngày si...", "Được, trong 60 ngày.", "Hộ tịch", "", ""]]
    rows += [["Khai sinh muộn có được không và trong bao nhiêu ngày kể từ ngày sinh?", "Được, trong 60 ngày.", "Hộ tịch", "", ""]]
    bad = [["Câu thiếu trả lời?", "", "", "", ""], ["", "Trả lời không có câu hỏi.", "", "", ""]]
    bad += [["Thủ tục lạ?", "Có.", "", "9.999999", ""], ["Câu hỏi số 3 về việc thứ 3?", "Một câu trả lời khác hẳn.", "Hộ tịch", "", ""]]
    rows += bad
    report = load(
        actor=actor("procedure_entering"), unit_code=MINISTRY, name="a.xlsx", content=sheet(rows), now=timezone.now(), dry_run=True
    )
    assert not CommonQuestion.objects.filter(unit_code=MINISTRY, question__startswith="Câu hỏi số").exists()
    report = load(actor=actor("procedure_entering"), unit_code=MINISTRY, name="a.xlsx", content=sheet(rows), now=timezone.now())
    assert (report.added, report.merged, report.bad_rows, report.unread) == (61, 2, 4, ["Ghi chú nội bộ"])
    assert {problem.row for problem in report.problems} == {65, 66, 67, 68}
    late = CommonQuestion.objects.get(question__startswith="Khai sinh muộn")
    assert late.question.endswith("ngày sinh?") and late.field_code
    again = load(actor=actor("procedure_entering"), unit_code=MINISTRY, name="a.xlsx", content=sheet(rows), now=timezone.now())
    assert (again.added, again.changed, again.unchanged) == (0, 0, 61)
    broken = load(actor=SYSTEM, unit_code=MINISTRY, name="a.csv", content=b"c\xe2u h\xf4i", now=timezone.now())
    assert broken.refused and broken.added == 0
    with pytest.raises(AccessDenied):
        load(actor=actor("procedure_entering", unit="G18"), unit_code=MINISTRY, name="a.xlsx", content=sheet(rows), now=timezone.now())


class TestDesk:
    """What officers do over HTTP."""

    def client(self, *roles: str, unit: str = MINISTRY) -> Client:
        client, position = Client(), factories.make_position(unit=unit, roles=roles)
        factories.sign_in(client, position.person, position=position)
        return client

    def test_the_way_of_a_question_over_the_desk(self) -> None:
        writer, checker = self.client("procedure_entering"), self.client("procedure_checking", "procedure_publishing")
        base = "/quan-tri/procedures/commonquestion/"
        given = {"unit_code": MINISTRY, "question": QUESTION, "answer": ANSWER, "procedures": "1.001193", "wordings": "", "topic": ""}
        given |= {"field_code": "", "source": ""}
        assert writer.post(base + "add/", {**given, "procedures": "9.9"}).status_code == 200
        assert writer.post(base + "add/", given).status_code == 302
        row = CommonQuestion.objects.get(question=QUESTION)
        page = writer.get(f"{base}{row.pk}/change/").content.decode()
        assert "/check/" not in page
        assert f"{row.pk}/check/" in checker.get(f"{base}{row.pk}/change/").content.decode()
        listed = checker.get(base).content.decode()
        assert QUESTION[:30] in listed
        counted = {one.code: one for one in queries.progress()}[MINISTRY]
        public = CommonQuestion.objects.filter(unit_code__startswith=MINISTRY, state="published").count()
        assert (counted.published, counted.target, counted.percent) == (public, 500, public * 100 // 500) and counted.waiting >= 1
        assert f"<td>{public}</td><td>{counted.waiting}</td><td>{counted.percent} %</td>" in listed and "yêu cầu 500 câu mỗi bộ" in listed
        done = checker.post(base, {"action": "check_chosen", "_selected_action": [str(row.pk)]}, follow=True)
        assert "kiểm tra đạt" in done.content.decode()
        assert checker.post(f"{base}{row.pk}/publish/", {"version": "1"}).status_code == 422
        row.refresh_from_db()
        assert checker.post(f"{base}{row.pk}/publish/", {"version": str(row.version)}).status_code == 302
        assert Client().get(f"/hoi-dap/{row.slug}/").status_code == 200
        changed = writer.post(f"{base}{row.pk}/change/", {**given, "answer": "Trả lời mới."})
        assert changed.status_code == 302 and str(row.pk) not in changed["Location"]
        assert writer.get(f"{base}{row.pk}/history/").status_code == 200
        assert self.client("procedure_checking", unit="G18").get(f"{base}{row.pk}/change/").status_code in (302, 404)

    def test_a_file_over_the_desk(self) -> None:
        client = self.client("procedure_entering")
        base = "/quan-tri/procedures/commonquestion/load/"
        assert client.get(base).status_code == 200 and client.get(base + "example.xlsx").status_code == 200
        file = io.BytesIO("Câu hỏi,Trả lời\nMột câu?,Một trả lời.\nThiếu?,\n".encode())
        file.name = "cau-hoi.csv"
        page = client.post(base, {"unit_code": MINISTRY, "table": file})
        assert page.status_code == 200 and "Chưa có câu trả lời" in page.content.decode()
        assert CommonQuestion.objects.filter(question="Một câu?", state="entered").exists()
        assert self.client("reception").get(base).status_code in (302, 403)
