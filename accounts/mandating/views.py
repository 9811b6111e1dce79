"""Pages of mandates: who acts for whom, invitations, a guardian's request, what was done for one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.mandating import choosing, done, guardians, offers
from accounts.mandating.forms import SOME, GuardianForm, InviteForm, PeriodForm
from accounts.masks import masked
from accounts.models import GuardianRequest, Mandate, MandateOffer
from accounts.pages import citizen_page
from accounts.services import mandates
from accounts.services.mandates import BadMandate
from portal.access import AccessDenied, ActingAs, Actor, actor_of
from portal.ui.tags import last_day

PAGE = 20
KEPT_OFFERS = 50


def _begin_of_next(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time())) if day else None


def _may_give(actor: Actor, now: datetime) -> dict[str, UUID | None] | None:
    try:
        return offers.giving_party(actor, now)
    except AccessDenied:
        return None


def _given_by(actor: Actor, whose: dict[str, UUID | None] | None) -> QuerySet[Mandate]:
    """Who acts or acted for the party for whom the actor acts; its own representatives too. Nothing for who only holds a mandate."""
    if whose is None:
        return Mandate.objects.none()
    return Mandate.objects.filter(**whose).select_related("person", "organisation", "grantor").order_by("-given_at", "id")


@citizen_page
@require_safe
def mandate_list(request: HttpRequest) -> HttpResponse:
    """Who acts for whom: what is offered to me, for whom I act, who acts for me or for the organisation I represent."""
    actor, now = actor_of(request), timezone.now()
    assert actor.person_id is not None
    whose = _may_give(actor, now)
    page = Paginator(_given_by(actor, whose), PAGE).get_page(request.GET.get("trang"))
    sent = MandateOffer.objects.filter(**whose, accepted_at__isnull=True) if whose is not None else MandateOffer.objects.none()
    offered = offers.offered_to(actor, now) if actor.acting_as is ActingAs.SELF else []
    held = list(
        Mandate.objects.in_force(now)
        .filter(person_id=actor.person_id)
        .select_related("organisation", "grantor")
        .order_by("given_at", "id")[:PAGE]
        if actor.acting_as is ActingAs.SELF
        else []
    )
    sent_rows = list(sent.order_by("-offered_at", "id")[:KEPT_OFFERS])
    given = list(page.object_list)
    names = offers.procedure_names([*offered, *held, *sent_rows, *given])
    asked = GuardianRequest.objects.filter(person_id=actor.person_id).order_by("-asked_at", "id")[:PAGE]
    context = {
        "offered": [(offer, _scope(offer, names)) for offer in offered],
        "held": [(one, _scope(one, names)) for one in held],
        "given": [(one, _scope(one, names), _state(one, now)) for one in given],
        "sent": [(offer, _scope(offer, names), _offer_state(offer, now), masked(offer.number)) for offer in sent_rows],
        "page": page,
        "may_give": whose is not None,
        "requests": asked if actor.acting_as is ActingAs.SELF else [],
        "now": now,
    }
    return render(request, "accounts/mandating/list.html", context)


def _scope(row: Mandate | MandateOffer, names: dict[str, str]) -> list[str]:
    """Names of the procedures that a mandate is limited to; empty for all."""
    return [names.get(code, code) for code in row.procedures or ()]


def _state(one: Mandate, now: datetime) -> str:
    if one.withdrawn_at is not None:
        return "ended"
    return "over" if one.valid_to is not None and one.valid_to <= now else "holds"


def _offer_state(offer: MandateOffer, now: datetime) -> str:
    if offer.declined_at is not None:
        return "declined"
    if offer.withdrawn_at is not None:
        return "withdrawn"
    return "waiting" if offer.is_open(now=now) else "over"


@citizen_page
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """Invite somebody by their number. Procedures are found by words and ticked: a button searches, what is ticked stays."""
    actor, now = actor_of(request), timezone.now()
    if _may_give(actor, now) is None:
        return render(request, "accounts/mandating/not_yours_to_give.html", status=403)
    posted = request.method == "POST"
    chosen = request.POST.getlist("procedures")[: offers.MOST_PROCEDURES + 1] if posted else []
    words = request.POST.get("q", "").replace("\0", "").strip()[:200] if posted else ""
    known = choosing.names(code for code in chosen if len(code) <= 40 and "\0" not in code)
    found = [(code, name) for code, name in choosing.find(words) if code not in known]
    choices = [*sorted(known.items(), key=lambda pair: pair[1]), *found]
    searching = posted and request.POST.get("act") == "tim"
    form = InviteForm(request.POST if posted else None, choices=choices, initial={"scope": SOME})
    if posted and not searching and form.is_valid():
        said = form.cleaned_data
        try:
            offers.give_mandate(
                actor=actor,
                id_number=said["id_number"],
                called=said["called"],
                procedures=said["procedures"] if said["scope"] == SOME else None,
                valid_from=now,
                valid_to=_begin_of_next(said["valid_to"]),
                now=now,
            )
        except BadMandate as bad:
            form.add_error(bad.field if bad.field in form.fields else None, bad.message)
        else:
            messages.success(request, _("Đã gửi lời mời. Người mang số này thấy lời mời khi đăng nhập, và nhận trong 30 ngày."))
            return redirect("mandates")
    if searching:
        # Looking for procedures is no sending: what is not filled in yet is not wrong yet.
        form.errors.clear()
    wrong = posted and not searching and bool(form.errors)
    context = {"form": form if wrong else None, "invite_form": form, "searched": searching, "found": found, "words": words}
    return render(request, "accounts/mandating/invite.html", context, status=422 if wrong else 200)


Do = Callable[[], Any]


def _confirm(request: HttpRequest, *, title: str, about: list[str], button: str, do: Do, done_words: str) -> HttpResponse:
    """One question and its button; a refusal is told on the list."""
    if request.method == "POST":
        try:
            do()
        except BadMandate as bad:
            messages.error(request, bad.message)
        except AccessDenied as denied:
            raise Http404 from denied
        else:
            messages.success(request, done_words)
        return redirect("mandates")
    return render(request, "accounts/mandating/confirm.html", {"title": title, "about": about, "button": button})


def _offered(actor: Actor, offer_id: UUID, now: datetime) -> MandateOffer:
    found = next((offer for offer in offers.offered_to(actor, now) if offer.pk == offer_id), None)
    if found is None:
        raise Http404
    return found


def _terms(row: Mandate | MandateOffer) -> list[str]:
    names = offers.procedure_names([row])
    about = [_("Đại diện cho: %(party)s.") % {"party": row.party_name}]
    scope = _scope(row, names)
    about.append(_("Được làm: %(scope)s.") % {"scope": "; ".join(scope) if scope else _("mọi thủ tục")})
    if row.valid_to is not None:
        about.append(_("Đến hết ngày %(day)s") % {"day": f"{last_day(timezone.localtime(row.valid_to)):%d/%m/%Y}"} + ".")
    return about


@citizen_page
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    """Accept what was offered to me."""
    actor, now = actor_of(request), timezone.now()
    if request.method == "POST":
        return _confirm(
            request, title="", about=[], button="", done_words=_("Bạn đã nhận ủy quyền. Bạn đổi tư cách để làm cho bên ủy quyền."),
            do=lambda: offers.accept_mandate(actor=actor, offer_id=offer_id, now=now),
        )  # fmt: skip
    offer = _offered(actor, offer_id, now)
    about = [*_terms(offer), _("Mọi việc bạn làm theo ủy quyền được ghi lại và bên ủy quyền xem được. Bạn thôi nhận được bất cứ lúc nào.")]
    return _confirm(request, title=_("Nhận ủy quyền?"), about=about, button=_("Nhận ủy quyền"), do=lambda: None, done_words="")


@citizen_page
@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    """Decline what was offered to me."""
    actor, now = actor_of(request), timezone.now()
    about = _terms(_offered(actor, offer_id, now)) if request.method != "POST" else []
    return _confirm(
        request, title=_("Từ chối ủy quyền?"), about=about, button=_("Từ chối"), done_words=_("Bạn đã từ chối."),
        do=lambda: offers.decline_mandate(actor=actor, offer_id=offer_id, now=now),
    )  # fmt: skip


@citizen_page
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw_offer(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    actor, now = actor_of(request), timezone.now()
    whose = _may_give(actor, now)
    offer = MandateOffer.objects.filter(pk=offer_id, **whose).first() if whose is not None else None
    if offer is None:
        raise Http404
    return _confirm(
        request, title=_("Rút lời mời?"), about=[*_terms(offer)[1:], f"{offer.called} ({masked(offer.number)})"], button=_("Rút lời mời"),
        done_words=_("Đã rút lời mời."), do=lambda: offers.withdraw_offer(actor=actor, offer_id=offer_id, now=now),
    )  # fmt: skip


@citizen_page
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, mandate_id: UUID) -> HttpResponse:
    """End a mandate that was given: by the party, or by who holds it. At once."""
    actor, now = actor_of(request), timezone.now()
    whose = _may_give(actor, now)
    mine = Q(person_id=actor.person_id) | (Q(**whose) if whose is not None else Q(pk__in=[]))
    rows = Mandate.objects.select_related("person", "organisation", "grantor")
    found = rows.filter(mine, pk=mandate_id, basis=Mandate.Basis.GIVEN).first()
    if found is None:
        raise Http404
    about = [*_terms(found), _("Người được ủy quyền: %(name)s.") % {"name": found.person.full_name}]
    about.append(_("Có hiệu lực ngay, kể cả khi người này đang làm dở. Những gì đã gửi vẫn giữ nguyên."))
    return _confirm(
        request, title=_("Chấm dứt ủy quyền?"), about=about, button=_("Chấm dứt"), done_words=_("Đã chấm dứt ủy quyền."),
        do=lambda: mandates.withdraw_mandate(actor=actor, mandate_id=mandate_id, now=now),
    )  # fmt: skip


@citizen_page
@require_http_methods(["GET", "HEAD", "POST"])
def ask_as_guardian(request: HttpRequest) -> HttpResponse:
    """Ask the commune to confirm that one is somebody's guardian."""
    actor, now = actor_of(request), timezone.now()
    if actor.acting_as is not ActingAs.SELF:
        return render(request, "accounts/mandating/not_yours_to_give.html", status=403)
    form = GuardianForm(request.POST, request.FILES) if request.method == "POST" else GuardianForm()
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        try:
            guardians.ask_as_guardian(actor=actor, upload=said.pop("file"), now=now, **said)
        except BadMandate as bad:
            form.add_error(bad.field if bad.field in form.fields else None, bad.message)
        else:
            messages.success(request, _("Đã gửi. Ủy ban nhân dân cấp xã nơi bạn cư trú kiểm tra rồi báo cho bạn."))
            return redirect("mandates")
    wrong = form.is_bound and bool(form.errors)
    return render(request, "accounts/mandating/guardian.html", {"form": form}, status=422 if wrong else 200)


