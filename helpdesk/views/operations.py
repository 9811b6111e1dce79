"""Maintenance and incidents for everybody; opinions on a trial."""

from __future__ import annotations

import math

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk import queries
from helpdesk.forms import OpinionForm
from helpdesk.services.common import HelpdeskRefused
from helpdesk.services.trial import give_opinion, opinion_faults
from helpdesk.views.tickets import say_refusal
from portal.caching import public_page
from portal.languages import address, show
from portal.limits import client_address, take
from portal.upkeep.known import trial_on

OPINIONS, IN_SECONDS = 5, 3600


@public_page(rooms=("upkeep", "incidents"))
@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    """Planned maintenance, incidents that go on, and what was before (Rules art. 29.4, 51). Four queries."""
    return show(request, "helpdesk/operations.html", {"found": queries.operations(timezone.now())})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def trial(request: HttpRequest) -> HttpResponse:
    """What the trial is and until when; a short form while it is open to everybody (limited: 429, the words stay)."""
    day = timezone.localdate()
    found = trial_on(day)
    if found is None:
        raise Http404
    is_public = day >= found.public_from
    form = OpinionForm(request.POST if request.method == "POST" else None)
    wait = 0
    if request.method == "POST" and form.is_valid():
        # Tries that the form sends back do not count.
        wrong = opinion_faults(**form.cleaned_data)
        taken = (
            None if wrong else take("helpdesk.trial", client_address(request), capacity=OPINIONS, refill_per_second=OPINIONS / IN_SECONDS)
        )
        if taken is not None and not taken.allowed:
            wait = max(1, math.ceil(taken.retry_after))
            words = _("Vừa có nhiều ý kiến gửi từ nơi bạn. Lời bạn viết vẫn còn ở dưới: đợi %(n)s giây rồi gửi lại.")
            form.add_error(None, words % {"n": wait})
        else:
            try:
                give_opinion(language=(get_language() or "vi")[:2], now=timezone.now(), **form.cleaned_data)
                return redirect(f"{address('trial')}?da-nhan=1")
            except HelpdeskRefused as refused:
                say_refusal(form, refused)
    context = {"trial": found, "is_public": is_public, "form": form, "sent": "da-nhan" in request.GET and not form.is_bound}
    response = show(request, "helpdesk/trial.html", context, status=429 if wait else 422 if form.is_bound else 200)
    if wait:
        response["Retry-After"] = str(wait)
    return response
