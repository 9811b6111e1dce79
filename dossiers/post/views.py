"""Pages of the post: whether the paper of a result is brought, before sending and after."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import queries as people
from dossiers import queries
from dossiers.models.dossier import Channel
from dossiers.post import wishes
from dossiers.post.forms import WishForm
from dossiers.views.common import citizen_page, not_here
from portal.access import actor_of
from portal.ui.fields import picking
from portal.ui.tags import dong


@require_http_methods(["GET", "HEAD", "POST"])
@citizen_page
def of_draft(request: HttpRequest, code: str) -> HttpResponse:
    """Before it is sent: from the page on which everything is checked."""
    draft = queries.draft_of(actor_of(request), code)
    if draft is None:
        return redirect("file-start", code)
    back = reverse("file-kiem-tra", args=[code])
    return _page(request, draft.id, draft.unit_code, draft.party_id, back=back, online=draft.procedure_code)


@require_http_methods(["GET", "HEAD", "POST"])
@citizen_page
def of_dossier(request: HttpRequest, code: str) -> HttpResponse:
    """After it was sent, as long as there is no parcel."""
    actor = actor_of(request)
    dossier = queries.dossier_of(actor, code)
    if dossier is None:
        raise not_here(actor, code)
    back = reverse("dossier", args=[code])
    if not wishes.can_choose(dossier) or dossier.returned_at is not None:
        messages.warning(request, _("Hồ sơ này không chọn hoặc đổi nơi nhận bản giấy được nữa."))
        return redirect(back)
    online = dossier.procedure_code if dossier.channel == Channel.ONLINE else ""
    return _page(request, dossier.id, dossier.unit_code, dossier.applicant_id, back=back, online=online)


def _page(request: HttpRequest, filing_id: UUID, unit_code: str, party_id: UUID, *, back: str, online: str) -> HttpResponse:
    now = timezone.now()
    actor, wish = actor_of(request), wishes.wish_of(filing_id)
    prices = wishes.tariffs(wishes.supports_for(online, unit_code, now) if online else ())
    if request.method == "POST" and request.POST.get("act") == "thoi":
        wishes.give_up(actor=actor, filing_id=filing_id, unit_code=unit_code)
        messages.success(request, _("Đã bỏ nhận bản giấy qua bưu chính. Bản điện tử vẫn có trong tài khoản."))
        return redirect(back)
    if not prices:
        context: dict[str, Any] = {"back": back, "wish": wish, "prices": {}, "form": None, "price": None}
        return render(request, "dossiers/post/wish.html", context, status=503 if request.method == "POST" else 200)
    form, price = WishForm(initial=_beginning(wish, actor.person_id, party_id)), None
    status = 200
    if request.method == "POST" and picking(request.POST):
        form = WishForm(initial={**request.POST.dict(), "ward": (request.POST.get("ward_tinh", ""), request.POST.get("ward_xa", ""))})
    elif request.method == "POST":
        form, status = WishForm(request.POST), 422
        if form.is_valid():
            said = form.cleaned_data
            try:
                chosen = wishes.choose(actor=actor, filing_id=filing_id, unit_code=unit_code, now=now, online=online, **said)
            except wishes.NoTariff:
                raise Http404 from None
            told = _("Đã ghi. Khi có kết quả, bưu chính đến cơ quan lấy bản giấy; cước %(amount)s, trả cho bưu tá khi nhận.")
            messages.success(request, told % {"amount": dong(chosen.to_pay)})
            return redirect(back)
    if wish is not None:
        price = wish.to_pay
    context = {"back": back, "wish": wish, "prices": prices, "form": form, "price": price}
    return render(request, "dossiers/post/wish.html", context, status=status)


def _beginning(wish: Any, person_id: UUID | None, party_id: UUID) -> dict[str, Any]:
    """What was chosen, or what is known of whoever chooses."""
    if wish is not None:
        return {"recipient": wish.recipient, "phone": wish.phone, "street": wish.street, "ward": wish.ward}
    party = people.party(party_id)
    phone = people.person(person_id).phone if person_id is not None else ""
    return {"recipient": party.name, "phone": phone, "ward": party.residence_unit, "street": ""}
