"""Another place than one's own for a filing that may be handed in anywhere (Decision 468/QĐ-TTg III.3): province, commune, its agency."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from dossiers import queries, services
from dossiers.forms import UNIT
from dossiers.views import filing
from dossiers.views.common import citizen_page
from portal.access import actor_of
from portal.catalogues import queries as catalogues
from portal.ui.fields import AddressField, picking
from procedures.models import Anywhere


class PlaceForm(forms.Form):
    """A province, then a commune in it."""

    place = AddressField(
        label=lazy("Nơi có thẩm quyền giải quyết"),
        help_text=lazy("Ví dụ nơi đăng ký trước đây, nơi có tài sản, nơi đặt trụ sở."),
        provinces=lambda: [(unit.code, unit.full_name) for unit in catalogues.provinces()],
        communes=lambda province: [(unit.code, unit.full_name) for unit in catalogues.communes(province)],
        province_of=catalogues.province_of,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@citizen_page
def choose(request: HttpRequest, code: str) -> HttpResponse:
    """Choose the place; its agency then stands in the draft, beside one's own. 404 for a procedure that is not received anywhere.

    Two short lists and a button between them, whole without JavaScript.
    """
    terms = filing._terms(request, code)
    if terms.anywhere != Anywhere.COUNTRY:
        raise Http404
    draft = filing._draft(request, terms)
    back = filing._at(code, "to-khai") + ("?ve=kiem-tra" if request.GET.get("ve") == "kiem-tra" else "")
    if request.method == "POST" and (page := filing._overtaken(request, code, draft)):
        return page
    if draft is None:
        # The button that leads here has begun one.
        return redirect(back)
    form, status = PlaceForm(initial={"place": _chosen(draft.unit_code)}), 200
    if request.method == "POST" and picking(request.POST):
        form = PlaceForm(initial={"place": (request.POST.get("place_tinh", ""), request.POST.get("place_xa", ""))})
    elif request.method == "POST":
        form, status = PlaceForm(request.POST), 422
        if form.is_valid():
            unit = queries.unit_at(form.cleaned_data["place"], terms)
            if unit is not None:
                services.save_draft(actor=actor_of(request), draft_id=draft.id, values={}, unit_code=unit.code, page="to-khai")
                messages.success(request, _("Hồ sơ sẽ đến: %(unit)s.") % {"unit": unit.name})
                return redirect(f"{back}#id_{UNIT}")
            form.add_error("place", _("Nơi này chưa có cơ quan nhận hồ sơ trực tuyến của thủ tục này. Bạn chọn nơi khác."))
    context: dict[str, Any] = {"form": form, "draft": draft, "back": back, "terms": terms, "code": code}
    return render(request, "dossiers/place.html", context, status=status)


def _chosen(unit_code: str) -> str:
    """The commune of the agency that a draft names; empty where it is a province's or the country's."""
    place = queries.place_of(unit_code)
    return place if len(place) > 2 else ""
