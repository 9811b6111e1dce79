"""Limits on pages: whose bucket a request draws from, and the page that says "wait"."""

from __future__ import annotations

import functools
import ipaddress
import math
from collections.abc import Callable, Collection
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.access import actor_of
from portal.limits.buckets import take

View = Callable[..., HttpResponse]


def client_address(request: HttpRequest) -> str:
    """The address the request came from, as far as our own proxies vouch for it.

    ``settings.TRUSTED_PROXY_COUNT`` proxies of ours stand before the portal, each adds the address it saw at the right end of
    ``X-Forwarded-For``; whatever stands further left was written by the sender and is not believed. An IPv6 address counts by its /64,
    for a household owns all of it. Empty when the server knows no address (a Unix socket).
    """
    direct = str(request.META.get("REMOTE_ADDR", ""))
    count = settings.TRUSTED_PROXY_COUNT
    if count:
        # One header line or several mean the same to HTTP; WSGI joins them by commas.
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(hops) >= count and _parsed(hops[-count]) is not None:
            direct = hops[-count]
    address = _parsed(direct)
    if address is None:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _key(request: HttpRequest, by: Literal["ip", "user"]) -> str:
    if by == "user":
        user = actor_of(request).user_id
        if user is not None:
            return f"user:{user}"
    return f"ip:{client_address(request)}"


def limit_view(
    bucket: str, capacity: int, per_seconds: float, *, key: Literal["ip", "user"] = "ip", methods: Collection[str] = ()
) -> Callable[[View], View]:
    """Decorator: at most ``capacity`` requests at once and as many again every ``per_seconds`` seconds, per address or account.

    ``methods`` limits only those (``{"POST"}``); empty means all. ``key="user"`` falls back to the address for strangers.
    Refused requests get ``templates/429.html`` with status 429 and ``Retry-After`` in seconds (template variable ``retry_after``).
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if methods and request.method not in methods:
                return view(request, *args, **kwargs)
            grant = take(bucket, _key(request, key), capacity=capacity, refill_per_second=capacity / per_seconds)
            if grant.allowed:
                return view(request, *args, **kwargs)
            wait = max(1, math.ceil(grant.retry_after))
            answer = render(request, "429.html", {"retry_after": wait}, status=429)
            answer["Retry-After"] = str(wait)
            answer["Cache-Control"] = "no-store"
            return answer

        return limited

    return decorate
