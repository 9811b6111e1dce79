"""Forms are data: what they accept, what they refuse, what is final once published."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.utils import DatabaseError
from hypothesis import given
from hypothesis import strategies as st

from dossiers.conditions import deciders, opening, shape, shown_fields, suggestions
from dossiers.form_documents import faults
from dossiers.forms import AnswersForm
from dossiers.forms_data import shipped_form
from dossiers.models import FormVersion
from dossiers.models.forms import check_fields
from dossiers.services import publish_form
from dossiers.values import parse_day
from tests.dossiers.support import ANSWERS, FATHERS_ANSWERS, NOW

BIRTH: list[dict[str, Any]] = shipped_form("1.001193")["fields"]
TODAY = date(2026, 11, 20)
WOMAN = {
    "person.full_name": "Nguyễn Thị Mẫu",
    "person.id_number": "001195000001",
    "person.birth_date": "1995-03-14",
    "person.address": "Số 1 phố Thử Nghiệm",
    "person.sex": "female",
}
MAN = {
    **WOMAN,
    "person.full_name": "Trần Văn Thử",
    "person.id_number": "001093000002",
    "person.birth_date": "1993-08-02",
    "person.sex": "male",
}
CHILD_FIELDS = [spec["name"] for spec in BIRTH if spec.get("section") == "Trẻ"]


def filled(answers: dict[str, str], facts: dict[str, str] = WOMAN, fields: list[dict[str, Any]] = BIRTH) -> AnswersForm:
    """The form one person meets with these answers, checked on :data:`TODAY`."""
    found = shape(fields, answers, facts)
    form = AnswersForm(found.asked, answers, today=TODAY, known=found.known, rules=found.fields)
    form.is_valid()
    return form


def names(specs: Any) -> list[str]:
    """Names of fields."""
    return [spec["name"] for spec in specs]


def test_a_mother_declares_the_child_and_the_father() -> None:
    found = shape(BIRTH, {"applicant_role": "mother"}, WOMAN)
    assert dict(found.known) == {
        "mother_name": "Nguyễn Thị Mẫu",
        "mother_id_number": "001195000001",
        "mother_birth_date": "1995-03-14",
        "mother_address": "Số 1 phố Thử Nghiệm",
    }
    assert names(found.asked) == [
        "applicant_role", *CHILD_FIELDS, "mother_ethnicity", "mother_nationality",
        "father_name", "father_id_number", "father_birth_date", "father_address", "father_ethnicity", "father_nationality",
    ]  # fmt: skip
    form = filled(ANSWERS)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["child_birth_date"] == "2026-11-15"
    without_father = {**{name: value for name, value in ANSWERS.items() if not name.startswith("father_")}, "father_name": ""}
    assert filled(without_father).is_valid()


@pytest.mark.requirement("D-02")
def test_a_father_declares_himself_as_the_father_and_the_mother_like_one() -> None:
    found = shape(BIRTH, {"applicant_role": "father"}, MAN)
    assert {name: value for name, value in found.known.items() if name.startswith("mother")} == {}
    assert found.known["father_name"] == "Trần Văn Thử"
    assert found.known["father_id_number"] == "001093000002"
    assert {"mother_name", "mother_id_number", "mother_birth_date", "mother_address"} <= set(names(found.asked))
    assert filled(FATHERS_ANSWERS, MAN).is_valid()
    assert set(filled({**FATHERS_ANSWERS, "mother_name": "", "mother_birth_date": ""}, MAN).errors) == {"mother_name", "mother_birth_date"}


@pytest.mark.parametrize("role", ["grandparent", "relative", "carer"])
@pytest.mark.parametrize("facts", [WOMAN, MAN])
def test_whoever_stands_in_for_the_parents_declares_both_and_is_the_requester(role: str, facts: dict[str, str]) -> None:
    answers = {**ANSWERS, **FATHERS_ANSWERS, "applicant_role": role, "requester_relation": "bác ruột"}
    found = shape(BIRTH, answers, facts)
    assert set(found.known) == {"requester_name", "requester_id_number"}
    assert filled(answers, facts).is_valid()
    assert set(filled({**answers, "requester_relation": "", "mother_name": ""}, facts).errors) == {"requester_relation", "mother_name"}


def test_nobody_registers_as_the_parent_they_cannot_be() -> None:
    assert "applicant_role" in filled(ANSWERS, MAN).errors
    assert "applicant_role" in filled(FATHERS_ANSWERS, WOMAN).errors
    [role] = [spec for spec in shape(BIRTH, {}, MAN).asked if spec["name"] == "applicant_role"]
    assert [value for value, _label in role["choices"]] == ["father", "grandparent", "relative", "carer", "authorised"]
    assert suggestions([role], MAN) == {"applicant_role": "father"}
    unknown = {**MAN, "person.sex": ""}
    [role] = [spec for spec in shape(BIRTH, {}, unknown).asked if spec["name"] == "applicant_role"]
    assert len(role["choices"]) == 6, "where the registry does not know, the person does"
    # Not chosen, or chosen by one who cannot be it: nobody's data are filled in as the mother's.
    for answers in ({}, {"applicant_role": "mother"}):
        assert dict(shape(BIRTH, answers, MAN).known) == {}


def test_what_decides_is_asked_first() -> None:
    found = shape(BIRTH, {}, WOMAN)
    assert deciders(BIRTH) == {"applicant_role"}
    assert names(opening(found, deciders(BIRTH), {})) == ["applicant_role"]
    assert names(opening(found, deciders(BIRTH), {"applicant_role": "father"})) == ["applicant_role"], "no woman's choice"
    assert opening(found, deciders(BIRTH), {"applicant_role": "carer"}) == []


def test_the_first_version_of_the_form_works_as_it_did() -> None:
    first = [
        {"name": "child_name", "label": "Tên", "kind": "name", "required": True},
        {"name": "mother_name", "label": "Mẹ", "kind": "name", "prefill": "person.full_name"},
    ]
    check_fields(first)
    found = shape(first, {}, WOMAN)
    assert (names(found.asked), dict(found.known)) == (["child_name"], {"mother_name": "Nguyễn Thị Mẫu"})
    assert opening(found, deciders(first), {}) == []
    assert names(shown_fields(first, {"child_name": "An"})) == ["child_name", "mother_name"]


CHOICES = st.sampled_from(["a", "b", "c"])


@st.composite
def forms_with_conditions(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Valid forms: choices, some of them under conditions on earlier choices or facts."""
    fields: list[dict[str, Any]] = []
    for index in range(draw(st.integers(1, 7))):
        spec: dict[str, Any] = {"name": f"f{index}", "label": "x", "kind": "choice", "choices": [["a", "A"], ["b", "B"], ["c", "C"]]}
        subject = st.sampled_from([{"fact": "person.sex"}, *({"field": earlier["name"]} for earlier in fields)])
        condition = st.builds(lambda on, values: {**on, "in": values}, subject, st.lists(CHOICES, max_size=3, unique=True))
        for key in ("when", "prefill_when"):
            if draw(st.booleans()):
                spec[key] = draw(condition)
        if "prefill_when" in spec:
            spec["prefill"] = "person.full_name"
        if draw(st.booleans()):
            spec["choices_when"] = {"b": draw(condition)}
        fields.append(spec)
    return fields


