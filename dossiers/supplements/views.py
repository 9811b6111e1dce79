"""The applicant completes a dossier: only what was asked for is open, one page, complete without JavaScript; and the slip that asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from dossiers import queries, services, slips
from dossiers.conditions import MOST_ROWS, Spec, is_asked, shape
from dossiers.filling import Problem
from dossiers.forms import row_form
from dossiers.models import Dossier, SupplementDefect, SupplementRequest
from dossiers.services import FilingRefused
from dossiers.services.desk import note_look
from dossiers.services.supplements import opened_now, typed_of
from dossiers.supplements import wording
from dossiers.supplements.opening import Opened
from dossiers.views.common import as_int, as_uuid, citizen_page, not_here, reader_page, send_file
from dossiers.views.filing import REQUEST_OVERHEAD
from dossiers.views.tracking import _for_reader, _own, _page
from portal.access import actor_of
from portal.states import TransitionRefused
from portal.workdays import national_calendar, remaining_words

SPARE_ROWS = 1
"""Empty rows that stand below those of a group."""


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, code: str) -> HttpResponseBase:
    """The page. A request that is too long is answered before it is read: hence the token is checked one step later."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.method == "POST" and (not length.isdigit() or int(length) > settings.MAX_FILE_BYTES + REQUEST_OVERHEAD):
        return _too_long(request, code=code)
    return _answer(request, code=code)


@citizen_page
def _too_long(request: HttpRequest, code: str) -> HttpResponse:
    dossier = _own(request, code)
    asked = _open(dossier)
    if asked is None:
        return redirect("dossier", code)
    limit = settings.MAX_FILE_BYTES // 2**20
    sentence = _(
        "Các tệp vừa chọn cộng lại lớn hơn %(limit)d MB nên chưa nhận được tệp nào. Bạn hãy thêm từng tệp một, hoặc chụp lại ở cỡ nhỏ hơn."
    )
    response = _asked_page(request, dossier, asked, [Problem("bo-sung", "", sentence % {"limit": limit})], status=413)
    response["Connection"] = "close"
    return response


def _open(dossier: Dossier) -> SupplementRequest | None:
    return dossier.supplements.filter(state=SupplementRequest.State.OPEN).first()


@csrf_protect
@citizen_page
def _answer(request: HttpRequest, code: str) -> HttpResponse:
    """One form: whichever button is pressed, what was typed and chosen is kept first."""
    dossier = _own(request, code)
    asked = _open(dossier)
    if request.method == "POST":
        try:
            return _post(request, dossier, as_int(request.POST.get("lan")))
        except TransitionRefused as refused:
            return _page(request, _own(request, code), refused=refused.reason, status=409)
    return redirect("dossier", code) if asked is None else _asked_page(request, dossier, asked, [])


def _post(request: HttpRequest, dossier: Dossier, number: int) -> HttpResponse:
    actor, now, code = actor_of(request), timezone.now(), str(dossier.code)
    act, _colon, which = request.POST.get("act", "").partition(":")
    sent = dossier.supplements.filter(number=number, state=SupplementRequest.State.ANSWERED).exists()
    if sent:
        # Pressed twice, or gone back to and pressed again.
        return redirect(reverse("dossier", args=[code]) + "?da-bo-sung=1")
    common: dict[str, Any] = {"actor": actor, "dossier_id": dossier.id, "number": number}
    typed = _typed(request, dossier)
    asked = services.save_supplement(**common, typed=typed, explanation=request.POST.get("explanation", ""), now=now)
    problems, taken = _take_papers(request, asked, common)
    if act == "xoa" and (paper_id := as_uuid(which)):
        services.remove_supplement_paper(**common, paper_id=paper_id)
        messages.success(request, _("Đã xóa tệp."))
    elif act == "them" and not (taken or problems):
        problems = [Problem("bo-sung", which, _("Bạn hãy chọn ảnh hoặc tệp PDF rồi bấm “Thêm”."))]
    if taken:
        messages.success(request, _("Đã nhận tệp: %(names)s.") % {"names": ", ".join(f"“{name}”" for name in taken)})
    if problems:
        return _asked_page(request, dossier, asked, problems, status=422)
    if act == "gui":
        try:
            services.complete(**common, now=now)
        except FilingRefused as refused:
            return _asked_page(request, dossier, asked, refused.problems, status=422)
        return redirect(reverse("dossier", args=[code]) + "?da-bo-sung=1")
    if act == "luu":
        messages.success(request, _("Đã lưu. Cơ quan chưa nhận được: khi đủ, bạn bấm “Gửi bổ sung”."))
    return redirect("dossier-supplement", code)


def _typed(request: HttpRequest, dossier: Dossier) -> dict[str, Any]:
    """What the request says of fields: single values, boxes, and rows of groups (``<group>-<place>-<field>``)."""
    post, shown = request.POST, set(request.POST.get("shown", "").split())
    found: dict[str, Any] = {}
    for spec in dossier.form_version.fields:
        name, kind = spec["name"], spec["kind"]
        if name not in shown:
            continue
        if kind == "group":
            number = min(max(as_int(post.get(f"{name}-rows")), 0), MOST_ROWS + SPARE_ROWS)
            found[name] = [row for at in range(number) if any((row := _row(post, spec, at)).values())]
        elif kind == "choices":
            found[name] = post.getlist(name)
        else:
            found[name] = "yes" if kind == "confirm" and post.get(name) else post.get(name, "")
    return found


