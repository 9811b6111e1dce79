"""Pages of the catalogue over HTTP, and the desk's view of it."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from django.utils import timezone
from django.utils.html import escape

from procedures.models import OnlineService, Procedure, ProcedureVersion
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
    html = client.get("/thu-tuc/2.000806/").content.decode()
    assert "/nop-ho-so/" not in html and "Biểu mẫu trực tuyến của thủ tục này chưa mở ở đây" in html


def test_fees_that_differ_by_channel_are_told_by_channel(client):
    html = client.get("/thu-tuc/1.004222/").content.decode()
    assert "10.000\u00a0đ" in html and "20.000\u00a0đ" in html


def test_structured_data_is_sound_and_cannot_leave_its_element(client):
    ProcedureVersion.objects.filter(procedure__code="1.001193").update(summary="</script><script>alert(1)</script> & <b>")
    html = client.get("/thu-tuc/1.001193/").content.decode()
    assert "<script>" not in html and "<b>" not in html
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)[1])
    assert data["@type"] == "GovernmentService" and data["identifier"] == "1.001193"
    assert data["description"].startswith("</script>") and data["serviceOutput"][0]["name"] == "Giấy khai sinh"


@pytest.mark.requirement("N-02")
def test_pages_make_a_fixed_number_of_queries(client, demo_data, django_assert_num_queries):
    for path, count in (
        ("/thu-tuc/1.001193/", 15),
        ("/thu-tuc/1.004222/", 15),
        ("/en/thu-tuc/1.001612/", 15),
        ("/thu-tuc/1.001193/?dia-phuong=01", 18),
        ("/thu-tuc/1.001193/?dia-phuong=01&xa=00070&tich=1", 18),
        ("/thu-tuc/", 2),
        ("/thu-tuc/?doi-tuong=cong-dan&muc-do=truc-tiep", 2),
        ("/su-kien/", 2),
        ("/su-kien/co-con-nho/", 3),
        ("/linh-vuc/", 1),
        ("/co-quan/", 1),
        ("/co-quan/H26/", 4),
        ("/tim-kiem/?q=khai+sinh", 12),  # five of them make the engine, which a portal holds
    ):
        with django_assert_num_queries(count):
            assert client.get(path).status_code == 200


@pytest.mark.requirement("C-08", "C-09")
def test_a_list_is_narrowed_by_who_asks_and_by_how_far_it_goes_online(client):
    whole = client.get("/thu-tuc/")
    filtered = whole.context["filtered"]
    assert filtered.count == ProcedureVersion.objects.filter(procedure__replaced_by__isnull=True).count()
    for choice in [*filtered.subjects[1:], *filtered.levels[1:]]:
        page = client.get(f"/thu-tuc/?{choice.query}")
        assert page.context["filtered"].count == choice.count > 0, choice.query
    online = client.get("/thu-tuc/?muc-do=toan-trinh")
    whole_online = {one.version.procedure.code for one in OnlineService.objects.filter(level=OnlineService.ServiceLevel.FULL)}
    shown = {row.procedure.code for row in online.context["page"]}
    assert shown <= whole_online and len(shown) == min(len(whole_online), online.context["page"].paginator.per_page)
    assert {"1.001193", "2.000635"} <= whole_online
    assert sum(choice.count for choice in filtered.levels[1:]) == filtered.count
    assert client.get("/thu-tuc/?doi-tuong=nguoi-ngoai-hanh-tinh").status_code == 404
    assert client.get("/thu-tuc/?muc-do=toan-trinh&doi-tuong=dang-vien").context["filtered"].count == 0


@pytest.mark.requirement("C-08")
def test_events_fields_and_agencies_lead_to_their_procedures(client, demo_data):
    assert 'href="/thu-tuc/1.001193/"' in client.get("/su-kien/co-con-nho/").content.decode()
    version = ProcedureVersion.objects.exclude(field_code="").exclude(issuing_code="").select_related("procedure").first()
    for path in (f"/linh-vuc/{version.field_code}/", f"/co-quan/{version.issuing_code}/"):
        response = client.get(path)
        assert response.status_code == 200 and f'href="/thu-tuc/{version.procedure.code}/"' in response.content.decode(), path
        index = path.rsplit("/", 2)[0] + "/"
        assert f'href="{path}"' in client.get(index).content.decode()
    for path in ("/su-kien/khong-co/", "/linh-vuc/KHONG/", "/co-quan/Z99/"):
        assert client.get(path).status_code == 404


@pytest.mark.requirement("C-01")
def test_ticks_on_the_checklist_live_in_the_address(client):
    html = client.get("/thu-tuc/1.001193/?tich=1&tich=2&tich=999999999&tich=x&ngay=2026-07-02").content.decode()
    ticked = re.findall(r'<input type="checkbox" name="tich" value="(\d+)" id="tich-\d+" checked>', html)
    assert ticked == ["1", "2"]
    assert "Đã đánh dấu 2 giấy tờ" in html and '<input type="hidden" name="ngay" value="2026-07-02">' in html
    assert " checked>" not in client.get("/thu-tuc/1.001193/").content.decode()


@pytest.mark.requirement("C-01")
def test_sets_conditions_and_every_agency_stand_on_the_page(client):
    said = {
        "dossier_sets": 3, "conditions": "Điều kiện để thử.", "authorised_agency": "Cơ quan được ủy quyền để thử",
        "coordinating_agency": "Cơ quan phối hợp để thử", "executing_agency": "Cơ quan thực hiện để thử",
    }  # fmt: skip
    ProcedureVersion.objects.filter(procedure__code="1.001193").update(**said)
    html = client.get("/thu-tuc/1.001193/").content.decode()
    assert "Số lượng: 3 bộ hồ sơ." in html
    for part in ("conditions", "authorised_agency", "coordinating_agency", "executing_agency"):
        assert said[part] in html, part


@pytest.mark.requirement("C-20")
def test_the_office_is_found_by_the_name_of_a_commune_new_or_old(client, demo_data):
    path = "/thu-tuc/1.001193/"
    old = client.get(path, {"dia-phuong": "01", "xa": "truc bach", "tich": "1"})
    assert old.status_code == 302
    assert old["Location"].startswith(path) and "xa=00004" in old["Location"] and "tich=1" in old["Location"]
    page = client.get(old["Location"].partition("#")[0]).content.decode()
    assert "Phường Ba Đình, Thành phố Hà Nội" in page
    several = client.get(path, {"dia-phuong": "", "xa": "Tân Lập"})
    assert several.status_code == 200 and several.content.decode().count("&amp;xa=") > 1
    nothing = client.get(path, {"xa": "<b>Không đâu cả"})
    assert "Chưa thấy xã, phường, đặc khu nào" in nothing.content.decode() and "<b>Không" not in nothing.content.decode()
    office = client.get(path, {"dia-phuong": "01", "xa": "00070"}).content.decode()
    assert 'href="/co-quan/H26.101/"' in office
    assert client.get(path, {"dia-phuong": "99", "xa": "99999"}).status_code == 200


@pytest.mark.requirement("C-22")
def test_a_translated_service_is_english_and_another_says_that_it_is_not(client):
    html = client.get("/en/thu-tuc/1.001193/").content.decode()
    english = ProcedureVersion.objects.get(procedure__code="1.001193").english
    assert english["name"] in html and english["documents"][0]["name"] in html and "Papers you need" in html
    assert "has not been translated" not in html
    other = ProcedureVersion.objects.filter(english={}).select_related("procedure").first()
    html = client.get(f"/en/thu-tuc/{other.procedure.code}/").content.decode()
    assert "has not been translated" in html and f'<h1 lang="vi">{escape(other.name)}</h1>' in html


@pytest.mark.requirement("C-02")
def test_what_the_page_looked_like_before_and_will_look_like(client):
    today = timezone.localdate()
    change = today + dt.timedelta(days=30)
    version_of("1.999999", dt.date(2020, 1, 1), change, "Tên của hôm nay")
    version_of("1.999999", change, None, "Tên của mai sau")
    html = client.get("/thu-tuc/1.999999/").content.decode()
    assert "<h1>Tên của hôm nay</h1>" in html and "sắp có hiệu lực" in html and f"ngay={change:%Y-%m-%d}" in html
    later = client.get("/thu-tuc/1.999999/", {"ngay": change.isoformat()}).content.decode()
    assert "<h1>Tên của mai sau</h1>" in later and "noindex" in later


@pytest.mark.requirement("C-02")
def test_the_page_of_a_day(client):
    version_of("1.999999", dt.date(2020, 1, 1), dt.date(2021, 1, 1), "Tên của năm 2020")
    html = client.get("/thu-tuc/1.999999/?ngay=2020-06-01").content.decode()
    assert "Tên của năm 2020" in html and "01/06/2020" in html and "noindex" in html
    assert client.get("/thu-tuc/1.999999/").status_code == 410
    assert client.get("/thu-tuc/1.999999/?ngay=2019-01-01").status_code == 404
    assert client.get("/thu-tuc/1.999999/?ngay=khong").status_code == 404


def test_old_and_local_codes_lead_on(client):
    Procedure.objects.create(code="9.000488", replaced_by=Procedure.objects.get(code="1.001193"))
    response = client.get("/thu-tuc/9.000488/")
    assert response.status_code == 301 and response["Location"] == "/thu-tuc/1.001193/"
    assert client.get("/en/thu-tuc/9.000488/")["Location"] == "/en/thu-tuc/1.001193/"
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
    assert model_admin.get_queryset(request).count() == ProcedureVersion.objects.count() > 0
    from portal.access import ANONYMOUS

    request._actor = ANONYMOUS
    assert not model_admin.has_view_permission(request) and model_admin.get_queryset(request).count() == 0
