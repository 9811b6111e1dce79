"""Maintenance and trials on every page, the read-only mode, and who is told (O-04, O-14)."""

from __future__ import annotations

import datetime as dt
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.utils import timezone

from helpdesk.models import TrialOpinion
from helpdesk.services import maintenance
from portal.access import SYSTEM
from portal.exchange.partners.models import Partner
from portal.notifications.models import Notification
from portal.upkeep import known, services
from portal.upkeep.models import Maintenance
from tests.factories import make_position
from tests.helpdesk.support import desk, letters_to, shown
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.django_db
HANOI = dt.timezone(dt.timedelta(hours=7))
NOW = dt.datetime(2026, 12, 7, 10, 0, tzinfo=HANOI)
ENGLISH = {"title": "New storage", "words": "Pages can be read, nothing can be sent."}


def announced(**more: Any) -> Maintenance:
    facts: dict[str, Any] = {
        "title": "Thay kho lưu trữ", "words": "Đọc được, chưa gửi được.", "begins_at": NOW + dt.timedelta(days=13),
        "ends_at": NOW + dt.timedelta(days=13, hours=2), "english": ENGLISH, "now": NOW, **more,
    }  # fmt: skip
    return services.announce(actor=SYSTEM, **facts)


@pytest.mark.requirement("O-04")
def test_it_is_announced_five_working_days_ahead_or_says_why_not() -> None:
    with pytest.raises(services.UpkeepRefused, match="5 ngày làm việc"):
        announced(begins_at=NOW + dt.timedelta(days=4), ends_at=NOW + dt.timedelta(days=5))
    with pytest.raises(services.UpkeepRefused, match="lý do"):
        announced(begins_at=NOW + dt.timedelta(days=1), emergency=True)
    row = announced(begins_at=NOW + dt.timedelta(days=1), ends_at=NOW + dt.timedelta(days=2), emergency=True, reason="Lỗ hổng nghiêm trọng")
    assert row.emergency and row.reason


@pytest.mark.requirement("O-04")
def test_it_stands_on_every_page_without_a_session_or_a_query() -> None:
    client = Client()
    with time_machine.travel(NOW, tick=False):
        client.get("/ho-tro/")
        with CaptureQueriesContext(connection) as before:
            client.get("/ho-tro/")
        row = announced()
        with CaptureQueriesContext(connection) as after:
            page = client.get("/ho-tro/")
        assert len(after) == len(before) and "public" in page["Cache-Control"] and not page.cookies
        assert "Bảo trì theo kế hoạch 10:00 20/12/2026 – 12:00 20/12/2026: Thay kho lưu trữ." in shown(page)
        assert "New storage" in shown(client.get("/en/ho-tro/")) and "Thay kho lưu trữ" in shown(client.get("/bao-tri/"))
        mark = known.frame_mark()
    with time_machine.travel(row.begins_at, tick=False):
        assert "Đang bảo trì đến 12:00 20/12/2026" in shown(client.get("/ho-tro/")) and known.frame_mark() != mark
    with time_machine.travel(row.ends_at, tick=False):
        assert "Thay kho lưu trữ" not in shown(client.get("/ho-tro/")) and known.frame_mark() == ""


@pytest.mark.requirement("O-04")
def test_read_only_keeps_pages_and_refuses_writes_with_words_and_a_time() -> None:
    client, out = Client(enforce_csrf_checks=True), StringIO()
    call_command("read_only", "on", reason="Nâng cấp cơ sở dữ liệu", minutes=30, stdout=out)
    assert "only read" in out.getvalue()
    with pytest.raises(CommandError):
        call_command("read_only", "on", reason="x")
    assert client.get("/").status_code == 200 and "chế độ chỉ xem" in shown(client.get("/ho-tro/"))
    refused = client.post("/ho-tro/yeu-cau/", {"words": "x"})
    assert refused.status_code == 503 and 1700 < int(refused["Retry-After"]) <= 1800 and "chưa được ghi" in shown(refused)
    assert "has not been kept" in shown(client.post("/en/ho-tro/yeu-cau/", {}))
    machine = client.post("/api/v1/dossiers", "{}", content_type="application/json")
    assert (machine.status_code, machine["Content-Type"], machine.json()["code"]) == (503, "application/problem+json", "unavailable")
    assert client.get("/vao/thanh-toan/TG.vnpay/").status_code == 503, "institutions come again"
    officer, _position = desk("G22", "steering")
    known.hold(known.load())
    assert "chế độ chỉ xem" in shown(officer.get("/quan-tri/"))
    assert officer.post("/quan-tri/helpdesk/ticket/add/", {}).status_code == 503
    row = known.facts().read_only
    assert row is not None and officer.post(f"/quan-tri/upkeep/readonly/{row.pk}/off/").status_code == 302
    assert client.post("/ho-tro/theo-doi/", {}).status_code == 403, "the door is open again: only the token is missing"
    call_command("read_only", stdout=out)
    assert "reads and writes" in out.getvalue()


