"""What the desk's own pages share: a page of facts and tables with its buttons, an act with its form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.access.site import OfficerModelAdmin


@dataclass(frozen=True)
class Facts:
    """A part of a page: labels with values."""

    title: str
    rows: Sequence[tuple[str, Any]]


@dataclass(frozen=True)
class Rows:
    """A part of a page: a table."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    empty: str = "Chưa có."


@dataclass(frozen=True)
class Way:
    """A button of a page."""

    label: str
    url: str
    kind: str = ""


@dataclass
class Page:
    """One thing on the desk."""

    title: str
    parts: list[Facts | Rows]
    ways: list[Way] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What presses, on top."""


class DeskModelAdmin(OfficerModelAdmin):
    """Rows that are looked at on a page of their own and changed by acts alone, each with an address and a form.

    A model's admin says who sees what (``get_queryset`` is the door), what a page shows (:meth:`page`), and which exceptions of
    the services are words for the officer (``refusals``).
    """

    by_cursor = True
    actions = None
    refusals: ClassVar[tuple[type[Exception], ...]] = ()
    """What services raise: ``message`` is for the officer, ``field`` names what to mend, ``status`` is the answer's (422).

    ``more``: what else is to be mended, by field."""
    field_names: ClassVar[dict[str, str]] = {}
    """Fields of the services by another name in the forms."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def address(self, name: str, *args: object) -> str:
        """An address of this model's pages."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=args)

    def found(self, request: HttpRequest, object_id: object) -> Any:
        """The row, for one who may see it; 404 else."""
        try:
            row = self.get_queryset(request).filter(pk=object_id).first()
        except (ValueError, TypeError, forms.ValidationError):
            row = None
        if row is None:
            raise Http404
        return row

    def page(self, request: HttpRequest, row: Any) -> Page:
        """What a row's page shows."""
        raise NotImplementedError

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of a row; nothing is changed on it."""
        from django.contrib.admin.utils import unquote

        page = self.page(request, self.found(request, unquote(object_id)))
        return TemplateResponse(request, "admin/desk/page.html", {**self._context(request), "title": page.title, "page": page})

    def ask(
        self,
        request: HttpRequest,
        *,
        title: str,
        form: forms.Form | None,
        back: str,
        do: Callable[[dict[str, Any]], Any],
        done: str | Callable[[Any], str],
        about: Iterable[str] = (),
        seen: int | None = None,
        button: str = "",
        to: str = "",
        template: str = "admin/desk/act.html",
        more: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One act: its form (or only the question), then the service. A refusal stands beside its field, and what was typed stays.

        ``more``: what a ``template`` of one's own (an extension of the house's) needs beside.
        """
        problem, status = "", 422 if request.method == "POST" and (form is None or form.is_bound) else 200
        if request.method == "POST" and (form is None or form.is_valid()):
            try:
                result = do(form.cleaned_data if form is not None else {})
            except self.refusals as refused:
                field_name = getattr(refused, "field", "")
                field_name, status = self.field_names.get(field_name, field_name), getattr(refused, "status", 422)
                if form is not None:
                    form.add_error(field_name if field_name in form.fields else None, getattr(refused, "message", str(refused)))
                    for name, message in getattr(refused, "more", {}).items():
                        form.add_error(name if name in form.fields else None, message)
                else:
                    problem = getattr(refused, "message", str(refused))
            else:
                self.message_user(request, done if isinstance(done, str) else done(result))
                return redirect(to or back)
        context = {
            **self._context(request),
            "title": title,
            "form": form,
            "about": list(about),
            "problem": problem,
            "seen": seen,
            "button": button or title,
            "addresses": {"list": self.address("changelist"), "back": back},
            **(more or {}),
        }
        return TemplateResponse(request, template, context, status=status)

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "list_url": self.address("changelist")}


def seen_version(request: HttpRequest) -> int | None:
    """The version that a form was shown with."""
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def moment(at: Any) -> str:
    """A moment as the desk writes it; a dash for none."""
    return f"{timezone.localtime(at):%H:%M %d/%m/%Y}" if at else "–"


def until(at: datetime | None) -> str:
    """Until when something holds, as it was typed: of midnight the day before, to its end (the page's ``last_day``); a dash for no end."""
    end = timezone.localtime(at) if at else None
    if end is None or (end.hour, end.minute, end.second) != (0, 0, 0):
        return moment(at)
    return f"hết ngày {end - timedelta(days=1):%d/%m/%Y}"


def two_lines(first: object, second: object) -> SafeString:
    """A cell of a list: what matters, and below it what goes with it."""
    return format_html('{}<br><span class="quiet">{}</span>', first, second) if second else format_html("{}", first)


def state_cell(state: str, due: datetime, *, is_late: bool) -> SafeString:
    """A state in a list, below it the deadline, marked once that has passed."""
    if is_late:
        return format_html('{}<br><strong class="overdue">Quá hạn {}</strong>', state, moment(due))
    return format_html('{}<br><span class="quiet">Hạn {}</span>', state, moment(due))


_WORDS: dict[type[forms.Field], dict[str, str]] = {
    forms.Field: {
        "required": "Bạn hãy ghi mục này.",
        "max_length": "Dài quá %(limit_value)d ký tự.",
        "min_value": "Số nhỏ nhất được ghi là %(limit_value)s.",
        "max_value": "Số lớn nhất được ghi là %(limit_value)s.",
    },
    forms.ChoiceField: {"required": "Bạn hãy chọn một mục.", "invalid_choice": "Mục này không có trong danh sách. Bạn hãy chọn lại."},
    forms.IntegerField: {"invalid": "Bạn hãy viết một số nguyên."},
    forms.DateField: {"invalid": "Ngày không đúng. Bạn hãy viết ngày/tháng/năm, ví dụ 31/12/2026."},
    forms.EmailField: {"invalid": "Địa chỉ thư điện tử không đúng, ví dụ: ten@coquan.gov.vn."},
    forms.URLField: {"invalid": "Địa chỉ trang không đúng, ví dụ: https://donvi.vn."},
    forms.FileField: {
        "required": "Bạn hãy chọn tệp.",
        "empty": "Tệp không có nội dung.",
        "missing": "Bạn hãy chọn tệp.",
        "invalid": "Chưa nhận được tệp. Bạn hãy gửi lại.",
        "max_length": "Tên tệp quá dài.",
    },
}


def _say_plainly(field: forms.Field) -> None:
    """Our words in place of Django's; what a field was given of its own, or a kind of field of ours has, stays."""
    words: dict[str, str] = {}
    for kind, said in _WORDS.items():
        if isinstance(field, kind):
            words |= said
    for code, text in words.items():
        of = next((one for one in type(field).__mro__ if code in one.__dict__.get("default_error_messages", {})), None)
        given = field.error_messages.get(code)
        is_djangos = of is not None and of.__module__.startswith("django.") and given is of.__dict__["default_error_messages"][code]
        if given is None or is_djangos:
            field.error_messages[code] = text


class PlainForm(forms.Form):
    """A form of the desk that says what is wrong in the portal's own words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in self.fields.values():
            _say_plainly(one)


class ReasonForm(PlainForm):
    """Why."""

    reason = forms.CharField(
        label="Lý do", max_length=1000, widget=forms.Textarea({"rows": 4}), error_messages={"required": "Bạn hãy ghi lý do."}
    )
