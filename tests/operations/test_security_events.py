"""Attacks are seen at the doors, raised, and handed on until they are taken (O-11); refused acts stand in the trail."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal import outbox, watch
from portal.access import SYSTEM
from portal.audit import refused as refused_acts
from portal.exchange.partners import services as partners
from portal.operations import middleware, security, watching
from portal.operations.alarms import load_rules
from portal.operations.models import Alarm, SecurityEvent
from portal.outbox.services import deliver_due
from tests import factories
from tests.dossiers.test_desk_pages import desk_of
from tests.operations.support import SyslogServer, self_signed

pytestmark = pytest.mark.usefixtures("mid_minute")
REPORT = {
    "csp-report": {
        "document-uri": "http://x/dieu-khoan/?ho-ten=x",
        "effective-directive": "script-src-elem",
        "blocked-uri": "inline",
    }
}
RFC5424 = re.compile(
    r"^<(\d+)>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\S+) portal - (\S+) "
    r'\[portal@32473((?: [a-z]+="(?:[^"\\\]]|\\["\\\]])*")+)\] (.*)$',
    re.S,
)


@pytest.fixture
def syslog(tmp_path: Path, request: Any) -> Iterator[Any]:
    started: list[SyslogServer] = []

    def start(way: str, **more: Any) -> SyslogServer:
        started.append(SyslogServer(tmp_path, way, **more))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def look(minutes: int = 2) -> None:
    """What was seen is kept, raised and handed on."""
    watch.flush()
    watching.look(timezone.now() + timedelta(minutes=minutes))


@pytest.mark.django_db
@pytest.mark.requirement("O-11")
def test_what_happens_at_the_doors_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    load_rules()
    monkeypatch.setattr(middleware, "MISSES", 10)
    client = Client()
    for _ in range(3):
        assert client.post("/vao/csp/", json.dumps(REPORT), content_type="application/csp-report").status_code == 204
    new = [
        {
            "type": "csp-violation",
            "body": {
                "effectiveDirective": "img-src",
                "blockedURL": "https://xau.example/a?so=001",
                "documentURL": "http://localhost:8000/",
            },
        }
    ]
    assert client.post("/vao/csp/", json.dumps(new), content_type="application/reports+json").status_code == 204
    assert client.post("/vao/csp/", "{}", content_type="application/json").status_code == 400
    assert client.post("/vao/csp/", "x" * 20_000, content_type="application/json").status_code == 413
    assert "report-uri /vao/csp/" in client.get("/dieu-khoan/")["Content-Security-Policy"]
    for number in range(25):
        client.get(f"/thu-tuc/khong-co-{number}/")
    for _ in range(70):
        client.post("/vao/csp/", "{}", content_type="application/json")
    partners.add_partner(code="H26", name="Một cửa", units=["H26"], actor=SYSTEM, now=timezone.now())
    for _ in range(4):
        with pytest.raises(partners.NotLetIn):
            partners.let_in(username="H26", password="sai", address="203.0.113.9", now=timezone.now())
    partners.new_password(code="H26", actor=SYSTEM, now=timezone.now(), end_others=True)
    desk, position = desk_of("H26", ("handling",))
    assert desk.get("/quan-tri/outbox/message/").status_code == 403
    look()
    kept = {(one.kind, one.cause): one for one in SecurityEvent.objects.all()}
    assert kept["csp", "script-src-elem inline /dieu-khoan/"].times == 3 and kept["csp", "img-src elsewhere /"].times == 1
    assert kept["enumeration", "/thu-tuc/<str:code>/"].times >= 5 and kept["flood", "/vao/csp/"].sources
    assert kept["partner_password", "H26"].sources == {"203.0.113.9": 4} and kept["partner_stolen", "H26"].times == 1
    assert kept["refused_acts", str(position.pk)].times == 1
    assert Alarm.objects.filter(rule_id="partner-stolen", cause="H26").exists()
    whole = json.dumps([[one.kind, one.cause, one.sources] for one in kept.values()])
    assert "xau.example" not in whole and "ho-ten" not in whole
    top, _ = desk_of("G22", ("technical",))
    page = top.get("/quan-tri/operations/securityevent/").content.decode()
    assert "Dò mã, dò địa chỉ" in page and "203.0.113.9 (4)" in page


@pytest.mark.django_db
@pytest.mark.requirement("O-11")
def test_an_officer_at_night_and_a_token_that_comes_again(client: Client) -> None:
    from accounts.sessions import is_odd_hour

    assert is_odd_hour(datetime(2026, 12, 1, 19, 30, tzinfo=UTC)) and not is_odd_hour(datetime(2026, 12, 1, 2, 0, tzinfo=UTC))
    from django.contrib.messages.storage.fallback import FallbackStorage
    from django.test import RequestFactory

    from accounts import sessions
    from accounts.models.sessions import Way
    from portal.access import Assurance

    position = factories.make_position(unit="H26.101")
    request = RequestFactory().get("/")
    request.session = client.session
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    with time_machine.travel(datetime(2026, 12, 1, 19, 30, tzinfo=UTC)):
        sessions.sign_in(request, position.person.user, way=Way.CERTIFICATE, assurance=Assurance.HIGH, position=position)
        look()
    assert SecurityEvent.objects.get(kind="odd_hours").cause == str(position.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["udp", "tcp", "tls"])
@pytest.mark.requirement("O-11")
def test_events_are_handed_on_until_they_are_taken(way: str, settings: Any, syslog: Any, tmp_path: Path) -> None:
    tls = self_signed(tmp_path, ends=timezone.now() + timedelta(days=30)) if way == "tls" else None
    settings.SECURITY_SYSLOG_ROOTS = str(tls[0]) if tls else ""
    receiver = syslog(way, deaf=way != "udp", tls=tls)
    port = receiver.port
    settings.SECURITY_SYSLOG_URL = f"{way}://localhost:{port}" if way != "udp" else f"udp://127.0.0.1:{port}"
    watch.see("token_theft", 'ung-dung "một]\\', "203.0.113.7")
    watch.see("token_theft", 'ung-dung "một]\\', "2001:db8::/64")
    look()
    event = SecurityEvent.objects.get()
    deliver_due()
    if way != "udp":
        event.refresh_from_db()
        assert event.taken_at is None, "a receiver that died has taken nothing"
        receiver.stop()
        receiver = syslog(way, port=port, tls=tls)
        outbox.Message.objects.filter(kind=security.HAND_ON).update(available_at=timezone.now() - timedelta(seconds=1))
        deliver_due()
    event.refresh_from_db()
    assert event.taken_at is not None
    look()
    deliver_due()
    [message] = _eventually(receiver)
    found = RFC5424.match(message)
    assert found is not None, message
    assert int(found[1]) == 13 * 8 + 1 and found[4] == "token_theft"
    assert r'cause="ung-dung \"một\]\\"' in found[5] and 'times="2"' in found[5]
    head = re.split(r"(?<!\\)\|", found[6], maxsplit=7)
    assert head[0] == "CEF:0" and head[4] == "token_theft" and head[6] == "9"
    assert "src=203.0.113.7" in head[7] and "cnt=2" in head[7]


def _eventually(receiver: SyslogServer) -> list[str]:
    from tests.support.processes import eventually

    eventually(lambda: bool(receiver.messages()), 5)
    return receiver.messages()


def _event(**more: Any) -> SecurityEvent:
    return SecurityEvent(pk=1, at=datetime(2026, 12, 1, tzinfo=UTC), times=1, **{"kind": "csp", "cause": "", "sources": {}, **more})


@given(st.text(max_size=60))
def test_no_cause_breaks_either_form(cause: str) -> None:
    event = _event(cause=cause)
    found = RFC5424.match(security.syslog_of(event).decode())
    assert found is not None and "\n" not in found[0]
    extension = re.split(r"(?<!\\)\|", security.cef_of(event), maxsplit=7)[7]
    read = re.search(r" cs1=((?:[^=\\]|\\.)*)$", extension)
    assert read is not None
    assert re.sub(r"\\(.)", r"\1", read[1]) == "".join(char if char.isprintable() else " " for char in cause)


@pytest.mark.django_db
def test_a_receiver_whose_certificate_does_not_hold_gets_nothing(settings: Any, syslog: Any, tmp_path: Path) -> None:
    tls = self_signed(tmp_path, ends=timezone.now() + timedelta(days=30))
    receiver = syslog("tls", tls=tls)
    settings.SECURITY_SYSLOG_URL = f"tls://localhost:{receiver.port}"
    with pytest.raises(security.NotTaken, match="certificate"):
        security.send(b"<1>1 - - - - - -")
    assert receiver.messages() == []


@pytest.mark.django_db
def test_refused_tries_stand_in_the_trail_and_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.audit.models import Act

    desk, position = desk_of("H26.101", ("handling",))
    assert desk.get("/quan-tri/partners/partner/").status_code == 403
    monkeypatch.setattr(refused_acts, "A_MINUTE", 5)
    for _ in range(25):
        desk.get("/quan-tri/operations/alarm/")
    refused = Act.objects.filter(act="access.refused")
    assert 5 <= refused.count() < 20, "a flood of tries does not fill the trail"
    first = refused.order_by("pk")[0]
    assert first.position_id == position.pk and first.details["route"] == "/quan-tri/partners/partner/"
    reader, _ = desk_of("G22", ("steering",))
    found = reader.get("/quan-tri/audit/act/?kieu=tu-choi").content.decode()
    assert "Thử làm việc không được phép" in found
    assert "Thử làm việc không được phép" not in reader.get("/quan-tri/audit/act/?kieu=lam").content.decode().split("<table")[1]
    assert Client().get("/quan-tri/audit/act/").status_code == 302
    assert not Act.objects.filter(act="access.refused", person_id=None).exists()
