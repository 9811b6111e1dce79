"""Accounts of other systems, offered in bulk and linked by their people alone (A-18): over the desk, the command and the person's pages."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.linking import answering, files
from accounts.linking.views import hinted
from accounts.models import AccountFile, AccountFileRow, AccountOffer, Person
from accounts.services import erasure
from portal.access import SYSTEM, ActingAs, Actor, Assurance
from portal.audit.models import Act
from portal.crypto import blind_index
from portal.notifications.models import Notification
from portal.outbox import services as outbox
from tests.accounts.provider.support import System, signed_in, system, tokens
from tests.accounts.provider.test_clients import officer

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("A-18")]
MOTHER, OTHER, NOBODY = "001195000001", "001093000002", "079090999999"
DESK, PAGE = "/quan-tri/accounts/accountfile/", "/tai-khoan/lien-ket/"


def person_of(number: str) -> Person:
    return Person.objects.get(id_blind=blind_index("id_number", number))


def itself(person: Person) -> Actor:
    return Actor(acting_as=ActingAs.SELF, user_id=person.user_id, person_id=person.pk, party_id=person.pk, assurance=Assurance.MEDIUM)


def listed(*rows: tuple[str, str]) -> bytes:
    return ("so_dinh_danh,tai_khoan\r\n" + "".join(f"{number},{account}\r\n" for number, account in rows)).encode()


def taken(one: System, *rows: tuple[str, str], name: str = "ds.csv") -> AccountFile:
    """A list, read to its end."""
    row = files.take(client_id=one.row.pk, name=name, content=listed(*rows), actor=SYSTEM, now=timezone.now(), at_once=False)
    assert files.go_on(file_id=row.pk, now=timezone.now(), seconds=10)
    row.refresh_from_db()
    return row


def outcomes(row: AccountFile) -> dict[int, str]:
    return dict(AccountFileRow.objects.filter(file=row).values_list("line", "outcome"))


def test_an_officer_gives_a_list_and_reads_what_became_of_each_row() -> None:
    one, other = system(), system(name="Hệ thống tỉnh khác", unit="H29", callback="https://tinh-khac.example/ve/")
    own, _actor, _position = officer("H26", "administrator")
    rows = [
        (MOTHER, "me_1995"), (NOBODY, "chua-co"), ("12345", "x"), (OTHER, ""), (MOTHER, "me_2"), (OTHER, "me_1995"), (OTHER, "bo.1993"),
    ]  # fmt: skip
    upload = SimpleUploadedFile("tai-khoan.csv", listed(*rows), "text/csv")
    assert own.post(DESK + "give/", {"client": str(other.row.pk), "file": upload}).status_code == 422, "another agency's system"
    for wrong in (b"a,b\r\n1,2\r\n", b"", b"{", b"so_dinh_danh,tai_khoan\r\n", b"\x00\x01"):
        refused = own.post(DESK + "give/", {"client": str(one.row.pk), "file": SimpleUploadedFile("x.csv", wrong)})
        assert refused.status_code == 422 and not AccountFile.objects.exists()
    upload.seek(0)
    assert own.post(DESK + "give/", {"client": str(one.row.pk), "file": upload}).status_code == 302
    outbox.deliver_due()
    row = AccountFile.objects.get()
    assert row.done_at is not None and outcomes(row) == {
        2: "offered", 3: "unknown", 4: "wrong_number", 5: "no_account", 6: "twice", 7: "twice", 8: "offered",
    }  # fmt: skip
    assert not AccountFileRow.objects.exclude(sealed="").exists(), "what was read is not kept"
    assert not AccountOffer.objects.exclude(state="offered").exists() and AccountOffer.objects.count() == 3
    assert Act.objects.filter(act="accounts.take_account_file", unit="H26").count() == 1
    page = own.get(f"{DESK}{row.pk}/change/").content.decode()
    assert "số định danh không đúng" in page and "me_1995" not in page and MOTHER not in page
    report = list(csv.reader(io.StringIO(own.get(f"{DESK}{row.pk}/report/").content.decode("utf-8-sig"))))
    assert report[1] == ["2", "đã mời người dân liên kết", "offered", "chờ người dân đồng ý"] and len(report) == 8
    stranger, _actor, _position = officer("H29", "administrator")
    for path in ("change/", "report/", "withdraw/"):
        assert stranger.get(f"{DESK}{row.pk}/{path}").status_code == 404
    clerk, _actor, _position = officer("H26.101", "reception")
    assert clerk.post(DESK + "give/", {"client": str(one.row.pk), "file": upload}).status_code in (403, 404)
    # The offers of a wrong list are taken back; what people agreed to is theirs.
    person = person_of(MOTHER)
    answering.answer(
        offer_id=AccountOffer.objects.get(number_blind=person.id_blind).pk, agrees=True, actor=itself(person), now=timezone.now()
    )
    assert own.post(f"{DESK}{row.pk}/withdraw/").status_code == 302
    assert sorted(AccountOffer.objects.values_list("state", flat=True)) == ["linked", "withdrawn", "withdrawn"]


def test_nothing_is_linked_before_the_person_agrees_and_then_the_system_knows_them_again() -> None:
    one = system(scopes=["profile"])
    taken(one, (MOTHER, "me_1995"))
    person = person_of(MOTHER)
    notice = Notification.objects.get(template="accounts.account_offered")
    assert notice.party_id == person.pk
    browser = signed_in(person)
    access = tokens(one, browser)["access_token"]
    assert "linked_account" not in json.loads(one.userinfo(access).content)
    offer = AccountOffer.objects.get()
    page = browser.get(PAGE).content.decode()
    assert "Đồng ý liên kết" in page and one.row.name in page and "me_1995" not in page and hinted("me_1995") in page
    assert "liên kết hay không" in browser.get("/tai-khoan/").content.decode()
    # Consent given to somebody is nobody else's to give, and says nothing to another system.
    stranger = signed_in(person_of(OTHER))
    assert one.row.name not in stranger.get(PAGE).content.decode()
    stranger.post(f"{PAGE}{offer.pk}/tra-loi/", {"answer": "agree"})
    assert AccountOffer.objects.get().state == "offered"
    assert Client().post(f"{PAGE}{offer.pk}/tra-loi/", {"answer": "agree"}).status_code == 302
    assert AccountOffer.objects.get().state == "offered"
    browser.post(f"{PAGE}{offer.pk}/tra-loi/", {"answer": "agree"})
    linked = AccountOffer.objects.get()
    assert linked.state == "linked" and linked.person == person and linked.answered_at is not None
    assert json.loads(one.userinfo(access).content)["linked_account"] == "me_1995"
    other = system(name="Hệ thống khác", callback="https://khac.example/ve/")
    assert "linked_account" not in json.loads(other.userinfo(tokens(other, browser)["access_token"]).content)
    assert {"accounts.link_account"} <= set(Act.objects.filter(target_id=str(person.pk)).values_list("act", flat=True))
    # Taken away again; another list does not ask who said no.
    browser.post(f"{PAGE}{offer.pk}/bo/")
    assert "linked_account" not in json.loads(one.userinfo(access).content)
    assert AccountOffer.objects.get().state == "ended"
    again = taken(one, (MOTHER, "me_1995"), (OTHER, "bo"), name="lan-hai.csv")
    assert outcomes(again) == {2: "declined", 3: "offered"}


def test_who_acts_for_somebody_else_agrees_to_nothing() -> None:
    one = system()
    taken(one, (MOTHER, "me_1995"))
    offer, person = AccountOffer.objects.get(), person_of(MOTHER)
    for kind in (ActingAs.ORGANISATION, ActingAs.PERSON, ActingAs.POSITION):
        actor = Actor(acting_as=kind, user_id=person.user_id, person_id=person.pk, party_id=person.pk, assurance=Assurance.HIGH)
        with pytest.raises(answering.NotYours):
            answering.answer(offer_id=offer.pk, agrees=True, actor=actor, now=timezone.now())


def test_at_the_next_sign_in_one_is_asked_once_and_goes_on(settings: Any, outside: Any) -> None:
    one, person = system(), person_of(MOTHER)
    taken(one, (MOTHER, "me_1995"))

    def by_code() -> Any:
        client = Client()
        client.post("/tai-khoan/dang-nhap/?next=/thu-tuc/", {"id_number": MOTHER, "next": "/thu-tuc/"})
        outbox.deliver_due()
        code = outside.outbox(to=str(person.phone))[0]["text"][:6]
        return client, client.post("/tai-khoan/dang-nhap/ma/", {"code": code})

    client, answer = by_code()
    assert answer["Location"] == f"{PAGE}?next=%2Fthu-tuc%2F"
    assert 'href="/thu-tuc/"' in client.get(answer["Location"]).content.decode()
    offer = AccountOffer.objects.get()
    assert client.post(f"{PAGE}{offer.pk}/tra-loi/", {"answer": "decline", "next": "/thu-tuc/"})["Location"] == f"{PAGE}?next=%2Fthu-tuc%2F"
    assert AccountOffer.objects.get().state == "declined"
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        assert by_code()[1]["Location"] == "/thu-tuc/"
    # Nobody is led elsewhere.
    assert 'href="https://evil' not in client.get(PAGE + "?next=https://evil.example/").content.decode()


def test_a_list_goes_on_where_it_stood_and_is_harmless_when_repeated(monkeypatch: Any) -> None:
    monkeypatch.setattr(files, "SLICE", 2)
    one = system()
    rows = [(f"0790900{at:05d}", f"tk{at}") for at in range(7)]
    row = files.take(client_id=one.row.pk, name="a.csv", content=listed(*rows), actor=SYSTEM, now=timezone.now(), at_once=False)
    assert not files.go_on(file_id=row.pk, now=timezone.now(), seconds=-1), "a slice, and the time is over"
    assert sorted(outcomes(row).values()) == ["unknown"] * 2 + ["waiting"] * 5
    # Killed in the middle of a slice: it is as if that had not begun.
    with pytest.raises(RuntimeError), transaction.atomic():
        files._slice(row.pk, timezone.now())
        raise RuntimeError
    assert sorted(outcomes(row).values()) == ["unknown"] * 2 + ["waiting"] * 5 and AccountOffer.objects.count() == 2
    same = files.take(client_id=one.row.pk, name="b.csv", content=listed(*rows), actor=SYSTEM, now=timezone.now())
    assert same.pk == row.pk and AccountFileRow.objects.count() == 7
    outbox.deliver_due()
    outbox.deliver_due()
    assert set(outcomes(row).values()) == {"unknown"} and AccountOffer.objects.count() == 7
    assert AccountFile.objects.get().done_at is not None
    longer = taken(one, *rows, ("079090999999", "tk9"), ("079090000003", "tk-khac"), ("079090999998", "tk3"))
    assert outcomes(longer) == {**dict.fromkeys(range(2, 9), "already"), 9: "unknown", 10: "differs", 11: "differs"}
    assert AccountOffer.objects.count() == 8
    # Nobody's offers do not stay for ever.
    assert AccountOffer.objects.filter(person=None, offered_at__lt=timezone.now() + timedelta(days=1)).count() == 8


def test_the_command_reports_and_reads_json(tmp_path: Path) -> None:
    one = system()
    given, report = tmp_path / "ds.json", tmp_path / "bao-cao.csv"
    given.write_text(json.dumps([{"identity_number": MOTHER, "account": "a"}, {"identity_number": "x", "account": "b"}, {"account": "c"}]))
    out = io.StringIO()
    for _ in range(2):
        out = io.StringIO()
        call_command("link_accounts", str(one.row.pk), str(given), "--report", str(report), stdout=out)
    said = json.loads(out.getvalue())
    assert {name: said[name] for name in ("rows", "offered", "wrong_number")} == {"rows": 3, "offered": 1, "wrong_number": 2}
    assert len(report.read_text(encoding="utf-8-sig").splitlines()) == 4 and AccountOffer.objects.count() == 1
    with pytest.raises(CommandError):
        call_command("link_accounts", str(one.row.pk), str(tmp_path / "missing.csv"))


def test_a_slice_costs_the_same_queries_however_many_rows(django_assert_max_num_queries: Any) -> None:
    one = system()
    rows = [(f"0790900{at:05d}", f"tk{at}") for at in range(60)]
    row = files.take(client_id=one.row.pk, name="a.csv", content=listed(*rows), actor=SYSTEM, now=timezone.now(), at_once=False)
    # Each offer is one statement, and one to make the key that seals its account; what is read is read once for all.
    with django_assert_max_num_queries(12 + 4 * 60):
        files._slice(row.pk, timezone.now())
    assert AccountOffer.objects.count() == 60


def test_the_database_holds_one_account_to_one_person_and_erasure_forgets_all() -> None:
    one, person = system(), person_of(MOTHER)
    taken(one, (MOTHER, "me_1995"))
    offer = AccountOffer.objects.get()
    values: dict[str, Any] = {"client": one.row, "number_blind": blind_index("id_number", OTHER), "account_digest": offer.account_digest}
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountOffer.objects.create(account="x", **values)
    values |= {"number_blind": offer.number_blind, "account_digest": "y"}
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountOffer.objects.create(account="x", **values)
    answering.answer(offer_id=offer.pk, agrees=True, actor=itself(person), now=timezone.now())
    erasure.person_erased(None, subject=person.pk)
    assert not AccountOffer.objects.exists()
