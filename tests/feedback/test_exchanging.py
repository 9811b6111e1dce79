"""Petitions and their states between here and systems of ministries and provinces, both ways (F-11)."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from feedback import loading
from feedback.models import Petition
from feedback.services import handling
from portal.crypto import seal_text
from portal.exchange.messages import Message, MessageRefused
from portal.exchange.messages.models import SEALED, Subscription
from portal.exchange.messages.registry import receiver_of
from portal.exchange.partners.models import Call, Partner
from tests.exchange.support import make_partner
from tests.feedback.support import MONDAY, WORDS, answered, officer, received, send_one

pytestmark = pytest.mark.usefixtures("demo_data")


def came(partner: str, kind: str, about: str = "", /, **body: Any) -> str:
    """A message, as its handler gets it."""
    row = Partner.objects.get(pk=partner)
    sealed = seal_text(json.dumps(body), context=SEALED)
    receiver = receiver_of(kind)
    assert receiver is not None and receiver.call == Call.FEEDBACK
    return receiver.function(Message(partner=row, direction="in", kind=kind, about=about, key=str(uuid4()), body_sealed=sealed))


def out(kind: str) -> list[Any]:
    return list(Message.objects.filter(direction="out", kind=kind).order_by("number"))


def handed(reference: str = "HN-1", **values: Any) -> dict[str, Any]:
    return {
        "reference": reference, "agency": "H26.101", "kind": "khac", "subject": "Từ hệ thống tỉnh", "words": WORDS,
        "received_at": MONDAY.isoformat(), "sender": {"name": "Lê Thị Giả Định", "phone": "0900000002"}, **values,
    }  # fmt: skip


@pytest.mark.requirement("F-11")
def test_a_petition_from_a_province_is_taken_once_and_the_province_hears_of_every_state() -> None:
    loading.load()
    make_partner("H26", calls=[Call.FEEDBACK, Call.MESSAGES])
    code = came("H26", "feedback.petition", **handed())
    assert came("H26", "feedback.petition", **handed()) == code and Petition.objects.filter(system="H26").count() == 1
    petition = Petition.objects.get(code=code)
    handling.receive(
        actor=officer(), petition_id=petition.pk, about=petition.about, kind=petition.kind_id,
        sector_code=petition.sector_code, now=timezone.now(),
    )  # fmt: skip
    told = [one.body for one in out("feedback.state")]
    assert [one["event"] for one in told] == ["send", "receive"] and told[0]["reference"] == "HN-1"
    other = Petition.objects.get(code=came("H26", "feedback.petition", **handed("HN-2", subject="Việc khác", words=WORDS + " Lần hai.")))
    answered(other, now=timezone.now())
    said = [one.body for one in out("feedback.state") if one.about == other.code]
    assert said[-1]["state"] == "answered" and said[-1]["answer"] == "Phường đã trả kết quả."
    assert "submit" not in [one["event"] for one in said], "who checks what stays within"
    wrong = ({"agency": "H27.101"}, {"words": ""}, {"kind": "no"}, {"received_at": "hôm qua"}, {"sender": "x"}, {"agency": ""})
    for one in wrong:
        with pytest.raises(MessageRefused):
            came("H26", "feedback.petition", **handed("HN-3", **one))
    make_partner("TRY", units=["H26"], calls=[Call.FEEDBACK], is_test=True)
    assert came("TRY", "feedback.petition", **handed("T-1")) == "checked"
    assert not Petition.objects.filter(external_ref__in=["T-1", "HN-3"]).exists()


@pytest.mark.requirement("F-11")
def test_an_agencys_own_system_gets_what_is_its_and_tells_what_becomes_of_it() -> None:
    for code, units in (("H26", ["H26"]), ("H27", ["H27"])):
        make_partner(code, units=units, calls=[Call.FEEDBACK, Call.MESSAGES])
        Subscription.objects.create(partner_id=code, kind="feedback.assigned")
    petition, _sender = send_one(now=timezone.now())
    [one] = out("feedback.assigned")
    assert (one.partner_id, one.about, one.body["words"]) == ("H26", petition.code, WORDS)
    with pytest.raises(MessageRefused, match="unknown_petition"):
        came("H27", "feedback.report", petition.code, what="received")
    assert came("H26", "feedback.report", petition.code, what="received") == "taken"
    assert came("H26", "feedback.report", petition.code, what="received") == "same"
    day = timezone.localdate().isoformat()
    assert came("H26", "feedback.report", petition.code, what="answer", words="Đã trả kết quả.", outcome_on=day) == "taken"
    assert came("H26", "feedback.report", petition.code, what="answer", words="Đã trả kết quả.", outcome_on=day) == "same"
    petition.refresh_from_db()
    assert petition.state == "checking", "a leader here looks at it as at every answer"
    for body in ({"what": "closed"}, {"what": "answer", "words": "x"}):
        with pytest.raises(MessageRefused):
            came("H26", "feedback.report", petition.code, **body) if body["what"] == "closed" else came(
                "H26",
                "feedback.report",
                received(send_one(now=timezone.now(), subject="Khác", words=WORDS + " 2")[0], officer()).code,
                **body,
            )
