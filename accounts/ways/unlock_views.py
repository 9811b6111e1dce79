"""Opening a locked account by a proof outside: a certificate, an officer's, a provider outside (A-11, A-13; Rules art. 8.2, 13.2).

Who signs in that way finds their account shut, reads why, and opens it by one press: nothing is opened by a sign-in in passing. A passkey
or an app proves nothing here, for whoever had got into the account could have bound it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import sessions
from accounts.models import AccountLock, CertificateSignIn, CitizenSignIn, OutsideSignIn, Person
from accounts.models.sessions import Way
from accounts.models.sign_in import SignedChallenge
from accounts.owner import locks
from accounts.services import certificates as officers
from accounts.views.officers import CERTIFICATE_SIGN_IN
from accounts.views.ways import DESK, NEXT, greeted, safe_next
from accounts.ways import certificate_views, certificates, outside, outside_views
from accounts.ways.proved import proved
from portal.access import Assurance, actor_of

_PROVED = SignedChallenge.State.PROVED


@dataclass(frozen=True)
class Proof:
    """Who has proved in this browser who they are, by what, how surely."""

    key: str
    """In the session: which sign-in it is."""
    sign_in_id: UUID
    person: Person
    assurance: Assurance
    way: Way


def _proof(request: HttpRequest, now: datetime) -> Proof | None:
    """The proof that waits in this browser; None where there is none (any longer). Three queries at most."""
    if (found := request.session.get(certificate_views.SIGN_IN)) is not None:
        row = CitizenSignIn.objects.select_related("person__user").filter(pk=found, state=_PROVED, expires_at__gt=now).first()
        if row is not None and row.person is not None:
            return Proof(certificate_views.SIGN_IN, row.pk, row.person, Assurance.HIGH, Way(row.way))
    if (found := request.session.get(outside_views.SIGN_IN)) is not None:
        rows = OutsideSignIn.objects.select_related("person__user", "provider").filter(state=OutsideSignIn.State.PROVED, expires_at__gt=now)
        there = rows.filter(pk=found, is_linked=True, provider__is_live=True).first()
        if there is not None and there.person is not None:
            return Proof(outside_views.SIGN_IN, there.pk, there.person, Assurance(there.assurance), there.provider.way)
    if (found := request.session.get(CERTIFICATE_SIGN_IN)) is not None:
        held = (
            CertificateSignIn.objects.select_related("position__person__user").filter(pk=found, state=_PROVED, expires_at__gt=now).first()
        )
        if held is not None and held.position is not None:
            return Proof(CERTIFICATE_SIGN_IN, held.pk, held.position.person, Assurance.HIGH, Way(held.way))
    return None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unlock(request: HttpRequest) -> HttpResponse:
    """Why the account of whoever has just proved to be its owner is shut; opened by one press, where the proof is sure enough."""
    now = timezone.now()
    proof = _proof(request, now)
    held: AccountLock | None = locks.open_lock(proof.person.user_id) if proof is not None and proof.person.user_id is not None else None
    if proof is None or held is None:
        return redirect("account-unlock")
    if actor_of(request).is_signed_in:
        # Nobody becomes another one, nor opens another's account, by a step-up.
        request.session.pop(proof.key, None)
        messages.error(request, _("Cách xác thực này là của người khác, nên phiên của bạn vẫn như trước."))
        return redirect("step-up")
    if request.method == "POST":
        try:
            answer = _opened(request, proof, now)
        except locks.NeedsMore:
            answer = None
        if answer is not None:
            messages.success(request, _("Tài khoản của bạn đã mở lại. Bạn xem lại các lần đăng nhập và khóa truy cập của mình."))
            return answer
        request.session.pop(proof.key, None)
        messages.error(request, _("Không mở được bằng lần xác thực này. Bạn thử lại từ đầu."))
        return redirect("account-unlock")
    return render(request, "accounts/ways/unlock.html", {"lock": held, "enough": held.needs <= int(proof.assurance)})


def _opened(request: HttpRequest, proof: Proof, now: datetime) -> HttpResponse | None:
    """Use the proof up: the account is open and its owner signed in; None where it serves no more. Raises ``locks.NeedsMore``."""
    if proof.key == certificate_views.SIGN_IN:
        by_certificate = certificates.use(sign_in_id=proof.sign_in_id, now=now, opens=True)
        if by_certificate is None or by_certificate.person is None or by_certificate.person.user is None:
            return None
        request.session.pop(proof.key, None)
        return proved(request, user=by_certificate.person.user, way=proof.way, assurance=Assurance.HIGH)
    if proof.key == outside_views.SIGN_IN:
        there = outside.use(sign_in_id=proof.sign_in_id, now=now, opens=True)
        if there is None or there.person is None or there.person.user is None:
            return None
        request.session.pop(proof.key, None)
        return proved(request, user=there.person.user, way=proof.way, assurance=proof.assurance)
    position = officers.use(sign_in_id=proof.sign_in_id, now=now, opens=True)
    if position is None or position.person.user is None:
        return None
    target = safe_next(request, DESK)
    for key in (proof.key, NEXT):
        request.session.pop(key, None)
    sessions.sign_in(request, position.person.user, way=proof.way, assurance=Assurance.HIGH, position=position)
    return greeted(request, redirect(target))
