"""A server that stands where the portal would be: it notes what institutions report and answers as it is told."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Heard:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    content_type: str


class Listener:
    """``answers``: (status, body) for each request in turn, the last one for all that follow."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.answers: list[tuple[int, bytes]] = [(204, b"")]
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def _serve(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                found = Heard(self.command, parts.path, dict(parse_qsl(parts.query)), body, self.headers.get("Content-Type", ""))
                status, answer = listener.answers.pop(0) if len(listener.answers) > 1 else listener.answers[0]
                listener.heard.append(found)
                self.send_response(status)
                if status != 204:
                    self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                if status != 204:
                    self.wfile.write(answer)

            do_GET = do_POST = _serve

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count: int, seconds: float = 15) -> list[Heard]:
        """What was heard, once it is so much."""
        until = time.monotonic() + seconds
        while len(self.heard) < count and time.monotonic() < until:
            time.sleep(0.05)
        assert len(self.heard) >= count, f"{len(self.heard)} callbacks instead of {count}"
        return list(self.heard)

    def reset(self) -> None:
        self.heard.clear()
        self.answers = [(204, b"")]
