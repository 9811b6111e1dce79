"""Two officers who decide on claims of one old paper in the same moment (D-26)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from dossiers.digitising import claiming
from dossiers.digitising.rights import OldRefused
from dossiers.models import OldClaim, StorePaper
from tests.dossiers import old_papers
from tests.dossiers.support import at_once
from tests.factories import make_officer_actor, make_person

pytestmark = pytest.mark.usefixtures("demo_db")


def test_of_two_officers_who_confirm_at_once_one_gives_it_away() -> None:
    people = [make_person(full_name="Đặng Thị Đôi Mẫu", birth_date=date(1975, 3, 2), id_number=f"00117500020{at}") for at in (1, 2)]
    officers = [make_officer_actor(roles=("clerk",)) for _ in range(2)]
    paper = old_papers.standing(officers[0])
    claims = [
        OldClaim.objects.create(paper=paper, unit_code="H26.101", person_id=person.pk, claimed_at=timezone.now()) for person in people
    ]

    def confirm(at: int) -> Callable[[], Any]:
        return lambda: claiming.confirm(actor=officers[at], claim_id=claims[at].pk, now=timezone.now())

    outcomes = at_once(confirm(0), confirm(1))
    assert sum(isinstance(one, StorePaper) for one in outcomes) == 1 and sum(isinstance(one, OldRefused) for one in outcomes) == 1
    assert StorePaper.objects.filter(origin="digitised").count() == 1
    assert sorted(OldClaim.objects.values_list("state", flat=True)) == ["confirmed", "refused"]
