"""The person's own page: which systems know me, what they know, where I am signed in there (A-05, A-06, A-13)."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import SignInConsent, SignInGrant
from accounts.provider import granting
from accounts.provider.scopes import SCOPES
from accounts.views.ways import signed_in
from portal.access import actor_of
from portal.catalogues.queries import agency_names

MOST = 100


@dataclass
class Known:
    """A system, what it may know, and the sessions there that are open."""

    consent: SignInConsent
    agency: str
    scopes: list[str | Promise]
    open: list[SignInGrant] = field(default_factory=list)


def known_to(person_id: UUID) -> list[Known]:
    """The systems that a person lets know something, the last used first (three queries)."""
    rows = SignInConsent.objects.filter(person_id=person_id, withdrawn_at=None).select_related("client", "organisation")
    consents = list(rows.order_by("-used_at", "id")[:MOST])
    names = agency_names({row.client.unit_code for row in consents})
    found = {
        (row.client_id, row.organisation_id): Known(
            row, names.get(row.client.unit_code, ""), [SCOPES[name].label for name in row.scopes if name in SCOPES]
        )
        for row in consents
    }
    grants = SignInGrant.objects.filter(person_id=person_id, ended_at=None, begun_at__isnull=False, session__ended_at=None)
    for grant in grants.select_related("session").order_by("-asked_at", "id")[:MOST]:
        if (known := found.get((grant.client_id, grant.organisation_id))) is not None:
            known.open.append(grant)
    return list(found.values())


@signed_in
@require_safe
def systems(request: HttpRequest) -> HttpResponse:
    """Which systems know me."""
    actor = actor_of(request)
    assert actor.person_id is not None
    return render(request, "accounts/provider/systems.html", {"systems": known_to(actor.person_id)})


@signed_in
@require_POST
def withdraw(request: HttpRequest, consent_id: UUID) -> HttpResponse:
    """Take back what one let a system know."""
    if granting.withdraw(consent_id=consent_id, actor=actor_of(request), now=timezone.now()):
        messages.success(request, _("Đã rút đồng ý và đăng xuất khỏi hệ thống đó. Lần sau hệ thống đó phải hỏi lại bạn."))
    else:
        messages.info(request, _("Đồng ý này đã được rút từ trước."))
    return redirect("sign-on-systems")


@signed_in
@require_POST
def end_there(request: HttpRequest, grant_id: UUID) -> HttpResponse:
    """Sign out of one system."""
    if granting.end_there(grant_id=grant_id, actor=actor_of(request), now=timezone.now()):
        messages.success(request, _("Đã đăng xuất khỏi hệ thống đó."))
    else:
        messages.info(request, _("Phiên đó đã kết thúc từ trước."))
    return redirect("sign-on-systems")