@given(forms_with_conditions(), st.dictionaries(st.sampled_from([f"f{n}" for n in range(7)]), CHOICES), CHOICES, st.sampled_from(["a", ""]))
def test_a_shape_follows_from_what_is_there_alone(fields: list[dict[str, Any]], answers: dict[str, str], sex: str, name: str) -> None:
    facts = {"person.sex": sex, "person.full_name": name}
    assert [one for one in faults({"fields": fields}) if "không bao giờ" not in one.message] == []
    found = shape(fields, answers, facts)
    there = set(names(found.fields))
    assert set(names(found.asked)) == there - set(found.known), "a field is asked or known, never both"
    assert names(found.fields) == [spec["name"] for spec in fields if spec["name"] in there], "in the order of the form"
    assert set(found.known.values()) <= {name} - {""}
    # What was typed into fields that are not there, or asked of nobody, changes nothing.
    rest = {key: value for key, value in answers.items() if key in set(names(found.asked))}
    assert shape(fields, rest, facts) == found
    # A filled form reads the same from its answers alone, whatever the registry says later.
    full = {**rest, **found.known}
    if not any("fact" in spec.get("when", {}) for spec in fields):
        offered = {spec["name"]: [value for value, _label in spec["choices"]] for spec in found.asked}
        kept = {key: value for key, value in full.items() if key in found.known or value in offered[key]}
        assert names(shown_fields(fields, kept)) == names(found.fields)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("child_name", ""),
        ("child_name", "Bé 123"),
        ("child_name", "Bé <b>"),
        ("child_name", "a" * 101),
        ("child_birth_date", ""),
        ("child_birth_date", "31/02/2026"),
        ("child_birth_date", "01/01/1899"),
        ("child_birth_date", "hôm qua"),
        ("child_sex", "khác"),
        ("birth_place", "Nhà\x07"),
    ],
)
def test_a_wrong_answer_is_refused_beside_its_field(name: str, value: str) -> None:
    form = filled({**ANSWERS, name: value})
    assert list(form.errors) == [name]


