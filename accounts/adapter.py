"""How django-allauth fits in: no sign-up of its own, its messages in our words, passkeys named for the person."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.devices import device_of
from accounts.models import Person
from accounts.models.sessions import Way
from accounts.services import failures
from portal.limits import client_address


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by our services; allauth signs passkeys in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: registration goes through the identity number."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address our own proxies vouch for; the library would take the proxy's."""
        return client_address(request)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Back to where the person wanted to go, on this site only."""
        target = request.session.pop("next", "") or "/quan-tri/"
        return target if url_has_allowed_host_and_scheme(target, allowed_hosts=None) else "/"

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """A passkey of an account that is locked: its owner is led to where it is opened."""
        person_id = Person.objects.filter(user_id=user.pk).values_list("pk", flat=True).first()
        if person_id is not None:
            failures.note_of(person_id=person_id, way=Way.PASSKEY, why=failures.Why.LOCKED, device=device_of(request), now=timezone.now())
        return redirect("account-unlock")

    def is_reauthentication_required(self, app: str | None = None, **kwargs: Any) -> bool:
        """Our views ask for high assurance themselves."""
        return False

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """Signing in says so by showing the page; only errors are told."""
        from django.contrib import messages

        if level >= messages.ERROR:
            super().add_message(request, level, *args, **kwargs)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Nothing is sent by the library: notices go through ``portal.notifications``."""


class MFAAdapter(DefaultMFAAdapter):
    """Names under which a passkey is kept on the person's device."""

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        """The person's name; the id is the login's UUID, which says nothing about the person."""
        person = Person.objects.filter(user_id=user.pk).first()
        name = person.full_name if person else "Cán bộ"
        return {"id": str(user.pk).encode("utf8"), "display_name": name, "name": name}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The portal, by its host."""
        from urllib.parse import urlsplit

        from django.conf import settings

        return {"id": urlsplit(settings.SITE_URL).hostname or "", "name": "Cổng Dịch vụ công Quốc gia"}

    def is_mfa_enabled(self, user: Any, types: Any = None) -> bool:
        """A passkey is a way in, not a second step after another way."""
        return False
