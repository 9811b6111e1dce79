"""After sending: my petitions, one petition's page, and what its sender can do with it."""

from __future__ import annotations

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
from django.views.decorators.http import require_http_methods, require_safe

from feedback import queries_own, wording
from feedback.forms import DisagreeForm, RateForm, SupplyForm
from feedback.models import TABLE, TOP, Answer, Attachment, Petition, PublishedCase, State, Supplement
from feedback.rules import ANSWER
from feedback.services import PetitionRefused, answering, files, handling
from feedback.services.files import MAX_FILES
from feedback.terms import limits_at
from feedback.views.common import as_int, is_late, not_here, sender_page, typing_page, uploads
from feedback.views.sending import take_files, title_of
from feedback.words import tidy
from portal.access import actor_of
from portal.crypto.fields import prefetch_keys
from portal.files.models import FileState
from portal.files.responses import send_file

PAGE_SIZES = (10, 20, 50)
ORDER_NAMES = {"moi-nhat": lazy("Mới gửi trước"), "cu-nhat": lazy("Gửi lâu nhất trước"), "han": lazy("Đến hạn trước")}


@require_safe
@sender_page
def mine(request: HttpRequest) -> HttpResponse:
    """My drafts and my petitions (six queries, however many rows)."""
    actor, now = actor_of(request), timezone.now()
    order = request.GET.get("sap-xep", "")
    order = order if order in ORDER_NAMES else "moi-nhat"
    size = as_int(request.GET.get("so-dong"))
    size = size if size in PAGE_SIZES else PAGE_SIZES[0]
    page = Paginator(queries_own.own_petitions(actor, order), size).get_page(request.GET.get("trang"))
    petitions = list(page.object_list)
    prefetch_keys(petitions)
    names = queries_own.unit_names(petition.unit_code for petition in petitions)
    rows = [
        {
            "petition": petition,
            "title": petition.subject or petition.code,
            "unit": names[petition.unit_code],
            "situation": wording.situation(petition, unit=names[petition.unit_code], now=now),
        }
        for petition in petitions
    ]
    context = {
        "drafts": [{"draft": draft, "title": title_of(draft)} for draft in queries_own.own_drafts(actor)],
        "page": page,
        "rows": rows,
        "order": order,
        "orders": ORDER_NAMES.items(),
        "size": size,
        "sizes": PAGE_SIZES,
        "query": urlencode([("sap-xep", order), ("so-dong", str(size))]),
    }
    return render(request, "feedback/mine.html", context)


def _own(request: HttpRequest, code: str) -> Petition:
    petition = queries_own.petition_of(actor_of(request), code)
    if petition is None:
        raise not_here(request, code)
    return petition


def _page(request: HttpRequest, petition: Petition, *, status: int = 200, **more: Any) -> HttpResponse:
    now = timezone.now()
    if petition.state == State.SECRET:
        # Nothing is left of it but that it was; its key is destroyed.
        situation = wording.situation(petition, unit="", now=now)
        unit = queries_own.unit_names([petition.unit_code])[petition.unit_code]
        context = {"petition": petition, "situation": situation, "unit": unit, **more}
        return render(request, "feedback/petition_gone.html", context, status=status)
    events = list(petition.events.all())
    answers = queries_own.answers_given(petition)
    attachments = queries_own.attachments_shown(petition, answers)
    supplements = list(petition.supplements.all())
    shown = wording.shown_events(events)
    names = queries_own.unit_names(wording.units_of(shown) | {petition.unit_code} | {answer.unit_code for answer in answers})
    refusal = next((event for event in reversed(events) if event.name in ("refuse", "refuse_silent")), None)
    is_refused = petition.state == State.REFUSED and refusal is not None
    reason = str(refusal.note or "") if is_refused and refusal is not None else ""
    case = PublishedCase.objects.filter(petition=petition, withdrawn_at=None).first()
    context = {
        "petition": petition,
        "unit": names[petition.unit_code],
        "situation": wording.situation(petition, unit=names[petition.unit_code], now=now, reason=reason),
        "advice": wording.what_after_refusal(str(refusal.details.get("reason", ""))) if is_refused and refusal is not None else "",
        "entries": wording.entries(petition, shown, names, now=now),
        "things": queries_own.things_about(
            actor_of(request),
            procedure_code=petition.procedure_code,
            dossier_code=petition.dossier_code,
            order_code=petition.order_code,
        ),
        "question_files": _with_role(attachments, Attachment.Role.QUESTION, Attachment.Role.ORIGINAL),
        "unsafe": [row for row in attachments if row.file.state == FileState.QUARANTINED and row.role != Attachment.Role.ANSWER],
        "supplements": [_supplement(one, attachments) for one in supplements],
        "reports": list(petition.reports.order_by("-at", "-id")),
        "answers": [_answer(answer, names, attachments) for answer in answers],
        "finished_rounds": list(petition.finished_rounds.all()) if petition.round > 1 else [],
        "disagreements": [event.note for event in events if event.name == "disagree" and event.note],
        "rate_form": RateForm(initial=_rated(petition)) if petition.state == State.ANSWERED else None,
        "can_disagree": not TABLE.refusal(petition, "disagree"),
        "can_withdraw": not TABLE.refusal(petition, "withdraw"),
        "is_top": petition.unit_code == TOP,
        "public_url": reverse("published-case", args=[case.slug]) if case is not None else "",
        **more,
    }
    return render(request, "feedback/petition.html", context, status=status)


