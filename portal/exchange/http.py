"""One careful way to ask a system outside: limits on time and size, no redirects, no cookies, errors of our own.

Nothing of a question or an answer is logged: addresses hold ID numbers, bodies hold names.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import re
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import requests
import urllib3
from django.conf import settings

from portal import tracing, watch
from portal.exchange.breaker import Breaker
from portal.exchange.data_services import standing
from portal.exchange.errors import OutsideRefused, OutsideUnavailable

MAX_ANSWER_BYTES = 1024 * 1024
MAX_FILE_BYTES = 512 * MAX_ANSWER_BYTES
"""Of a file of a day: 200,000 entries of a bank statement in XML are about 250 MB."""
FILE_SECONDS = 40.0
"""For a file, within the 50 s of a task."""
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
    basic: tuple[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    form: Mapping[str, str] | None = None,
    absent: int | None = None,
    answers: Collection[int] = (200, 201),
    seconds: float | None = None,
    headers: Mapping[str, str] | None = None,
    files: Mapping[str, tuple[str, bytes, str]] | None = None,
    most: int = MAX_ANSWER_BYTES,
) -> dict[str, Any] | None:
    """The JSON object in the answer, within ``seconds`` in all, else ``settings.OUTSIDE_TIMEOUT_SECONDS``.

    ``absent``: the status that means "there is none", answered by ``None``. ``answers``: the statuses whose JSON is an answer, for
    protocols that say no with a 4xx and a code in the body. ``basic``: name and password (RFC 6749 §2.3.1). ``files``: name, bytes and
    type of what goes along with ``form``; ``most``: bytes of the answer. Raises
    ``OutsideUnavailable`` when there is no usable answer, ``OutsideRefused`` when the answer is a refusal (4xx).
    """
    limit = seconds or settings.OUTSIDE_TIMEOUT_SECONDS
    until = time.monotonic() + limit
    more = {**(headers or {}), **({"Authorization": _basic(*basic)} if basic is not None else {})} or None
    with _send(service, method, url, bearer=bearer, timeout=limit, more=more, json=body, data=form, files=files) as answer:
        status, data = answer.status_code, b"".join(_pieces(service, answer, until, most))
    found = _object(data)
    if status not in answers or found is None:
        _otherwise(service, status, data, absent)
        return None
    return found


def _basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{quote_plus(name)}:{quote_plus(password)}".encode()).decode()


registries = Breaker("exchange:breaker")
"""Of the registries that :func:`ask_registry` asks."""


def ask_registry(service: str, method: str, url: str, **asked: Any) -> dict[str, Any] | None:
    """As :func:`ask`, behind a circuit breaker: a registry that failed several times in a row is left alone for a while.

    ``OutsideUnavailable`` with code ``resting`` says so.
    """
    if not registries.allows(service):
        raise OutsideUnavailable(service, "resting")
    try:
        found = ask(service, method, url, **asked)
    except OutsideUnavailable as error:
        registries.note(service, failed=True)
        standing.note(service, error.code)
        raise
    except OutsideRefused:
        registries.note(service, failed=False)
        standing.note(service, "refused")
        raise
    registries.note(service, failed=False)
    standing.note(service, "ok")
    return found


def post(service: str, url: str, body: bytes, *, content_type: str, bearer: str = "", headers: Mapping[str, str] | None = None) -> bytes:
    """The bytes of the answer to a body that is not JSON (a JWS), whose answer must be of the same type.

    ``headers``: more of them, for those who forward it. Limits and errors are those of :func:`ask`.
    """
    limit = settings.OUTSIDE_TIMEOUT_SECONDS
    until = time.monotonic() + limit
    more = {**(headers or {}), "Content-Type": content_type, "Accept": content_type}
    with _send(service, "POST", url, bearer=bearer, timeout=limit, data=body, more=more) as answer:
        status, data = answer.status_code, b"".join(_pieces(service, answer, until, MAX_ANSWER_BYTES))
        found = _content_type(answer)
    if status not in (200, 201) or found != content_type:
        _otherwise(service, status, data, None)
    return data


def hand_over(service: str, url: str, form: Mapping[str, str]) -> None:
    """Hand a form over to who has nothing to answer: taken with 200 or 204, whatever the body. Limits, errors: those of :func:`ask`."""
    limit = settings.OUTSIDE_TIMEOUT_SECONDS
    until = time.monotonic() + limit
    with _send(service, "POST", url, bearer="", timeout=limit, data=form, more={"Accept": "*/*"}) as answer:
        status, data = answer.status_code, b"".join(_pieces(service, answer, until, MAX_ANSWER_BYTES))
    if status not in (200, 204):
        _otherwise(service, status, data, None)


def fetch(service: str, url: str, *, bearer: str = "", absent: int | None = None, limit: int = 8 * MAX_ANSWER_BYTES) -> bytes | None:
    """A small file, whole in memory; ``None`` at status ``absent``. ``limit`` in bytes; errors are those of :func:`ask`."""
    seconds = settings.OUTSIDE_TIMEOUT_SECONDS
    until = time.monotonic() + seconds
    with _send(service, "GET", url, bearer=bearer, timeout=seconds, more={"Accept": "*/*"}) as answer:
        status, kind = answer.status_code, _content_type(answer)
        data = b"".join(_pieces(service, answer, until, limit if status == 200 else MAX_ANSWER_BYTES))
    # A page for people where a file should be: a gateway's sign-in or maintenance.
    if status != 200 or kind == "text/html":
        _otherwise(service, status, data, absent)
        return None
    return data


def download(
    service: str,
    url: str,
    to: Path,
    *,
    bearer: str = "",
    absent: int | None = None,
    limit: int = MAX_FILE_BYTES,
    seconds: float = FILE_SECONDS,
) -> bool:
    """A large file into ``to``, piece by piece: ``to`` is there whole or not at all. False at status ``absent``.

    ``limit`` in bytes, ``seconds`` for everything together. Errors are those of :func:`ask`; ``OSError`` where ``to`` cannot be written.
    """
    until = time.monotonic() + seconds
    part = to.with_name(to.name + ".part")
    timeout = min(seconds, settings.OUTSIDE_TIMEOUT_SECONDS)
    with _send(service, "GET", url, bearer=bearer, timeout=timeout, more={"Accept": "*/*"}) as answer:
        status = answer.status_code
        if status != 200 or _content_type(answer) == "text/html":
            data = b"".join(_pieces(service, answer, until, MAX_ANSWER_BYTES))
            _otherwise(service, status, data, absent)
            return False
        try:
            with part.open("wb") as file:
                for piece in _pieces(service, answer, until, limit):
                    file.write(piece)
            part.replace(to)
        finally:
            part.unlink(missing_ok=True)
    return True


def _send(
    service: str, method: str, url: str, *, bearer: str, timeout: float, more: Mapping[str, str] | None = None, **sent: Any
) -> requests.Response:
    """The answer, its body not read yet."""
    headers = {**(more or {}), **({"Authorization": f"Bearer {bearer}"} if bearer else {})}
    with tracing.call(service, method) as trace:
        try:
            answer = _session().request(
                method, url, headers={**headers, **trace.headers}, timeout=timeout, allow_redirects=False, stream=True, **sent
            )
        # "from None": the library's own exceptions quote the address.
        except requests.Timeout:
            watch.count("outside.failed", service)
            raise OutsideUnavailable(service, "timeout") from None
        except (requests.RequestException, OSError):
            watch.count("outside.failed", service)
            raise OutsideUnavailable(service, "no_connection") from None
        trace.status(answer.status_code)
    watch.count("outside.failed" if answer.status_code >= 500 else "outside.answered", service)
    return answer


def _content_type(answer: requests.Response) -> str:
    return answer.headers.get("Content-Type", "").split(";")[0].strip().lower()


def _otherwise(service: str, status: int, data: bytes, absent: int | None) -> None:
    """What an answer means that is not the one asked for: ``None`` where there is none, else an error."""
    if status >= 500:
        raise OutsideUnavailable(service, "server_error")
    if status in BUSY:
        raise OutsideUnavailable(service, "busy")
    if absent is not None and status == absent:
        return
    if status >= 400:
        raise OutsideRefused(service, _refusal(data) or f"http_{status}")
    # A redirect, an answer to another question, or one that makes no sense.
    raise OutsideUnavailable(service, "wrong_answer")


def _pieces(service: str, answer: requests.Response, until: float, limit: int) -> Iterator[bytes]:
    """The body, piece by piece as it comes, so that one that drips for ever or never ends is cut off."""
    size = 0
    while True:
        try:
            piece = answer.raw.read1(65536, decode_content=True)
        except urllib3.exceptions.TimeoutError:
            raise OutsideUnavailable(service, "timeout") from None
        except (urllib3.exceptions.HTTPError, OSError):
            raise OutsideUnavailable(service, "no_connection") from None
        if not piece:
            return
        size += len(piece)
        if size > limit:
            raise OutsideUnavailable(service, "too_large")
        yield piece
        if time.monotonic() > until:
            raise OutsideUnavailable(service, "timeout")


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
