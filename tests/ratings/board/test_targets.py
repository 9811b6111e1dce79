"""The board of targets: values are what the rows give, a version from a day on, nothing made up where nothing is counted."""

from __future__ import annotations

import datetime as dt
import io
from collections import defaultdict
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from openpyxl import load_workbook

from dossiers.models import NationalDossier
from dossiers.services.national import facts_of
from portal.access import AccessDenied
from portal.audit.models import Act
from ratings.board import counting, setting, targets
from ratings.board.rules import Level, is_met, share, step_of
from ratings.board.sources import Room
from ratings.models import LevelCount, Target
from ratings.queries import Asked
from ratings.services import figures
from ratings.tasks import count_levels
from tests.factories import make_officer_actor
from tests.payments.support import desk_of
from tests.ratings.board.support import dossier, head, some, tell, vpcp
from tests.ratings.test_figures import plain

pytestmark = [pytest.mark.requirement("R-13")]

LEVELS = {"H26": "province", "H26.101": "commune", "H26.102": "commune", "H26.201": "province", "H26.101.5": "commune", "H17.101": "",
          "G15": "central"}  # fmt: skip


def _fold() -> None:
    while figures.fold():
        pass


def _alone() -> None:
    NationalDossier.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ratings_dossiercount; DELETE FROM ratings_dossierdelta")


@pytest.mark.usefixtures("demo_data")
def test_values_are_what_a_plain_count_of_the_rows_gives() -> None:
    today = timezone.localdate()
    _alone()
    some(7, today, 90)
    _fold()
    count_levels(anew=True)
    rows = [facts_of(row) for row in NationalDossier.objects.all()]
    year = dt.date(today.year, 1, 1)

    def of(codes: Any, first: dt.date) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for code in codes:
            counted = plain([row for row in rows if row.unit_code == code], Asked(first, today))
            for name in ("received", "received_online", "end_to_end", "digitised", "digitised_results", "reused", "with_result"):
                found[name] += getattr(counted, name)
            works = counted.received + counted.resolved + counted.withdrawn > 0
            found["units"] += works
            found["units_digitising"] += works and counted.digitised_results > 0
        return found

    lines = {line.target.code: line for line in targets.board("", today)}
    by_level = {level: of([code for code, one in LEVELS.items() if one == level], year) for level in set(LEVELS.values())}
    whole, local = of(LEVELS, year), of([code for code in LEVELS if code.startswith("H")], year)
    for code, value in {
        "truc-tuyen": share(whole["received_online"], whole["received"]),
        "toan-trinh-bo": share(by_level["central"]["end_to_end"], by_level["central"]["received"]),
        "toan-trinh-dia-phuong": share(local["end_to_end"], local["received"]),
        "so-hoa-ket-qua-tinh": share(by_level["province"]["digitised_results"], by_level["province"]["with_result"]),
        "so-hoa-ket-qua-xa": share(by_level["commune"]["digitised_results"], by_level["commune"]["with_result"]),
        "so-hoa-ho-so": share(whole["digitised"], whole["with_result"]),
        "don-vi-so-hoa-xa": share(by_level["commune"]["units_digitising"], by_level["commune"]["units"]),
        "khong-cung-cap-lai": share(whole["reused"], whole["received"]),
    }.items():
        assert lines[code].value == value, code
        month = lines[code].reading.course[-1]  # type: ignore[union-attr]
        assert month[0] == today.replace(day=1) and len(lines[code].reading.course) == 12  # type: ignore[union-attr]
    assert lines["so-hoa-ket-qua-xa"].wanted == 100 and lines["so-hoa-ket-qua-xa"].reading.counted_at is not None  # type: ignore[union-attr]
    city = {line.target.code: line for line in targets.board("H26", today)}
    below = [code for code in LEVELS if code.startswith("H26")]
    mine = of(below, year)
    communes = of([code for code in below if LEVELS[code] == "commune"], year)
    assert city["truc-tuyen"].value == share(mine["received_online"], mine["received"])
    assert city["toan-trinh-dia-phuong"].value == share(mine["end_to_end"], mine["received"])
    assert city["so-hoa-ket-qua-xa"].value == share(communes["digitised_results"], communes["with_result"])
    assert not {"toan-trinh-bo", "tai-khoan", "so-hoa-ket-qua-trung-uong"} & set(city)
    ward = {line.target.code for line in targets.board("H26.101", today)}
    assert "so-hoa-ket-qua-xa" in ward and not {"so-hoa-ket-qua-tinh", "don-vi-so-hoa-xa"} & ward


