"""Template tags of the components in ``templates/components/``. Loaded into every template (settings: TEMPLATES builtins).

{% field form.child_name %}                    label, hint, error and control, tied together for screen readers
{% field form.sex width="short" hint=_("…") %}
{% error_summary form %}                       on top of the page, once, before the form; takes several forms
{% icon "search" %}
{{ fee.amount|dong }}                          1.250.000 đ
{{ channel|duration }}                         3 ngày làm việc
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms, template
from django.forms import BaseForm, BoundField
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()

WIDTHS = ("", "short", "medium")


def _kind(bound: BoundField) -> str:
    widget = bound.field.widget
    if isinstance(widget, forms.CheckboxSelectMultiple):
        return "checks"
    if isinstance(widget, forms.RadioSelect):
        return "radio"
    if isinstance(widget, forms.CheckboxInput):
        return "checkbox"
    if isinstance(widget, forms.Textarea):
        return "textarea"
    if isinstance(widget, forms.Select):
        return "select"
    if isinstance(widget, forms.FileInput):
        return "file"
    if isinstance(bound.field, forms.DateField):
        return "date"
    return "text"


def first_control_id(bound: BoundField) -> str:
    """The id an error link points to: the control itself, or the first choice of a group."""
    return f"{bound.auto_id}_0" if _kind(bound) in ("radio", "checks") else str(bound.id_for_label or bound.auto_id)


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, *, hint: str = "", label: str = "", width: str = "") -> dict[str, Any]:
    """One field of a form with everything around it. Optional fields say so; required ones need no star."""
    if width not in WIDTHS:
        raise ValueError(f"width must be one of {WIDTHS}")
    kind = _kind(bound)
    hint = hint or str(bound.help_text or "")
    if kind == "date" and not hint:
        hint = _("Ngày/tháng/năm. Ví dụ: 05/09/2026")
    described = [f"{bound.auto_id}_{part}" for part, there in (("hint", hint), ("error", bound.errors)) if there]
    attrs: dict[str, Any] = {}
    if kind not in ("radio", "checks"):
        if kind != "checkbox":
            attrs["class"] = " ".join(filter(None, [bound.field.widget.attrs.get("class"), "control", f"control-{width}" if width else ""]))
        if described:
            attrs["aria-describedby"] = " ".join(described)
        if bound.errors:
            attrs["aria-invalid"] = "true"
        if kind == "date":
            attrs.setdefault("inputmode", "numeric")
            attrs["class"] += "" if width else " control-short"
    return {
        "bound": bound,
        "kind": kind,
        "label": label or bound.label,
        "hint": hint,
        "described": " ".join(described),
        "control": bound.as_widget(attrs=attrs) if kind not in ("radio", "checks") else "",
        "hint_id": f"{bound.auto_id}_hint",
        "error_id": f"{bound.auto_id}_error",
    }


@register.inclusion_tag("components/error_summary.html")
def error_summary(*erring: BaseForm | None, focus: bool = True) -> dict[str, Any]:
    """Everything that is wrong in these forms, each entry a link to its field. Renders nothing when nothing is wrong.

    ``focus=False`` only where the summary is shown as an example.
    """
    entries: list[dict[str, str]] = []
    for form in erring:
        if form is None or not form.is_bound:
            continue
        entries += [{"text": str(text), "target": ""} for text in form.non_field_errors()]
        for bound in form:
            entries += [{"text": f"{str(bound.label).rstrip('.:')}: {text}", "target": first_control_id(bound)} for text in bound.errors]
    return {"entries": entries, "focus": focus}


@register.inclusion_tag("components/icon.html")
def icon(name: str) -> dict[str, str]:
    """A drawn sign beside words; hidden from screen readers, so never alone."""
    return {"name": name}


@register.filter
def dong(amount: int | None) -> str:
    """Money: ``1250000`` → ``1.250.000 đ`` (no-break space). Empty for None: the caller says why there is no amount."""
    return "" if amount is None else f"{amount:,}".replace(",", ".") + "\u00a0đ"


@register.filter
def number(amount: Decimal | float | int | None) -> str:
    """A number as people write it: ``0.5`` → ``0,5``, ``3.00`` → ``3``."""
    if amount is None:
        return ""
    text = format(Decimal(str(amount)).normalize(), "f")
    whole, _dot, rest = text.partition(".")
    return f"{int(whole):,}".replace(",", ".") + (f",{rest}" if rest else "")


@register.filter
def duration(part: Any) -> str:
    """A time limit in words, of anything with ``time_amount``, ``time_unit`` and ``time_text``: ``3 ngày làm việc``."""
    amount, unit = part.time_amount, part.time_unit
    if amount is None or not unit:
        return str(getattr(part, "time_text", "") or _("Không quy định thời hạn"))
    if amount == 0:
        # What the law calls "in the day": received after 15:00, the next working day (``portal.workdays``).
        return str(_("Trong ngày"))
    plural = 1 if amount == 1 else 2
    words = {
        "hour": ngettext("%(n)s giờ", "%(n)s giờ", plural),
        "working_day": ngettext("%(n)s ngày làm việc", "%(n)s ngày làm việc", plural),
        "day": ngettext("%(n)s ngày", "%(n)s ngày", plural),
        "month": ngettext("%(n)s tháng", "%(n)s tháng", plural),
    }
    return words[unit] % {"n": number(amount)}
