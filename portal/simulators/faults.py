"""Faults switched on over HTTP: slow, down (with or without an answer), wrong."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from portal.simulators.store import Store

SERVICES = (
    "sms",
    "population",
    "business",
    "insurance",
    "tax",
    "telecom",
    "immigration",
    "civil_status",
    "land",
    "vehicle",
    "mail",
    "post",
    "csc",
    "vneid",
    "provider_post",
    "provider_insurance",
    "provider_foreign",
    "tsa",
    "ocsp",
    "crl",
    "vnpay",
    "momo",
    "bank",
    "transfer",
    "vnptpay",
    "payfiles",
    "clamd",
    "payplat",
    "data_services",
    "partner",
    "document_axis",
)
LIES = (
    "wrong_nonce", "wrong_audience", "wrong_issuer", "alg_none", "alg_confused", "expired", "future", "other_key", "low_level",
    "other_number", "wrong_discovery",
)  # fmt: skip
"""What identity providers can do wrong beside."""
MODES = ("none", "slow", "down", "wrong", "greylist", "unknown", "bounce", "error", "refuse", "replay", "repeat", *LIES)
"""``greylist``, ``unknown``, ``bounce`` are known to the mail server; ``bounce`` also to the SMS gateway, which reports then that
delivery is impossible. ``error``, ``refuse``, ``replay`` are known to the partner,
``repeat`` to the SMS gateway: what people send is handed on twice; ``refuse``, ``unknown`` and ``repeat`` to the document axis."""
MAX_SECONDS = 120.0


@dataclass(frozen=True)
class Fault:
    service: str
    mode: str
    seconds: float
    times: int | None
    dropped: bool

    def as_json(self) -> dict[str, Any]:
        return {"service": self.service, "mode": self.mode, "seconds": self.seconds, "times": self.times, "drop": self.dropped}


class Faults:
    """Kept in the store, so that a killed process comes back with the same faults."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def set(self, service: str, mode: str, *, seconds: float = 10.0, times: int | None = None, drop: bool = False) -> Fault:
        """Switch; ``times`` counts the calls it hits before it ends by itself. Raises ValueError for unknown words."""
        if service not in SERVICES or mode not in MODES:
            raise ValueError(f"service is one of {', '.join(SERVICES)}; mode is one of {', '.join(MODES)}")
        if times is not None and times < 1:
            raise ValueError("times is 1 or more, or left out")
        if not 0 <= seconds <= MAX_SECONDS:
            raise ValueError(f"seconds lies between 0 and {MAX_SECONDS:.0f}")
        with self.store.writing() as connection:
            if mode == "none":
                connection.execute("DELETE FROM fault WHERE service = ?", (service,))
            else:
                connection.execute("INSERT OR REPLACE INTO fault VALUES (?, ?, ?, ?, ?)", (service, mode, seconds, times, int(drop)))
        return Fault(service, mode, seconds, times, drop)

    def all(self) -> list[Fault]:
        found = {row["service"]: row for row in self.store.rows("SELECT * FROM fault")}
        return [
            Fault(name, found[name]["mode"], found[name]["seconds"], found[name]["times"], bool(found[name]["dropped"]))
            if name in found
            else Fault(name, "none", 0.0, None, False)
            for name in SERVICES
        ]

    def take(self, service: str, modes: tuple[str, ...]) -> Fault | None:
        """The fault that hits this call, counted."""
        if self.store.row("SELECT 1 FROM fault WHERE service = ?", service) is None:
            return None
        with self.store.writing() as connection:
            row = connection.execute("SELECT * FROM fault WHERE service = ?", (service,)).fetchone()
            if row is None or row["mode"] not in modes:
                return None
            if row["times"] is not None:
                if row["times"] <= 1:
                    connection.execute("DELETE FROM fault WHERE service = ?", (service,))
                else:
                    connection.execute("UPDATE fault SET times = times - 1 WHERE service = ?", (service,))
            return Fault(service, row["mode"], row["seconds"], row["times"], bool(row["dropped"]))

    def before(self, service: str) -> Response | None:
        """Sleep when slow; the answer of a service that is down; None: go on."""
        fault = self.take(service, ("slow", "down"))
        if fault is None:
            return None
        if fault.mode == "slow":
            time.sleep(fault.seconds)
            return None
        if fault.dropped:
            _hang_up()
        return Response("Service Unavailable\n", status=503, mimetype="text/plain", headers={"Retry-After": "5"})

    def lies(self, service: str, modes: tuple[str, ...]) -> str:
        """Which of these faults hits this call; empty: none."""
        fault = self.take(service, modes)
        return fault.mode if fault is not None else ""

    def wrong(self, service: str) -> bool:
        """Whether this call is answered falsely."""
        return self.take(service, ("wrong",)) is not None


def _hang_up() -> None:
    """Close the caller's connection without a byte, as a broken network does. Only under gunicorn is the socket at hand."""
    connection = request.environ.get("gunicorn.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
