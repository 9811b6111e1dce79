"""The person's own page: which accounts elsewhere are linked with this one, since when; what agencies say is theirs, to agree or not."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.linking import answering
from accounts.views.ways import NEXT, citizens_next, signed_in
from accounts.ways import outside
from portal.access import ActingAs, actor_of
from portal.catalogues.queries import agency_names

SHOWN = 2


def hinted(account: str | None) -> str:
    """An account's name, so that its owner knows it again and nobody else learns it: its first and last signs."""
    if not account:
        return ""
    return account if len(account) <= SHOWN else f"{account[:SHOWN]}•••{account[-1] if len(account) > 2 * SHOWN else ''}"


@signed_in
@require_safe
def linked(request: HttpRequest) -> HttpResponse:
    """What is linked where, and what waits for one's word."""
    actor = actor_of(request)
    assert actor.person_id is not None
    is_self = actor.acting_as is ActingAs.SELF
    offers = list(answering.open_offers(actor.person_id)[: answering.MOST]) if is_self else []
    accounts = list(answering.linked_to(actor.person_id)[: answering.MOST])
    names = agency_names({row.client.unit_code for row in (*offers, *accounts)})
    context = {
        "offers": [(row, names.get(row.client.unit_code, ""), hinted(row.account)) for row in offers],
        "accounts": [(row, names.get(row.client.unit_code, ""), hinted(row.account)) for row in accounts],
        "identities": outside.identities_of(actor.person_id),
        "is_self": is_self,
        "next": citizens_next(request, ""),
    }
    return render(request, "accounts/linking/linked.html", context)


def _back(request: HttpRequest) -> HttpResponse:
    """To the page; where somebody was on their way, it still knows where to."""
    target = citizens_next(request, "")
    return redirect(reverse("linked-accounts") + (f"?{urlencode({NEXT: target})}" if target else ""))


@signed_in
@require_POST
def answer(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    """Agree, or say no."""
    agrees = request.POST.get("answer") == "agree"
    try:
        row = answering.answer(offer_id=offer_id, agrees=agrees, actor=actor_of(request), now=timezone.now())
    except answering.NotYours:
        messages.info(request, _("Lời mời liên kết này không còn nữa."))
    else:
        words = _("Đã liên kết tài khoản tại %(name)s.") if agrees else _("Đã ghi nhận: không liên kết tài khoản tại %(name)s.")
        messages.success(request, words % {"name": row.client.name})
    return _back(request)


@signed_in
@require_POST
def end(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    """Take a link away."""
    if answering.end(offer_id=offer_id, actor=actor_of(request), now=timezone.now()):
        messages.success(request, _("Đã bỏ liên kết."))
    else:
        messages.info(request, _("Liên kết này đã được bỏ từ trước."))
    return _back(request)
