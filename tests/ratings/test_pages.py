"""/thong-ke/: the figures of the API on a page, taken apart, sorted, followed down, taken away as files."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import ngettext, override
from openpyxl import load_workbook

from dossiers.models import NationalDossier
from dossiers.services.national import owner_index
from portal.ui.tags import number as number_words
from ratings import demo
from ratings.queries import agency_names
from ratings.services import figures
from ratings.spans import between, named
from tests.dossiers.support import father, mother
from tests.factories import sign_in
from tests.ratings.test_figures import _sent, report

JUNE = "tu=2026-06-24&den=2026-06-30"


def _some() -> None:
    _sent(report(1, "10", received=0, due=5, finished=7), report(2, "10", received=0, due=5, finished=5))
    figures.fold()
    _sent(report(3, "10", received=1, due=5, finished=2), report(4, "4", received=1, due=3, unit="H26"))


@pytest.fixture
def some(demo_data: None) -> None:
    """Dossiers of June: three resolved in or after it, one overdue in it; partly folded."""
    _some()


@pytest.mark.requirement("R-05")
@pytest.mark.usefixtures("some")
def test_the_page_says_what_the_api_says_and_each_row_leads_down(client: Client) -> None:
    page = client.get(f"/thong-ke/?{JUNE}").content.decode()
    said = client.get("/api/v1/statistics?from=2026-06-24&to=2026-06-30").json()["total"]
    assert "tiếp nhận 4 hồ sơ, giải quyết xong 2, trong đó 100% đúng hạn" in page
    assert "Hết ngày 30/06/2026 còn 2 hồ sơ đang giải quyết, 2 đã quá hạn." in page
    assert (said["received"], said["resolved_early"] + said["resolved_on_time"], said["pending_overdue"]) == (4, 2, 2)
    row = re.search(r'<a href="(\?[^"]*)">Ủy ban nhân dân thành phố Hà Nội</a>', page)
    assert row is not None
    below = client.get("/thong-ke/" + row[1].replace("&amp;", "&")).content.decode()
    assert "Tại chính cơ quan này" in below and "Ủy ban nhân dân phường Hoàn Kiếm" in below
    unit = client.get(f"/thong-ke/?{JUNE}&co-quan=H26.101&theo=thu-tuc&xep=-late").content.decode()
    assert "<tbody>" in unit and "1.001193" in unit
    for by in ("co-quan", "linh-vuc", "thu-tuc", "kenh", "muc-do", "thang", "ngay"):
        answer = client.get(f"/en/thong-ke/?{JUNE}&theo={by}")
        assert answer.status_code == 200 and "received 4 dossiers" in answer.content.decode()
    with override("en"):
        words = "tăng %(size)s điểm so với kỳ trước"
        assert ngettext(words, words, 1) % {"size": number_words(1.0)} == "up 1 point on the period before"
        assert ngettext(words, words, 2) % {"size": number_words(-3271.5)} == "up −3,271.5 points on the period before"


@pytest.mark.requirement("R-07")
@pytest.mark.usefixtures("some")
def test_the_table_is_taken_away_as_csv_xlsx_and_json(client: Client) -> None:
    rows = list(csv.reader(io.StringIO(client.get(f"/thong-ke/so-lieu.csv?{JUNE}&theo=kenh").content.decode("utf-8-sig"))))
    assert rows[0][:3] == ["Mã", "Tên", "Tiếp nhận"] and rows[1][:3] == ["2", "Trực tuyến", "4"] and rows[-1][1:3] == ["Tổng", "4"]
    sheet = load_workbook(io.BytesIO(client.get(f"/thong-ke/so-lieu.xlsx?{JUNE}&theo=kenh").content)).active
    assert sheet is not None and [cell.value for cell in sheet[2]][:3] == ["2", "Trực tuyến", 4]
    said = client.get(f"/thong-ke/so-lieu.json?{JUNE}&theo=kenh").json()
    api = client.get("/api/v1/statistics?from=2026-06-24&to=2026-06-30&by=channel").json()
    assert (said["total"], said["items"]) == (api["total"], api["items"])
    assert client.get(f"/thong-ke/so-lieu.pdf?{JUNE}").status_code == 404
    assert client.get("/thong-ke/so-lieu.csv?tu=31/02/2026").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    [
        "tu=31/02/2026&den=01/03/2026",
        "tu=2026-03-01",
        "tu=2026-03-02&den=2026-03-01",
        "tu=1900-01-01&den=2026-01-01",
        "tu=2020-01-01&den=2026-01-01&theo=ngay",
        "tu=9&den=x",
    ],
)
def test_days_that_cannot_be_are_said_beside_the_field_and_kept(client: Client, query: str) -> None:
    answer = client.get(f"/thong-ke/?{query}")
    page = answer.content.decode()
    assert (answer.status_code == 422 and "field-wrong" in page and "error-summary" in page) or "aria-invalid" in page


@pytest.mark.django_db
def test_what_is_not_there_is_not_found_and_odd_words_change_nothing(client: Client) -> None:
    assert client.get("/thong-ke/?co-quan=Z99").status_code == 404
    assert client.get("/thong-ke/?co-quan=%00").status_code == 404
    assert client.get("/thong-ke/?ky=2026-13&theo=x&kenh=9&muc-do=y&xep=z&trang=0").status_code == 200
    assert "Chưa có hồ sơ nào" in client.get("/thong-ke/?ky=2001").content.decode()


def test_spans_have_names_and_one_before() -> None:
    quarter = named("2026-q1")
    assert quarter is not None and (str(quarter.first), str(quarter.last), quarter.before.key) == ("2026-01-01", "2026-03-31", "2025-q4")
    assert between(quarter.first, quarter.last) == quarter
    assert named("2026-02-30") is None and named("2026-q5") is None and named("20226") is None
    some = between(named("2026-05-03").first, named("2026-05-12").last)  # type: ignore[union-attr]
    assert (some.name, str(some.before.first), str(some.before.last)) == ("", "2026-04-23", "2026-05-02")


def _queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


def _shown_by_the_demonstration(client: Client) -> None:
    """Every unit has a name, births are registered by communes, and the demonstration's people have dossiers elsewhere."""
    reported = NationalDossier.objects.filter(source__startswith="demo-")
    units = set(reported.values_list("unit_code", flat=True))
    assert units == set(agency_names(units)), "none is told by its bare code"
    births = reported.filter(procedure_code="1.001193", unit_code__startswith="H")
    assert births and {unit.split(".")[1][0] for unit in births.values_list("unit_code", flat=True)} == {"1"}
    assert "Mã H60" not in client.get("/thong-ke/?co-quan=H60&ky=2026").content.decode()
    for person in (mother(), father()):
        own = Client()
        sign_in(own, person)
        theirs = NationalDossier.objects.filter(source=demo.OWN, owner_blind=owner_index(person.id_number or ""))
        page = own.get("/ho-so/").content.decode()
        assert theirs.count() == 2 and all(row.code in page for row in theirs)
        row = theirs[0]
        assert "Nhận đủ giấy tờ, đã hẹn ngày trả." in own.get(f"/ho-so/{row.code}/").content.decode()
        assert client.post("/tra-cuu-ho-so/", {"ma": row.code, "so": person.id_number}).status_code == 200