def _with_role(attachments: list[Attachment], *roles: str, part_id: int | None = None) -> list[Attachment]:
    return [row for row in attachments if row.role in roles and row.part_id == part_id]


def _supplement(one: Supplement, attachments: list[Attachment]) -> dict[str, Any]:
    return {
        "supplement": one,
        "is_open": one.closed_at is None,
        "question": one.question,
        "answer": one.answer,
        "files": _with_role(attachments, Attachment.Role.SUPPLEMENT, part_id=one.pk),
    }


def _answer(answer: Answer, names: dict[str, str], attachments: list[Attachment]) -> dict[str, Any]:
    files_of = _with_role(attachments, Attachment.Role.ANSWER, part_id=answer.pk)
    return {"answer": answer, "words": answer.words, "unit": names[answer.unit_code], "files": files_of}


def _rated(petition: Petition) -> dict[str, str]:
    if petition.helps is None:
        return {}
    return {"helps": "co" if petition.helps else "khong", "words": str(petition.helps_words or "")}


@require_safe
@sender_page
def petition_page(request: HttpRequest, code: str) -> HttpResponse:
    """Receipt and status: what happens now, who has it, until when, what one can do, what happened so far."""
    return _page(request, _own(request, code), just_sent="da-gui" in request.GET)


@require_safe
@sender_page
def petition_file(request: HttpRequest, code: str, file_id: UUID) -> HttpResponseBase:
    """A file of one's own petition, or of an answer that was given."""
    petition = _own(request, code)
    rows = queries_own.attachments_shown(petition, queries_own.answers_given(petition))
    row = next((row for row in rows if row.pk == file_id), None)
    if row is None:
        raise Http404
    is_own = row.role != Attachment.Role.ANSWER
    return send_file(row.file, name=str(row.file.name or ""), inline=row.file.media_type.startswith("image/"), unchecked=is_own)


