"""What the documents of forms and result templates may say, for those who write them in an editor or by a program."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dossiers.forms_data import SCHEMA
from dossiers.results_data import SCHEMA as RESULT_SCHEMA
from portal.caching import public_page


@require_safe
@public_page(rooms=(), max_age=3600)
def form_schema(request: HttpRequest) -> HttpResponse:
    """The JSON Schema of the forms, as it ships."""
    return HttpResponse(SCHEMA.read_bytes(), content_type="application/schema+json")


@require_safe
@public_page(rooms=(), max_age=3600)
def result_schema(request: HttpRequest) -> HttpResponse:
    """The JSON Schema of result templates, as it ships."""
    return HttpResponse(RESULT_SCHEMA.read_bytes(), content_type="application/schema+json")
