"""An institution on a real socket that says what a test wants it to say."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payments.institutions.base import Ask, Connection, RefundAsk
from portal.exchange.errors import OutsideRefused, OutsideUnavailable

NOW = datetime(2026, 11, 29, 3, 4, 5, tzinfo=UTC)
REFERENCE = "DVC7K3M9QXRT2W4A01"
SECRET = "a secret of the tests"


@dataclass
class Request:
    """One question that came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = tuple[int, str, bytes]


@dataclass
class Scripted:
    """``answer`` makes the answer; every question is kept."""

    url: str
    answer: Callable[[Request], Answer] = lambda _: (404, "text/plain", b"")
    seen: list[Request] = field(default_factory=list)

    def says(self, fields: dict[str, Any], status: int = 200) -> None:
        self.answer = lambda _: (status, "application/json", json.dumps(fields, ensure_ascii=False).encode())


@contextmanager
def scripted() -> Iterator[Scripted]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def _reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = Request(self.path, dict(self.headers.items()), body)
            institution.seen.append(asked)
            status, kind, content = institution.answer(asked)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _reply

        def log_message(self, format: str, *args: Any) -> None:
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    institution = Scripted(f"http://127.0.0.1:{running.server_port}")
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield institution
    finally:
        running.shutdown()
        running.server_close()


def ask(amount: int = 58_000, **more: Any) -> Ask:
    values: dict[str, Any] = {
        "reference": REFERENCE,
        "amount": amount,
        "words": "Le phi ho so H01.01-261129-0001",
        "created_at": NOW,
        "expires_at": NOW + timedelta(minutes=15),
        "return_url": "https://portal.example/thanh-toan/ve/x/",
        "notify_url": "https://portal.example/vao/thanh-toan/x/",
    }
    return Ask(**(values | more))


def refund_ask(amount: int = 58_000, **more: Any) -> RefundAsk:
    values: dict[str, Any] = {
        "key": "HT7K3M9QXRT2W4A01",
        "reference": REFERENCE,
        "institution_ref": "14226112",
        "amount": amount,
        "paid_amount": 58_000,
        "words": "Hoan tien",
        "begun_at": NOW,
        "now": NOW + timedelta(days=1),
    }
    return RefundAsk(**(values | more))


def faults(institution: Scripted, settings: Any, call: Callable[[], Any]) -> None:
    """Whatever is no answer of the protocol is said to be none, and soon."""
    settings.OUTSIDE_TIMEOUT_SECONDS = 1.0
    cases: list[tuple[Callable[[Request], Answer], str]] = [
        (lambda _: (200, "text/html", b"<html><body>Bao tri he thong</body></html>"), "wrong_answer"),
        (lambda _: (200, "application/json", b"[]"), "wrong_answer"),
        (lambda _: (200, "application/json", b"{}"), "wrong_answer"),
        (lambda _: (200, "application/json", b'{"x": "' + b"x" * 2**21 + b'"}'), "too_large"),
        (lambda _: (302, "text/html", b""), "wrong_answer"),
        (lambda _: (503, "text/html", b"<html>"), "server_error"),
        (lambda _: (429, "text/html", b""), "busy"),
        (lambda _: (time.sleep(1.5), (200, "application/json", b"{}"))[1], "timeout"),
    ]
    for answer, code in cases:
        institution.answer = answer
        with pytest.raises(OutsideUnavailable) as caught:
            call()
        # An answer in another form than the protocol's may be cut off before it is too large.
        assert caught.value.code == code
    institution.answer = lambda _: (403, "text/html", b"<html>Nguyen Van Mau</html>")
    with pytest.raises(OutsideRefused) as refused:
        call()
    assert refused.value.code == "http_403"


def connection(institution: Scripted | None, **more: Any) -> Connection:
    base = institution.url if institution else "http://127.0.0.1:9"
    return Connection(**({"secret": SECRET, "files": f"{base}/files"} | more))
