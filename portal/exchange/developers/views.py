"""The developers' page, and a person's own sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from portal.access import actor_of
from portal.api_support import CODES
from portal.caching import public_page
from portal.exchange.developers import sandbox
from portal.exchange.developers.changes import changes, leaving
from portal.exchange.messages.registry import kinds
from portal.exchange.partners.services import PartnerRefused
from portal.languages import address, show

HERE = Path(__file__).parent
EXAMPLES = {"keys_sh": "keys.sh", "first_sh": "first.sh", "dossier_sh": "dossier.sh", "app_sh": "app.sh", "message_py": "message.py.txt"}
REASONS = (
    ("form", "algorithm", "key_unknown", "cannot_open", "signature"),
    ("issuer", "audience", "clock", "expired", "replayed"),
    ("digest", "kind_unknown", "version_unknown", "not_allowed", "key_used", "too_large"),
)
"""Words at the beginning of the detail of ``envelope``, by what goes wrong: opening, time and place, content."""


def _examples() -> dict[str, str]:
    return {name: (HERE / "examples" / file).read_text(encoding="utf-8").rstrip() for name, file in EXAMPLES.items()}


@public_page(max_age=300, rooms=())
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """From nothing to a first call in ten minutes, then everything else there is to know. No query."""
    people = json.loads((HERE / "data" / "people.json").read_text(encoding="utf-8"))
    english = get_language() == "en"
    values = {
        "portal": settings.SITE_URL,
        "examples": _examples(),
        "people": [(one["number"], one["name"], one["en" if english else "vi"]) for one in people],
        "changes": [(one.day, one.en if english else one.vi) for one in changes()],
        "leaving": leaving(),
        "kinds": kinds(),
        "codes": [(code, known.status, known.title if english else known.words) for code, known in CODES.items()],
        "reasons": REASONS,
        "signing": settings.MESSAGE_SIGNING,
        "sealing": settings.MESSAGE_SEALING,
        "most": settings.MESSAGE_MOST_BYTES // 1024,
        "tls": settings.TOKEN_SIGN_IN_URL,
    }
    return show(request, "developers/guide_en.html" if english else "developers/guide.html", values)


class KeyForm(forms.Form):
    """A public key."""

    key = forms.CharField(
        label=_("Khóa công khai để ký"),
        max_length=20_000,
        widget=forms.Textarea({"rows": 9, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("Dán nội dung tệp sign.pub.pem (PEM), hoặc một JWK. Không bao giờ dán khóa bí mật."),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """One's sandbox: made, given another key, emptied. Who is not signed in is sent to sign in and comes back."""
    actor = actor_of(request)
    if not actor.is_signed_in:
        return redirect(f"{settings.LOGIN_URL}?{urlencode({'next': request.path})}")
    if actor.is_officer:
        return show(request, "developers/own.html", {"officer": True}, status=403)
    partner, now, status = sandbox.sandbox_of(actor), timezone.now(), 200
    form = KeyForm(request.POST if request.method == "POST" and request.POST.get("do") != "empty" else None)
    if request.method == "POST":
        try:
            if request.POST.get("do") == "empty":
                sandbox.empty(actor=actor)
                return redirect(address("developers-own") + "?xong=trong")
            if form.is_valid():
                if partner is None:
                    sandbox.make(actor=actor, key=form.cleaned_data["key"], now=now)
                else:
                    sandbox.replace_key(actor=actor, key=form.cleaned_data["key"], now=now)
                return redirect(address("developers-own") + "?xong=khoa")
        except PartnerRefused as refused:
            form = KeyForm(request.POST)
            form.is_valid()
            form.add_error(refused.field or None, refused.message)
        status = 422
    values: dict[str, Any] = {
        "partner": partner,
        "form": form,
        "portal": settings.SITE_URL,
        "done": request.GET.get("xong", "") if request.method != "POST" else "",
        "keys": list(partner.keys.filter(revoked_at=None)) if partner else [],
        "messages_in": list(partner.messages.order_by("-number")[:20]) if partner else [],
        "refusals": list(partner.refusals.order_by("-day", "-rows")[:20]) if partner else [],
    }
    return show(request, "developers/own.html", values, status=status)
