"""Published answers and figures as everybody reads them, signed in or not, in both languages."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from feedback.models import PublishedCase, ReaderVote
from feedback.services import figures as kept
from feedback.services import publishing
from tests.feedback.support import MONDAY, answered, later, officer, received, send_one
from tests.feedback.test_publishing import published, waiting
from tests.support.queries import CaptureQueriesContext

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("F-13")]
LIST, FIGURES = "/phan-anh-kien-nghi/tra-loi/", "/phan-anh-kien-nghi/so-lieu/"


def body(client: Client, address: str, status: int = 200) -> str:
    """A page as its words stand in it."""
    answer = client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


def other(title: str, question: str, answer: str, **more: Any) -> PublishedCase:
    """Another published case of the same ward."""
    petition, _sender = send_one(**{"words": "Câu hỏi khác.", **more})
    answered(petition)
    return published(petition, title=title, question=question, answer=answer)


class TestAnswers:
    def test_found_by_careless_words_and_narrowed(self, client: Client) -> None:
        waited, _sender = waiting()
        case = published(waited)
        sign = other("Biển số xe máy cũ", "Đổi biển số xe máy ở đâu?", "Bạn đến công an phường.", kind="sang-kien")
        for q in ("giay khai sinh tra cham", "giấy khai sihn chậm", "KHAI SINH"):
            found = body(client, f"{LIST}?q={q}")
            assert found.index(case.title) < (found.index(sign.title) if sign.title in found else 10**9), q
        assert "Chưa có trả lời nào nói về" in body(client, f"{LIST}?q=xyzzyq")
        assert sign.title not in body(client, f"{LIST}?loai=cham-tre") and case.title in body(client, f"{LIST}?loai=cham-tre")
        assert case.title not in body(client, f"{LIST}?q=khai+sinh&loai=sang-kien")
        assert case.title in body(client, f"{LIST}?co-quan=H26&nam=2026") and case.title not in body(client, f"{LIST}?nam=2025")
        assert case.title not in body(client, f"{LIST}?co-quan=H29")
        assert client.get(f"{LIST}?nam=hai").status_code == 404 and client.get(f"{LIST}?loai=%00").status_code == 404
        listed = body(client, LIST)
        assert case.title in listed and sign.title in listed
        english = body(client, f"/en{LIST}?q=khai+sinh")
        assert case.title in english and "Tìm" not in re.sub(r"<[^>]+lang=\"vi\".*?</", "", english).split("<main")[1].split("</main")[0]

    @pytest.mark.requirement("F-02", "F-13")
    def test_what_people_call_it_is_found_before_what_only_shares_an_offices_words(self, client: Client) -> None:
        late = other("Hồ sơ khai sinh quá hạn chưa trả kết quả", "Tôi nộp hồ sơ đăng ký khai sinh cho con, hẹn trả trong ngày.", "Đã trả.")
        again = other("Xin bỏ bản cam đoan khi đăng ký lại khai sinh", "Giấy khai sinh của bố tôi thất lạc từ lâu.", "Bộ tiếp thu.")
        single = other("Xin giấy độc thân bị đòi sổ hộ khẩu", "Phường đòi sổ hộ khẩu giấy khi tôi xin giấy độc thân.", "Phường xin lỗi.")
        family = other("Nộp bản sao hộ khẩu đã bỏ", "Làm xác nhận tình trạng hôn nhân phải nộp bản sao sổ hộ khẩu.", "Đã bỏ yêu cầu này.")
        land = other("Chậm trả sổ đỏ", "Hồ sơ đất của tôi nằm ba tháng.", "Đã trả sổ.")
        rude = other("Cán bộ một cửa nói năng khó nghe", "Hỏi thì bị gắt.", "Phường đã nhắc nhở cán bộ.")
        for q, wanted in (
            ("khai sinh cham", late), ("cham giay khai sinh", late), ("khai sinh trễ quá", late), ("lam giay khai sinh lau qua", late),
            ("dang ky lai khai sinh", again), ("xin giay doc than", single), ("giay doc than", single),
            ("xac nhan tinh trang hon nhan", family), ("so do cham", land), ("can bo hach dich", rude),
        ):  # fmt: skip
            found = body(client, f"{LIST}?q={q}")
            first = re.search(rf'href="{LIST}([^"/?]+)/"', found)
            assert first and first[1] == wanted.slug, (q, first and first[1])

    def test_a_list_costs_the_same_whatever_its_length(self, client: Client) -> None:
        waited, _sender = waiting()
        published(waited)
        with CaptureQueriesContext(connection) as few:
            body(client, f"{LIST}?trang=1")
        for number in range(3):
            other(f"Câu hỏi số {number}", "Hỏi gì?", "Trả lời gì.")
        with CaptureQueriesContext(connection) as many:
            body(client, f"{LIST}?trang=1")
        assert len(few) == len(many) <= 9

    def test_a_case_tells_machines_and_people_what_it_is(self, client: Client) -> None:
        waited, _sender = waiting(procedure_code="1.001193")
        case = published(waited, answer="Đã trả </script><b>kết quả</b> & xin lỗi bạn.")
        page = body(client, f"{LIST}{case.slug}/")
        data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[1])
        assert data["@type"] == "QAPage" and data["mainEntity"]["acceptedAnswer"]["text"] == case.answer
        assert "<b>kết quả" not in page and "đúng hạn" in page and "Nguyễn Thị Giả Định" not in page
        assert "csrfmiddlewaretoken" not in page and "phien" not in client.cookies
        assert body(client, f"/en{LIST}{case.slug}/").count("<h1") == 1
        body(client, f"{LIST}khong-co-0000/", 404)

    def test_a_reader_votes_once_a_day(self, client: Client) -> None:
        waited, _sender = waiting()
        case = published(waited)
        address = f"{LIST}{case.slug}/huu-ich/"
        assert "checked" in body(client, f"{address}?chon=khong")
        assert client.post(address, {}).status_code == 422
        for helps in ("co", "co", "khong"):
            assert client.post(address, {"helps": helps}).status_code == 302
        case.refresh_from_db()
        assert (case.helpful, case.unhelpful) == (0, 1), "who says otherwise changes their vote"
        assert "1 lượt thấy chưa rõ" in body(client, f"{address}?da-nhan=1")
        with time_machine.travel(later(timezone.now(), days=1)):
            assert client.post(address, {"helps": "co"}, REMOTE_ADDR="192.0.2.7").status_code == 302
        case.refresh_from_db()
        assert (case.helpful, case.unhelpful) == (1, 1)
        assert len(set(ReaderVote.objects.values_list("source", flat=True))) == 2
        assert publishing.forget_votes(today=timezone.localdate(later(timezone.now(), days=3))) == 2

    def test_somebody_about_to_ask_is_shown_answers_like_it(self, client: Client) -> None:
        waited, _sender = waiting()
        case = published(waited)
        assert case.slug in body(client, "/phan-anh-kien-nghi/goi-y/?q=con toi chua duoc tra giay khai sinh")
        told = client.post("/phan-anh-kien-nghi/goi-y/", {"subject": "khai sinh", "words": "Giấy khai sinh trả chậm quá."})
        assert case.slug in told.content.decode()
        assert body(client, "/phan-anh-kien-nghi/goi-y/?q=") == "\n"

    def test_feed_and_sitemap(self, client: Client) -> None:
        body(client, f"{LIST}atom.xml")
        waited, _sender = waiting()
        case = published(waited)
        feed = ElementTree.fromstring(body(client, f"{LIST}atom.xml"))
        space = {"a": "http://www.w3.org/2005/Atom"}
        (entry,) = [one for one in feed.findall("a:entry", space) if one.find("a:title", space).text == case.title]
        assert entry.find("a:id", space).text.endswith(f"{LIST}{case.slug}/")
        assert f"{LIST}{case.slug}/</loc>" in body(client, f"{LIST}sitemap.xml")
        assert f"{LIST}sitemap.xml" in body(client, "/robots.txt")
        assert f"{LIST}</loc>" in body(client, "/sitemap.xml")


class TestFigures:
    @pytest.fixture(autouse=True)
    def _today(self) -> Any:
        with time_machine.travel(later(MONDAY, days=40), tick=False):
            yield

    def test_the_sentence_the_table_and_what_they_count(self, client: Client) -> None:
        kept.fold()
        before = {row["name"]: row for row in _table(client)}.get("H26", {})
        on_time, _one = waiting()
        published(on_time)
        late, _two = send_one()
        answered(late, now=later(MONDAY, days=25))
        overdue, _three = send_one()
        received(overdue, officer())
        kept.fold()
        page = body(client, FIGURES)
        after = {row["name"]: row for row in _table(client)}["H26"]
        told = {key: after[key] - before.get(key, 0) for key in ("received", "on_time", "late", "open", "overdue", "published")}
        assert told == {"received": 3, "on_time": 1, "late": 1, "open": 1, "overdue": 1, "published": 1}
        assert "20 ngày từ ngày đầu tiên nhận" in page and f"{LIST}?co-quan=H26" in page
        assert "set-cookie" not in {name.lower() for name in client.get(FIGURES).headers}
        agency = body(client, f"{FIGURES}H26/")
        assert "Hoàn Kiếm" in agency or "H26.101" in agency
        body(client, f"/en{FIGURES}?ky=2026-11")
        body(client, f"{FIGURES}XX/", 404)
        for wrong in ("?ky=2031", "?ky=thang", "?co-quan=/"):
            body(client, FIGURES + wrong, 404)

    def test_a_day_and_an_agency_are_chosen_by_fields(self, client: Client) -> None:
        send_one()
        kept.fold()
        page = body(client, f"{FIGURES}?ky=2026-11&ngay=2026-11-16&co-quan=")
        assert 'name="ngay"' in page and 'value="2026-11-16"' in page and "Từ 01/11/2026 đến 16/11/2026" in page
        assert f"{FIGURES}H26/?ky=2026-11&amp;ngay=2026-11-16" in page and '<option value="H26"' in page
        assert "đến 16/11/2026" in body(client, f"{FIGURES}?ngay=16/11/2026"), "typed where a browser has no such field"
        led = client.get(f"{FIGURES}?ky=2026-11&ngay=2026-11-16&co-quan=H26")
        assert (led.status_code, led["Location"]) == (302, f"{FIGURES}H26/?ky=2026-11&ngay=2026-11-16")
        agency = body(client, led["Location"])
        assert '<option value="H26" selected' in agency and "đến 16/11/2026" in agency
        # What does not fit is said beside the field, which keeps it.
        for wrong in ("?ngay=2026-13-01", "?ngay=2027-12-01", "?ky=2026&ngay=2025-01-01", "?ngay=hom+qua"):
            for place in (FIGURES, f"{FIGURES}H26/"):
                page = body(client, place + wrong, 422)
                assert 'id="ngay-error"' in page and 'aria-invalid="true"' in page and wrong.split("ngay=")[1].replace("+", " ") in page

    def test_as_of_any_day(self, client: Client) -> None:
        first, _one = send_one()
        answered(first, now=later(MONDAY, days=25))
        for folded in (False, True):
            if folded:
                kept.fold()
            rows = [_whole("2026-11-15"), _whole("2026-11-16"), _whole("2026-12-07"), _whole("2026-12-08"), _whole("2026-12-11")]
            told = [(row.received, row.open, row.overdue, row.late) for row in rows]
            assert [tuple(number - at_first for number, at_first in zip(row, told[0], strict=True)) for row in told] == [
                (0, 0, 0, 0), (1, 1, 0, 0), (1, 1, 0, 0), (1, 1, 1, 0), (1, 0, 0, 1),
            ]  # fmt: skip

    def test_a_unit_stands_on_the_page_of_its_agency(self, client: Client) -> None:
        send_one()
        kept.fold()
        there = client.get(f"{FIGURES}H26.101/?ky=2026")
        assert there.status_code == 302 and there["Location"] == f"{FIGURES}H26/?ky=2026#theo-don-vi"
        said = client.get(there["Location"]).content.decode()
        assert 'id="theo-don-vi"' in said and "phường Hoàn Kiếm" in said
        for unknown in ("H26.999", "H98", "H98.101", "H26.", "x y"):
            assert client.get(f"{FIGURES}{unknown}/").status_code == 404, unknown

    def test_figures_cost_the_same_whatever_there_is(self, client: Client) -> None:
        with CaptureQueriesContext(connection) as few:
            body(client, FIGURES)
        for number in range(3):
            send_one(now=later(MONDAY, days=number), unit="H26.102" if number else "H26.101")
        with CaptureQueriesContext(connection) as many:
            body(client, FIGURES)
        assert len(many) <= len(few) + 2 <= 16
        assert not any('FROM "feedback_petition"' in query["sql"] for query in many.captured_queries)


def _whole(day: str) -> Any:
    from datetime import date

    from feedback import queries_figures

    return queries_figures.whole(date(2026, 1, 1), date.fromisoformat(day))


def _table(client: Client) -> list[dict[str, Any]]:
    from datetime import date

    from feedback import queries_figures
    from feedback.views.figures import figures_row

    found = queries_figures.by_agency(date(2026, 1, 1), timezone.localdate())
    return [{**figures_row(counts), "name": code} for code, counts in found.items()]
