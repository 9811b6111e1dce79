"""Passkeys: a way in of one's own device, bound in a session of high assurance."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn import views as webauthn_views
from allauth.mfa.webauthn.internal import auth as webauthn_auth
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy

from accounts.ways import passkeys as services
from accounts.ways.need import surely
from portal.access import Assurance, actor_of


class AddPasskey(webauthn_views.AddWebAuthnView):
    """Bind a passkey that can sign in by itself."""

    template_name = "accounts/passkey_add.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # The library's own guard asks for a password again; ours asks for high assurance (see below).
        return super(webauthn_views.AddWebAuthnView, self).dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super(webauthn_views.AddWebAuthnView, self).get_context_data(**kwargs)
        user = self.request.user
        assert user.is_authenticated
        context["js_data"] = {"creation_options": webauthn_auth.begin_registration(user, True)}
        return context

    def form_valid(self, form: Any) -> HttpResponse:
        # With the notice to its owner (``accounts.signals.passkey_bound``), or not at all.
        with transaction.atomic():
            return super().form_valid(form)

    def get_success_url(self) -> str:
        return reverse("passkeys")


class RemovePasskey(webauthn_views.RemoveWebAuthnView):
    """Take a passkey away."""

    template_name = "accounts/passkey_remove.html"
    success_url = reverse_lazy("passkeys")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super(webauthn_views.RemoveWebAuthnView, self).dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            services.note_removed(actor=actor_of(self.request), passkey_id=self.object.pk)
            return super().form_valid(form)


class ListPasskeys(webauthn_views.ListWebAuthnView):
    """The passkeys of the person."""

    template_name = "accounts/passkeys.html"


# Bound at high assurance only; so each of them counts as high (our extension of Rules art. 11).
passkeys = surely(Assurance.HIGH)(ListPasskeys.as_view())
add_passkey = surely(Assurance.HIGH)(AddPasskey.as_view())
remove_passkey = surely(Assurance.HIGH)(RemovePasskey.as_view())