@require_http_methods(["GET", "HEAD", "POST"])
@typing_page
def supply(request: HttpRequest, code: str) -> HttpResponse:
    """What was asked, until when, and the form to give it: words and files, both or one of them."""
    actor, now = actor_of(request), timezone.now()
    petition = _own(request, code)
    part = petition.supplements.filter(closed_at__isnull=True).first()
    if part is None:
        refused = _("Phản ánh này không chờ bổ sung. Trang dưới đây cho thấy tình trạng mới nhất.")
        return _page(request, petition, refused=refused, status=409 if request.method == "POST" else 200)
    form = SupplyForm({"words": tidy(request.POST.get("words", ""))}) if request.method == "POST" else SupplyForm()
    wrong: list[str] = []
    status = 200
    if is_late(request):
        form, status = SupplyForm(initial={"words": request.POST.get("words", "")}), 409
    elif request.method == "POST":
        wrong, taken = take_files(
            uploads(request), lambda upload: files.add_supplement_file(actor=actor, petition_id=petition.pk, upload=upload, now=now)
        )
        status = 422
        if request.POST.get("act") == "them":
            wrong = wrong or ([] if taken else [_("Bạn hãy chọn ảnh hoặc tệp PDF rồi bấm “Thêm tệp”.")])
            # The words are not sent yet: they stay in the form.
            form = SupplyForm(initial={"words": form["words"].value()})
            status = 422 if wrong else 200
        elif form.is_valid() and not wrong:
            try:
                handling.supply(
                    actor=actor,
                    petition_id=petition.pk,
                    words=form.cleaned_data["words"],
                    now=now,
                    seen=as_int(request.POST.get("seen")),
                )
            except PetitionRefused as refused:
                petition = _own(request, code)
                if petition.state != State.WAITING:
                    return _page(request, petition, refused=refused.message, status=409)
                form.add_error(refused.field if refused.field in form.fields else None, refused.message)
            else:
                messages.success(request, _("Đã gửi phần bổ sung. Cơ quan xử lý tiếp."))
                return redirect("petition", code=petition.code)
    rows = list(petition.attachments.select_related("file").filter(role=Attachment.Role.SUPPLEMENT, part_id=part.pk))
    context = {
        "petition": petition,
        "part": part,
        "question": part.question,
        "until": wording.due(_("Bạn bổ sung trước hết ngày"), part.due_at, now),
        "form": form,
        "given": rows,
        "is_full": len(rows) >= MAX_FILES,
        "most": MAX_FILES,
        "wrong": wrong,
        "not_saved": is_late(request),
    }
    return render(request, "feedback/supply.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@typing_page
def rate(request: HttpRequest, code: str) -> HttpResponse:
    """Whether the answer helps, and why; one may change one's mind."""
    petition = _own(request, code)
    if petition.state != State.ANSWERED:
        refused = _("Phản ánh này chưa có trả lời để đánh giá.")
        return _page(request, petition, refused=refused, status=409 if request.method == "POST" else 200)
    form = RateForm(request.POST) if request.method == "POST" and not is_late(request) else RateForm(initial=_rated(petition))
    if is_late(request):
        form = RateForm(initial={"helps": request.POST.get("helps"), "words": request.POST.get("words", "")})
    status = 409 if is_late(request) else 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        try:
            answering.rate(
                actor=actor_of(request), petition_id=petition.pk, helps=said["helps"] == "co", words=tidy(said["words"]), now=timezone.now()
            )
        except PetitionRefused as refused:
            return _page(request, _own(request, code), refused=refused.message, status=409)
        if said["helps"] == "co":
            messages.success(request, _("Cảm ơn bạn đã cho biết."))
        else:
            messages.success(request, _("Đã ghi nhận. Nếu không đồng ý với trả lời, bạn có thể gửi lại bằng nút ở dưới câu trả lời."))
        return redirect("petition", code=petition.code)
    return render(request, "feedback/rate.html", {"petition": petition, "form": form, "not_saved": is_late(request)}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@typing_page
def disagree(request: HttpRequest, code: str) -> HttpResponse:
    """Not content with the answer: written again, the Government Office takes the lead with new days (Rules art. 42.3đ)."""
    petition, now = _own(request, code), timezone.now()
    if refusal := TABLE.refusal(petition, "disagree"):
        return _page(request, petition, refused=refusal.replace("Hồ sơ", "Phản ánh"), status=409)
    form = DisagreeForm()
    status = 200
    if is_late(request):
        form, status = DisagreeForm(initial={"words": request.POST.get("words", "")}), 409
    elif request.method == "POST":
        form, status = DisagreeForm({"words": tidy(request.POST.get("words", ""))}), 422
        try:
            answering.disagree(
                actor=actor_of(request),
                petition_id=petition.pk,
                words=str(form["words"].data),
                now=now,
                seen=as_int(request.POST.get("seen")),
            )
        except PetitionRefused as refused:
            petition = _own(request, code)
            if not refused.field and TABLE.refusal(petition, "disagree"):
                return _page(request, petition, refused=refused.message, status=409)
            form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        else:
            messages.success(request, _("Đã gửi lại. Văn phòng Chính phủ chủ trì xử lý."))
            return redirect("petition", code=petition.code)
    days = limits_at(now)[ANSWER].amount
    context = {"petition": petition, "form": form, "days": days, "not_saved": is_late(request)}
    return render(request, "feedback/disagree.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@sender_page
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Take a petition back; asks first."""
    petition = _own(request, code)
    if request.method == "POST" and petition.state == State.WITHDRAWN:
        return redirect("petition", code=petition.code)
    if refusal := TABLE.refusal(petition, "withdraw"):
        return _page(request, petition, refused=refusal.replace("Hồ sơ", "Phản ánh"), status=409)
    if request.method == "POST":
        try:
            handling.withdraw(actor=actor_of(request), petition_id=petition.pk, now=timezone.now(), seen=as_int(request.POST.get("seen")))
        except PetitionRefused as refused:
            return _page(request, _own(request, code), refused=refused.message, status=409)
        return redirect("petition", code=petition.code)
    return render(request, "feedback/withdraw.html", {"petition": petition})