@pytest.mark.parametrize(
    "name", ["Nguyễn Thị Mẫu", "Trần Văn  Thử", "Đỗ Văn Ví Dụ", "H'Hen Niê", "Lò Thị Ín", "Y-Khút Niê", "Nguye\u0302\u0303n An"]
)
def test_names_of_all_peoples_of_the_country_are_accepted(name: str) -> None:
    form = filled({**ANSWERS, "child_name": name})
    assert form.is_valid(), form.errors
    assert "  " not in form.cleaned_data["child_name"]
    assert "\u0302" not in form.cleaned_data["child_name"]


WRITTEN = [
    "%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d %m %Y", "%d%m%Y", " %d / %m / %Y ", "%d/%m/%Y.",
]  # fmt: skip
SHORT = ["%d/%m/{yy}", "%d-%m-{yy}", "%d%m{yy}"]


@given(st.dates(date(1900, 1, 1), TODAY), st.sampled_from(WRITTEN), st.booleans())
def test_a_day_means_the_same_however_it_is_written(day: date, written: str, bare: bool) -> None:
    typed = day.strftime(written)
    if bare and any(sign in written for sign in "/.-") and not written.startswith("%Y"):
        typed = re.sub(r"(?<![0-9])0(?=[0-9])", "", typed)  # 1/3/2026
    assert parse_day(typed, today=TODAY) == day


@given(st.dates(date(1927, 1, 1), date(2026, 12, 31)), st.sampled_from(SHORT))
def test_a_year_of_two_digits_is_the_last_one_not_after_this_year(day: date, written: str) -> None:
    assert parse_day(day.strftime(written.replace("{yy}", "%y")), today=TODAY) == day


@given(st.text(alphabet="0123456789/.- ", max_size=12))
def test_digits_and_signs_are_a_day_that_exists_or_none(typed: str) -> None:
    found = parse_day(typed, today=TODAY)
    digits = re.sub(r"[^0-9]", "", typed)
    if found is not None:
        assert f"{found.day}" in digits
        assert f"{found.month}" in digits
        assert f"{found.year % 100:02d}" in digits


