"""The applicant's pages of a dossier that was sent: taking it back into the form, answering a draft of its result."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dossiers import queries
from dossiers.following import editing, objections
from dossiers.models import DossierDocument, ShownResult
from dossiers.views.common import as_int, citizen_page, reader_page
from dossiers.views.tracking import _issued, _own, _page
from portal.access import actor_of
from portal.states import TransitionRefused
from portal.workdays import national_calendar, remaining_words


@require_http_methods(["GET", "HEAD", "POST"])
@citizen_page
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """Take a sent dossier back into the form; asks first, for the agency may be reading it."""
    dossier, actor = _own(request, code), actor_of(request)
    if request.method == "POST":
        try:
            draft = editing.begin_edit(actor=actor, dossier_id=dossier.id, now=timezone.now())
        except TransitionRefused as refused:
            return _page(request, _own(request, code), refused=refused.reason, status=409)
        return redirect(f"file-{draft.last_page}", dossier.procedure_code)
    if refusal := editing.edit_refusal(dossier):
        return _page(request, dossier, refused=refusal, status=409)
    context = {"dossier": dossier, "unit": queries.handling_unit(dossier.unit_code), "begun": editing.is_being_edited(dossier)}
    return render(request, "dossiers/following/edit.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@citizen_page
def draft_result(request: HttpRequest, code: str) -> HttpResponse:
    """The draft of the result that was shown last, and the answer to it."""
    dossier = _own(request, code)
    shown = dossier.shown_results.last()
    if shown is None:
        raise Http404
    if request.method != "POST":
        return _shown_page(request, code, shown)
    agrees, reason = request.POST.get("act") == "dong-y", request.POST.get("reason", "")
    if not agrees and not reason.strip():
        return _shown_page(request, code, shown, problem=_("Bạn hãy ghi điều chưa đúng và vì sao."))
    try:
        objections.answer_draft(
            actor=actor_of(request),
            dossier_id=dossier.id,
            number=as_int(request.POST.get("number")),
            agrees=agrees,
            reason="" if agrees else reason,
            now=timezone.now(),
        )
    except TransitionRefused as refused:
        return _page(request, _own(request, code), refused=refused.reason, status=409)
    messages.success(request, _("Đã gửi trả lời của bạn. Cơ quan xem và giải quyết tiếp."))
    return redirect("dossier", code)


def _shown_page(request: HttpRequest, code: str, shown: ShownResult, *, problem: str = "") -> HttpResponse:
    dossier = _own(request, code)
    unit = queries.handling_unit(dossier.unit_code)
    now = timezone.now()
    return render(
        request,
        "dossiers/following/draft_result.html",
        {
            "dossier": dossier,
            "unit": unit,
            "shown": shown,
            "is_open": shown.state == ShownResult.State.OPEN,
            "stops": shown.clock == ShownResult.Clock.PAUSE,
            "left": remaining_words(now, shown.until, unit.calendar if unit else national_calendar()),
            "problem": problem,
            "typed": request.POST.get("reason", ""),
            "most": objections.MOST_REASON,
        },
        status=422 if problem else 200,
    )


@require_safe
@reader_page
def refusal(request: HttpRequest, code: str) -> HttpResponseBase:
    """The sealed slip that says why the dossier was not received."""
    return _issued(request, code, DossierDocument.Role.REFUSAL, "tu-choi-tiep-nhan")


@require_safe
@reader_page
def control_sheet(request: HttpRequest, code: str) -> HttpResponseBase:
    """The sealed control sheet, for officers who may read the dossier: it says what colleagues wrote to each other."""
    if not actor_of(request).is_officer:
        raise Http404
    return _issued(request, code, DossierDocument.Role.CONTROL, "kiem-soat-qua-trinh")


urlpatterns = [
    path("ho-so/<str:code>/sua/", edit, name="dossier-edit"),
    path("ho-so/<str:code>/du-thao/", draft_result, name="dossier-draft-result"),
    path("ho-so/<str:code>/tu-choi/", refusal, name="dossier-refusal"),
    path("ho-so/<str:code>/kiem-soat/", control_sheet, name="dossier-control"),
]
