"""One request through web, outbox, worker and the system outside, in one trace; without personal data; decided at its head (O-09)."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from django.test import Client

from portal import tracing
from tests import factories
from tests.support import processes
from tests.support.processes import eventually


class Receiver:
    """The process that takes traces."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "spans.jsonl"
        asked = [sys.executable, str(Path(__file__).with_name("otlp_receiver.py")), str(self.file)]
        self.process = subprocess.Popen(asked, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}/v1/traces"

    def spans(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.read_text().splitlines()] if self.file.exists() else []


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    found = Receiver(tmp_path)
    yield found
    for provider in tracing._made.values():
        provider.shutdown()
    tracing._made.clear()
    found.process.kill()
    found.process.wait()


@pytest.fixture
def gateway(simulators: Any) -> Iterator[Any]:
    """The SMS gateway behind a proxy that notes the headers of each call."""
    calls: list[dict[str, str]] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            calls.append({name.lower(): value for name, value in self.headers.items()})
            data = self.rfile.read(int(self.headers["Content-Length"]))
            kept = {name: self.headers[name] for name in ("Content-Type", "Authorization") if name in self.headers}
            answer = requests.post(simulators.env["SMS_GATEWAY_URL"] + self.path, data, headers=kept, timeout=10)
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.calls = calls  # type: ignore[attr-defined]
    yield server
    server.shutdown()


def _chain(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The call of the gateway and all spans above it up to the first; empty while one has not come yet."""
    known = {span["span"]: span for span in spans}
    found = [span for span in spans if span["name"] == "call sms"][:1]
    while found and found[-1]["parent"]:
        if found[-1]["parent"] not in known:
            return []
        found.append(known[found[-1]["parent"]])
    return found


@pytest.mark.requirement("O-09")
def test_one_request_is_one_trace_to_the_system_outside(
    committed_db: None, outside: Any, receiver: Receiver, gateway: Any, settings: Any, worker_var: Path
) -> None:
    settings.TRACE_URL, settings.TRACE_SAMPLE = receiver.url, 1.0
    person = factories.make_person(full_name="Đỗ Thị Giả Định", id_number="001195000001")
    more = {"TRACE_URL": receiver.url, "TRACE_SAMPLE": "1", "SMS_GATEWAY_URL": f"http://127.0.0.1:{gateway.server_port}"}
    worker = processes.start_celery(worker_var, {**outside.env, **more}, beat=False)
    try:
        forged = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
        Client().post("/tai-khoan/dang-nhap/", {"id_number": person.id_number}, headers={"traceparent": forged})
        tracing.flush()
        chain = eventually(lambda: _chain(receiver.spans()))
    finally:
        worker.stop()
    spans = {span["span"]: span for span in receiver.spans()}
    call = chain[0]
    assert {span["trace"] for span in chain} == {call["trace"]} != {"a" * 32}
    assert chain[-1]["name"] == "POST /tai-khoan/dang-nhap/" and "db.statements" in chain[-1]["said"]
    assert [span["name"] for span in chain[1:-1]] and all(span["name"].startswith("outbox ") for span in chain[1:-1])
    assert gateway.calls[0]["traceparent"] == f"00-{call['trace']}-{call['span']}-01"
    whole = receiver.file.read_text()
    for secret in (person.id_number, "Giả Định", person.phone or "+84", str(person.pk), "INSERT", "SELECT"):
        assert str(secret) not in whole
    own = {"service.name", "telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version", "service.instance.id"}
    assert {name for span in spans.values() for name in span["said"]} <= tracing.ALLOWED | own
    assert not any(span["events"] for span in spans.values())


@pytest.mark.django_db
def test_a_share_is_kept_and_without_a_receiver_nothing_is_imported(receiver: Receiver, settings: Any) -> None:
    client = Client()
    settings.TRACE_URL, settings.TRACE_SAMPLE = receiver.url, 0.5
    for _ in range(60):
        client.get("/health/live")
    tracing.flush()
    kept = Counter(span["name"] for span in receiver.spans())
    assert 10 <= kept["GET /health/live"] <= 50
    settings.TRACE_SAMPLE = 0.0
    client.get("/health/live")
    tracing.flush()
    assert Counter(span["name"] for span in receiver.spans()) == kept
    with pytest.raises(ValueError, match="does not say"):
        settings.TRACE_SAMPLE = 1.0
        with tracing.head("request"), tracing.part("x", attributes={"person": "x"}):
            pass
    code = (
        "import sys, django; django.setup(); import portal.wsgi; sys.exit(any(m.startswith('opentelemetry.exporter') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