def test_planned_maintenance_closes_and_opens_by_the_clock() -> None:
    row = announced(only_read=True)
    with time_machine.travel(row.begins_at + dt.timedelta(minutes=1), tick=False):
        assert Client().post("/ho-tro/yeu-cau/", {}).status_code == 503
        services.finish(actor=SYSTEM, maintenance_id=row.pk, now=timezone.now())
        assert Client().post("/ho-tro/yeu-cau/", {}).status_code == 422
    other = announced(begins_at=NOW + dt.timedelta(days=14), ends_at=NOW + dt.timedelta(days=15))
    services.call_off(actor=SYSTEM, maintenance_id=other.pk, now=NOW)
    assert known.frame_mark() == ""


@pytest.mark.requirement("O-04")
def test_those_concerned_are_told_once(outside: Any) -> None:
    Partner.objects.create(
        code="H31", name="Hệ thống thử", units=["H31"], calls=["dossiers"], contacts="Anh Thử, ky-thuat@h31.example, 0900", created_at=NOW
    )
    keeper = make_position(unit="H31", roles=("administrator",))
    plain = make_position(unit="H31", roles=("handling",))
    row = announced(begins_at=timezone.now() + dt.timedelta(days=30), ends_at=timezone.now() + dt.timedelta(days=31), now=timezone.now())
    maintenance.tell(now=timezone.now())
    maintenance.tell(now=timezone.now())
    row.refresh_from_db()
    told = Notification.objects.filter(template="helpdesk.maintenance")
    assert row.told_at is not None and len(letters_to("ky-thuat@h31.example")) == 1
    assert told.filter(party_id=keeper.person_id, channel="inbox").count() == 1 and not told.filter(party_id=plain.person_id).exists()


@pytest.mark.requirement("O-04")
def test_the_desk_announces() -> None:
    officer, _position = desk("G22", "technical")
    base, soon = "/quan-tri/upkeep/maintenance/", timezone.localtime() + dt.timedelta(days=1)
    said = {
        "title": "Vá lỗi",
        "words": "x",
        "begins_at": f"{soon:%d/%m/%Y %H:%M}",
        "ends_at": f"{soon + dt.timedelta(hours=1):%d/%m/%Y %H:%M}",
    }
    early = officer.post(f"{base}add/", said)
    assert early.status_code == 422 and "5 ngày làm việc" in shown(early)
    assert officer.post(f"{base}add/", {**said, "emergency": "on", "reason": "Lỗ hổng"}).status_code == 302
    row = Maintenance.objects.get()
    assert "Lỗ hổng" in shown(officer.get(f"{base}{row.pk}/change/")) and officer.post(f"{base}{row.pk}/call-off/").status_code == 302


@pytest.mark.requirement("O-14")
def test_a_trial_is_marked_collects_opinions_and_is_reported() -> None:
    leader, _position = desk("G22", "steering")
    base, today = "/quan-tri/upkeep/trialperiod/", timezone.localdate()
    days = {"begins_on": today - dt.timedelta(days=40), "public_from": today, "ends_on": today + dt.timedelta(days=40)}
    said = {name: f"{day:%d/%m/%Y}" for name, day in days.items()} | {"words": "Bạn dùng thử, cho ý kiến.", "words_en": "Try it."}
    assert leader.post(f"{base}add/", {**said, "ends_on": f"{today + dt.timedelta(days=3):%d/%m/%Y}"}).status_code == 422
    assert leader.post(f"{base}add/", said).status_code == 302
    client = Client()
    assert f"vận hành thử từ {days['begins_on']:%d/%m/%Y}" in shown(client.get("/")) and "on trial" in shown(client.get("/en/"))
    assert client.post("/van-hanh-thu/", {"about": "filing", "marks": "9", "words": "x"}).status_code == 422
    for number in range(6):
        answer = client.post("/van-hanh-thu/", {"about": "filing", "marks": str(number % 2 + 4), "words": "Chữ nhỏ, gọi 0912345678"})
    assert answer.status_code == 429 and "Chữ nhỏ" in shown(answer)
    row = TrialOpinion.objects.first()
    assert TrialOpinion.objects.count() == 5 and row is not None and "0912345678" not in row.words
    page = shown(leader.get(f"{base}{row.trial_id}/change/"))
    assert "4,40" in page and "Nộp hồ sơ" in page
    sheet = leader.get(f"{base}{row.trial_id}/report.csv")
    assert sheet.content.decode("utf-8-sig").count("Nộp hồ sơ") == 5
    assert leader.get(f"{base}{row.trial_id}/report.pdf").content.startswith(b"%PDF")
    with time_machine.travel(dt.datetime.combine(days["ends_on"], dt.time(1), HANOI), tick=False):
        assert client.get("/van-hanh-thu/").status_code == 404 and "vận hành thử" not in shown(client.get("/"))