@citizen_page
@require_http_methods(["GET", "HEAD", "POST"])
def call_off_guardian(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Take a guardian's request back."""
    actor, now = actor_of(request), timezone.now()
    assert actor.person_id is not None
    asked = GuardianRequest.objects.filter(pk=request_id, person_id=actor.person_id).first()
    if asked is None or actor.acting_as is not ActingAs.SELF:
        raise Http404
    return _confirm(
        request, title=_("Rút đề nghị?"), about=[asked.ward_name or "", asked.document_number], button=_("Rút đề nghị"),
        done_words=_("Đã rút đề nghị và xóa bản chụp."),
        do=lambda: guardians.call_off(actor=actor, request_id=request_id, now=now),
    )  # fmt: skip


@citizen_page
@require_safe
def done_for_me(request: HttpRequest) -> HttpResponse:
    """What was done for the party for whom one acts, by whom."""
    actor = actor_of(request)
    form = PeriodForm(request.GET or None)
    begins, ends = form.days() if form.is_bound and form.is_valid() else (None, None)
    page = Paginator(done.done_for(actor, begins=begins, ends=ends), PAGE).get_page(request.GET.get("trang"))
    wrong = form.is_bound and bool(form.errors)
    rows = done.told(page.object_list, actor)
    period = urlencode({name: request.GET[name] for name in ("tu", "den") if request.GET.get(name)})
    context = {
        "period": period,
        "page": page,
        "rows": rows,
        "form": form if wrong else None,
        "period_form": form,
    }
    return render(request, "accounts/mandating/done.html", context, status=422 if wrong else 200)
