"""Security events: what was seen at the doors (`portal.watch.see`) kept by the minute, raised as alarms, handed on in standard forms."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import ssl
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction

from portal import outbox, watch
from portal.operations import figures
from portal.operations.models import SecurityEvent

logger = logging.getLogger(__name__)

HAND_ON = "operations.security_event"
SOURCES_KEPT = 5
WITHIN_SECONDS = 5.0
ENTERPRISE = "portal@32473"
"""SD-ID of our structured data: the number that RFC 5612 keeps for examples, for the portal has none of its own at IANA yet."""


@dataclass(frozen=True)
class Kind:
    """A kind of event: what people call it, its syslog severity (RFC 5424: 1 alert … 6 information) and CEF's (0–10)."""

    label: str
    severity: int
    cef: int


KINDS: dict[str, Kind] = {
    "flood": Kind("Gọi quá nhiều", 4, 6),
    "enumeration": Kind("Dò mã, dò địa chỉ", 4, 6),
    "certificate_refused": Kind("Chứng thư bị từ chối", 4, 5),
    "csp": Kind("Trình duyệt chặn nội dung lạ (CSP)", 5, 3),
    "odd_hours": Kind("Cán bộ đăng nhập giờ lạ", 5, 3),
    "partner_password": Kind("Sai mật khẩu hệ thống kết nối", 4, 6),
    "partner_stolen": Kind("Mật khẩu hệ thống kết nối bị báo lộ", 1, 9),
    "token_theft": Kind("Mã truy cập dùng lại: có thể bị lấy cắp", 1, 9),
    "refused_acts": Kind("Việc bị từ chối", 5, 4),
}


def register_figures() -> None:
    """Each kind is a figure too, by cause: rules and the state page know it."""
    for name, kind in KINDS.items():
        figures.register_figure(f"security.{name}", kind.label, unit="lần", group="security")


_KEEP = """
    INSERT INTO operations_securityevent AS e (kind, cause, at, times, sources) VALUES (%s, %s, %s, %s, %s::jsonb)
    ON CONFLICT (kind, cause, at) DO UPDATE SET times = e.times + excluded.times, sources = (
        SELECT coalesce(jsonb_object_agg(key, n), '{}') FROM (
            SELECT key, sum(value::bigint) AS n FROM (SELECT * FROM jsonb_each_text(e.sources) UNION ALL SELECT * FROM jsonb_each_text(excluded.sources)) AS both_
            GROUP BY key ORDER BY n DESC, key LIMIT %s) AS most)
"""  # noqa: E501


@transaction.atomic
def take_seen() -> int:
    """Keep what was seen since the last time, by kind, cause and minute; how many different."""
    times: dict[tuple[str, str, datetime], int] = defaultdict(int)
    sources: dict[tuple[str, str, datetime], Counter[str]] = defaultdict(Counter)
    for one in watch.taken(watch.SEEN):
        if one.name not in KINDS:
            logger.error("a security event of no kind", extra={"kind": one.name})
            continue
        key = (one.name, one.label, datetime.fromtimestamp(one.minute, UTC))
        times[key] += round(one.amount)
        if one.source:
            sources[key][one.source] += round(one.amount)
    with connection.cursor() as cursor:
        for (kind, cause, at), count in sorted(times.items()):
            most = dict(sources[kind, cause, at].most_common(SOURCES_KEPT))
            cursor.execute(_KEEP, [kind, cause, at, count, json.dumps(most), SOURCES_KEPT])
    figures.put(((f"security.{kind}", cause, at, float(count)) for (kind, cause, at), count in times.items()), adds=True)
    return len(times)


@transaction.atomic
def hand_on(now: datetime) -> int:
    """Promise the events of minutes that settled to those who watch; how many. Nothing where no receiver is set: they wait to be handed
    on once one is, for a day."""
    if not settings.SECURITY_SYSLOG_URL:
        return 0
    settled = figures.minute_of(now - figures.SETTLED)
    rows = SecurityEvent.objects.select_for_update(skip_locked=True).filter(handed_at=None, at__lt=settled, at__gt=now - timedelta(days=1))
    found = list(rows.order_by("at", "pk")[:1000])
    for row in found:
        outbox.put(HAND_ON, key=str(row.pk), payload={"event": row.pk})
    SecurityEvent.objects.filter(pk__in=[row.pk for row in found]).update(handed_at=now)
    return len(found)


# The standard forms --------------------------------------------------------------------------------------------------------------


def _sd(value: str) -> str:
    """A parameter value of RFC 5424 §6.3.3."""
    return "".join("\\" + char if char in '"\\]' else char for char in value if char.isprintable())


