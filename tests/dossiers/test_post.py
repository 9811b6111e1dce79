"""Paper results by the public post: chosen with its price shown, the parcel made when the result stands, followed (D-14)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from dossiers import services
from dossiers.models import Dossier, Parcel, PostTariff, ReturnWish
from dossiers.post import parcels
from dossiers.tasks import follow_parcels
from portal.catalogues import queries as catalogues
from portal.documents.rendering import document_html
from portal.notifications.models import Notification
from portal.outbox import services as outbox
from portal.outbox.models import Message
from tests.dossiers.support import CODE, confirm_all, decide, leader, mother, ready_draft, sent, sign_by_hand
from tests.dossiers.test_desk_pages import desk_of
from tests.factories import citizen_actor, make_officer_actor, make_person, sign_in
from tests.simulators.running import Simulators

pytestmark = pytest.mark.usefixtures("demo_data")
THERE = {"recipient": "Nguyễn Thị Mẫu", "phone": "0912 345 678", "ward_tinh": "01", "ward_xa": "00070", "street": "Số 1 phố Thử Nghiệm"}
DRAFT = f"/nop-ho-so/{CODE}/buu-chinh/"


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def work() -> None:
    """All that the worker does now, also what it would do a little later."""
    for _ in range(4):
        Message.objects.filter(done_at=None, dead_at=None).update(available_at=timezone.now() - timedelta(seconds=1))
        outbox.deliver_due(limit=1000)


def tariff() -> None:
    """What the post would have said."""
    for zone, amount, days in (("province", 26_000, 2), ("country", 33_500, 4)):
        PostTariff.objects.create(zone=zone, amount=amount, days=days, said_at=timezone.now())


def browser() -> Client:
    client = Client()
    sign_in(client, mother())
    return client


def returned(dossier: Dossier) -> Dossier:
    """Received, decided and signed."""
    officer = make_officer_actor(roles=("reception", "handling"))
    now = timezone.now()
    services.receive(actor=officer, dossier_id=dossier.pk, seen_version=dossier.version, now=now)
    sign_by_hand(decide(dossier, officer, leader(), now=now))
    return Dossier.objects.get(pk=dossier.pk)


def filed_with_wish(client: Client, **more: str) -> Dossier:
    """A dossier of the mother's, sent after she chose the post on the way."""
    actor = citizen_actor(mother())
    draft = confirm_all(actor, ready_draft(actor, now=timezone.now()), now=timezone.now())
    assert client.post(DRAFT, {**THERE, "act": "chon", **more}).status_code == 302
    return sent(actor, draft, now=timezone.now())


def told(template: str) -> int:
    return Notification.objects.filter(template=template, channel="inbox").count()


@pytest.mark.requirement("D-14", "D-01")
def test_chosen_while_filing_fetched_with_the_result_and_followed_to_the_door(outside: Simulators) -> None:
    client = browser()
    ready_draft(citizen_actor(mother()), now=timezone.now())
    assert "Chưa chọn được lúc này" in text(client.get(DRAFT))
    assert follow_parcels() == 1
    work()
    page = text(client.get(DRAFT))
    assert "26.000" in page and "33.500" in page
    assert "Nhận bản giấy qua bưu chính" in text(client.get(f"/nop-ho-so/{CODE}/kiem-tra/"))
    wrong = client.post(DRAFT, {**THERE, "act": "chon", "phone": "113", "ward_xa": ""})
    assert wrong.status_code == 422 and not ReturnWish.objects.exists()
    dossier = filed_with_wish(client)
    wish = ReturnWish.objects.get(pk=dossier.pk)
    assert (wish.zone, wish.amount, wish.phone, wish.chosen_by) == ("province", 26_000, "+84912345678", mother().pk)
    assert "26.000" in text(client.get(f"/ho-so/{dossier.code}/"))
    dossier = returned(dossier)
    receipt = dossier.documents.get(role="receipt").document
    assert "bưu chính công ích đến Số 1 phố Thử Nghiệm" in document_html(receipt, at=timezone.now())
    parcel = Parcel.objects.get(dossier=dossier)
    assert (parcel.state, parcel.number) == ("waiting", "")
    # The post is down: the wish waits and is not lost.
    requests.post(f"{outside.url}/control/faults", json={"service": "post", "mode": "down", "times": 2}, timeout=10)
    work()
    parcel.refresh_from_db()
    assert parcel.state == "registered" and parcel.number.endswith("VN")
    work()
    assert told("dossiers.parcel_registered") == 1
    for state in ("accepted", "moving", "delivered"):
        requests.post(f"{outside.url}/post/parcels/{parcel.number}/", json={"state": state, "place": "Bưu cục Thử"}, timeout=10)
    Parcel.objects.update(ask_at=timezone.now() - timedelta(seconds=1))
    assert follow_parcels() == 1
    work()
    parcel.refresh_from_db()
    assert (parcel.state, parcel.ask_at) == ("delivered", None)
    assert parcels.follow(now=timezone.now()) == 0
    shown = text(client.get(f"/ho-so/{dossier.code}/"))
    assert parcel.number in shown and "Đã phát" in shown and "Bưu cục Thử" in shown
    assert told("dossiers.parcel_delivered") == 1
    desk, _ = desk_of()
    assert parcel.number in text(desk.get("/quan-tri/dossiers/parcel/"))
    assert "Bưu cục Thử" in text(desk.get(f"/quan-tri/dossiers/parcel/{parcel.pk}/change/"))
    elsewhere, _ = desk_of("H26.102")
    assert elsewhere.get(f"/quan-tri/dossiers/parcel/{parcel.pk}/change/").status_code == 404
    with pytest.raises(DatabaseError), transaction.atomic():
        Parcel.objects.filter(pk=parcel.pk).delete()


