"""Controls written at once are, to the byte, those of Django's templates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.renderers import DjangoTemplates
from hypothesis import given
from hypothesis import strategies as st

from portal.ui.render import Controls

_text = st.text(alphabet="aă<>&\"'\n {%}0", max_size=12)
_attrs = st.dictionaries(
    st.sampled_from(["class", "id", "maxlength", "disabled", "autofocus", "data-x", "aria-label"]), _text | st.booleans() | st.integers()
)
_choices = st.lists(st.tuples(_text, _text), max_size=5)
_plain = st.sampled_from([forms.TextInput, forms.NumberInput, forms.EmailInput, forms.HiddenInput, forms.DateInput, forms.Textarea])


def both(widget: Any, value: Any) -> tuple[str, str]:
    return tuple(widget.render("name<", value, renderer=renderer) for renderer in (Controls(), DjangoTemplates()))  # type: ignore[return-value]


@given(_plain, _text | st.none() | st.integers(), _attrs)
def test_plain_controls(widget: Any, value: Any, attrs: dict[str, Any]) -> None:
    ours, theirs = both(widget(attrs=attrs), value)
    assert ours == theirs


@given(_choices, _choices, _text, _attrs, st.booleans())
def test_lists_to_choose_from(choices: Any, grouped: Any, value: str, attrs: dict[str, Any], many: bool) -> None:
    widget = forms.SelectMultiple if many else forms.Select
    ours, theirs = both(widget(attrs=attrs, choices=[*choices, ("Nhóm <1>", grouped)]), [value] if many else value)
    assert ours == theirs


@given(_choices, _text)
def test_everything_else_is_left_to_the_library(choices: Any, value: str) -> None:
    for widget in (forms.RadioSelect(choices=choices), forms.CheckboxInput(), forms.ClearableFileInput()):
        ours, theirs = both(widget, value)
        assert ours == theirs
