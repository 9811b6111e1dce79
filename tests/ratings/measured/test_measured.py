"""The portal's figures in the terms of Annex I go out by file and by the partners' door, and stand beside what was measured (X-12)."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.utils import DatabaseError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from dossiers.models import NationalDossier
from portal.exchange.partners.models import Call
from ratings import queries
from ratings.measured.terms import HEADER, SHARES, Figure, allowance, differs, number_of
from ratings.models import MeasuredFigure, MeasuredFile, MeasureTolerance
from ratings.services import figures
from tests.exchange.support import basic, make_partner
from tests.payments.support import desk_of
from tests.ratings.board.support import dossier, head, some, tell, vpcp

pytestmark = [pytest.mark.requirement("X-12")]
BASE = "/quan-tri/ratings/measuredfile/"


def counted() -> dict[str, dict[str, str]]:
    """The portal's own file of this year, by agency."""
    answer = Client().get("/thong-ke/toan-trinh/so-lieu.csv")
    assert answer.status_code == 200 and "phu-luc-i" in answer["Content-Disposition"]
    return {row["agency"]: row for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))}


def bring(client: Client, text: str, *, name: str = "emc.csv", **days: str) -> str:
    """A file, uploaded on the desk; the page that follows."""
    today = timezone.localdate()
    said = {"first": f"01/01/{today.year}", "last": f"31/12/{today.year}", **days}
    file = SimpleUploadedFile(name, text.encode(), content_type="text/csv")
    answer = client.post(f"{BASE}add/", {**said, "table": file}, follow=True)
    return answer.content.decode()


@pytest.fixture
def year(demo_data: None) -> None:
    """Dossiers of this year, and of nothing else."""
    NationalDossier.objects.all().delete()
    connection.cursor().execute("DELETE FROM ratings_dossiercount; DELETE FROM ratings_dossierdelta")
    today = timezone.localdate()
    some(7, today, number=40)
    tell(*(dossier(number, today, unit="G15", received=-3) for number in range(500, 520)))
    figures.fold()


@pytest.mark.usefixtures("year")
def test_figures_go_out_alike_as_csv_xlsx_json_and_by_the_partners_door() -> None:
    today = timezone.localdate()
    shares = queries.end_to_end(dt.date(today.year, 1, 1), dt.date(today.year, 12, 31))
    rows = counted()
    assert set(rows) == set(shares) and {"H26", "G15"} <= set(rows)
    for code, row in rows.items():
        assert (int(row["services"]), int(row["dossiers_end_to_end"])) == (shares[code].services, shares[code].dossiers_end_to_end)
        assert Decimal(row["share_of_dossiers"]) == shares[code].of_dossiers
    sheet = load_workbook(io.BytesIO(Client().get("/thong-ke/toan-trinh/so-lieu.xlsx").content)).active
    assert sheet is not None
    table = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert [str(cell) for cell in table[0]] == HEADER and {row[0] for row in table[1:]} == set(rows)
    said = json.loads(Client().get(f"/thong-ke/toan-trinh/so-lieu.json?ky={today.year}").content)
    assert [item["dossiers"] for item in said["items"]] == [int(rows[code]["dossiers"]) for code in sorted(rows)]
    for none in ("so-lieu.pdf", "so-lieu.csv?ky=x", f"so-lieu.csv?ky={today}"):
        assert Client().get(f"/thong-ke/toan-trinh/{none}").status_code == 404

    emc, other = make_partner("EMC", units=["G22"], calls=[Call.COUNTS]), make_partner("H26", calls=[Call.DOSSIERS])
    door = f"/api/v1/steering/measures?from={today.year}-01-01&to={today.year}-12-31"
    items = Client().get(door, headers=basic("EMC", emc)).json()["items"]
    assert {one["agency"]: one["share_of_services"] for one in items} == {c: float(row["share_of_services"]) for c, row in rows.items()}
    assert Client().get(door, headers=basic("H26", other)).status_code == 403 and Client().get(door).status_code == 401
    wrong = Client().get(f"/api/v1/steering/measures?from={today}&to={today - dt.timedelta(days=1)}", headers=basic("EMC", emc))
    assert wrong.status_code == 422 and wrong.json()["code"] == "invalid_request"


