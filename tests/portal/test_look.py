"""The frame around every page and the sheets behind it: weights, layers, languages, letters, and what stands when all else falls."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.shortcuts import render
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory, override_settings
from django.urls import include, path
from django.utils.translation import override
from fontTools.ttLib import TTFont

from portal.ui import tags
from tests.portal.pages import Page

STATIC = Path(settings.BASE_DIR) / "static"
TEMPLATES = Path(settings.BASE_DIR) / "templates"
SHEETS = ("tokens.css", "portal.css", "pages.css")
WITH_BASE = ("400", "403", "403_csrf", "404", "410", "429")
ALONE = ("500", "503")


def _page(request, **context):
    return render(request, "404.html", context)


english_pages = [path("", _page), path("thu-tuc/", _page)]
urlpatterns = [
    path("", _page),
    path("thu-tuc/", _page),
    path("chu-lon/", _page),
    path("en/", include(english_pages)),
]
"""A portal with English pages and the page about letters, whatever the real one has by now."""


def framed(language: str = "vi", *, where: str = "/thu-tuc/?trang=2", **context: object) -> str:
    with override(language):
        return str(render(RequestFactory().get(where), "404.html", context).content.decode())


def test_weights():
    def packed(file: Path) -> int:
        return len(gzip.compress(file.read_bytes(), 9))

    assert sum(packed(STATIC / "css" / name) for name in SHEETS) <= 14 * 1024
    assert (STATIC / "js/portal.js").stat().st_size <= 4 * 1024, "5 KB are for all scripts of an anonymous page together"
    fonts = list((STATIC / "fonts").glob("*.woff2"))
    assert {file.name for file in fonts} == {"be-vietnam-pro-400.woff2", "be-vietnam-pro-700.woff2"}
    assert sum(file.stat().st_size for file in fonts) <= 50 * 1024


@pytest.mark.parametrize("weight", ["400", "700"])
def test_the_letters_are_there(weight):
    """Every letter of Vietnamese in one code point, whose marks would otherwise come from another typeface."""
    plain = "aăâbcdđeêghiklmnoôơpqrstuưvxy" + "fjwz0123456789.,;:!?()[]/%+-–—…“”‘’«»·→←₫đ"
    marked = "àáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ"
    there = TTFont(STATIC / f"fonts/be-vietnam-pro-{weight}.woff2").getBestCmap()
    missing = {letter for letter in plain + marked + (plain + marked).upper() if len(letter) == 1 and ord(letter) not in there}
    assert missing <= set("→←₫"), "these three come from the system's typeface"


def test_layers_stand_in_order_and_nothing_is_styled_by_importance():
    css = {name: re.sub(r"/\*.*?\*/", "", (STATIC / "css" / name).read_text(), flags=re.S) for name in SHEETS}
    assert "@layer tokens, base, layout, components, pages;" in css["tokens.css"]
    assert re.findall(r"@layer (\w+) \{", css["portal.css"]) == ["base", "layout", "components"]
    assert set(re.findall(r"@layer (\w+) \{", css["pages.css"])) <= {"pages"}
    assert all(text.count("{") == text.count("}") for text in css.values())
    colours = {
        name: re.findall(r"#[0-9a-fA-F]{3,8}\b", text.split("@media print")[0]) for name, text in css.items() if name == "portal.css"
    }
    assert colours == {"portal.css": []}, "colours come from tokens"
    for file in TEMPLATES.rglob("*.html"):
        # What WeasyPrint and mail programs read brings its own looks.
        own_looks = {"documents", "notifications"} & set(file.relative_to(TEMPLATES).parts[:1])
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", file.read_text()) or own_looks, file


def test_lines_leave_room_for_vietnamese_marks():
    text = (STATIC / "css/portal.css").read_text() + (STATIC / "css/pages.css").read_text()
    tight = re.findall(r"([^{}]+)\{[^{}]*line-height: ?(?:1|1\.[0-2]\d*|1\.3[0-4]?)(?:;| |\})", text)
    # Numbers in a ring or on the board of a hall, and the sample letters of the text-size switch, bear no marks.
    assert all(re.search(r"::before|text-size|number-board", rule) for rule in tight), tight


@pytest.mark.parametrize(
    "wish", ["prefers-color-scheme: dark", "prefers-contrast: more", "prefers-reduced-motion", "forced-colors: active", "print"]
)
def test_every_wish_of_the_reader_is_answered(wish):
    assert wish in (STATIC / "css/tokens.css").read_text() + (STATIC / "css/portal.css").read_text()


@pytest.mark.requirement("N-07")
def test_every_page_has_search_skip_link_hotline_and_terms():
    page = Page(framed())
    html = framed()
    assert html.index('class="skip" href="#main"') < html.index("<header") and 'id="main" tabindex="-1"' in html
    assert 'role="search"' in html and 'name="q"' in html
    assert html.count('href="tel:18001096"') == 2 and "/dieu-khoan/" in page.links and "/ho-tro/" in page.links
    assert page.refused == [] and page.post_forms == 0 and 'src="/static/js/portal.js" defer' in html


@override_settings(ROOT_URLCONF=__name__)
def test_the_language_switch_leads_to_the_same_page_and_search_engines_are_told():
    html = framed(english_url="/en/thu-tuc/?trang=2")
    assert '<a class="language" href="/en/thu-tuc/?trang=2" lang="en" hreflang="en">' in html
    site = settings.SITE_URL.rstrip("/")
    for code, address in (("vi", "/thu-tuc/?trang=2"), ("en", "/en/thu-tuc/?trang=2"), ("x-default", "/thu-tuc/?trang=2")):
        assert f'<link rel="alternate" hreflang="{code}" href="{site}{address}">' in html
    back = framed("en", where="/en/thu-tuc/", vietnamese_url="/thu-tuc/")
    assert '<html lang="en">' in back and '<a class="language" href="/thu-tuc/" lang="vi" hreflang="vi">' in back
    assert f'hreflang="en" href="{site}/en/thu-tuc/"' in back


@override_settings(ROOT_URLCONF=__name__)
def test_a_page_in_one_language_leads_nowhere_else_and_promises_search_engines_nothing():
    for html in (framed(), framed("en")):
        assert 'class="language"' not in html and "alternate" not in html


@override_settings(ROOT_URLCONF=__name__)
def test_the_frame_of_an_english_page_stays_english_where_it_can():
    links = Page(framed("en")).links
    assert "/en/" in links and "/en/thu-tuc/" in links and "/thu-tuc/" not in links
    assert "/dieu-khoan/" in links, "what has no English page is linked as it is"
    assert "/en/thu-tuc/" not in Page(framed()).links


@override_settings(ROOT_URLCONF="procedures.urls")
def test_what_is_not_served_is_not_offered():
    html = Template("{% language_switch %}{% text_size %}{% localised '/khong-co/' %}").render(Context())
    assert "<a " not in html and html.strip().endswith("/khong-co/")
    assert tags._served("/thu-tuc/", "procedures.urls")


@override_settings(ROOT_URLCONF=__name__)
def test_larger_letters_need_no_cookie_and_no_javascript():
    html = framed()
    assert 'class="text-size-link" href="/chu-lon/"' in html
    assert re.search(r'<div class="text-size" role="group"[^>]* hidden>', html) and html.count("aria-pressed") == 3
    assert "document.cookie" not in (STATIC / "js/portal.js").read_text()


@pytest.mark.parametrize("code", WITH_BASE)
def test_error_pages_say_what_happened_what_was_kept_and_what_to_do(code):
    html = str(render(RequestFactory().get("/x/"), f"{code}.html", {"retry_after": 30}).content.decode())
    page = Page(html)
    assert page.headings[0] == "h1" and page.headings.count("h1") == 1 and code[:3] in html
    assert "noindex" in html and page.refused == [] and page.post_forms == 0
    assert page.title.endswith("– Cổng Dịch vụ công Quốc gia")
    if code == "429":
        assert "30 giây" in html


@pytest.mark.parametrize("code", ALONE)
def test_pages_for_a_broken_portal_need_no_request_no_database_and_no_script(code):
    """No ``db`` mark: pytest-django fails this test on any query."""
    html = render_to_string(f"{code}.html")
    page = Page(html)
    assert page.headings == ["h1"] and "1800 1096" in html and "<script" not in html
    assert {"/static/css/tokens.css", "/static/css/portal.css"} <= set(page.assets)
    assert "{%" not in html and "extends" not in (TEMPLATES / f"{code}.html").read_text()
