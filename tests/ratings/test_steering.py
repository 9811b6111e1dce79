"""The steering centre sees how things stand: pulled at any moment, pushed without piling up (X-13)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portal.exchange.messages import Message
from portal.exchange.messages.models import Subscription
from portal.exchange.partners.models import Call
from ratings import tasks
from ratings.steering import push
from tests.dossiers.support import filed
from tests.exchange.support import basic, make_partner

pytestmark = pytest.mark.usefixtures("demo_data")


@pytest.mark.requirement("X-13")
def test_counts_are_pulled_and_pushed_and_only_one_waits() -> None:
    password = make_partner("TTDH", units=["G22"], calls=[Call.COUNTS, Call.MESSAGES])
    other = make_partner("H26", calls=[Call.DOSSIERS])
    address = "/api/v1/steering/counts"
    answer = Client().get(address, headers=basic("TTDH", password))
    assert answer.status_code == 200
    said = answer.json()
    assert said["country"]["year"]["received"] == sum(one["year"]["received"] for one in said["agencies"])
    assert Client().get(address, headers=basic("H26", other)).status_code == 403 and Client().get(address).status_code == 401

    assert tasks.feed_steering() == 0, "nobody asked for it"
    for code in ("TTDH", "H26"):
        Subscription.objects.create(partner_id=code, kind="steering.counts")
    now = timezone.now()
    filed(now=now)
    assert push(now) == 1 and push(now + timedelta(minutes=5)) == 0, "who has not taken the last gets no other"
    [message] = Message.objects.filter(kind="steering.counts")
    assert message.partner_id == "TTDH" and message.body["country"]["year"].keys() == said["country"]["year"].keys()
    text = message.text
    assert "Nguyễn Thị Mẫu" not in text and "001195000001" not in text
    Message.objects.filter(pk=message.pk).update(state="refused")
    assert push(now + timedelta(minutes=10)) == 1
