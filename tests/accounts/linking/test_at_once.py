"""Two presses of one button, in two connections (A-18)."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.utils import timezone

from accounts.linking import answering
from accounts.models import AccountOffer
from tests.accounts.linking.test_linking import MOTHER, itself, person_of, taken
from tests.accounts.provider.support import system


@pytest.mark.requirement("A-18")
@pytest.mark.usefixtures("demo_db")
def test_two_say_yes_at_once_and_one_account_is_linked() -> None:
    one, person = system(), person_of(MOTHER)
    taken(one, (MOTHER, "me_1995"))
    offer, came = AccountOffer.objects.get(), []

    def agree() -> None:
        try:
            answering.answer(offer_id=offer.pk, agrees=True, actor=itself(person), now=timezone.now())
            came.append("linked")
        except answering.NotYours:
            came.append("not")
        finally:
            connection.close()

    both = [threading.Thread(target=agree) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(came) == ["linked", "not"]
