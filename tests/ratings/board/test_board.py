"""/dieu-hanh/: what it says is what the rows give, told to who may know it, with or without a script."""

from __future__ import annotations

import datetime as dt
import io
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from dossiers.models import NationalDossier
from dossiers.services.national import facts_of
from portal.access import Assurance
from portal.ui.tags import number
from ratings import demo
from ratings.board import targets
from ratings.board.queries import glance, longest_overdue
from ratings.board.rules import Late, highest_share, most_overdue, movers, share
from ratings.models import Rating, RatingCount, ScoreCount
from ratings.queries import Asked
from ratings.score.queries import score_of
from ratings.score.wording import class_name
from ratings.services import figures
from tests.factories import make_person, sign_in
from tests.payments.support import desk_of
from tests.ratings.board.support import at, dossier, head, some, tell, tiles_of, vpcp
from tests.ratings.slips.support import rate
from tests.ratings.test_figures import plain

pytestmark = [pytest.mark.requirement("R-08")]


@pytest.mark.usefixtures("demo_data")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tiles_lists_and_courses_are_what_a_plain_count_of_the_rows_gives(seed: int) -> None:
    today = timezone.localdate()
    NationalDossier.objects.all().delete()
    connection.cursor().execute("DELETE FROM ratings_dossiercount; DELETE FROM ratings_dossierdelta")
    some(seed, today)
    rows = [facts_of(row) for row in NationalDossier.objects.all()]
    client, yesterday, month = vpcp(), today - dt.timedelta(days=1), today.replace(day=1)
    for agency in ("", "H26", "H26.101", "G15"):
        page = client.get(f"/dieu-hanh/{agency}/" if agency else "/dieu-hanh/").content.decode()
        of_day, before = plain(rows, Asked(today, today, agency)), plain(rows, Asked(yesterday, yesterday, agency))
        of_month = plain(rows, Asked(month, today, agency))
        said = tiles_of(page)
        assert said["hồ sơ đang quá hạn"] == number(of_day.overdue) and said["đang giải quyết, còn hạn"] == number(of_day.pending_in_time)
        assert said["tiếp nhận hôm nay"] == number(of_day.received) and said["giải quyết xong hôm nay"] == number(of_day.resolved)
        for label, value in (
            ("đúng hạn, tháng này", of_month.kept_word), ("nộp trực tuyến, tháng này", share(of_month.received_online, of_month.received)),
            ("nộp tiền trực tuyến, tháng này", share(of_month.paid_online, of_month.with_fee)),
        ):  # fmt: skip
            assert said[label] == ("–" if value is None else f"{number(value)}%"), (agency, label)
        changed = re.findall(r'<th scope="row">Đang quá hạn</th><td class="number">(\S+)</td><td class="number">(\S+)</td>', page)
        assert changed == [(number(before.overdue), number(of_day.overdue))]
        seen = glance(agency, timezone.now())
        late = {line.key: (line.pending, line.overdue, line.overdue_before) for line in seen.late}
        if seen.parts == "agency" and not agency:
            for top in ("H26", "H17", "G15"):
                now, then = plain(rows, Asked(today, today, top)), plain(rows, Asked(yesterday, yesterday, top))
                assert late.get(top, (0, 0, 0)) == (now.pending, now.overdue, then.overdue)
        for day, told in seen.days:
            counted = plain(rows, Asked(day, day, agency))
            assert (told.received, told.resolved, told.overdue) == (counted.received, counted.resolved, counted.overdue), day
        first = seen.months[-2][0]
        counted = plain(rows, Asked(first, month - dt.timedelta(days=1), agency))
        assert (seen.last_month.received, seen.last_month.late) == (counted.received, counted.late)


