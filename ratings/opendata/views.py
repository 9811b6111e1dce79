"""Pages and files of ``/du-lieu-mo/`` (requirement R-10)."""

from __future__ import annotations

from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portal.caching import public_page

SCRIPT = Path(__file__).with_name("recompute.py")


@public_page(max_age=300)
@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """The program by which anybody computes every score again, as it stands in the portal's own source."""
    answer = HttpResponse(SCRIPT.read_bytes(), content_type="text/x-python; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="recompute.py"'
    return answer
