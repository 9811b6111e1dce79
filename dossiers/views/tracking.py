"""After sending: my dossiers, one dossier's page, its files, taking it back."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.owner.copies import TooMany
from dossiers import queries, services, slips, wording
from dossiers.anywhere import received_elsewhere
from dossiers.costs import bill_of
from dossiers.exchange.elsewhere import lines as reported_lines
from dossiers.exchange.elsewhere import reported_of
from dossiers.following import editing, objections
from dossiers.handled.files import results_given
from dossiers.interlinked.queries import linked_with
from dossiers.models import Dossier, DossierDocument, DossierMessage, DossierReuse, Standing, State
from dossiers.post.showing import by_post
from dossiers.services.desk import note_look
from dossiers.store.looking import note_officers_look
from dossiers.talking import rules as talking_rules
from dossiers.talking.queries import unread_for_applicants, unread_of
from dossiers.views import elsewhere
from dossiers.views.common import as_int, citizen_page, not_here, reader_page, send_file
from dossiers.ways_on import ways_on
from payments.models import Order
from payments.references import Way
from portal.access import Actor, actor_of, visible_to
from portal.files.models import FileState
from portal.states import TransitionRefused

PAGE_SIZES = (10, 20, 50)
SHOWN_ELSEWHERE = 5
"""Of the dossiers handled in other systems; a page of their own has all."""
ORDER_NAMES = {"moi-nhat": lazy("Mới nộp trước"), "cu-nhat": lazy("Nộp lâu nhất trước"), "han": lazy("Đến hạn trước")}


@require_safe
@citizen_page
def mine(request: HttpRequest) -> HttpResponse:
    """My drafts and my dossiers."""
    actor = actor_of(request)
    order = request.GET.get("sap-xep", "")
    order = order if order in ORDER_NAMES else "moi-nhat"
    size = as_int(request.GET.get("so-dong"))
    size = size if size in PAGE_SIZES else PAGE_SIZES[0]
    page = Paginator(queries.dossiers_of(actor, order), size).get_page(request.GET.get("trang"))
    now = timezone.now()
    return render(
        request,
        "dossiers/mine.html",
        {
            "drafts": (drafts := queries.named_drafts(actor, now=now)),
            "edited": editing.edited_codes([item.draft.pk for item in drafts]),
            "removed": queries.named_removed_drafts(actor, now=now),
            "page": page,
            "rows": [(dossier, wording.situation(dossier, now=now)) for dossier in page.object_list],
            "unread": unread_for_applicants([dossier.pk for dossier in page.object_list]),
            "order": order,
            "orders": ORDER_NAMES.items(),
            "size": size,
            "sizes": PAGE_SIZES,
            "query": urlencode([("sap-xep", order), ("so-dong", str(size))]),
            "elsewhere": (reported := reported_lines(reported_of(actor)[: SHOWN_ELSEWHERE + 1], now=now))[:SHOWN_ELSEWHERE],
            "has_more_elsewhere": len(reported) > SHOWN_ELSEWHERE,
        },
    )


@require_POST
@citizen_page
def keep_draft(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """A draft that was put away is back; one that would be, is kept for another three months."""
    try:
        draft = services.keep_draft(actor=actor_of(request), draft_id=draft_id, now=timezone.now())
    except services.DraftInItsPlace:
        messages.warning(request, _("Bạn đã bắt đầu bản nháp mới cho thủ tục này. Xóa bản nháp mới thì khôi phục được bản cũ."))
    else:
        messages.success(request, _("Đã giữ bản nháp. Nếu không thay đổi, bản nháp được giữ thêm ba tháng."))
        if "go-on" in request.POST:
            return redirect(f"file-{draft.last_page}", draft.procedure_code)
    return redirect("dossiers")


def _own(request: HttpRequest, code: str) -> Dossier:
    actor = actor_of(request)
    dossier = queries.dossier_of(actor, code)
    if dossier is None:
        raise not_here(actor, code)
    return dossier


def _page(request: HttpRequest, dossier: Dossier, *, status: int = 200, **more: Any) -> HttpResponse:
    history = queries.timeline(dossier)
    standing = dossier.documents.select_related("document").filter(cancelled_at__isnull=True)
    issued = {one.role: one for one in standing}
    documents = {role: one.document for role, one in issued.items()}
    reason = next((event.note or "" for event in reversed(history) if event.name in wording.ENDINGS), "")
    demands = queries.demands_of(dossier)
    unit = queries.handling_unit(dossier.unit_code)
    return render(
        request,
        "dossiers/dossier.html",
        {
            "dossier": dossier,
            "situation": wording.situation(dossier, now=timezone.now(), reason=reason, calendar=unit.calendar if unit else None),
            "unit": unit,
            "elsewhere": received_elsewhere(dossier),
            # Refused or taken back, nothing is to be paid.
            "bill": None if dossier.state in (State.REFUSED, State.WITHDRAWN, State.STOPPED) else bill_of(dossier),
            "entries": wording.entries_for_applicant(dossier, history),
            "revisions": editing.revisions_of(dossier),
            "editing": editing.is_being_edited(dossier),
            "can_edit": not editing.edit_refusal(dossier),
            "shown": next(reversed(objections.shown_of(dossier)), None),
            "talk": dict(zip(("all", "unread"), unread_of(dossier, DossierMessage.Side.AGENCY), strict=True)),
            "may_write": not talking_rules.refusal(dossier, timezone.now()),
            "refusal": documents.get(DossierDocument.Role.REFUSAL),
            "answers": [{"label": label, "value": value} for label, value in slips.answers_shown(dossier)],
            "papers": (papers := list(dossier.papers.select_related("file"))),
            "unsafe": [paper for paper in papers if paper.file.state == FileState.QUARANTINED],
            "result": documents.get(DossierDocument.Role.RESULT),
            "given": results_given(dossier),
            "valid_until": issued[DossierDocument.Role.RESULT].valid_until if DossierDocument.Role.RESULT in issued else None,
            "receipt": documents.get(DossierDocument.Role.RECEIPT),
            "confirmation": documents.get(DossierDocument.Role.SENT),
            "stop_notice": documents.get(DossierDocument.Role.STOP),
            "apology": documents.get(DossierDocument.Role.APOLOGY),
            "demands": demands,
            "supplements": queries.supplements_of(dossier),
            "due": next((demand for demand in demands if demand.standing == Standing.DUE), None),
            "reuse": DossierReuse.objects.filter(dossier=dossier).first(),
            "copy": services.copy_of(actor_of(request), dossier, now=timezone.now()),
            "can_withdraw": not services.withdraw_refusal(dossier),
            "by_post": by_post(dossier),
            "linked": linked_with(dossier.pk),
            "ways_on": ways_on(dossier.code or "", dossier.state, _ended_on(dossier)),
            **more,
        },
        status=status,
    )


def _ended_on(dossier: Dossier) -> date | None:
    ended = dossier.returned_at or dossier.stopped_at or dossier.refused_at
    return timezone.localdate(ended) if ended else None


@require_safe
@citizen_page
def dossier_page(request: HttpRequest, code: str) -> HttpResponse:
    """Confirmation and status: what happens now, who has it, until when, what happened so far."""
    if queries.dossier_of(actor_of(request), code) is None and (page := elsewhere.page_of(request, code)) is not None:
        return page
    return _page(
        request,
        _own(request, code),
        just_sent="da-gui" in request.GET,
        just_completed="da-bo-sung" in request.GET,
        just_resent="da-sua" in request.GET,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@citizen_page
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Take a dossier back before it is received; asks first."""
    dossier = _own(request, code)
    if request.method == "POST":
        try:
            services.withdraw(
                actor=actor_of(request), dossier_id=dossier.id, seen_version=as_int(request.POST.get("seen")), now=timezone.now()
            )
        except TransitionRefused as refused:
            return _page(request, _own(request, code), refused=refused.reason, status=409)
        return redirect(reverse("dossier", args=[code]))
    if refusal := services.withdraw_refusal(dossier):
        return _page(request, dossier, refused=refusal, status=409)
    return render(
        request, "dossiers/withdraw.html", {"dossier": dossier, "money": wording.money_back(dossier, queries.demands_of(dossier))}
    )


