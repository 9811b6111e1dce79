"""The other catalogues: what is shipped holds together, codes follow their rule, changes can be asked for."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.access import SYSTEM
from portal.catalogues import queries, services
from portal.catalogues.models import Agency, BankAccount, PaperKind, PaymentInstitution, ResultKind, RevenueKind, Sector
from portal.catalogues.registry import CATALOGUES
from portal.catalogues.services.entries import problems_of

pytestmark = pytest.mark.django_db


@pytest.mark.requirement("C-17", "C-30")
@pytest.mark.parametrize("name", CATALOGUES)
def test_every_catalogue_is_there_and_keeps_its_own_rules(name: str) -> None:
    catalogue = CATALOGUES[name]
    rows = catalogue.model._default_manager.select_related(*catalogue.relations).order_by("-effective_from", "pk")[:600]
    assert rows
    for row in rows:
        assert row.owner_code == catalogue.owner
        assert row.source
        assert problems_of(row) == []


@pytest.mark.requirement("C-17")
def test_ministries_and_committees_are_those_of_the_decision() -> None:
    today = Agency.objects.on(dt.date(2026, 7, 1))
    assert set(today.filter(level="ministry").values_list("code", flat=True)) == {
        "G01", "G02", "G03", "G06", "G08", "G09", "G10", "G11", "G12", "G15", "G16", "G17", "G18", "G19", "G20", "G21", "G22",
    }  # fmt: skip
    assert today.filter(level="province").count() == 34
    assert Agency.objects.on(dt.date(2025, 6, 30)).filter(level="province").count() == 63
    assert queries.agency("G10").name == "Bộ Nông nghiệp và Môi trường"
    assert queries.agency("G10", on=dt.date(2025, 2, 28)).name == "Bộ Nông nghiệp và Phát triển nông thôn"
    assert queries.agency("H05").administrative_unit.code == "24"  # type: ignore[union-attr]


def test_a_merged_agency_leads_to_the_one_that_took_its_place() -> None:
    for old, new in (("G04", "G17"), ("G05", "G12"), ("H02", "H05"), ("H63", "H38")):
        row = Agency.objects.get(code=old)
        assert row.successor is not None and row.successor.code == new
        assert row.successor.effective_to is None


def test_a_field_is_found_by_its_name() -> None:
    field = queries.sector_named("hộ  TỊCH")
    assert field is not None and (field.code, field.agency.code) == ("LV.ho-tich", "G15")  # type: ignore[union-attr]
    assert queries.sector_named("An toàn vệ sinh lao động") == queries.sector_named("An toàn, vệ sinh lao động")
    assert queries.sector_named("không có") is None and queries.sector_named("") is None
    assert "LV.ho-tich" in {row.code for row in queries.sectors(agency="G15")}


@pytest.mark.requirement("C-30")
def test_a_kind_of_paper_may_be_the_result_of_a_procedure() -> None:
    paper = queries.paper_kind("KQ.G15.000031")
    assert paper.is_result and paper.result_kind == queries.result_kind("KQ.G15.000031")
    with pytest.raises(IntegrityError), transaction.atomic():
        PaperKind.objects.create(code="X", name="X", owner_code="G22", effective_from=dt.date(2026, 1, 1), result_kind=paper.result_kind)


WRONG: list[tuple[Any, str, dict[str, Any], str]] = [
    (Agency, "H26-1", {"level": "unit"}, "code"),
    (Agency, "H64", {"level": "ministry"}, "code"),
    (Agency, "G90.1", {"level": "ministry"}, "code"),
    (Agency, "G90", {"level": "ministry", "working_hours": [[["7h", "11h"]]] * 7}, "working_hours"),
    (Agency, "G90", {"level": "ministry", "working_hours": []}, "working_hours"),
    (Sector, "ho-tich", {}, "code"),
    (ResultKind, "KQ-G15-1", {}, "code"),
    (RevenueKind, "27710", {}, "code"),
    (PaymentInstitution, "VCB", {"kind": "bank"}, "code"),
    (PaymentInstitution, "970499", {"kind": "bank", "swift": "abc"}, "swift"),
]


@pytest.mark.parametrize(("model", "code", "facts", "field"), WRONG)
def test_a_code_that_breaks_its_rule_is_refused_with_words(model: Any, code: str, facts: dict[str, Any], field: str) -> None:
    entry = model(code=code, name="Thử", owner_code="G22", effective_from=dt.date(2026, 1, 1), **facts)
    entry.derive()
    assert [name for name, _ in problems_of(entry)] == [field]
    with pytest.raises(services.EntryRefused):
        services.add(model=model, actor=SYSTEM, code=code, name="Thử", owner_code="G22", effective_from=dt.date(2026, 1, 1), **facts)


def test_an_agency_stands_below_its_parents_code() -> None:
    common: dict[str, Any] = {"model": Agency, "actor": SYSTEM, "owner_code": "G22", "effective_from": timezone.localdate()}
    with pytest.raises(services.EntryRefused, match="H26"):
        services.add(code="H29.7", name="Thử", level="unit", parent=queries.agency("H26"), **common)
    assert services.add(code="H29.7", name="Thử", level="unit", parent=queries.agency("H29"), **common).pk


def test_an_account_is_kept_at_the_treasury_or_at_a_bank() -> None:
    accounts = list(queries.bank_accounts("H26.101"))
    assert {account.kind for account in accounts} == {"treasury", "bank"}
    assert all(account.is_demo for account in accounts)
    bank = next(account for account in accounts if account.kind == BankAccount.Kind.BANK)
    with pytest.raises(services.EntryRefused):
        services.amend(entry=bank, actor=SYSTEM, institution=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        BankAccount.objects.create(code="X", name="X", owner_code="G12", effective_from=dt.date(2026, 1, 1), kind="bank", number="1234",
                                   holder=bank.holder)  # fmt: skip
    assert queries.institutions("bank").count() >= 20
    assert queries.revenue_kind("2771").name == "Lệ phí hộ tịch"


@pytest.mark.requirement("C-17")
def test_what_changed_since_a_moment() -> None:
    moment = timezone.now()
    assert not queries.changed_since(Agency, moment).exists()
    old = queries.agency("H26.101")
    new = services.amend(entry=old, actor=SYSTEM, hotline="1900 9999")
    services.disable(entry=queries.agency("H26.102"), actor=SYSTEM)
    changed = list(queries.changed_since(Agency, moment))
    assert {row.pk for row in changed} == {old.pk, new.pk, Agency.objects.get(code="H26.102").pk}
    assert [row.updated_at for row in changed] == sorted(row.updated_at for row in changed)
