"""The portal's addresses and one bare view that answers as many bytes as it is asked for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def bare(request: HttpRequest, size: int) -> HttpResponse:
    """A Django view that does nothing: the ceiling of what any page of that many bytes can reach on this machine."""
    return HttpResponse(b"x" * size)


urlpatterns = [path("bare/<int:size>/", bare), path("", include("portal.urls"))]
handler404 = "portal.home.views.not_found"
