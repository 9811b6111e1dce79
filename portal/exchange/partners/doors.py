"""How a partner comes in by the modern API: Bearer with a token of client credentials or with a session of the national format, or Basic
with its name and password."""

from __future__ import annotations

from typing import Any, NoReturn

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBasicAuth, HttpBearer

from portal.api_support import ApiError
from portal.exchange.partners import services, tokens
from portal.exchange.partners.models import Partner
from portal.limits import client_address

MOST_BYTES = 8 * 1024 * 1024
"""Of one call: a thousand rows with all their lists."""


class TooLarge(Exception):
    """The request has more bytes than a door takes."""


def body_of(request: HttpRequest) -> bytes:
    """The request's bytes, up to :data:`MOST_BYTES`, more than pages take. :class:`TooLarge` past that."""
    if not hasattr(request, "_body"):
        declared = str(request.META.get("CONTENT_LENGTH") or "0")
        if not declared.isdecimal() or int(declared) > MOST_BYTES:
            raise TooLarge
        data = request.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise TooLarge
        # Where Django's `body` and ninja look first.
        request._body = data  # type: ignore[attr-defined]
    return request.body


def _refuse(error: services.NotLetIn) -> NoReturn:
    if error.code == "too_many":
        raise ApiError("too_many_requests", retry_after=error.retry_after)
    raise ApiError("unauthorized", detail="suspended" if error.code == "suspended" else "")


def _come_in(request: HttpRequest, partner: Partner) -> Partner:
    services.take_call(partner)
    try:
        body_of(request)
    except TooLarge:
        raise ApiError("too_large") from None
    return partner


class PartnerPassword(HttpBasicAuth):
    """Name and password with each call."""

    def authenticate(self, request: HttpRequest, username: str, password: str) -> Any:
        """The partner. :class:`ApiError` ``unauthorized``, ``too_many_requests``, ``too_large``."""
        try:
            now = timezone.now()
            found = services.let_in(username=username, password=password, address=client_address(request), now=now)
            return _come_in(request, found)
        except services.NotLetIn as error:
            _refuse(error)


class PartnerToken(HttpBearer):
    """A token of client credentials (``/api/v1/oauth/token``), or a session that was opened at ``/api/dvcqg/v1/auth``."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """The partner, with no more calls than the token is for. As :class:`PartnerPassword`."""
        try:
            if token.startswith(tokens.PREFIX):
                return _come_in(request, tokens.partner_of_token(request=request, token=token, now=timezone.now()))
            return _come_in(request, services.partner_of_session(token=token, now=timezone.now()))
        except services.NotLetIn as error:
            _refuse(error)


partner_auth = [PartnerPassword(), PartnerToken()]
