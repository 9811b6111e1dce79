"""The front of the room, and following by code: for everybody."""

from __future__ import annotations

import math

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from feedback import queries_own, wording
from feedback.forms import FollowForm
from feedback.models import PublishedCase
from feedback.rules import ANSWER
from feedback.terms import limits_at
from portal.access import actor_of
from portal.caching import public_page
from portal.languages import show
from portal.limits import client_address, take

WRONG_CODES = 30
"""Codes that are none, an hour and address: who types one from a paper needs three, who guesses needs 2^50."""


@require_safe
@public_page()
def home(request: HttpRequest) -> HttpResponse:
    """What one can do here, who answers, until when, and what is not for here. One query."""
    return show(request, "feedback/home.html", {"days": limits_at(timezone.now())[ANSWER].amount})


@never_cache
@require_safe
def follow(request: HttpRequest) -> HttpResponse:
    """Where a petition stands, for whoever has its code: state, agency, days; nothing of what was written and by whom (three queries)."""
    form = FollowForm(request.GET if "ma" in request.GET else None)
    now, context, status = timezone.now(), {}, 200
    if form.is_bound and form.is_valid():
        petition = queries_own.followed(form.cleaned_data["ma"])
        if petition is None:
            grant = take("feedback.code", f"ip:{client_address(request)}", capacity=WRONG_CODES, refill_per_second=WRONG_CODES / 3600)
            if not grant.allowed:
                wait = max(1, math.ceil(grant.retry_after))
                answer = render(request, "429.html", {"retry_after": wait}, status=429)
                answer["Retry-After"] = str(wait)
                return answer
            form.add_error("ma", _("Không có phản ánh nào mang mã này. Bạn so lại từng chữ với tin nhắn, thư điện tử hoặc giấy báo."))
        else:
            unit = queries_own.unit_names([petition.unit_code])[petition.unit_code]
            actor = actor_of(request)
            slug = str(PublishedCase.objects.filter(petition=petition, withdrawn_at=None).values_list("slug", flat=True).first() or "")
            context = {
                "petition": petition,
                "unit": unit,
                "situation": wording.situation(petition, unit=unit, now=now),
                "is_own": actor.is_citizen and petition.party_id is not None and petition.party_id == actor.party_id,
                "slug": slug,
            }
    if form.is_bound and form.errors:
        status = 422
    return render(request, "feedback/follow.html", {"form": form, **context}, status=status)
