"""What fresh eyes found in the frame: languages, empty pages, addresses that led nowhere, promises that nothing keeps."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.test import Client, RequestFactory, override_settings
from django.utils.translation import override

from portal.home import views
from portal.operations.middleware import RequestIdMiddleware
from tests.factories import make_person, make_position, sign_in
from tests.portal.pages import Page, texts

LETTERS = re.compile("[àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵ]", re.I)
LABEL = "Bản trình diễn: dữ liệu giả, không có giá trị pháp lý"


def vietnamese_in(html: str) -> list[str]:
    """Words of an English page that are Vietnamese and not said to be so."""
    return [text for text, language in texts(html) if language == "en" and LETTERS.search(text)]


@pytest.mark.requirement("C-22")
@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "410", "413", "414", "429", "500", "503"])
def test_error_pages_are_english_under_an_english_address(name: str) -> None:
    with override("en"):
        html = render(RequestFactory().get("/en/x/"), f"{name}.html", {"retry_after": 112}).content.decode()
    assert '<html lang="en">' in html and not vietnamese_in(html)
    assert name != "429" or "Wait 112 seconds and try again." in html


def test_our_own_failures_and_refused_forms_speak_the_language_of_the_address(rf: RequestFactory) -> None:
    for path, words in (("/en/ho-tro/", "Something went wrong"), ("/ho-tro/", "Cổng gặp sự cố")):
        assert words in views.server_error(rf.get(path)).content.decode()
    strict = Client(enforce_csrf_checks=True)
    for path, language in (("/en/bao-loi/", "en"), ("/bao-loi/", "vi")):
        assert f'<html lang="{language}">' in strict.post(path, {"part": "other"}).content.decode()


@override_settings(ENVIRONMENT_LABEL=LABEL)
@pytest.mark.requirement("C-22")
def test_the_banner_of_a_trial_system_is_translated() -> None:
    with override("en"):
        html = render_to_string("404.html", {"environment_label": LABEL})
        assert '<aside class="environment" aria-label="Environment">Demonstration' in html
        own = render_to_string("404.html", {"environment_label": "Môi trường tập huấn"})
    assert 'lang="vi">Môi trường tập huấn</aside>' in own
    assert LABEL in render_to_string("404.html", {"environment_label": LABEL})


@pytest.mark.django_db
def test_the_example_of_a_search_is_english_on_english_pages(client: Client) -> None:
    assert 'placeholder="For example: birth"' in client.get("/en/").content.decode()


def test_the_frame_stands_in_the_order_in_which_it_is_seen() -> None:
    html = render(RequestFactory().get("/x/"), "404.html", {"english_url": "/en/x/"}).content.decode()
    places = [html.index(mark) for mark in ('class="brand"', 'role="search"', 'class="site-nav"', 'class="text-size"', 'class="language"')]
    assert places == sorted(places)


@pytest.mark.django_db
@pytest.mark.requirement("N-07")
@pytest.mark.parametrize(("officer", "door"), [(False, "/ho-so/"), (True, "/quan-tri/")])
def test_whoever_is_signed_in_has_their_name_to_their_account_and_one_menu(client: Client, officer: bool, door: str) -> None:
    name = "Nguyễn Phước Hoàng Thị Thanh Tâm Anh"
    person = make_person(full_name=name)
    sign_in(client, person, position=make_position(person) if officer else None)
    for path in ("/", "/en/"):
        html = client.get(path).content.decode()
        header = html[html.index("<header") : html.index("</header>")]
        menu = header[header.index("<details") :]
        assert 'class="who" href="/tai-khoan/"' in header[: header.index("<details")] and name in header
        assert header.count("<details") == 1 and f'href="{door}"' in menu and 'href="/tai-khoan/dang-xuat/"' in menu
        assert 'class="text-size"' in menu and 'class="language"' in menu, "what strangers have in a row of its own is in the menu"
        assert f'href="{door}"' not in header[: header.index("<details")]
    assert "<details" not in Client().get("/").content.decode().partition("</header>")[0]


def test_a_printed_page_names_its_address_and_day(rf: RequestFactory, settings: Any) -> None:
    settings.SITE_URL = "https://cong.example"
    html = render(rf.get("/x/?tich=1&tich=3"), "404.html").content.decode()
    assert re.search(r'print-only">https://cong\.example/x/\?tich=1&amp;tich=3 · Nội dung ngày \d\d/\d\d/\d{4}<', html)


@pytest.mark.django_db
def test_an_empty_portal_shows_no_heading_without_content(client: Client) -> None:
    html = client.get("/").content.decode()
    assert "Việc trong đời" not in html and "Việc của doanh nghiệp" not in html
    assert "Cổng chưa có thủ tục nào" in html


@pytest.mark.django_db
def test_the_description_of_the_api_says_which_words_are_english(client: Client) -> None:
    html = client.get("/api/v1/docs").content.decode()
    said = dict(texts(html))
    assert said["The shared catalogues"] == "en" and said["Bắt buộc"] == "vi"
    assert html.count("<table") == html.count('<table class="cards"') > 3


@pytest.mark.django_db
@pytest.mark.requirement("C-28")
def test_the_guides_promise_only_what_is_there(client: Client) -> None:
    paying, post = (client.get(path).content.decode() for path in ("/ho-tro/nop-tien/", "/ho-tro/buu-chinh/"))
    assert "/thanh-toan/" in Page(paying).links and "/thanh-toan/don-vi/" in Page(paying).links and "không dùng tiền mặt" in paying
    assert "chọn “Nhận bản giấy qua bưu chính”" in post and "Quyết định 45/2016/QĐ-TTg" in post
    assert "the parcel number when the post has taken it" in client.get("/en/ho-tro/buu-chinh/").content.decode()


def test_a_procedure_without_a_form_says_so_and_leads_to_its_page(client: Client, demo_data: None) -> None:
    answer = client.get("/nop-ho-so/2.000720/")
    html = answer.content.decode()
    assert answer.status_code == 404 and "chưa nộp được trên Cổng" in html and "/thu-tuc/2.000720/" in Page(html).links
    assert "Không tìm thấy trang" in client.get("/nop-ho-so/9.999999/").content.decode()


def test_the_icon_is_found_where_programs_look_for_it(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302 and answer["Location"].endswith(".svg") and "max-age" in answer["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/thu-tuc/%00/", "/nop-ho-so/%00/", "/co-quan/%00/", "/xac-minh/%00/", "/api/v1/procedures/%00"])
def test_an_address_that_no_database_can_hold_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(("method", "body"), [("get", "nội dung".encode()), ("head", b"")])
def test_a_head_request_gets_the_length_and_no_body(rf: RequestFactory, method: str, body: bytes) -> None:
    view: Callable[..., HttpResponse] = lambda request: HttpResponse("nội dung")  # noqa: E731
    request = getattr(rf, method)("/x/")
    request.resolver_match = None
    answer = RequestIdMiddleware(view)(request)
    assert answer.content == body
    assert method == "get" or answer["Content-Length"] == str(len("nội dung".encode()))


@pytest.mark.django_db
def test_the_desk_begins_with_the_work_and_names_acts_in_words(client: Client) -> None:
    position = make_position(roles=("reception", "administrator"))
    sign_in(client, position.person, position=position)
    answer = client.get("/quan-tri/")
    html = answer.content.decode()
    assert answer.context["app_list"][0]["app_label"] == "dossiers"
    assert "Hoạt động gần đây" not in html and "Không có sẵn" not in html and "Thêm vào" not in html
    from portal import audit
    from portal.access import SYSTEM

    row = audit.record(actor=SYSTEM, act="accounts.sign_in", target="accounts.position", target_id="383f", unit="H26.101")
    unknown = audit.record(actor=SYSTEM, act="test.do", target="test.thing", target_id="1", unit="H26.101")
    listed = client.get("/quan-tri/audit/act/").content.decode()
    assert "Đăng nhập" in listed and ">accounts.sign_in" not in listed and "test.do" in listed
    assert str(row) == "Đăng nhập · chức danh 383f" and str(unknown) == "test.do · test.thing 1"


def test_every_act_that_is_recorded_has_words() -> None:
    from pathlib import Path

    from django.conf import settings

    from portal.audit.words import act_words

    root = Path(settings.BASE_DIR)
    names = {
        name
        for room in ("portal", "accounts", "dossiers", "procedures")
        for file in (root / room).rglob("*.py")
        for line in re.findall(r"(?:\bact ?=|write_act\(|history\(|_act_word\().*", file.read_text())
        for name in re.findall(
            r'"((?:accounts|catalogues|crypto|documents|dossiers|files|notices|outbox|procedures)\.[a-z_.]+)"', line.partition("target")[0]
        )
    }
    assert {"catalogues.amend", "procedures.words.add", "notices.withdraw"} <= names and len(names) > 30
    assert not {name for name in names if act_words(name) == name}


@pytest.mark.parametrize("path", ["/", "/en/", "/thu-tuc/1.001193/", "/khong-co-trang-nay/"])
def test_a_host_that_is_not_ours_is_refused_with_a_page_not_an_error(settings: Any, path: str) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    answer = Client(raise_request_exception=False).get(path, headers={"host": "evil.example"})
    said = answer.content.decode()
    assert answer.status_code == 400
    assert "1800 1096" in said and "evil.example" not in said
