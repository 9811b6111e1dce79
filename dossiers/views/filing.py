"""From the start page to the sent dossier: one thing a screen, complete without JavaScript."""

from __future__ import annotations

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
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from accounts import queries as people
from dossiers import queries, services
from dossiers.forms import UNIT, AnswersForm, shown
from dossiers.models import Draft
from dossiers.services import FilingRefused, NotYours, Problem
from dossiers.services.filing import problems_of
from dossiers.terms import Terms, TermsUnknown, terms_on
from dossiers.views.common import citizen_page, send_file
from portal.access import actor_of
from portal.caching import public_page
from procedures import queries as procedures

STEPS = (("to-khai", lazy("Tờ khai")), ("giay-to", lazy("Giấy tờ")), ("kiem-tra", lazy("Kiểm tra và gửi")))
REQUEST_OVERHEAD = 64 * 1024
"""Bytes of a multipart request beside its file: boundaries and small fields."""


def _terms(code: str) -> Terms:
    try:
        return terms_on(code, timezone.now())
    except TermsUnknown as error:
        raise Http404 from error


def _context(terms: Terms, page: str, **more: Any) -> dict[str, Any]:
    number = [name for name, _label in STEPS].index(page) + 1
    return {"terms": terms, "code": terms.procedure_code, "steps": [label for _name, label in STEPS], "current": number, **more}


def _at(code: str, page: str) -> str:
    return reverse(f"file-{page}", args=[code])


def _draft(request: HttpRequest, code: str) -> Draft | None:
    return queries.draft_of(actor_of(request), code)


@require_safe
@public_page()
def start(request: HttpRequest, code: str) -> HttpResponse:
    """What one needs before one begins; for everybody, without a cookie. 404 for a procedure without a form, with its page named."""
    try:
        terms, form = terms_on(code, timezone.now()), queries.newest_form(code)
    except (TermsUnknown, queries.FormUnknown) as error:
        listed = procedures.in_force(timezone.localdate()).filter(procedure__code=code)
        name = listed.values_list("name", flat=True).first()
        if name is None:
            raise Http404 from error
        return render(request, "dossiers/not_online.html", {"code": code, "name": name}, status=404)
    return render(request, "dossiers/start.html", {"terms": terms, "code": code, "asked": form.asked, "known": form.known})


@require_http_methods(["GET", "HEAD", "POST"])
@citizen_page
def answers(request: HttpRequest, code: str) -> HttpResponse:
    """The declaration: asked fields, known fields read-only, and where the dossier goes."""
    terms, actor = _terms(code), actor_of(request)
    person_id = services.filer(actor)
    draft = _draft(request, code)
    form_version = draft.form_version if draft is not None else queries.newest_form(code)
    units = [(unit.code, unit.name) for unit in queries.handling_units(person_id, terms.levels)]
    if request.method == "POST":
        names = [UNIT, *(field["name"] for field in form_version.asked)]
        typed = {name: request.POST.get(name, "") for name in names}
        draft = services.start_or_open_draft(actor=actor, procedure_code=code, now=timezone.now())
        services.save_draft(actor=actor, draft_id=draft.id, values=typed, unit_code=typed[UNIT], page="to-khai")
        form = AnswersForm(form_version.asked, typed, units=units)
        if request.POST.get("act") != "tiep":
            messages.success(request, _("Đã lưu nháp. Bạn có thể quay lại làm tiếp bất cứ lúc nào."))
            return redirect(_at(code, "to-khai"))
        if form.is_valid():
            return redirect(_at(code, "kiem-tra" if request.GET.get("ve") == "kiem-tra" else "giay-to"))
    else:
        kept = {**(draft.answers or {}), UNIT: draft.unit_code} if draft is not None else {UNIT: units[0][0] if units else ""}
        # Coming back from the check page one sees at once what is wrong; otherwise nobody is scolded before sending.
        form = AnswersForm(form_version.asked, kept if request.GET.get("ve") else None, units=units, initial=kept)
    person = people.person(person_id)
    known = queries.known_answers(form_version, person)
    return render(
        request,
        "dossiers/answers.html",
        _context(
            terms,
            "to-khai",
            form=form,
            known=[{"label": field["label"], "value": shown(field, known[field["name"]])} for field in form_version.known],
            checked=person.registry_matches is True,
            draft=draft,
        ),
        status=422 if request.method == "POST" and form.errors else 200,
    )


