"""The page of the assistant: a question, its reply with sources, nothing kept. Whole without JavaScript (requirement C-15)."""

from __future__ import annotations

import math
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.access import actor_of
from portal.catalogues import queries as catalogues
from portal.languages import show
from portal.limits import client_address, take
from portal.search import MAX_QUESTION, tidied
from portal.ui.fields import PlainText
from procedures.assistant.answering import Reply, reply

ASKED, ASKED_IN_SECONDS = 40, 120
"""So many questions at once from one address, and as many again in that time."""


class AskForm(forms.Form):
    """A question in one's own words, and where one lives."""

    q = PlainText(
        label=gettext_lazy("Bạn muốn hỏi gì?"),
        help_text=gettext_lazy("Đừng ghi tên, số căn cước, số điện thoại: câu hỏi không cần biết bạn là ai và không được lưu."),
        max_length=MAX_QUESTION,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Bạn hãy viết câu hỏi.")},
    )
    dia_phuong = forms.ChoiceField(label=gettext_lazy("Bạn ở tỉnh, thành phố nào?"), required=False)
    chon = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, provinces: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dia_phuong"].choices = [("", _("Cả nước")), *provinces]  # type: ignore[attr-defined]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def assistant(request: HttpRequest) -> HttpResponse:
    """The page, with ``?q=`` filled in; a question comes by POST, so that no log keeps it. 429 after too many. At most 25 queries."""
    units = list(catalogues.provinces())
    commune = actor_of(request).commune
    own = catalogues.province_of(commune) if commune else ""
    provinces = [(unit.code, unit.name) for unit in units]
    given = request.POST if request.method == "POST" else None
    asked = request.GET.get("dia-phuong", "") or own
    form = AskForm(given, initial={"q": tidied(request.GET.get("q", "")), "dia_phuong": asked}, provinces=provinces)
    found: Reply | None = None
    wait = 0
    if given is not None and form.is_valid():
        grant = take("procedures.assistant", client_address(request), capacity=ASKED, refill_per_second=ASKED / ASKED_IN_SECONDS)
        if grant.allowed:
            place = next((unit for unit in units if unit.code == form.cleaned_data["dia_phuong"]), None)
            found = reply(form.cleaned_data["q"], day=timezone.localdate(), province=place, chosen=form.cleaned_data["chon"])
        else:
            wait = max(1, math.ceil(grant.retry_after))
            form.add_error(None, _("Vừa có nhiều câu hỏi từ nơi bạn. Đợi %(n)s giây rồi bấm Hỏi lần nữa.") % {"n": wait})
    context = {"form": form, "reply": found, "q": form.cleaned_data.get("q", "") if given is not None and form.is_valid() else ""}
    context["place"] = form.cleaned_data.get("dia_phuong", "") if given is not None and form.is_valid() else ""
    status = 429 if wait else 422 if given is not None and form.errors else 200
    response = show(request, "procedures/assistant.html", context, status=status)
    if wait:
        response["Retry-After"] = str(wait)
    return response
