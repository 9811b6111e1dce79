"""Each quarter an agency tells VPCP of the quality of its own procedures; catalogues are entered on the day their act takes effect."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal.access import SYSTEM
from portal.catalogues import services as entries
from portal.catalogues import timeliness
from portal.catalogues.models import Sector
from portal.workdays import ZONE
from procedures.models import Announcement, QualityFinding, QualityReport, QualityReview
from procedures.services import quality, reporting
from procedures.services.quality import QualityRefused
from tests.procedures.test_announcing import at_desk, begun, seen, words

DESK, FINDING = "/quan-tri/procedures/qualityreport/", "/quan-tri/procedures/qualityfinding/"
QUARTER = dt.date(2026, 7, 1)
AUGUST, OCTOBER, LATE = (dt.datetime(2026, *day, 9, tzinfo=ZONE) for day in ((8, 10), (10, 5), (11, 20)))


@given(st.dates(dt.date(2020, 1, 1), dt.date(2035, 12, 31)))
def test_quarters_follow_one_another_and_a_report_has_ten_working_days(day: dt.date) -> None:
    first = reporting.quarter_of(day)
    assert first <= day < reporting.next_quarter(first) and first.month in (1, 4, 7, 10)
    assert reporting.quarter_of(reporting.next_quarter(first) - dt.timedelta(days=1)) == first
    assert reporting.ended_quarters(day, 1)[0] < first
    assert timezone.localdate(reporting.report_by(first)) >= reporting.next_quarter(first) + dt.timedelta(days=10)


@pytest.mark.usefixtures("demo_data")
@pytest.mark.requirement("C-12")
def test_an_agency_reviews_itself_and_reports_by_the_quarter_vpcp_sees_who_is_late() -> None:
    assert timezone.localdate(reporting.report_by(QUARTER)) == dt.date(2026, 10, 14)
    with time_machine.travel(AUGUST, tick=False):
        _ministry, own = at_desk("G15", "procedure_checking")
        review = quality.begin_review(actor=own, title="Tự rà soát quý III", unit_code="G15", scope="full", sample=0, now=AUGUST)
        for kind, text in (("timely", "Công khai muộn 3 ngày."), ("complete", "Thiếu mẫu đơn.")):
            quality.add_finding(
                actor=own, review_id=review.pk, procedure_code="1.001193", part="", kind=kind, text=text, now=AUGUST
            )  # fmt: skip
        quality.move_review(actor=own, review_id=review.pk, transition="send", now=AUGUST)
    with time_machine.travel(OCTOBER, tick=False):
        (ministry, own), (vpcp, _) = at_desk("G15", "procedure_checking"), at_desk("G22", "steering")
        assert "Báo cáo chất lượng dữ liệu quý III/2026 chưa gửi" in words(ministry.get("/quan-tri/"))
        assert ministry.post(f"{DESK}add/", {"quarter": "2026-10-01"}).status_code == 422, "a quarter that is not over"
        assert at_desk("H26.101", "procedure_checking")[0].post(f"{DESK}add/", {"quarter": "2026-07-01"}).status_code == 422
        made = ministry.post(f"{DESK}add/", {"quarter": "2026-07-01"})
        assert made.status_code == 302, words(made)
        row = QualityReport.objects.get()
        told = reporting.told(row)
        assert (told.timely, told.complete, told.reviews, told.mended, told.open) == (1, 1, 1, 0, 2) and told.looked_at > 0
        assert vpcp.get(f"{DESK}{row.pk}/change/").status_code == 404, "the agency's own until it is sent"
        timely = QualityFinding.objects.get(kind="timely", review=review)
        assert ministry.post(f"{FINDING}{timely.pk}/mend/", {"note": "Đã công khai."}).status_code == 302
        assert ministry.post(f"{DESK}{row.pk}/draw/").status_code == 302
        row.refresh_from_db()
        assert reporting.told(row).mended_late == reporting.told(row).mended == 1, "in October what was due in August"
        assert "Công khai muộn 3 ngày." in words(ministry.get(f"{DESK}{row.pk}/change/"))
        stranger, _ = at_desk("G01", "procedure_checking")
        assert stranger.get(f"{DESK}{row.pk}/change/").status_code == 404
    with time_machine.travel(LATE, tick=False):
        (ministry, own), (vpcp, _) = at_desk("G15", "procedure_checking"), at_desk("G22", "steering")
        assert "Cơ quan chưa gửi báo cáo chất lượng dữ liệu quý III/2026" in words(vpcp.get("/quan-tri/"))
        assert "Bộ Tư pháp" in words(vpcp.get(f"{DESK}missing/")) and ministry.get(f"{DESK}missing/").status_code == 404
        assert ministry.post(f"{DESK}{row.pk}/send/", {"conclusion": ""}).status_code == 422
        assert ministry.post(f"{DESK}{row.pk}/send/", {"conclusion": "Bổ sung mẫu đơn trong tháng 12."}).status_code == 302
        row.refresh_from_db()
        assert row.in_time is False and "quá hạn" in words(vpcp.get(f"{DESK}{row.pk}/change/"))
        assert "Bộ Tư pháp" not in words(vpcp.get(f"{DESK}missing/"))
        quarter = reporting.reported(QUARTER, LATE)
        assert (quarter.in_time, quarter.late, quarter.total.found, quarter.total.mended) == (0, 1, 2, 1)
        seen()
        page = words(Client().get("/chat-luong-du-lieu/"))
        assert "Bổ sung mẫu đơn trong tháng 12." in page and "0 cơ quan gửi đúng hạn, 1 gửi muộn" in page and "gửi muộn" in page
        assert "Reports of agencies" in words(Client().get("/en/chat-luong-du-lieu/"))
        with pytest.raises(QualityRefused):
            reporting.draw_report(actor=own, unit_code="G15", quarter=QUARTER, now=LATE)
    with pytest.raises(DatabaseError), transaction.atomic():
        QualityReport.objects.filter(pk=row.pk).update(conclusion="Khác")


@pytest.mark.usefixtures("demo_data")
@pytest.mark.requirement("C-12")
def test_who_has_not_looked_has_nothing_to_report_and_totals_are_what_was_found() -> None:
    _client, own = at_desk("G15", "procedure_checking")
    row = reporting.draw_report(actor=own, unit_code="G15", quarter=QUARTER, now=OCTOBER)
    with pytest.raises(QualityRefused, match="chưa rà soát"):
        reporting.send_report(actor=own, report_id=row.pk, conclusion="Xong.", now=OCTOBER)
    review = quality.begin_review(actor=own, title="Tự rà soát", unit_code="G15", scope="full", sample=0, now=OCTOBER)
    before = {one.kind: one.found for one in quality.totals(OCTOBER)}
    for _time in range(3):
        quality.add_finding(actor=own, review_id=review.pk, procedure_code="1.001193", part="", kind="timely", text="Muộn", now=OCTOBER)
    assert {one.kind: one.found for one in quality.totals(OCTOBER)} == before, "not sent yet"
    quality.move_review(actor=own, review_id=review.pk, transition="send", now=OCTOBER)
    sums = {one.kind: one for one in quality.totals(LATE)}
    late = sums["Chưa kịp thời"]
    assert late.found - before["Chưa kịp thời"] == 3 and late.overdue >= 3
    seen()
    page = words(Client().get("/chat-luong-du-lieu/"))
    assert f'<th scope="row" lang="vi">Chưa kịp thời</th><td class="number" data-label="Phát hiện">{late.found}</td>' in page
    assert QualityReview.objects.get(pk=review.pk).by_unit == "G15"
    sent = reporting.send_report(actor=own, report_id=row.pk, conclusion="Xong.", now=OCTOBER)
    assert sent.in_time is True


@given(st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)), st.integers(-400, 400))
def test_days_late_are_none_on_the_day_and_before(day: dt.date, days: int) -> None:
    assert timeliness.days_late(day, day + dt.timedelta(days=days)) == max(0, days)


@pytest.mark.usefixtures("demo_data")
@pytest.mark.requirement("C-23")
def test_catalogues_are_counted_by_the_day_their_act_took_effect_beside_decisions() -> None:
    today = timezone.localdate()
    begin = today.replace(month=1, day=1)
    before = {one.owner: one for one in timeliness.entered_since(begin)}
    known = before.get("G22", timeliness.Entered("G22", 0, 0, 0))
    for code, days in (("LV.thu-mot", 0), ("LV.thu-hai", -5), ("LV.thu-ba", 12)):
        entries.add(
            model=Sector, actor=SYSTEM, code=code, effective_from=today - dt.timedelta(days=days), name=f"Lĩnh vực {code}",
            owner_code="G22",
        )  # fmt: skip
    found = {one.owner: one for one in timeliness.entered_since(begin)}["G22"]
    assert (found.every - known.every, found.late - known.late, found.most) == (3, 1, max(12, known.most))
    assert [one.days for one in timeliness.late_since(begin) if one.code == "LV.thu-ba"] == [12]
    seen()
    page = words(Client().get("/chat-luong-du-lieu/"))
    assert f"Danh mục dùng chung ghi năm {today.year}" in page
    assert f'data-label="Ghi muộn">{found.late}</td><td class="number" data-label="Muộn nhất, ngày">{found.most}</td>' in page
    vpcp, _ = at_desk("G22", "steering")
    assert "Mục danh mục dùng chung ghi sau ngày có hiệu lực" in words(vpcp.get("/quan-tri/"))
    assert "LV.thu-ba" in words(vpcp.get(f"{DESK}catalogues/"))
    late = vpcp.post(
        "/quan-tri/catalogues/sector/add/",
        {"code": "LV.thu-bon", "name": "Thử bốn", "owner_code": "G22", "effective_from": f"{today - dt.timedelta(days=2):%d/%m/%Y}"},
        follow=True,
    )
    assert "ghi muộn 2 ngày" in words(late), words(late)


@pytest.mark.usefixtures("demo_data")
@pytest.mark.requirement("C-23")
def test_a_decision_is_watched_before_and_after_its_day() -> None:
    enterer, _ = at_desk("G15", "procedure_entering")
    vpcp, _ = at_desk("G22", "steering")
    row = begun(enterer, timezone.localdate())
    assert "hạn công khai" not in words(enterer.get("/quan-tri/"))
    Announcement.objects.filter(pk=row.pk).update(due_at=timezone.now() + dt.timedelta(days=2))
    assert "Quyết định sắp hết hạn công khai" in words(enterer.get("/quan-tri/"))
    Announcement.objects.filter(pk=row.pk).update(due_at=timezone.now() - dt.timedelta(minutes=1))
    for desk in (enterer, vpcp):
        assert "Quyết định quá hạn công khai" in words(desk.get("/quan-tri/"))
        listed = desk.get("/quan-tri/procedures/announcement/?han=qua-han")
        assert [one.pk for one in listed.context["cl"].result_list] == [row.pk]
    assert "Quyết định quá hạn" not in words(at_desk("G01", "procedure_entering")[0].get("/quan-tri/"))
