"""What editors may write: few tags, our own addresses and https, nothing that runs. All else is refused, never quietly removed."""

from __future__ import annotations

from html.parser import HTMLParser

import nh3

TAGS = frozenset({
    "p", "br", "h2", "h3", "ul", "ol", "li", "strong", "em", "a", "blockquote", "table", "caption", "thead", "tbody", "tr", "th", "td",
    "dl", "dt", "dd", "code", "kbd", "abbr",
})  # fmt: skip
ATTRIBUTES = {"a": {"href", "lang"}, "abbr": {"title"}, "th": {"scope", "colspan", "rowspan"}, "td": {"colspan", "rowspan"}, "p": {"lang"}}
MOST = 60_000
"""Characters."""
_SCHEMES = {"https", "mailto", "tel"}


def cleaned(text: str) -> str:
    """The text as ``nh3`` leaves it."""
    return nh3.clean(text, tags=set(TAGS), attributes=ATTRIBUTES, url_schemes=_SCHEMES, link_rel=None, strip_comments=True)


class _Seen(HTMLParser):
    """The tags of a text in order with their attributes; whether comments stand in it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, tuple[tuple[str, str], ...]]] = []
        self.other = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(sorted((name, value or "") for name, value in attrs))))

    def handle_comment(self, data: str) -> None:
        self.other += 1

    def handle_decl(self, decl: str) -> None:
        self.other += 1

    def handle_pi(self, data: str) -> None:
        self.other += 1


def _without_implied(found: list[tuple[str, tuple[tuple[str, str], ...]]]) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """Browsers put a body into a table by themselves."""
    return [one for one in found if one != ("tbody", ())]


def faults(text: str) -> str:
    """Why a body cannot be taken, in words for the editor; empty: it can. Nothing that ``nh3`` would take away passes."""
    if len(text) > MOST:
        return f"Dài {len(text)} ký tự, tối đa {MOST}."
    seen = _Seen(text)
    strange = sorted({tag for tag, _ in seen.found} - TAGS)
    if strange:
        return f"Không dùng thẻ {', '.join(f'<{tag[:20]}>' for tag in strange[:5])}. Các thẻ dùng được: {', '.join(sorted(TAGS))}."
    wrong = sorted({f"{name} của <{tag}>" for tag, attrs in seen.found for name, _ in attrs if name not in ATTRIBUTES.get(tag, set())})
    if wrong:
        return f"Không dùng thuộc tính {', '.join(wrong[:5])}."
    if seen.other:
        return "Không dùng chú thích hay khai báo HTML."
    if _without_implied(_Seen(cleaned(text)).found) != _without_implied(seen.found):
        return "Có thẻ lồng sai, chưa đóng, hoặc liên kết không phải https, mailto, tel hay địa chỉ của Cổng."
    if any(tag == "a" and not dict(attrs).get("href") for tag, attrs in seen.found):
        return "Mỗi liên kết phải có địa chỉ (href)."
    return ""
