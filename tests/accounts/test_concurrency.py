"""Two people at once."""

from __future__ import annotations

import threading

from django.db import connection
from django.utils import timezone

from accounts.mandating import offers
from accounts.models import MandateOffer
from accounts.services.mandates import BadMandate
from tests import factories


def test_two_mandates_given_at_once_become_one(committed_db: None) -> None:
    director, accountant = factories.make_person(), factories.make_person()
    organisation = factories.make_organisation(representatives=[director])
    giver = factories.mandate_actor(factories.legal_mandate(organisation, director))
    barrier, seen = threading.Barrier(6), []

    def once() -> None:
        barrier.wait()
        now = timezone.now()
        try:
            offers.give_mandate(actor=giver, id_number=accountant.id_number, valid_from=now, now=now)
            seen.append("given")
        except BadMandate:
            seen.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=once) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == ["given"] + ["refused"] * 5
    assert MandateOffer.objects.filter(number_blind=accountant.id_blind, withdrawn_at__isnull=True).count() == 1
