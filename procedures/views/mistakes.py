"""Where a reader says that a page is wrong. No form of its own yet: the free hotline takes it down and the agency answers for each word."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.caching import public_page
from portal.catalogues.models import Agency
from portal.languages import show
from procedures import queries
from procedures.views.sheet import translation


@public_page(max_age=600)
@require_safe
def report_mistake(request: HttpRequest) -> HttpResponse:
    """Whom to tell, and what to say so that the page is found at once (``?thu-tuc=<code>``). Two queries."""
    code = request.GET.get("thu-tuc", "")
    version, agency = None, None
    if code:
        today = timezone.localdate()
        version = queries.in_force(today).filter(procedure__code=code.replace("\x00", "")).first()
        if version is None:
            raise Http404
        agency = Agency.objects.on(today).filter(code=version.issuing_code).first() if version.issuing_code else None
    name = (translation(version).get("name") or version.name) if version else ""
    return show(request, "procedures/mistake.html", {"version": version, "name": name, "agency": agency})
