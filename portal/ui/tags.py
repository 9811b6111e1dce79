"""Template tags of the components in ``templates/components/``. Loaded into every template (settings: TEMPLATES builtins).

{% field form.child_name %}                    label, hint, error and control, tied together for screen readers
{% field form.sex width="short" hint=_("…") %}
{% error_summary form %}                       on top of the page, once, before the form; takes several forms
{% icon "search" %}
{{ fee.amount|dong }}                          1.250.000 đ
{{ channel|duration }}                         3 ngày làm việc
<time datetime="{{ event.at|machine_time }}">
{% deadline_meter used=0.6 due=… words=… %}    {% bar_chart title rows %}    {% line_chart title labels series %}
{% province_map title values %}                {% qr_block url caption %}
{% own "nav" %}…{% endown %}                   a place of a public page that is another one for who is signed in (portal.caching.places)
{% language_switch %}  {% alternates %}  {% text_size %}  {% localised "/thu-tuc/" %}      used by base.html
"""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

import segno
from django import forms, template
from django.conf import settings
from django.forms import BaseForm, BoundField
from django.http import HttpRequest
from django.template import Context
from django.template.loader import get_template
from django.urls import Resolver404, get_urlconf, resolve
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from portal.caching.places import marked
from portal.ui import charts
from portal.ui.fields import AddressInput, DongInput, IdNumberInput, PhoneInput

register = template.Library()

WIDTHS = ("", "short", "medium")


def _kind(bound: BoundField) -> str:
    widget = bound.field.widget
    if isinstance(widget, AddressInput):
        return "address"
    if isinstance(widget, DongInput):
        return "dong"
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
    widget = bound.field.widget
    hint = hint or str(bound.help_text or "")
    if not width:
        width = "short" if kind in ("date", "dong") or isinstance(bound.field, forms.IntegerField) else ""
        width = "medium" if isinstance(widget, IdNumberInput | PhoneInput) else width
    if kind == "date" and not hint:
        hint = _("Ngày/tháng/năm. Ví dụ: 05/09/2026")
    helps = getattr(bound.field, "choices_help", {})
    described = [f"{bound.auto_id}_{part}" for part, there in (("hint", hint), ("error", bound.errors)) if there]
    attrs: dict[str, Any] = {}
    if kind not in ("radio", "checks"):
        if kind != "checkbox":
            attrs["class"] = " ".join(filter(None, [bound.field.widget.attrs.get("class"), "control", f"control-{width}" if width else ""]))
        if described:
            attrs["aria-describedby"] = " ".join(described)
        if bound.errors:
            attrs["aria-invalid"] = "true"
        if bound.form.errors:
            # The summary of what is wrong takes the focus, and a page may give it once.
            attrs["autofocus"] = False
        if kind == "date":
            attrs.setdefault("inputmode", "numeric")
    return {
        "bound": bound,
        "kind": kind,
        "label": label or bound.label,
        "hint": hint,
        "described": " ".join(described),
        "control": bound.as_widget(attrs=attrs) if kind not in ("radio", "checks", "address") else "",
        "parts": widget.parts(bound.html_name, bound.value(), {"id": bound.auto_id, **attrs}) if isinstance(widget, AddressInput) else None,
        "unit": getattr(bound.field, "unit", ""),
        "options": [(option, helps.get(str(option.data["value"]), "")) for option in bound] if kind in ("radio", "checks") else [],
        "hint_id": f"{bound.auto_id}_hint",
        "error_id": f"{bound.auto_id}_error",
    }


def _label_words(bound: BoundField) -> str:
    """A label's words without its markup (a link in it): the summary's entry is itself a link."""
    label = str(bound.label)
    return html.unescape(strip_tags(label)) if isinstance(label, SafeString) else label


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
            label = _label_words(bound).rstrip(".:")
            # A part of an error that is in another language is marked so.
            entries += [{"text": format_html("{}: {}", label, text), "target": first_control_id(bound)} for text in bound.errors]
    return {"entries": entries, "focus": focus}


@register.simple_tag
@lru_cache(maxsize=None if not settings.DEBUG else 0)
def icon(name: str) -> SafeString:
    """A drawn sign beside words; hidden from screen readers, so never alone. Drawn once a process: a page has dozens."""
    return mark_safe(get_template("components/icon.html").render({"name": name}))  # noqa: S308  our own template


