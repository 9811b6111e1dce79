"""Pages of somebody who is signed in: who one is, as whom one acts, what one was told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts import queries, sessions
from accounts.officers import substitutes
from accounts.owner.front import people_of
from accounts.owner.lines import Part, lines_for
from accounts.views.ways import DESK, GO_ON, citizens_next, signed_in
from portal.access import ActingAs, Actor, Assurance, actor_of
from portal.documents.units import unit_name
from portal.notifications import queries as notices
from portal.notifications.registry import off_address
from portal.notifications.services import mark_read


@signed_in
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """What waits for me, what ends, what I can do next; for an organisation its people too (C-08)."""
    actor = actor_of(request)
    assert actor.person_id is not None
    now = timezone.now()
    found = lines_for(request, actor, now) if actor.is_citizen else {}
    context = {
        "waiting": found.get(Part.WAITING, []),
        "ending": found.get(Part.ENDING, []),
        "next": found.get(Part.NEXT, []),
        "people": people_of(actor, now),
        "certain": actor.assurance >= Assurance.HIGH,
        "offices": queries.positions_held(actor.person_id),
        "acts_for_others": bool(queries.mandates_of(actor.person_id)),
        "is_self": actor.acting_as is ActingAs.SELF,
        "unread": notices.unread_count(_inbox_of(actor) or actor.person_id, actor.person_id),
    }
    return render(request, "accounts/account.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def capacities(request: HttpRequest) -> HttpResponse:
    """As whom one acts: oneself, somebody one may act for, or a position; changed on purpose, and noted."""
    actor = actor_of(request)
    assert actor.person_id is not None
    now = timezone.now()
    mandates, positions = queries.mandates_of(actor.person_id), queries.positions_held(actor.person_id)
    lent = substitutes.held_by(actor.person_id, now)
    # Of one whose last role was taken back the page says so: nothing can be done in it.
    prefetch_related_objects(positions, "given_roles")
    session = sessions.session_of(request)
    for_office = session is not None and session.for_office
    if request.method == "POST":
        wanted = request.POST.get("acting_as", "")
        if wanted == "self":
            sessions.choose(request, actor, ActingAs.SELF)
            return redirect(citizens_next(request))
        for mandate in mandates:
            if str(mandate.id) == wanted:
                sessions.choose(request, actor, sessions.capacity_of(mandate), mandate.id)
                return redirect(citizens_next(request))
        for position in positions:
            if str(position.id) == wanted:
                if not for_office:
                    # What proves a citizen, however surely, is not enough to act for an agency (Rules art. 11, 12.1): the certificate of
                    # the State's is asked for.
                    return redirect(reverse("officer-sign-in") + "?" + urlencode({GO_ON: "1"}))
                sessions.choose(request, actor, ActingAs.POSITION, position.id)
                return redirect(DESK)
        for one in lent:
            if str(one.id) == wanted:
                if not for_office:
                    return redirect(reverse("officer-sign-in") + "?" + urlencode({GO_ON: "1"}))
                sessions.choose(request, actor, sessions.SUBSTITUTE, one.id)
                return redirect(DESK)
        messages.error(request, _("Lựa chọn này không còn hiệu lực. Bạn hãy chọn lại."))
    context = {
        "mandates": mandates,
        "positions": [(position, unit_name(position.unit_code), bool(position.roles_at(now))) for position in positions],
        "lent": [(one, unit_name(one.absent.unit_code)) for one in lent],
        "chosen": next((one.id for one in lent if actor.substitutes == one.absent.id), None)
        or actor.position_id
        or actor.mandate_id
        or "self",
        "next": citizens_next(request, ""),
    }
    return render(request, "accounts/capacities.html", context)


def _inbox_of(actor: Actor) -> UUID | None:
    """Whose inbox one reads: that of the party for whom one acts, one's own as an officer; None where a mandate is for some procedures
    only, for notices do not say which they are about."""
    if not actor.is_citizen:
        return actor.person_id
    return actor.party_id if actor.procedures is None else None


@signed_in
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """The notices of the party for whom one acts; what one has read is one's own affair."""
    actor = actor_of(request)
    assert actor.person_id is not None
    party_id = _inbox_of(actor)
    rows: Any = notices.notices_of(party_id, actor.person_id) if party_id is not None else ()
    page = Paginator(rows, 20).get_page(request.GET.get("trang"))
    for notice in page.object_list:
        notice.off = off_address(notice) if notice.party_id == actor.person_id else ""
    return render(request, "accounts/inbox.html", {"page": page, "is_closed": party_id is None})


@signed_in
@require_POST
def open_notice(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """Note that a notice was read and go where it leads."""
    actor = actor_of(request)
    assert actor.person_id is not None
    party_id = _inbox_of(actor)
    notice = notices.notices_of(party_id, actor.person_id).filter(pk=notice_id).first() if party_id is not None else None
    if party_id is None or notice is None:
        return redirect("inbox")
    mark_read(party_id=party_id, reader=actor.person_id, notification_id=notice_id)
    return redirect(notice.link or "inbox")
