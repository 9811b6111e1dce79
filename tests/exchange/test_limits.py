"""A hostile or broken server on a real socket: redirects, floods, drips, rubbish, cookies."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.exchange import http as exchange
from portal.exchange.errors import OutsideRefused, OutsideUnavailable


class Odd(http.server.BaseHTTPRequestHandler):
    seen: list[tuple[str, str]] = []

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        Odd.seen.append((self.path, self.headers.get("Cookie", "")))
        match self.path:
            case "/redirect":
                self.answer(302, b"", Location="/fine")
            case "/cookie":
                self.answer(200, b"{}", Set_Cookie="a=b; Path=/")
            case "/flood":
                self.answer(200, b'{"x": "' + b"x" * (3 * exchange.MAX_ANSWER_BYTES) + b'"}')
            case "/drip":
                self.send_response(200)
                self.end_headers()
                for _ in range(50):
                    self.wfile.write(b" ")
                    self.wfile.flush()
                    time.sleep(0.1)
            case "/text":
                self.answer(200, b"<html>")
            case "/list":
                self.answer(200, b"[]")
            case "/deep":
                self.answer(200, b"[" * 200000)
            case "/busy":
                self.answer(429, b"{}")
            case "/chatty":
                self.answer(400, b'{"error": "Nguyen Thi Mau 001195000001 is unknown"}')
            case "/none":
                self.answer(404, b"")
            case "/file":
                self.answer(200, b"x" * 300_000, Content_Type="text/csv")
            case "/page":
                self.answer(200, b"<html>", Content_Type="text/html; charset=utf-8")
            case "/cut":
                self.send_response(200)
                self.send_header("Content-Length", "300000")
                self.end_headers()
                self.wfile.write(b"x" * 1000)
            case _:
                self.answer(200, b'{"fine": true}')

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind = {"/echo": self.headers["Content-Type"], "/other": "text/html"}[self.path]
        self.answer(200, body[::-1], Content_Type=kind)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Odd.seen.clear()
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/redirect", "wrong_answer"),
        ("/flood", "too_large"),
        ("/text", "wrong_answer"),
        ("/list", "wrong_answer"),
        ("/deep", "wrong_answer"),
        ("/busy", "busy"),
        ("/drip", "timeout"),
    ],
)
def test_is_unavailable(server: str, settings: Any, path: str, code: str) -> None:
    settings.OUTSIDE_TIMEOUT_SECONDS = 0.6 if path == "/drip" else 5.0
    start = time.monotonic()
    with pytest.raises(OutsideUnavailable) as caught:
        exchange.ask("odd", "GET", server + path)
    assert caught.value.code == code
    assert time.monotonic() - start < 15
    assert ("/fine", "") not in Odd.seen


def test_free_text_of_a_refusal_goes_nowhere(server: str) -> None:
    with pytest.raises(OutsideRefused) as caught:
        exchange.ask("odd", "GET", server + "/chatty")
    assert caught.value.code == "http_400"


def test_absent_is_none_only_where_it_is_meant(server: str) -> None:
    assert exchange.ask("odd", "GET", server + "/none", absent=404) is None
    with pytest.raises(OutsideRefused):
        exchange.ask("odd", "GET", server + "/none")


def test_no_cookie_is_kept(server: str) -> None:
    exchange.ask("odd", "GET", server + "/cookie")
    assert exchange.ask("odd", "GET", server + "/fine") == {"fine": True}
    assert Odd.seen[-1] == ("/fine", "")


def test_bytes_are_posted_and_answered_in_their_own_type(server: str) -> None:
    assert exchange.post("odd", server + "/echo", b"a.b.c", content_type="application/jose") == b"c.b.a"
    with pytest.raises(OutsideUnavailable, match="wrong_answer"):
        exchange.post("odd", server + "/other", b"a.b.c", content_type="application/jose")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/redirect", "wrong_answer"),
        ("/page", "wrong_answer"),
        ("/flood", "too_large"),
        ("/cut", "no_connection"),
        ("/drip", "timeout"),
        ("/busy", "busy"),
    ],
)
def test_a_file_comes_whole_or_not_at_all(server: str, tmp_path: Path, path: str, code: str) -> None:
    to = tmp_path / "day.csv"
    with pytest.raises(OutsideUnavailable) as caught:
        exchange.download("odd", server + path, to, limit=2**20, seconds=0.6 if path == "/drip" else 5)
    assert caught.value.code == code
    with pytest.raises(OutsideRefused):
        exchange.download("odd", server + "/none", to)
    assert exchange.download("odd", server + "/none", to, absent=404) is False
    assert not list(tmp_path.iterdir())
    assert exchange.download("odd", server + "/file", to, limit=300_000) is True
    assert to.read_bytes() == b"x" * 300_000 and len(list(tmp_path.iterdir())) == 1


def test_small_files_are_bytes(server: str) -> None:
    assert exchange.fetch("odd", server + "/file") == b"x" * 300_000
    assert exchange.fetch("odd", server + "/none", absent=404) is None
    with pytest.raises(OutsideUnavailable, match="too_large"):
        exchange.fetch("odd", server + "/file", limit=299_999)
    with pytest.raises(OutsideUnavailable, match="no_connection"):
        exchange.fetch("odd", server + "/cut")


def test_a_refusal_with_an_answer_in_it_is_an_answer_where_that_is_the_protocol(server: str) -> None:
    assert exchange.ask("odd", "GET", server + "/chatty", answers={200, 400}) == {"error": "Nguyen Thi Mau 001195000001 is unknown"}
    with pytest.raises(OutsideRefused):
        exchange.ask("odd", "GET", server + "/none", answers={200, 404})
