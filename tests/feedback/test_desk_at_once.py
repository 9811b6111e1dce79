"""Two officers, two acts on one petition, the same moment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.dossiers.support import at_once
from tests.factories import make_position, sign_in
from tests.feedback.support import ROLES, send_one

pytestmark = pytest.mark.usefixtures("demo_db")


def at_desk() -> Client:
    client, position = Client(), make_position(roles=ROLES)
    sign_in(client, position.person, position=position)
    return client


@pytest.mark.requirement("F-03")
def test_two_officers_decide_once() -> None:
    petition, _ = send_one(now=timezone.now() - timedelta(days=1))
    base = f"/quan-tri/feedback/petition/{petition.pk}"
    receiver, refuser = at_desk(), at_desk()
    # Where nothing holds a transaction open around the page: a look is written down in one of its own.
    assert receiver.get(f"{base}/change/").status_code == refuser.get(f"{base}/refuse/").status_code == 200
    outcomes = at_once(
        lambda: receiver.post(f"{base}/receive/", {"seen": 1, "about": "conduct", "kind": "cham-tre"}),
        lambda: refuser.post(f"{base}/refuse/", {"seen": 1, "reason": "content", "words": "Không thuộc nội dung tiếp nhận."}),
    )
    assert sorted(answer.status_code for answer in outcomes) == [302, 409]
    petition.refresh_from_db()
    assert petition.version == 2 and petition.events.count() == 2
