"""`make bench-callbacks`: how many payments a second the portal settles when an institution reports them.

Real notifications of VNPay's protocol over HTTP to gunicorn's two workers, each of another payment, eight at a time; beside it the same
rows by plain SQL on two connections (the message kept, money, entry with two postings, attempt, order, one promised effect). Wanted: 100 a
second, 300 hoped for. ``WRITE=1`` puts the figures into docs/performance.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import hmac
import http.client
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote_plus, urlsplit

import psycopg

from bench import data
from bench.copies import copied, tidied
from bench.load import ROOT, gunicorn
from bench.pages import write

SECRET = "khoa-do-toc-do"
USERS = 8
ORDERS = """
import uuid
from datetime import timedelta
from django.utils import timezone
from payments.codes import new_code, reference_of
from payments.models import Attempt, Institution, Order, OrderLine
now = timezone.now()
one = Institution.objects.update_or_create(code="TG.vnpay", defaults=dict(name="VNPAY", short_name="VNPAY", adapter="vnpay", state="open",
    licence_number="00", licence_from=now.date(), merchant="DVCQG001", secret=%(secret)r, connection_changed_at=now, tested_at=now))[0]
orders = [Order(code=new_code(), source="bench", source_key=str(n), kind="LGD.01", reference=f"H26.{101 + n %% 50}-261129-{n:04d}",
    description="Ban sao", payer_name="Nguoi Nop", payee_unit=f"H26.{101 + n %% 50}", payee_name="UBND", amount=8000 + n,
    due_at=now + timedelta(days=2),
    expires_at=now + timedelta(days=2), created_at=now) for n in range(%(count)d)]
Order.objects.bulk_create(orders, batch_size=1000)
OrderLine.objects.bulk_create([OrderLine(order=order, position=1, name="Phi", fee_kind="fee", unit_amount=order.amount, number=1,
    amount=order.amount) for order in orders], batch_size=1000)
Attempt.objects.bulk_create([Attempt(order=order, institution=one, number=1, reference=reference_of(order.code, 1), amount=order.amount,
    state="sent",
    created_at=now, expires_at=now + timedelta(days=1), next_ask_at=now + timedelta(days=1)) for order in orders], batch_size=1000)
"""


def prepare(env: dict[str, str], count: int) -> None:
    """So many orders whose payers are at the institution's page."""
    script = ORDERS % {"secret": SECRET, "count": count}
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", script], cwd=ROOT, env=env, check=True, capture_output=True, text=True
    )


def notification(reference: str, amount: int, number: int) -> str:
    """The path of one notification, signed."""
    said = {
        "vnp_Amount": str(amount * 100),
        "vnp_BankCode": "NCB",
        "vnp_BankTranNo": f"VNP{number}",
        "vnp_CardType": "ATM",
        "vnp_OrderInfo": "Thanh toan",
        "vnp_PayDate": f"{dt.datetime.now(dt.timezone(dt.timedelta(hours=7))):%Y%m%d%H%M%S}",
        "vnp_ResponseCode": "00",
        "vnp_TmnCode": "DVCQG001",
        "vnp_TransactionNo": str(number),
        "vnp_TransactionStatus": "00",
        "vnp_TxnRef": reference,
    }
    query = "&".join(f"{name}={quote_plus(value)}" for name, value in sorted(said.items()))
    digest = hmac.new(SECRET.encode(), query.encode(), hashlib.sha512).hexdigest()
    return f"/vao/thanh-toan/TG.vnpay/?{query}&vnp_SecureHash={digest}"


def deliver(url: str, paths: list[str]) -> list[float]:
    """One sender's deliveries over one connection; seconds of each. Any verdict but "confirmed" ends the benchmark."""
    host = urlsplit(url)
    connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=30)
    took = []
    for path in paths:
        began = time.perf_counter()
        connection.request("GET", path, headers={"Host": "localhost"})
        answer = connection.getresponse().read()
        took.append(time.perf_counter() - began)
        if b'"00"' not in answer:
            raise SystemExit(f"not settled: {answer[:200]!r}")
    return took


