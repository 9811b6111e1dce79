"""Pages of owners: profile, one's data, locking and opening, complaints, leaving."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import queries, sessions
from accounts.devices import device_of
from accounts.forms import CodeForm
from accounts.masks import masked
from accounts.models import AccountComplaint, AccountLock
from accounts.models.sessions import Way
from accounts.owner import clocks, complaints, copies, leaving, locks, looking, unlocking
from accounts.owner.forms import CloseForm, ComplaintCodeForm, ComplaintForm, LockForm, UnlockForm
from accounts.owner.lines import obstacles
from accounts.pages import citizen_page
from accounts.registration.terms import consents_of
from accounts.services import otp
from accounts.sessions import session_of
from accounts.views.citizens import try_again
from accounts.views.ways import over_limit, signed_in
from accounts.ways import choices
from portal.access import ActingAs, Actor, Assurance, actor_of
from portal.catalogues.places import commune_today, residence, whole_address
from portal.documents.units import unit_name
from portal.files.responses import send_file
from portal.limits import client_address, take

UNLOCK_REQUEST = "unlock_request"
COMPLAINTS_A_DAY = 20
"""Of one person, or from one address: many share one."""


@signed_in
@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    """Who the registers say I am, since when, and what to do where it is wrong. Nothing of it is changed here."""
    actor = actor_of(request)
    assert actor.person_id is not None
    if actor.acting_as is ActingAs.ORGANISATION:
        return _organisation(request, actor)
    person = queries.person(actor.person_id)
    context = {
        "person": person,
        "id_number": masked(person.id_number),
        "phone": masked(person.phone),
        "address": whole_address(person.address or "", residence(person.id)),
        "documents": [
            # Country and number are kept as one.
            {"row": row, "country": (row.number or "").partition(":")[0], "number": masked((row.number or "").partition(":")[2])}
            for row in queries.documents_of(person.id)
        ],
        "email": queries.email_addresses(person.id)[0],
        "by_email": not person.phone,
        "birth_date": date.fromisoformat(person.birth_date) if person.birth_date else None,
        "session": session_of(request),
        "certain": actor.assurance >= Assurance.HIGH,
        "may_add_number": not person.id_number and actor.acting_as is ActingAs.SELF,
        "offices": [(position, unit_name(position.unit_code)) for position in queries.positions_held(person.id)],
    }
    return render(request, "accounts/owner/profile.html", context)


def _organisation(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who the business registry says the organisation is for which the person acts."""
    assert actor.party_id is not None
    found = queries.organisation(actor.party_id)
    context = {
        "organisation": found,
        "address": whole_address(found.address, commune_today(found.residence_unit)),
        "representatives": queries.legal_representatives(found.id),
    }
    return render(request, "accounts/owner/organisation.html", context)


@citizen_page
@require_http_methods(["GET", "HEAD", "POST"])
def own_data(request: HttpRequest) -> HttpResponseBase:
    """What the portal holds about the party, who of the agencies looked at it, and a copy of all."""
    actor = actor_of(request)
    now = timezone.now()
    may_copy = copies.may_ask(actor, now)
    if request.method == "POST":
        if not may_copy:
            raise Http404
        try:
            copies.ask(actor=actor, now=now)
        except copies.TooMany:
            messages.error(request, _("Hôm nay bạn đã yêu cầu đủ số bản sao. Bạn thử lại vào ngày mai."))
        else:
            messages.success(request, _("Đã nhận yêu cầu. Bản sao thường xong sau vài phút; bạn được báo khi xong."))
        return redirect("own-data")
    open_to_all = actor.procedures is None
    looks = Paginator(looking.seen_by_agencies(actor) if open_to_all else [], 20)
    context = {
        "page": looks.get_page(request.GET.get("trang")),
        "copies": copies.copies_of(actor) if may_copy else [],
        "may_copy": may_copy,
        "consents": consents_of(actor.person_id) if actor.acting_as is ActingAs.SELF and actor.person_id is not None else [],
        "most": looking.MOST,
        "kept": copies.KEPT.days,
    }
    return render(request, "accounts/owner/own_data.html", context)


