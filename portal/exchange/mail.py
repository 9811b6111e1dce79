"""E-mail through an SMTP server with TLS (RFC 5321, 3207, 8314). One message to one recipient, so that what is refused is known."""

from __future__ import annotations

import os
import re
import smtplib
import ssl
import threading
import time
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from portal import watch
from portal.exchange.errors import OutsideRefused, OutsideUnavailable

SERVICE = "mail"
ADDRESS = re.compile(r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$")
"""What we write to: plain ASCII, no quoting, nothing that could begin another command."""
PORTS = {"smtps": 465, "smtp+starttls": 587, "smtp": 25}
"""``smtps``: TLS from the first byte; ``smtp+starttls``: before anything is said; ``smtp``: none, which production refuses."""
KEPT_SECONDS, KEPT_MESSAGES = 20.0, 100
"""A connection is used again for so long: a hand-shake of TLS costs more than a message."""
NO_SUCH_RECIPIENT = frozenset({550, 551, 553, 556})

_local = threading.local()


def send(message: EmailMessage, *, to: str, sender: str) -> None:
    """Hand a message to the server; ``sender`` is the envelope's, to whom bounces come.

    Raises ``ValueError`` for an address that is none, ``OutsideUnavailable`` (busy is also the "later" of grey-listing),
    ``OutsideRefused``: ``no_recipient`` when the server knows no such address, ``smtp_<code>`` for any other clear no.
    """
    if not ADDRESS.match(to) or not ADDRESS.match(sender):
        raise ValueError("the address is not one we write to")
    data = message.as_bytes(policy=POLICY)
    try:
        _hand_over(data, to, sender)
    except OutsideUnavailable:
        watch.count("outside.failed", SERVICE)
        raise
    except OutsideRefused:
        watch.count("outside.answered", SERVICE)
        raise
    watch.count("outside.answered", SERVICE)


def _hand_over(data: bytes, to: str, sender: str) -> None:
    try:
        client = _client()
        try:
            _expect(client.mail(sender), "smtp")
            _expect(client.rcpt(to), "recipient")
            _expect(client.data(data), "smtp")
        except OutsideRefused:
            client.rset()
            raise
        except OutsideUnavailable:
            close()
            raise
    except (smtplib.SMTPServerDisconnected, ConnectionError):
        close()
        raise OutsideUnavailable(SERVICE, "no_connection") from None
    except TimeoutError:
        close()
        raise OutsideUnavailable(SERVICE, "timeout") from None
    # "from None": the library's own exceptions quote addresses.
    except smtplib.SMTPDataError as refused:
        close()
        _expect((refused.smtp_code, b""), "smtp")
        raise OutsideUnavailable(SERVICE, "wrong_answer") from None
    except (smtplib.SMTPException, ssl.SSLError, OSError):
        close()
        raise OutsideUnavailable(SERVICE, "no_connection") from None
    _local.used += 1


def close() -> None:
    """Forget this thread's connection."""
    client: smtplib.SMTP | None = getattr(_local, "client", None)
    _local.client = None
    if client is not None:
        client.close()


def _expect(answer: tuple[int, Any], stage: str) -> None:
    code = answer[0]
    if 200 <= code < 300:
        return
    if code < 500:
        raise OutsideUnavailable(SERVICE, "busy" if code >= 400 else "wrong_answer")
    raise OutsideRefused(SERVICE, "no_recipient" if stage == "recipient" and code in NO_SUCH_RECIPIENT else f"smtp_{code}")


def _client() -> smtplib.SMTP:
    """This thread's connection, where it is young and still answers; else a new one, greeted, encrypted and signed in."""
    found: smtplib.SMTP | None = getattr(_local, "client", None)
    if found is not None:
        fresh = _local.pid == os.getpid() and _local.used < KEPT_MESSAGES and time.monotonic() - _local.since < KEPT_SECONDS
        try:
            if fresh and found.noop()[0] == 250:
                return found
        except (smtplib.SMTPException, OSError):
            pass
        close()
    _local.client = made = _connect()
    _local.pid, _local.used, _local.since = os.getpid(), 0, time.monotonic()
    return made


def _connect() -> smtplib.SMTP:
    if not settings.MAIL_SERVER_URL:
        raise OutsideUnavailable(SERVICE, "not_configured")
    parts = urlsplit(settings.MAIL_SERVER_URL)
    host, port, limit = parts.hostname or "", parts.port or PORTS[parts.scheme], settings.OUTSIDE_TIMEOUT_SECONDS
    name = urlsplit(settings.SITE_URL).hostname or "localhost"
    client: smtplib.SMTP
    if parts.scheme == "smtps":
        client = smtplib.SMTP_SSL(host, port, local_hostname=name, timeout=limit, context=_context())
    else:
        client = smtplib.SMTP(host, port, local_hostname=name, timeout=limit)
    try:
        if parts.scheme == "smtp+starttls":
            # Raises where the server offers none: never in the clear.
            client.starttls(context=_context())
        client.ehlo_or_helo_if_needed()
        if settings.MAIL_USER:
            client.login(settings.MAIL_USER, settings.MAIL_PASSWORD)
    except BaseException:
        client.close()
        raise
    return client


def _context() -> ssl.SSLContext:
    """The server's certificate and name are checked, against the system's roots or those of ``MAIL_ROOTS``."""
    context = ssl.create_default_context(cafile=settings.MAIL_ROOTS or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
