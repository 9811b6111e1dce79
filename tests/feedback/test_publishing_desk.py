"""Publication and oversight on the desk, through HTTP as officers do it, without JavaScript."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from feedback.models import PublishedCase
from feedback.services import figures as kept
from tests.feedback.support import MONDAY, answered, later, send_one
from tests.feedback.test_publishing import ANSWER, WORDS, _overruled, waiting
from tests.payments.support import desk_of

pytestmark = [pytest.mark.usefixtures("demo_data")]
BASE = "/quan-tri/feedback/publishedcase/"


def _desk(unit: str = "H26.101", *roles: str) -> Client:
    client, _position = desk_of(unit, *(roles or ("petition_publishing",)), credential=f"cred-{unit}-{'-'.join(roles)}")
    return client


@pytest.mark.requirement("F-10")
def test_each_mark_is_decided_then_the_texts_are_read_and_published() -> None:
    petition, _sender = waiting()
    desk, place = _desk(), f"{BASE}{petition.pk}/cong-khai/"
    assert petition.code in desk.get(f"{BASE}cho-cong-khai/").content.decode()
    first = desk.get(place).content.decode()
    for said in ("Nguyễn Thị Giả Định", "001199012345", "0912 345 678"):
        assert re.search(rf"<mark>{said} <sup>\d+</sup></mark>", first), said
    keys = dict(re.findall(r'<th scope="row">([^<]+)</th>.*?name="left" value="([^"]+)"', first))
    second = desk.post(place, {"step": "texts", "left": keys["0912 345 678"]}).content.decode()
    assert "[tên người]" in second and "[số định danh]" in second and "gọi 0912 345 678." in second and "001199012345" not in second
    texts = {"title": "Giấy khai sinh trả chậm", "question": "Gọi 0912 345 678.", "answer": "Chào bà Giả Định, giấy đã có."}
    refused = desk.post(place, {"step": "publish", "left": keys["0912 345 678"], **texts, "seen": petition.version})
    assert refused.status_code == 422 and "còn chỗ chưa quyết định" in refused.content.decode()
    assert "giấy đã có." in refused.content.decode(), "what was typed stays"
    texts["answer"] = "Giấy đã có."
    stale = desk.post(place, {"step": "publish", **texts, "question": "Khi nào có?", "seen": 1})
    assert stale.status_code == 422 and not PublishedCase.objects.filter(petition=petition).exists()
    done = desk.post(place, {"step": "publish", "left": keys["0912 345 678"], **texts, "seen": petition.version})
    case = PublishedCase.objects.get(petition=petition)
    assert done.status_code == 302 and case.question == "Gọi 0912 345 678."
    petition.refresh_from_db()
    assert petition.words == WORDS and petition.answers.get().words == ANSWER
    assert "Đã bỏ" in desk.get(done["Location"]).content.decode()
    assert "gone" not in desk.get(f"{BASE}{petition.pk}/cong-khai/").content.decode()
    taken_down = desk.post(f"{BASE}{petition.pk}/go/", {"reason": "Sai tên phường.", "seen": petition.version})
    assert taken_down.status_code == 302
    gone = Client().get(f"/phan-anh-kien-nghi/tra-loi/{case.slug}/")
    assert gone.status_code == 410 and "Sai tên phường." in gone.content.decode()


def test_kept_back_on_the_desk_and_who_is_kept_out() -> None:
    petition, _sender = waiting()
    for client, status in ((_desk("H29"), 404), (_desk("H26.101", "petition_handling"), 403)):
        assert client.get(f"{BASE}{petition.pk}/cong-khai/").status_code == status
        assert client.post(f"{BASE}{petition.pk}/khong-cong-khai/", {"reason": "x"}).status_code == status
    desk = _desk()
    assert desk.post(f"{BASE}{petition.pk}/khong-cong-khai/", {"reason": " ", "seen": petition.version}).status_code == 422
    assert desk.post(f"{BASE}{petition.pk}/khong-cong-khai/", {"reason": "Chuyện riêng.", "seen": petition.version}).status_code == 302
    petition.refresh_from_db()
    assert (petition.publication, petition.keep_reason) == ("kept", "Chuyện riêng.")


@pytest.mark.requirement("F-10")
def test_an_overruled_answer_can_be_taken_down_on_the_desk() -> None:
    petition, case = _overruled()
    record = f"/quan-tri/feedback/petition/{petition.pk}/change/"
    vpcp = _desk("G22", "petition_publishing", "petition_handling")
    said = vpcp.get(record).content.decode()
    assert all(f"{BASE}{petition.pk}/{way}/" in said for way in ("cong-khai", "khong-cong-khai", "go"))
    assert "sẽ được gỡ với cùng lý do" in vpcp.get(f"{BASE}{petition.pk}/khong-cong-khai/").content.decode()
    ward = _desk("H26.101", "petition_publishing", "petition_handling")
    said = ward.get(record).content.decode()
    assert f"{BASE}{petition.pk}/go/" in said and f"{BASE}{petition.pk}/cong-khai/" not in said
    assert _desk("H26.102", "petition_publishing").get(f"{BASE}{petition.pk}/go/").status_code == 404
    assert ward.post(f"{BASE}{petition.pk}/go/", {"reason": "Đã có trả lời khác.", "seen": petition.version}).status_code == 302
    assert Client().get(f"/phan-anh-kien-nghi/tra-loi/{case.slug}/").status_code == 410


@pytest.mark.requirement("F-08")
def test_the_worst_agencies_down_to_their_queue() -> None:
    late, _one = send_one()
    answered(late, now=later(MONDAY, days=30))
    open_late, _two = send_one(now=later(MONDAY, days=-60))
    kept.fold()
    vpcp = _desk("G22", "steering")
    page = vpcp.get("/quan-tri/feedback/tally/?ky=2026").content.decode()
    assert "danh-sach/?so=overdue&amp;co-quan=H26&amp;ky=2026" in page and "?co-quan=H26&amp;ky=2026" in page
    units = vpcp.get("/quan-tri/feedback/tally/?ky=2026&co-quan=H26&diem=1").content.decode()
    assert "so=overdue&amp;don-vi=H26.101" in units and "5.2 Xử lý đúng hạn từng bước" in units
    assert "so=5.2-chua&amp;co-quan=H26&amp;ky=2026" in units
    table = vpcp.get("/quan-tri/feedback/tally/?ky=2026&tep=csv")
    assert table["Content-Type"].startswith("text/csv") and "H26" in table.content.decode("utf-8-sig")
    ward = _desk("H26.101", "petition_handling").get("/quan-tri/feedback/tally/?ky=2026&co-quan=H05")
    assert ward.status_code == 200 and "Bắc Ninh" not in re.sub(r"<[^>]*>", "", ward.content.decode())
    assert _desk("H26.101", "reception").get("/quan-tri/feedback/tally/").status_code == 403
    assert open_late.is_open


@pytest.mark.requirement("F-05", "F-08")
def test_a_number_of_the_overview_leads_to_a_list_of_that_agency() -> None:
    ours, _one = send_one(now=later(timezone.now(), days=-60))
    theirs, _two = send_one(now=later(timezone.now(), days=-61), unit="H26.102")
    fresh, _three = send_one(now=later(timezone.now(), hours=-1))
    ministry, _four = send_one(now=later(timezone.now(), days=-60), unit="G15")
    vpcp = _desk("G22", "steering")
    for query, inside, outside in (
        ("agency_code=H26&viec=qua-han", [ours, theirs], [fresh, ministry]),
        ("unit_code=H26.101&viec=qua-han", [ours], [theirs, fresh, ministry]),
        ("unit_code=H26.101", [ours, fresh], [theirs, ministry]),
        ("agency_code=%00", [ours, ministry], []),
    ):
        page = vpcp.get(f"/quan-tri/feedback/petition/?{query}&o=2", follow=True)
        said = page.content.decode()
        assert page.status_code == 200 and all(row.code in said for row in inside), query
        assert not any(row.code in said for row in outside), query
    said = vpcp.get("/quan-tri/feedback/petition/?unit_code=H26.101&viec=qua-han").content.decode()
    assert "Ủy ban nhân dân phường Hoàn Kiếm" in said and "unit_code=H26.101&amp;viec=dang-mo" in said, "it says of whom, and keeps it"
    ward = _desk("H26.101", "petition_handling").get("/quan-tri/feedback/petition/?unit_code=H26.102&viec=qua-han").content.decode()
    assert theirs.code not in ward and ours.code not in ward
