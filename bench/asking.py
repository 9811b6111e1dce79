"""One request at a time over a bare socket: what goes out is what was meant, be it valid HTTP or not."""

from __future__ import annotations

import contextlib
import socket
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What came back for one request."""

    target: bytes
    status: int
    """0: the connection ended without an answer."""
    size: int
    """Bytes of the body."""
    ms: float
    """From the first packet of the connection to the last byte."""


def ask(port: int, target: bytes, patience: float = 30) -> Answer:
    """GET a target (everything between the method and the version) from a server on this machine, on a connection of its own."""
    received = bytearray()
    started = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), patience) as connection:
        # A server that has read enough to refuse answers and leaves; the answer may be there to read all the same.
        with contextlib.suppress(OSError):
            connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        with contextlib.suppress(OSError):
            while part := connection.recv(1 << 16):
                received += part
    ms = (time.perf_counter() - started) * 1000
    head, _blank, body = bytes(received).partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    status = int(words[1]) if words[0].startswith(b"HTTP/") and len(words) > 1 and words[1].isdigit() else 0
    return Answer(target, status, len(body), ms)


def row(name: str, answers: Sequence[Answer]) -> str:
    """One line of the table: number of answers by the first digit of the status, then milliseconds."""
    classes = [sum(answer.status // 100 == digit for answer in answers) for digit in (2, 3, 4, 5, 0)]
    times = sorted(answer.ms for answer in answers)
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    figures = (cuts[49], cuts[94], cuts[98], times[-1])
    return f"| {name} | {len(answers):,} | " + " | ".join([*(f"{n:,}" for n in classes), *(f"{ms:.1f}" for ms in figures)]) + " |"


HEAD = [
    "| what | asked | 2xx | 3xx | 4xx | 5xx | no answer | p50 ms | p95 ms | p99 ms | max ms |",
    "|---|---|---|---|---|---|---|---|---|---|---|",
]