@pytest.mark.requirement("D-14")
def test_changed_given_up_and_closed_once_there_is_a_result() -> None:
    tariff()
    client = browser()
    dossier = filed_with_wish(client)
    address = f"/ho-so/{dossier.code}/buu-chinh/"
    assert "Số 1 phố Thử Nghiệm" in text(client.get(address))
    pick = client.post(address, {**THERE, "ward_tinh": "79", "ward_xa": "", "ward_chon": ""})
    assert pick.status_code == 200
    far = next(unit.code for unit in catalogues.communes("79"))
    assert client.post(address, {**THERE, "act": "chon", "ward_tinh": "79", "ward_xa": far}).status_code == 302
    assert ReturnWish.objects.get(pk=dossier.pk).amount == 33_500
    other = Client()
    sign_in(other, make_person())
    assert other.get(address).status_code == 404
    assert client.post(address, {"act": "thoi"}).status_code == 302
    assert not ReturnWish.objects.exists()
    returned(dossier)
    assert not Parcel.objects.exists()
    assert client.post(address, {**THERE, "act": "chon"}).status_code == 302
    assert not ReturnWish.objects.exists()


@pytest.mark.requirement("D-14", "A-13")
def test_a_wish_goes_with_its_draft() -> None:
    tariff()
    client, actor = browser(), citizen_actor(mother())
    draft = ready_draft(actor, now=timezone.now())
    assert client.post(DRAFT, {**THERE, "act": "chon"}).status_code == 302
    draft.refresh_from_db()
    services.discard_draft(actor=actor, draft_id=draft.pk, seen_version=draft.version)
    assert not ReturnWish.objects.exists()


@pytest.mark.requirement("D-14")
def test_one_that_comes_back_or_is_not_taken_is_told(outside: Simulators) -> None:
    tariff()
    client = browser()
    dossier = returned(filed_with_wish(client))
    work()
    parcel = Parcel.objects.get(dossier=dossier)
    for state in ("accepted", "moving", "returned"):
        requests.post(f"{outside.url}/post/parcels/{parcel.number}/", json={"state": state}, timeout=10)
    parcels.track(parcel_id=parcel.pk, now=timezone.now())
    parcel.refresh_from_db()
    assert parcel.state == "returned" and told("dossiers.parcel_returned") == 1
    parcels.track(parcel_id=parcel.pk, now=timezone.now())
    assert told("dossiers.parcel_returned") == 1 and parcel.steps.count() == 4
    Parcel.objects.filter(pk=parcel.pk).update(state="waiting", number="")
    parcels.refuse(parcel_id=parcel.pk, now=timezone.now())
    parcels.refuse(parcel_id=parcel.pk, now=timezone.now())
    assert told("dossiers.parcel_refused") == 1
    assert parcels.promise(dossier, now=timezone.now()) is None