@pytest.mark.parametrize("typed", ["15/11/226", "1112026", "15/13/2026", "31/02/2026", "00/00/0000", "15//2026", "٠١/٠١/٢٠٢٦", "mai"])
def test_what_is_no_day_is_refused(typed: str) -> None:
    assert parse_day(typed, today=TODAY) is None


def test_a_day_to_come_is_refused() -> None:
    assert filled({**ANSWERS, "child_birth_date": "20/11/2026"}).is_valid()
    assert list(filled({**ANSWERS, "child_birth_date": "21/11/2026"}).errors) == ["child_birth_date"]
    assert list(filled({**ANSWERS, "child_birth_date": "21/11/26"}).errors) == ["child_birth_date"], "not a hundred years ago"


@given(st.integers(1, 400))
def test_what_is_too_long_is_told_by_how_much(over: int) -> None:
    [error] = filled({**ANSWERS, "birth_place": "x" * (300 + over)}).errors["birth_place"]
    assert "tối đa 300 ký tự" in error
    assert f"thừa {over} ký tự" in error
    assert filled({**ANSWERS, "birth_place": "x" * 300}).is_valid()
    assert "maxlength" not in str(filled(ANSWERS)["birth_place"]), "a browser would cut what is pasted and say nothing"


YES_NO: dict[str, Any] = {"name": "yes", "label": "x", "kind": "choice", "choices": [["y", "Có"], ["n", "Không"]]}


@pytest.mark.parametrize(
    "fields",
    [
        [],
        "x",
        [{"name": "Bad Name", "label": "x", "kind": "text"}],
        [{"name": "a", "label": "x", "kind": "telepathy"}],
        [{"name": "a", "label": "x", "kind": "choice"}],
        [{"name": "a", "label": "x", "kind": "text", "script": "1"}],
        [{"name": "a", "label": "x", "kind": "text"}, {"name": "a", "label": "y", "kind": "text"}],
        [{"name": "unit_code", "label": "x", "kind": "text"}],
        [{"name": "seen", "label": "x", "kind": "text"}],
        [{"name": "a", "label": "x", "kind": "text", "when": {"field": "b", "in": ["1"]}}],
        [{"name": "a", "label": "x", "kind": "text"}, {"name": "b", "label": "x", "kind": "text", "when": {"field": "a", "in": ["1"]}}],
        [YES_NO, {"name": "b", "label": "x", "kind": "text", "when": {"field": "yes", "in": ["maybe"]}}],
        [YES_NO, {"name": "b", "label": "x", "kind": "text", "when": {"field": "yes"}}],
        [YES_NO, {"name": "b", "label": "x", "kind": "text", "prefill_when": {"field": "yes", "in": ["y"]}}],
        [{**YES_NO, "choices_when": {"maybe": {"fact": "person.sex", "in": []}}}],
        [{"name": "a", "label": "x", "kind": "text", "required_with": ["b"]}],
        [{"name": "a", "label": "x", "kind": "date", "rules": [{"rule": "of_thumb"}]}],
        [{"name": "a", "label": "x", "kind": "date", "rules": [{"rule": "late_after", "days": 60}]}],
        [{"name": "a", "label": "x", "kind": "text", "rules": [{"rule": "differs_from", "field": "b", "text": "x"}]}],
    ],
)
def test_a_form_that_could_not_be_shown_is_not_published(fields: Any) -> None:
    with pytest.raises(ValidationError):
        check_fields(fields)


@pytest.mark.requirement("D-03")
@pytest.mark.django_db
def test_a_published_version_is_final_and_a_change_is_a_new_version() -> None:
    first = publish_form(procedure_code="1.001193", fields=BIRTH, now=NOW)
    assert publish_form(procedure_code="1.001193", fields=BIRTH, now=NOW).pk == first.pk
    second = publish_form(procedure_code="1.001193", fields=[YES_NO], now=NOW)
    assert second.number == first.number + 1
    with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic():
        FormVersion.objects.filter(pk=first.pk).update(number=7)
    with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic():
        first.delete()
