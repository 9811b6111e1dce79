"""Strangers, guessers and two at once (A-01, N-08): nobody learns who has an account, and one person gets one."""

from __future__ import annotations

import base64
import io
import logging
import os
import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Person, Registration, RegistryAnswer, User
from accounts.registration import opening, services
from accounts.registration.states import TABLE
from accounts.services.codes import MAX_TRIES, Refusal, TooManyRequests, WrongCode
from portal import crypto
from portal.access import Assurance
from portal.audit.models import Act
from portal.crypto import blind_index
from portal.outbox.models import Message
from tests import factories
from tests.accounts.registration.support import CITIZEN, START, begin, code_for, register_by_phone

DECLARED = {"id_number": CITIZEN["id_number"], "full_name": CITIZEN["full_name"], "birth_date": "1999-02-15", "sex": "female"}


def _begin(**other: Any) -> Registration:
    values: dict[str, Any] = {"declared": DECLARED, "phone": "+84900000050", "language": "vi", "address": "", "now": timezone.now()}
    return services.begin_by_phone(**{**values, **other})


@pytest.mark.requirement("A-01")
def test_registrations_of_one_person_at_once_make_exactly_one_account(committed_db: None) -> None:
    made = [_begin(address=f"203.0.113.{number}") for number in range(6)]
    barrier, seen = threading.Barrier(6), []

    def once(registration: Registration) -> None:
        barrier.wait()
        try:
            with transaction.atomic():
                row = Registration.objects.select_for_update().get(pk=registration.pk)
                TABLE.move(row, "ask")
                row.save()
                seen.append(opening.finish(row, now=timezone.now()).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=once, args=(one,)) for one in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 6 and len(set(seen)) == 1
    assert Person.objects.filter(id_blind=blind_index("id_number", CITIZEN["id_number"])).count() == 1 == User.objects.count()


@pytest.mark.django_db
def test_two_guesses_at_once_count_as_two_and_a_code_serves_once(outside: Any) -> None:
    made, now = _begin(), timezone.now()
    code = code_for(outside, "+84900000050")
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for left in (4, 3, 2, 1):
        with pytest.raises(WrongCode) as caught:
            services.check_code(registration_id=made.id, code=wrong, now=now)
        assert caught.value.tries_left == left
    services.check_code(registration_id=made.id, code=code, now=now)
    with pytest.raises(WrongCode):
        services.check_code(registration_id=made.id, code=code, now=now)
    assert Registration.objects.get(pk=made.pk).code_tries == MAX_TRIES


@pytest.mark.django_db
def test_a_late_code_and_one_of_another_registration_open_nothing(outside: Any) -> None:
    first, second, now = _begin(), _begin(phone="+84900000051"), timezone.now()
    code = code_for(outside, "+84900000050")
    with pytest.raises(WrongCode):
        services.check_code(registration_id=first.id, code=code, now=now + services.CODE_LIVES + timedelta(seconds=1))
    other = code_for(outside, "+84900000051")
    with pytest.raises(WrongCode):
        services.check_code(registration_id=second.id, code=code if code != other else "x", now=now)
    services.send_again(registration_id=first.id, now=now + timedelta(minutes=1))
    with pytest.raises(WrongCode):
        # A newer one ends the one before.
        services.check_code(registration_id=first.id, code=code if code != code_for(outside, "+84900000050") else "x", now=now)


@pytest.mark.django_db
def test_registrations_and_codes_are_counted_in_the_database() -> None:
    now = timezone.now()
    made = _begin(now=now, address="203.0.113.1")
    with pytest.raises(TooManyRequests) as caught:
        services.send_again(registration_id=made.id, now=now + timedelta(seconds=5))
    assert caught.value.by is Refusal.SOON
    for minute in (1, 2, 3):
        services.send_again(registration_id=made.id, now=now + timedelta(minutes=minute))
    with pytest.raises(TooManyRequests):
        services.send_again(registration_id=made.id, now=now + timedelta(minutes=9))
    for _ in range(services.PER_DAY - 1):
        _begin(now=now, address="203.0.113.1")
    with pytest.raises(TooManyRequests) as caught:
        _begin(now=now, address="203.0.113.1")
    assert caught.value.by is Refusal.NUMBER
    _begin(now=now, address="198.51.100.7")
    _begin(now=now + timedelta(days=1, minutes=1), address="203.0.113.1")


def _words(answer: Any) -> tuple[int, str]:
    text = re.sub(r'(csrfmiddlewaretoken" value="|nonce=")[^"]+', "", answer.content.decode())
    return answer.status_code, re.sub(r"[0-9]{12}", "", text)


@pytest.mark.requirement("A-01", "N-08")
@pytest.mark.django_db
def test_no_page_tells_whether_somebody_has_an_account(outside: Any) -> None:
    """The same form, the same answers, the same number of queries for who has an account and who has none."""
    known = factories.make_person(id_number="001199000050", full_name="Đinh Thị Đăng Ký Mẫu")
    seen = []
    for number in (known.id_number, "001199000059"):
        browser = Client()
        values = {**CITIZEN, "id_number": number, "phone": "0900000059"}
        answer = begin(browser, "dien-thoai", values)
        from tests.support.queries import CaptureQueriesContext

        with CaptureQueriesContext(connection) as queries:
            wrong = browser.post(f"{START}ma/", {"code": "000000"})
        seen.append((answer["Location"], _words(browser.get(f"{START}ma/")), _words(wrong), len(queries)))
    assert seen[0] == seen[1]


