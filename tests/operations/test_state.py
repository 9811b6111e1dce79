"""The state of the portal on one page: counted, measured, folded, shown to whom it concerns (O-01, O-09, O-10)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal import watch
from portal.access import SYSTEM
from portal.exchange import http
from portal.exchange.errors import OutsideUnavailable
from portal.exchange.partners import services as partners
from portal.operations import figures, metrics, readings, watching
from portal.operations.admin import _shown
from portal.operations.connections import State, connections, of_unit
from portal.operations.models import Figure
from tests.dossiers.test_desk_pages import desk_of

pytestmark = pytest.mark.usefixtures("mid_minute")
PAGE = "/quan-tri/operations/figure/"


def look(minutes: int = 2) -> Any:
    """One round of the watch some minutes from now, when what is counted now has settled."""
    watch.flush()
    now = timezone.now() + timedelta(minutes=minutes)
    watching.look(now)
    return now


@pytest.mark.django_db
@pytest.mark.requirement("O-01")
def test_requests_errors_and_times_are_counted_and_stand_on_the_page(client: Client, settings: Any) -> None:
    for _ in range(3):
        client.get("/dieu-khoan/")
    client.get("/khong-co-trang-nay/")
    watch.count("web.requests", "5xx")
    watch.count("sign_in.done", "code")
    watch.count("sign_in.failed", "code")
    now = look()
    found = figures.latest(now, within=timedelta(minutes=10))
    counted = dict(Figure.objects.filter(name="web.requests").values_list("label", "value"))
    assert counted == {"2xx": 3.0, "4xx": 1.0, "5xx": 1.0}
    assert found["web.error_share"] == {"": 20.0}
    assert 0 < found["web.p95"][""] <= 30
    assert found["redis.up"] == {"": 1.0} and set(found["celery.waiting"]) == {"now", "soon", "bulk"}
    assert found["database.bytes"][""] > 1_000_000 and found["storage.free_share"]["files"] > 0
    desk, _ = desk_of("G22", ("technical",))
    with time_machine.travel(now, tick=False):
        page = desk.get(PAGE).content.decode()
        month = desk.get(f"{PAGE}?trong=thang").content.decode()
        figures_page = metrics.render().decode()
    for words in ("Lượt truy cập", "Tỷ lệ lỗi máy chủ", "Việc gửi ra ngoài đang chờ", "Cỡ cơ sở dữ liệu", "Cổng tin nhắn SMS", "24 giờ"):
        assert words in page
    # Each with what was measured: latency, queues of workers, storage, the sign-in system.
    shown = {}
    for title, label, value in re.findall(
        r'data-label="Số đo">([^<]+)(?:<br><span class="quiet">([^<]*)</span>)?</td><td[^>]*>([^<]*)', page
    ):
        shown[title, label] = value
    assert shown["95% số lượt được trả lời trong", ""] == _shown(found["web.p95"][""], "giây")
    assert shown["Một nửa số lượt được trả lời trong", ""].endswith(" giây")
    assert {label for title, label in shown if title == "Việc nền đang chờ (hàng đợi Celery)"} == {"now", "soon", "bulk"}
    for place in ("files", "var"):
        assert shown["Chỗ trống còn lại", place] == _shown(found["storage.free_share"][place], "%")
    assert (shown["Lượt đăng nhập", "code"], shown["Lượt đăng nhập không thành", "code"]) == ("1 lượt", "1 lượt")
    assert "30 ngày" in month
    assert 'portal_figure{label="",name="redis.up"} 1.0' in figures_page and "portal_watch_age_seconds" in figures_page


@pytest.mark.requirement("O-01")
@pytest.mark.django_db
def test_counts_wait_for_redis_and_a_late_one_is_added_to_its_minute(settings: Any) -> None:
    watch.flush()
    right = settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    watch.count("sign_in.done", "code")
    assert not watch.flush()
    settings.REDIS_URL = right
    watch.count("sign_in.done", "code")
    assert watch.flush()
    figures.take_counts()
    watch.count("sign_in.done", "code")
    watch.flush()
    figures.take_counts()
    assert sum(Figure.objects.filter(name="sign_in.done").values_list("value", flat=True)) == 3.0


@pytest.mark.django_db
def test_hours_are_folded_once_and_minutes_leave(django_assert_num_queries: Any) -> None:
    now = timezone.now().replace(minute=10, second=0, microsecond=0)
    hour = now.replace(minute=0) - timedelta(hours=1)
    figures.put([("a", "", hour + timedelta(minutes=at), float(at)) for at in (1, 2, 3)], adds=True)
    figures.put([("b", "x", hour + timedelta(minutes=at), float(at)) for at in (1, 2, 6)], adds=False)
    figures.fold(now)
    figures.fold(now)
    folded = {row.name: (row.value, row.highest) for row in Figure.objects.filter(span=Figure.HOUR)}
    assert folded == {"a": (6.0, 3.0), "b": (3.0, 6.0)}
    with django_assert_num_queries(1):
        course = figures.courses(["a", "b"], "month", now)
    assert sum(value or 0 for value in course["a"].values) == 6.0 and max(value or 0 for value in course["b"].values) == 6.0
    assert figures.forget(now + figures.MINUTES_KEPT + timedelta(hours=2)) == 6
    assert Figure.objects.count() == 2
    assert figures.forget(now + figures.HOURS_KEPT + timedelta(days=1)) == 2


@given(st.lists(st.sampled_from([0.01, 0.1, 1.0, 10.0]), min_size=1, max_size=200), st.floats(0.01, 1.0))
def test_a_quantile_is_the_end_of_the_bucket_of_the_value_at_that_place(times: list[float], share: float) -> None:
    buckets: dict[str, float] = {}
    for one in times:
        buckets[f"{one:g}"] = buckets.get(f"{one:g}", 0) + 1
    place = next(at for at in range(1, len(times) + 1) if at >= len(times) * share)
    assert figures.quantile(buckets, share) == sorted(times)[place - 1]


@pytest.mark.django_db
@pytest.mark.requirement("O-01", "O-10")
def test_each_connection_and_each_agency_its_own(outside: Any, settings: Any) -> None:
    partners.add_partner(code="H26", name="Một cửa tỉnh thử", units=["H26"], actor=SYSTEM, now=timezone.now())
    partners.add_partner(code="H29", name="Một cửa tỉnh khác", units=["H29"], actor=SYSTEM, now=timezone.now())
    partners.note_call(partners.Partner.objects.get(pk="H26"), now=timezone.now())
    settings.TAX_REGISTRY_URL = "http://127.0.0.1:1"
    for _ in range(5):
        with pytest.raises(OutsideUnavailable):
            http.ask_registry("tax", "GET", "http://127.0.0.1:1/v1/x")
    settings.LAND_REGISTRY_URL = ""
    watch.flush()
    figures.take_counts()
    found = {one.code: one for one in connections(timezone.now())}
    assert found["tax"].state is State.DOWN and "5 lượt" in found["tax"].note
    assert found["land"].state is State.OFF and found["partner:H26"].state is State.UP and found["partner:H29"].state is State.UNKNOWN
    later = {one.code: one.state for one in connections(timezone.now() + timedelta(hours=25))}
    assert later["partner:H26"] is State.SILENT
    assert [one.code for one in of_unit(found.values(), "H26.101")] == [] and [one.code for one in of_unit(found.values(), "H26")] == [
        "partner:H26"
    ]
    province, _ = desk_of("H26", ("administrator",))
    page = province.get(PAGE).content.decode()
    assert "Một cửa tỉnh thử" in page and "Một cửa tỉnh khác" not in page and "Hệ thống thuế" not in page and "Cỡ cơ sở dữ liệu" not in page
    # The ministry whose service it is sees that it is broken, and no other's.
    ministry, _ = desk_of("G12", ("technical",))
    theirs = ministry.get(PAGE).content.decode()
    assert {one.code for one in of_unit(found.values(), "G12")} == {"business", "tax"}
    assert re.search(r"Hệ thống thuế<br>.*?Mất kết nối.*?5 lượt hỏi không được trả lời", theirs, re.S)
    assert "Một cửa tỉnh thử" not in theirs and "Cơ sở dữ liệu đất đai" not in theirs and "Cỡ cơ sở dữ liệu" not in theirs
    reader, _ = desk_of("H26", ("handling",))
    assert reader.get(PAGE).status_code == 403
    desk, _ = desk_of("G22", ("steering",))
    with CaptureQueriesContext(
        connection,
    ) as few:
        desk.get(PAGE)
    for number in range(20):
        partners.add_partner(code=f"X{number}", name=f"Hệ thống {number}", units=["H30"], actor=SYSTEM, now=timezone.now())
        figures.put([("celery.waiting", f"q{number}", timezone.now(), 1.0)], adds=False)
    with CaptureQueriesContext(connection) as many:
        assert "Hệ thống 19" in desk.get(PAGE).content.decode()
    assert len(many) <= len(few)


def test_a_certificate_is_read_that_a_server_shows_even_when_it_has_ended(tmp_path: Any) -> None:
    import ssl
    import threading
    from socketserver import BaseRequestHandler, TCPServer

    from tests.operations.support import self_signed

    ended = timezone.now().replace(microsecond=0) - timedelta(days=3)
    certificate, key = self_signed(tmp_path, ends=ended)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Server(TCPServer):
        def get_request(self) -> Any:
            plain, address = super().get_request()
            return context.wrap_socket(plain, server_side=True), address

    with Server(("127.0.0.1", 0), BaseRequestHandler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        assert readings.tls_end("127.0.0.1", server.server_address[1]) == ended