def way_from_order(order: Order, actor: Actor) -> Way | None:
    """From an order's page back to the dossier it is about, for its party and for officers who may read it (one query)."""
    dossier = _for_reader(actor, order.reference)
    if dossier is None:
        return None
    at_desk = reverse("admin:dossiers_dossier_change", args=[dossier.id]) if actor.is_officer else ""
    return Way(_("Về hồ sơ %(code)s") % {"code": dossier.code}, at_desk or reverse("dossier", args=[dossier.code]))


def _for_reader(actor: Actor, code: str) -> Dossier | None:
    """The dossier for one who may read its files: applicant, owner, or an officer through the door."""
    if actor.is_officer:
        return visible_to(actor, Dossier.objects.filter(disposed_at__isnull=True), "dossiers.read", "unit_code").filter(code=code).first()
    return queries.dossier_of(actor, code)


@require_safe
@reader_page
def paper(request: HttpRequest, code: str, paper_id: UUID) -> HttpResponseBase:
    """One paper of a dossier. Officers open checked files only, and each look is an act in the audit trail."""
    actor = actor_of(request)
    dossier = _for_reader(actor, code)
    if dossier is None:
        raise not_here(actor, code)
    found = dossier.papers.select_related("file", "from_store").filter(pk=paper_id).first()
    if found is None:
        raise Http404
    if actor.is_officer:
        note_look(actor, dossier, "dossiers.read_paper", paper=str(found.id))
        if found.from_store is not None:
            note_officers_look(actor, found.from_store, now=timezone.now())
    shown_at_once = found.file.media_type.startswith("image/")
    return send_file(found.file, name=str(found.file.name or ""), inline=shown_at_once, unchecked=not actor.is_officer)


