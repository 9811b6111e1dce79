"""Documents of forms: what is refused in words for an officer, what composite fields become, the published schema."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema_rs
import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from dossiers.form_documents import compiled, faults
from dossiers.forms_data import FOLDER, SCHEMA, load_forms, shipped_form
from dossiers.models import FormVersion
from dossiers.services import publish_form
from tests.dossiers.support import CODE, NOW

YES_NO = [["yes", "Có"], ["no", "Không"]]
WORKERS: dict[str, Any] = {
    "title": "Điều chỉnh đóng bảo hiểm xã hội",
    "lawful_form": {"name": "Mẫu D02-LT", "basis": "Quyết định 595/QĐ-BHXH"},
    "pages": [
        {"name": "don-vi", "title": "Đơn vị", "title_en": "The unit"},
        {"name": "lao-dong", "title": "Người lao động", "when": {"field": "has_workers", "in": ["yes"]}},
    ],
    "fields": [
        {"name": "unit", "label": "Đơn vị", "kind": "organisation", "page": "don-vi", "required": True, "prefill_from": "organisation"},
        {
            "name": "has_workers",
            "label": "Có người lao động thay đổi?",
            "kind": "choice",
            "choices": YES_NO,
            "page": "don-vi",
            "required": True,
        },
        {
            "name": "workers",
            "label": "Người lao động",
            "item": "Người lao động",
            "kind": "group",
            "page": "lao-dong",
            "least": 1,
            "most": 100,
            "paste": True,
            "fields": [
                {"name": "full_name", "label": "Họ tên", "kind": "name", "required": True},
                {
                    "name": "number",
                    "label": "Mã số BHXH",
                    "kind": "text",
                    "rules": [{"rule": "digits", "length": [10, 10]}, {"rule": "unique", "text": "Trùng mã số."}],
                },
                {"name": "salary", "label": "Mức lương", "kind": "money", "required": True},
                {"name": "reason", "label": "Lý do", "kind": "text", "when": {"field": "salary", "at_least": 20000000}},
            ],
        },
        {"name": "how_many", "label": "Số người", "kind": "number", "page": "lao-dong", "value": {"count": "workers"}},
        {"name": "all_salaries", "label": "Tổng quỹ lương", "kind": "money", "page": "lao-dong", "value": {"total": ["workers", "salary"]}},
        {"name": "list_copy", "label": "Bảng lương", "kind": "file", "page": "lao-dong", "required": True},
    ],
    "signature": "applicant",
}


def said(document: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    """Fields and sentences of what is wrong."""
    return [(one.field, one.message) for one in faults(document, **more)]


def with_field(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"fields": list(fields)}


TEXT = {"name": "a", "label": "Câu A", "kind": "text"}
CHOICE = {"name": "c", "label": "Câu C", "kind": "choice", "choices": YES_NO}
AMOUNT = {"name": "m", "label": "Số tiền", "kind": "money"}


@pytest.mark.requirement("D-03")
@pytest.mark.parametrize(
    ("document", "field", "part"),
    [
        ({"fields": []}, "", "ít nhất một câu hỏi"),
        ({"fields": [TEXT], "colour": "red"}, "", "colour"),
        ({"fields": [TEXT], "signature": "stamp"}, "", "Chữ ký"),
        (with_field({**TEXT, "kind": "telepathy"}), "a", "không có loại câu hỏi 'telepathy'"),
        (with_field(TEXT, {**TEXT, "label": "Khác"}), "a", "đã dùng cho câu hỏi khác"),
        (with_field({**TEXT, "name": "Ăn"}), "Ăn", "không dùng được"),
        (with_field({**TEXT, "unit": 5}), "a", "“unit” phải là chữ"),
        (with_field({**TEXT, "decimals": 2}), "a", "decimals"),
        (with_field({**TEXT, "script": "1"}), "a", "script"),
        (with_field({**CHOICE, "choices": []}), "c", "chưa có lựa chọn"),
        (with_field({**CHOICE, "choices": [["yes", "Có"], ["yes", "Vâng"]]}), "c", "cùng giá trị"),
        (with_field({"name": "s", "label": "Nước", "kind": "select", "catalogue": "planets"}), "s", "không có danh mục 'planets'"),
        (with_field({"name": "s", "label": "Nước", "kind": "select"}), "s", "catalogue"),
        (with_field({**TEXT, "when": {"field": "c", "in": ["yes"]}}, CHOICE), "a", "đứng sau nó"),
        (with_field(CHOICE, {**TEXT, "when": {"field": "c", "in": ["maybe"]}}), "a", "'maybe'"),
        (with_field(CHOICE, {**TEXT, "when": {"field": "zz", "in": ["x"]}}), "a", "không có trong biểu mẫu"),
        (with_field({**TEXT, "when": {"field": "a", "filled": True}}), "a", "chính câu này"),
        (with_field(TEXT, {**AMOUNT, "when": {"field": "a", "at_least": 3}}), "m", "chỉ so sánh được số và ngày"),
        (with_field(AMOUNT, {**TEXT, "when": {"field": "m", "at_least": "2026-01-01"}}), "a", "phải so với một số"),
        (with_field(AMOUNT, {**TEXT, "when": {"all": []}}), "a", "không hiểu điều kiện"),
        (with_field({**CHOICE, "required_when": {"fact": "person.shoe_size", "in": ["42"]}}), "c", "person.shoe_size"),
        (with_field({**TEXT, "prefill": "person.secret"}), "a", "person.secret"),
        (
            with_field(CHOICE, {**TEXT, "when": {"all": [{"field": "c", "in": ["yes"]}, {"not": {"field": "c", "in": ["yes"]}}]}}),
            "a",
            "không bao giờ hiện ra",
        ),
        (
            with_field({**AMOUNT, "max": 100}, {**TEXT, "when": {"all": [{"field": "m", "at_least": 50}, {"field": "m", "at_most": 40}]}}),
            "a",
            "không bao giờ hiện ra",
        ),
        (
            with_field({"name": "t", "label": "Tổng", "kind": "money", "value": {"sum": ["m"]}}, AMOUNT),
            "t",
            "Chỉ tính được từ những câu đứng trước",
        ),
        (with_field(TEXT, {"name": "t", "label": "Tổng", "kind": "money", "value": {"sum": ["a"]}}), "t", "“a” không phải số"),
        (with_field(AMOUNT, {"name": "t", "label": "Tổng", "kind": "money", "value": {"magic": ["m"]}}), "t", "không hiểu cách tính"),
        (
            with_field(AMOUNT, {"name": "t", "label": "Tổng", "kind": "money", "value": {"total": ["m", "x"]}}),
            "t",
            "không phải nhóm lặp lại",
        ),
        (with_field({**AMOUNT, "value": {"sum": ["m"]}}), "m", "Chỉ tính được từ những câu đứng trước"),
        (with_field({**TEXT, "rules": [{"rule": "compare", "op": "~", "with": "a", "text": "x"}]}), "a", "phép so sánh '~'"),
        (
            with_field({**TEXT, "rules": [{"rule": "compare", "op": "<", "with": "m", "text": "x"}]}, AMOUNT),
            "a",
            "nhìn đến câu hỏi đứng sau",
        ),
        (with_field({**TEXT, "rules": [{"rule": "unique", "text": "x"}]}), "a", "trong nhóm lặp lại"),
        (with_field({**TEXT, "rules": [{"rule": "digits", "length": [5, 3]}]}), "a", "length"),
        (with_field({**TEXT, "rules": [{"rule": "guess"}]}), "a", "không có kiểm tra 'guess'"),
        (with_field({"name": "w", "label": "Xã", "kind": "ward", "province_field": "a"}, TEXT), "w", "phải hỏi tỉnh"),
        (with_field({"name": "g", "label": "Nhóm", "kind": "group", "fields": []}), "g", "ít nhất một câu hỏi"),
        (with_field({"name": "g", "label": "Nhóm", "kind": "group", "most": 101, "fields": [TEXT]}), "g", "không quá 100"),
        (
            with_field(
                {"name": "g", "label": "Nhóm", "kind": "group", "fields": [{"name": "h", "label": "H", "kind": "group", "fields": [TEXT]}]}
            ),
            "h",
            "không đặt được nhóm",
        ),
        (with_field(TEXT, {"name": "g", "label": "Nhóm", "kind": "group", "fields": [TEXT]}), "a", "đã dùng"),
        (with_field({"name": "p", "label": "Mẹ", "kind": "person", "parts": ["shoe"]}), "p", "phần (parts) không đúng"),
        (
            with_field({"name": "p", "label": "Mẹ", "kind": "person"}, {"name": "p_name", "label": "Tên", "kind": "name"}),
            "p_name",
            "đã dùng",
        ),
        (with_field({"name": "p", "label": "Nơi ở", "kind": "address", "parts": ["ward", "street"]}), "p", "tỉnh (province)"),
        ({"pages": [{"name": "mot", "title": "Một"}], "fields": [TEXT]}, "a", "chưa đặt vào trang nào"),
        ({"fields": [{**TEXT, "page": "mot"}]}, "a", "không có trang nào"),
        ({"pages": [{"name": "Một", "title": "Một"}], "fields": [{**TEXT, "page": "Một"}]}, "", "Tên trang"),
        (
            {"pages": [{"name": "x", "title": "X"}, {"name": "y", "title": "Y"}], "fields": [{**TEXT, "page": "x"}]},
            "",
            "không có câu hỏi nào",
        ),
        (
            {
                "pages": [{"name": "x", "title": "X"}, {"name": "y", "title": "Y"}],
                "fields": [{**TEXT, "page": "y"}, {**CHOICE, "page": "x"}],
            },
            "c",
            "theo thứ tự các trang",
        ),
        ({"fields": [TEXT], "papers": [{"kind": "x"}]}, "papers", "khi nào cần"),
        ({"fields": [TEXT], "charges": [{"name": "Lệ phí", "times": "a"}]}, "charges", "nhân với một câu hỏi số"),
        ({"fields": [TEXT], "lawful_form": {"name": "x"}}, "", "lawful_form"),
    ],
)
def test_what_could_not_be_filled_in_is_refused_with_field_and_fault(document: dict[str, Any], field: str, part: str) -> None:
    found = said(document, facts={"person.full_name"})
    assert found and found[0][0] == field and part in found[0][1], found
    assert len({message for _field, message in found}) == len(found), "nothing is said twice"


def test_a_document_of_every_construct_is_taken_apart_into_plain_fields() -> None:
    assert said(WORKERS) == []
    before = copy.deepcopy(WORKERS)
    made = compiled(WORKERS)
    assert before == WORKERS, "what was written stays as it was written"
    by_name = {spec["name"]: spec for spec in made.fields}
    assert list(by_name) == [
        "unit_name",
        "unit_tax_code",
        "unit_address",
        "unit_representative",
        "has_workers",
        "workers",
        "how_many",
        "all_salaries",
    ]
    assert by_name["unit_name"] == {
        "name": "unit_name",
        "kind": "text",
        "max_length": 300,
        "label": "Tên của đơn vị",
        "required": True,
        "prefill": "organisation.name",
        "page": "don-vi",
        "section": "Đơn vị",
    }
    assert "prefill" not in by_name["unit_representative"], "no source knows it"
    page = {"field": "has_workers", "in": ["yes"]}
    assert by_name["workers"]["when"] == by_name["how_many"]["when"] == page, "a page's condition is its fields'"
    assert made.papers == [{"label": "Bảng lương", "kind": "list_copy", "required": True, "when": page}]
    assert said({"pages": WORKERS["pages"], "fields": made.fields}) == [], "what it becomes is a document again"


def test_parts_of_a_person_are_chosen_ordered_and_named() -> None:
    mother = {
        "name": "mother",
        "label": "Mẹ",
        "label_en": "Mother",
        "kind": "person",
        "parts": ["id_number", "name", "nationality"],
        "required": True,
        "required_parts": ["name"],
        "prefill_from": "person",
        "prefill_when": {"field": "c", "in": ["yes"]},
        "part_labels": {"name": "Tên mẹ"},
    }
    assert said(with_field(CHOICE, mother)) == []
    number, name, nationality = compiled(with_field(CHOICE, mother)).fields[1:]
    assert (number["name"], number["label"], number["label_en"], "required" in number) == (
        "mother_id_number",
        "Số định danh cá nhân của mẹ",
        "Personal identity number (Mother)",
        False,
    )
    assert (name["label"], name["required"], name["prefill"], name["prefill_when"]) == (
        "Tên mẹ",
        True,
        "person.full_name",
        mother["prefill_when"],
    )
    assert "prefill" not in nationality and nationality["default"] == "VN" and nationality["catalogue"] == "countries"


def test_choices_may_say_more_of_themselves() -> None:
    rich = {**CHOICE, "choices": [{"value": "yes", "label": "Có", "label_en": "Yes", "help": "Khi đã kết hôn."}, ["no", "Không"]]}
    [spec] = compiled(with_field(rich)).fields
    assert (spec["choices"], spec["choices_help"], spec["choices_en"]) == (YES_NO, {"yes": "Khi đã kết hôn."}, {"yes": "Yes"})


def test_the_published_schema_takes_what_ships_and_refuses_what_is_written_wrongly() -> None:
    schema = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for document in [WORKERS, *(shipped_form(file.stem) for file in FOLDER.glob("*.json"))]:
        assert [error.message for error in schema.iter_errors(document)] == []
        assert faults(document) == []
    wrong: dict[str, Any]
    for wrong in (
        {"fields": []},
        {"fields": [TEXT], "colour": 1},
        with_field({**TEXT, "kind": "telepathy"}),
        with_field({**TEXT, "script": "1"}),
        with_field({**CHOICE, "choices": []}),
        with_field({**TEXT, "when": {"all": []}}),
        with_field({**TEXT, "name": "Ăn"}),
        with_field({**AMOUNT, "value": {"magic": ["m"]}}),
        with_field({"name": "p", "label": "Mẹ", "kind": "person", "parts": ["shoe"]}),
        with_field({"name": "g", "label": "Nhóm", "kind": "group", "most": 101, "fields": [TEXT]}),
        with_field({**TEXT, "rules": [{"rule": "compare", "op": "~", "with": "a", "text": "x"}]}),
        with_field({"name": "s", "label": "Nước", "kind": "select", "catalogue": "planets"}),
    ):
        assert not schema.is_valid(wrong), wrong
        assert faults(wrong), wrong


@pytest.mark.requirement("D-03")
@pytest.mark.django_db
def test_the_schema_is_published_for_everybody() -> None:
    answer = Client().get("/nha-phat-trien/bieu-mau.schema.json")
    assert answer.status_code == 200 and answer["Content-Type"] == "application/schema+json"
    assert answer.json()["properties"]["fields"] and "public" in answer["Cache-Control"]
    jsonschema_rs.meta.validate(answer.json())


@pytest.mark.requirement("D-03")
@pytest.mark.django_db
def test_a_document_is_kept_as_written_and_evaluated_as_plain_fields() -> None:
    form = publish_form(procedure_code="1.002051", document=WORKERS, now=NOW)
    assert form.document == WORKERS and form.as_document == WORKERS and form.fields == compiled(WORKERS).fields
    assert [page["name"] for page in form.pages] == ["don-vi", "lao-dong"]
    assert publish_form(procedure_code="1.002051", document=copy.deepcopy(WORKERS), now=NOW).pk == form.pk, "the same again changes nothing"
    with pytest.raises(ValidationError) as refused:
        publish_form(procedure_code="1.002051", document={**WORKERS, "fields": WORKERS["fields"][:1]}, now=NOW)
    assert "không có câu hỏi nào" in " ".join(refused.value.messages)


@pytest.mark.usefixtures("demo_data")
def test_forms_of_before_stay_the_versions_they_were() -> None:
    load_forms()
    before = FormVersion.objects.count()
    load_forms()
    assert FormVersion.objects.count() == before
    # A form that is nothing but its parts is kept as these, each way of handing it in is the same form.
    shipped, of_it = shipped_form(CODE), FormVersion.objects.filter(procedure_code=CODE)
    before = of_it.count()
    plain = {part: shipped[part] for part in ("fields", "papers", "charges")}
    form = publish_form(procedure_code=CODE, document=plain, now=NOW)
    assert form.document == {} and form.fields == plain["fields"] and form.pages == []
    assert form.as_document == {key: value for key, value in plain.items() if value}
    assert publish_form(procedure_code=CODE, document=plain, now=NOW).pk == form.pk
    assert publish_form(procedure_code=CODE, now=NOW, **plain).pk == form.pk
    assert of_it.count() == before + 1
