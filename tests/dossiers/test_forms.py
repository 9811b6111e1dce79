"""Forms are data: what they accept, what they refuse, what is final once published."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.utils import DatabaseError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from dossiers.forms import AnswersForm
from dossiers.forms_data import FOLDER
from dossiers.models import FormVersion
from dossiers.models.forms import check_fields
from dossiers.services import publish_form
from tests.dossiers.support import ANSWERS, NOW

BIRTH: list[dict[str, Any]] = json.loads((FOLDER / "1.001193.json").read_text(encoding="utf-8"))
ASKED = [field for field in BIRTH if "prefill" not in field]


def test_the_five_fields_of_the_birth_form() -> None:
    assert [field["name"] for field in ASKED] == ["child_name", "child_birth_date", "child_sex", "birth_place", "father_name"]
    form = AnswersForm(ASKED, ANSWERS)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["child_birth_date"] == "2026-11-15"
    assert AnswersForm(ASKED, {**ANSWERS, "father_name": ""}).is_valid()


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
    form = AnswersForm(ASKED, {**ANSWERS, name: value})
    assert list(form.errors) == [name]


@pytest.mark.parametrize(
    "name", ["Nguyễn Thị Mẫu", "Trần Văn  Thử", "Đỗ Văn Ví Dụ", "H'Hen Niê", "Lò Thị Ín", "Y-Khút Niê", "Nguye\u0302\u0303n An"]
)
def test_names_of_all_peoples_of_the_country_are_accepted(name: str) -> None:
    form = AnswersForm(ASKED, {**ANSWERS, "child_name": name})
    assert form.is_valid(), form.errors
    assert "  " not in form.cleaned_data["child_name"]
    assert "\u0302" not in form.cleaned_data["child_name"]


@given(st.dates(date(1900, 1, 1), date(2026, 11, 20)), st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y"]))
def test_a_day_means_the_same_however_it_is_written(day: date, written: str) -> None:
    form = AnswersForm(ASKED, {**ANSWERS, "child_birth_date": day.strftime(written)})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["child_birth_date"] == day.isoformat()


def test_a_day_to_come_is_refused() -> None:
    tomorrow = timezone.localdate().replace(year=timezone.localdate().year + 1)
    assert not AnswersForm(ASKED, {**ANSWERS, "child_birth_date": f"{tomorrow:%d/%m/%Y}"}).is_valid()


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
    second = publish_form(procedure_code="1.001193", fields=ASKED, now=NOW)
    assert second.number == first.number + 1
    with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic():
        FormVersion.objects.filter(pk=first.pk).update(number=7)
    with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic():
        first.delete()
