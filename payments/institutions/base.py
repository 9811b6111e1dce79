"""What an institution's adapter is: one file that turns our words into its protocol and its messages into ours.

An adapter knows no table, no order and no page. It gets a :class:`Connection` and plain values, asks over HTTP through
``portal.exchange.http`` only (deadline, no redirects), and raises ``OutsideUnavailable``, ``OutsideRefused`` or :class:`BadMessage`.
Money is whole đồng everywhere; times are aware datetimes.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Protocol


class BadMessage(Exception):
    """A message that is not what its protocol says. ``code`` is a short word of ours for logs, never data of the message."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BadSignature(BadMessage):
    """The signature is not the institution's over these bytes."""

    def __init__(self) -> None:
        super().__init__("bad_signature")


@dataclass(frozen=True)
class Connection:
    """How one institution is reached. Secrets never show in a repr or log."""

    code: str
    """Of the institution in the catalogue: ``TG.vnpay``, ``970418``."""
    merchant: str = ""
    """Who we are to it: vnp_TmnCode, partnerCode, ``iss`` of a JWS."""
    access: str = ""
    """A second public name where the protocol has one (MoMo's accessKey)."""
    endpoint: str = ""
    """Base address that our server calls, without a slash at the end."""
    page: str = ""
    """Base address of the page to which the payer is sent, where the protocol builds it itself (VNPay); else empty."""
    files: str = ""
    """Base address of its nightly files and vouchers (``<files>/statements/<merchant>/<day>.csv``,
    ``<files>/vouchers/<merchant>/<reference>.pdf``)."""
    secret: str = field(default="", repr=False)
    """Shared secret of its signatures; also the bearer token of ``files``."""
    certificate: str = field(default="", repr=False)
    """PEM of the certificate by which it signs messages (JWS)."""
    private_key: str = field(default="", repr=False)
    """PEM of our key for messages to it (JWS)."""
    own_certificate: str = field(default="", repr=False)
    """PEM of our certificate for that key, whose thumbprint is the ``kid`` of our messages. Empty: it stands behind the key in
    ``private_key``."""
    account_bank: str = ""
    """Six-digit number of the bank of the collecting account (transfers)."""
    account_number: str = ""
    account_holder: str = ""


@dataclass(frozen=True)
class Ask:
    """One attempt, as an institution needs to know it."""

    reference: str
    """Ours: letters and digits, 34 at most, never used twice."""
    amount: int
    words: str
    """What is paid for: plain ASCII, 120 characters at most, no personal data."""
    created_at: datetime
    expires_at: datetime
    return_url: str
    """Where the payer's browser comes back to. Says nothing about money."""
    notify_url: str
    """Where the institution reports to our server."""
    payer_address: str = "127.0.0.1"
    """Network address of the payer, for protocols that want it (vnp_IpAddr)."""
    language: str = "vi"


@dataclass(frozen=True)
class Start:
    """Where the payer goes: to ``url``, or (transfer) nowhere: ``qr`` is the text of the code that their bank's app reads."""

    url: str = ""
    qr: str = ""


class Outcome(enum.StrEnum):
    """What an institution says became of an attempt."""

    PAID = "paid"
    FAILED = "failed"
    """For good: refused, cancelled by the payer, expired there."""
    PENDING = "pending"
    """Not decided yet; ask again."""
    ABSENT = "absent"
    """It knows no such reference."""
    REVERSED = "reversed"
    """Taken and given back by the institution itself."""


@dataclass(frozen=True)
class Report:
    """What an institution says of one attempt, by whatever way it came."""

    reference: str
    outcome: Outcome
    amount: int = 0
    institution_ref: str = ""
    """Its own number of the money movement; never empty when PAID."""
    bank_ref: str = ""
    paid_at: datetime | None = None
    code: str = ""
    """Its own result code, for the desk."""


class Verdict(enum.StrEnum):
    """What the core made of a callback, for adapters whose protocol wants it as the answer."""

    CONFIRMED = "confirmed"
    ALREADY = "already"
    """Confirmed before: the same news again."""
    NOT_FOUND = "not_found"
    WRONG_AMOUNT = "wrong_amount"
    BAD_SIGNATURE = "bad_signature"
    BAD_MESSAGE = "bad_message"
    ERROR = "error"
    """Something of ours failed: send it again."""


@dataclass(frozen=True)
class Incoming:
    """A request that reached our notify address, untouched."""

    method: str
    query: str
    """The raw query string."""
    body: bytes
    content_type: str = ""


@dataclass(frozen=True)
class Reply:
    """The answer to a callback."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"


@dataclass(frozen=True)
class RefundAsk:
    """A refund to send. ``key`` names it: letters and digits, the same for every repetition."""

    key: str
    reference: str
    """Of the attempt by which the money came."""
    institution_ref: str
    amount: int
    paid_amount: int
    words: str
    begun_at: datetime
    """When the attempt was made (vnp_TransactionDate)."""
    now: datetime
    by: str = "portal"


class RefundOutcome(enum.StrEnum):
    """What became of a refund."""

    DONE = "done"
    UNDER_WAY = "under_way"
    REFUSED = "refused"
    ABSENT = "absent"
    """It knows no such refund: it may be sent (again)."""


@dataclass(frozen=True)
class RefundReport:
    """What an institution says of a refund."""

    outcome: RefundOutcome
    institution_ref: str = ""
    code: str = ""


class Adapter(Protocol):
    """One wire format. ``name`` is what an institution's row names it by."""

    name: str
    label: str
    """For the desk, in Vietnamese."""
    is_transfer: bool
    """The payer transfers by themself (VietQR): no page, no callback, the truth comes from statements."""
    statement_format: str
    """``csv`` or ``camt.053``: how :mod:`payments.statements` reads its nightly file."""
    can_refund: bool
    """Whether it gives money back when asked; else somebody transfers it by hand and the statement shows it."""
    smallest: int
    largest: int
    """Amounts of one payment in đồng that the protocol carries; ``begin`` refuses others (``OutsideRefused``, ``amount_out_of_range``)."""

    def begin(self, connection: Connection, ask: Ask) -> Start:
        """Where to send the payer; may ask the institution."""

    def read_callback(self, connection: Connection, incoming: Incoming) -> Report:
        """Check the signature, then read. :class:`BadSignature`, :class:`BadMessage`."""

    def answer(self, connection: Connection, verdict: Verdict, report: Report | None) -> Reply:
        """The reply that the protocol wants."""

    def read_return(self, connection: Connection, query: Mapping[str, str]) -> str:
        """The reference that a returning browser brings, or an empty string. Nothing is believed of it but which page to show."""

    def query(self, connection: Connection, ask: Ask, *, now: datetime) -> Report:
        """Ask what became of an attempt."""

    def refund(self, connection: Connection, ask: RefundAsk) -> RefundReport:
        """Have money given back."""

    def query_refund(self, connection: Connection, ask: RefundAsk) -> RefundReport:
        """Ask what became of a refund whose answer was lost."""

    def fetch_statement(self, connection: Connection, day: date, to: Path) -> bool:
        """Download the file of a day into ``to`` (streamed); False when there is none yet."""

    def fetch_voucher(self, connection: Connection, reference: str) -> tuple[bytes, bytes] | None:
        """The signed voucher as (PDF, XML); None when there is none (yet)."""
