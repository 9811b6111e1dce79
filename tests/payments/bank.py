"""A bank of the protocol of signed messages that takes refunds: what it was told once it does once, also when its answer is lost."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.factories import make_institution
from tests.payments.institution import Request, Scripted
from tests.payments.test_bank_jws import BANK_CERTIFICATE, PORTAL, PORTAL_CERTIFICATE, pem, token

JOSE = "application/jose"


@dataclass
class Bank:
    """State of the bank. ``lose``: so many answers are not given though the work was done; ``deaf``: nothing is even read."""

    institution: Scripted
    done: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    lose: int = 0
    deaf: int = 0
    refuse: int = 0
    status: str = "DONE"
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.institution.answer = self._answer

    def _answer(self, request: Request) -> tuple[int, str, bytes]:
        if not request.body:
            return 404, "text/plain", b""
        claims = json.loads(_part(request.body))
        path = request.path.removeprefix("/v1/")
        key = str(claims.get("refund_key") or claims["reference"])
        self.asked.append((path, key))
        if self.deaf:
            self.deaf -= 1
            return 503, "text/plain", b""
        said: dict[str, Any] = {"refund_key": key, "transaction_id": f"RF{key}", "code": "00"}
        if path == "refunds":
            if self.refuse:
                self.refuse -= 1
                said |= {"status": "REFUSED", "code": "21"}
            else:
                self.done.setdefault(key, claims["amount"])
                said |= {"status": self.status}
        elif path == "refunds/query":
            said |= {"status": self.status if key in self.done else "ABSENT"}
        elif path == "orders/query":
            said = {"reference": key, "status": "ABSENT", "code": "01"} | self.orders.get(key, {})
        if self.lose:
            self.lose -= 1
            return 503, "text/plain", b""
        whole = {"iss": "970418", "aud": "DVCQG", "jti": "1", "iat": int(datetime.now(UTC).timestamp()), **said}
        return 200, JOSE, token(whole)

    def took(self, attempt: Any, transaction: str) -> None:
        """The payer's money left their account."""
        self.orders[attempt.reference] = {
            "status": "PAID",
            "amount": attempt.amount,
            "transaction_id": transaction,
            "bank_ref": "1",
            "paid_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "code": "00",
        }


def _part(body: bytes) -> bytes:
    text = body.split(b".")[1]
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def connect(institution: Scripted, **values: Any) -> tuple[Any, Bank]:
    """BIDV as an open institution of the portal, connected to this bank."""
    row = make_institution("970418")
    given = {
        "adapter": "bank_jws",
        "merchant": "DVCQG",
        "endpoint": f"{institution.url}/v1",
        "files": f"{institution.url}/files",
        "certificate": pem(BANK_CERTIFICATE),
        "private_key": pem(PORTAL) + pem(PORTAL_CERTIFICATE),
        **values,
    }
    for name, value in given.items():
        setattr(row, name, value)
    row.save()
    return row, Bank(institution)
