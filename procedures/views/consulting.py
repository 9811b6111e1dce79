"""Drafts put up for opinion: what is open, one draft with what was said and answered, the form (no sign-in, as for reports of mistakes)."""

from __future__ import annotations

import math
from uuid import UUID

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from portal.caching import public_page
from portal.catalogues.queries import agency_names
from portal.languages import address, show
from portal.limits import client_address, take
from procedures.forms import OpinionForm
from procedures.models import Consultation
from procedures.services import consulting
from procedures.views.common import page_of

OPINIONS, IN_SECONDS = 5, 600
"""So many opinions at once from one address, and as many again in that time."""


@public_page()
@require_safe
def consultation_list(request: HttpRequest) -> HttpResponse:
    """Every draft that was put up, what is open first. Three queries."""
    today = timezone.localdate()
    rows = Consultation.objects.filter(opens_on__lte=today)
    answered = rows.annotate(answered=Count("opinions", filter=Q(opinions__answered_at__isnull=False)))
    page = page_of(request, answered.order_by("-closes_on", "-opens_on", "-id"), count=rows.count())
    names = agency_names({row.unit_code for row in page})
    shown = [(row, names.get(row.unit_code, row.unit_code), row.is_open(today)) for row in page]
    return show(request, "procedures/consultations.html", {"page": page, "shown": shown})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def consultation_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One draft, the opinions that were answered, and the form while it is open. At most five queries."""
    today = timezone.localdate()
    row = Consultation.objects.filter(pk=pk, opens_on__lte=today).select_related("announcement__decision").first()
    if row is None:
        raise Http404
    form = OpinionForm(request.POST if request.method == "POST" else None, subjects=row.subjects) if row.is_open(today) else None
    status, wait = 200, 0
    if request.method == "POST" and form is not None:
        status = 422
        if form.is_valid():
            grant = take("procedures.opinions", client_address(request), capacity=OPINIONS, refill_per_second=OPINIONS / IN_SECONDS)
            if grant.allowed:
                consulting.give_opinion(consultation=row, now=timezone.now(), **form.cleaned_data)
                return redirect(f"{address('consultation', row.pk)}?da-nhan=1")
            status, wait = 429, max(1, math.ceil(grant.retry_after))
            words = _("Vừa có nhiều ý kiến gửi từ nơi bạn. Lời bạn viết vẫn còn ở dưới: đợi %(n)s giây rồi bấm Gửi lần nữa.")
            form.add_error(None, words % {"n": wait})
    answered = page_of(request, row.opinions.filter(answered_at__isnull=False).order_by("subject", "-created_at", "-id"))
    context = {
        "row": row,
        "agency": agency_names([row.unit_code]).get(row.unit_code, row.unit_code),
        "form": form,
        "page": answered,
        "sent": "da-nhan" in request.GET and status == 200,
    }
    response = show(request, "procedures/consultation.html", context, status=status)
    if wait:
        response["Retry-After"] = str(wait)
    return response
