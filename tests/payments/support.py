"""What the tests of reconciliation share: a day that is over, its payments, files of every side, runs to their end."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

from django.test import Client
from django.utils import timezone

from accounts.services.positions import give_position
from payments import services
from payments.models import Collection, Institution, Run, Statement
from payments.services import reconciling, statements_import
from payments.services.payouts import book_payouts
from payments.statements import CAMT, PAID, StatementLine, write_statement
from portal.access import SYSTEM
from tests.factories import make_order, make_person, paid_report, sign_in

TREASURY = "0000.0.0000101"
"""The demo agency's account at the treasury."""
UNIT = "H26.101"


def day_before() -> date:
    """The day that tests reconcile: the last working day that is over, so that what is due on the next is known."""
    return timezone.localdate() - timedelta(days=1)


def at(day: date, hour: int = 10, minute: int = 0) -> datetime:
    """A moment of a day in Vietnam."""
    return timezone.make_aware(datetime(day.year, day.month, day.day, hour, minute))


def make_payment(institution: Institution, day: date, *, hour: int = 10, **values: Any) -> Collection:
    """An order that was paid on that day and booked at once."""
    report_values = {name: values.pop(name) for name in ("institution_ref",) if name in values}
    order = make_order(now=at(day, hour - 1), **values)
    attempt = services.begin_attempt(order_code=order.code, institution_code=institution.code, now=at(day, hour - 1, 30))
    report = paid_report(attempt, paid_at=at(day, hour), **report_values)
    found = services.settle(institution_code=institution.code, report=report, via="callback", now=at(day, hour))
    assert found.collection is not None
    return found.collection


def line_of(collection: Collection, **values: Any) -> StatementLine:
    """The row that a side writes about a collection."""
    fields: dict[str, Any] = {
        "number": 0,
        "reference": collection.reference,
        "institution_ref": collection.institution_ref,
        "amount": collection.amount,
        "state": PAID,
        "at": collection.paid_at,
        "bank_ref": collection.bank_ref,
        "unit": collection.payee_unit,
        "kind": collection.kind,
        "bank": collection.institution_id,
        "account": TREASURY,
        **values,
    }
    return StatementLine(**fields)


def csv_of(lines: Iterable[StatementLine]) -> bytes:
    """A whole file."""
    out = io.BytesIO()
    write_statement(lines, out)
    return out.getvalue()


def camt_of(account: str, day: date, credits: Iterable[tuple[str, str, int]]) -> bytes:
    """A bank's statement of an account: credits with EndToEndId, the bank's number, amount."""
    entries = "".join(
        f'<Ntry><Amt Ccy="VND">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt>'
        f"<AcctSvcrRef>{ref}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{escape(end)}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>"
        for end, ref, amount in credits
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{CAMT}"><BkToCstmrStmt><GrpHdr><MsgId>1</MsgId>'
        f"<CreDtTm>{day}T23:00:00+07:00</CreDtTm></GrpHdr><Stmt><Id>1</Id><CreDtTm>{day}T23:00:00+07:00</CreDtTm>"
        f"<FrToDt><FrDtTm>{day}T00:00:00+07:00</FrDtTm><ToDtTm>{day}T23:59:59+07:00</ToDtTm></FrToDt>"
        f"<Acct><Id><Othr><Id>{account}</Id></Othr></Id></Acct>{entries}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def take(content: bytes, day: date, *, now: datetime | None = None, **values: Any) -> Statement:
    """Take a file and load it to its end."""
    now = now or timezone.now()
    fields: dict[str, Any] = {"side": "institution", "actor": SYSTEM, **values}
    statement = statements_import.take_statement(day=day, source=io.BytesIO(content), now=now, **fields)
    while not statements_import.load_statement(statement_id=statement.pk, now=now):
        pass
    book_payouts(statement_id=statement.pk, now=now)
    return Statement.objects.get(pk=statement.pk)


def run_day(institution: Institution, day: date, *, now: datetime | None = None) -> Run:
    """A reconciliation from beginning to end."""
    now = now or timezone.now()
    run, _ = reconciling.start_run(institution_code=institution.code, day=day, actor=SYSTEM, now=now)
    while not reconciling.continue_run(run_id=run.pk, now=now):
        pass
    return Run.objects.get(pk=run.pk)


def desk_of(unit: str, *roles: str, credential: str = "") -> tuple[Client, Any]:
    """The browser of a new officer, and the position."""
    place = "institution" if set(roles) == {"operating"} else "agency"
    position = give_position(
        actor=SYSTEM,
        person_id=make_person(full_name="Phạm Văn Cán Bộ Giả Định").id,
        unit_code=unit,
        place=place,
        title="Chức danh thử nghiệm",
        roles=list(roles),
        credential_id=credential,
        now=timezone.now(),
    )
    client = Client()
    sign_in(client, position.person, position=position)
    return client, position


def accountant() -> tuple[Client, Any]:
    """Of the demo commune."""
    return desk_of(UNIT, "accounting")


def operator(code: str = "TG.vnpay") -> tuple[Client, Any]:
    """Of an institution."""
    return desk_of(code, "operating")


def vpcp() -> tuple[Client, Any]:
    """Who oversees."""
    return desk_of("G22", "steering")
