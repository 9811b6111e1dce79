"""Which ways there are to sign in, or to be known more surely: as links or buttons of a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import IdentityProvider
from accounts.models.sessions import Way
from accounts.ways import providers
from portal.access import Assurance


@dataclass(frozen=True)
class Choice:
    """One way: what it is called, one sentence about it, and where it begins."""

    way: Way
    label: str
    about: str
    url: str
    name: str = ""
    """Of a provider outside: how it is called in a sentence."""
    leads_to: str = ""
    """Of a provider outside: the origin to which browsers are led."""
    is_silent: bool = False
    """Of a provider outside: it does not answer us just now."""


def choice_of(row: IdentityProvider) -> Choice:
    """A provider outside as a way."""
    address = urlsplit((row.endpoints or {}).get("authorization_endpoint", ""))
    return Choice(
        way=row.way,
        label=_("Tài khoản %(name)s") % {"name": row.label},
        about=row.sentence,
        url=reverse("outside", args=[row.code]),
        name=row.label,
        leads_to=f"{address.scheme}://{address.netloc}" if address.netloc else "",
        is_silent=row.silent_since is not None,
    )


def lets_forms_lead_to(response: HttpResponse, choices: Iterable[Choice]) -> HttpResponse:
    """The page with forms whose answers lead to providers outside: browsers hold such a redirect to the page's list."""
    if origins := sorted({one.leads_to for one in choices} - {""}):
        response._csp_update = {"form-action": origins}  # type: ignore[attr-defined]
    return response


def _outside(least: Assurance = Assurance.MEDIUM) -> list[Choice]:
    """Ways that prove somebody at that assurance without anything bound here (one query)."""
    rows = providers.offered(timezone.now())
    found = [choice_of(row) for row in rows if providers.levels_for(row, least)]
    if settings.PUBLIC_TRUSTED_ROOTS:
        about = _("USB Token, SIM ký số hoặc dịch vụ ký số từ xa, chứng thư ghi số định danh của bạn.")
        found.append(Choice(Way.CERTIFICATE, _("Chứng thư số cá nhân"), about, reverse("certificate-citizen")))
    return found


def to_unlock() -> list[Choice]:
    """Beside the code to the phone: what proves a person though their account is shut, and nothing that was bound to it."""
    return _outside()


def bound(user_id: UUID) -> Counter[str]:
    """How many keys and apps are bound to a login, by the library's kinds (one query)."""
    return Counter(Authenticator.objects.filter(user_id=user_id).values_list("type", flat=True))


def to_sign_in() -> list[Choice]:
    """Beside the one-time password."""
    app = _("Số định danh và mã 6 chữ số của ứng dụng đã gắn với tài khoản. Không cần tin nhắn.")
    passkey = _("Vân tay, khuôn mặt hoặc mã PIN của thiết bị đã gắn khóa.")
    return [
        *_outside(),
        Choice(Way.PASSKEY, _("Khóa truy cập"), passkey, reverse("passkey-sign-in")),
        Choice(Way.APP, _("Ứng dụng tạo mã"), app, reverse("app-sign-in")),
    ]


def to_step_up(user_id: UUID, assurance: Assurance) -> list[Choice]:
    """The ways by which this person can be known as surely as that (two queries)."""
    found = []
    if Authenticator.objects.filter(user_id=user_id, type=Authenticator.Type.WEBAUTHN).exists():
        about = _("Vân tay, khuôn mặt hoặc mã PIN của thiết bị đã gắn khóa.")
        found.append(Choice(Way.PASSKEY, _("Khóa truy cập"), about, reverse("step-up-passkey")))
    return [*found, *_outside(assurance)]
