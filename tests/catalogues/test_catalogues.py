"""Shared catalogues: loaded once, amended by succession, never deleted, changed only by those who may."""

from __future__ import annotations

import datetime as dt
import shutil
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from portal.access import ANONYMOUS, AccessDenied, ActingAs, Actor, Assurance
from portal.audit.models import Act
from portal.catalogues import queries, services
from portal.catalogues.models import AdministrativeUnit, Agency, CatalogueEntry, PaperKind, ShippedFile
from portal.catalogues.registry import CATALOGUES

pytestmark = pytest.mark.django_db

EDITOR = Actor(
    acting_as=ActingAs.POSITION,
    user_id=uuid.uuid4(),
    position_id=uuid.uuid4(),
    unit="G22",
    roles=frozenset({"steering"}),
    assurance=Assurance.HIGH,
)
READER = Actor(
    acting_as=ActingAs.POSITION,
    user_id=uuid.uuid4(),
    position_id=uuid.uuid4(),
    unit="H26.101",
    roles=frozenset({"reception"}),
    assurance=Assurance.HIGH,
)


@pytest.fixture
def loaded() -> None:
    """The catalogues are loaded for the whole room (see conftest): this says that a test relies on it."""
    assert Agency.objects.filter(code="H26.101").exists()


def rows() -> list[tuple[Any, ...]]:
    return [row for model in (AdministrativeUnit, Agency, PaperKind) for row in model.objects.order_by("pk").values_list()]


@pytest.mark.requirement("C-17")
def test_what_is_shipped_is_loaded_once(loaded: None, django_assert_num_queries: Any) -> None:
    before = rows()
    with django_assert_num_queries(3):  # a savepoint around one look at the stamps
        again = services.load_shipped()
    assert set(again.values()) == {0}
    ShippedFile.objects.all().delete()
    assert set(services.load_shipped().values()) == {0}, "read again, the files say what is there"
    assert rows() == before
    acts = Act.objects.filter(act="catalogues.load").count()
    assert acts in (1, 2), "places are loaded into the template, the rest for this room"


def test_places_and_agencies_are_found(loaded: None) -> None:
    assert str(queries.administrative_unit("00070")) == "Phường Hoàn Kiếm"
    assert queries.administrative_unit("00070").parent.code == "01"  # type: ignore[union-attr]
    assert queries.provinces().count() == 34
    assert queries.communes("01").count() == 126
    agency = queries.agency("H26.101")
    assert agency.is_demo
    assert agency.administrative_unit is not None and agency.administrative_unit.code == "00070"
    # By the alphabet: Cửa Nam before Hoàn Kiếm.
    assert [child.code for child in queries.children("H26")] == [
        "H26.290",
        "H26.201",
        "H26.202",
        "H26.203",
        "H26.102",
        "H26.101",
        "H26.204",
    ]
    assert queries.paper_kind("KQ.G15.000031").name == "Giấy khai sinh"
    assert [found.code for found in queries.named_like(queries.communes("01"), "hoan kiem")] == ["00070"]
    with pytest.raises(Agency.DoesNotExist):
        queries.agency("H99")


def test_provinces_stand_in_vietnamese_order(loaded: None) -> None:
    names = [province.name for province in queries.provinces()]
    assert names[:7] == ["An Giang", "Bắc Ninh", "Cà Mau", "Cao Bằng", "Cần Thơ", "Đà Nẵng", "Đắk Lắk"]
    assert names.index("Hưng Yên") < names.index("Khánh Hòa") < names.index("Lai Châu")


def test_the_past_stays_true(loaded: None) -> None:
    assert str(queries.administrative_unit("75", on=dt.date(2026, 4, 29))) == "Tỉnh Đồng Nai"
    assert str(queries.administrative_unit("75", on=dt.date(2026, 4, 30))) == "Thành phố Đồng Nai"
    assert queries.administrative_unit("75", on=dt.date(2025, 6, 30)).parent is None
    assert str(queries.administrative_unit("00004", on=dt.date(2025, 6, 30))) == "Phường Trúc Bạch"
    assert str(queries.administrative_unit("00004", on=dt.date(2025, 7, 1))) == "Phường Ba Đình"
    with pytest.raises(AdministrativeUnit.DoesNotExist):
        queries.administrative_unit("75", on=dt.date(2008, 7, 31))