@register.filter
def dong(amount: int | None) -> str:
    """Money: ``1250000`` → ``1.250.000 đ`` (no-break space). Empty for None: the caller says why there is no amount."""
    return "" if amount is None else f"{amount:,}".replace(",", ".") + "\u00a0đ"


@register.filter
def number(amount: Decimal | float | int | None) -> str:
    """A number as people write it: ``0.5`` → ``0,5``, ``3.00`` → ``3``, ``-1500`` → ``−1.500``; on pages in English ``−1,500``."""
    if amount is None:
        return ""
    text = format(Decimal(str(amount)).normalize(), "f")
    # The sign by itself: a whole part of -0 has none.
    sign, text = ("\u2212", text[1:]) if text.startswith("-") and text.strip("-0.") else ("", text.lstrip("-"))
    whole, _dot, rest = text.partition(".")
    group, point = (",", ".") if get_language() == "en" else (".", ",")
    return f"{sign}{int(whole):,}".replace(",", group) + (f"{point}{rest}" if rest else "")


@register.filter(expects_localtime=True)
def machine_time(moment: dt.datetime | dt.date | None) -> str:
    """A moment for an attribute ``datetime``, to the second: HTML knows three digits of a fraction, the database keeps six."""
    if isinstance(moment, dt.datetime):
        return moment.isoformat(timespec="seconds")
    return moment.isoformat() if moment else ""


@register.filter(expects_localtime=True)
def last_day(end: dt.datetime | None) -> dt.date | None:
    """The last day on which something holds that ends at this moment: of midnight it is the day before."""
    return (end - dt.timedelta(microseconds=1)).date() if end else None


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


@register.inclusion_tag("components/deadline_meter.html")
def deadline_meter(*, used: float, due: dt.datetime, words: str, kind: str = "") -> dict[str, Any]:
    """How much of the time allowed is used (0 to 1; more means overdue), the deadline, and what is left in words.

    ``used``: working time gone by divided by working time allowed (``portal.workdays.working_time_between``). Without ``kind`` the
    last quarter is ``wait`` and beyond the end is ``bad``.
    """
    share = min(max(round(used * 100), 0), 100)
    return {"share": share, "due": due, "words": words, "kind": kind or ("bad" if used > 1 else "wait" if used >= 0.75 else "good")}


@register.inclusion_tag("components/bar_chart.html")
def bar_chart(title: str, rows: Sequence[tuple[str, charts.Number]], *, unit: str = "", note: str = "") -> dict[str, Any]:
    """Amounts side by side, with the table of the same figures. ``rows``: pairs of label and amount, in the order to show."""
    drawn, height = charts.bars(rows)
    return {"title": title, "bars": drawn, "height": height, "width": charts.WIDTH, "unit": unit, "note": note}


@register.inclusion_tag("components/line_chart.html")
def line_chart(
    title: str, labels: Sequence[str], series: Sequence[Mapping[str, Any]], *, unit: str = "", axis: str = "", note: str = ""
) -> dict[str, Any]:
    """Up to three courses over time, with their table. ``series``: dicts with ``name`` and ``values`` (``None``: not known)."""
    rows = [(label, [one["values"][at] for one in series]) for at, label in enumerate(labels)]
    return {"title": title, "unit": unit, "axis": axis, "note": note, "rows": rows, "width": charts.WIDTH} | charts.lines(labels, series)


@register.inclusion_tag("components/province_map.html")
def province_map(
    title: str, values: Mapping[str, charts.Number | None], *, unit: str = "", hrefs: Mapping[str, str] | None = None, note: str = ""
) -> dict[str, Any]:
    """The 34 provinces as tiles, coloured by a figure, with the table. ``values`` and ``hrefs`` by two-digit code."""
    drawn = charts.province_tiles(values, hrefs)
    rows = [(tile.name, values.get(tile.code), tile.href) for tile in drawn["tiles"] if not tile.island]
    rows.sort(key=lambda row: (row[1] is None, -(row[1] or 0)))
    return {"title": title, "unit": unit, "note": note, "rows": rows} | drawn


