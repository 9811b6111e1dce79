"""End-to-end shares: the Framework's definition, its targets, its table; the page of them."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client

from portal.catalogues.models import Agency
from ratings.end_to_end import Shares, annex, share, target
from ratings.queries import end_to_end
from ratings.services import figures
from ratings.spans import named
from tests.ratings.test_figures import _sent, report

pytestmark = [pytest.mark.requirement("R-06")]


def test_the_annex_holds_21_ministries_and_63_provinces_as_the_ratio_code_writes_percentages() -> None:
    rows = annex()
    assert sum(code.startswith("G") for code in rows) == 21 and sum(code.startswith("H") for code in rows) == 63
    assert (
        (rows["G24"].of_services, rows["G24"].of_dossiers) == (share(13, 13), share(4976, 10_000)) == (Decimal("100.00"), Decimal("49.76"))
    )
    assert (rows["G08"].of_services, rows["G08"].of_dossiers) == (share(1, 7), share(0, 41)) == (Decimal("14.29"), Decimal("0.00"))
    assert rows["H17"].of_dossiers == Decimal("64.94") and rows["H26"].of_dossiers is None and "đối soát" in rows["H26"].note
    for row in rows.values():
        assert all(value is None or 0 <= value <= 100 for value in (row.of_services, row.of_dossiers))


def test_targets_are_those_of_the_year_and_stay() -> None:
    assert [target("G15", year) for year in (2023, 2024, 2025, 2026)] == [None, 70, 85, 85]
    assert [target("H26", year) for year in (2024, 2025)] == [30, 70]
    assert Shares().of_dossiers is None


@pytest.mark.usefixtures("demo_data")
def test_shares_count_services_and_dossiers_folded_or_not(client: Client) -> None:
    at_counter, in_part, other = report(2, "4", received=0), report(3, "4", received=1), report(4, "4", received=2)
    at_counter.values.update(channel="1", service_level="")
    in_part.values.update(procedure_code="1.004222", service_level="part")
    other.values.update(unit_code="G15", procedure_code="1.004222")
    _sent(report(1, "4", received=0), at_counter)
    figures.fold()
    _sent(in_part, other)
    june = named("2026-06")
    assert june is not None
    assert end_to_end(june.first, june.last) == {"H26": Shares(2, 1, 3, 1), "G15": Shares(1, 1, 1, 1)}
    page = client.get("/thong-ke/toan-trinh/?ky=2026-06").content.decode()
    assert "2 trong 4 hồ sơ" in page and "33,33" in page and re.search("[−-]36,67", page)
    assert client.get("/en/thong-ke/toan-trinh/?ky=x").status_code == 200


@pytest.mark.usefixtures("demo_data")
def test_every_code_of_the_annex_is_an_agency() -> None:
    known = set(Agency.objects.filter(code__in=annex()).values_list("code", flat=True))
    assert known == set(annex())