@pytest.mark.usefixtures("demo_data")
def test_yesterday_ends_at_midnight_in_vietnam() -> None:
    day = dt.date(2026, 9, 16)
    tell(
        dossier(1, day, received=-5, due=-1),  # overdue from the 16th
        dossier(2, day, received=-5, due=-2),  # overdue from the 15th
        dossier(3, day, received=-9, due=-4, finished=0, state="10"),  # overdue yesterday, done today
        dossier(4, day, received=0, due=0),
    )
    for moment in (at(day, 0, 0), at(day, 23, 59)):
        seen = glance("H26.101", moment)
        assert (seen.yesterday.overdue, seen.now.overdue, seen.now.received, seen.now.resolved) == (2, 2, 1, 1)
    seen = glance("H26.101", at(day - dt.timedelta(days=1), 23, 59))
    assert (seen.today, seen.yesterday.overdue, seen.now.overdue, seen.now.received) == (day - dt.timedelta(days=1), 1, 2, 0)
    after = glance("H26.101", at(day + dt.timedelta(days=1), 0, 0))
    assert (after.yesterday.overdue, after.now.overdue, after.yesterday.received) == (2, 3, 1)
    assert [(one.code[-4:], one.days) for one in after.longest] == [("0002", 3), ("0001", 2), ("0004", 1)]


@pytest.mark.usefixtures("demo_data")
def test_each_sees_its_own_and_what_is_below() -> None:
    today = timezone.localdate()
    tell(dossier(1, today, received=-9, due=-5), dossier(2, today, unit="H17.101", received=-9, due=-5))
    country, city, ward = vpcp(), head("H26"), desk_of("H26.101", "signing")[0]
    page = country.get("/dieu-hanh/").content.decode()
    assert "Điều hành: Cả nước" in page and f"-{today:%y%m%d}-0001" in page and f"-{today:%y%m%d}-0002" in page
    assert country.get("/dieu-hanh/H17/").status_code == 200
    page = city.get("/dieu-hanh/").content.decode()
    assert "Điều hành: Ủy ban nhân dân thành phố Hà Nội" in page and f"-{today:%y%m%d}-0001" in page and f"-{today:%y%m%d}-0002" not in page
    assert "Đà Nẵng" not in page and 'href="/dieu-hanh/"' not in page
    assert city.get("/dieu-hanh/H26.101/").status_code == 200
    assert "Điều hành: Ủy ban nhân dân phường Hoàn Kiếm" in ward.get("/dieu-hanh/").content.decode()
    for address in ("", "so-lieu.xlsx", "muc-tieu/", "muc-tieu/so-lieu.xlsx"):
        assert city.get(f"/dieu-hanh/H17/{address}").status_code == 404
        assert city.get(f"/dieu-hanh/H2/{address}").status_code == 404
        assert ward.get(f"/dieu-hanh/H26/{address}").status_code == 404
        assert ward.get(f"/dieu-hanh/H26.102/{address}").status_code == 404
        assert country.get(f"/dieu-hanh/Z99/{address}").status_code == 404
        assert country.get(f"/dieu-hanh/{address}").status_code == city.get(f"/dieu-hanh/{address}").status_code == 200
    clerk, citizen, stranger = desk_of("H26.101", "reception", "handling")[0], Client(), Client()
    sign_in(citizen, make_person(), assurance=Assurance.HIGH)
    assert clerk.get("/dieu-hanh/").status_code == clerk.get("/dieu-hanh/H26.101/").status_code == 403
    assert clerk.get("/dieu-hanh/muc-tieu/").status_code == clerk.get("/dieu-hanh/so-lieu.xlsx").status_code == 403
    for address in ("tai-khoan/", "tai-khoan/so-lieu.xlsx"):
        assert country.get(f"/dieu-hanh/{address}").status_code == 200
        assert city.get(f"/dieu-hanh/{address}").status_code == clerk.get(f"/dieu-hanh/{address}").status_code == 403
        assert stranger.get(f"/dieu-hanh/{address}").status_code == 302
    for client in (citizen, stranger):
        answer = client.get("/dieu-hanh/H26/?x=1")
        assert (answer.status_code, answer["Location"]) == (302, "/tai-khoan/can-bo/?next=%2Fdieu-hanh%2FH26%2F%3Fx%3D1")
    assert country.post("/dieu-hanh/").status_code == 405
    answer = city.get("/dieu-hanh/")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.usefixtures("demo_data")
