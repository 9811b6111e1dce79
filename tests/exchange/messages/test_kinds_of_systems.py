"""What systems of each kind do, through the doors that all of them use (X-04, X-10, X-11, X-13, F-11)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests
from django.test import Client
from django.utils import timezone

from dossiers.handled.routing import add_rule
from dossiers.models import Dossier, NationalDossier
from dossiers.models import State as HereState
from feedback import loading as feedback_loading
from feedback.models import Petition
from feedback.services import handling
from portal.access import SYSTEM
from portal.exchange.messages import Message, State, subscribers
from portal.exchange.messages.models import Subscription
from portal.exchange.partners.kinds import kinds
from portal.exchange.partners.models import Partner
from portal.outbox.services import deliver_due
from tests.accounts.provider.support import signed_in, system, tokens
from tests.dossiers.support import PAPER, filed, mark_clean
from tests.exchange.messages.support import MESSAGES, System, play, received
from tests.exchange.support import batch, make_partner
from tests.factories import make_person
from tests.feedback.support import MONDAY, WORDS, officer, send_one
from tests.simulators.running import Simulators

pytestmark = pytest.mark.usefixtures("demo_data")
ITEM = {"kind": "paper", "name": PAPER, "label": "Giấy", "words": "Mờ"}
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def engineer(kind: str, code: str = "H26", **values: Any) -> System:
    """A system of a kind, with the rights that this kind ships with."""
    return System(code).register(calls=list(kinds()[kind].calls), **values)


def say(one: System, kind: str, about: str, /, **body: Any) -> dict[str, Any]:
    """A message through the door, handled by the worker; how it stands then, as its sender can ask."""
    number = str(uuid4())
    answer = one.post(one.envelope(json.dumps(body), kind=kind, about=about, id=number))
    assert answer.status_code == 200, answer.content
    deliver_due()
    found: dict[str, Any] = Client().get(f"{MESSAGES}/{number}", headers=one.bearer()).json()
    return found


def fetched(one: System, *, most: int = 50) -> list[dict[str, Any]]:
    """What waits for a system without an address; opened with its own key."""
    answer = Client().get(f"{MESSAGES}/waiting", {"most": most}, headers=one.bearer())
    assert answer.status_code == 200, answer.content
    return [{**row, **one.opened(row["envelope"])} for row in answer.json()["messages"]]


def receipt(one: System, row: dict[str, Any], outcome: str = "taken") -> Any:
    said = {"id": row["id"], "digest": row["claims"]["digest"], "outcome": outcome, "code": ""}
    return one.post(one.sign(said, "portal-receipt+jwt"), path="/receipts")


def moment(minutes: int) -> str:
    """After the filing, three hours ago."""
    return (timezone.now() - timedelta(hours=3) + timedelta(minutes=minutes)).isoformat()


@pytest.mark.requirement("X-10")
def test_the_national_single_window_signs_people_in_mirrors_procedures_and_reports_its_dossiers() -> None:
    # Sign-in: by the same provider as every system.
    window, person = system(name="Cổng thông tin một cửa quốc gia", unit="G12", scopes=["profile", "identity"]), make_person()
    given = tokens(window, signed_in(person))
    known = window.userinfo(given["access_token"]).json()
    assert (known["name"], known["identity_number"]) == (person.full_name, person.id_number)
    # Procedures: the whole, and one.
    one = engineer("single_window", "G12")
    codes = [row["code"] for row in Client().get("/api/v1/procedures/changes?updated_since=2000-01-01T00:00:00Z").json()["items"]]
    assert codes and Client().get(f"/api/v1/procedures/{codes[0]}").status_code == 200
    # Totals: its dossiers are counted with everybody's, by the day.
    asked = {"agency": "G12", "from": timezone.localdate().isoformat(), "to": timezone.localdate().isoformat(), "by": "agency"}

    def counted() -> int:
        return int(Client().get("/api/v1/statistics", asked).json()["total"]["received"])

    before, now = counted(), timezone.now().isoformat()
    rows = [
        {"code": f"G12.18-261202-000{number}", "procedure_code": codes[0], "channel": "2", "subject": "2", "owner_number": "0100109106",
         "state": "4", "submitted_at": now, "received_at": now, "due_at": (timezone.now() + timedelta(days=3)).isoformat()}
        for number in (1, 2)
    ]  # fmt: skip
    answer = Client().post("/api/v1/dossiers/batch", json.dumps({"rows": rows}), content_type="application/json", headers=one.bearer())
    assert answer.json()["counts"] == {"new": 2}, answer.content
    assert NationalDossier.objects.filter(source="G12").count() == 2 and counted() == before + 2


@pytest.mark.requirement("X-11", "X-04")
def test_a_supplier_gets_a_dossier_and_answers_it_like_a_one_stop_system() -> None:
    evn = engineer("supplier", "EVN", units=["H26"])
    add_rule(partner="EVN", unit_code="H26.101", procedures=[], actor=SYSTEM, now=timezone.now())
    dossier = filed(now=timezone.now() - timedelta(hours=3))
    [row] = fetched(evn)
    assert (row["kind"], row["about"]) == ("dossier.filed", dossier.code) and row["body"]["answers"]["child_name"] == "Trần Thị Bé Thử"
    mark_clean(dossier)
    path = f"/api/{row['body']['papers'][0]['url'].partition('/api/')[2]}"
    assert b"".join(Client().get(path, headers=evn.bearer())).startswith(b"\x89PNG")
    # Fetched again it is the same, until the receipt is there.
    assert fetched(evn)[0]["id"] == row["id"] and receipt(evn, row).json()["state"] == State.DELIVERED
    assert fetched(evn) == []
    code = dossier.code or ""
    assert say(evn, "dossier.report", code, state="2", at=moment(10), received_at=moment(9), due_at=moment(4000))["outcome"] == "taken"
    assert Dossier.objects.get(pk=dossier.pk).state == "2"
    assert say(evn, "dossier.report", code, state="4", at=moment(20))["outcome"] == "taken"
    kept = Client().post(
        f"/api/v1/dossiers/handled/{code}/results?title=H%E1%BB%A3p+%C4%91%E1%BB%93ng&name=hd.pdf", PDF,
        content_type="application/pdf", headers=evn.bearer(),
    )  # fmt: skip
    assert say(evn, "dossier.report", code, state="9", at=moment(30), results=[kept.json()["id"]])["outcome"] == "taken"
    assert say(evn, "dossier.report", code, state="10", at=moment(40), results=[kept.json()["id"]])["outcome"] == "taken"
    assert Dossier.objects.get(pk=dossier.pk).state == "10"
    # Bills of another's money it may ask for by the same rights as a one-stop system; what is not its own it gets no word of.
    assert say(evn, "dossier.report", "H26.101-200101-0001", state="4", at=moment(20))["state"] == State.REFUSED


@pytest.mark.requirement("X-04")
@pytest.mark.parametrize(
    ("state", "more"),
    [("3", {"words": "Không thuộc thẩm quyền"}), ("5", {"supplement": {"items": [ITEM]}}),
     ("6", {"charge": {"lines": [{"name": "Lệ phí", "kind": "charge", "amount": 8000}]}}), ("7", {"words": "Người nộp xin rút"}),
     ("8", {"words": "Không đủ điều kiện"})],
)  # fmt: skip
def test_every_state_comes_back_by_the_door(outside: Simulators, state: str, more: dict[str, Any]) -> None:
    play(outside)
    Partner.objects.filter(pk="MAU").update(calls=list(kinds()["handling"].calls), units=["H26"])
    add_rule(partner="MAU", unit_code="H26.101", procedures=[], actor=SYSTEM, now=timezone.now())
    dossier = filed(now=timezone.now() - timedelta(hours=3))
    deliver_due()
    # At the other system, not in rows of ours.
    [there] = received(outside, dossier.code)
    assert there["kind"] == "dossier.filed" and there["body"]["code"] == dossier.code
    if state in ("6", "8"):
        assert _from_there(outside, dossier, state="4", at=moment(5))["outcome"] == "taken"
    assert _from_there(outside, dossier, state=state, at=moment(20), **more)["outcome"] == "taken"
    found = Dossier.objects.get(pk=dossier.pk)
    assert NationalDossier.objects.get(code=dossier.code).state == found.state
    assert found.state == {"5": HereState.INCOMPLETE, "6": HereState.PAYMENT_DUE}.get(state, state)


def _from_there(outside: Simulators, dossier: Dossier, **body: Any) -> dict[str, Any]:
    """The simulated system makes the envelope, the door takes it, the worker handles it; how the row stands."""
    asked = {"kind": "dossier.report", "about": dossier.code, "body": body}
    made = requests.post(f"{outside.url}/partner/envelope", json=asked, timeout=10).json()
    partner = Partner.objects.get(pk="MAU")
    from portal.exchange.messages import door

    door.take(partner=partner, envelope=made["envelope"].encode(), now=timezone.now())
    deliver_due()
    row = Message.objects.get(partner=partner, direction="in", key=made["id"])
    return {"state": row.state, "outcome": row.outcome}


@pytest.mark.requirement("F-11")
def test_petitions_go_both_ways_through_the_doors_and_more_is_asked_of_their_sender(outside: Simulators) -> None:
    feedback_loading.load()
    play(outside)
    Partner.objects.filter(pk="MAU").update(calls=list(kinds()["feedback"].calls), units=["H26"])
    body = {"reference": "HN-1", "agency": "H26.101", "kind": "khac", "subject": "Từ hệ thống tỉnh", "words": WORDS,
            "received_at": MONDAY.isoformat(), "sender": {"name": "Lê Thị Giả Định", "phone": "0900000002"}}  # fmt: skip
    asked = {"kind": "feedback.petition", "about": "", "body": body}
    made = requests.post(f"{outside.url}/partner/envelope", json=asked, timeout=10).json()
    from portal.exchange.messages import door

    door.take(partner=Partner.objects.get(pk="MAU"), envelope=made["envelope"].encode(), now=timezone.now())
    deliver_due()
    petition = Petition.objects.get(external_ref="HN-1")
    handling.receive(
        actor=officer(), petition_id=petition.pk, about=petition.about, kind=petition.kind_id, sector_code=petition.sector_code,
        now=timezone.now(),
    )  # fmt: skip
    deliver_due()
    told = [row["body"]["event"] for row in received(outside, petition.code) if row["kind"] == "feedback.state"]
    assert told == ["send", "receive"], "carried out to the other system, in order"

    # A petition that was sent here and that an agency's own system handles: it asks its sender, and gets the answer.
    own = engineer("feedback", "H26")
    Subscription.objects.create(partner_id="H26", kind="feedback.assigned")
    assert [one.pk for one in subscribers("feedback.assigned")] == ["H26"]
    mine, sender = send_one(now=timezone.now())
    [row] = fetched(own)
    assert (row["kind"], row["about"]) == ("feedback.assigned", mine.code) and receipt(own, row, "handled").status_code == 200
    assert say(own, "feedback.report", mine.code, what="ask_more", words="Bạn nộp ngày nào?")["outcome"] == "taken"
    assert say(own, "feedback.report", mine.code, what="ask_more", words="Bạn nộp ngày nào?")["outcome"] == "same"
    mine.refresh_from_db()
    assert mine.state == "waiting"
    handling.supply(actor=sender, petition_id=mine.pk, words="Ngày 30 tháng 11.", now=timezone.now())
    [given] = fetched(own)
    assert given["kind"] == "feedback.supplied"
    assert (given["body"]["question"], given["body"]["words"]) == ("Bạn nộp ngày nào?", "Ngày 30 tháng 11.")
    assert say(own, "feedback.report", mine.code, what="received")["outcome"] == "taken"
    assert say(own, "feedback.report", mine.code, what="go_on")["outcome"] == "same"
    day = timezone.localdate().isoformat()
    assert say(own, "feedback.report", mine.code, what="answer", words="Đã trả kết quả.", outcome_on=day)["outcome"] == "taken"
    # And hands one in itself, over HTTP; the same reference is the same petition.
    handed = {**body, "reference": "HN-2", "subject": "Việc khác", "words": WORDS + " Lần hai."}
    code = say(own, "feedback.petition", "", **handed)["outcome"]
    assert say(own, "feedback.petition", "", **handed)["outcome"] == code == Petition.objects.get(external_ref="HN-2").code
    assert [row["body"]["event"] for row in fetched(own) if row["about"] == code] == ["send"]


@pytest.mark.requirement("X-06")
def test_who_has_no_address_fetches_in_order_and_acknowledges(outside: Simulators) -> None:
    from portal.exchange.messages import delivery, send
    from portal.exchange.partners import register

    one = System("H26").register(calls=["messages"])
    for number in range(7):
        send(partner="H26", kind="test.word", about=f"H26-{number % 2}", body={"n": number}, key=f"k{number}")
    now = timezone.now()
    for hours in range(3):
        delivery.work("H26", clock=lambda hours=hours: now + timedelta(hours=2 * hours))
    first = fetched(one, most=3)
    assert [row["body"]["n"] for row in first] == [0, 1, 2] == [row["body"]["n"] for row in fetched(one, most=3)]
    assert first[0]["envelope"] != fetched(one, most=1)[0]["envelope"], "each envelope serves once"
    for row in first:
        assert receipt(one, row, "handled").json()["state"] == State.ACKNOWLEDGED
        assert receipt(one, row, "handled").status_code == 200, "a receipt again changes nothing"
    forged = System("H27").register(calls=["messages"])
    rest = fetched(one)
    assert [row["body"]["n"] for row in rest] == [3, 4, 5, 6]
    said = {"id": rest[0]["id"], "digest": rest[0]["claims"]["digest"], "outcome": "handled", "code": ""}
    assert forged.post(forged.sign(said, "portal-receipt+jwt"), path="/receipts").status_code == 404
    row = Message.objects.get(key="k0")
    assert row.carrier == "pull" and row.receiver_proof and [step.what for step in row.steps.all()][:2] == ["promised", "failed"]
    # With an address of its own it is sent there instead.
    register.change_line(code="H26", carrier="http", address="https://mot.example", actor=SYSTEM, now=timezone.now())
    answer = Client().get(f"{MESSAGES}/waiting", headers=one.bearer())
    assert answer.status_code == 422 and answer.json()["detail"].startswith("has_line")
    assert not Message.objects.filter(state=State.WAITING, available_at__gt=timezone.now()).exists()


@pytest.mark.requirement("X-13")
def test_the_steering_centre_sees_figures_change_as_things_happen(outside: Simulators) -> None:
    from ratings.steering import push

    centre = engineer("steering", "VPCP.DH", units=["G22"])

    def pulled() -> dict[str, Any]:
        found: dict[str, Any] = Client().get("/api/v1/steering/counts", headers=centre.bearer()).json()
        return found

    before = json.dumps(pulled()["country"], sort_keys=True)
    password = make_partner("H26", calls=["dossiers"])
    now = timezone.now().isoformat()
    batch("H26", password, rows=[{"code": "H26.101-261202-0001", "procedure_code": "1.001193", "channel": "2", "subject": "1",
        "owner_number": "001195000001", "state": "4", "submitted_at": now, "received_at": now,
        "due_at": (timezone.now() + timedelta(days=3)).isoformat()}])  # fmt: skip
    after = pulled()
    assert json.dumps(after["country"], sort_keys=True) != before
    # Pushed to the centre's own server.
    play(outside)
    Partner.objects.filter(pk="MAU").update(calls=["counts", "messages"])
    Subscription.objects.create(partner_id="MAU", kind="steering.counts")
    push(timezone.now())
    deliver_due()
    [there] = received(outside)
    assert there["kind"] == "steering.counts" and there["body"]["country"] == json.loads(json.dumps(after["country"]))
