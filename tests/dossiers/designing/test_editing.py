"""Changes of a form's document: whatever is done in whatever order, the form stays one that can be shown, or the change is refused."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dossiers.designing import editing
from dossiers.designing.comparing import differences
from dossiers.designing.editing import EditRefused

LABELS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
EDITS = st.one_of(
    st.tuples(st.just("add"), LABELS),
    st.tuples(st.just("add_to_group"), LABELS),
    st.tuples(st.just("up"), st.integers(0, 20)),
    st.tuples(st.just("down"), st.integers(0, 20)),
    st.tuples(st.just("remove"), st.integers(0, 20)),
    st.tuples(st.just("page"), LABELS),
    st.tuples(st.just("page_up"), st.integers(0, 5)),
    st.tuples(st.just("page_down"), st.integers(0, 5)),
    st.tuples(st.just("page_remove"), st.integers(0, 5)),
)


def _done(document: editing.Document, edit: tuple[str, Any]) -> editing.Document:
    what, value = edit
    if what == "add":
        return editing.add_field(document, {"label": value, "kind": "text", "page": document["pages"][-1]["name"]})
    if what == "add_to_group":
        return editing.add_field(document, {"label": value, "kind": "text"}, group="nguoi")
    if what == "page":
        return editing.add_page(document, value)
    if what.startswith("page"):
        page = document["pages"][value % len(document["pages"])]["name"]
        return (
            editing.remove_page(document, page)
            if what == "page_remove"
            else editing.move_page(document, page, by=-1 if what == "page_up" else 1)
        )
    if not document["fields"]:
        raise EditRefused("Không còn câu hỏi nào.")
    name = document["fields"][value % len(document["fields"])]["name"]
    return editing.remove_field(document, name) if what == "remove" else editing.move_field(document, name, by=-1 if what == "up" else 1)


@given(st.lists(EDITS, max_size=25))
def test_names_stay_unique_and_nobody_refers_to_what_is_gone(edits: list[tuple[str, Any]]) -> None:
    document = editing.empty("Thủ tục thử")
    document = editing.add_field(document, {"label": "Người", "kind": "group", "fields": [{"name": "ten", "label": "Tên", "kind": "text"}]})
    asked = {"label": "Vì sao", "kind": "text", "when": {"field": "noi_dung", "filled": True}}
    document = editing.add_field(document, asked)
    for edit in edits:
        try:
            document = editing.tidied(_done(document, edit))
        except EditRefused as refused:
            assert refused.message.endswith(".")
    names = [field["name"] for field in document["fields"]]
    columns = [column["name"] for field in document["fields"] for column in field.get("fields", [])]
    assert len({*names, *columns}) == len(names) + len(columns)
    pages = [page["name"] for page in document["pages"]]
    assert len(set(pages)) == len(pages) and {editing.page_of(field, document) for field in document["fields"]} <= set(pages)
    # The fields stand in the order of their pages.
    places = [pages.index(editing.page_of(field, document)) for field in document["fields"]]
    assert places == sorted(places)
    if "vi_sao" in names:
        assert "noi_dung" in names
    assert differences(document, document) == []


@given(st.lists(LABELS, min_size=1, max_size=6, unique=True), st.data())
def test_what_is_added_and_taken_out_again_leaves_nothing(labels: list[str], data: Any) -> None:
    before = editing.empty("Thủ tục thử")
    document, added = before, []
    for label in labels:
        known = {field["name"] for field in document["fields"]}
        document = editing.add_field(document, {"label": label, "kind": "text", "page": "noi-dung"})
        added += [field["name"] for field in document["fields"] if field["name"] not in known]
    assert [one.kind for one in differences(before, document)] == ["added"] * len(labels)
    for name in data.draw(st.permutations(added)):
        document = editing.remove_field(document, name)
    assert document == before


def test_who_refers_to_a_question_is_named() -> None:
    document: editing.Document = {
        "fields": [
            {"name": "loai", "label": "Loại", "kind": "choice", "choices": [["a", "A"], ["b", "B"]]},
            {"name": "so_ban", "label": "Số bản", "kind": "number", "when": {"all": [{"not": {"field": "loai", "in": ["a"]}}]}},
            {"name": "tong", "label": "Tổng", "kind": "number", "value": {"sum": ["so_ban"]}},
        ],
        "papers": [{"case": "Ủy quyền", "when": {"field": "loai", "in": ["b"]}}],
        "charges": [{"name": "Lệ phí bản sao", "times": "so_ban", "unit": "bản"}],
    }
    assert editing.used_by(document, "loai") == ["Số bản", "giấy tờ “Ủy quyền”"]
    assert editing.used_by(document, "so_ban") == ["Tổng", "lệ phí “Lệ phí bản sao”"]
    assert editing.used_by(document, "tong") == []