@pytest.mark.requirement("R-05")
@pytest.mark.usefixtures("demo_data")
def test_pages_ask_as_many_queries_whatever_there_is(client: Client) -> None:
    _some()
    addresses = [f"/thong-ke/?tu=2025-11-01&den=2026-11-29&theo={by}{more}" for by in ("co-quan", "linh-vuc", "thu-tuc", "thang")
                 for more in ("", "&co-quan=H26")]  # fmt: skip
    before = [_queries(client, one) for one in addresses]
    said = demo.load()
    assert said == f"{sum(number for _code, number, *_more in demo.AGENCIES) + len(demo.OF_PEOPLE)} hồ sơ" == demo.load()
    assert figures.recount(mend=False) == (0, None)
    assert NationalDossier.objects.filter(source="demo-H29").count() == 900
    _shown_by_the_demonstration(client)
    after = [_queries(client, one) for one in addresses]
    # A few more where names are asked for that were none before; never more with more rows.
    assert max(after) <= 9 and all(more - less <= 1 for less, more in zip(before, after, strict=True)), (before, after)


@pytest.mark.requirement("R-05")
@pytest.mark.usefixtures("demo_data")
def test_communes_are_told_by_themselves_and_departments_too(client: Client) -> None:
    _sent(
        *(report(number, "10", received=0, due=5, finished=7, unit="H26.202") for number in (20, 21, 22)),
        report(23, "10", received=0, due=5, finished=8, unit="H26.101"), report(24, "10", received=0, due=5, finished=4, unit="H26.102"),
    )  # fmt: skip
    address = "tu=2026-06-24&den=2026-07-30&co-quan=H26"
    for level, received, latest in (("", 5, "Sở Xây dựng"), ("xa", 2, "Ủy ban nhân dân phường Hoàn Kiếm"), ("so", 3, "")):
        page = client.get(f"/thong-ke/?{address}&cap={level}").content.decode()
        assert f"tiếp nhận {received} hồ sơ" in page and "cap=xa" in page and "cap=so" in page
        said = re.search(r"Giải quyết quá hạn nhiều nhất:.*?</p>", page)
        assert (latest in said[0]) if said else not latest
        told = client.get(f"/thong-ke/so-lieu.json?{address}&cap={level}").json()
        assert told["total"]["received"] == received == sum(item["received"] for item in told["items"])
        assert {item["key"][:5] for item in told["items"]} == {"": {"H26.1", "H26.2"}, "xa": {"H26.1"}, "so": {"H26.2"}}[level]
    assert 'name="cap" value="xa"' in client.get(f"/thong-ke/?{address}&cap=xa").content.decode(), "the form keeps it"
    assert "Communes, wards" in client.get(f"/en/thong-ke/?{address}&cap=xa").content.decode()
    by_time = client.get(f"/thong-ke/?{address}&cap=xa&theo=thang").content.decode()
    assert "tiếp nhận 5 hồ sơ" in by_time and 'name="cap"' not in by_time, "only where units stand side by side"


