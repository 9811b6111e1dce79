"""The declaration on paper: of a draft, to hand in at a counter; of a dossier, to keep."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import queries as people
from dossiers import printing, queries, services
from dossiers.filling import shape_of, wanted_of
from dossiers.models import Dossier, Draft
from dossiers.terms import terms_shown
from dossiers.views.common import citizen_page, not_here, send_file
from portal.access import actor_of
from portal.limits import limit_view

_TRIES = {"capacity": 20, "per_seconds": 600, "key": "user", "methods": {"POST"}}
"""Prints that one person may ask for: nobody needs more, and each keeps a worker busy for a second."""


def _draft(request: HttpRequest, code: str) -> Draft:
    draft = queries.draft_of(actor_of(request), code)
    if draft is None:
        raise Http404
    return draft


def _dossier(request: HttpRequest, code: str) -> Dossier:
    actor = actor_of(request)
    dossier = queries.dossier_of(actor, code)
    if dossier is None:
        raise not_here(actor, code)
    return dossier


@require_http_methods(["GET", "HEAD", "POST"])
@limit_view("print", **_TRIES)  # type: ignore[arg-type]
@citizen_page
def of_draft(request: HttpRequest, code: str) -> HttpResponseBase:
    """Print what was filled in and hand it in oneself: what the print is, where to take it, with what. The draft stays."""
    actor = actor_of(request)
    draft = queries.draft_of(actor, code)
    if draft is None:
        return redirect("file-to-khai", code=code)
    if request.method == "POST":
        services.ask_print(actor=actor, filing_id=draft.id, now=timezone.now())
        return redirect("file-print", code=code)
    terms = terms_shown(code, timezone.now())
    papers = [one for one in wanted_of(draft, terms, shape_of(draft, people.person(services.filer(actor)))) if one.required]
    back = (reverse("file-kiem-tra", args=[code]), terms.name)
    unit = queries.handling_unit(draft.unit_code) if draft.unit_code else None
    return _page(
        request,
        draft.form_version,
        queries.print_of(draft),
        reverse("file-print-pdf", args=[code]),
        back,
        papers=papers,
        unit=unit,
        draft=draft,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@limit_view("print", **_TRIES)  # type: ignore[arg-type]
@citizen_page
def of_dossier(request: HttpRequest, code: str) -> HttpResponseBase:
    """Print the declaration of a dossier as it was sent."""
    dossier = _dossier(request, code)
    if request.method == "POST":
        services.ask_print(actor=actor_of(request), filing_id=dossier.id, now=timezone.now())
        return redirect("dossier-print", code=code)
    back = (reverse("dossier", args=[code]), code)
    return _page(request, dossier.form_version, queries.print_of(dossier), reverse("dossier-print-pdf", args=[code]), back, dossier=dossier)


def _page(request: HttpRequest, form: Any, made: Any, pdf: str, back: tuple[str, str], **more: Any) -> HttpResponseBase:
    context = {
        "lawful": printing.lawful_form(form),
        "is_lawful": printing.is_lawful(form),
        "made": made,
        "waits": made is not None and not made.is_ready,
    }
    return render(request, "dossiers/print.html", {**context, "pdf": pdf, "back": back[0], "back_words": back[1], **more})


@require_safe
@citizen_page
def draft_pdf(request: HttpRequest, code: str) -> HttpResponseBase:
    """The print of one's draft as it stands now."""
    return _pdf(queries.print_of(_draft(request, code)), f"to-khai-{code}.pdf")


@require_safe
@citizen_page
def dossier_pdf(request: HttpRequest, code: str) -> HttpResponseBase:
    """The print of one's dossier."""
    return _pdf(queries.print_of(_dossier(request, code)), f"to-khai-{code}.pdf")


def _pdf(made: Any, name: str) -> HttpResponseBase:
    if made is None or not made.is_ready or made.file is None:
        raise Http404
    return send_file(made.file, name=name, inline=True, trusted=True)
