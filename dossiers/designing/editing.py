"""Changes of a form's document, one at a time. Pure functions: each takes a document and gives another one."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from typing import Any

from portal.text import search_key

Document = dict[str, Any]
MOST_FIELDS, MOST_PAGES = 300, 30
_NAMES_OF_OTHERS = (
    "field", "with", "equals", "birth_date", "child", "province_field",
)  # fmt: skip
"""Keys of conditions and rules under which the name of another question stands."""
_LISTS_OF_OTHERS = ("required_with", "same", "of", "fields", "sum", "product", "difference", "total", "join")


class EditRefused(Exception):
    """The change cannot be made; ``message`` is for the officer, ``field`` what to mend."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


def empty(name: str) -> Document:
    """A form with one page and one question, for a procedure that has none yet."""
    question = {
        "name": "noi_dung",
        "page": "noi-dung",
        "label": "Nội dung đề nghị",
        "kind": "long_text",
        "required": True,
        "max_length": 2000,
    }
    return {"title": name, "pages": [{"name": "noi-dung", "title": "Nội dung"}], "fields": [question], "papers": [], "charges": []}


def fields_of(document: Document, group: str = "") -> list[dict[str, Any]]:
    """The questions of a document, or those of a group's row; :class:`EditRefused` where there is no such group."""
    if not group:
        return list(document.get("fields", []))
    return list(field_of(document, group).get("fields", []))


def field_of(document: Document, name: str, group: str = "") -> dict[str, Any]:
    """One question; :class:`EditRefused` where there is none of that name."""
    found = next((field for field in fields_of(document, group) if field.get("name") == name), None)
    if found is None:
        raise EditRefused("Câu hỏi này không còn trong biểu mẫu.")
    return dict(found)


def page_of(field: dict[str, Any], document: Document) -> str:
    """The page a question stands on; of one that names none the first."""
    pages = [page["name"] for page in document.get("pages", [])]
    return str(field.get("page") or (pages[0] if pages else ""))


def new_name(label: str, taken: Sequence[str], *, separator: str = "_") -> str:
    """A name for a question or page out of its words, unlike the ones that are there: ``Họ và tên`` gives ``ho_va_ten``."""
    base = re.sub(r"[^a-z0-9]+", separator, search_key(label)).strip(separator)[:40].strip(separator)
    if not base or not base[0].isalpha():
        base = f"muc{separator}{base}".strip(separator) if base else "muc"
    name, number = base, 2
    while name in taken:
        name, number = f"{base}{separator}{number}", number + 1
    return name


def names(document: Document) -> list[str]:
    """Names of all questions, those in groups too: a row's conditions see both."""
    return [str(field["name"]) for field in _every_field(document)]


def with_fields(document: Document, fields: Sequence[dict[str, Any]], group: str = "") -> Document:
    """The document with other questions, or a group with other ones."""
    if not group:
        return {**document, "fields": list(fields)}
    whole = [{**field, "fields": list(fields)} if field.get("name") == group else field for field in document.get("fields", [])]
    return {**document, "fields": whole}


def add_field(document: Document, spec: dict[str, Any], *, group: str = "", after: str = "") -> Document:
    """Add a question after another one, or as the last of its page. A name is made from its label where it has none."""
    fields = fields_of(document, group)
    if len(fields) >= MOST_FIELDS:
        raise EditRefused(f"Một biểu mẫu có tối đa {MOST_FIELDS} câu hỏi.")
    spec = {**spec, "name": spec.get("name") or new_name(str(spec.get("label", "")), names(document))}
    places = [place for place, field in enumerate(fields) if field["name"] == after]
    if not places and not group:
        places = [place for place, field in enumerate(fields) if page_of(field, document) == page_of(spec, document)]
    place = places[-1] + 1 if places else len(fields)
    return with_fields(document, [*fields[:place], spec, *fields[place:]], group)


def replace_field(document: Document, name: str, spec: dict[str, Any], *, group: str = "") -> Document:
    """Put a question in the place of one of the same name: names never change, others refer to them."""
    field_of(document, name, group)
    fields = [{**spec, "name": name} if field["name"] == name else field for field in fields_of(document, group)]
    return with_fields(document, fields, group)


def move_field(document: Document, name: str, *, by: int, group: str = "") -> Document:
    """One place up (-1) or down (+1) on its page; at the end of the page nothing happens."""
    fields = fields_of(document, group)
    one = field_of(document, name, group)
    page = page_of(one, document)
    there = [place for place, field in enumerate(fields) if group or page_of(field, document) == page]
    place = next(place for place, field in enumerate(fields) if field["name"] == name)
    position = there.index(place) + (1 if by > 0 else -1)
    if not 0 <= position < len(there):
        return document
    other = there[position]
    fields[place], fields[other] = fields[other], fields[place]
    return with_fields(document, fields, group)


