"""Controls without a template each: a form has dozens, and a template engine is slow at attributes.

What comes out is, to the byte, what Django's own templates give (``tests/portal/test_render.py``); every other template goes to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

_INPUTS = frozenset(
    f"django/forms/widgets/{name}.html" for name in ("input", "text", "number", "email", "url", "password", "hidden", "date")
)
_TEXTAREA = "django/forms/widgets/textarea.html"


def _attributes(attrs: Mapping[str, Any]) -> str:
    return "".join(
        f" {conditional_escape(name)}" + ("" if value is True else f'="{conditional_escape(str(value))}"')
        for name, value in attrs.items()
        if value is not False
    )


_SELECT, _OPTION = "django/forms/widgets/select.html", "django/forms/widgets/select_option.html"


def _is_plain(widget: Mapping[str, Any]) -> bool:
    return all(option["template_name"] == _OPTION for _group, options, _index in widget["optgroups"] for option in options)


def _select(widget: Mapping[str, Any]) -> SafeString:
    parts = [f'<select name="{conditional_escape(widget["name"])}"{_attributes(widget["attrs"])}>']
    for group, options, _index in widget["optgroups"]:
        if group:
            parts.append(f'\n  <optgroup label="{conditional_escape(group)}">')
        for option in options:
            value, label = conditional_escape(str(option["value"])), conditional_escape(option["label"])
            parts.append(f'\n  <option value="{value}"{_attributes(option["attrs"])}>{label}</option>\n')
        if group:
            parts.append("\n  </optgroup>")
    parts.append("\n</select>")
    return mark_safe("".join(parts))  # noqa: S308  escaped above


class Controls(DjangoTemplates):
    """Django's renderer of forms, with the plain controls written at once."""

    def render(self, template_name: str, context: Any, request: Any = None) -> SafeString:
        """One control, error list or form."""
        if template_name in _INPUTS:
            widget = context["widget"]
            value = "" if widget["value"] is None else f' value="{conditional_escape(str(widget["value"]))}"'
            kind, name = conditional_escape(widget["type"]), conditional_escape(widget["name"])
            return mark_safe(f'<input type="{kind}" name="{name}"{value}{_attributes(widget["attrs"])}>')  # noqa: S308  escaped above
        if template_name == _TEXTAREA:
            widget = context["widget"]
            text = "" if not widget["value"] else conditional_escape(str(widget["value"]))
            name = conditional_escape(widget["name"])
            return mark_safe(f'<textarea name="{name}"{_attributes(widget["attrs"])}>\n{text}</textarea>')  # noqa: S308  escaped above
        if template_name == _SELECT and _is_plain(context["widget"]):
            return _select(context["widget"])
        return mark_safe(super().render(template_name, context, request))  # noqa: S308  as the library does