def _row(post: Any, spec: Spec, at: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in spec["fields"]:
        name = f"{spec['name']}-{at}-{part['name']}"
        if is_asked(part):
            found[part["name"]] = post.getlist(name) if part["kind"] == "choices" else post.get(name, "")
    return found


def _take_papers(request: HttpRequest, asked: SupplementRequest, common: Mapping[str, Any]) -> tuple[list[Problem], list[str]]:
    problems: list[Problem] = []
    taken: list[str] = []
    for defect in asked.defects.exclude(kind=SupplementDefect.Kind.FIELD):
        for upload in request.FILES.getlist(f"tep-{defect.name}"):
            if not isinstance(upload, UploadedFile):
                continue
            try:
                services.add_supplement_paper(**common, kind=defect.name, upload=upload, now=timezone.now())
            except FilingRefused as refused:
                named = _("Tệp “%(name)s”: %(why)s")
                problems += [Problem(one.page, one.field, named % {"name": upload.name, "why": one.message}) for one in refused.problems]
            else:
                taken.append(upload.name or "")
    return problems, taken


def _asked_page(
    request: HttpRequest, dossier: Dossier, asked: SupplementRequest, problems: Sequence[Problem], status: int = 200
) -> HttpResponse:
    now, answers = timezone.now(), dossier.answers or {}
    found = opened_now(dossier, asked, asked.typed or {}, now)
    typed = typed_of(found, asked, answers)
    form = found.form(typed if problems else None, initial=typed, today=timezone.localdate(now))
    if problems:
        form.is_valid()
    defects = list(asked.defects.all())
    given = list(asked.papers.select_related("file").filter(dossier__isnull=True))
    papers = [
        {
            "defect": one,
            "given": [paper for paper in given if paper.kind == one.name],
            "before": [paper for paper in dossier.papers.select_related("file") if paper.kind == one.name],
            "errors": [problem.message for problem in problems if problem.field == one.name],
        }
        for one in defects
        if one.kind != SupplementDefect.Kind.FIELD
    ]
    asked_papers = {one.name for one in defects if one.kind != SupplementDefect.Kind.FIELD}
    of_field = {one.name: one for one in defects if one.kind == SupplementDefect.Kind.FIELD}
    unit = queries.handling_unit(dossier.unit_code)
    return render(
        request,
        "dossiers/supplement.html",
        {
            "dossier": dossier,
            "asked": asked,
            "unit": unit,
            "left": remaining_words(now, asked.until, unit.calendar if unit else national_calendar()) if asked.until else "",
            "consequence": wording.consequence(asked),
            "clock": wording.clock_words(asked),
            "form": form,
            "questions": _questions(found, form, of_field, typed),
            "shown": " ".join(spec["name"] for spec in found.specs),
            "papers": papers,
            "problems": problems,
            "rest": [{"label": label, "value": value} for label, value in slips.answers_shown(dossier)],
            "others": [one for one in dossier.papers.select_related("file") if one.kind not in asked_papers],
            "max_mb": settings.MAX_FILE_BYTES // 2**20,
        },
        status=status,
    )


def _questions(found: Opened, form: Any, of_field: Mapping[str, SupplementDefect], typed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The open fields in the order of the form, each with why it is open; of a group its rows."""
    questions = []
    for spec in found.specs:
        question: dict[str, Any] = {"spec": spec, "defect": of_field.get(spec["name"]), "box": form[spec["name"]]}
        if spec["kind"] == "group":
            question["rows"] = _rows(spec, found, typed, is_bound=form.is_bound)
            question["number"] = len(question["rows"])
        questions.append(question)
    return questions


def _rows(spec: Spec, found: Opened, typed: Mapping[str, Any], *, is_bound: bool) -> list[Any]:
    given = [*(typed.get(spec["name"]) or []), {}][: MOST_ROWS + SPARE_ROWS]
    alone = shape([{key: value for key, value in spec.items() if key != "when"}], {spec["name"]: given}, {})
    today, outside = timezone.localdate(), found.counts
    return [
        row_form(spec, at, row, given[at] if is_bound and not row.is_empty else None, today=today, outside=outside, initial=given[at])
        for at, row in enumerate(alone.rows[spec["name"]])
    ]


@require_safe
@citizen_page
def paper(request: HttpRequest, code: str, paper_id: UUID) -> HttpResponseBase:
    """A file of the answer that is being made, to look at it again."""
    dossier = _own(request, code)
    asked = _open(dossier)
    found = asked.papers.select_related("file").filter(pk=paper_id, dossier__isnull=True).first() if asked is not None else None
    if found is None:
        raise Http404
    return send_file(found.file, name=str(found.file.name or ""), inline=found.file.media_type.startswith("image/"), unchecked=True)


@require_safe
@reader_page
def slip(request: HttpRequest, code: str, number: int) -> HttpResponseBase:
    """The sealed slip of one request as PDF."""
    actor = actor_of(request)
    dossier = _for_reader(actor, code)
    if dossier is None:
        raise not_here(actor, code)
    asked = dossier.supplements.select_related("slip__document__file").filter(number=number, slip__isnull=False).first()
    if asked is None or asked.slip is None or not asked.slip.document.is_signed or asked.slip.document.file is None:
        raise Http404
    if actor.is_officer:
        note_look(actor, dossier, "dossiers.read_document", role=asked.slip.role)
    return send_file(asked.slip.document.file, name=f"yeu-cau-bo-sung-{dossier.code}-{number}.pdf", inline=True, trusted=True)
