"""Pages of the applicant's signature: by remote signing or by a file signed outside; complete without JavaScript."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import queries as people
from dossiers import queries
from dossiers.models import Draft, SignedDeclaration
from dossiers.printing import is_lawful, lawful_form
from dossiers.services import DraftChanged, NotYours, filer
from dossiers.signing import current, services, words
from dossiers.signing.forms import SignedOutsideForm
from dossiers.terms import terms_shown
from dossiers.views.common import citizen_page, send_file
from portal.access import actor_of
from portal.files.errors import FileRefused
from portal.limits import limit_view

_TRIES = {"capacity": 30, "per_seconds": 600, "key": "user", "methods": {"POST"}}
"""Signatures that one person may begin: each keeps a worker and the signing service busy."""
_Row = SignedDeclaration


def _own(request: HttpRequest, code: str) -> tuple[Draft, SignedDeclaration | None]:
    draft = queries.draft_of(actor_of(request), code)
    if draft is None or not current.is_asked(draft.form_version, draft.party_id):
        raise Http404
    return draft, current.declaration_of(draft.id)


def _counts(request: HttpRequest, draft: Draft, row: SignedDeclaration | None) -> bool:
    """Whether a declaration is still of the draft as it stands, and asked for by this person."""
    return row is not None and row.version == draft.version and row.person_id == actor_of(request).person_id


@require_http_methods(["GET", "HEAD", "POST"])
@limit_view("declaration-signature", **_TRIES)  # type: ignore[arg-type]
@citizen_page
def sign(request: HttpRequest, code: str) -> HttpResponseBase:
    """The declaration that was checked, and the two ways to sign it; or what is being done with it now."""
    draft = queries.draft_of(actor_of(request), code)
    if draft is None or not current.is_asked(draft.form_version, draft.party_id):
        # Sent, thrown away, or nothing to be signed: that page knows.
        return redirect("file-kiem-tra", code=code)
    row = current.declaration_of(draft.id)
    if row is None or not _counts(request, draft, row):
        if row is not None:
            messages.warning(
                request, _("Hồ sơ đã thay đổi, hoặc người khác lập tờ khai này, nên bạn chưa ký được. Bạn kiểm tra lại rồi ký.")
            )
        return redirect("file-kiem-tra", code=code)
    if request.method == "POST":
        return _act(request, code, draft)
    return _page(request, code, draft, row)


def _act(request: HttpRequest, code: str, draft: Draft) -> HttpResponseBase:
    actor, act, now = actor_of(request), request.POST.get("act"), timezone.now()
    here = redirect("file-ky", code=code)
    try:
        if act == "dich-vu":
            return redirect(services.begin_remote(actor=actor, draft_id=draft.id, now=now))
        if act == "dung":
            services.stop(actor=actor, draft_id=draft.id, now=now)
        elif act == "tep":
            form = SignedOutsideForm(request.POST, request.FILES)
            if form.is_valid():
                services.send_signed(actor=actor, draft_id=draft.id, upload=form.cleaned_data["signed"], now=now)
                return here
            return _again(request, code, form)
    except services.NotNow as other:
        messages.warning(request, str(other))
    except DraftChanged:
        return redirect("file-kiem-tra", code=code)
    except FileRefused as refused:
        return _again(request, code, SignedOutsideForm.refused(refused.message))
    return here


def _again(request: HttpRequest, code: str, form: SignedOutsideForm) -> HttpResponse:
    draft, row = _own(request, code)
    if row is None:
        raise NotYours
    return _page(request, code, draft, row, form=form, status=422)


def _page(
    request: HttpRequest, code: str, draft: Draft, row: SignedDeclaration, *, form: SignedOutsideForm | None = None, status: int = 200
) -> HttpResponse:
    way, refusal = words.refusal_of(row)
    if form is None:
        form = SignedOutsideForm.refused(refusal) if refusal and way == _Row.Way.FILE else SignedOutsideForm()
    begun = row.attempts.filter(number=None, ended_at=None, until__gt=timezone.now()).first() if row.state == _Row.READY else None
    party = people.party(draft.party_id)
    context: dict[str, Any] = {
        "code": code,
        "terms": terms_shown(code, timezone.now()),
        "draft": draft,
        "row": row,
        "form": form,
        "waits": row.state in (_Row.QUEUED, _Row.SIGNING),
        "waits_for": words.waits_for(row.note) if row.state == _Row.SIGNING else "",
        "remote_refusal": refusal if way == _Row.Way.REMOTE and form.is_bound is False else "",
        "begun": begun,
        "confirmed": begun is not None and "da-xac-nhan" in request.GET,
        "party": party,
        "is_other": not party.is_organisation and party.id != filer(actor_of(request)),
        "is_lawful": is_lawful(draft.form_version),
        "lawful": lawful_form(draft.form_version),
    }
    return render(request, "dossiers/signing/sign.html", context, status=status)


@require_safe
@citizen_page
def given(request: HttpRequest, code: str) -> HttpResponseBase:
    """The declaration as it is to be signed: exactly these bytes."""
    draft, row = _own(request, code)
    if row is None or row.file is None or not _counts(request, draft, row):
        raise Http404
    return send_file(row.file, name=f"to-khai-{code}.pdf", inline="xem" in request.GET, trusted=True)


@require_safe
@citizen_page
def signed(request: HttpRequest, code: str) -> HttpResponseBase:
    """What was signed, before it is sent."""
    draft, row = _own(request, code)
    if row is None or row.signed_file is None or not _counts(request, draft, row):
        raise Http404
    return send_file(row.signed_file, name=str(row.signed_file.name or ""), inline=False)


@require_safe
@citizen_page
def authorised(request: HttpRequest) -> HttpResponseBase:
    """The signer comes back from the signing service; the worker does the rest."""
    asked = request.GET
    try:
        back = services.come_back(
            actor=actor_of(request),
            state=asked.get("state", "")[:500],
            code=asked.get("code", "")[:2000],
            error=asked.get("error", "")[:100],
            now=timezone.now(),
        )
    except services.LinkRefused:
        response = render(request, "dossiers/signing/link_refused.html", status=400)
    else:
        if back.message:
            messages.add_message(request, messages.SUCCESS if back.granted else messages.WARNING, back.message)
        response = redirect(reverse("file-ky", args=[back.procedure_code]))
    response["Referrer-Policy"] = "no-referrer"
    return response