def test_the_desk_leads_there_and_says_how_many_are_late() -> None:
    today = timezone.localdate()
    before = glance("H26", timezone.now()).now.overdue
    tell(dossier(1, today, received=-9, due=-5))
    city, clerk = head("H26"), desk_of("H26.101", "reception")[0]
    start = city.get("/quan-tri/").content.decode()
    assert f"<strong>{before + 1}</strong> <span>Hồ sơ quá hạn, xem bảng điều hành</span>" in start and "/dieu-hanh/" in start
    assert city.get("/quan-tri/ratings/levelcount/")["Location"] == "/dieu-hanh/"
    assert "bảng điều hành" not in clerk.get("/quan-tri/").content.decode()


@pytest.mark.usefixtures("demo_data")
def test_the_file_holds_what_the_page_shows() -> None:
    today = timezone.localdate()
    some(4, today)
    client = vpcp()
    tiles = tiles_of(client.get("/dieu-hanh/H26/").content.decode())
    answer = client.get("/dieu-hanh/H26/so-lieu.xlsx")
    assert answer["Content-Disposition"] == f'attachment; filename="dieu-hanh-h26-{today}.xlsx"'
    sheet: Any = load_workbook(io.BytesIO(answer.content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    told = {row[1]: row for row in rows if row[0] == "Hôm nay"}
    for label, shown in tiles.items():
        value = told[label][4]
        assert shown == ("–" if value in (None, "") else f"{number(Decimal(str(value)))}{told[label][5] or ''}"), label
    assert len([row for row in rows if row[0] == "Theo ngày"]) == 31 * 5 and len([row for row in rows if row[0] == "Theo tháng"]) == 13 * 5
    assert any(row[0] == "Cơ quan bên dưới" and row[2] == "H26.101" and isinstance(row[4], int | float) for row in rows)
    assert any(row[0] == "Quá hạn lâu nhất" for row in rows)


@pytest.mark.django_db
def test_an_empty_portal_has_a_dashboard_too() -> None:
    client = vpcp()
    page = client.get("/dieu-hanh/").content.decode()
    assert tiles_of(page)["hồ sơ đang quá hạn"] == "0" and tiles_of(page)["đúng hạn, tháng này"] == "–"
    assert "Không có hồ sơ nào đang quá hạn." in page and "Chưa có hồ sơ nào" in page
    assert client.get("/dieu-hanh/so-lieu.xlsx").status_code == 200
    assert "Chưa đặt chỉ tiêu nào" in client.get("/dieu-hanh/muc-tieu/").content.decode()
    assert client.get("/dieu-hanh/muc-tieu/so-lieu.xlsx").status_code == 200


@pytest.mark.usefixtures("demo_data")
@pytest.mark.parametrize("address", ["/dieu-hanh/", "/dieu-hanh/muc-tieu/"])
def test_without_a_script_the_browser_looks_again_and_one_can_stop_it(address: str) -> None:
    client = vpcp()
    page = client.get(f"{address}?xep=-more").content.decode()
    assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in page and 'data-again="30"' in page
    pause = re.search(r'<a href="([^"]+)">Tạm dừng</a>', page)
    assert pause is not None and "xep=-more" in pause[1]
    still = client.get(address + pause[1].replace("&amp;", "&")).content.decode()
    assert "http-equiv" not in still and "data-again" not in still and "Cập nhật tiếp" in still
    assert "Người in: Phạm Văn Cán Bộ Giả Định" in page and "data-print" in page


def _queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


@pytest.mark.usefixtures("demo_data")
def test_pages_ask_as_many_queries_whatever_there_is() -> None:
    today = timezone.localdate()
    client = vpcp()
    addresses = [f"/dieu-hanh/{one}" for one in ("", "H26/", "H26.101/", "muc-tieu/", "H26/muc-tieu/", "H26.101/muc-tieu/", "tai-khoan/")]
    tell(dossier(1, today, received=-9, due=-5), dossier(2, today, unit="H26.101.5", received=-9, due=-5))
    while figures.fold():
        pass
    before = [_queries(client, one) for one in addresses]
    demo.load()
    some(5, today, 200)
    after = [_queries(client, one) for one in addresses]
    assert max(after) <= 30 and all(more - less <= 1 for less, more in zip(before, after, strict=True)), (before, after)


@pytest.mark.requirement("N-03")
@pytest.mark.usefixtures("demo_data")
def test_the_longest_late_are_found_by_the_index_of_what_is_open() -> None:
    today = timezone.localdate()
    tell(*(dossier(at_number, today, received=-20, due=-at_number) for at_number in range(1, 12)))
    tell(dossier(50, today, received=-90, due=-80, finished=-1, state="10"))
    with CaptureQueriesContext(connection) as found:
        rows = longest_overdue(["H26"], "H26.101", today)
    assert [one.days for one in rows] == sorted((one.days for one in rows), reverse=True) and len(rows) == 8 and rows[0].days == 11
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("EXPLAIN " + found[0]["sql"])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    # Merged in the order of the index: nothing is sorted that is not shown.
    assert "agency_code_due_at_code_idx" in plan and "Merge Append" in plan and "Seq Scan" not in plan, plan


def test_the_worst_come_first_and_small_numbers_make_no_share() -> None:
    lines = [Late("a", 100, 10, 4), Late("b", 10, 9, 9), Late("c", 4, 4, 0), Late("d", 50, 0, 7), Late("e", 3, 0)]
    assert [line.key for line in most_overdue(lines)] == ["a", "b", "c"]
    assert [(line.key, line.share) for line in highest_share(lines)] == [("b", Decimal("90.0")), ("a", Decimal("10.0"))]
    assert [(line.key, line.more) for line in movers(lines)] == [("d", -7), ("a", 6), ("c", 4)]


@pytest.mark.requirement("R-13")
@pytest.mark.usefixtures("demo_data")
def test_satisfaction_and_score_stand_on_the_dashboard_as_on_their_pages() -> None:
    today = timezone.localdate()
    Rating.objects.all().delete()
    RatingCount.objects.all().delete()
    ScoreCount.objects.all().delete()
    client = vpcp()
    tiles = tiles_of(client.get("/dieu-hanh/H26/").content.decode())
    assert "hài lòng, tháng này" not in tiles and "điểm đánh giá, tháng này" not in tiles
    for step in (5, 4, 2, 5):
        rate("H26.101", step, day=today)
    page = client.get("/dieu-hanh/H26/").content.decode()
    assert tiles_of(page)["hài lòng, tháng này"] == "–" and "chưa đủ phiếu để nêu tỷ lệ" in page and "4 phiếu" not in page
    for step in (5, 3):
        rate("H26.102", step, day=today)
    for code, good in (("H26", 9), ("H17", 10), ("G15", 1)):
        ScoreCount.objects.create(
            period="m", first=today.replace(day=1), agency=code, parent="", criterion="2.1", numerator=good, denominator=10,
            counted_at=timezone.now(),
        )  # fmt: skip
    for agency in ("", "H26"):
        page = client.get(f"/dieu-hanh/{agency}/" if agency else "/dieu-hanh/").content.decode()
        assert tiles_of(page)["hài lòng, tháng này"] == "66,7%" and "6 phiếu" in page
        line = next(line for line in targets.board(agency, today) if line.target.code == "hai-long")
        assert (line.value, line.is_met, line.reading.course[-1][1]) == (Decimal("66.7"), False, Decimal("66.7"))  # type: ignore[union-attr]
    score = score_of("H26", "m", today.replace(day=1))
    assert score is not None and score.points is not None
    assert tiles_of(page)["điểm đánh giá, tháng này"] == number(score.points) and 'href="/danh-gia/H26/"' in page
    assert f"xếp loại {class_name(score.grade)}" in page and f"hạng {score.rank} trong {score.of}" in page
    line = next(line for line in targets.board("H26.102", today) if line.target.code == "hai-long")
    assert line.value is None and line.is_met is None
