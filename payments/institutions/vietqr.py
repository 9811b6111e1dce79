"""A transfer to the collecting account, prepared by a VietQR: no page, no notification; the account's statement says what came."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from payments import vietqr
from payments.institutions import wire
from payments.institutions.base import (
    Ask,
    BadMessage,
    Connection,
    Incoming,
    Outcome,
    RefundAsk,
    RefundOutcome,
    RefundReport,
    Reply,
    Report,
    Start,
    Verdict,
)
from portal.exchange.errors import OutsideUnavailable


class VietQrTransfer:
    """The adapter ``vietqr``."""

    name = "vietqr"
    label = "Chuyển khoản bằng mã VietQR"
    is_transfer = True
    statement_format = "camt.053"
    can_refund = False
    smallest = 1
    largest = wire.LARGEST

    def begin(self, connection: Connection, ask: Ask) -> Start:
        """The text of a dynamic code whose content is the reference; nobody is asked."""
        wire.check_range(connection.code, ask, self.smallest, self.largest)
        try:
            return Start(qr=vietqr.build(vietqr.VietQr(connection.account_bank, connection.account_number, ask.amount, ask.reference)))
        except ValueError:
            raise OutsideUnavailable(connection.code, "not_configured") from None

    def static_code(self, connection: Connection) -> str:
        """The text of the code of the account itself, for a payer who types amount and content."""
        try:
            return vietqr.build(vietqr.VietQr(connection.account_bank, connection.account_number))
        except ValueError:
            raise OutsideUnavailable(connection.code, "not_configured") from None

    def read_callback(self, connection: Connection, incoming: Incoming) -> Report:
        """Nobody reports here."""
        raise BadMessage("no_callback")

    def answer(self, connection: Connection, verdict: Verdict, report: Report | None) -> Reply:
        """There is nothing at this address."""
        return Reply(404)

    def read_return(self, connection: Connection, query: Mapping[str, str]) -> str:
        """No browser comes back."""
        return ""

    def query(self, connection: Connection, ask: Ask, *, now: datetime) -> Report:
        """Not known before the statement says so."""
        return Report(ask.reference, Outcome.PENDING, amount=ask.amount)

    def refund(self, connection: Connection, ask: RefundAsk) -> RefundReport:
        """A bank account gives nothing back by itself: the money is transferred by hand, with the refund's key as EndToEndId."""
        return RefundReport(RefundOutcome.REFUSED, code="by_hand")

    def query_refund(self, connection: Connection, ask: RefundAsk) -> RefundReport:
        """Nothing is known of it here."""
        return RefundReport(RefundOutcome.ABSENT, code="by_hand")

    def fetch_statement(self, connection: Connection, day: date, to: Path) -> bool:
        """camt.053 of the collecting account, also of the day so far."""
        return wire.fetch_statement(connection, day, to, "xml")

    def fetch_voucher(self, connection: Connection, reference: str) -> tuple[bytes, bytes] | None:
        """PDF and XML."""
        return wire.fetch_voucher(connection, reference)


VIETQR = VietQrTransfer()
