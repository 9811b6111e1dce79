"""Sign-in by identity number and one-time password."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import OneTimePassword
from accounts.services import otp
from portal.audit.models import Act
from portal.notifications.models import Notification
from portal.outbox import services as outbox
from tests import factories


def _code(request_id: Any) -> str:
    body = Notification.objects.get(key=f"otp:{request_id}", channel="sms").body
    assert body is not None
    match = re.match(r"\d{6}", body)
    assert match is not None
    return match.group()


@pytest.mark.requirement("A-03")
@pytest.mark.django_db
def test_the_code_signs_in_once_and_is_logged() -> None:
    person = factories.make_person()
    now = timezone.now()
    request_id = otp.request_code(id_number=person.id_number, now=now)
    code = _code(request_id)
    assert otp.check_code(request_id=request_id, code=code, now=now) == person
    with pytest.raises(otp.WrongCode):
        otp.check_code(request_id=request_id, code=code, now=now)
    assert Act.objects.filter(act="accounts.sign_in", target_id=str(person.id)).count() == 1


@pytest.mark.django_db
def test_a_code_lives_five_minutes_and_a_new_one_ends_it() -> None:
    person = factories.make_person()
    now = timezone.now()
    first = otp.request_code(id_number=person.id_number, now=now)
    code = _code(first)
    with pytest.raises(otp.WrongCode):
        otp.check_code(request_id=first, code=code, now=now + otp.LIFETIME)
    later = now + timedelta(minutes=1)
    otp.request_code(id_number=person.id_number, now=later)
    with pytest.raises(otp.WrongCode):
        otp.check_code(request_id=first, code=code, now=later)


@pytest.mark.django_db
def test_five_wrong_codes_end_it_even_for_the_right_one() -> None:
    person = factories.make_person()
    now = timezone.now()
    request_id = otp.request_code(id_number=person.id_number, now=now)
    code = _code(request_id)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    left = []
    for _ in range(otp.MAX_TRIES):
        with pytest.raises(otp.WrongCode) as caught:
            otp.check_code(request_id=request_id, code=wrong, now=now)
        left.append(caught.value.tries_left)
    assert left == [4, 3, 2, 1, 0]
    with pytest.raises(otp.WrongCode):
        otp.check_code(request_id=request_id, code=code, now=now)


@pytest.mark.django_db
def test_nobody_learns_who_has_an_account() -> None:
    with_account = Client().post("/tai-khoan/dang-nhap/", {"id_number": factories.make_person().id_number})
    without = Client().post("/tai-khoan/dang-nhap/", {"id_number": "001195999999"})
    assert (
        (with_account.status_code, with_account["Location"])
        == (without.status_code, without["Location"])
        == (302, "/tai-khoan/dang-nhap/ma/")
    )
    assert OneTimePassword.objects.count() == 1


@pytest.mark.django_db
def test_codes_are_not_sent_without_end() -> None:
    person = factories.make_person()
    now = timezone.now()
    otp.request_code(id_number=person.id_number, now=now)
    with pytest.raises(otp.TooManyRequests):
        otp.request_code(id_number=person.id_number, now=now + timedelta(seconds=10))
    for minute in range(1, otp.PER_HOUR):
        otp.request_code(id_number=person.id_number, now=now + timedelta(minutes=minute))
    with pytest.raises(otp.TooManyRequests):
        otp.request_code(id_number=person.id_number, now=now + timedelta(minutes=30))


def test_two_guesses_at_once_are_one_sign_in(committed_db: None) -> None:
    person = factories.make_person()
    request_id = otp.request_code(id_number=person.id_number, now=timezone.now())
    code = _code(request_id)
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def guess() -> None:
        start.wait()
        try:
            otp.check_code(request_id=request_id, code=code, now=timezone.now())
            outcomes.append("in")
        except otp.WrongCode:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in", "refused"]
    # Two, unless the first was through before the second was counted.
    assert OneTimePassword.objects.get(id=request_id).tries in (1, 2)


@pytest.mark.requirement("A-03", "D-13")
def test_the_code_comes_by_sms_and_opens_the_page_one_wanted(celery_worker: Any, outside: Any, client: Client) -> None:
    from tests.support.processes import eventually

    person = factories.make_person(phone="0900 123 456")
    client.post("/tai-khoan/dang-nhap/", {"id_number": person.id_number, "next": "/tai-khoan/thong-bao/"})
    # The sweep is beat's part: it sends again what a broker lost.
    [message] = eventually(lambda: outbox.sweep() is not None and outside.outbox("+84900123456"), 60, 1)
    answer = client.post("/tai-khoan/dang-nhap/ma/", {"code": message["text"][:6]})
    assert (answer.status_code, answer["Location"]) == (302, "/tai-khoan/thong-bao/")
    assert person.full_name in client.get("/tai-khoan/thong-bao/").content.decode()
    sent = eventually(lambda: Notification.objects.filter(template="accounts.otp", sent_at__isnull=False).first())
    assert sent.body is None, "a used password has no business in our tables"


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"])
def test_sign_in_never_leads_to_another_site(target: str) -> None:
    person = factories.make_person()
    client = Client()
    client.post("/tai-khoan/dang-nhap/", {"id_number": person.id_number, "next": target})
    request_id = client.session["otp_request"]
    answer = client.post("/tai-khoan/dang-nhap/ma/", {"code": _code(request_id)})
    assert answer["Location"] == "/ho-so/"


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["", "12345", "abcdefghijkl", "１２３４５６７８９０１２", "005195000001"])
def test_a_wrong_number_is_told_beside_the_field_and_kept(typed: str) -> None:
    answer = Client().post("/tai-khoan/dang-nhap/", {"id_number": typed})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in page
    assert f'value="{typed}"' in page or not typed
    assert 'role="alert"' in page
