"""Linked accounts in step: what changes on one side reaches the other, where the person agreed (A-18)."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.linking import syncing
from accounts.models import AccountOffer, EmailAddress, OidcClient, Person
from accounts.services import contacts
from portal.exchange.messages import Message
from portal.exchange.messages.models import Subscription
from portal.notifications.models import Notification
from portal.outbox.services import deliver_due
from tests.accounts.linking.test_linking import MOTHER, PAGE, itself, person_of, taken
from tests.accounts.provider.support import signed_in, system
from tests.exchange.messages.support import MESSAGES, System

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("A-18")]


def linked(*, sync: bool = True) -> tuple[AccountOffer, Client, Person, System]:
    """An account that the mother linked over her page, and the system that speaks for its agency."""
    province = System("H26").register(calls=["accounts", "messages"])
    Subscription.objects.create(partner_id="H26", kind="account.changed")
    one, person = system(scopes=["openid", "profile", "email"]), person_of(MOTHER)
    taken(one, (MOTHER, "me_1995"))
    offer, browser = AccountOffer.objects.get(), signed_in(person)
    said = {"answer": "agree", **({"sync": "on"} if sync else {})}
    assert browser.post(f"{PAGE}{offer.pk}/tra-loi/", said).status_code == 302
    offer.refresh_from_db()
    return offer, browser, person, province


def told() -> list[dict[str, Any]]:
    return [row.body for row in Message.objects.filter(direction="out", kind="account.changed").order_by("number")]


def said_there(province: System, offer: AccountOffer, **body: Any) -> tuple[str, str]:
    """What the province's system says, through the door and the worker."""
    number = str(uuid4())
    text = json.dumps({"client": str(offer.client_id), "account": "me_1995", **body})
    answer = province.post(province.envelope(text, kind="account.changed", id=number))
    assert answer.status_code == 200, answer.content
    deliver_due()
    found = Client().get(f"{MESSAGES}/{number}", headers=province.bearer()).json()
    return found["state"], found["outcome"]


def test_what_changes_here_is_told_there_as_far_as_the_system_may_know_it() -> None:
    offer, browser, person, _province = linked()
    [first] = told()
    assert (first["account"], first["name"], first["email"]) == ("me_1995", person.full_name, "") and "phone" not in first
    assert syncing.person_changed(person.pk, now=timezone.now()) == 0, "nothing is other"
    # Her address of e-mail, by the link in the letter.
    contacts.add_email(person_id=person.pk, address="me@vi-du.example", actor=itself(person), now=timezone.now())
    letter = Notification.objects.filter(party_id=person.pk, template="accounts.email_verify").latest("created_at")
    token = re.search(r"/([A-Za-z0-9_-]{40,})/", str(letter.body))
    assert token is not None
    contacts.verify_email(token=token[1], person_id=person.pk, actor=itself(person), now=timezone.now(), proved=True)
    assert told()[-1]["email"] == "me@vi-du.example" and len(told()) == 2
    # Her consent taken back: no word any more, and nothing is taken from there.
    assert browser.post(f"{PAGE}{offer.pk}/dong-bo/", {"sync": "off"}).status_code == 302
    EmailAddress.objects.filter(person=person).delete()
    assert syncing.person_changed(person.pk, now=timezone.now()) == 0 and len(told()) == 2
    assert browser.post(f"{PAGE}{offer.pk}/dong-bo/", {"sync": "on"}).status_code == 302
    assert told()[-1]["email"] == "" and len(told()) == 3
    assert "đang được đồng bộ" in browser.get(PAGE).content.decode()
    # A system that is let in no longer hears nothing, nor one that speaks for somebody else.
    OidcClient.objects.update(suspended_at=timezone.now(), suspended_why="thử")
    Person.objects.filter(pk=person.pk).update(full_name="Nguyễn Thị Tên Mới")
    assert syncing.person_changed(person.pk, now=timezone.now()) == 0


def test_what_changes_there_comes_here_and_data_only_by_the_persons_own_act() -> None:
    offer, browser, person, province = linked()
    phone = person.phone
    assert said_there(province, offer, new_account="me.moi") == ("acknowledged", "taken")
    offer.refresh_from_db()
    assert offer.account == "me.moi"
    assert said_there(province, offer, new_account="x")[0] == "refused", "nobody is linked under the old name"
    again = {"account": "me.moi"}
    news = {"name": "Nguyễn Thị Khác", "phone": "0912000111", "email": "tinh@vi-du.example"}
    assert said_there(province, offer, **again, **news) == ("acknowledged", "taken")
    assert said_there(province, offer, **again, **news) == ("acknowledged", "same")
    assert said_there(province, offer, **again, name=person.full_name.upper(), phone="0912000111", email="tinh@vi-du.example")[1] == "taken"
    person.refresh_from_db()
    assert person.phone == phone and not EmailAddress.objects.filter(person=person, verified_at__isnull=False).exists()
    page = browser.get(PAGE).content.decode()
    assert "tinh@vi-du.example" in page and "+84912000111" in page and "Nguyễn Thị Khác" not in page
    assert Notification.objects.filter(party_id=person.pk, template="accounts.account_differs", channel="inbox").exists()
    # She uses the address: a letter goes there, and it counts when she opens its link.
    assert browser.post(f"{PAGE}{offer.pk}/khac/", {"field": "email"}).status_code == 302
    assert EmailAddress.objects.get(person=person).address == "tinh@vi-du.example"
    assert browser.post(f"{PAGE}{offer.pk}/khac/", {"field": "phone"}).headers["Location"].endswith("/tai-khoan/dien-thoai/")
    offer.refresh_from_db()
    assert offer.proposed is None and browser.post(f"{PAGE}{offer.pk}/khac/", {}).status_code == 302
    for wrong in ({"phone": "12"}, {"email": "x"}, {"colour": "red"}, {"new_account": "a" * 201}, {"name": 5}, {"ended": "yes"}):
        assert said_there(province, offer, **again, **wrong)[0] == "refused", wrong
    # Somebody else's page shows nothing and changes nothing.
    other = signed_in(person_of("001093000002"))
    assert other.post(f"{PAGE}{offer.pk}/dong-bo/", {"sync": "off"}).status_code == 302
    offer.refresh_from_db()
    assert offer.syncs
    assert said_there(province, offer, **again, ended=True) == ("acknowledged", "ended")
    offer.refresh_from_db()
    assert offer.state == "ended" and Notification.objects.filter(party_id=person.pk, template="accounts.account_ended_there").exists()


def test_without_consent_data_stay_where_they_are_and_strangers_learn_nothing() -> None:
    offer, _browser, _person, province = linked(sync=False)
    assert told() == []
    assert said_there(province, offer, phone="0912000111") == ("refused", "no_consent")
    assert said_there(province, offer, new_account="me.moi")[0] == "acknowledged", "its own name for the account needs none"
    stranger = System("H29").register(calls=["accounts", "messages"])
    assert said_there(stranger, offer, account="me.moi", ended=True) == ("refused", "unknown_client")
    trying = System("THU").register(calls=["accounts", "messages"], units=["H26"], is_test=True)
    assert said_there(trying, offer, account="me.moi", ended=True) == ("acknowledged", "checked")
    offer.refresh_from_db()
    assert offer.state == "linked"
