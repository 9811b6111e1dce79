"""A person's own page of old papers: found by their name, birth day and place, and claimed."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts import queries as people
from dossiers.digitising import claiming
from dossiers.digitising.rights import OldRefused
from dossiers.models import OldClaim, OldPaper
from dossiers.views.common import citizen_page
from portal.access import actor_of
from portal.documents.units import unit_name
from portal.limits import limit_view
from portal.ui.fields import PlainText

TAGS = {OldClaim.State.OPEN: "wait", OldClaim.State.CONFIRMED: "good", OldClaim.State.REFUSED: "bad"}


class PlaceForm(forms.Form):
    """Where somebody was born, as their old papers have it."""

    birth_place = PlainText(
        label=gettext_lazy("Nơi sinh ghi trên giấy tờ"),
        help_text=gettext_lazy("Ghi tỉnh, thành phố ở cuối, theo tên lúc cấp giấy. Ví dụ: xã Ví Dụ, tỉnh Hà Tây."),
        max_length=300,
        error_messages={"required": gettext_lazy("Bạn hãy ghi nơi sinh.")},
    )


class ClaimForm(PlaceForm):
    """What one knows of the paper."""

    words = PlainText(
        label=gettext_lazy("Bạn biết gì về giấy tờ này"),
        help_text=gettext_lazy("Số giấy tờ, tên cha mẹ ghi trên giấy, dịp được cấp: giúp cơ quan xác nhận nhanh."),
        required=False,
        max_length=500,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@citizen_page
@limit_view("dossiers.old_papers", 10, 3600, key="user", methods={"POST"})
def mine(request: HttpRequest) -> HttpResponse:
    """Look for one's old papers; claims and what became of them."""
    form = PlaceForm(request.POST) if request.method == "POST" else PlaceForm()
    try:
        found, status = None, 200
        if request.method == "POST":
            status = 200 if form.is_valid() else 422
            found = claiming.find(actor=actor_of(request), birth_place=form.cleaned_data["birth_place"]) if form.is_valid() else None
        return _page(request, form, found, status)
    except OldRefused as refused:
        return render(request, "dossiers/digitising/not_for_another.html", {"problem": refused.message}, status=refused.status)


def _page(request: HttpRequest, form: forms.Form, found: list[claiming.Found] | None, status: int) -> HttpResponse:
    actor = actor_of(request)
    claims = claiming.own_claims(actor)
    assert actor.person_id is not None  # own_claims asked
    person = people.person(actor.person_id)
    context = {
        "form": form,
        "found": found,
        "person": person,
        "born": people.born_on(actor.person_id),
        "place": form.cleaned_data.get("birth_place", "") if form.is_bound and form.is_valid() else "",
        "claims": [
            {
                "row": row,
                "unit": unit_name(row.unit_code),
                "tag": {"words": str(row.get_state_display()), "kind": TAGS[OldClaim.State(row.state)]},
            }
            for row in claims
        ],
    }
    return render(request, "dossiers/digitising/mine.html", context, status=status)


@require_POST
@citizen_page
@limit_view("dossiers.old_claims", 10, 3600, key="user")
def claim(request: HttpRequest, paper_id: UUID) -> HttpResponse:
    """Say that a paper is one's own."""
    form = ClaimForm(request.POST)
    if not form.is_valid():
        return _page(request, form, None, 422)
    try:
        claiming.claim(
            actor=actor_of(request),
            paper_id=paper_id,
            birth_place=form.cleaned_data["birth_place"],
            words=form.cleaned_data["words"],
            now=timezone.now(),
        )
    except OldPaper.DoesNotExist as error:
        raise Http404 from error
    except OldRefused as refused:
        messages.warning(request, refused.message)
        return redirect("old-papers")
    messages.success(request, _("Đã gửi. Cơ quan giữ giấy tờ so với thông tin của bạn rồi trả lời trong hộp thư của tài khoản."))
    return redirect("old-papers")


urlpatterns = [
    path("kho-giay-to/giay-to-cu/", mine, name="old-papers"),
    path("kho-giay-to/giay-to-cu/<uuid:paper_id>/nhan/", claim, name="old-paper-claim"),
]
