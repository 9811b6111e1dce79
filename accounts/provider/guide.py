"""For engineers: how a system connects to single sign-on, and a client to try it with (A-16)."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.provider.levels import NAMED
from accounts.provider.scopes import SCOPES

SAMPLE = Path(__file__).with_name("data") / "khach_mau.py"


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """The steps, what can be asked for, and the sample."""
    context = {"issuer": settings.SITE_URL, "scopes": list(SCOPES.values()), "levels": list(NAMED)}
    return render(request, "accounts/provider/guide.html", context)


@require_safe
def sample(request: HttpRequest) -> HttpResponse:
    """The sample client, as a file."""
    response = HttpResponse(SAMPLE.read_bytes(), content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="khach_mau.py"'
    return response
