"""``{% load paper_forms %}``: what the templates of printed forms are made of: a label with its filled line, a day in its parts, boxes."""

from __future__ import annotations

from datetime import date

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dossiers import slips

register = template.Library()


@register.simple_tag
def line(label: str, value: object = "", after: str = "") -> SafeString:
    """A label and what is written on the dotted line behind it; an empty one stays a line to write on."""
    return format_html('<span class="line"><span>{}</span> <span class="fill">{}</span>{}</span>', label, value or "", after)


@register.simple_tag
def boxes(value: object, count: int = 12) -> SafeString:
    """A box for each digit of a number; for a reader one text."""
    digits = str(value or "")
    cells = "".join(format_html("<span>{}</span>", digits[at : at + 1]) for at in range(count))
    return format_html('<span class="boxes">{}</span>', SafeString(cells))


@register.filter
def in_words(iso: object) -> str:
    """A kept day in words; nothing for anything else."""
    try:
        return slips.day_in_words(str(iso))
    except ValueError:
        return ""


@register.filter
def written(day: date | None) -> str:
    """``ngày 05 tháng 11 năm 2026``; with gaps to fill where there is no day."""
    if day is None:
        return "ngày ........ tháng ........ năm ............"
    return f"ngày {day:%d} tháng {day:%m} năm {day:%Y}"


@register.filter
def kept_day(iso: object) -> date | None:
    """A kept answer as a day."""
    try:
        return date.fromisoformat(str(iso))
    except ValueError:
        return None