def _cef(value: str, *, header: bool = False) -> str:
    """A value of the Common Event Format: in its header ``|`` and ``\\`` are escaped, in the extension ``=`` and ``\\``; no line breaks."""
    plain = "".join(char if char.isprintable() else " " for char in value)
    return plain.replace("\\", "\\\\").replace("|", "\\|") if header else plain.replace("\\", "\\\\").replace("=", "\\=")


def cef_of(event: SecurityEvent) -> str:
    """An event in ArcSight's Common Event Format, version 0. Names are in ASCII: codes of ours."""
    kind = KINDS[event.kind]
    # One address, not a whole network, where there is one: the form has a field for it.
    source = next(iter(sorted(event.sources, key=lambda one: ("/" in one, -event.sources[one], one))), "")
    start = int(event.at.timestamp() * 1000)
    fields = {
        "externalId": str(event.pk), "start": str(start), "end": str(start + 59_999), "cnt": str(event.times), "cs1Label": "cause",
        "cs1": event.cause, **({"src": source} if source and "/" not in source and ":" not in source else {}),
        **({"c6a2": source, "c6a2Label": "Source IPv6 Address"} if ":" in source and "/" not in source else {}),
        **({"cs2Label": "sources", "cs2": " ".join(sorted(event.sources))} if event.sources else {}),
    }  # fmt: skip
    head = "|".join(
        _cef(part, header=True) for part in ("CEF:0", "VPCP", "Portal", settings.RELEASE, event.kind, event.kind, str(kind.cef))
    )
    return f"{head}|{' '.join(f'{name}={_cef(value)}' for name, value in fields.items())}"


def syslog_of(event: SecurityEvent) -> bytes:
    """One message of RFC 5424: facility 13 (log audit), structured data of ours; its text is the event in CEF where that is wished."""
    kind = KINDS[event.kind]
    host = (urlsplit(settings.SITE_URL).hostname or "-")[:255]
    values = {
        "id": str(event.pk),
        "kind": event.kind,
        "cause": event.cause,
        "times": str(event.times),
        "sources": " ".join(sorted(event.sources)),
    }
    parameters = " ".join(f'{name}="{_sd(value)}"' for name, value in values.items())
    data = f"[{ENTERPRISE} {parameters}]"
    text = cef_of(event) if settings.SECURITY_SYSLOG_FORMAT == "cef" else f"{event.kind} {_sd(event.cause)} x{event.times}"
    at = event.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return f"<{13 * 8 + kind.severity}>1 {at} {host} portal - {event.kind} {data} ".encode() + text.encode()


class NotTaken(Exception):
    """The receiver did not take a message; ``reason`` without an address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def send(message: bytes) -> None:
    """Hand one message to ``SECURITY_SYSLOG_URL``: ``udp://`` (RFC 5426, nobody confirms), ``tcp://`` (RFC 6587, counted octets) or
    ``tls://`` (RFC 5425). Over a connection it counts as taken when the receiver read to its end and closed cleanly. :class:`NotTaken`.
    """
    parts = urlsplit(settings.SECURITY_SYSLOG_URL)
    host, port = parts.hostname or "", parts.port or {"udp": 514, "tcp": 601, "tls": 6514}.get(parts.scheme, 0)
    if parts.scheme not in ("udp", "tcp", "tls") or not host:
        raise NotTaken("not configured")
    try:
        if parts.scheme == "udp":
            family = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
            with socket.socket(family[0], socket.SOCK_DGRAM) as out:
                out.sendto(message, family[4])
            return
        with socket.create_connection((host, port), timeout=WITHIN_SECONDS) as plain:
            if parts.scheme == "tls":
                with _context().wrap_socket(plain, server_hostname=host) as tls:
                    _over(tls, message)
            else:
                _over(plain, message)
    except ssl.SSLCertVerificationError:
        raise NotTaken("its certificate does not hold") from None
    except OSError as error:
        raise NotTaken(type(error).__name__) from None


def _over(out: socket.socket, message: bytes) -> None:
    """Counted octets, then our end is closed: a receiver that read all closes its own; one that died resets the connection."""
    out.settimeout(WITHIN_SECONDS)
    out.sendall(str(len(message)).encode() + b" " + message)
    if isinstance(out, ssl.SSLSocket):
        # Some receivers close without TLS's own goodbye; one that died resets the connection.
        with contextlib.suppress(ssl.SSLEOFError, ssl.SSLZeroReturnError):
            out.unwrap()
        return
    out.shutdown(socket.SHUT_WR)
    while out.recv(4096):
        pass


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.SECURITY_SYSLOG_ROOTS or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.SECURITY_SYSLOG_CERTIFICATE:
        context.load_cert_chain(settings.SECURITY_SYSLOG_CERTIFICATE, settings.SECURITY_SYSLOG_KEY or None)
    return context
