"""Accounts by kind, by ways in, on two scales of assurance, against the Scheme's targets (A-15): what a plain count of the rows gives."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections import Counter
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from accounts import counts
from accounts.models import AccountLock, EmailAddress, Mandate, Organisation, OutsideIdentity, Person, Position, User, UserSession
from accounts.owner import locks
from portal.access import SYSTEM, Assurance
from ratings.board import accounts, targets
from ratings.models import AccountCount
from ratings.tasks import count_accounts
from tests.factories import legal_mandate, make_organisation, make_person, sign_in
from tests.ratings.board.support import head, vpcp
from tests.support.queries import CaptureQueriesContext

pytestmark = [pytest.mark.requirement("A-15"), pytest.mark.usefixtures("demo_data")]

PAGE = "/dieu-hanh/tai-khoan/"


def foreigner(name: str = "JOHN SAMPLE") -> Person:
    """Somebody known by a passport, with a verified address and no phone."""
    person: Person = make_person(full_name=name)
    Person.objects.filter(pk=person.pk).update(id_number=None, phone=None)
    EmailAddress.objects.create(person=person, address="sample@example.org", verified_at=timezone.now(), created_at=timezone.now())
    return person


def bind(person: Person, kind: str) -> None:
    """A key or an app of theirs, as the library keeps it."""
    Authenticator.objects.create(user=person.user, type=kind, data={})


def of(lines: list[accounts.Line]) -> dict[str, int]:
    """Figures by key."""
    return {line.key: line.number for line in lines}


def test_every_account_stands_in_its_kind_in_each_of_its_ways_and_once_at_its_surest() -> None:
    count_accounts()
    before = accounts.counted(timezone.localdate())
    plain, abroad = make_person(), foreigner()
    several = make_person(full_name="Lê Thị Nhiều Cách Giả Định")
    for kind in ("webauthn", "totp"):
        bind(several, kind)
    OutsideIdentity.objects.create(person=several, provider_id="vneid", subject_digest="x")
    by_app = make_person(full_name="Lê Văn Ứng Dụng Giả Định")
    bind(by_app, "totp")
    sure = make_person(full_name="Trần Thị Chứng Thư Giả Định")
    Person.objects.filter(pk=sure.pk).update(identity_level=3, identity_proved_by="certificate", identity_proved_at=timezone.now())
    locked = make_person(full_name="Ngô Thị Khóa Giả Định")
    locks.lock(user_id=locked.user_id, reason=AccountLock.Reason.IDLE, needs=Assurance.MEDIUM, actor=SYSTEM, now=timezone.now())
    company = make_organisation(representatives=(sure,))
    legal_mandate(company, sure)
    count_accounts()
    after = accounts.counted(timezone.localdate())

    def more(part: str) -> Counter[str]:
        old, new = of(getattr(before, part)), of(getattr(after, part))
        return Counter({key: number - old.get(key, 0) for key, number in new.items() if number != old.get(key, 0)})

    assert plain.pk != abroad.pk and after.total - before.total == 6, "five people and a company; one who is locked is not in use"
    assert more("kinds") == {"person": 4, "foreigner": 1, "enterprise": 1}
    assert more("ways") == {"code": 5, "app": 2, "passkey": 1, "vneid": 1, "certificate": 1, "mandate": 1}
    assert more("surest") == {"code": 2, "vneid": 1, "app": 1, "certificate": 1, "mandate": 1}
    assert more("identity") == {"3": 2, "2": 4}, "the company is known as surely as who represents it"
    assert more("authenticator") == {"3": 2, "2": 4}
    for part in ("kinds", "surest", "identity", "authenticator", "cells"):
        assert sum(one.number for one in getattr(after, part)) == after.total, part


def test_officers_certificates_and_companies_are_those_that_there_are() -> None:
    now = timezone.now()
    count_accounts()
    seen = accounts.counted(timezone.localdate())
    held = [position for position in Position.objects.filter(place="agency") if position.is_held(now=now)]
    officers = {position.person_id for position in held}
    kinds, ways = of(seen.kinds), of(seen.ways)
    assert kinds["officer"] == len(officers) and kinds["officer"] + kinds["person"] == Person.objects.filter(user__is_active=True).count()
    assert ways["certificate"] == len({position.person_id for position in held if position.credential}) > 0
    acting = set(Mandate.objects.in_force(now).exclude(organisation=None).values_list("organisation_id", flat=True))
    assert kinds["enterprise"] == Organisation.objects.filter(pk__in=acting, kind="enterprise").count() > 0
    # Who has signed in with a certificate once has that way, too.
    person = Person.objects.get(full_name="Nguyễn Thị Mẫu")
    sign_in(Client(), person)
    UserSession.objects.filter(user=person.user).update(way="file")
    count_accounts()
    assert of(accounts.counted(timezone.localdate()).ways)["certificate"] == ways["certificate"] + 1


def test_the_page_sets_them_against_the_targets_of_the_scheme_and_says_what_each_counts() -> None:
    count_accounts()
    client = vpcp()
    page = re.sub(r"\s+", " ", client.get(PAGE).content.decode())
    total = accounts.counted(timezone.localdate()).total
    for year, wanted in ((2019, "500.000"), (2020, "1.000.000"), (2023, "8.000.000")):
        assert f'<th scope="row">{year}</th><td class="number" data-label="Mục tiêu">{wanted}</td>' in page
    assert f"Còn thiếu {500_000 - total:,}".replace(",", ".") in page and "Quyết định 274/QĐ-TTg" in page
    for name, words in (*accounts.KINDS.values(), *(said for key, said in accounts.WAYS.items() if key)):
        assert name in page and words in page
    line = next(line for line in targets.board("", timezone.localdate()) if line.target.code == "tai-khoan")
    assert line.value == total and line.is_met is False and line.wanted == 8_000_000
    board = client.get("/dieu-hanh/muc-tieu/").content.decode()
    assert f'<a href="{PAGE}">{total}</a>' in board and f'<a href="{PAGE}">Tài khoản</a>' in board
    assert PAGE not in head("H26").get("/dieu-hanh/").content.decode()
    sheet: Any = load_workbook(io.BytesIO(client.get(f"{PAGE}so-lieu.xlsx").content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert sum(row[5] for row in rows) == total


def test_a_target_that_was_reached_says_so_and_how_many_there_were_in_its_year() -> None:
    today = timezone.localdate()
    User.objects.filter(person=make_person()).update(date_joined=dt.datetime(2019, 5, 1, tzinfo=dt.UTC))
    count_accounts()
    first = accounts.counted(today).steps[0]
    assert (first.year, first.then, first.is_met, first.missing) == (2019, 1, False, 500_000 - first.now)
    AccountCount.objects.filter(month=dt.date(2019, 5, 1)).update(number=600_000)
    assert next((step.then, step.is_met) for step in accounts.counted(today).steps) == (600_000, True)
    assert "Đạt" in vpcp().get(PAGE).content.decode()
    with time_machine.travel(dt.datetime(2023, 6, 1, tzinfo=dt.UTC), tick=True):
        assert [step.then is None for step in accounts.counted(timezone.localdate()).steps] == [False, False, True]


def test_nothing_counted_yet_is_said_and_more_accounts_cost_no_more_queries() -> None:
    client = vpcp()
    AccountCount.objects.all().delete()
    assert "Chưa đếm lần nào" in client.get(PAGE).content.decode()
    count_accounts()
    client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    for kind in ("webauthn", "totp"):
        bind(make_person(), kind)
    foreigner()
    count_accounts()
    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)
    assert len(many) == len(few) <= 15
    with CaptureQueriesContext(connection) as nightly:
        counts.accounts_by_month(timezone.now())
    assert len(nightly) == 2