PLAIN = (
    "INSERT INTO inbox_received (id, source, key, digest, body_sealed, times, refused, outcome, handled_at)"
    " VALUES (gen_random_uuid(), 'bench', %(ref)s, sha256(%(ref)s::bytea), repeat('x', 600), 1, 0, 'confirmed', now())",
    "SELECT id FROM payments_order WHERE id = %(order)s FOR UPDATE",
    "SELECT id FROM payments_attempt WHERE id = %(attempt)s FOR UPDATE",
    "INSERT INTO payments_collection (id, institution_id, institution_ref, bank_ref, attempt_id, order_id, reference, purpose, amount,"
    " owed_back, refunding, refunded, payee_unit, kind, paid_at, day, via, booked_at, is_test)"
    " VALUES (gen_random_uuid(), 'TG.vnpay', %(ref)s, '',"
    " %(attempt)s, %(order)s, %(ref)s, 'settles', %(amount)s, 0, 0, 0, %(unit)s, 'LGD.01', now(), current_date, 'callback', now(), false)",
    "WITH entry AS (INSERT INTO payments_entry (id, key, event, day, at, target, note, xid)"
    " VALUES (gen_random_uuid(), %(ref)s, 'collected', current_date, now(), 'x', '', 0) RETURNING id)"
    " INSERT INTO payments_posting (entry_id, account_id, day, amount)"
    " SELECT entry.id, side.account, current_date, side.amount FROM entry, (VALUES (%(one)s, %(amount)s), (%(two)s, -%(amount)s))"
    " AS side (account, amount)",
    "UPDATE payments_attempt SET state = 'paid', ended_at = now(), next_ask_at = NULL WHERE id = %(attempt)s",
    "INSERT INTO payments_attemptevent (attempt_id, at, name, from_state, to_state, via, code)"
    " VALUES (%(attempt)s, now(), 'pay', 'sent', 'paid', 'callback', '00')",
    "UPDATE payments_order SET state = 'paid', settled_at = now() WHERE id = %(order)s",
    "INSERT INTO outbox_message (id, kind, key, payload, queue, attempts, last_error)"
    " VALUES (gen_random_uuid(), 'bench', %(ref)s, '{}', 'soon', 0, '')",
)


def plainly(database: str, rows: list[tuple[object, ...]]) -> None:
    """The same rows by plain SQL over one connection, a transaction a payment."""
    with psycopg.connect(database, cursor_factory=psycopg.ClientCursor) as connection:
        accounts = [row[0] for row in connection.execute("SELECT id FROM payments_account ORDER BY id LIMIT 2")]
        for attempt, order, reference, amount, unit in rows:
            values = {"attempt": attempt, "order": order, "ref": f"P{reference}", "amount": amount, "unit": unit}
            for statement in PLAIN:
                connection.execute(statement, {**values, "one": accounts[0], "two": accounts[1]})
            connection.commit()


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    _, env, _ = data.prepare(None)
    with copied(env["DATABASE_URL"], "callbacks") as database:
        env = {**env, "DATABASE_URL": database}
        prepare(env, 2 * options.count)
        tidied(database)
        with psycopg.connect(database) as connection:
            rows = connection.execute(
                "SELECT a.id, o.id, a.reference, a.amount, o.payee_unit FROM payments_attempt a JOIN payments_order o ON o.id = a.order_id"
                " ORDER BY o.source_key::int"
            ).fetchall()
        ours, theirs = rows[: options.count], rows[options.count :]
        paths = [notification(row[2], row[3], 14_000_000 + number) for number, row in enumerate(ours)]
        with gunicorn(env) as url, ThreadPoolExecutor(USERS) as pool:
            for path in paths[:40]:
                deliver(url, [path])
            paths = paths[40:]
            began = time.perf_counter()
            took = sorted(second for part in pool.map(lambda place: deliver(url, paths[place::USERS]), range(USERS)) for second in part)
            rate = len(paths) / (time.perf_counter() - began)
        with ThreadPoolExecutor(2) as pool:
            began = time.perf_counter()
            list(pool.map(lambda place: plainly(database, theirs[place::2]), range(2)))
            plain = len(theirs) / (time.perf_counter() - began)
    p50, p95 = (1000 * took[int(len(took) * share)] for share in (0.5, 0.95))
    table = (
        "| | settled a second | of plain SQL | p50 ms | p95 ms |\n|---|---|---|---|---|\n"
        f"| callbacks over HTTP, {USERS} at once | {rate:,.0f} | {rate / plain:.2f} | {p50:.0f} | {p95:.0f} |\n"
        f"| the same rows by plain SQL, 2 connections | {plain:,.0f} | 1 | | |"
    )
    print(table)
    if options.write:
        day = dt.datetime.now(dt.UTC).date().isoformat()
        stamp = f"Measured {day}: {options.count:,} payments, {os.cpu_count()} cores shared with senders and server."
        write("callbacks", f"{stamp}\n\n{table}")


if __name__ == "__main__":
    main()
