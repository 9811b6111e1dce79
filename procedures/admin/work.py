"""What the desks of decisions, services, quality and opinions share: one page of a row with what can be done to it, one form an act."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from portal.access import actor_of, may
from portal.audit.desk import HistoryModelAdmin
from portal.catalogues.queries import agency_label
from portal.states import TransitionRefused


@dataclass(frozen=True)
class Way:
    """A button: what it says and where it leads; ``main``: the next step."""

    label: str
    url: str
    main: bool = False


@dataclass(frozen=True)
class Table:
    """A part of the page: a heading, columns, rows of cells. The first cell is a link where ``links`` has one."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    links: Sequence[str] = ()
    empty: str = ""
    add: Way | None = None

    @property
    def lines(self) -> list[tuple[str, Any, Sequence[Any]]]:
        """Each row as its link, its first cell and the others."""
        links = [*self.links, *[""] * (len(self.rows) - len(self.links))]
        return [(link, row[0], row[1:]) for link, row in zip(links, self.rows, strict=True)]


class Refusals(Exception):
    """What a service said, by the name of the field; ``""``: of the act as a whole."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = faults


class OwnOrAllAdmin(HistoryModelAdmin):
    """Rows of one's own agency, or of all for who oversees; what every desk of the catalogue has in common."""

    see_all = ""
    """An act by which officers see every agency's rows."""

    def _may(self, request, act, obj):
        sees_all = bool(self.see_all and act == self.view_act and may(actor_of(request), self.see_all))
        return sees_all or super()._may(request, act, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Of one's own agency, or of all."""
        if self.see_all and may(actor_of(request), self.see_all):
            return self.model._default_manager.order_by(*(self.ordering or self.model._meta.ordering))
        return super().get_queryset(request)

    def address(self, name: str, *args: Any) -> str:
        """An address of this desk."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=args)

    def act_paths(self, view: Callable[..., HttpResponse], transitions: Iterable[str], *, converter: str = "uuid") -> list[Any]:
        """An address of its own for each act: ``<row>/<act>/``, its name at the end of the address' name."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        shown = self.admin_site.admin_view(view)
        return [path(f"<{converter}:object_id>/{edge}/", shown, {"transition": edge}, name=f"{name}_{edge}") for edge in transitions]

    @admin.display(description="Cơ quan", ordering="unit_code")
    def unit_shown(self, row: Any) -> str:
        """Name and code of the agency."""
        return agency_label(row.unit_code)


class WorkAdmin(OwnOrAllAdmin):
    """Rows that go from hand to hand: read on one page, changed by acts."""

    enter_act = ""
    """The act of those who begin a row for their own agency; empty: nobody does here."""
    refusals: tuple[type[Exception], ...] = ()
    """What the services of this desk raise; each has ``faults``."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether this officer begins rows for their agency."""
        actor = actor_of(request)
        return bool(self.enter_act) and may(actor, self.enter_act, actor.unit)

    def begin_page(
        self, request: HttpRequest, *, title: str, form: Form, do: Callable[[dict[str, Any]], Any], about: str = "", button: str = "Ghi"
    ) -> HttpResponse:
        """Ask for a new row, then lead to it; 404 for who may not begin one."""
        if not self.has_add_permission(request):
            raise Http404
        return self.act_page(
            request,
            title=title,
            back=self.address("changelist"),
            form=form,
            do=do,
            lead=lambda made: self.address("change", made.pk),
            about=about,
            button=button,
        )

    def row(self, request: HttpRequest, object_id: Any) -> Any:
        """The row that an address names; 404 where it is not this officer's."""
        try:
            found = self.get_queryset(request).filter(pk=object_id).first()
        except (ValueError, ValidationError):
            found = None
        if found is None or not self.has_view_permission(request, found):
            raise Http404
        return found

    def facts_of(self, row: Any) -> Iterable[tuple[str, Any]]:
        """What is known of the row: labels and values."""
        raise NotImplementedError

    def tables_of(self, request: HttpRequest, row: Any) -> Sequence[Table]:
        """What belongs to it."""
        return ()

    def ways_of(self, request: HttpRequest, row: Any) -> Sequence[Way]:
        """What this officer can do now."""
        return ()

    def faults_of(self, row: Any) -> Sequence[str]:
        """What is in the way."""
        return ()

    def words_of(self, request: HttpRequest, row: Any) -> str:
        """What the officer ought to know first."""
        return ""

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The row with all that belongs to it."""
        row = self.row(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(row),
            "row": row,
            "facts": [(label, value) for label, value in self.facts_of(row) if value not in (None, "")],
            "tables": self.tables_of(request, row),
            "ways": self.ways_of(request, row),
            "faults": self.faults_of(row),
            "words": self.words_of(request, row),
            "addresses": {"list": self.address("changelist"), "history": self.address("history", row.pk)},
        }
        return TemplateResponse(request, "admin/procedures/work.html", context)

    def act_page(
        self,
        request: HttpRequest,
        *,
        title: str,
        back: str,
        do: Callable[[dict[str, Any]], Any],
        form: Form | None = None,
        about: str = "",
        done: str = "",
        button: str = "",
        lead: Callable[[Any], str] | None = None,
    ) -> HttpResponse:
        """Ask on GET, do on POST. ``do`` gets what the form gathered; what a service refuses stands beside its field (422). Somebody else
        was faster: a word, never an error."""
        if request.method == "POST" and (form is None or form.is_valid()):
            try:
                made = do(form.cleaned_data if form is not None else {})
                if done:
                    self.message_user(request, done, messages.SUCCESS)
                return redirect(lead(made) if lead is not None else back)
            except TransitionRefused as refused:
                self.message_user(request, refused.reason, messages.WARNING)
                return redirect(back)
            except self.refusals as refused:
                for name, words in refused.faults.items():  # type: ignore[attr-defined]
                    if form is None:
                        self.message_user(request, words, messages.ERROR)
                    else:
                        form.add_error(name if name in form.fields else None, words)
                if form is None:
                    return redirect(back)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "form": form,
            "about": about,
            "button": button,
            "addresses": {"list": self.address("changelist"), "back": back},
        }
        wrong = form is not None and form.is_bound
        return TemplateResponse(request, "admin/procedures/act.html", context, status=422 if wrong else 200)
