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

from accounts.linking import answering, syncing
from accounts.services import contacts
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
        syncs = request.POST.get("sync") == "on"
        row = answering.answer(offer_id=offer_id, agrees=agrees, actor=actor_of(request), now=timezone.now(), syncs=syncs)
    except answering.NotYours:
        messages.info(request, _("Lời mời liên kết này không còn nữa."))
    else:
        words = _("Đã liên kết tài khoản tại %(name)s.") if agrees else _("Đã ghi nhận: không liên kết tài khoản tại %(name)s.")
        messages.success(request, words % {"name": row.client.name})
    return _back(request)


@signed_in
@require_POST
def sync(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    """Keep name and contact in step with a linked account, or not any longer."""
    on = request.POST.get("sync") == "on"
    if syncing.set_sync(offer_id=offer_id, on=on, actor=actor_of(request), now=timezone.now()):
        messages.success(request, _("Từ nay họ tên và liên lạc được đồng bộ.") if on else _("Đã thôi đồng bộ."))
    else:
        messages.info(request, _("Liên kết này đã được bỏ từ trước."))
    return _back(request)


@signed_in
@require_POST
def settle(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    """What is other there: taken over in the way in which one changes it here, or left as it is."""
    actor, field = actor_of(request), request.POST.get("field", "")
    value = syncing.settle(offer_id=offer_id, actor=actor, field=field if field in ("phone", "email") else "")
    if value is None:
        messages.info(request, _("Thông tin này không còn nữa."))
    elif field == "email" and actor.person_id is not None:
        try:
            contacts.add_email(person_id=actor.person_id, address=value, actor=actor, now=timezone.now())
        except contacts.TooManyLetters:
            messages.error(request, _("Hôm nay bạn đã yêu cầu quá nhiều thư xác nhận. Bạn thử lại vào ngày mai."))
        else:
            messages.success(request, _("Đã gửi một thư đến địa chỉ ấy. Mở đường dẫn trong thư để dùng địa chỉ."))
    elif field == "phone":
        return redirect(reverse("phone"))
    else:
        messages.success(request, _("Đã giữ nguyên thông tin ở đây."))
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
