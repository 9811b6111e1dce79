"""What the tests of pages share: the pages themselves, and what no page may hold."""

from __future__ import annotations

import re
from html.parser import HTMLParser

PUBLIC = [
    "/",
    "/tim-kiem/",
    "/tim-kiem/?q=khai+sinh",
    "/thu-tuc/",
    "/thu-tuc/1.001193/",
    "/thu-tuc/1.004222/",
    "/he-thiet-ke/",
    "/dieu-khoan/",
    "/ho-tro/",
    "/ho-tro/nop-tien/",
    "/ho-tro/buu-chinh/",
    "/chu-lon/",
    "/thong-bao/",
    "/su-kien/",
    "/su-kien/co-con-nho/",
    "/su-kien/khoi-su-kinh-doanh/",
    "/linh-vuc/",
    "/co-quan/",
    "/thu-tuc/?doi-tuong=doanh-nghiep&muc-do=truc-tiep",
    "/thu-tuc/1.001193/?tich=1&tich=3",
    "/en/",
    "/en/tim-kiem/?q=khai",
    "/en/thu-tuc/",
    "/en/thu-tuc/1.001193/",
    "/en/thu-tuc/1.004222/",
    "/en/su-kien/co-con-nho/",
    "/en/linh-vuc/",
    "/en/co-quan/",
    "/en/ho-tro/",
    "/en/chu-lon/",
    "/en/thong-bao/",
    "/thanh-toan/don-vi/",
    "/thanh-toan/dau-moi/",
    "/thanh-toan/dau-moi/?q=hoan",
    "/en/thanh-toan/don-vi/",
    "/en/thanh-toan/dau-moi/",
    "/thong-ke/",
    "/en/thong-ke/",
    "/thong-ke/toan-trinh/",
    "/en/thong-ke/toan-trinh/",
    "/thong-ke/giay-to-cu/",
    "/en/thong-ke/giay-to-cu/",
    "/danh-gia/nam/",
    "/en/danh-gia/nam/",
    "/danh-gia/hai-long/",
    "/en/danh-gia/hai-long/",
    "/khao-sat/",
    "/en/khao-sat/",
    "/du-lieu-mo/",
    "/en/du-lieu-mo/",
    "/du-lieu-mo/ho-so/",
    "/en/du-lieu-mo/diem/",
    "/nha-phat-trien/",
    "/en/nha-phat-trien/",
]


class Page(HTMLParser):
    """A page taken apart: what would break the CSP, its ids, labels, headings and links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.headings: list[str] = []
        self.links: list[str] = []
        self.post_forms = 0
        self.assets: list[str] = []
        self.feed(html)
        self.title = re.search(r"<title>(.*?)</title>", html, re.S).group(1)  # type: ignore[union-attr]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "style" or "style" in values or any(name.startswith("on") for name in values):
            self.refused.append(f"<{tag} {values}>")
        if tag == "script" and not values.get("src") and values.get("type") != "application/ld+json":
            self.refused.append(f"<script {values}>")
        if any(str(value).lower().startswith("javascript:") for value in values.values()):
            self.refused.append(f"<{tag} {values}>")
        if "id" in values:
            self.ids.append(str(values["id"]))
        for name in ("for", "aria-describedby", "aria-labelledby"):
            self.references += str(values.get(name) or "").split()
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        if tag == "a" and values.get("href"):
            self.links.append(str(values["href"]))
        if tag == "form" and str(values.get("method", "get")).lower() == "post":
            self.post_forms += 1
        if tag == "link" and values.get("rel") in ("stylesheet", "icon"):
            self.assets.append(str(values["href"]))
        if tag in ("script", "img") and values.get("src"):
            self.assets.append(str(values["src"]))


class _Texts(HTMLParser):
    """The words of a page, each with the language it is said to be in."""

    VOID = frozenset(("meta", "link", "input", "img", "br", "hr", "path", "circle", "rect"))

    def __init__(self) -> None:
        super().__init__()
        self.languages = ["vi"]
        self.tags = ["html"]
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.languages.append(str(dict(attrs).get("lang") or self.languages[-1]))
            self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID and tag in self.tags:
            while self.tags.pop() != tag:
                self.languages.pop()
            self.languages.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and self.tags[-1] not in ("script", "aside"):
            self.found.append((" ".join(data.split()), self.languages[-1]))


def texts(html: str) -> list[tuple[str, str]]:
    """Every piece of text with its language."""
    parser = _Texts()
    parser.feed(html)
    return parser.found