@pytest.mark.django_db
def test_numbers_names_and_days_that_cannot_be_are_told_beside_their_fields(client: Client) -> None:
    cases = [
        ({"id_number": "00119900005"}, "12 chữ số"),
        ({"id_number": "999"}, "12 chữ số"),
        ({"id_number": "001099000050"}, "không hợp với ngày sinh hoặc giới tính"),
        ({"sex": "male"}, "không hợp với ngày sinh hoặc giới tính"),
        ({"birth_date": "31/02/1999"}, "Ngày sinh không đúng"),
        ({"birth_date": "15/02/2999"}, "Ngày sinh không đúng"),
        ({"birth_date": timezone.localdate().strftime("%d/%m/%Y")}, "đủ 14 tuổi"),
        # A Cyrillic letter that looks Latin, a mathematical one, digits.
        ({"full_name": "Đinh Thị Đăng Kу\u0301"}, "bảng chữ cái La-tinh"),
        ({"full_name": "Đinh Th\U0001d456"}, "bảng chữ cái La-tinh"),
        ({"full_name": "Đinh Thị 5"}, "bảng chữ cái La-tinh"),
        ({"phone": "0123"}, "Số điện thoại di động không đúng"),
        ({"old_number": "12345"}, "đúng 9 chữ số"),
        ({"agree": ""}, "đồng ý với điều khoản"),
    ]
    for values, words in cases:
        page = client.post(f"{START}dien-thoai/", {**CITIZEN, **values})
        assert page.status_code == 422 and words in page.content.decode(), (values, words)
    assert not Registration.objects.exists()


@pytest.mark.usefixtures("demo_data")
def test_a_name_in_combining_marks_is_the_same_name_and_kept_in_one_form(outside: Any, client: Client) -> None:
    import unicodedata

    made = register_by_phone(client, outside, full_name="  " + unicodedata.normalize("NFD", "Đinh \u200b Thị Đăng Ký MẪU") + " ")
    assert made.state == "done"
    assert Person.objects.get(pk=made.person_id).full_name == "Đinh Thị Đăng Ký Mẫu", "as the registry writes it"


@pytest.mark.requirement("N-08")
@pytest.mark.usefixtures("demo_data")
def test_nothing_declared_stands_open_in_rows_messages_audit_or_logs(
    outside: Any, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    outside.faults("telecom", "down")
    register_by_phone(client, outside)
    numbers = [CITIZEN["id_number"], "+84900000050", "900000050", "Đăng Ký Mẫu", "1999-02-15"]
    tables = ["accounts_registration", "accounts_registryanswer", "outbox_message", "audit_act", "notifications_notification"]
    with connection.cursor() as cursor:
        for table in tables:
            for number in numbers:
                cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", [f"%{number}%"])
                assert cursor.fetchone()[0] == 0, (table, number)
    assert not [line for line in caplog.messages if any(number in line for number in numbers)]
    for page in ("tien-do/", "ma/"):
        text = client.get(f"{START}{page}").content.decode()
        assert not any(number in text for number in numbers)
    assert Act.objects.filter(act="accounts.begin_registration").exists() and Message.objects.exists()


def test_another_browser_sees_nothing_of_a_registration(db: None, client: Client) -> None:
    begin(client, "dien-thoai", CITIZEN)
    thief = Client()
    for page in ("ma/", "tien-do/"):
        assert thief.get(f"{START}{page}")["Location"] == START
    assert thief.post(f"{START}ma/gui-lai/")["Location"] == START
    assert client.get(f"{START}ma/").status_code == 200


@pytest.mark.requirement("A-19")
@pytest.mark.django_db
def test_the_database_lets_no_account_be_below_medium_and_the_report_proves_it() -> None:
    person = factories.make_person()
    out = io.StringIO()
    call_command("report_assurance", stdout=out)
    assert "below medium: 0" in out.getvalue() and "entered" in out.getvalue()
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.filter(pk=person.pk).update(identity_level=Assurance.NONE)
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.filter(pk=person.pk).update(identity_proved_by="")


@pytest.mark.django_db
def test_what_has_ended_keeps_nothing_whatever_the_code(outside: Any) -> None:
    made = _begin()
    with pytest.raises(IntegrityError), transaction.atomic():
        Registration.objects.filter(pk=made.pk).update(state="lapsed")
    assert not RegistryAnswer.objects.exists()


@pytest.mark.django_db
def test_forms_of_others_sites_are_refused(client: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"{START}dien-thoai/", CITIZEN).status_code == 403
    assert not Registration.objects.exists()


@pytest.mark.requirement("N-08")
@pytest.mark.django_db
def test_keys_are_rotated_by_command_while_a_registration_waits(settings: Any) -> None:
    made = _begin()
    settings.FIELD_KEYS = [f"new:{base64.b64encode(os.urandom(32)).decode()}", *settings.FIELD_KEYS]
    call_command("rotate_field_keys", stdout=io.StringIO())
    crypto.forget_keys()
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    found = Registration.objects.get(pk=made.pk)
    assert (found.declaration["id_number"], found.phone) == (CITIZEN["id_number"], "+84900000050")
    assert found.identity_blind == blind_index("id_number", CITIZEN["id_number"]), "found as before"
