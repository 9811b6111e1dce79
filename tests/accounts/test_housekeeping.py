"""What sign-in leaves behind goes at its term and not before; the registry is asked again when it is time."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import CertificateSignIn, KnownBrowser, OneTimePassword, Person
from accounts.services import certificates, housekeeping, otp, people
from accounts.tasks import ask_registry_again, remove_old
from portal.outbox import Message
from portal.outbox import services as outbox
from tests import factories

pytestmark = pytest.mark.django_db


def test_old_sign_ins_go_and_young_ones_stay(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    now, person, second = timezone.now(), factories.make_person(), timedelta(seconds=5)
    terms = {
        OneTimePassword: ("created_at", housekeeping.CODES_KEPT),
        CertificateSignIn: ("created_at", housekeeping.SIGN_INS_KEPT),
        KnownBrowser: ("last_used_at", housekeeping.BROWSERS_KEPT),
    }
    for age in (timedelta(0), *(kept + step for _, kept in terms.values() for step in (-second, second))):
        for _ in range(3):
            code = otp.request_code(id_number=f"0011950{OneTimePassword.objects.count():05d}", now=now)
            OneTimePassword.objects.filter(pk=code).update(created_at=now - age)
            CertificateSignIn.objects.filter(pk=certificates.begin(now=now).pk).update(created_at=now - age)
            otp.remember_browser(person_id=person.id, browser="", now=now - age)
    for place in range(5):
        Session.objects.create(session_key=f"old{place}", session_data="", expire_date=now - second)
        Session.objects.create(session_key=f"young{place}", session_data="", expire_date=now + timedelta(minutes=1))
    young = {model: model.objects.filter(**{f"{moment}__gte": now - kept}).count() for model, (moment, kept) in terms.items()}
    assert all(0 < count < model.objects.count() for model, count in young.items())
    assert not housekeeping.remove_old(now=now, seconds=0), "one batch of the first kind, and there is more"
    assert Session.objects.count() == 8
    remove_old()
    assert {model: model.objects.count() for model in young} == young
    assert {session.session_key[:5] for session in Session.objects.all()} == {"young"}
    assert "accounts.tasks.remove_old" in {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}


def test_one_who_is_signed_in_stays_so(client: Client) -> None:
    factories.sign_in(client, factories.make_person())
    remove_old()
    assert client.get("/tai-khoan/").status_code == 200


def _asked(person: Person) -> int:
    return Message.objects.filter(kind="accounts.check_registry", payload__person=str(person.id)).count()


def test_the_registry_is_asked_again_after_a_year_after_a_dead_letter_and_on_purpose(demo_data: None, outside: Any) -> None:
    person = Person.objects.get(full_name="Nguyễn Thị Mẫu")
    now = timezone.now()
    outside.faults("population", "down")
    Message.objects.exclude(payload__person=str(person.id)).update(done_at=now)
    Message.objects.filter(payload__person=str(person.id)).update(done_at=None, dead_at=now)
    Person.objects.update(registry_due_at=now + timedelta(days=30), registry_checked_at=None, registry_matches=None)
    people.ask_registry(person_id=person.id, occasion="entered", now=now)
    assert _asked(person) == 1, "the same occasion is the same question"

    # The outage lasted longer than the outbox tries.
    ask_again = partial(people.ask_registry_again, most=100, seconds=10)
    ask_again(now=now + timedelta(days=6))
    assert _asked(person) == 1
    assert ask_again(now=now + people.ASK_AGAIN_AFTER) == (1, True)
    assert ask_again(now=now + people.ASK_AGAIN_AFTER) == (0, True), "once a night"
    assert _asked(person) == 2
    outside.faults("population", "none")
    outbox.deliver_due()
    person.refresh_from_db()
    assert person.registry_matches is True and person.registry_checked_at is not None

    # A year later, and at once after a correction.
    assert person.registry_due_at is not None and person.registry_due_at > timezone.now() + timedelta(days=360)
    ask_again(now=person.registry_due_at)
    assert _asked(person) == 3
    Person.objects.filter(pk=person.pk).update(full_name="Nguyễn Thị Khác")
    people.ask_registry(person_id=person.id, occasion=f"corrected:{now.isoformat()}", now=now)
    outbox.deliver_due()
    person.refresh_from_db()
    assert (_asked(person), person.registry_matches) == (4, False)


def test_nobody_is_asked_about_for_ever(settings: Any) -> None:
    person = factories.make_person()
    Person.objects.filter(pk=person.pk).update(registry_due_at=None)
    ask_registry_again()
    assert _asked(person) == 1
    assert "accounts.tasks.ask_registry_again" in {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