def qr_svg(text: str, *, label: str) -> SafeString:
    """A QR code as an SVG picture without any style of its own, dark on light in every theme (readers need that)."""
    code = segno.make(text, error="m", micro=False)
    size = code.symbol_size(border=4)[0]
    squares = []
    for y, row in enumerate(code.matrix_iter(border=4)):
        start = None
        for x, dark in enumerate([*row, 0]):
            if dark and start is None:
                start = x
            elif not dark and start is not None:
                squares.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
                start = None
    spoken = template.defaultfilters.force_escape(label)
    return mark_safe(  # noqa: S308  # digits and our own letters; the label is escaped
        f'<svg class="qr-code" viewBox="0 0 {size} {size}" role="img" aria-label="{spoken}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path fill="#000" d="{"".join(squares)}"/></svg>'
    )


@register.simple_tag
def qr_code(text: str, label: str) -> SafeString:
    """A QR code of a text that is no address of ours, by itself."""
    return qr_svg(text, label=label)


@register.inclusion_tag("components/qr.html")
def qr_block(url: str, caption: str = "", *, title: str = "") -> dict[str, Any]:
    """A QR code with the address it holds in writing: who reads this on the phone cannot photograph its own screen."""
    label = title or _("Mã QR dẫn tới địa chỉ ghi bên cạnh")
    return {"code": qr_svg(url, label=label), "url": url, "caption": caption}


@lru_cache(maxsize=256)
def _served(path: str, urlconf: str) -> bool:
    try:
        resolve(path, urlconf)
    except Resolver404:
        return False
    return True


def _is_served(path: str) -> bool:
    """Whether the portal answers at this fixed address (a frame must not link to a page that is not there)."""
    return _served(path, get_urlconf() or settings.ROOT_URLCONF)


@register.simple_tag
def localised(path: str) -> str:
    """A fixed address of the frame in the page's language: ``/en/thu-tuc/`` where the page is English and that address is served."""
    english = f"/en{path}"
    return english if get_language() == "en" and _is_served(english) else path


@register.inclusion_tag("components/language_switch.html", takes_context=True)
def language_switch(context: Context) -> dict[str, Any]:
    """To the same page in the other language, where a view names it (``english_url``, ``vietnamese_url``); any other would lead away."""
    if get_language() == "en":
        return {"href": context.get("vietnamese_url", ""), "code": "vi", "name": "Tiếng Việt"}
    return {"href": context.get("english_url", ""), "code": "en", "name": "English"}


@register.inclusion_tag("components/alternates.html", takes_context=True)
def alternates(context: Context) -> dict[str, Any]:
    """``hreflang`` links in the head, in full addresses as search engines want them; nothing where the page exists in one language."""
    request = context.get("request")
    english, vietnamese = context.get("english_url"), context.get("vietnamese_url")
    if request is None or not (english or vietnamese):
        return {}
    return {"vi": own_address(vietnamese or request.get_full_path()), "en": own_address(english or request.get_full_path())}


@register.simple_tag
def own_address(path: str) -> str:
    """A path of the portal as a full address: what search engines keep must not depend on the host that was asked for."""
    return settings.SITE_URL.rstrip("/") + path


@register.simple_tag
def whole_address(request: HttpRequest) -> str:
    """The page's address with the portal's own host, for paper. Not the host that was asked for: it may be what a 400 page complains of."""
    return own_address(request.get_full_path())


@register.inclusion_tag("components/text_size.html")
def text_size() -> dict[str, Any]:
    """The text-size switch: buttons with JavaScript, otherwise a link to the page that tells how browsers enlarge."""
    return {"href": localised("/chu-lon/") if _is_served("/chu-lon/") else ""}


class _OwnNode(template.Node):
    """A marked place."""

    def __init__(self, name: str, nodelist: template.NodeList) -> None:
        self.name, self.nodelist = name, nodelist

    def render(self, context: Context) -> SafeString:
        content = self.nodelist.render(context)
        request = context.get("request")
        return mark_safe(marked(self.name, content)) if getattr(request, "to_be_kept", False) else content  # noqa: S308  rendered by us


@register.tag
def own(parser: Any, token: Any) -> _OwnNode:
    """``{% own "name" %}…{% endown %}``: what is there is for strangers; into the kept page the part of who is signed in is set."""
    name = token.split_contents()[1].strip("\"'")
    nodelist = parser.parse(("endown",))
    parser.delete_first_token()
    return _OwnNode(name, nodelist)
