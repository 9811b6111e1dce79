"""Where a reader says that a page is wrong: a short form, no sign-in; the agency that answers for each word reads it on the desk."""

from __future__ import annotations

import math

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.catalogues.models import Agency
from portal.languages import address, show
from portal.limits import client_address, take
from procedures import queries, services
from procedures.forms import MistakeForm
from procedures.models import ProcedureVersion
from procedures.views.sheet import translation

REPORTS, IN_SECONDS = 5, 600
"""So many reports at once from one address, and as many again in that time. Tries that the form sends back do not count."""


def _version(code: str) -> ProcedureVersion | None:
    if not code:
        return None
    version = queries.in_force(timezone.localdate()).filter(procedure__code=code.replace("\x00", "")).first()
    if version is None:
        raise Http404
    return version


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report_mistake(request: HttpRequest) -> HttpResponse:
    """The form (``?thu-tuc=<code>``), what was wrong in it (422; 429 after too many: the words stay), and thanks (``?da-nhan=1``).

    At most three queries.
    """
    code = request.GET.get("thu-tuc", "")
    version = _version(code)
    form = MistakeForm(request.POST if request.method == "POST" else None)
    wait = 0
    if request.method == "POST" and form.is_valid():
        grant = take("procedures.mistakes", client_address(request), capacity=REPORTS, refill_per_second=REPORTS / IN_SECONDS)
        if grant.allowed:
            services.report_mistake(version=version, language=(get_language() or "vi")[:2], now=timezone.now(), **form.cleaned_data)
            return redirect(f"{address('report-mistake')}?{urlencode({'thu-tuc': code, 'da-nhan': '1'} if code else {'da-nhan': '1'})}")
        wait = max(1, math.ceil(grant.retry_after))
        words = _("Vừa có nhiều lời báo gửi từ nơi bạn. Lời bạn viết vẫn còn ở dưới: đợi %(n)s giây rồi bấm Gửi lần nữa.")
        form.add_error(None, words % {"n": wait})
    agency = Agency.objects.on(timezone.localdate()).filter(code=version.issuing_code).first() if version and version.issuing_code else None
    name = (translation(version).get("name") or version.name) if version else ""
    context = {"version": version, "name": name, "agency": agency, "form": form, "sent": "da-nhan" in request.GET and not form.is_bound}
    response = show(request, "procedures/mistake.html", context, status=429 if wait else 422 if form.is_bound else 200)
    if wait:
        response["Retry-After"] = str(wait)
    return response