@pytest.mark.usefixtures("demo_data")
def test_levels_are_counted_again_and_follow_what_changes() -> None:
    today = timezone.localdate()
    _alone()
    tell(dossier(1, today, received=-1, due=5))
    _fold()
    counting.count_levels(timezone.now(), anew=True)
    assert list(LevelCount.objects.filter(period="y", received__gt=0).values_list("agency", "level", "received", "units")) == [
        ("H26", "commune", 1, 1)
    ]
    tell(dossier(2, today, unit="H26.201", received=0, due=5))
    _fold()
    count_levels()
    assert set(LevelCount.objects.filter(period="m", first=today.replace(day=1)).values_list("level", "received")) >= {("province", 1)}
    assert counting.levels_of(["H26.201", "H26.999", "H99.1", "G15.3"], {"H26": "province", "H26.201": "unit"}) == {
        "H26.201": "province", "H26.999": "", "H99.1": "", "G15.3": "central",
    }  # fmt: skip


@pytest.mark.requirement("D-22")
@pytest.mark.usefixtures("demo_data")
def test_the_page_says_what_is_met_and_what_nobody_counts() -> None:
    today = timezone.localdate()
    _alone()
    tell(*(dossier(number, today, received=-1, due=5, channel="2") for number in range(1, 4)), dossier(9, today, received=-1, channel="1"))
    client = vpcp()
    page = client.get("/dieu-hanh/muc-tieu/").content.decode()
    assert "Năm" in page and "75%</strong> (3 trong 4). Mục tiêu: 50%, <strong" in page
    centres = page[page.index('id="don-vi-so-hoa-trung-tam"') :]
    assert "Chưa có nguồn số liệu." in centres[:600] and "Mục tiêu: 100%." in centres[:600]
    assert "cấp huyện" not in page and "Đặt chỉ tiêu" in page
    assert "Đặt chỉ tiêu" not in head("H26").get("/dieu-hanh/muc-tieu/").content.decode()
    sheet: Any = load_workbook(io.BytesIO(client.get("/dieu-hanh/muc-tieu/so-lieu.xlsx").content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    online = next(row for row in rows if row[0] == "truc-tuyen" and row[3] == "Năm")
    assert online[4:11] == [75, 50, 25, "%", "Đạt", 3, 4]
    assert next(row for row in rows if row[0] == "don-vi-so-hoa-trung-tam")[8] == "Chưa có nguồn số liệu"
    assert len([row for row in rows if row[0] == "truc-tuyen"]) == 13


@pytest.mark.usefixtures("demo_data")
def test_vpcp_sets_a_target_and_what_held_before_stays() -> None:
    today = timezone.localdate()
    client = vpcp()
    row = Target.objects.get(code="truc-tuyen")
    base = f"/quan-tri/ratings/target/{row.pk}/"
    listed = client.get("/quan-tri/ratings/target/?hieu-luc=dang").content.decode()
    assert "Hồ sơ thực hiện trực tuyến" in listed and "so-hoa-ket-qua-huyen" not in listed
    form = client.get(f"{base}edit/").content.decode()
    assert "2023: 50" in form
    given = {"name": row.name, "level": "any", "unit": "percent", "steps": "2023: 50\n2027: 60,5", "source": "online", "law": "QĐ thử",
             "note": "", "position": "20", "valid_from": f"{today:%d/%m/%Y}"}  # fmt: skip
    for wrong, words in (
        ({"steps": "hai ngàn"}, "chưa đúng"), ({"steps": "2027: 1\n2027: 2"}, "viết hai lần"), ({"law": ""}, "Bạn hãy ghi mục này"),
        ({"valid_from": "01/01/2022"}, "từ hôm nay"), ({"valid_from": "01/01/2020"}, "Hãy chọn ngày sau đó"), ({"source": "x"}, "chọn lại"),
        ({"steps": "1999: 5"}, "chưa đúng"),
    ):  # fmt: skip
        answer = client.post(f"{base}edit/", {**given, **wrong})
        assert answer.status_code == 422 and words in answer.content.decode(), wrong
    assert client.post(f"{base}edit/", given).status_code == 302
    row.refresh_from_db()
    new = Target.objects.get(code="truc-tuyen", valid_to=None)
    assert row.valid_to == today - dt.timedelta(days=1) and new.steps == {"2023": 50, "2027": 60.5} and new.valid_from == today
    assert Act.objects.filter(act="ratings.set_target", target_id=str(new.pk)).count() == 1
    told = client.get(f"/quan-tri/ratings/target/{new.pk}/change/").content.decode()
    assert "2027: 60,5%" in told and "QĐ thử" in told and "2023: 50%" in told
    history = client.get(f"/quan-tri/ratings/target/{row.pk}/history/").content.decode()
    assert f"Đến hết: {today - dt.timedelta(days=1):%d/%m/%Y}" in history and "Đặt mức của chỉ tiêu" in history
    line = next(line for line in targets.board("", today) if line.target.code == "truc-tuyen")
    assert line.target == new and (line.wanted, step_of(new.steps, 2028)) == (50, step_of({"1": 60.5}, 2028))
    add = {**given, "code": "chi-tieu-moi", "name": "Chỉ tiêu mới", "steps": "2026: 10"}
    assert client.post("/quan-tri/ratings/target/add/", {**add, "code": "Mới!"}).status_code == 422
    assert client.post("/quan-tri/ratings/target/add/", {**add, "code": "truc-tuyen"}).status_code == 422
    assert client.post("/quan-tri/ratings/target/add/", add).status_code == 302
    made = Target.objects.get(code="chi-tieu-moi")
    end = f"/quan-tri/ratings/target/{made.pk}/end/"
    assert client.post(end, {"valid_to": "01/01/2020"}).status_code == 422
    assert client.post(end, {"valid_to": f"{today:%d/%m/%Y}"}).status_code == 302
    tomorrow = today + dt.timedelta(days=1)
    assert "chi-tieu-moi" in {line.target.code for line in targets.board("", today)}
    assert "chi-tieu-moi" not in {line.target.code for line in targets.board("", tomorrow)}
    for other in (head("H26"), desk_of("G22", "administrator")[0]):
        assert other.get("/quan-tri/ratings/target/").status_code == 403
        assert other.post(f"{base}edit/", given).status_code in (403, 404)
        assert other.post("/quan-tri/ratings/target/add/", add).status_code == 403
    with pytest.raises(AccessDenied):
        setting.set_target(actor=make_officer_actor("H26", ("overseeing",)), code="x", valid_from=today, now=timezone.now())


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"steps": {}}, {"law": ""}, {"level": "x"}, {"code": "Có dấu"}, {"valid_to": dt.date(2020, 1, 1)}])
def test_the_database_refuses_targets_that_cannot_be(wrong: dict[str, Any]) -> None:
    well = {"code": "mot", "name": "Một", "steps": {"2025": 1}, "law": "QĐ", "valid_from": dt.date(2021, 1, 1)}
    with pytest.raises(IntegrityError), transaction.atomic():
        Target.objects.create(**{**well, **wrong})
    Target.objects.create(**well)
    with pytest.raises(IntegrityError), transaction.atomic():
        Target.objects.create(**{**well, "valid_from": dt.date(2022, 1, 1)})


