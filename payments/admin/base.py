"""What the desk's pages about money share: the door, a page of facts and tables, an act with its form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django import forms
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from payments.access import OPERATE, OVERSEE, READ, may_see, seen_by
from portal.access import actor_of, may
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


Refusal = type[Exception]


class MoneyModelAdmin(OfficerModelAdmin):
    """Rows that an agency's accountants, an institution's operators and VPCP see, each their own (``payments.access``)."""

    unit_column = "payee_unit"
    institution_column = "institution_id"
    """Columns with the codes; empty where the model has none."""
    by_cursor = True
    actions = None
    refusals: ClassVar[tuple[Refusal, ...]] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The door. Ordered by the list itself."""
        return seen_by(
            actor_of(request), self.model._default_manager.all(), unit=self.unit_column, institution=self.institution_column
        ).order_by(*self.get_ordering(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return (
            may(actor, OVERSEE)
            or (bool(self.unit_column) and may(actor, READ, actor.unit))
            or (bool(self.institution_column) and may(actor, OPERATE, actor.unit))
        )

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        if obj is None:
            return self.has_module_permission(request)
        unit = getattr(obj, self.unit_column) if self.unit_column else ""
        institution = getattr(obj, self.institution_column) if self.institution_column else ""
        return may_see(actor_of(request), unit=unit or "", institution=institution or "")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def address(self, name: str, *args: object) -> str:
        """An address of this model's pages."""
        return reverse(f"admin:payments_{self.opts.model_name}_{name}", args=args)

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
        return TemplateResponse(request, "admin/payments/page.html", {**self._context(request), "title": page.title, "page": page})

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
    ) -> HttpResponse:
        """One act: its form (or only the question), then the service. A refusal stands beside its field, and what was typed stays."""
        problem = ""
        if request.method == "POST" and (form is None or form.is_valid()):
            try:
                result = do(form.cleaned_data if form is not None else {})
            except self.refusals as refused:
                field_name = getattr(refused, "field", "")
                field_name = "file_base" if field_name == "files" else field_name
                if form is not None:
                    form.add_error(field_name if field_name in form.fields else None, getattr(refused, "message", str(refused)))
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
            "problem": problem or (" ".join(str(one) for one in form.non_field_errors()) if form is not None else ""),
            "seen": seen,
            "button": button or title,
            "addresses": {"list": self.address("changelist"), "back": back},
        }
        return TemplateResponse(request, "admin/payments/act.html", context, status=422 if request.method == "POST" else 200)

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "list_url": self.address("changelist")}


def seen_version(request: HttpRequest) -> int | None:
    """The version that a form was shown with."""
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def moment(at: Any) -> str:
    """A moment as the desk writes it; a dash for none."""
    return f"{timezone.localtime(at):%H:%M %d/%m/%Y}" if at else "–"


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label="Lý do", max_length=1000, widget=forms.Textarea({"rows": 4}), error_messages={"required": "Bạn hãy ghi lý do."}
    )
