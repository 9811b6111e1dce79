"""`make bench-vouchers`: how many signed vouchers a second are fetched, checked as a stranger would, and kept.

The simulators sign real vouchers (PDF and XML) beforehand; two processes then do what two workers do: fetch both files, examine the PDF's
signature with its time-stamp and revocation, the XML's, compare content, encrypt and store. Beside it the same files stored unexamined.
Wanted: 50 a second. ``WRITE=1`` puts the figures into docs/performance.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from bench.copies import copied
from bench.load import BIN, ROOT, until_answers
from bench.pages import write
from portal.launcher.environment import environment

PREPARE = """
from datetime import timedelta
from django.utils import timezone
from payments import services
from payments.demo import connect
from payments.institutions.base import Outcome, Report
from payments.models import Voucher
from portal.access import SYSTEM
now = timezone.now()
connect(now=now)
for n in range(%(count)d):
    order = services.create_order(source="bench", key=str(n), kind="LGD.01", reference=f"H26.101-261129-{n:04d}", description="Ban sao",
        payer=services.Payer(None, "Nguoi Nop"), payee_unit="H26.101", lines=[services.Line("Phi", "fee", 8000 + n, 1)],
        due_at=now + timedelta(days=2), expires_at=now + timedelta(days=2), actor=SYSTEM, now=now)
    attempt = services.begin_attempt(order_code=order.code, institution_code="TG.vnpay", now=now)
    made = services.settle(institution_code="TG.vnpay", via="callback", now=now, report=Report(attempt.reference, Outcome.PAID,
        amount=order.amount, institution_ref=f"B{n:08d}", paid_at=now)).collection
    Voucher.objects.create(order=order, collection=made, kind="institution", created_at=now)
    print(attempt.reference, order.amount)
"""
FETCH = """
import os, time
from django.utils import timezone
from payments.models import Voucher
from payments.services.vouchers import fetch_voucher
waiting = Voucher.objects.filter(state="waiting", order__source="bench").order_by("order__source_key").values_list("pk", flat=True)
mine = list(waiting)[%(place)d::2]
began = time.time()
for pk in mine:
    assert fetch_voucher(voucher_id=pk, now=timezone.now())
print(began, time.time(), Voucher.objects.filter(pk__in=mine, state="kept").count())
"""
STORE = """
import time
from payments.models import Voucher
from portal.access import SYSTEM
from portal.files import services as files
kept = Voucher.objects.filter(state="kept", order__source="bench").select_related("pdf", "xml").order_by("order__source_key")
data = [(one.order_id, *(files.read_bytes(file, unchecked=True) for file in (one.pdf, one.xml))) for one in list(kept)[%(place)d::2]]
began = time.time()
for subject, *both in data:
    for content in both:
        files.store_bytes(subject=subject, data=content, name="x.pdf", purpose="bench", media_type="application/pdf", actor=SYSTEM)
print(began, time.time(), len(data))
"""


def shell(env: dict[str, str], script: str) -> str:
    """What a script prints in a process of its own."""
    done = subprocess.run([sys.executable, "manage.py", "shell", "-v0", "-c", script], cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return done.stdout


def rate(env: dict[str, str], script: str, count: int) -> float:
    """So many a second by two processes at once, from the first that began to the last that ended."""
    with ThreadPoolExecutor(2) as pool:
        said = [line.split() for line in pool.map(lambda place: shell(env, script % {"place": place}).strip().splitlines()[-1], range(2))]
    if sum(int(one[2]) for one in said) != count:
        raise SystemExit("not every voucher was kept")
    return count / (max(float(one[1]) for one in said) - min(float(one[0]) for one in said))


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env = {**os.environ, **environment(Path(os.environ["VAR"]), servers), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    command = next(line for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines() if line.startswith("simulators:"))
    outside = subprocess.Popen(["/bin/sh", "-c", f"exec {command.partition(':')[2].strip()}"], cwd=ROOT, env=env)
    try:
        until_answers(f"{env['SIMULATORS_URL']}/health")
        subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
        with copied(env["DATABASE_URL"], "vouchers") as database:
            env["DATABASE_URL"] = database
            rows = [line.split() for line in shell(env, PREPARE % {"count": options.count}).strip().splitlines()]
            paid_at = dt.datetime.now(dt.UTC).isoformat()
            history = [
                {"reference": reference, "amount": int(amount), "paid_at": paid_at, "institution_ref": f"B{number:08d}"}
                for number, (reference, amount) in enumerate(rows)
            ]
            told = {"institution": "TG.vnpay", "movements": history}
            requests.post(f"{env['SIMULATORS_URL']}/control/payments/movements", json=told, timeout=60).raise_for_status()
            secret = shell(env, "from payments.models import Institution; print(Institution.objects.get(pk='TG.vnpay').secret)").strip()
            began = time.perf_counter()
            for reference, _ in rows:  # signed now, so that the signing is not measured
                for ending in ("pdf", "xml"):
                    url = f"{env['SIMULATORS_URL']}/payments/files/TG.vnpay/vouchers/DVCQG001/{reference}.{ending}"
                    requests.get(url, headers={"Authorization": f"Bearer {secret}"}, timeout=60).raise_for_status()
            print(f"signed {len(rows)} in {time.perf_counter() - began:.0f} s", flush=True)
            checked = rate(env, FETCH, len(rows))
            stored = rate(env, STORE, len(rows))
    finally:
        outside.terminate()
        outside.wait(20)
    table = (
        "| two processes | vouchers a second | of storing alone |\n|---|---|---|\n"
        f"| fetched, both signatures examined, stored | {checked:.0f} | {checked / stored:.2f} |\n"
        f"| the same files stored unexamined | {stored:.0f} | 1 |"
    )
    print(table)
    if options.write:
        stamp = f"Measured {dt.datetime.now(dt.UTC).date().isoformat()}: {options.count} vouchers, {os.cpu_count()} cores."
        write("vouchers", f"{stamp}\n\n{table}")


if __name__ == "__main__":
    main()
