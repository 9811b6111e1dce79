"""Places: 34 provinces and 3,321 communes today, 63 and their districts before, and the way from an old name to today's."""

from __future__ import annotations

import csv
import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from portal.access import SYSTEM, AccessDenied
from portal.catalogues import queries, services
from portal.catalogues.models import AdministrativeUnit, Succession
from tests.factories import loose_officer

pytestmark = pytest.mark.django_db

BEFORE = dt.date(2025, 6, 30)


def names(found: Any) -> list[str]:
    return [str(one.unit) for one in found]


@pytest.mark.requirement("C-17")
def test_there_are_34_provinces_and_3321_communes_today_and_63_before() -> None:
    assert queries.provinces().count() == 34
    assert AdministrativeUnit.objects.on(dt.date(2026, 7, 1)).filter(level="commune").count() == 3321
    assert AdministrativeUnit.objects.on(dt.date(2025, 7, 1)).filter(level="commune").count() == 3321
    assert queries.provinces(on=BEFORE).count() == queries.provinces(on=dt.date(2010, 1, 1)).count() == 63
    assert AdministrativeUnit.objects.on(BEFORE).filter(level="district").count() == 696
    assert AdministrativeUnit.objects.on(BEFORE).filter(level="commune").count() == 10035
    assert not AdministrativeUnit.objects.current().filter(level="district").exists()


def test_dong_nai_is_a_city_with_ten_new_wards_since_30_april_2026() -> None:
    day = dt.date(2026, 4, 30)
    changed = AdministrativeUnit.objects.filter(effective_from=day, level="commune")
    assert changed.count() == 10
    assert all(row.full_name.startswith("Phường ") and row.parent is not None and row.parent.code == "75" for row in changed)
    assert str(queries.administrative_unit("26485", on=day - dt.timedelta(days=1))) == "Xã Nhơn Trạch"
    assert str(queries.administrative_unit("06978")) == "Xã Ba Chẽ"


def test_every_old_unit_leads_somewhere_and_every_new_one_comes_from_somewhere() -> None:
    ended = AdministrativeUnit.objects.filter(effective_to=dt.date(2025, 7, 1))
    # Island districts had no communes and lead on by themselves; of other districts the communes do.
    homeless = ended.filter(succeeded_by__isnull=True).exclude(level="district")
    assert not homeless.exists()
    assert set(ended.filter(level="district", succeeded_by__isnull=False).values_list("code", flat=True)) == {
        "318",
        "471",
        "498",
        "536",
        "755",
    }
    assert not AdministrativeUnit.objects.filter(effective_from=dt.date(2025, 7, 1), succeeds__isnull=True).exists()
    split = Succession.objects.filter(share="part")
    mains = split.filter(is_main=True).count()
    assert mains == split.values("old").distinct().count() == 471


@pytest.mark.parametrize(
    ("code", "today"),
    [
        ("24", ["Tỉnh Bắc Ninh"]),
        ("77", ["Thành phố Hồ Chí Minh"]),
        ("755", ["Đặc khu Côn Đảo"]),
        ("00004", ["Phường Ba Đình"]),
        ("26485", ["Phường Nhơn Trạch"]),
        ("99999", []),
    ],
)
@pytest.mark.requirement("C-17")
def test_an_old_code_leads_to_todays_units(code: str, today: list[str]) -> None:
    assert names(queries.successors(code)) == today


def test_a_split_commune_names_the_main_part_first() -> None:
    row = Succession.objects.filter(share="part", is_main=True).select_related("old", "new").order_by("pk")[0]
    becoming = queries.successors(row.old.code)
    assert len(becoming) > 1
    assert becoming[0].unit.code == row.new.code
    assert [one.is_main for one in becoming] == [True] + [False] * (len(becoming) - 1)
    assert not any(one.whole for one in becoming)


@pytest.mark.parametrize(
    ("typed", "today"),
    [
        ("truc bach", ["Phường Ba Đình"]),
        ("Phường Trúc Bạch, quận Ba Đình, Hà Nội", ["Phường Ba Đình"]),
        ("P. 1, Q. 3, TP. Hồ Chí Minh", ["Phường Bàn Cờ"]),
        ("Tỉnh Bắc Giang", ["Tỉnh Bắc Ninh"]),
        ("Thừa Thiên Huế", ["Thành phố Huế"]),
        ("huyện Côn Đảo", ["Đặc khu Côn Đảo"]),
        ("phường Hoàn Kiếm", ["Phường Hoàn Kiếm"]),
        ("Xã Nhơn Trạch", ["Phường Nhơn Trạch"]),
    ],
)
def test_an_old_name_finds_todays_unit(typed: str, today: list[str]) -> None:
    assert names(queries.find_today(typed)[0].today) == today


