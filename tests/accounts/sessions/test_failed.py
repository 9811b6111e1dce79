"""Tries to sign in that failed stand in the owner's history, and tell nobody else anything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import FailedSignIn
from accounts.models.sessions import Way
from accounts.owner import locks
from accounts.services import failures, housekeeping
from accounts.ways import app_codes
from portal.access import SYSTEM, Assurance
from portal.crypto import blind_index
from portal.outbox import services as outbox
from tests import factories
from tests.accounts.sessions.test_sessions import DESK, LIST, PHONE
from tests.support.queries import CaptureQueriesContext

HISTORY = "/tai-khoan/phien/lich-su/"
NOBODYS = "001195999999"


def wrong_code(number: str, times: int, *, address: str = "203.0.113.7", agent: str = PHONE) -> list[int]:
    """Ask for a code and type another one; statements of each try."""
    client, made = Client(HTTP_USER_AGENT=agent, REMOTE_ADDR=address), []
    client.post("/tai-khoan/dang-nhap/", {"id_number": number})
    outbox.deliver_due()
    for _ in range(times):
        with CaptureQueriesContext(connection) as queries:
            assert client.post("/tai-khoan/dang-nhap/ma/", {"code": "000000"}).status_code == 422
        made.append(len(queries))
    return made


@pytest.mark.requirement("A-13")
@pytest.mark.django_db
def test_the_owner_reads_when_by_what_way_and_from_where_somebody_failed() -> None:
    person, other = factories.make_person(), factories.make_person()
    # Six tries of five: the last was beyond the count, and is one, too.
    wrong_code(person.id_number, 6)
    with pytest.raises(app_codes.WrongAppCode):
        app_codes.check(id_number=person.id_number, code="000000", address="", browser="", now=timezone.now())
    passkey = Client(HTTP_USER_AGENT=DESK, REMOTE_ADDR="198.51.100.9")
    factories.sign_in(passkey, person)
    assert passkey.post("/tai-khoan/xac-thuc-them/khoa-truy-cap/", {"credential": "{}"}).status_code == 422
    for address in (LIST, HISTORY):
        page = passkey.get(address).content.decode()
        assert page.count("Không thành công") == 3
        assert "Safari trên iPhone" in page and "203.0.113.*" in page and "203.0.113.7" not in page and "6 lần trong ngày" in page
        assert "Ứng dụng tạo mã" in page and "Edge trên Windows" in page
    stranger = Client()
    factories.sign_in(stranger, other)
    assert "Không thành công" not in stranger.get(LIST).content.decode()


@pytest.mark.requirement("A-03")
@pytest.mark.django_db
def test_a_failed_try_costs_the_same_for_a_number_that_nobody_has_and_leaves_after_two_days() -> None:
    person, now = factories.make_person(), timezone.now()
    assert wrong_code(person.id_number, 3, address="203.0.113.7") == wrong_code(NOBODYS, 3, address="198.51.100.9")
    assert FailedSignIn.objects.count() == 2
    assert housekeeping.remove_old(now=now + timedelta(days=1), seconds=20)
    assert FailedSignIn.objects.count() == 2
    assert housekeeping.remove_old(now=now + timedelta(days=3), seconds=20)
    assert [row.number_blind for row in FailedSignIn.objects.all()] == [person.id_blind]
    assert housekeeping.remove_old(now=now + timedelta(days=399), seconds=20) and FailedSignIn.objects.exists()
    assert housekeeping.remove_old(now=now + timedelta(days=401), seconds=20) and not FailedSignIn.objects.exists()


@pytest.mark.django_db
def test_a_day_of_many_devices_is_few_rows_and_every_try_is_counted() -> None:
    index, now = blind_index("id_number", NOBODYS), timezone.now().replace(hour=5)
    for number in range(200):
        device = failures.Device(network=f"203.0.{number % 100}.*")
        failures.note(number_blind=index, way=Way.CODE, device=device, now=now + timedelta(seconds=number))
    rows = FailedSignIn.objects.order_by("id")
    assert len(rows) == failures.A_DAY + 1 and rows[failures.A_DAY].is_rest and "khác" in rows[failures.A_DAY].device
    assert sum(row.tries for row in rows) == 200
    failures.note(number_blind=index, way=Way.CODE, now=now + timedelta(days=1))
    assert FailedSignIn.objects.count() == failures.A_DAY + 2


@pytest.mark.requirement("A-13")
@pytest.mark.django_db
def test_a_locked_account_notes_who_wanted_in(outside: Any) -> None:
    person, now = factories.make_person(), timezone.now()
    locks.lock(user_id=person.user_id, reason="owner", needs=Assurance.MEDIUM, actor=SYSTEM, now=now)
    Client(HTTP_USER_AGENT=DESK, REMOTE_ADDR="198.51.100.9").post("/tai-khoan/dang-nhap/", {"id_number": person.id_number})
    outbox.deliver_due()
    row = FailedSignIn.objects.get(why="locked")
    assert (row.number_blind, row.way, row.system, row.network) == (person.id_blind, Way.CODE, "Windows", "198.51.100.*")
