"""The portal's addresses, one bare view that answers as many bytes as it is asked for, and a filing by plain SQL."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from bench import raw_filing


def bare(request: HttpRequest, size: int) -> HttpResponse:
    """A Django view that does nothing: the ceiling of what any page of that many bytes can reach on this machine."""
    return HttpResponse(b"x" * size)


urlpatterns = [
    path("bare/<int:size>/", bare),
    path("raw/start/", raw_filing.start),
    path("raw/<uuid:draft>/save/", raw_filing.save),
    path("raw/<uuid:draft>/upload/", raw_filing.upload),
    path("raw/<uuid:draft>/submit/", raw_filing.submit),
    path("", include("portal.urls")),
]
handler404 = "portal.home.views.not_found"