def test_a_district_leads_to_all_communes_it_went_into() -> None:
    found = queries.find_today("Quận Ba Đình")
    assert [str(one.unit) for one in found] == ["Quận Ba Đình"]
    assert {"Phường Ba Đình", "Phường Ngọc Hà", "Phường Giảng Võ"} <= set(names(found[0].today))
    assert not any(one.whole for one in found[0].today)


def test_a_name_is_found_in_a_province_and_what_holds_comes_first() -> None:
    everywhere = queries.find_today("hoa binh")
    assert everywhere[0].still_holds
    there = queries.find_today("hoa binh", province="25")
    assert there and all(unit.unit.parent is None or unit.unit.parent.code == "25" for found in there for unit in found.today)
    assert len(there) < len(everywhere)
    for nothing in ("", "  , ", "không có nơi này"):
        assert queries.find_today(nothing) == []


@pytest.mark.parametrize("typed", ["tân lập", "hòa bình", "Quận Ba Đình", "Nhơn Trạch", "x" * 5000, "a\0b", "%_'\\"])
def test_finding_costs_few_queries_whatever_the_name(typed: str, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(6):
        for found in queries.find_today(typed):
            assert [str(one.unit.parent) for one in found.today]


def test_a_later_merger_is_followed_too() -> None:
    day = dt.date(2027, 1, 1)
    old, new = queries.administrative_unit("00004"), queries.administrative_unit("00008")
    with pytest.raises(services.EntryRefused):
        services.record_succession(actor=SYSTEM, old=old, new=new, effective_on=day)
    old = services.disable(entry=old, actor=SYSTEM, effective_to=day)
    with pytest.raises(AccessDenied):
        services.record_succession(actor=loose_officer(roles=("reception",)), old=old, new=new, effective_on=day)
    services.record_succession(actor=SYSTEM, old=old, new=new, effective_on=day)
    with pytest.raises(services.EntryRefused):
        services.record_succession(actor=SYSTEM, old=old, new=new, effective_on=day)
    assert names(queries.find_today("Trúc Bạch", on=dt.date(2026, 12, 31))[0].today) == ["Phường Ba Đình"]
    assert names(queries.find_today("Trúc Bạch", on=day)[0].today) == ["Phường Ngọc Hà"]


def test_the_database_keeps_succession_in_order() -> None:
    row = Succession.objects.filter(share="whole").select_related("old", "new").order_by("pk")[0]
    other = queries.administrative_unit("00008")
    common = {"effective_on": row.effective_on}
    wrongs: list[dict[str, Any]] = [
        {"old": row.old, "new": row.new, "share": "part"},
        {"old": row.old, "new": other, "share": "whole"},
        {"old": other, "new": other, "share": "part"},
        {"old": other, "new": row.new, "share": "whole", "is_main": False},
    ]
    for wrong in wrongs:
        with pytest.raises(IntegrityError), transaction.atomic():
            Succession.objects.create(**wrong, **common)
    with pytest.raises(DatabaseError), transaction.atomic():
        Succession.objects.filter(pk=row.pk).delete()


def test_communes_of_a_province_then_and_now() -> None:
    assert queries.communes("01").count() == 126
    assert queries.communes("01", on=BEFORE).count() == 526
    assert queries.communes("001", on=BEFORE).count() == queries.communes("001", on=BEFORE).filter(parent__code="001").count() > 0
    assert queries.districts("01", on=BEFORE).count() == 30
    assert not queries.districts("01", on=dt.date(2025, 7, 1)).exists()


def test_the_office_of_a_place() -> None:
    assert {place: office.code for place, office in queries.offices(["00070", "01", "00008"]).items()} == {"00070": "H26.101", "01": "H26"}


def test_shipped_files_hold_no_stray_spaces_and_codes_of_the_right_length() -> None:
    for file in services.DATA.glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as text:
            for line in csv.DictReader(text):
                assert None not in line and None not in line.values(), f"{file.name}: {line}"
                assert all(cell == " ".join(cell.split()) for cell in line.values()), f"{file.name}: {line}"
