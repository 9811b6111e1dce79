"""Every public page: answers, is cacheable, obeys the CSP, is light, has one h1 and no dangling reference."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.utils.translation import override

from portal.home import views
from procedures.models import LifeEvent
from procedures.services import load_shipped
from tests.factories import make_person
from tests.portal.pages import PUBLIC, Page, texts

pytestmark = pytest.mark.django_db
STATIC = Path(settings.BASE_DIR) / "static"


@pytest.fixture
def catalogue(db):
    load_shipped()


def gzipped(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


def test_pages_obey_the_content_security_policy_and_their_own_anchors(client, catalogue):
    for path in PUBLIC:
        response = client.get(path)
        assert response.status_code == 200, path
        page = Page(response.content.decode())
        assert page.refused == [], path
        assert page.headings.count("h1") == 1, path
        assert len(page.ids) == len(set(page.ids)), f"an id stands twice on {path}"
        assert set(page.references) <= set(page.ids), f"a label or description points to nothing on {path}"
        assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids), path
        own = ("Cổng Dịch vụ công Quốc gia", "National Public Service Portal")[path.startswith("/en/")]
        assert page.title.endswith(own) and not page.title.startswith(" –"), path
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "nonce" not in policy, path


def test_strangers_get_pages_that_shared_caches_may_keep(client, catalogue):
    for path in [*PUBLIC, "/sitemap.xml", "/robots.txt", "/opensearch.xml"]:
        response = client.get(path)
        assert not response.cookies, path
        assert "public" in response["Cache-Control"] and "max-age" in response["Cache-Control"], path
        assert "Cookie" in response["Vary"], path
        assert b'method="post"' not in response.content, path
        again = client.get(path, headers={"if-none-match": response["ETag"]})
        assert again.status_code == 304 and again.content == b"", path


def test_a_signed_in_person_gets_a_private_page_with_their_name(client, catalogue):
    person = make_person(full_name="Nguyễn Thị Mẫu Giả")
    client.force_login(person.user)
    response = client.get("/")
    assert "private" in response["Cache-Control"] and "public" not in response["Cache-Control"]
    assert "ETag" not in response
    assert "Nguyễn Thị Mẫu Giả" in response.content.decode()


@pytest.mark.long
def test_own_links_of_public_pages_lead_somewhere(client, demo_data):
    found: dict[str, str] = {}
    for path in PUBLIC:
        for link in Page(client.get(path).content.decode()).links:
            # A question asks the page it stands on.
            found.setdefault((path.partition("?")[0] + link if link.startswith("?") else link).partition("#")[0], path)
    ours = [link for link in found if link.startswith("/") and not link.startswith(("/ho-so/", "/nop-ho-so/", "/quan-tri/"))]
    assert len(ours) > 60
    for link in ours:
        answer = client.get(link)
        # What is one's own leads to sign-in, and back.
        signs_in = answer.status_code == 302 and answer["Location"].startswith("/tai-khoan/dang-nhap/?next=")
        assert answer.status_code == 200 or signs_in, f"{link} on {found[link]}"


def test_home_makes_a_fixed_number_of_queries(client, catalogue, django_assert_num_queries):
    for path in ("/", "/en/"):
        with django_assert_num_queries(6):
            client.get(path)


@pytest.mark.requirement("C-08")
def test_home_leads_to_the_events_of_a_life_and_of_a_business(client, catalogue):
    links = Page(client.get("/").content.decode()).links
    events = list(LifeEvent.objects.values_list("slug", flat=True))
    assert len(events) == 22
    assert {f"/su-kien/{slug}/" for slug in events} <= set(links)
    assert "/thu-tuc/1.001193/" in links
    assert f"/su-kien/{events[0]}/" not in Page(client.get("/en/").content.decode()).links


@pytest.mark.requirement("C-22")
def test_the_language_comes_from_the_address_and_each_page_names_the_other(client, catalogue):
    for path in ("/", "/thu-tuc/1.001193/", "/su-kien/", "/ho-tro/", "/linh-vuc/", "/co-quan/"):
        vietnamese = client.get(path, headers={"accept-language": "en"}, follow=False)
        english = client.get(f"/en{path}", headers={"accept-language": "vi"})
        assert '<html lang="vi"' in vietnamese.content.decode() and '<html lang="en"' in english.content.decode(), path
        assert english["Content-Language"] == "en"
        for response in (vietnamese, english):
            html = response.content.decode()
            assert re.search(rf'hreflang="vi" href="[^"]*(?<!/en){re.escape(path)}"', html), path
            assert re.search(rf'hreflang="en" href="[^"]*/en{re.escape(path)}"', html), path
    assert '<html lang="en"' in client.get("/en/thu-tuc/9.999999/").content.decode()
    assert '<html lang="vi"' in client.get("/thu-tuc/9.999999/").content.decode()


@pytest.mark.requirement("C-22")
def test_the_frame_of_english_pages_holds_no_vietnamese(client, catalogue):
    letters = re.compile("[àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵ]", re.I)
    allowed = {"Tiếng Việt", "(đồng)"}
    for path in (
        "/en/",
        "/en/ho-tro/",
        "/en/ho-tro/nop-tien/",
        "/en/ho-tro/buu-chinh/",
        "/en/chu-lon/",
        "/en/dieu-khoan/",
        "/en/bao-loi/",
        "/en/thong-bao/",
    ):
        for text, language in texts(client.get(path).content.decode()):
            if language == "en" and text not in allowed and not re.search(r"QĐ-TTg|khai sinh", text):
                assert not letters.search(text), f"{path}: {text!r}"


def test_the_sitemap_holds_the_pages_of_the_catalogue(client, catalogue):
    from xml.etree import ElementTree

    response = client.get("/sitemap.xml")
    root = ElementTree.fromstring(response.content)
    places = [node.text for node in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert len(places) == len(set(places))
    paths = [place.removeprefix(settings.SITE_URL) for place in places]
    assert "/thu-tuc/1.001193/" in paths and "/en/thu-tuc/1.001193/" in paths and "/su-kien/co-con-nho/" in paths
    for path in [path for path in paths if "/thu-tuc/" not in path or path.endswith("/1.001193/")]:
        assert client.get(path).status_code == 200, path
    assert f"Sitemap: {settings.SITE_URL}/sitemap.xml" in client.get("/robots.txt").content.decode()
    search = ElementTree.fromstring(client.get("/opensearch.xml").content)
    template = search.find("{http://a9.com/-/spec/opensearch/1.1/}Url").attrib["template"]
    assert client.get(template.removeprefix(settings.SITE_URL).replace("{searchTerms}", "khai+sinh")).status_code == 200


@pytest.mark.requirement("C-28")
@pytest.mark.parametrize(("path", "words"), [("/ho-tro/nop-tien/", "biên lai"), ("/ho-tro/buu-chinh/", "45/2016/QĐ-TTg")])
def test_paying_without_cash_and_the_public_post_are_explained(client, path, words):
    assert words in client.get(path).content.decode()
    assert path in Page(client.get("/ho-tro/").content.decode()).links


@pytest.mark.parametrize("path", ["/ho-tro/", "/he-thiet-ke/", "/ho-tro/nop-tien/", "/ho-tro/buu-chinh/", "/chu-lon/"])
def test_pages_of_plain_text_ask_the_database_nothing(client, django_assert_num_queries, path):
    with django_assert_num_queries(0):
        assert client.get(path).status_code == 200


def test_weights_on_a_first_visit(client, catalogue):
    css = sum(gzipped(STATIC / f"css/{name}.css") for name in ("tokens", "portal", "pages"))
    scripts = gzipped(STATIC / "js/portal.js") + gzipped(STATIC / "js/checklist.js")
    assert scripts <= 5 * 1024
    fonts = sum(path.stat().st_size for path in (STATIC / "fonts").glob("*.woff2"))
    assert css <= 14 * 1024
    assert fonts <= 50 * 1024
    for path, later in (
        ("/", 15),
        ("/en/", 15),
        ("/thu-tuc/", 15),
        ("/su-kien/", 15),
        ("/tim-kiem/?q=khai", 15),
        ("/thu-tuc/1.001193/", 30),
        ("/thu-tuc/1.004222/", 30),
    ):
        response = client.get(path)
        body = len(gzip.compress(response.content, 6))
        assets = {asset.removeprefix("/static/") for asset in Page(response.content.decode()).assets} | {"img/drum.svg"}
        found = [finders.find(asset) for asset in assets]
        assert all(found), assets
        whole = body + sum(gzipped(Path(asset)) for asset in found)
        assert body <= later * 1024, path
        assert whole <= 45 * 1024, path
        assert whole + fonts <= 100 * 1024, path


def test_fonts_hold_every_vietnamese_letter():
    from fontTools.ttLib import TTFont

    marks = "aăâeêioôơuưy"
    tones = ["", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"]
    import unicodedata

    letters = {unicodedata.normalize("NFC", letter + tone) for letter in marks for tone in tones}
    needed = letters | {letter.upper() for letter in letters} | set("đĐ–—…“”‘’·×≤≥₫") | {chr(code) for code in range(0x20, 0x7F)}
    for weight in (400, 700):
        have = TTFont(STATIC / f"fonts/be-vietnam-pro-{weight}.woff2").getBestCmap()
        assert not {char for char in needed if ord(char) not in have}
    assert "SIL Open Font License" in (STATIC / "fonts/OFL.txt").read_text()


@pytest.mark.parametrize(
    ("path", "status", "words"), [("/khong-co/", 404, "Không tìm thấy trang"), ("/thu-tuc/9.999999/", 404, "Không tìm thấy trang")]
)
def test_a_missing_page_says_what_to_do(client, path, status, words):
    response = client.get(path)
    assert response.status_code == status
    assert words in response.content.decode() and 'name="q"' in response.content.decode()
    assert Page(response.content.decode()).refused == []


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "410", "429", "500", "503"])
def test_error_pages_render_with_one_h1_and_nothing_inline(rf, name):
    from django.template.loader import render_to_string

    page = Page(render_to_string(f"{name}.html", {"retry_after": 30}, request=rf.get("/")))
    assert page.refused == [] and page.headings.count("h1") == 1


def test_a_form_without_token_gets_our_page():
    response = Client(enforce_csrf_checks=True).post("/tai-khoan/dang-nhap/", {"id_number": "1"})
    assert response.status_code == 403
    assert "Trang đã mở quá lâu" in response.content.decode()


@pytest.mark.parametrize(("error", "status"), [(RuntimeError("x"), 500), (OperationalError("gone"), 503)])
def test_the_page_for_our_own_failures_needs_no_database(rf: RequestFactory, django_assert_num_queries, error, status):
    with django_assert_num_queries(0):
        try:
            raise error
        except Exception:
            response = views.server_error(rf.get("/"))
    assert response.status_code == status
    assert response["Cache-Control"] == "no-store"
    assert ("Retry-After" in response) == (status == 503)
    assert Page(response.content.decode()).refused == []


def test_dates_are_read_and_written_the_vietnamese_way():
    import datetime as dt

    from django import forms
    from django.utils import formats

    with override("vi"):
        assert forms.DateField(localize=False).clean("11/10/2026") == dt.date(2026, 10, 11)
        assert formats.date_format(dt.date(2026, 11, 20)) == "20/11/2026"
        assert forms.DateField().clean("2026-11-20") == dt.date(2026, 11, 20)
        with pytest.raises(forms.ValidationError):
            forms.DateField().clean("20/13/2026")
