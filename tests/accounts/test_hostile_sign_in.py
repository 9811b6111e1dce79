"""Hundreds of hostile numbers at sign-in tell nothing; ``make bench-sign-in`` asks ten thousand of a running portal."""

from __future__ import annotations

import random

import pytest
from django.test import Client

from accounts.models import OneTimePassword
from bench.sign_in import CODE_PAGE, KNOWN, MALFORMED, PAGE, UNKNOWN, Seen, alike, differences, malformed, numbers, telling
from portal.outbox import services as outbox
from tests import factories


@pytest.mark.django_db
@pytest.mark.requirement("A-03", "N-08")
def test_hostile_numbers_tell_nothing() -> None:
    dice, known = random.Random(29), numbers(40, "1")
    for number in known:
        factories.make_person(id_number=number)
    asked = [(KNOWN, number) for number in known] + [(UNKNOWN, number) for number in numbers(40, "3")]
    asked += [(MALFORMED, text) for text in malformed(dice, 120)]
    dice.shuffle(asked)
    seen: list[Seen] = []
    clients: list[tuple[str, str, Client]] = []
    for place, (kind, number) in enumerate(asked):
        client = Client(REMOTE_ADDR=f"10.0.{place >> 8}.{place & 255}")
        for step in ("first request", "second request"):
            answer = client.post(PAGE, {"id_number": number})
            seen.append(Seen(step, kind, answer.status_code, answer.get("Location", ""), alike(answer.content.decode(), number), 0.0))
        if kind != MALFORMED:
            clients.append((kind, number, client))
    outbox.deliver_due(limit=2000)
    assert OneTimePassword.objects.filter(person__isnull=False).count() == len(known), "the worker has sent codes to those who are there"
    for kind, number, client in clients:
        answer = client.post(CODE_PAGE, {"code": "000000"})
        seen.append(Seen("wrong code", kind, answer.status_code, "", alike(answer.content.decode(), number), 0.0))
    assert differences(seen) == []
    assert {one.status for one in seen if one.kind == MALFORMED} == {422}


def test_the_measure_would_notice_a_difference() -> None:
    dice = random.Random(1)
    some, others = [[dice.gauss(mean, 1) for _ in range(2000)] for mean in (10, 10.5)]
    assert telling(some, some) == pytest.approx(0.5, abs=0.01) and telling(others, some) > 0.6 > 0.4 > telling(some, others)
    one = Seen("wrong code", KNOWN, 422, "", "còn 4 lần thử", 1.0)
    assert differences([one, Seen("wrong code", UNKNOWN, 422, "", "còn 4 lần thử", 1.0)]) == []
    assert differences([one, Seen("wrong code", UNKNOWN, 422, "", "đã hết hạn", 1.0)])
    assert differences([Seen("first request", MALFORMED, 500, "", "", 1.0)])
