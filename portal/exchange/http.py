"""One careful way to ask a system outside: limits on time and size, no redirects, no cookies, errors of our own.

Nothing of a question or an answer is logged: addresses hold ID numbers, bodies hold names.
"""

from __future__ import annotations

import json
import logging
import os
import re
import threading
import time
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from django.conf import settings

from portal.exchange.errors import OutsideRefused, OutsideUnavailable

MAX_ANSWER_BYTES = 1024 * 1024
BUSY = {408, 425, 429}
_CODE = re.compile(r"^[A-Za-z][A-Za-z0-9_]{0,63}$")

# At DEBUG and WARNING this logger writes paths, and paths hold ID numbers.
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)

_lock = threading.Lock()
_sessions: dict[int, requests.Session] = {}


def _session() -> requests.Session:
    """The session of this process; a forked child makes its own and leaves its parent's connections alone."""
    with _lock:
        found = _sessions.get(os.getpid())
        if found is None:
            _sessions.clear()
            found = requests.Session()
            # No proxy, no .netrc from the environment: who hears these calls is decided by settings alone.
            found.trust_env = False
            found.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            found.headers.update({"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "portal"})
            _sessions[os.getpid()] = found
        return found


def address(service: str, setting: str, path: str) -> str:
    """The setting's base address with ``path`` behind it. Raises ``OutsideUnavailable`` (not_configured) when it is empty."""
    base = getattr(settings, setting, "")
    if not base:
        raise OutsideUnavailable(service, "not_configured")
    return f"{base.rstrip('/')}/{path.lstrip('/')}"


def ask(
    service: str,
    method: str,
    url: str,
    *,
    bearer: str = "",
    body: Mapping[str, Any] | None = None,
    form: Mapping[str, str] | None = None,
    absent: int | None = None,
) -> dict[str, Any] | None:
    """The JSON object in the answer, within ``settings.OUTSIDE_TIMEOUT_SECONDS`` in all.

    ``absent``: the status that means "there is none", answered by ``None``. Raises ``OutsideUnavailable`` when there is no
    usable answer, ``OutsideRefused`` when the answer is a refusal (4xx).
    """
    limit = settings.OUTSIDE_TIMEOUT_SECONDS
    until = time.monotonic() + limit
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    try:
        with _session().request(
            method, url, json=body, data=form, headers=headers, timeout=limit, allow_redirects=False, stream=True
        ) as answer:
            status, data = answer.status_code, _read(service, answer, until)
    # "from None": the library's own exceptions quote the address.
    except requests.Timeout:
        raise OutsideUnavailable(service, "timeout") from None
    except (requests.RequestException, OSError):
        raise OutsideUnavailable(service, "no_connection") from None
    if status >= 500:
        raise OutsideUnavailable(service, "server_error")
    if status in BUSY:
        raise OutsideUnavailable(service, "busy")
    if absent is not None and status == absent:
        return None
    if status >= 400:
        raise OutsideRefused(service, _refusal(data) or f"http_{status}")
    if status not in (200, 201):
        # A redirect or an answer that belongs to another question.
        raise OutsideUnavailable(service, "wrong_answer")
    found = _object(data)
    if found is None:
        raise OutsideUnavailable(service, "wrong_answer")
    return found


def _read(service: str, answer: requests.Response, until: float) -> bytes:
    """The body, piece by piece as it comes, so that one that drips for ever or never ends is cut off."""
    pieces: list[bytes] = []
    size = 0
    try:
        while piece := answer.raw.read1(65536, decode_content=True):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_ANSWER_BYTES:
                raise OutsideUnavailable(service, "too_large")
            if time.monotonic() > until:
                raise OutsideUnavailable(service, "timeout")
    except urllib3.exceptions.TimeoutError:
        raise OutsideUnavailable(service, "timeout") from None
    except urllib3.exceptions.HTTPError:
        raise OutsideUnavailable(service, "no_connection") from None
    return b"".join(pieces)


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refusal(data: bytes) -> str:
    """The protocol's own code in an error body: OAuth and CSC ``error``, OneAPI ``messageId``. Never free text."""
    found = _object(data) or {}
    code: object = found.get("error")
    request_error = found.get("requestError")
    if isinstance(request_error, dict):
        for kind in ("serviceException", "policyException"):
            if isinstance(request_error.get(kind), dict):
                code = request_error[kind].get("messageId")
    return code if isinstance(code, str) and _CODE.match(code) else ""
