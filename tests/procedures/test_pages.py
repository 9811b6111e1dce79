"""Pages of the catalogue over HTTP, and the desk's view of it."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest

from procedures.models import Procedure, ProcedureVersion
from procedures.services import load_shipped
from tests.procedures.test_catalogue import version_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def catalogue(db):
    load_shipped()


@pytest.mark.requirement("C-01")
def test_the_procedure_page_answers_first(client):
    html = client.get("/thu-tuc/1.001193/").content.decode()
    for words in (
        "Giấy khai sinh",
        "Ai làm được",
        "Giấy chứng sinh",
        "8.000\u00a0đ",
        "Miễn lệ phí",
        "Trong ngày",
        "60/2014/QH13",
        "Trong 60 ngày kể từ ngày sinh con",
    ):
        assert words in html
    assert 'href="/nop-ho-so/1.001193/"' in html
    assert html.index("Bạn nhận được") < html.index("Giấy tờ cần có") < html.index("Căn cứ pháp lý")


def test_no_online_service_no_button(client):
    html = client.get("/thu-tuc/1.000894/").content.decode()
    assert "/nop-ho-so/" not in html and "chưa nộp được trên Cổng" in html


def test_fees_that_differ_by_channel_are_told_by_channel(client):
    html = client.get("/thu-tuc/1.004222/").content.decode()
    assert "10.000\u00a0đ" in html and "20.000\u00a0đ" in html


def test_structured_data_is_sound_and_cannot_leave_its_element(client):
    ProcedureVersion.objects.filter(procedure__code="1.001193").update(summary="</script><script>alert(1)</script> & <b>")
    html = client.get("/thu-tuc/1.001193/").content.decode()
    assert html.count("<script") == 1 and "<b>" not in html
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)[1])
    assert data["@type"] == "GovernmentService" and data["identifier"] == "1.001193"
    assert data["description"].startswith("</script>") and data["serviceOutput"][0]["name"] == "Giấy khai sinh"


def test_the_page_makes_a_fixed_number_of_queries(client, django_assert_num_queries):
    for code in ("1.001193", "1.004222"):
        with django_assert_num_queries(7):
            client.get(f"/thu-tuc/{code}/")
    with django_assert_num_queries(2):
        client.get("/thu-tuc/")
    with django_assert_num_queries(2):
        client.get("/tim-kiem/?q=khai+sinh")


@pytest.mark.requirement("C-02")
def test_the_page_of_a_day(client):
    version_of("1.999999", dt.date(2020, 1, 1), dt.date(2021, 1, 1), "Tên của năm 2020")
    html = client.get("/thu-tuc/1.999999/?ngay=2020-06-01").content.decode()
    assert "Tên của năm 2020" in html and "01/06/2020" in html and "noindex" in html
    assert client.get("/thu-tuc/1.999999/").status_code == 410
    assert client.get("/thu-tuc/1.999999/?ngay=2019-01-01").status_code == 404
    assert client.get("/thu-tuc/1.999999/?ngay=khong").status_code == 404


def test_old_and_local_codes_lead_on(client):
    Procedure.objects.create(code="2.000488", replaced_by=Procedure.objects.get(code="1.001193"))
    response = client.get("/thu-tuc/2.000488/")
    assert response.status_code == 301 and response["Location"] == "/thu-tuc/1.001193/"
    response = client.get("/thu-tuc/1.000656.000.00.00.H29/")
    assert response.status_code == 302 and response["Location"] == "/thu-tuc/1.000656/"


@pytest.mark.parametrize("q", ["khai sinh", "khai+sinh", "dang ky khai sinh", "ĐĂNG KÝ KHAI SINH"])
def test_search_page_finds(client, q):
    html = client.get("/tim-kiem/", {"q": q.replace("+", " ")}).content.decode()
    assert 'href="/thu-tuc/1.001193/"' in html and "noindex" in html


def test_search_page_says_what_to_do_when_nothing_is_found_and_escapes_what_was_typed(client):
    html = client.get("/tim-kiem/", {"q": '<script>x</script>"'}).content.decode()
    assert "Chưa thấy thủ tục nào" in html and "<script>" not in html


@pytest.mark.parametrize("query", ["q=" + "a" * 5000, "q=%00khai", "q=khai&trang=999", "q=khai&trang=x", "trang=-1"])
def test_odd_queries_are_answered(client, query):
    assert client.get(f"/tim-kiem/?{query}").status_code == 200
    assert client.get(f"/thu-tuc/?{query}").status_code == 200


@pytest.mark.parametrize("path", ["/", "/tim-kiem/", "/thu-tuc/", "/thu-tuc/1.001193/"])
def test_pages_are_for_reading(client, path):
    assert client.post(path).status_code == 405
    assert client.head(path).status_code == 200


def test_the_desk_shows_the_catalogue_and_lets_nobody_write(client, rf):
    from django.contrib import admin

    from tests.factories import make_officer_actor

    model_admin = admin.site._registry[ProcedureVersion]
    request = rf.get("/quan-tri/")
    request._actor = make_officer_actor()
    assert model_admin.has_view_permission(request) and not model_admin.has_add_permission(request)
    assert not model_admin.has_change_permission(request) and not model_admin.has_delete_permission(request)
    assert model_admin.get_queryset(request).count() == 5
    from portal.access import ANONYMOUS

    request._actor = ANONYMOUS
    assert not model_admin.has_view_permission(request) and model_admin.get_queryset(request).count() == 0
