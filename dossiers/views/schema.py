"""What the document of a form may say, for those who write forms in an editor or by a program."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dossiers.forms_data import SCHEMA
from portal.caching import public_page


@require_safe
@public_page(rooms=(), max_age=3600)
def form_schema(request: HttpRequest) -> HttpResponse:
    """The JSON Schema of the forms, as it ships."""
    return HttpResponse(SCHEMA.read_bytes(), content_type="application/schema+json")