@pytest.mark.usefixtures("year")
def test_what_was_measured_is_compared_named_reported_and_never_changed() -> None:
    rows, centre = counted(), vpcp()
    own = Client().get("/thong-ke/toan-trinh/so-lieu.csv").content.decode("utf-8-sig")
    assert "Không có số nào khác" in (_page(centre, bring(centre, own))), "the portal's own file agrees with the portal"
    [alike] = MeasuredFile.objects.all()
    assert alike.differing == 0 and alike.figures == 6 * len(rows)
    assert "đã được nạp" in bring(centre, own)

    dossiers, share = int(rows["H26"]["dossiers"]), Decimal(rows["G15"]["share_of_dossiers"])
    nearly = str(share - Decimal("0.05")).replace(".", ",")
    text = (
        "Mã cơ quan,Chỉ số,Giá trị\n"
        f'H26,dossiers,{dossiers + 3}\nG15,Tỷ lệ hồ sơ trực tuyến toàn trình (%),"{nearly}"\n'
        f"g15,dossiers,{rows['G15']['dossiers']}\nH17,share_of_services,0\nG01,dossiers,12\n"
    )
    page = bring(centre, text, name="đo.csv")
    file = MeasuredFile.objects.exclude(pk=alike.pk).get()
    apart = {(line.agency, line.figure) for line in file.lines.filter(differs=True)}
    assert {("H26", "dossiers"), ("G01", "dossiers")} <= apart
    assert ("G15", "share_of_dossiers") not in apart, "a tenth of a point is allowed"
    shown = _page(centre, page, file)
    assert "Khác nhau" in shown and f"{dossiers + 3}" in shown and "Bộ Công an" in shown
    report = list(csv.DictReader(io.StringIO(centre.get(f"{BASE}{file.pk}/so-sanh.csv").content.decode("utf-8-sig"))))
    assert len(report) == 5 and report[0]["Kết luận"] == "Khác" and {row["Dòng"] for row in report} == {"2", "3", "4", "5", "6"}
    with CaptureQueriesContext(connection) as asked:
        centre.get(f"{BASE}{file.pk}/change/")
    assert len(asked) < 25
    with pytest.raises(DatabaseError, match="Cannot update"):
        MeasuredFigure.objects.filter(file=file).update(differs=False)


@pytest.mark.usefixtures("year")
def test_wrong_rows_are_named_by_number_and_nothing_is_taken() -> None:
    centre = vpcp()
    page = bring(
        centre,
        "agency,name,dossiers,share_of_dossiers\nH26,Hà Nội,10,20\nH99,Không có,1,2\nG15,X,nhiều,101\n"
        "H26,Hà Nội,11,\nG01,Y,-1,3\nG02,Z,1.5,3\n",
    )
    for words in ("6 lỗi", "òng 3: không có bộ, ngành, tỉnh mang mã", "dòng 4: “nhiều”", "dòng 4: tỷ lệ “101” lớn hơn 100",
                  "dòng 5: H26 dossiers đã có ở dòng trên", "dòng 6: “-1” ngoài", "dòng 7: “1.5” phải là số nguyên"):  # fmt: skip
        assert words in page.replace("&quot;", '"'), words
    assert not MeasuredFile.objects.exists()
    assert "Tệp phải có cột" in bring(centre, "a,b\n1,2\n") and "không đọc được" in bring(centre, "PK\x03\x04x", name="x.xlsx")
    assert "Ngày cuối phải" in bring(centre, "agency,dossiers\nH26,1\n", last="01/01/2020")


@pytest.mark.usefixtures("year")
def test_tolerances_are_data_of_the_government_office() -> None:
    rows, centre = counted(), vpcp()
    for stranger in (head("H26"), desk_of("H26", "administrator")[0]):
        assert stranger.get(BASE).status_code == 403 == stranger.post("/quan-tri/ratings/measuretolerance/dossiers/edit/").status_code
    answer = centre.post("/quan-tri/ratings/measuretolerance/dossiers/edit/", {"absolute": "5", "per_cent": "0"})
    assert answer.status_code == 302 and MeasureTolerance.objects.get(figure="dossiers").absolute == 5
    bring(centre, f"agency,dossiers\nH26,{int(rows['H26']['dossiers']) + 5}\nG15,{int(rows['G15']['dossiers']) + 6}\n")
    file = MeasuredFile.objects.get()
    assert list(file.lines.filter(differs=True).values_list("agency", flat=True)) == ["G15"]


def _page(client: Client, _after: str, file: MeasuredFile | None = None) -> str:
    file = file or MeasuredFile.objects.get()
    return client.get(f"{BASE}{file.pk}/change/").content.decode()


@given(st.decimals(0, 10**9, places=2), st.decimals(0, 10**9, places=2), st.decimals(0, 100, places=2), st.decimals(0, 100, places=2))
def test_a_difference_is_named_exactly_beyond_the_larger_allowance(
    measured: Decimal, own: Decimal, absolute: Decimal, per_cent: Decimal
) -> None:
    allowed = allowance(own, absolute, per_cent)
    assert allowed >= absolute and differs(own, own, allowed) is False
    assert differs(measured, own, allowed) == (abs(measured - own) > allowed)
    assert differs(measured, None, allowed) == (measured != 0)


@given(st.integers(0, 10**9))
def test_numbers_are_read_as_agencies_write_them(number: int) -> None:
    vietnamese = f"{number:,}".replace(",", ".")
    for text in (str(number), vietnamese, f" {number} ", f"{number},0"):
        assert number_of(text, Figure.DOSSIERS.value) == number
    for text, value in (("45,67 %", "45.67"), ("45.67", "45.67"), ("100", "100")):
        assert number_of(text, min(SHARES)) == Decimal(value)
