"""Which ways there are to sign in, or to be known more surely: as links or buttons of a page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models.sessions import Way
from portal.access import Assurance


@dataclass(frozen=True)
class Choice:
    """One way: what it is called, one sentence about it, and where it begins."""

    way: Way
    label: str
    about: str
    url: str


def _outside() -> list[Choice]:
    """Ways that prove somebody at high assurance without anything bound here."""
    found = []
    if settings.VNEID_URL:
        about = _("Bạn xác nhận trên ứng dụng VNeID của Bộ Công an.")
        found.append(Choice(Way.VNEID, _("Tài khoản định danh điện tử VNeID"), about, reverse("vneid")))
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
    """The ways by which this person can be known as surely as that (one query)."""
    found = []
    if Authenticator.objects.filter(user_id=user_id, type=Authenticator.Type.WEBAUTHN).exists():
        about = _("Vân tay, khuôn mặt hoặc mã PIN của thiết bị đã gắn khóa.")
        found.append(Choice(Way.PASSKEY, _("Khóa truy cập"), about, reverse("step-up-passkey")))
    return [*found, *_outside()]
