"""Systems that asked for it hear of every decision that changes the catalogue, by a message of the exchange (C-18)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from portal.access import SYSTEM
from portal.exchange.messages import Message
from portal.exchange.messages.models import Subscription
from portal.exchange.partners import services as partners
from portal.exchange.partners.models import Call
from portal.outbox.models import Message as Promise
from portal.outbox.services import deliver_due
from tests.exchange.support import make_partner
from tests.procedures.test_announcing import BIRTH, amended, at_desk, begun, step

pytestmark = pytest.mark.usefixtures("demo_data")


@pytest.mark.requirement("C-18")
def test_who_asked_hears_once_of_each_decision_and_of_its_withdrawal() -> None:
    for code, calls in (("H26", [Call.CATALOGUES]), ("H27", [Call.CATALOGUES]), ("H28", [Call.DOSSIERS]), ("H29", [Call.CATALOGUES])):
        make_partner(code, calls=[*calls, Call.MESSAGES])
        if code != "H29":
            Subscription.objects.create(partner_id=code, kind="catalogue.changed")
    partners.suspend(code="H27", reason="thử", actor=SYSTEM, now=timezone.now())
    (enterer, _), (checker, _) = at_desk("G15", "procedure_entering"), at_desk("G15", "procedure_checking", "procedure_publishing")
    row = begun(enterer, timezone.localdate() + dt.timedelta(days=1))
    amended(enterer, row, BIRTH, summary="Tóm tắt mới.")
    step(enterer, row, "send")
    step(checker, row, "check")
    step(checker, row, "publish")

    def told() -> list[Any]:
        return list(Message.objects.filter(kind="catalogue.changed", direction="out").order_by("number"))

    assert Promise.objects.filter(kind="procedures.changed").count() == 1 and not told()
    deliver_due()
    [one] = told()
    body = one.body
    assert one.partner_id == "H26" and body["decision"]["number"] == "9001/QĐ-BTP" and body["state"] == "published"
    [change] = body["changes"]
    assert change["code"] == BIRTH and change["kind"] == "amend"
    assert Client().get("/" + change["url"].split("/", 3)[3]).status_code == 200
    Promise.objects.filter(kind="procedures.changed").update(done_at=None, available_at=timezone.now())
    deliver_due()
    assert len(told()) == 1, "told once, however often the promise is kept"
    step(checker, row, "withdraw", note="Ký nhầm")
    deliver_due()
    assert [one.body["state"] for one in told()] == ["published", "withdrawn"]
