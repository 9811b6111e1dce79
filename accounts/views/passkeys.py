"""Passkeys: a way in of one's own device, bound in a session of high assurance."""

from __future__ import annotations

from functools import wraps
from typing import Any

from allauth.mfa.webauthn import views as webauthn_views
from allauth.mfa.webauthn.internal import auth as webauthn_auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse, reverse_lazy

from accounts.views.ways import signed_in
from portal.access import Assurance, actor_of


def _high_assurance(view: Any) -> Any:
    """Passkeys are bound at high assurance only; so each of them counts as high (our extension of Rules art. 11)."""

    @signed_in
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if actor_of(request).assurance < Assurance.HIGH:
            return render(request, "accounts/passkey_needs_certificate.html", status=403)
        return view(request, *args, **kwargs)

    return wrapped


class AddPasskey(webauthn_views.AddWebAuthnView):
    """Bind a passkey that can sign in by itself."""

    template_name = "accounts/passkey_add.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # The library's own guard asks for a password again; ours asks for the certificate (see ``_high_assurance``).
        return super(webauthn_views.AddWebAuthnView, self).dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super(webauthn_views.AddWebAuthnView, self).get_context_data(**kwargs)
        user = self.request.user
        assert user.is_authenticated
        context["js_data"] = {"creation_options": webauthn_auth.begin_registration(user, True)}
        return context

    def get_success_url(self) -> str:
        return reverse("passkeys")


class RemovePasskey(webauthn_views.RemoveWebAuthnView):
    """Take a passkey away."""

    template_name = "accounts/passkey_remove.html"
    success_url = reverse_lazy("passkeys")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super(webauthn_views.RemoveWebAuthnView, self).dispatch(request, *args, **kwargs)


class ListPasskeys(webauthn_views.ListWebAuthnView):
    """The passkeys of the person."""

    template_name = "accounts/passkeys.html"


passkeys = _high_assurance(ListPasskeys.as_view())
add_passkey = _high_assurance(AddPasskey.as_view())
remove_passkey = _high_assurance(RemovePasskey.as_view())