@pytest.mark.requirement("D-02")
@pytest.mark.django_db
def test_shipped_targets_are_those_of_the_law() -> None:
    setting.begin()
    said = setting.begin()
    assert said == f"{Target.objects.count()} mức của chỉ tiêu"
    wanted = {target.code: [step_of(target.steps, year) for year in range(2021, 2027)] for target in Target.objects.all()}
    assert wanted["so-hoa-ket-qua-trung-uong"] == [40, 100, 100, 100, 100, 100]
    assert wanted["so-hoa-ket-qua-tinh"] == [30, 50, 70, 90, 100, 100] and wanted["so-hoa-ket-qua-xa"] == [15, 35, 55, 75, 95, 100]
    assert wanted["so-hoa-ket-qua-huyen"] == [20, 40, 60, 80, 100, 100] and wanted["don-vi-so-hoa-xa"] == [None, 30, 60, 90, 100, 100]
    assert wanted["hai-long"][-2:] == [95, 95] and wanted["truc-tuyen"][-1] == 50 and wanted["luan-chuyen-dien-tu"][-1] == 80
    assert wanted["don-vi-so-hoa-trung-tam"][0] == 100 and wanted["don-vi-so-hoa-huyen"][:3] == [None, 50, 80]
    for code in ("khong-cung-cap-lai", "khong-khai-lai", "khong-nop-lai-giay-to"):
        assert wanted[code] == [None, 30, 80, 80, 80, 80], "who need not give again what the State has"
    accounts = Target.objects.get(code="tai-khoan").steps
    assert [step_of(accounts, year) for year in (2018, 2019, 2020, 2023)] == [None, 500_000, 1_000_000, 8_000_000]


def test_less_is_better_where_people_wait_and_nothing_is_met_without_a_value() -> None:
    assert (is_met(10, step_of({"2025": 15}, 2026), "minutes"), is_met(16, step_of({"2025": 15}, 2026), "minutes")) == (True, False)
    assert is_met(None, step_of({"2025": 15}, 2026), "percent") is None and is_met(5, None, "percent") is None


def test_targets_concern_whoever_they_are_about() -> None:
    today = dt.date(2026, 9, 1)
    country, city, ministry = Room("", today), Room("H26", today), Room("G15", today)
    assert all(country.applies(level) for level in Level.values)
    assert [level for level in Level.values if city.applies(level)] == ["any", "local", "province", "commune"]
    assert [level for level in Level.values if ministry.applies(level)] == ["any", "central"]