def _issued(request: HttpRequest, code: str, role: str, file_name: str) -> HttpResponseBase:
    actor = actor_of(request)
    dossier = _for_reader(actor, code)
    if dossier is None:
        raise not_here(actor, code)
    standing = dossier.documents.select_related("document__file").filter(cancelled_at__isnull=True)
    issued = standing.filter(role=role).first()
    if issued is None or not issued.document.is_signed or issued.document.file is None:
        raise Http404
    if actor.is_officer:
        note_look(actor, dossier, "dossiers.read_document", role=role)
    return send_file(issued.document.file, name=f"{file_name}-{dossier.code}.pdf", inline=True, trusted=True)


@require_safe
@reader_page
def given_result(request: HttpRequest, code: str, result_id: UUID) -> HttpResponseBase:
    """A file of the result that another system gave, once it was checked."""
    actor = actor_of(request)
    dossier = _for_reader(actor, code)
    if dossier is None:
        raise not_here(actor, code)
    found = next((one for one in results_given(dossier) if one.pk == result_id), None)
    if found is None:
        raise Http404
    if actor.is_officer:
        note_look(actor, dossier, "dossiers.read_document", role="given")
    return send_file(found.file, name=str(found.file.name or ""), inline=False)


@require_http_methods(["GET", "HEAD", "POST"])
@citizen_page
def copy_all(request: HttpRequest, code: str) -> HttpResponseBase:
    """A copy of everything in the dossier: asked for, or taken when it is there."""
    actor, dossier = actor_of(request), _own(request, code)
    back = redirect(reverse("dossier", args=[code]) + "#ban-sao")
    if request.method == "POST":
        try:
            services.ask_copy(actor=actor, dossier_id=dossier.id, now=timezone.now())
        except TooMany:
            messages.error(request, _("Hôm nay bạn đã yêu cầu đủ số bản sao. Bạn thử lại vào ngày mai."))
        else:
            messages.success(request, _("Đã nhận yêu cầu. Bản sao thường xong sau vài phút; bạn được báo khi xong."))
        return back
    found = services.copy_of(actor, dossier, now=timezone.now())
    if found is None or not found.is_ready or found.zip_file is None:
        return back
    if request.method == "GET":
        services.note_taken(actor=actor, dossier=dossier)
    return send_file(found.zip_file, name=f"ho-so-{dossier.code}.zip", inline=False)


@require_safe
@reader_page
def result(request: HttpRequest, code: str) -> HttpResponseBase:
    """The signed result as PDF."""
    return _issued(request, code, DossierDocument.Role.RESULT, "ket-qua")


@require_safe
@reader_page
def receipt(request: HttpRequest, code: str) -> HttpResponseBase:
    """The sealed receipt with the appointment as PDF."""
    return _issued(request, code, DossierDocument.Role.RECEIPT, "giay-tiep-nhan")


@require_safe
@reader_page
def sent_confirmation(request: HttpRequest, code: str) -> HttpResponseBase:
    """The sealed confirmation that the dossier was sent, with the hash of each file, as PDF."""
    return _issued(request, code, DossierDocument.Role.SENT, "xac-nhan-gui")


@require_safe
@reader_page
def stop_notice(request: HttpRequest, code: str) -> HttpResponseBase:
    """The sealed notice that the dossier was stopped as PDF."""
    return _issued(request, code, DossierDocument.Role.STOP, "thong-bao-dung")


@require_safe
@reader_page
def apology(request: HttpRequest, code: str) -> HttpResponseBase:
    """The sealed letter of apology with the new appointment as PDF."""
    return _issued(request, code, DossierDocument.Role.APOLOGY, "xin-loi-hen-lai")
