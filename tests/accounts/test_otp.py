"""Sign-in by identity number and one-time password."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.identifiers import clean_id_number
from accounts.models import KnownBrowser, OneTimePassword, User
from accounts.services import otp
from accounts.tasks import watch_sign_in
from portal.audit.models import Act
from portal.notifications.models import Notification
from portal.operations import metrics
from portal.outbox import services as outbox
from tests import factories
from tests.support.queries import CaptureQueriesContext


def _code(request_id: Any) -> str:
    """The code of a request, out of the SMS, after the worker's part."""
    outbox.deliver_due()
    body = Notification.objects.get(key=f"otp:{request_id}", channel="sms").body
    assert body is not None
    match = re.match(r"\d{6}", body)
    assert match is not None
    return match.group()


def _sign_in(client: Client, person: Any) -> None:
    client.post("/tai-khoan/dang-nhap/", {"id_number": person.id_number})
    answer = client.post("/tai-khoan/dang-nhap/ma/", {"code": _code(client.session["otp_request"])})
    assert answer.status_code == 302 and client.session["_auth_user_id"] == str(person.user_id)


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
def test_a_code_lives_five_minutes_and_another_request_does_not_end_it() -> None:
    person = factories.make_person()
    now = timezone.now()
    first = otp.request_code(id_number=person.id_number, now=now, address="203.0.113.1")
    code = _code(first)
    with pytest.raises(otp.WrongCode):
        otp.check_code(request_id=first, code=code, now=now + otp.LIFETIME)
    # Somebody else asks for a code of this number: the one its owner waits for stays good, and only in the owner's browser.
    strange = otp.request_code(id_number=person.id_number, now=now + timedelta(seconds=5), address="198.51.100.7")
    with pytest.raises(otp.WrongCode):
        otp.check_code(request_id=strange, code=code if code != _code(strange) else "x", now=now)
    assert otp.check_code(request_id=first, code=code, now=now + timedelta(minutes=4)) == person


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
def test_one_number_is_sent_codes_at_its_own_pace() -> None:
    person = factories.make_person()
    now = timezone.now()
    ask = partial(otp.request_code, id_number=person.id_number)
    ask(now=now, address="203.0.113.1")
    with pytest.raises(otp.TooManyRequests) as caught:
        ask(now=now + timedelta(seconds=10), address="203.0.113.1")
    assert (caught.value.by, caught.value.retry_at) == (otp.Refusal.SOON, now + otp.RESEND_AFTER)
    for minute in range(1, otp.PER_HOUR):
        ask(now=now + timedelta(minutes=minute), address="203.0.113.1")
    with pytest.raises(otp.TooManyRequests) as caught:
        ask(now=now + timedelta(minutes=30), address="198.51.100.7")
    assert (caught.value.by, caught.value.retry_at) == (otp.Refusal.NUMBER, now + timedelta(hours=1))
    for hour in range(1, otp.PER_DAY - otp.PER_HOUR + 1):
        ask(now=now + timedelta(hours=2 * hour), address="198.51.100.7")
    with pytest.raises(otp.TooManyRequests) as caught:
        ask(now=now + timedelta(hours=20), address="203.0.113.1")
    assert (caught.value.by, caught.value.retry_at) == (otp.Refusal.NUMBER, now + timedelta(days=1))
    ask(now=now + timedelta(days=1, minutes=1), address="203.0.113.1")


@pytest.mark.django_db
def test_one_address_may_ask_for_so_many_numbers_a_day_and_no_more(settings: Any) -> None:
    settings.SIGN_IN_CODES_PER_ADDRESS = 3
    now = timezone.now()
    for number in ("001195999991", "001195999992", factories.make_person().id_number):
        otp.request_code(id_number=number, now=now, address="203.0.113.1")
    with pytest.raises(otp.TooManyRequests) as caught:
        otp.request_code(id_number="001195999994", now=now + timedelta(hours=23), address="203.0.113.1")
    assert caught.value.by is otp.Refusal.ADDRESS
    otp.request_code(id_number="001195999994", now=now + timedelta(hours=23), address="198.51.100.7")
    assert "203.0.113.1" not in str(list(OneTimePassword.objects.values()))