@pytest.mark.requirement("C-17")
def test_an_amendment_is_a_successor(loaded: None) -> None:
    old = queries.agency("H26.101")
    day = timezone.localdate() + dt.timedelta(days=10)
    new = services.amend(entry=old, actor=EDITOR, effective_from=day, hotline="1900 9999")
    old.refresh_from_db()
    assert (old.effective_to, old.successor, old.hotline) == (day, new, "1900 0101")
    assert queries.agency("H26.101") == old
    assert queries.agency("H26.101", on=day) == new
    assert new.administrative_unit == old.administrative_unit
    act = Act.objects.get(act="catalogues.amend")
    assert act.target_id == str(new.pk)
    assert act.details["changed"] == ["hotline"]
    history = Agency.pgh_event_model.objects.filter(code="H26.101").order_by("pgh_id")  # type: ignore[attr-defined]
    assert [(event.pgh_label, event.hotline) for event in history] == [
        ("update", "1900 0101"), ("insert", "1900 9999"), ("update", "1900 0101"),
    ]  # fmt: skip
    assert history.last().effective_to == day
    assert history.last().pgh_context.metadata == {"act": "catalogues.amend", "position": str(EDITOR.position_id), "unit": "G22"}


def test_children_stay_with_an_amended_parent(loaded: None) -> None:
    services.amend(entry=queries.agency("H26"), actor=EDITOR, hotline="1900 9999")
    assert {child.code for child in queries.children("H26")} == {
        "H26.101",
        "H26.102",
        "H26.201",
        "H26.202",
        "H26.203",
        "H26.204",
        "H26.290",
    }
    assert services.load_shipped()["agencies"] == 0, "what the desk amended is the desk's"


def test_amending_twice_on_one_day_and_what_is_refused(loaded: None) -> None:
    old = queries.agency("H26.101")
    first = services.amend(entry=old, actor=EDITOR, hotline="1900 1111")
    second = services.amend(entry=first, actor=EDITOR, hotline="1900 2222")
    assert queries.agency("H26.101") == second
    for entry, changes in [(old, {"hotline": "1900 3333"}), (second, {"hotline": "1900 2222"})]:
        with pytest.raises(services.EntryRefused):
            services.amend(entry=entry, actor=EDITOR, **changes)
    with pytest.raises(services.EntryRefused):
        services.amend(entry=second, actor=EDITOR, effective_from=dt.date(2020, 1, 1), hotline="1")
    with pytest.raises(TypeError):
        services.amend(entry=second, actor=EDITOR, code="H26.103")


@pytest.mark.requirement("C-17")
def test_a_disabled_entry_ends_and_a_reload_does_not_bring_it_back(loaded: None) -> None:
    services.disable(entry=queries.paper_kind("TP.G18.900001"), actor=EDITOR)
    with pytest.raises(PaperKind.DoesNotExist):
        queries.paper_kind("TP.G18.900001")
    assert queries.paper_kind("TP.G18.900001", on=timezone.localdate() - dt.timedelta(days=1)).name == "Giấy chứng sinh"
    assert services.load_shipped()["paper_kinds"] == 0


