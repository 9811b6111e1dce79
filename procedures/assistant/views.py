"""."""

from django.http import HttpRequest, HttpResponse


def assistant(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")
