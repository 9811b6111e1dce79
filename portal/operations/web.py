"""gunicorn's worker with the one page that Django has no say in: the address that is longer than the server reads."""

from __future__ import annotations

import contextlib
import socket
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from gunicorn.http.errors import LimitRequestLine
from gunicorn.workers.gthread import ThreadWorker


@lru_cache(maxsize=1)
def too_long() -> bytes:
    """The whole answer: status, headers, page."""
    body = render_to_string("414.html").encode()
    head = (
        "HTTP/1.1 414 URI Too Long\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body


class Worker(ThreadWorker):  # type: ignore[misc]
    """Threads, as ``gthread``."""

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Our page for an address over the limit; gunicorn's own answer for all else that is no HTTP."""
        if not isinstance(exc, LimitRequestLine):
            super().handle_error(req, client, addr, exc)
            return
        # Whoever sent it may not wait for the answer.
        with contextlib.suppress(OSError):
            client.sendall(too_long())
