"""The desk: lines and messages, each agency its own, a dead letter read and sent again (X-08, O-10)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from portal.access import Assurance
from portal.audit.models import Act
from portal.exchange.messages import Message, State, send, watching
from portal.exchange.messages.arrival import end
from portal.exchange.partners.models import PartnerKey
from tests.exchange.messages.support import System
from tests.factories import make_position, sign_in

pytestmark = pytest.mark.django_db
LINES, MESSAGES = "/quan-tri/partner_messages/watchedpartner/", "/quan-tri/partner_messages/message/"


def desk(unit: str, *roles: str) -> Client:
    client, position = Client(), make_position(unit=unit, roles=roles)
    sign_in(client, position.person, position=position, assurance=Assurance.HIGH)
    return client


def dead(code: str, about: str) -> Message:
    row = send(partner=code, kind="test.word", about=about, body={"word": "chỉ người nhận đọc"}, key=f"k-{about}")
    end(row, "bury", "server_error", timezone.now())
    return row


@pytest.mark.requirement("O-10", "X-08")
def test_each_agency_watches_its_own_and_the_government_office_all(django_assert_max_num_queries: Any) -> None:
    System("H26").register()
    System("H29").register()
    ours, theirs = dead("H26", "H26-1"), dead("H29", "H29-1")
    for number in range(5):
        watching.failed("H26", "timeout", now=timezone.now())
        send(partner="H26", kind="test.word", about=f"H26-{number}", body={}, key=f"w{number}")
    mine, top = desk("H26", "technical"), desk("G22", "steering")
    page = mine.get(LINES).content.decode()
    assert "Hệ thống H26" in page and "Hệ thống H29" not in page and "Mất kết nối từ" in page
    with django_assert_max_num_queries(30):
        found = mine.get(MESSAGES, {"q": "H26-1"}).content.decode()
    assert "báo lỗi máy chủ" in found and "H29-1" not in mine.get(MESSAGES).content.decode()
    for address in (
        f"{MESSAGES}{theirs.pk}/change/",
        f"{MESSAGES}{theirs.pk}/gui-lai/",
        f"{MESSAGES}{theirs.pk}/noi-dung/",
        f"{LINES}H29/change/",
        f"{LINES}H29/khoa/",
    ):
        assert mine.get(address).status_code == 404, address
    assert mine.get(MESSAGES, {"partner": "H29"}).content.decode().count("H29-1") == 0
    assert "H29-1" in top.get(MESSAGES, {"q": str(theirs.id)}).content.decode()
    today = f"{timezone.localdate():%Y-%m-%d}"
    assert "H26-1" in top.get(MESSAGES, {"day": today, "partner": "H26"}).content.decode()
    front = mine.get("/quan-tri/").content.decode()
    assert "Hệ thống đang mất kết nối" in front and "Tin trao đổi thôi gửi" in front
    assert desk("H26", "handling").get(LINES).status_code == 403
    way = mine.get(f"{MESSAGES}{ours.pk}/change/").content.decode()
    assert "Ghi vào hàng đợi" in way and "Thôi gửi" in way and "chỉ người nhận đọc" not in way


@pytest.mark.requirement("X-06")
def test_a_dead_letter_is_read_and_sent_again_and_both_are_written_down() -> None:
    System("H26").register()
    row, mine = dead("H26", "H26-1"), desk("H26", "technical")
    assert "chỉ người nhận đọc" in mine.get(f"{MESSAGES}{row.pk}/noi-dung/").content.decode()
    assert mine.post(f"{MESSAGES}{row.pk}/gui-lai/").status_code == 302
    row.refresh_from_db()
    assert row.state == State.WAITING and row.attempts == 0
    assert mine.post(f"{MESSAGES}{row.pk}/gui-lai/").status_code == 422
    assert set(Act.objects.values_list("act", flat=True)) >= {"exchange.read_message", "exchange.resend_message"}
    assert desk("H26", "overseeing").get(f"{MESSAGES}{row.pk}/noi-dung/").status_code == 403


@pytest.mark.requirement("X-01", "X-09")
def test_an_agency_keeps_keys_people_and_server_of_its_system() -> None:
    import json

    from joserfc.jwk import ECKey

    System("H26").register()
    mine, base = desk("H26", "technical"), f"{LINES}H26/"
    text = json.dumps(ECKey.generate_key("P-256", {"kid": "moi"}).as_dict(private=False))
    assert mine.post(f"{base}khoa/", {"use": "sig", "key": text}).status_code == 302
    wrong = mine.post(f"{base}khoa/", {"use": "sig", "key": "-----BEGIN PRIVATE KEY-----"})
    assert wrong.status_code == 422 and "khóa bí mật" in wrong.content.decode()
    key = PartnerKey.objects.get(kid="moi")
    assert mine.post(f"{base}khoa/{key.pk}/thu-hoi/", {"reason": "mất máy"}).status_code == 302
    assert mine.post(f"{base}dau-moi/", {"name": "Trực", "phone": "0900000019", "wants_alarms": "on"}).status_code == 302
    assert mine.post(f"{base}dau-moi/", {"name": "Trực"}).status_code == 422
    line = {"carrier": "http", "address": "https://mot.example/portal"}
    assert mine.post(f"{base}may-chu/", line).status_code == 302
    late = mine.post(f"{base}may-chu/", {**line, "effective_from": "2020-01-01 08:00"})
    assert late.status_code == 422 and "Quy chế điều 50" in late.content.decode()
    page = mine.get(f"{base}change/").content.decode()
    assert "+84900000019" in page and "https://mot.example/portal" in page and "mất máy" in page
    contact = mine.get(f"{base}dau-moi/1/bo/")
    assert contact.status_code == 200
