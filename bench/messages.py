"""`make bench-messages`: signed and sealed messages in and out a second, tokens a second, and a day's waiting messages delivered.

Over HTTP to gunicorn's two workers from four connections; out to a partner that opens, checks and signs (one process), by two processes
that do what the workers of the queue do. Wanted: 100 in, 100 out, 150 tokens a second (300 hoped for), 50,000 waiting in ten minutes.
``WRITE=1`` puts the figures into docs/performance.md; ``COUNT=`` and ``WAITING=`` make it smaller.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import datetime as dt
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests
from joserfc import jwe, jws
from joserfc.jwk import ECKey, import_key

from bench import data
from bench.copies import copied, tidied
from bench.load import ROOT, gunicorn
from bench.pages import write
from portal.launcher.common import free_port

CODE, BODY = "MESS", {"code": "H26.101-261201-0001", "state": "4", "words": "Đã tiếp nhận hồ sơ. " * 40}
CONNECTIONS = 4
SIGNING = ECKey.generate_key("P-256", {"kid": "b-sig", "use": "sig"})
SEALING = ECKey.generate_key("P-256", {"kid": "b-enc", "use": "enc"})


def sign(claims: dict[str, Any], kind: str, site: str) -> str:
    """A statement of the partner."""
    now = int(time.time())
    said = {"iss": CODE, "aud": site, "jti": str(uuid.uuid4()), "iat": now, "exp": now + 900, **claims}
    return jws.serialize_compact({"alg": "ES256", "kid": "b-sig", "typ": kind}, json.dumps(said), SIGNING, algorithms=["ES256"])


def envelope(number: int, key: dict[str, Any], site: str) -> str:
    """A message to the portal."""
    text = json.dumps({**BODY, "n": number}, ensure_ascii=False)
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
    claims = {"id": str(uuid.uuid4()), "kind": "sandbox.echo", "version": 1, "about": f"H26-{number % 500}", "digest": digest}
    inside = json.dumps({"statement": sign(claims, "portal-message+jwt", site), "body": text})
    header = {"alg": key["alg"], "enc": "A256GCM", "kid": key["kid"]}
    return jwe.encrypt_compact(header, inside, import_key(key), algorithms=[key["alg"], "A256GCM"])


def rate(work: Sequence[Any], do: Callable[[requests.Session, Any], requests.Response]) -> tuple[float, float]:
    """Answers a second over :data:`CONNECTIONS`, and the 95th percentile in ms. What is refused ends the benchmark."""

    def run(place: int) -> list[float]:
        took = []
        with requests.Session() as session:
            for one in work[place::CONNECTIONS]:
                began = time.perf_counter()
                answer = do(session, one)
                took.append(time.perf_counter() - began)
                if answer.status_code != 200:
                    raise SystemExit(f"{answer.status_code}: {answer.text[:500]}")
        return took

    began = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        found = sorted(second for took in pool.map(run, range(CONNECTIONS)) for second in took)
    return len(work) / (time.perf_counter() - began), 1000 * found[int(len(found) * 0.95)]


@contextlib.contextmanager
def sink(site: str) -> Iterator[str]:
    """The partner's door."""
    port, keys = free_port(), {"sig": SIGNING.as_dict(private=True), "enc": SEALING.as_dict(private=True)}
    command = [sys.executable, "-m", "gunicorn", "bench.partner_sink:app", "--bind", f"127.0.0.1:{port}", "--threads", "8",
               "--log-level", "warning", "--no-control-socket"]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "SINK_KEYS": json.dumps(keys), "SITE_URL": site})
    try:
        time.sleep(3)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def manage(env: dict[str, str], *arguments: str) -> None:
    """A command of the portal."""
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, check=True, capture_output=True, text=True)


def own(env: dict[str, str], *arguments: str) -> list[subprocess.Popen[bytes]]:
    """Processes of this module within the portal."""
    return [subprocess.Popen([sys.executable, "-m", "bench.messages", *arguments], cwd=ROOT, env=env) for _ in range(2)]


