"""Puts ``request.actor`` on the request, lazily: a page that never asks who looks stays cacheable."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from portal.access.actors import actor_of
from portal.access.rules import AccessDenied
from portal.access.signals import act_refused


class ActorMiddleware:
    """Adds ``request.actor``, refuses addresses that hold a NUL, and turns :class:`AccessDenied` into the 403 page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: actor_of(request))  # type: ignore[attr-defined]
        if "\x00" in request.path_info:
            # No text in PostgreSQL holds a NUL, so nothing stands at such an address.
            raise Http404
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A refused act is a 403 with our page, never a 500."""
        if isinstance(exception, AccessDenied | PermissionDenied):
            self._tell(request, getattr(exception, "act", ""))
        if isinstance(exception, AccessDenied):
            from django.urls import get_resolver

            answer: HttpResponse = get_resolver().resolve_error_handler(403)(request, exception)  # type: ignore[call-arg]
            return answer
        return None

    def _tell(self, request: HttpRequest, act: str) -> None:
        actor = actor_of(request)
        if actor.is_signed_in:
            match = request.resolver_match
            act_refused.send_robust(sender=type(self), actor=actor, act=act, route=f"/{match.route}" if match else "")