def test_a_shipped_row_that_changed_is_amended(loaded: None, tmp_path: Path) -> None:
    shutil.copytree(services.DATA, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "paper_kinds.csv"
    file.write_text(file.read_text().replace("Giấy chứng sinh", "Giấy chứng sinh (bản điện tử)"))
    assert services.load_shipped(folder=tmp_path)["paper_kinds"] == 1
    assert queries.paper_kind("TP.G18.900001").name == "Giấy chứng sinh (bản điện tử)"
    assert services.load_shipped(folder=tmp_path)["paper_kinds"] == 0


def test_a_new_entry_needs_a_free_code(loaded: None) -> None:
    today = timezone.localdate()
    new: dict[str, Any] = {"model": PaperKind, "code": "KQ.G15.000099", "effective_from": today, "owner_code": "G15"}
    kind = services.add(actor=EDITOR, name="Giấy thử nghiệm", **new)
    assert queries.paper_kind("KQ.G15.000099") == kind
    with pytest.raises(services.EntryRefused):
        services.add(actor=EDITOR, name="Khác", **new)


@pytest.mark.requirement("O-07")
@pytest.mark.parametrize("actor", [ANONYMOUS, READER])
def test_others_change_nothing(loaded: None, actor: Actor) -> None:
    before = rows()
    with pytest.raises(AccessDenied):
        services.amend(entry=queries.agency("H26.101"), actor=actor, hotline="1")
    with pytest.raises(AccessDenied):
        services.disable(entry=queries.agency("H26.101"), actor=actor)
    with pytest.raises(AccessDenied):
        services.add(model=PaperKind, actor=actor, code="X", effective_from=timezone.localdate(), name="X", owner_code="G22")
    with pytest.raises(AccessDenied):
        services.load_shipped(actor=actor)
    assert rows() == before


@pytest.mark.parametrize("name", CATALOGUES)
@pytest.mark.requirement("C-17")
def test_the_database_deletes_nothing_and_changes_no_fact(loaded: None, name: str) -> None:
    model: type[CatalogueEntry] = CATALOGUES[name].model
    before = list(model._default_manager.order_by("pk").values_list())
    with pytest.raises(DatabaseError, match=r"(?i)delet"), transaction.atomic(), connection.cursor() as cursor:
        # As somebody would who goes past all our code; what points to the row is asked about later than the trigger.
        cursor.execute(f'DELETE FROM "{model._meta.db_table}" WHERE id = %s', [before[0][0]])
    with pytest.raises(DatabaseError), transaction.atomic():
        model._default_manager.update(name="Khác")
    assert before and list(model._default_manager.order_by("pk").values_list()) == before


def test_the_database_holds_one_current_row_of_a_code_and_dates_in_order(loaded: None) -> None:
    common = {"name": "X", "owner_code": "G22"}
    with pytest.raises(IntegrityError), transaction.atomic():
        PaperKind.objects.create(code="KQ.G15.000031", effective_from=dt.date(2027, 1, 1), **common)
    with pytest.raises(IntegrityError), transaction.atomic():
        PaperKind.objects.create(code="Y", effective_from=dt.date(2027, 1, 2), effective_to=dt.date(2027, 1, 1), **common)
    with pytest.raises(IntegrityError), transaction.atomic():
        AdministrativeUnit.objects.create(code="123", level="province", full_name="X", effective_from=dt.date(2027, 1, 1), **common)


def test_an_agency_with_hours_of_its_own(loaded: None) -> None:
    agency = queries.agency("H26.101")
    monday = dt.date(2026, 3, 2)
    assert agency.calendar().hours(monday)[0][0] == dt.time(7)
    hours = [[["08:00", "12:00"], ["13:00", "17:00"]]] * 5 + [[["08:00", "11:00"]], []]
    agency = services.amend(entry=agency, actor=EDITOR, working_hours=hours)
    assert agency.calendar().hours(monday)[1] == (dt.time(13), dt.time(17))
    assert agency.calendar().hours(dt.date(2026, 3, 7)) == ((dt.time(8), dt.time(11)),)
    assert agency.calendar().hours(dt.date(2026, 4, 30)) == ()


def test_looking_up_an_agency_is_one_query(loaded: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        agency = queries.agency("H26.101")
        assert agency.parent is not None and agency.administrative_unit is not None
        assert (agency.parent.code, str(agency.administrative_unit)) == ("H26", "Phường Hoàn Kiếm")
