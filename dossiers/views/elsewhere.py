"""Dossiers that are handled in other systems: one's own, and looking one up by its code."""

from __future__ import annotations

import math
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dossiers.exchange import elsewhere
from dossiers.models import NationalDossier
from dossiers.services.national import facts_of
from dossiers.views.common import citizen_page
from dossiers.ways_on import ways_on
from portal.access import actor_of
from portal.limits import limit_view, take

PAGE = 20
PER_CODE = 10
"""Tries an hour for one code, wherever from: its owner needs two."""


class FindForm(forms.Form):
    """What one needs to follow a dossier without signing in."""

    ma = forms.CharField(
        label=_("Mã hồ sơ"),
        max_length=60,
        help_text=_("In trên giấy tiếp nhận hồ sơ, ví dụ H26.101-261129-0001."),
        error_messages={"required": _("Bạn nhập mã hồ sơ."), "max_length": _("Mã hồ sơ có nhiều nhất 60 ký tự.")},
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    so = forms.CharField(
        label=_("Số định danh, mã số thuế hoặc số điện thoại của chủ hồ sơ"),
        max_length=30,
        help_text=_("Để chỉ người biết số này xem được hồ sơ."),
        error_messages={"required": _("Bạn nhập số định danh, mã số thuế hoặc số điện thoại."), "max_length": _("Số này quá dài.")},
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "tel"}),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_view("dossiers.find", 20, 600, methods={"POST"})
def find(request: HttpRequest) -> HttpResponse:
    """Follow a dossier by its code and a number of its owner's. The number is posted, so that no address and no log holds it; a wrong
    number and an unknown code are answered alike."""
    if request.method != "POST":
        return render(request, "dossiers/find.html", {"form": FindForm()})
    form = FindForm(request.POST)
    if not form.is_valid():
        return render(request, "dossiers/find.html", {"form": form}, status=422)
    code = form.cleaned_data["ma"]
    grant = take("dossiers.find-code", code.upper(), capacity=PER_CODE, refill_per_second=PER_CODE / 3600)
    if not grant.allowed:
        wait = max(1, math.ceil(grant.retry_after))
        answer = render(request, "429.html", {"retry_after": wait}, status=429)
        answer["Retry-After"] = str(wait)
        return answer
    row = elsewhere.found(code, form.cleaned_data["so"])
    if row is None:
        form.add_error(None, _("Không có hồ sơ nào khớp cả mã và số này. Bạn so lại với giấy tiếp nhận hồ sơ."))
        return render(request, "dossiers/find.html", {"form": form}, status=422)
    return _page(request, row, found=True)


def _page(request: HttpRequest, row: NationalDossier, *, found: bool = False) -> HttpResponse:
    [line] = elsewhere.lines([row], now=timezone.now())
    context: dict[str, Any] = {"line": line, "row": row, "entries": elsewhere.history(row, with_words=not found), "found": found}
    if not found:
        context["ways_on"] = ways_on(row.code, row.state, facts_of(row).ended_on)
    return render(request, "dossiers/elsewhere.html", context)


def page_of(request: HttpRequest, code: str) -> HttpResponse | None:
    """The page of one's own dossier that is handled elsewhere; None where there is none of this code."""
    row = elsewhere.reported(actor_of(request), code)
    return _page(request, row) if row is not None else None


@require_safe
@citizen_page
def mine(request: HttpRequest) -> HttpResponse:
    """All dossiers of mine that are handled in other systems, newest first."""
    page = Paginator(elsewhere.reported_of(actor_of(request)), PAGE).get_page(request.GET.get("trang"))
    return render(request, "dossiers/elsewhere_list.html", {"page": page, "lines": elsewhere.lines(page.object_list, now=timezone.now())})