def delivered(env: dict[str, str], count: int) -> float:
    """Seconds in which two workers deliver so many messages that wait."""
    subprocess.run([sys.executable, "-m", "bench.messages", "--promise", str(count)], cwd=ROOT, env=env, check=True)
    began = time.perf_counter()
    for process in own(env, "--deliver"):
        if process.wait():
            raise SystemExit("a worker failed")
    return time.perf_counter() - began


def within(options: argparse.Namespace) -> None:
    """What the processes of :func:`own` do."""
    import django

    django.setup()
    from django.db import transaction
    from django.utils import timezone

    from portal.exchange.messages import Message, State, delivery, send

    if options.promise:
        stamp = uuid.uuid4().hex
        for start in range(0, options.promise, 500):
            with transaction.atomic():
                for number in range(start, min(start + 500, options.promise)):
                    send(
                        partner=CODE, kind="sandbox.echo", about=f"H26-{number % 2000}", body={**BODY, "n": number}, key=f"{stamp}-{number}"
                    )
        return
    idle = 0
    while idle < 50 and (delivery.work(CODE, seconds=5) or delivery.waits(CODE, now=timezone.now())):
        idle = idle + 1 if not delivery.waits(CODE, now=timezone.now()) else 0
        time.sleep(0.02)
    left = Message.objects.filter(partner_id=CODE, direction="out", state=State.WAITING, lease_until=None).count()
    if left:
        raise SystemExit(f"{left} messages were not delivered")


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--waiting", type=int, default=50_000)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--promise", type=int, default=0)
    parser.add_argument("--deliver", action="store_true")
    options = parser.parse_args()
    if options.promise or options.deliver:
        within(options)
        return
    _, env, _ = data.prepare(None)
    with copied(env["DATABASE_URL"], "messages") as database, tempfile.TemporaryDirectory() as folder:
        env = {**env, "DATABASE_URL": database}
        site = env["SITE_URL"]
        manage(env, "add_partner", CODE, "--units", "H26", "--name", CODE, "--calls-per-minute", "1000000")
        files = []
        for key, use in ((SIGNING, "sig"), (SEALING, "enc")):
            file = Path(folder) / use
            file.write_text(json.dumps(key.as_dict(private=False)))
            files += ["--key", use, str(file)]
        with sink(site) as door, gunicorn(env) as url:
            manage(env, "keep_partner", CODE, *files, "--line", "http", door)
            tidied(database)
            token_url = f"{url}/api/v1/oauth/token"
            names = {"sub": CODE, "aud": f"{site}/api/v1/oauth/token"}
            form = {"grant_type": "client_credentials", "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}

            def token(session: requests.Session, assertion: str) -> requests.Response:
                return session.post(token_url, data={**form, "client_assertion": assertion}, timeout=30)

            def assertions(count: int) -> list[str]:
                return [sign({**names, "exp": int(time.time()) + 500}, "JWT", site) for _ in range(count)]

            rate(assertions(40), token)
            tokens = rate(assertions(options.count), token)
            bearer = token(requests.Session(), assertions(1)[0]).json()["access_token"]
            headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/jose"}
            published = requests.get(f"{url}/api/v1/messages/keys", timeout=10).json()["keys"]
            key = next(one for one in published if one["use"] == "enc")
            ready = [envelope(number, key, site) for number in range(options.count)]
            came = rate(ready, lambda session, one: session.post(f"{url}/api/v1/messages", data=one, headers=headers, timeout=30))
            out = options.count / delivered(env, options.count)
            waited = delivered(env, options.waiting)
    text = "| | a second | p95 ms |\n|---|---|---|\n"
    text += f"| tokens by client credentials | {tokens[0]:,.0f} | {tokens[1]:.0f} |\n"
    text += f"| signed and sealed messages in | {came[0]:,.0f} | {came[1]:.0f} |\n"
    text += f"| signed and sealed messages out | {out:,.0f} | |\n"
    text += f"| {options.waiting:,} waiting, delivered in {waited / 60:.1f} minutes | {options.waiting / waited:,.0f} | |"
    print(text)
    if options.write:
        stamp = f"Measured {dt.datetime.now(dt.UTC).date()}: {options.count:,} of each, {os.cpu_count()} cores shared with the partner."
        write("messages", f"{stamp}\n\n{text}")


if __name__ == "__main__":
    main()