@citizen_page
@require_safe
def take_copy(request: HttpRequest, copy_id: UUID, ending: str) -> HttpResponseBase:
    """A file of one's own copy."""
    actor = actor_of(request)
    # Who asked as a representative and is none any more has no right to it left, whatever mandate they hold now.
    may_take = ending in ("json", "pdf") and copies.may_ask(actor, timezone.now())
    found = copies.copy_of(actor, copy_id) if may_take else None
    file = None if found is None else found.json_file if ending == "json" else found.pdf_file
    if file is None:
        raise Http404
    return send_file(file, name=f"du-lieu-cua-toi.{ending}", inline=False)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def lock(request: HttpRequest) -> HttpResponse:
    """My account was stolen: every session ends at once, nobody signs in until the owner has proved who they are."""
    actor = actor_of(request)
    assert actor.user_id is not None
    form = LockForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        needs = Assurance.MEDIUM if form.cleaned_data["phone"] == "mine" else Assurance.HIGH
        locks.lock(user_id=actor.user_id, reason=AccountLock.Reason.OWNER, needs=needs, actor=actor, now=timezone.now())
        logout(request)
        proofs = choices.to_unlock()
        page = render(request, "accounts/owner/locked.html", {"by_code": needs == Assurance.MEDIUM, "proofs": proofs})
        return choices.lets_forms_lead_to(page, proofs)
    return render(request, "accounts/owner/lock.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unlock(request: HttpRequest) -> HttpResponse:
    """First step of opening a locked account: who one is. Alike for every number."""
    form = UnlockForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if (refusal := over_limit(request, "unlock")) is not None:
            return refusal
        if form.is_valid():
            try:
                request_id = unlocking.ask(
                    **form.cleaned_data, address=client_address(request), device=device_of(request), now=timezone.now()
                )
            except otp.TooManyRequests as too_many:
                form.add_error("id_number", try_again(too_many))
            else:
                request.session[UNLOCK_REQUEST] = str(request_id)
                return redirect("account-unlock-code")
    proofs = choices.to_unlock()
    page = render(request, "accounts/owner/unlock.html", {"form": form, "proofs": proofs}, status=422 if form.errors else 200)
    return choices.lets_forms_lead_to(page, proofs)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unlock_code(request: HttpRequest) -> HttpResponse:
    """Second step: the code. Then the account is open, and one is signed in."""
    request_id = request.session.get(UNLOCK_REQUEST)
    if not request_id:
        return redirect("account-unlock")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if (refusal := over_limit(request, "unlock-code")) is not None:
            return refusal
        if form.is_valid():
            try:
                person = unlocking.open_by_code(request_id=UUID(request_id), code=form.cleaned_data["code"], now=timezone.now())
            except otp.WrongCode as wrong:
                if wrong.tries_left:
                    form.add_error("code", _("Mật khẩu chưa đúng. Bạn còn %(left)d lần thử.") % {"left": wrong.tries_left})
                else:
                    form.add_error("code", _("Mật khẩu không đúng hoặc đã hết hạn. Bạn quay lại bước trước để nhận mật khẩu mới."))
            else:
                request.session.pop(UNLOCK_REQUEST, None)
                assert person.user is not None
                sessions.sign_in(request, person.user, way=Way.CODE, assurance=Assurance.MEDIUM)
                messages.success(request, _("Tài khoản của bạn đã mở lại. Bạn xem lại các lần đăng nhập và khóa truy cập của mình."))
                return redirect("account")
    return render(request, "accounts/owner/unlock_code.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def complain(request: HttpRequest) -> HttpResponse:
    """A complaint about an account, of anybody: who is locked out cannot sign in."""
    actor = actor_of(request)
    known = actor.is_signed_in
    kind = request.GET.get("ve", "")
    initial = {"kind": kind if kind in AccountComplaint.Kind.values else "", "fields_wrong": request.GET.getlist("muc")}
    form = ComplaintForm(request.POST if request.method == "POST" else None, known=known, initial=initial)
    if request.method == "POST":
        if (refusal := over_limit(request, "complaint")) is not None:
            return refusal
        who = str(actor.person_id) if known else client_address(request)
        if form.is_valid():
            if not take("account-complaint", who, capacity=COMPLAINTS_A_DAY, refill_per_second=COMPLAINTS_A_DAY / 86400).allowed:
                form.add_error(None, _("Bạn đã gửi nhiều khiếu nại hôm nay. Bạn thử lại sau, hoặc gọi 1800 1096."))
            else:
                made = complaints.file(kind=form.cleaned_data["kind"], said=form.said(), actor=actor, now=timezone.now())
                messages.success(request, _("Đã nhận khiếu nại. Bạn ghi lại mã để theo dõi."))
                return redirect("account-complaint", made.code)
    return render(request, "accounts/owner/complain.html", {"form": form, "known": known}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def follow_complaint(request: HttpRequest) -> HttpResponse:
    """Find one's complaint by its code."""
    form = ComplaintCodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if (refusal := over_limit(request, "complaint-code")) is not None:
            return refusal
        if form.is_valid():
            found = complaints.by_code(form.cleaned_data["code"])
            if found is not None:
                return redirect("account-complaint", found.code)
            form.add_error("code", _("Không có khiếu nại nào mang mã này. Bạn kiểm tra lại."))
    return render(request, "accounts/owner/follow.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_safe
def complaint(request: HttpRequest, code: str) -> HttpResponse:
    """How a complaint stands, for whoever has its code: both parties. Its clocks and its outcome, nothing of who said what."""
    if (refusal := over_limit(request, "complaint-page")) is not None:
        return refusal
    row = complaints.by_code(code)
    if row is None:
        raise Http404
    now = timezone.now()
    context: dict[str, Any] = {
        "complaint": row,
        "tell": clocks.tell(received_at=row.received_at, told_at=row.told_at, now=now),
        "answer": clocks.answer(taken_at=row.taken_at, ended_at=row.ended_at, now=now),
    }
    return render(request, "accounts/owner/complaint.html", context)


@citizen_page
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest) -> HttpResponseBase:
    """Leave: what goes, what stays, what stands in the way; asked, and called off within two weeks."""
    actor = actor_of(request)
    if actor.acting_as is not ActingAs.SELF:
        return redirect("account")
    now = timezone.now()
    if request.method == "POST" and request.POST.get("act") == "stay":
        leaving.call_off(actor=actor, now=now)
        messages.success(request, _("Tài khoản của bạn được giữ lại."))
        return redirect("account")
    form = CloseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            leaving.ask(actor=actor, now=now)
        except leaving.NotYet as not_yet:
            form.add_error(None, not_yet.reasons)
        else:
            return redirect("account-close")
    context = {
        "form": form,
        "closing": leaving.open_closing(actor),
        "reasons": obstacles(actor),
        "days": leaving.THINK_OVER.days,
    }
    return render(request, "accounts/owner/close.html", context, status=422 if form.errors else 200)