@pytest.mark.django_db
def test_who_uses_a_number_up_does_not_lock_its_owner_out_of_their_own_browser() -> None:
    person = factories.make_person()
    owner, stranger, elsewhere = Client(), Client(REMOTE_ADDR="198.51.100.6"), Client(REMOTE_ADDR="198.51.100.7")
    _sign_in(owner, person)
    owner.post("/tai-khoan/dang-xuat/")
    # The cookie of another browser, of somebody else, opens no second count for this number.
    _sign_in(stranger, factories.make_person())
    stranger.post("/tai-khoan/dang-xuat/")
    cookie = owner.cookies["may-quen"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and int(cookie["max-age"]) > 300 * 86400
    assert not KnownBrowser.objects.filter(digest=cookie.value).exists(), "what the browser holds does not stand in our rows"

    now = timezone.now()
    while True:
        try:
            otp.request_code(id_number=person.id_number, now=now, address=f"192.0.2.{OneTimePassword.objects.count()}")
        except otp.TooManyRequests:
            break
    for client in (stranger, elsewhere):
        page = client.post("/tai-khoan/dang-nhap/", {"id_number": person.id_number})
        assert page.status_code == 422 and "quá nhiều lần" in page.content.decode()
    _sign_in(owner, person)


@pytest.mark.django_db
@pytest.mark.requirement("A-03")
def test_a_known_number_and_an_unknown_one_look_alike_at_every_step() -> None:
    """First request, second one at once, wrong codes to the last, late code, used-up count: words, status and headers."""
    known, switched_off, phoneless = factories.make_person(), factories.make_person(), factories.make_person(phone="")
    User.objects.filter(pk=switched_off.user_id).update(is_active=False)
    numbers = [known.id_number, switched_off.id_number, phoneless.id_number, "001195999999"]
    ways = {number: _walk_to_the_end(number, f"203.0.113.{place}") for place, number in enumerate(numbers)}
    unknown = ways["001195999999"]
    assert [status for status, *_ in unknown][:3] == [302, 422, 200], "the way itself is what it should be"
    assert any("còn 4 lần thử" in body for _, _, body in unknown) and any("hết hạn" in body for _, _, body in unknown)
    assert unknown[-1][0] == 422 and "quá nhiều lần" in unknown[-1][2]
    for number in numbers[:3]:
        assert ways[number] == unknown
    assert Notification.objects.filter(template="accounts.otp").count() == otp.PER_HOUR, "only the known one was sent anything"


def _walk_to_the_end(number: str, address: str) -> list[tuple[int, str, str]]:
    client = Client(REMOTE_ADDR=address)
    seen: list[tuple[int, str, str]] = []

    def note(answer: Any) -> None:
        body = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode()).replace(number, "NUMBER")
        seen.append((answer.status_code, answer.get("Location", ""), re.sub(r"\d\d:\d\d \d\d/\d\d/\d{4}|\d+ giây", "WHEN", body)))

    note(client.post("/tai-khoan/dang-nhap/", {"id_number": number}))
    outbox.deliver_due()
    note(client.post("/tai-khoan/dang-nhap/", {"id_number": number}))
    note(client.get("/tai-khoan/dang-nhap/ma/"))
    right = OneTimePassword.objects.latest("created_at")
    wrong = next(f"{n:06d}" for n in range(10) if otp._hash(right.id, f"{n:06d}") != right.code_hash)
    for _ in range(otp.MAX_TRIES + 1):
        note(client.post("/tai-khoan/dang-nhap/ma/", {"code": wrong}))
    OneTimePassword.objects.filter(pk=right.pk).update(tries=0, expires_at=timezone.now())
    note(client.post("/tai-khoan/dang-nhap/ma/", {"code": wrong}))
    for place in range(otp.PER_HOUR):
        note(Client(REMOTE_ADDR=f"{address.rpartition('.')[0]}.{200 + place}").post("/tai-khoan/dang-nhap/", {"id_number": number}))
        outbox.deliver_due()
    return seen


