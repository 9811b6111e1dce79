"""Drafts put up for opinion; what a unit posts at its office and shows on its own site."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from procedures.models import Consultation, EmbedSite, Opinion, Procedure, ProcedureVersion
from procedures.services import consulting
from procedures.views.centres import hours_in_words
from tests.procedures.test_announcing import at_desk, seen, words

pytestmark = pytest.mark.usefixtures("demo_data")
DESK = "/quan-tri/procedures/consultation/"


@pytest.mark.requirement("C-02")
def test_a_draft_is_put_up_spoken_to_answered_and_concluded() -> None:
    desk, _ = at_desk("G15", "procedure_checking")
    today = timezone.localdate()
    form = {
        "title": "Dự thảo sửa thủ tục khai sinh", "summary": "Bỏ giấy chứng sinh bản giấy.", "subjects": "Thành phần hồ sơ\nThời hạn",
        "procedures": "1.001193", "opens_on": f"{today:%d/%m/%Y}", "closes_on": f"{today + dt.timedelta(days=5):%d/%m/%Y}",
    }  # fmt: skip
    refused = desk.post(f"{DESK}add/", form)
    assert refused.status_code == 422 and "ít nhất 20 ngày" in words(refused)
    assert desk.post(f"{DESK}add/", {**form, "closes_on": f"{today + dt.timedelta(days=29):%d/%m/%Y}"}).status_code == 302
    row = Consultation.objects.get()
    page = f"/lay-y-kien/{row.pk}/"
    stranger = Client()
    assert row.title in words(stranger.get("/lay-y-kien/")) and "Bỏ giấy chứng sinh bản giấy." in words(stranger.get(page))
    said = {"subject": "Thành phần hồ sơ", "text": "Nên bỏ hẳn, gọi tôi 0912 345 678."}
    assert stranger.post(page, {**said, "subject": "Chuyện khác"}).status_code == 422
    assert stranger.post(page, {**said, "text": ""}).status_code == 422
    assert stranger.post(page, said).status_code == 302
    assert stranger.post(page, {**said, "text": "Tôi cũng nghĩ vậy."}).status_code == 302
    assert "Đã nhận ý kiến" in words(stranger.get(page + "?da-nhan=1"))
    assert "Nên bỏ hẳn" not in words(stranger.get(page)), "read before it is public"
    assert "Ý kiến về dự thảo chờ trả lời" in words(desk.get("/quan-tri/"))
    one = Opinion.objects.get(text__startswith="Nên")
    assert "0912" not in one.text
    assert one.text in words(desk.get(f"{DESK}{row.pk}/change/"))
    answered = {"answer": "Tiếp thu.", "whole_subject": "on"}
    assert desk.post(f"{DESK}{row.pk}/answer/{one.pk}/", {"answer": ""}).status_code == 422
    assert desk.post(f"{DESK}{row.pk}/answer/{one.pk}/", answered).status_code == 302
    assert not Opinion.objects.filter(answered_at__isnull=True).exists()
    public = words(stranger.get(page))
    assert "Nên bỏ hẳn" in public and "Tôi cũng nghĩ vậy." in public and "Tiếp thu." in public
    early = desk.post(f"{DESK}{row.pk}/outcome/", {"outcome": "Đã tiếp thu.", "decision_number": ""})
    assert early.status_code == 422 and "Còn đang lấy ý kiến" in words(early)
    Consultation.objects.filter(pk=row.pk).update(opens_on=today - dt.timedelta(days=40), closes_on=today - dt.timedelta(days=1))
    assert stranger.post(page, said).status_code == 200 and Opinion.objects.count() == 2
    wrong = desk.post(f"{DESK}{row.pk}/outcome/", {"outcome": "Đã tiếp thu.", "decision_number": "0/QĐ"})
    assert wrong.status_code == 422
    assert desk.post(f"{DESK}{row.pk}/outcome/", {"outcome": "Đã tiếp thu hết.", "decision_number": ""}).status_code == 302
    assert "Đã tiếp thu hết." in words(stranger.get(page))
    other, _ = at_desk("G01", "procedure_checking")
    assert other.get(f"{DESK}{row.pk}/change/").status_code == 404
    with pytest.raises(consulting.ConsultationRefused):
        consulting.give_opinion(consultation=Consultation.objects.get(), subject="Thời hạn", text="muộn", now=timezone.now())


def test_a_flood_of_opinions_is_asked_to_wait() -> None:
    _desk, actor = at_desk("G15", "procedure_checking")
    today = timezone.localdate()
    row = consulting.open_consultation(
        actor=actor, unit_code="G15", title="Dự thảo", summary="Thử", subjects=["Một"], procedures=[], opens_on=today,
        closes_on=today + dt.timedelta(days=30), now=timezone.now(),
    )  # fmt: skip
    said = {"subject": "Một", "text": "Ý kiến."}
    answers = [Client().post(f"/lay-y-kien/{row.pk}/", said, REMOTE_ADDR="203.0.113.78").status_code for _ in range(6)]
    assert answers == [302] * 5 + [429]


@pytest.mark.requirement("C-26")
def test_the_map_of_one_stop_units_leads_to_their_addresses_and_hours() -> None:
    country = words(Client().get("/bo-phan-mot-cua/"))
    assert "Nơi đã công bố địa chỉ" in country and "?tinh=01" in country
    hanoi = words(Client().get("/bo-phan-mot-cua/?tinh=01"))
    assert "Giờ làm việc" in hanoi and "Thứ 2 – Thứ 6: 07:00–11:30, 13:30–17:00" in hanoi
    assert "Opening hours" in words(Client().get("/en/bo-phan-mot-cua/?tinh=01"))
    assert Client().get("/bo-phan-mot-cua/?tinh=99").status_code == 404
    opening = [((dt.time(8), dt.time(12)),), (), ((dt.time(8), dt.time(12)),), ((dt.time(8), dt.time(12)),), (), (), ()]
    assert hours_in_words(opening) == [(0, 0, "08:00–12:00"), (2, 3, "08:00–12:00")]


@pytest.mark.requirement("C-25")
def test_a_unit_posts_and_embeds_what_it_handles_on_its_own_site_alone() -> None:
    posted = Client().get("/co-quan/G15/niem-yet/")
    assert posted.status_code == 200 and "Thủ tục hành chính niêm yết" in words(posted)
    commune = Client().get("/co-quan/H26.101/niem-yet/")
    assert "Đăng ký khai sinh" in words(commune) and "Giấy tờ" in words(commune)
    assert Client().get("/co-quan/H99/niem-yet/").status_code == 404
    # Current, and what it handles itself: a passport is the ministry's, a procedure that ended yesterday is nobody's.
    passport = ProcedureVersion.objects.filter(issuing_code="G01").exclude(levels__contains=["commune"]).select_related("procedure").first()
    assert passport is not None and not any(code.startswith("H26.101") for code in passport.executing_codes)
    ended = ProcedureVersion.objects.get(procedure__code="1.000656", effective_to=None)
    places = ("/co-quan/H26.101/niem-yet/", "/nhung/co-quan/H26.101/")
    for place in places:
        page = words(Client().get(place))
        assert "1.000656" in page and passport.procedure.code not in page, place
    Procedure.objects.filter(pk=ended.procedure_id).update(out_of_force_since=timezone.localdate())
    seen()
    for place in places:
        page = words(Client().get(place))
        assert "1.000656" not in page and "1.001193" in page, place
    shown = Client().get("/nhung/co-quan/H26.101/")
    assert shown.status_code == 200 and "Đăng ký khai sinh" in words(shown) and not shown.cookies
    assert "frame-ancestors 'none'" in shown["Content-Security-Policy"]
    desk, _ = at_desk("H26.101", "administrator")
    add = "/quan-tri/procedures/embedsite/add/"
    assert desk.post(add, {"origin": "javascript:alert(1)"}).status_code == 422
    assert desk.post(add, {"origin": "https://hoankiem.example.vn/trang"}).status_code == 422
    answer = desk.post(add, {"origin": "https://hoankiem.example.vn/"})
    assert answer.status_code == 302 and "/nhung/co-quan/H26.101/" in words(desk.get(answer["Location"]))
    assert desk.post(add, {"origin": "https://hoankiem.example.vn"}).status_code == 422
    shown = Client().get("/nhung/co-quan/H26.101/")
    assert "frame-ancestors https://hoankiem.example.vn" in shown["Content-Security-Policy"] and "X-Frame-Options" not in shown
    assert "<script" not in shown.content.decode() and "<form" not in shown.content.decode()
    site = EmbedSite.objects.get()
    assert desk.post(f"/quan-tri/procedures/embedsite/{site.pk}/end/").status_code == 302
    assert "frame-ancestors 'none'" in Client().get("/nhung/co-quan/H26.101/")["Content-Security-Policy"]
