"""Mail server: SMTP with STARTTLS and sign-in (aiosmtpd) in a thread, and the mailbox where people read what was sent.

Faults of the service ``mail``: ``slow``, ``down`` (421, or hangs up), ``greylist`` (450 at the recipient), ``unknown`` (550 at the
recipient), ``bounce`` (taken, and returned later). Whatever is on, nobody is called khong-co@…, and what is sent to tra-lai@… comes back.
"""

from __future__ import annotations

import asyncio
import email
import hmac
import ssl
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage, Message
from email.policy import default
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Server
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request

from portal.simulators.config import Config
from portal.simulators.faults import Fault, Faults
from portal.simulators.pki import write
from portal.simulators.store import Store, now

SHOWN = 100
MAX_BYTES = 2 * 1024 * 1024
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
NOBODY, RETURNED = "khong-co@", "tra-lai@"
RETURN_AFTER, RETURN_TRIES = 0.5, 20


class Takes:
    """What the server says to each command."""

    def __init__(self, config: Config, store: Store, faults: Faults) -> None:
        self.config, self.store, self.faults = config, store, faults

    async def _fault(self, *modes: str) -> Fault | None:
        return await asyncio.to_thread(self.faults.take, "mail", modes)

    async def handle_EHLO(self, server: Server, session: Session, envelope: Envelope, hostname: str, responses: list[str]) -> list[str]:
        session.host_name = hostname
        fault = await self._fault("slow", "down")
        if fault is not None and fault.mode == "slow":
            await asyncio.sleep(fault.seconds)
        elif fault is not None:
            if fault.dropped and isinstance(server.transport, asyncio.Transport):
                server.transport.abort()
            return ["421 4.3.2 Service not available"]
        return responses

    async def handle_RCPT(self, server: Server, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        fault = await self._fault("greylist", "unknown")
        if fault is not None and fault.mode == "greylist":
            return "450 4.2.0 Greylisted, come again later"
        if fault is not None or address.lower().startswith(NOBODY):
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Server, session: Session, envelope: Envelope) -> str:
        data = envelope.original_content or b""
        read = email.message_from_bytes(data, policy=default)
        await asyncio.to_thread(self._keep, read, data, envelope)
        for address in envelope.rcpt_tos:
            if await self._fault("bounce") is not None or address.lower().startswith(RETURNED):
                threading.Thread(target=self._return, args=(read, envelope.mail_from, address), daemon=True).start()
        return "250 2.0.0 OK"

    def _keep(self, read: Message, data: bytes, envelope: Envelope) -> None:
        with self.store.writing() as connection:
            connection.executemany(
                "INSERT INTO mail_message (message_id, sender, recipient, subject, data, created) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (str(read["Message-ID"] or ""), envelope.mail_from or "", address, str(read["Subject"] or ""), data, now())
                    for address in envelope.rcpt_tos
                ],
            )

    def _return(self, read: Message, sender: str | None, address: str) -> None:
        """Hand a delivery status notification (RFC 3464) to the portal, as a mail server's pipe does."""
        time.sleep(RETURN_AFTER)
        asked = urllib.request.Request(
            self.config.bounce_url,
            returned(read, sender or "", address),
            {"Content-Type": "message/rfc822", "Authorization": f"Bearer {self.config.bounce_token}"},
        )
        for _ in range(RETURN_TRIES):
            try:
                with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=5):
                    return
            except OSError:
                time.sleep(1)


_RETURNED = """\
From: Mail Delivery System <mailer-daemon@mail.example>
To: {sender}
Subject: Undelivered Mail Returned to Sender
Date: {date}
Message-ID: <{number}@mail.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="returned"

--returned
Content-Type: text/plain; charset=us-ascii

The mail system could not deliver your message.

--returned
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user here

--returned
Content-Type: text/rfc822-headers

Message-ID: {message_id}
To: {address}

--returned--
"""


def returned(read: Message, sender: str, address: str) -> bytes:
    """The notification that ``address`` is not known, to the envelope's sender."""
    text = _RETURNED.format(
        sender=sender,
        address=address,
        message_id=str(read["Message-ID"]),
        date=format_datetime(datetime.now(tz=HANOI)),
        number=time.time_ns(),
    )
    return text.replace("\n", "\r\n").encode("ascii", "replace")


