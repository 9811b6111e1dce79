"""Readers report mistakes; the agency that answers for the page deals with them (issue 3 §4)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal.access import AccessDenied
from portal.audit.models import Act
from portal.states import TransitionRefused
from procedures import services
from procedures.models import MistakeReport, ProcedureVersion
from procedures.services.mistakes import without_numbers
from tests.factories import make_position, sign_in

pytestmark = pytest.mark.django_db
PAGE = "/bao-loi/?thu-tuc=1.001193"
GOOD = {"part": "fees", "text": "Lệ phí bản sao ở xã tôi là 5.000 đồng chứ không phải 8.000 đồng."}
DESK = "/quan-tri/procedures/mistakereport/"


@pytest.fixture
def catalogue(demo_data: None) -> None:
    """Procedures and the agencies that answer for them."""


def officer(client: Client, unit: str, *roles: str) -> Any:
    position = make_position(unit=unit, roles=roles)
    return sign_in(client, position.person, position=position)


def reported(code: str = "1.001193", **more: Any) -> MistakeReport:
    version = ProcedureVersion.objects.get(procedure__code=code)
    facts = {"part": "fees", "text": "Lệ phí ghi trên trang đã cũ.", "language": "vi", "now": timezone.now(), **more}
    return services.report_mistake(version=version, **facts)


def test_a_reader_reports_without_signing_in(client: Client, catalogue: None, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(3):
        page = client.get(PAGE)
    assert page.status_code == 200 and "Đăng ký khai sinh" in page.content.decode()
    assert "no-store" in page["Cache-Control"] or "max-age=0" in page["Cache-Control"]
    answer = client.post(PAGE, GOOD)
    assert answer.status_code == 302 and answer["Location"] == "/bao-loi/?thu-tuc=1.001193&da-nhan=1"
    thanks = client.get(answer["Location"]).content.decode()
    assert "Cảm ơn bạn" in thanks and "Bộ Tư pháp" in thanks and '<form method="post"' not in thanks
    report = MistakeReport.objects.get()
    assert (report.part, report.text, report.unit_code, report.state) == ("fees", GOOD["text"], "G15", "new")
    assert report.version is not None and report.version.procedure.code == "1.001193"


def test_in_english_and_about_no_procedure(client: Client, catalogue: None) -> None:
    page = client.get("/en/bao-loi/?thu-tuc=1.001193").content.decode()
    assert "What is wrong or missing?" in page and "Registration of a birth" in page
    answer = client.post("/en/bao-loi/", {"part": "other", "text": "The map of agencies has no Hue."})
    assert answer["Location"] == "/en/bao-loi/?da-nhan=1"
    report = MistakeReport.objects.get()
    assert (report.version, report.unit_code, report.language) == (None, "G22", "en")


@pytest.mark.parametrize(
    ("given_values", "words"),
    [
        ({}, "Bạn hãy chọn chỗ sai."),
        ({"part": "nothing", "text": GOOD["text"]}, "Bạn hãy chọn một chỗ trong danh sách."),
        ({"part": "fees", "text": "sai"}, "Bạn viết rõ thêm một chút"),
        ({"part": "fees", "text": "x" * 2001}, "không quá 2.000 ký tự"),
        ({"part": "fees", "text": "\x00" * 20}, "Bạn"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_kept(client: Client, catalogue: None, given_values: dict[str, str], words: str) -> None:
    answer = client.post(PAGE, given_values)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert words in html and "error-summary" in html
    if given_values.get("text") == "sai":
        assert ">sai</textarea>" in html.replace("\n", "")
    assert not MistakeReport.objects.exists()


def test_an_unknown_procedure_is_a_page_that_does_not_exist_and_a_flood_is_asked_to_wait(client: Client, catalogue: None) -> None:
    assert client.get("/bao-loi/?thu-tuc=9.999999").status_code == 404
    assert client.get("/bao-loi/?thu-tuc=%00").status_code == 404
    answers = [client.post(PAGE, GOOD, REMOTE_ADDR="203.0.113.77").status_code for _ in range(6)]
    assert answers == [302] * 5 + [429]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Gọi tôi 0912 345 678 nhé", "Gọi tôi … nhé"),
        ("CCCD 001195000001", "CCCD …"),
        ("mã 1.001193.000.00.00.H29 và 1.001193", "mã 1.001193.000.00.00.H29 và 1.001193"),
        ("lệ phí 1.250.000.000 đồng", "lệ phí 1.250.000.000 đồng"),
        ("Thông tư 281/2016/TT-BTC ngày 14/11/2016", "Thông tư 281/2016/TT-BTC ngày 14/11/2016"),
        ("+84 24 3823 1234", "…"),
    ],
)
def test_numbers_of_people_are_taken_out(text: str, kept: str) -> None:
    assert without_numbers(text) == kept


@given(st.text(alphabet="0123456789 .-+ab", max_size=60))
def test_no_nine_digits_in_a_row_are_left(text: str) -> None:
    import re

    assert not re.search(r"\d{9}", without_numbers(f" {text} "))


def test_the_agency_sees_its_own_and_vpcp_all(client: Client, catalogue: None) -> None:
    births, residence = reported("1.001193"), reported("1.004194")
    officer(client, "G15", "administrator")
    listed = {report.pk for report in client.get(DESK).context["cl"].result_list}
    assert listed == {births.pk}
    assert client.get(f"{DESK}{births.pk}/change/").status_code == 200
    assert client.get(f"{DESK}{residence.pk}/correct/").status_code == 404
    assert client.post(f"{DESK}{residence.pk}/correct/", {"note": "Đã sửa."}).status_code == 404
    officer(client, "G22", "steering")
    assert {report.pk for report in client.get(DESK).context["cl"].result_list} == {births.pk, residence.pk}
    officer(client, "H26.101", "reception")
    assert client.get(DESK).status_code == 403


def test_dealing_with_a_report_says_what_was_done_once(client: Client, catalogue: None) -> None:
    report = reported()
    officer(client, "G15", "administrator")
    page = client.get(f"{DESK}{report.pk}/change/").content.decode()
    assert f"{DESK}{report.pk}/correct/" in page and "Nội dung không sai" in page
    assert client.post(f"{DESK}{report.pk}/correct/", {"note": " "}).status_code == 422
    answer = client.post(f"{DESK}{report.pk}/correct/", {"note": "Đã sửa lệ phí theo quyết định mới."}, follow=True)
    assert answer.status_code == 200
    report.refresh_from_db()
    assert (report.state, report.note) == ("corrected", "Đã sửa lệ phí theo quyết định mới.") and report.handled_by
    assert Act.objects.filter(act="procedures.mistakes.correct", target_id=str(report.pk)).count() == 1
    late = client.post(f"{DESK}{report.pk}/dismiss/", {"note": "Không sai."}, follow=True)
    assert "Người khác vừa xử lý" in late.content.decode()
    report.refresh_from_db()
    assert report.state == "corrected"
    assert "/correct/" not in client.get(f"{DESK}{report.pk}/change/").content.decode()


def test_the_service_asks_who_and_the_database_what(catalogue: None, client: Client) -> None:
    from portal.access import ActingAs, Actor

    report, stranger = reported(), Actor(acting_as=ActingAs.POSITION, unit="H26", roles=frozenset({"administrator"}))
    with pytest.raises(AccessDenied):
        services.handle_mistake(actor=stranger, report_id=report.pk, transition="correct", note="x", now=timezone.now())
    from portal.access import SYSTEM

    services.handle_mistake(actor=SYSTEM, report_id=report.pk, transition="dismiss", note="Đúng rồi.", now=timezone.now())
    with pytest.raises(TransitionRefused):
        services.handle_mistake(actor=SYSTEM, report_id=report.pk, transition="correct", note="x", now=timezone.now())
    for wrong in ({"note": ""}, {"handled_at": None}, {"text": ""}, {"state": "new"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            MistakeReport.objects.filter(pk=report.pk).update(**wrong)


def test_the_list_costs_the_same_whatever_its_length(client: Client, catalogue: None, django_assert_num_queries: Any) -> None:
    officer(client, "G22", "steering")
    reported()
    client.get(DESK)
    from django.db import connection

    from tests.support.queries import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        client.get(DESK)
    for number in range(20):
        reported(now=timezone.now() - dt.timedelta(hours=number))
    with django_assert_num_queries(len(few)):
        client.get(DESK)
