"""Import and export: dry run, rows refused one by one with their reason, files that cannot be read change nothing."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from portal.access import ANONYMOUS, SYSTEM, AccessDenied
from portal.audit.models import Act
from portal.catalogues import queries, services, tables
from portal.catalogues.changes import changes_of
from portal.catalogues.models import Agency, CatalogueImport, RevenueKind, Sector
from portal.catalogues.registry import CATALOGUES
from tests.factories import loose_officer, make_position, sign_in

pytestmark = pytest.mark.django_db

SECTORS = CATALOGUES["sectors"]
HEADER = ["code", "name", "agency", "parent", "effective_from"]
EDITOR = loose_officer(unit="G22", roles=("steering",))


def table(rows: list[list[str]], header: list[str] | None = None, *, kind: str = "csv") -> bytes:
    return tables.write(kind, header or HEADER, rows)


def good(count: int) -> list[list[str]]:
    return [[f"LV.kiem-thu-{number}", f"Lĩnh vực thử {number}", "G15", "", "2026-01-01"] for number in range(count)]


def five_hundred_with_twelve_bad() -> tuple[list[list[str]], set[int]]:
    rows = good(500)
    rows[3] = ["", "Không mã", "G15", "", "2026-01-01"]
    rows[17] = ["LV.kiem-thu-16", "Trùng mã", "G15", "", "2026-01-01"]
    rows[40][0] = "khong dung dang"
    rows[41][1] = ""
    rows[77][2] = "G99"
    rows[100][4] = "31/02/2026"
    rows[101][4] = ""
    rows[150][1] = "x" * 301
    rows[200][3] = "LV.khong-co"
    rows[201][3] = "LV.kiem-thu-200"
    rows[300].append("ô thừa")
    rows[499] = rows[499][:3]
    return rows, {index + 2 for index in (3, 17, 40, 41, 77, 100, 101, 150, 200, 201, 300, 499)}


def test_a_formula_is_guarded_in_csv_and_a_negative_number_is_left_as_it_is() -> None:
    rows: list[list[Any]] = [[-1.67, -5, "-2.5"], ["-2+3", "-cmd|' /C calc'!A0", "=1"], ["--1", "-1e5", "-٣"]]
    kept = tables.write("csv", ["a", "b", "c"], rows).decode("utf-8-sig").splitlines()
    assert kept[1:] == ["-1.67,-5,-2.5", "'-2+3,'-cmd|' /C calc'!A0,'=1", "'--1,'-1e5,'-٣"]
    assert [cells for _number, cells in tables.read("a.csv", "\n".join(kept).encode()).rows][1] == rows[1]


@pytest.mark.requirement("C-17")
def test_500_rows_of_which_12_are_bad(django_assert_max_num_queries: Any) -> None:
    rows, bad = five_hundred_with_twelve_bad()
    content = table(rows)
    before = Sector.objects.count()
    with django_assert_max_num_queries(12):
        dry = services.check(catalogue=SECTORS, name="nganh.csv", content=content, actor=EDITOR)
    assert (dry.rows, dry.added, dry.bad_rows, dry.refused) == (500, 488, 12, "")
    assert {problem.row for problem in dry.problems} == bad
    assert all(problem.reason for problem in dry.problems)
    assert {(problem.row, problem.column) for problem in dry.problems} >= {(5, "mã"), (79, "cơ quan quản lý"), (102, "có hiệu lực từ ngày")}
    assert Sector.objects.count() == before, "a dry run writes nothing"
    with django_assert_max_num_queries(30):
        done = services.import_table(catalogue=SECTORS, name="nganh.csv", content=content, actor=EDITOR)
    assert done == dry
    assert Sector.objects.count() == before + 488
    act = Act.objects.get(act="catalogues.import")
    assert (act.details["added"], act.details["refused_rows"]) == (488, 12)
    again = services.import_table(catalogue=SECTORS, name="nganh.csv", content=content, actor=EDITOR)
    assert (again.added, again.amended, again.unchanged, again.bad_rows) == (0, 0, 488, 12)
    assert Act.objects.filter(act="catalogues.import").count() == 1


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_rows_amend_end_and_add_with_dates(kind: str) -> None:
    day = timezone.localdate() + dt.timedelta(days=30)
    header = ["code", "name", "hotline", "effective_from", "effective_to", "level", "parent"]
    rows = [
        ["H26.101", "Ủy ban nhân dân phường Hoàn Kiếm", "1900 9999", day.isoformat(), "", "commune", "H26"],
        ["H26.102", "Ủy ban nhân dân phường Cửa Nam", "1900 0102", "", f"{day:%d/%m/%Y}", "commune", "H26"],
        ["H26.103", "Ủy ban nhân dân phường Thử", "=1+1", day.isoformat(), "", "cấp xã", "H26"],
        ["H26.103.1", "Bộ phận Một cửa", "", day.isoformat(), "", "unit", "H26.103"],
        ["H26", "Ủy ban nhân dân thành phố Hà Nội", "1900 0026", "", "", "province", ""],
    ]
    content = table(rows, header, kind=kind)
    report = services.import_table(catalogue=CATALOGUES["agencies"], name=f"t.{kind}", content=content, actor=EDITOR)
    assert (report.added, report.amended, report.ended, report.unchanged, report.problems) == (2, 1, 1, 1, [])
    old = queries.agency("H26.101")
    assert (old.effective_to, old.hotline) == (day, "1900 0101")
    new = queries.agency("H26.101", on=day)
    assert (new.hotline, old.successor, new.address, new.administrative_unit) == ("1900 9999", new, old.address, old.administrative_unit)
    assert queries.agency("H26.102").effective_to == day
    added = queries.agency("H26.103", on=day)
    assert (added.hotline, added.owner_code, added.origin) == ("=1+1", "G22", "desk")
    assert [child.code for child in queries.children("H26.103", on=day)] == ["H26.103.1"]


UNREADABLE = {
    "mis-encoded": "mã,tên\nLV.a,Lĩnh vực đất đai\n".encode("cp1258", "replace"),
    "utf-16 cut in half": "code,name\nLV.a,Đất\n".encode("utf-16")[:-1],
    "cut inside a quoted cell": b'code,name\nLV.a,"\xc4\x90\xe1\xba\xa5t',
    "nonsense": random.Random(7).randbytes(200_000),
    "huge": b"code,name\n" + b"LV.a,a\n" * 800_000,
    "too many rows": b"code,name\n" + b"".join(b"LV.a%d,a\n" % number for number in range(20_002)),
    "one endless cell": b"code,name\nLV.a," + b"a" * 200_000,
    "too many columns": b"code,name\n" + b"," * 200,
    "empty": b"",
    "blank": b"\n\n  \n",
    "an unknown column": b"code,name,secret\nLV.a,a,b\n",
    "a column twice": b"code,name,name\nLV.a,a,b\n",
    "no code": b"name\na\n",
    "not a table": b"<html><body>x</body></html>",
    "zip of something else": b"PK\x03\x04" + b"\0" * 400,
}


@pytest.mark.parametrize("what", UNREADABLE)
@pytest.mark.requirement("C-17")
def test_a_file_that_cannot_be_read_to_its_end_changes_nothing(what: str) -> None:
    before = Sector.objects.count()
    report = services.import_table(catalogue=SECTORS, name="t.csv", content=UNREADABLE[what], actor=EDITOR)
    assert report.refused
    assert (report.rows, report.good) == (0, 0)
    assert Sector.objects.count() == before


def test_a_broken_workbook_changes_nothing() -> None:
    whole = table(good(300), kind="xlsx")
    with zipfile.ZipFile(io.BytesIO(whole)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    sheet = next(name for name in parts if name.startswith("xl/worksheets/"))
    for wrong in (parts[sheet][: len(parts[sheet]) // 2], b"", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as package:
            for name, content in (parts | {sheet: wrong}).items():
                package.writestr(name, content)
        report = services.check(catalogue=SECTORS, name="t.xlsx", content=out.getvalue(), actor=EDITOR)
        assert report.refused or report.good == 0
    for content in (whole[: len(whole) // 2], whole[:-30]):
        assert services.check(catalogue=SECTORS, name="t.xlsx", content=content, actor=EDITOR).refused
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet1.xml", b"\0" * (tables.MAX_UNPACKED_BYTES + 1))
    assert "quá lớn" in services.check(catalogue=SECTORS, name="t.xlsx", content=bomb.getvalue(), actor=EDITOR).refused


def test_dates_in_disorder_are_refused_row_by_row() -> None:
    header = ["code", "name", "effective_from", "effective_to"]
    rows = [
        ["2771", "Lệ phí hộ tịch", "", "2001-01-01"],
        ["2768", "Tên khác", "", "2027-01-01"],
        ["9001", "Ngược", "2026-02-01", "2026-01-01"],
        ["9002", "Đã qua", "2026-01-01", "2026-02-01"],
        ["2767", "Lệ phí đăng ký cư trú", "2017-01-01", ""],
    ]
    report = services.import_table(catalogue=CATALOGUES["revenue_kinds"], name="t.csv", content=table(rows, header), actor=EDITOR)
    assert {problem.row for problem in report.problems} == {2, 3, 4}
    assert (report.added, report.unchanged) == (1, 1)
    assert RevenueKind.objects.get(code="9002").effective_to == dt.date(2026, 2, 1)
    rows = [["9002", "Trở lại", "2026-01-15", ""]]
    assert services.check(catalogue=CATALOGUES["revenue_kinds"], name="t.csv", content=table(rows, header), actor=EDITOR).bad_rows == 1
    rows = [["9002", "Trở lại", "2026-02-01", ""]]
    assert services.import_table(catalogue=CATALOGUES["revenue_kinds"], name="t.csv", content=table(rows, header), actor=EDITOR).added == 1


@pytest.mark.parametrize(("name", "kind"), [(name, "csv") for name in CATALOGUES] + [("agencies", "xlsx"), ("bank_accounts", "xlsx")])
@pytest.mark.requirement("C-17")
def test_what_is_exported_is_imported_as_unchanged(name: str, kind: str) -> None:
    catalogue = CATALOGUES[name]
    content = services.export(catalogue=catalogue, kind=kind, actor=loose_officer())
    report = services.check(catalogue=catalogue, name=f"t.{kind}", content=content, actor=EDITOR)
    assert (report.refused, report.problems) == ("", [])
    assert report.unchanged == report.rows == catalogue.model._default_manager.filter(effective_to__isnull=True).count()


def test_an_exported_cell_is_never_run_by_a_spreadsheet() -> None:
    services.amend(entry=queries.agency("H26.101"), actor=SYSTEM, address='=HYPERLINK("x")')
    content = services.export(catalogue=CATALOGUES["agencies"], kind="csv", actor=SYSTEM)
    cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
    assert '\'=HYPERLINK("x")' in cells
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    book = load_workbook(io.BytesIO(services.export(catalogue=CATALOGUES["agencies"], kind="xlsx", actor=SYSTEM)))
    assert all(cell.data_type != "f" for row in book.worksheets[0].iter_rows() for cell in row)


@pytest.mark.requirement("O-07")
@pytest.mark.parametrize("actor", [ANONYMOUS, loose_officer(roles=("reception", "handling", "signing"))])
def test_others_import_nothing(actor: Any) -> None:
    content = table(good(1))
    for act in (services.check, services.import_table, services.upload):
        with pytest.raises(AccessDenied):
            act(catalogue=SECTORS, name="t.csv", content=content, actor=actor)
    kept = services.upload(catalogue=SECTORS, name="t.csv", content=content, actor=EDITOR)
    with pytest.raises(AccessDenied):
        services.apply(upload_id=kept.pk, actor=actor)
    with pytest.raises(CatalogueImport.DoesNotExist):
        services.apply(upload_id=kept.pk, actor=loose_officer(unit="G22", roles=("steering",)))
    with pytest.raises(AccessDenied):
        services.export(catalogue=SECTORS, kind="csv", actor=ANONYMOUS)
    assert not Sector.objects.filter(code="LV.kiem-thu-0").exists()


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "nganh.csv"
    rows, bad = five_hundred_with_twelve_bad()
    file.write_bytes(table(rows))
    call_command("import_catalogue", "sectors", str(file), "--dry-run")
    said = capsys.readouterr().out
    assert "500 rows: 488 would be added" in said and all(f"row {row}: " in said for row in bad)
    assert not Sector.objects.filter(code="LV.kiem-thu-0").exists()
    call_command("import_catalogue", "sectors", str(file))
    assert "488 were added" in capsys.readouterr().out
    call_command("export_catalogue", "sectors", str(tmp_path / "ra.xlsx"))
    assert "LV.kiem-thu-0" in {row[0].value for row in load_workbook(tmp_path / "ra.xlsx").worksheets[0].iter_rows()}
    file.write_bytes(UNREADABLE["nonsense"])
    for wrong in (("import_catalogue", "sectors", str(file)), ("import_catalogue", "sectors", str(tmp_path / "none.csv")),
                  ("export_catalogue", "sectors", str(tmp_path / "x.pdf"))):  # fmt: skip
        with pytest.raises(CommandError):
            call_command(*wrong)


LIST = "/quan-tri/catalogues/sector/"


def officer(client: Client, unit: str, *roles: str) -> Client:
    position = make_position(unit=unit, roles=roles)
    sign_in(client, position.person, position=position)
    return client


@pytest.mark.requirement("C-17", "O-07")
def test_an_editor_uploads_reads_the_report_and_applies(client: Client) -> None:
    browser = officer(client, "G22", "administrator")
    page = browser.get(LIST)
    assert f"{LIST}import/" in page.content.decode() and f"{LIST}export/xlsx/" in page.content.decode()
    assert browser.get(f"{LIST}import/").status_code == 200
    rows, _ = five_hundred_with_twelve_bad()
    answer = browser.post(f"{LIST}import/", {"table": SimpleUploadedFile("nganh.csv", table(rows))})
    assert answer.status_code == 302
    page = browser.get(answer["Location"])
    said = page.content.decode()
    assert "Chưa ghi gì vào danh mục" in said and "488" in said and said.count("<tr><td>") == 12
    assert not Sector.objects.filter(code="LV.kiem-thu-0").exists()
    done = browser.post(answer["Location"], follow=True)
    assert "Đã ghi vào danh mục" in done.content.decode()
    assert Sector.objects.filter(code__startswith="LV.kiem-thu-").count() == 488
    twice = browser.post(answer["Location"], follow=True)
    assert "đã được ghi" in twice.content.decode()
    assert CatalogueImport.objects.get().content is None
    exported = browser.get(f"{LIST}export/csv/")
    assert exported["Content-Disposition"] == 'attachment; filename="sectors.csv"' and b"LV.kiem-thu-0" in exported.content
    for nonsense in (UNREADABLE["nonsense"], UNREADABLE["huge"], b""):
        answer = browser.post(f"{LIST}import/", {"table": SimpleUploadedFile("x.csv", nonsense)}, follow=True)
        assert "không dòng nào được nhận" in answer.content.decode()
    assert browser.get(f"{LIST}import/").content.decode().count("<td>x.csv</td>") == 3
    assert browser.post(f"{LIST}import/", {}).status_code == 200


@pytest.mark.requirement("O-07")
def test_other_officers_find_no_way_in_and_nobody_applies_anothers_file(client: Client) -> None:
    kept = services.upload(catalogue=SECTORS, name="t.csv", content=table(good(1)), actor=EDITOR)
    entry = queries.sector("LV.ho-tich")
    browser = officer(client, "H26.101", "reception", "handling")
    assert "import/" not in browser.get(LIST).content.decode()
    for path in ("import/", f"import/{kept.pk}/", f"{entry.pk}/disable/"):
        for ask in (browser.get, browser.post):
            assert ask(LIST + path).status_code == 403, path
    assert browser.get(f"{LIST}export/csv/").status_code == 200
    assert browser.get(f"{LIST}{entry.pk}/history/").status_code == 200
    other = officer(Client(), "G22", "steering")
    assert other.get(f"{LIST}import/{kept.pk}/").status_code == 404
    assert not Sector.objects.filter(code="LV.kiem-thu-0").exists()


@pytest.mark.requirement("C-17", "O-07")
def test_amend_and_end_with_dates_and_see_who_did_it(client: Client) -> None:
    browser = officer(client, "G22", "steering")
    day = timezone.localdate() + dt.timedelta(days=7)
    agencies = "/quan-tri/catalogues/agency/"
    old = queries.agency("H26.101")
    page = browser.get(f"{agencies}{old.pk}/change/")
    assert f"{agencies}{old.pk}/disable/" in page.content.decode()
    form = page.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    sent = {name: "" if value in (None, False) else str(value) for name, value in values.items()}
    for wrong in ({}, {"hotline": "1900 9999", "amend_from": "01/01/2020"}):
        refused = browser.post(f"{agencies}{old.pk}/change/", sent | wrong)
        assert refused.status_code == 200 and refused.context["adminform"].form.errors
    done = browser.post(f"{agencies}{old.pk}/change/", sent | {"hotline": "1900 9999", "amend_from": f"{day:%d/%m/%Y}"})
    assert done.status_code == 302, done.context["adminform"].form.errors
    assert queries.agency("H26.101").hotline == "1900 0101"
    new = queries.agency("H26.101", on=day)
    assert new.hotline == "1900 9999"
    later = day + dt.timedelta(days=30)
    page = browser.get(f"{agencies}{new.pk}/disable/")
    assert page.status_code == 200
    assert "sau ngày hiệu lực" in browser.post(f"{agencies}{new.pk}/disable/", {"effective_to": "01/01/2026"}).content.decode()
    assert browser.post(f"{agencies}{new.pk}/disable/", {"effective_to": f"{later:%d/%m/%Y}"}).status_code == 302
    assert Agency.objects.get(pk=new.pk).effective_to == later
    assert browser.get(f"{agencies}{new.pk}/disable/").status_code == 403
    said = browser.get(f"{agencies}{new.pk}/history/").content.decode()
    assert "Phạm Văn Cán Bộ Giả Định, Công chức thử nghiệm (G22)" in said
    assert "<del>1900 0101</del> → 1900 9999" in said
    assert "Nạp cùng phần mềm" in said and "Ngừng dùng" in said


def test_history_costs_the_same_whatever_its_length(django_assert_max_num_queries: Any) -> None:
    entry = queries.agency("H26.101")
    for number in range(5):
        entry = services.amend(entry=entry, actor=EDITOR, hotline=f"1900 {number:04d}")
    with django_assert_max_num_queries(5):
        told = changes_of(entry)
    assert [change.act for change in told] == ["Sửa"] * 5 + ["Nạp cùng phần mềm"]
    assert told[0].facts == [("đường dây nóng", "1900 0003", "1900 0004")]


@pytest.mark.parametrize("name", [catalogue.model._meta.model_name for catalogue in CATALOGUES.values()] + ["succession"])
def test_every_list_is_paged_and_costs_the_same(client: Client, name: str, django_assert_max_num_queries: Any) -> None:
    browser = officer(client, "G22", "steering")
    browser.get(f"/quan-tri/catalogues/{name}/")
    with django_assert_max_num_queries(16):
        page = browser.get(f"/quan-tri/catalogues/{name}/", {"q": "a"})
    assert page.status_code == 200
    assert len(page.context["cl"].result_list) <= 50
    assert browser.get(f"/quan-tri/catalogues/{name}/add/").status_code == 200