@pytest.mark.django_db
def test_the_page_does_the_same_work_for_every_number() -> None:
    """The same questions to the database in the same order: what could be timed is not there."""
    person = factories.make_person()
    works = []
    for place, number in enumerate((person.id_number, "001195999999")):
        client = Client(REMOTE_ADDR=f"203.0.113.{place}")
        with CaptureQueriesContext(connection) as asked:
            client.post("/tai-khoan/dang-nhap/", {"id_number": number})
            client.post("/tai-khoan/dang-nhap/ma/", {"code": "000000"})
        works.append([re.sub(r"'[^']*'|\\x[0-9a-f]+|\s*-?\d+", "?", query["sql"]) for query in asked])  # psycopg puts a space before "-5"
    assert works[0] == works[1]


_places = itertools.count()
_digits = st.sampled_from(["0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "0123456789 .", "01२", "0\u200b1"])
_typed = st.one_of(
    st.from_regex(r"001195[0-9]{6}", fullmatch=True),
    _digits.flatmap(lambda letters: st.text(letters, max_size=14)),
    st.text(max_size=40),
)


@pytest.mark.django_db(transaction=False)
@hypothesis_settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=_typed)
def test_hostile_numbers_get_a_form_or_the_next_page_and_nothing_else(typed: str) -> None:
    place = next(_places)
    client = Client(REMOTE_ADDR=f"10.{place >> 16}.{place >> 8 & 255}.{place & 255}")
    answer = client.post("/tai-khoan/dang-nhap/", {"id_number": typed})
    assert answer.status_code in (302, 422)
    if answer.status_code == 302:
        assert answer["Location"] == "/tai-khoan/dang-nhap/ma/" and clean_id_number(typed)


def test_the_country_is_watched_and_not_refused(committed_db: None, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.SIGN_IN_CODES_ALARM = 3
    now = timezone.now()
    for place in range(5):
        otp.request_code(id_number=f"00119599999{place}", now=now, address=f"203.0.113.{place}")
        with caplog.at_level("ERROR", logger="accounts.services.otp"):
            watch_sign_in()
    assert len(caplog.records) == 2, "at the fourth and the fifth"
    assert b"portal_sign_in_codes 5.0" in metrics.render()
    assert not otp.watch(now + otp.ALARM_WINDOW + timedelta(seconds=1))


def test_many_at_once_get_no_more_codes_and_no_more_tries_than_one_after_the_other(committed_db: None, settings: Any) -> None:
    settings.SIGN_IN_CODES_PER_ADDRESS = 8
    now = timezone.now()

    def at_once(what: Callable[[int], Any], count: int) -> list[Any]:
        def closing(place: int) -> Any:
            try:
                return what(place)
            except (otp.TooManyRequests, otp.WrongCode) as refused:
                return refused
            finally:
                connection.close()

        with ThreadPoolExecutor(16) as pool:
            return list(pool.map(closing, range(count)))

    def ask(place: int) -> Any:
        return otp.request_code(id_number="001195999999", now=now, address=f"203.0.113.{place}")

    assert sum(isinstance(answer, UUID) for answer in at_once(ask, 32)) == otp.PER_HOUR

    def ask_for_many(place: int) -> Any:
        return otp.request_code(id_number=f"0011959990{place:02d}", now=now, address="198.51.100.7")

    assert sum(isinstance(answer, UUID) for answer in at_once(ask_for_many, 32)) == 8

    person = factories.make_person()
    request_id = otp.request_code(id_number=person.id_number, now=now)
    code = _code(request_id)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    answers = at_once(lambda _: otp.check_code(request_id=request_id, code=wrong, now=now), 32)
    assert sum(answer.tries_left > 0 for answer in answers) <= otp.MAX_TRIES - 1
    assert OneTimePassword.objects.get(pk=request_id).tries == otp.MAX_TRIES
    with pytest.raises(otp.WrongCode):
        otp.check_code(request_id=request_id, code=code, now=now)


@pytest.mark.django_db
def test_a_code_that_the_worker_comes_to_too_late_is_not_sent_and_never_twice() -> None:
    person = factories.make_person()
    now = timezone.now()
    request_id = otp.request_code(id_number=person.id_number, now=now)
    otp.send_code(otp_id=request_id, now=now + otp.LIFETIME)
    assert not Notification.objects.exists()
    otp.send_code(otp_id=request_id, now=now + timedelta(minutes=3, seconds=30))
    [notice] = Notification.objects.all()
    assert "Hết hạn sau 2 phút" in str(notice.body)
    otp.send_code(otp_id=request_id, now=now + timedelta(minutes=4))
    assert Notification.objects.count() == 1


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