def _certificate(config: Config) -> ssl.SSLContext:
    """A key and a certificate for localhost that the portal is told to trust, made once."""
    key_file, file = config.state / "mail.key", config.demo / "mail-root.pem"
    if not (key_file.exists() and file.exists()):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        born = datetime.now(tz=UTC) - timedelta(hours=1)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(born)
            .not_valid_after(born + timedelta(days=3650))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        write(key_file, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        write(file, made.public_bytes(serialization.Encoding.PEM), 0o644)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key_file)
    return context


def serve(config: Config, store: Store, faults: Faults) -> Controller:
    """Listen, in a thread of this process."""

    def known(server: Server, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and hmac.compare_digest(data.password, config.mail_password.encode())
        return AuthResult(success=right and data.login == config.mail_user.encode(), handled=right)

    controller = Controller(
        Takes(config, store, faults),
        hostname="127.0.0.1",
        port=config.mail_port,
        server_hostname="localhost",
        tls_context=_certificate(config),
        require_starttls=True,
        authenticator=known,
        auth_required=True,
        data_size_limit=MAX_BYTES,
        ident="portal.simulators",
    )
    controller.start()
    return controller


def blueprint(config: Config, store: Store) -> Blueprint:
    """Everything under /mail/."""
    pages = Blueprint("mail", __name__, url_prefix="/mail")

    @pages.post("/inbound")
    def inbound() -> Any:
        """Somebody writes to the portal's support address (a form of people, or JSON): handed on as a mail server's pipe does."""
        said = request.get_json(silent=True) or request.form
        letter = EmailMessage()
        letter["From"], letter["To"] = str(said.get("from", "")), "ho-tro@dichvucong.example"
        letter["Subject"], letter["Date"] = str(said.get("subject", "")), format_datetime(datetime.now(tz=HANOI))
        letter["Message-ID"] = str(said.get("messageId") or f"<{time.time_ns()}@mail.example>")
        headers: Any = said.get("headers") or {}
        for name, value in dict(headers).items():
            letter[name] = value
        letter.set_content(str(said.get("text", "")))
        asked = urllib.request.Request(
            config.support_mail_url,
            letter.as_bytes(),
            {"Content-Type": "message/rfc822", "Authorization": f"Bearer {config.bounce_token}"},
        )
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=5) as answer:
                status = int(answer.status)
        except urllib.error.HTTPError as refused:
            status = refused.code
        except OSError:
            status = 0
        return jsonify({"status": status}) if request.is_json else redirect("/mail/outbox/")

    def messages(recipient: str) -> list[dict[str, Any]]:
        sql = "SELECT * FROM mail_message"
        rows = (
            store.rows(f"{sql} WHERE recipient = ? ORDER BY id DESC LIMIT {SHOWN}", recipient.strip())
            if recipient.strip()
            else store.rows(f"{sql} ORDER BY id DESC LIMIT {SHOWN}")
        )
        return [_told(row) for row in rows]

    @pages.get("/outbox.json")
    def outbox_json() -> Response:
        return jsonify({"messages": messages(request.args.get("to", ""))})

    @pages.get("/outbox/")
    def outbox() -> str:
        to = request.args.get("to", "")
        return render_template("mailbox.html", messages=messages(to), to=to, limit=SHOWN)

    @pages.get("/<int:number>/")
    def one(number: int) -> str:
        row = store.row("SELECT * FROM mail_message WHERE id = ?", number)
        if row is None:
            abort(404)
        return render_template("mail.html", message=_told(row))

    @pages.get("/<int:number>/html")
    def html(number: int) -> Response:
        row = store.row("SELECT * FROM mail_message WHERE id = ?", number)
        if row is None:
            abort(404)
        answer = Response(_told(row)["html"], mimetype="text/html")
        # A stranger's page: it may look as it likes and do nothing.
        answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups"
        return answer

    return pages


def _told(row: Any) -> dict[str, Any]:
    read = email.message_from_bytes(row["data"], policy=default)
    at = datetime.fromtimestamp(row["created"], tz=HANOI)
    parts = {part.get_content_type(): part.get_content() for part in read.walk() if part.get_content_maintype() == "text"}
    return {
        "id": row["id"],
        "to": row["recipient"],
        "envelope_from": row["sender"],
        "subject": row["subject"],
        "headers": {name: str(value) for name, value in read.items()},
        "text": parts.get("text/plain", ""),
        "html": parts.get("text/html", ""),
        "at": at.isoformat(timespec="seconds"),
        "shown": at.strftime("%H:%M:%S, %d/%m/%Y"),
    }