def remove_field(document: Document, name: str, *, group: str = "") -> Document:
    """Take a question out; :class:`EditRefused` while another question, a paper or a charge refers to it, naming it."""
    field_of(document, name, group)
    if users := used_by(document, name, group=group):
        raise EditRefused(f"Chưa bỏ được, vì còn được dùng ở: {'; '.join(users)}. Bạn sửa những chỗ ấy trước.")
    return with_fields(document, [field for field in fields_of(document, group) if field["name"] != name], group)


def used_by(document: Document, name: str, *, group: str = "") -> list[str]:
    """Labels of the questions, papers and charges that refer to a question."""
    found = [
        str(field.get("label") or field["name"])
        for field in _every_field(document)
        if field["name"] != name and name in set(_names_in({key: value for key, value in field.items() if key != "fields"}))
    ]
    found += [
        f"giấy tờ “{rule.get('case') or rule.get('kind')}”"
        for rule in document.get("papers", [])
        if name in set(_names_in(rule.get("when", {})))
    ]
    found += [
        f"lệ phí “{rule.get('name')}”"
        for rule in document.get("charges", [])
        if name == rule.get("times") or name in set(_names_in(rule.get("when", {})))
    ]
    return found


def _every_field(document: Document) -> Iterator[dict[str, Any]]:
    for field in document.get("fields", []):
        yield field
        yield from field.get("fields", [])


def _names_in(part: Any) -> Iterator[str]:
    """Names of questions that a part of a question refers to."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key in _NAMES_OF_OTHERS and isinstance(value, str):
                yield value
            elif key in _LISTS_OF_OTHERS and isinstance(value, list):
                yield from (one for one in value if isinstance(one, str))
            elif key in ("count", "years") and isinstance(value, str):
                yield value
            else:
                yield from _names_in(value)
    elif isinstance(part, list):
        for one in part:
            yield from _names_in(one)


def add_page(document: Document, title: str, *, title_en: str = "", text: str = "") -> Document:
    """A new last page. A form without pages gets its first one for what stands in it."""
    pages = list(document.get("pages", []))
    if len(pages) >= MOST_PAGES:
        raise EditRefused(f"Một biểu mẫu có tối đa {MOST_PAGES} trang.")
    if not pages and document.get("fields"):
        pages = [{"name": "to-khai", "title": "Tờ khai"}]
        document = {**document, "fields": [{**field, "page": "to-khai"} for field in document["fields"]]}
    page = {"name": new_name(title, [one["name"] for one in pages], separator="-"), "title": title}
    page |= {key: value for key, value in (("title_en", title_en), ("help", text)) if value}
    return {**document, "pages": [*pages, page]}


def change_page(document: Document, name: str, changes: dict[str, Any]) -> Document:
    """Other words or another condition for a page; what is empty goes."""
    pages = [dict(page) for page in document.get("pages", [])]
    one = next((page for page in pages if page["name"] == name), None)
    if one is None:
        raise EditRefused("Trang này không còn trong biểu mẫu.")
    one.update(changes)
    for key in [key for key, value in one.items() if value in ("", None)]:
        del one[key]
    return {**document, "pages": pages}


def move_page(document: Document, name: str, *, by: int) -> Document:
    """One place up (-1) or down (+1), its questions with it."""
    pages = list(document.get("pages", []))
    place = next((place for place, page in enumerate(pages) if page["name"] == name), None)
    if place is None:
        raise EditRefused("Trang này không còn trong biểu mẫu.")
    other = place + (1 if by > 0 else -1)
    if not 0 <= other < len(pages):
        return document
    pages[place], pages[other] = pages[other], pages[place]
    order = {page["name"]: number for number, page in enumerate(pages)}
    fields = sorted(document.get("fields", []), key=lambda field: order.get(page_of(field, document), 0))
    return {**document, "pages": pages, "fields": fields}


def remove_page(document: Document, name: str) -> Document:
    """Take an empty page out; the last one stays, for questions stand on pages."""
    if [page["name"] for page in document.get("pages", [])] == [name]:
        raise EditRefused("Biểu mẫu cần ít nhất một trang.")
    if any(page_of(field, document) == name for field in document.get("fields", [])):
        raise EditRefused("Trang còn câu hỏi. Bạn chuyển hoặc bỏ các câu hỏi trước.")
    return {**document, "pages": [page for page in document.get("pages", []) if page["name"] != name]}


def tidied(document: Document) -> Document:
    """A document of one's own, in the order of its pages."""
    whole = copy.deepcopy(document)
    order = {page["name"]: number for number, page in enumerate(whole.get("pages", []))}
    if order:
        whole["fields"] = sorted(whole.get("fields", []), key=lambda field: order.get(page_of(field, whole), 0))
    return whole