@pytest.mark.usefixtures("demo_data")
def test_a_period_that_is_none_is_said_and_a_month_begins_with_the_days_before_it(client: Client) -> None:
    _sent(report(9, "4", received=0, due=5))
    for day, said in (("2026-07-01", "Từ 02/06/2026 đến hết 01/07/2026"), ("2026-07-08", "Tháng 7/2026")):
        with time_machine.travel(f"{day}T09:00:00+07:00", tick=False):
            assert said in client.get("/thong-ke/").content.decode()
    odd = client.get("/thong-ke/?ky=20226").content.decode()
    assert "Không có kỳ nào là “20226”" in odd and "There is no period “20226”" in client.get("/en/thong-ke/?ky=20226").content.decode()
    assert client.get("/thong-ke/so-lieu.csv?ky=20226").status_code == 404


@pytest.mark.usefixtures("demo_data")
def test_agencies_of_another_time_keep_their_names(client: Client) -> None:
    made: Any = report(9, "4", received=0, due=5, unit="H30")
    _sent(made)
    assert "Ủy ban nhân dân tỉnh Hậu Giang" in client.get(f"/thong-ke/?{JUNE}").content.decode()


@pytest.mark.requirement("R-05")
@pytest.mark.usefixtures("some")
def test_a_procedure_is_chosen_by_words_and_the_latest_place_is_said_first(client: Client) -> None:
    for number, unit in enumerate(("H26.101", "H26.202", "H26.202", "H26.303"), start=20):
        _sent(report(number, "10", received=0, due=5, finished=7 if unit != "H26.303" else 4, unit=unit))
    address = f"/thong-ke/?{JUNE}&den=2026-07-30&co-quan=H26"
    page = client.get(f"{address}&viec=khai+sinh").content.decode()
    assert "Bạn muốn xem thủ tục nào" in page and "thu-tuc=1.001193" in page and 'value="khai sinh"' in page
    assert page.index("Bạn muốn xem thủ tục nào") < page.index('<form class="row') and "<table" not in page
    assert ", giải quyết xong" not in page
    exact = client.get(f"{address}&viec=đăng ký khai sinh").content.decode()
    assert "Bạn muốn xem" not in exact and '<strong lang="vi">Đăng ký khai sinh</strong>' in exact
    assert client.get(f"{address}&viec=1.001193").content.decode().count("Bỏ lọc") == 1
    nothing = client.get(f"{address}&viec=xyzxyz qqqq").content.decode()
    assert nothing.index("Chưa tìm thấy thủ tục nào") < nothing.index('<form class="row') and ", giải quyết xong" not in nothing
    sentence = re.search(r"Giải quyết quá hạn nhiều nhất:.*?</p>", exact)
    assert (
        sentence and "2 trong 2 hồ sơ" in sentence[0] and "xep=-late" in sentence[0] and sentence.start() < exact.index('<form class="row')
    )
    assert 'href="?' in exact and "xep=-late" in exact.split("<thead>")[-1], "what is late most comes first at the first touch"
    assert exact.count('<option value="H') >= 34 and '<option value="H26" selected' in exact
    assert "2 trong 2 hồ sơ" not in client.get(f"{address}&viec=đăng ký khai sinh&cap=xa").content.decode()
    for odd in ("\x00", "%", "a" * 5000, "'; drop table"):
        assert client.get("/thong-ke/", {"viec": odd}).status_code == 200
    assert client.get("/thong-ke/", {"viec": "khai sinh", "tu": "31/02/2026", "den": "1"}).status_code == 422