def _papers_page(request: HttpRequest, terms: Terms, draft: Draft, problems: list[Problem], status: int = 200) -> HttpResponse:
    given = list(draft.papers.select_related("file"))
    wanted: list[dict[str, Any]] = [
        {
            "paper": paper,
            "given": [one for one in given if one.kind == paper.kind],
            "errors": [problem.message for problem in problems if problem.field == paper.kind],
        }
        for paper in terms.papers
    ]
    return render(
        request,
        "dossiers/papers.html",
        _context(
            terms,
            "giay-to",
            wanted=wanted,
            others=[item for item in wanted if not item["paper"].required],
            others_open=any(item["given"] or item["errors"] for item in wanted if not item["paper"].required),
            problems=problems,
            draft=draft,
            max_mb=settings.MAX_FILE_BYTES // 2**20,
        ),
        status=status,
    )


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def papers(request: HttpRequest, code: str) -> HttpResponseBase:
    """The papers. A request that is too long is answered before it is read: hence the token is checked one step later."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.method == "POST" and (not length.isdigit() or int(length) > settings.MAX_FILE_BYTES + REQUEST_OVERHEAD):
        return _too_long(request, code=code)
    return _papers(request, code=code)


@citizen_page
def _too_long(request: HttpRequest, code: str) -> HttpResponse:
    draft = _draft(request, code)
    if draft is None:
        return redirect(_at(code, "to-khai"))
    limit = settings.MAX_FILE_BYTES // 2**20
    problem = Problem("giay-to", "", _("Tệp lớn hơn %(limit)d MB nên chưa nhận. Bạn hãy chụp lại ở cỡ nhỏ hơn.") % {"limit": limit})
    response = _papers_page(request, _terms(code), draft, [problem], status=413)
    response["Connection"] = "close"
    return response


@csrf_protect
@citizen_page
def _papers(request: HttpRequest, code: str) -> HttpResponse:
    terms, draft = _terms(code), _draft(request, code)
    if draft is None:
        return redirect(_at(code, "to-khai"))
    if request.method != "POST":
        return _papers_page(request, terms, draft, [])
    kind = request.POST.get("kind", "")
    upload = request.FILES.get("file")
    if request.POST.get("act") == "tiep" and upload is None:
        missing = [problem for problem in problems_of(draft, terms) if problem.page == "giay-to"]
        return _papers_page(request, terms, draft, missing, status=422) if missing else redirect(_at(code, "kiem-tra"))
    if not isinstance(upload, UploadedFile):
        return _papers_page(
            request, terms, draft, [Problem("giay-to", kind, _("Bạn hãy chọn ảnh hoặc tệp PDF rồi bấm “Thêm”."))], status=422
        )
    try:
        services.add_paper(actor=actor_of(request), draft_id=draft.id, kind=kind, upload=upload, now=timezone.now())
    except FilingRefused as refused:
        return _papers_page(request, terms, draft, refused.problems, status=422)
    messages.success(request, _("Đã nhận tệp “%(name)s”.") % {"name": upload.name})
    return redirect(_at(code, "giay-to"))


@require_safe
@citizen_page
def draft_paper(request: HttpRequest, code: str, paper_id: UUID) -> HttpResponseBase:
    """A paper of one's own draft, to look at it again."""
    draft = _draft(request, code)
    paper = draft.papers.select_related("file").filter(pk=paper_id).first() if draft is not None else None
    if paper is None:
        raise Http404
    return send_file(paper.file, name=str(paper.file.name or ""), inline=paper.file.media_type.startswith("image/"), unchecked=True)


@require_http_methods(["POST"])
@citizen_page
def remove_paper(request: HttpRequest, code: str, paper_id: UUID) -> HttpResponse:
    """Take a paper out again."""
    draft = _draft(request, code)
    if draft is None:
        raise NotYours
    services.remove_paper(actor=actor_of(request), draft_id=draft.id, paper_id=paper_id)
    messages.success(request, _("Đã xóa tệp."))
    return redirect(_at(code, "giay-to"))


@require_http_methods(["GET", "HEAD", "POST"])
@citizen_page
def check(request: HttpRequest, code: str) -> HttpResponse:
    """Check your answers, then send. Sending twice gives the same dossier."""
    terms, actor = _terms(code), actor_of(request)
    if request.method == "POST":
        try:
            draft_id = UUID(request.POST.get("draft", ""))
        except ValueError as error:
            raise NotYours from error
        try:
            dossier = services.submit(actor=actor, draft_id=draft_id, now=timezone.now())
        except FilingRefused:
            return _check_page(request, terms, status=422)
        return redirect(reverse("dossier", args=[dossier.code]) + "?da-gui=1")
    if _draft(request, code) is None:
        return redirect(_at(code, "to-khai"))
    return _check_page(request, terms)


def _check_page(request: HttpRequest, terms: Terms, status: int = 200) -> HttpResponse:
    actor, code = actor_of(request), terms.procedure_code
    draft = _draft(request, code)
    if draft is None:
        raise NotYours
    if draft.last_page != "kiem-tra" and request.method == "GET":
        services.save_draft(actor=actor, draft_id=draft.id, values={}, page="kiem-tra")
    typed = draft.answers or {}
    known = queries.known_answers(draft.form_version, people.person(services.filer(actor)))
    checked = AnswersForm(draft.form_version.asked, typed)
    checked.is_valid()
    values = {**typed, **checked.cleaned_data, **known}
    change = _at(code, "to-khai") + "?ve=kiem-tra"
    rows = [
        {
            "label": field["label"],
            "value": shown(field, str(values.get(field["name"], ""))),
            "href": "" if "prefill" in field else f"{change}#id_{field['name']}{'_0' if field['kind'] == 'choice' else ''}",
        }
        for field in draft.form_version.fields
    ]
    return render(
        request,
        "dossiers/check.html",
        _context(
            terms,
            "kiem-tra",
            draft=draft,
            rows=rows,
            unit=queries.handling_unit(draft.unit_code),
            change=change,
            papers=list(draft.papers.select_related("file")),
            problems=problems_of(draft, terms),
        ),
        status=status,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@citizen_page
def discard(request: HttpRequest, code: str) -> HttpResponse:
    """Throw the draft away; asks first."""
    terms, draft = _terms(code), _draft(request, code)
    if draft is None:
        return redirect("dossiers")
    if request.method == "POST":
        services.discard_draft(actor=actor_of(request), draft_id=draft.id)
        messages.success(request, _("Đã xóa bản nháp."))
        return redirect("dossiers")
    return render(request, "dossiers/discard.html", _context(terms, "to-khai", draft=draft))
