"""The fragments in templates/components/: what they tie together for people who do not see the page."""

from __future__ import annotations

import re
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django import forms
from django.template import Context, Template

from portal.ui_tags import dong, duration, number
from tests.portal.pages import Page


class BirthForm(forms.Form):
    name = forms.CharField(label="Họ tên", help_text="Như trên giấy")
    born = forms.DateField(label="Ngày sinh")
    sex = forms.ChoiceField(label="Giới tính", choices=[("f", "Nữ"), ("m", "Nam")], widget=forms.RadioSelect)
    note = forms.CharField(label="Ghi chú", required=False)
    paper = forms.FileField(label="Giấy tờ")

    def clean(self):
        raise forms.ValidationError("Hai ngày không khớp nhau.")


def render(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


def tag_of(html: str, name: str) -> str:
    return re.search(rf'<(?:input|select|textarea)[^>]*name="{name}"[^>]*>', html)[0]  # type: ignore[index]


@pytest.mark.requirement("N-07")
def test_a_wrong_field_is_tied_to_its_hint_and_error():
    form = BirthForm({"born": "31/02/2026"})
    html = render("{% field form.name %}{% field form.born %}", form=form)
    assert 'aria-describedby="id_name_hint id_name_error"' in tag_of(html, "name")
    assert 'aria-invalid="true"' in tag_of(html, "born")
    assert 'inputmode="numeric"' in tag_of(html, "born") and 'value="31/02/2026"' in tag_of(html, "born")
    for part in ("id_name_hint", "id_name_error", "id_born_hint", "id_born_error"):
        assert f'id="{part}"' in html


def test_a_good_field_has_no_error_and_optional_ones_say_so():
    html = render("{% field form.name %}{% field form.note %}", form=BirthForm())
    assert "aria-invalid" not in html and "_error" not in html
    assert html.count("không bắt buộc") == 1


def test_choices_are_a_group_with_a_legend():
    html = render("{% field form.sex %}", form=BirthForm({}))
    assert "<fieldset" in html and "<legend>Giới tính" in html
    assert 'aria-describedby="id_sex_error"' in html
    assert html.count('type="radio"') == 2 and 'for="id_sex_0"' in html


@pytest.mark.requirement("N-07")
def test_the_summary_links_to_each_wrong_field_and_tells_what_has_none():
    form = BirthForm({})
    html = render("{% error_summary form %}{% for bound in form %}{% field bound %}{% endfor %}", form=form)
    page = Page("<title>t – Cổng Dịch vụ công Quốc gia</title>" + html)
    assert {link[1:] for link in page.links} == {"id_name", "id_born", "id_sex_0", "id_paper"}
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert 'role="alert"' in html and 'tabindex="-1"' in html and "autofocus" in html
    assert "<li>Hai ngày không khớp nhau.</li>" in html


def test_the_summary_is_silent_when_nothing_is_wrong():
    assert render("{% error_summary form none %}", form=BirthForm(), none=None).strip() == ""


def test_what_people_typed_is_escaped():
    html = render("{% field form.name %}", form=BirthForm({"name": '"><script>alert(1)</script>'}))
    assert "<script>" not in html


def test_width_must_be_known():
    with pytest.raises(ValueError, match="width"):
        render('{% field form.name width="huge" %}', form=BirthForm())


@pytest.mark.parametrize(("amount", "text"), [(0, "0\u00a0đ"), (8000, "8.000\u00a0đ"), (1250000, "1.250.000\u00a0đ"), (None, "")])
def test_money(amount, text):
    assert dong(amount) == text


@pytest.mark.parametrize(("amount", "text"), [(Decimal("0.50"), "0,5"), (Decimal("3.00"), "3"), (1500, "1.500"), (Decimal("10"), "10")])
def test_numbers(amount, text):
    assert number(amount) == text


@pytest.mark.parametrize(
    ("amount", "unit", "words", "text"),
    [
        (Decimal("7.00"), "working_day", "", "7 ngày làm việc"),
        (Decimal("0.50"), "working_day", "", "0,5 ngày làm việc"),
        (1, "month", "", "1 tháng"),
        (None, "", "Theo lịch họp", "Theo lịch họp"),
        (None, "", "", "Không quy định thời hạn"),
    ],
)
def test_durations(amount, unit, words, text):
    assert duration(SimpleNamespace(time_amount=amount, time_unit=unit, time_text=words)) == text


def test_every_component_is_shown_on_the_page_of_components(client):
    html = client.get("/he-thiet-ke/").content.decode()
    for sign in (
        "button-secondary",
        "button-danger",
        "button-quiet",
        "button-large",
        "disabled",
        "field-wrong",
        "error-summary",
        "notice-good",
        "notice-wait",
        "notice-bad",
    ):
        assert sign in html
    for sign in (
        "tag-good",
        "tag-wait",
        "tag-bad",
        "tag-info",
        "deadline-bad",
        "timeline",
        "summary",
        "steps",
        "pagination",
        "empty",
        'type="file"',
        'type="radio"',
    ):
        assert sign in html
