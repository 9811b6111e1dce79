"""`make bench-front`: the proxy of the deployment in front of gunicorn, against the same nginx serving the same bytes from files, and the
mix of a national day (60 % procedure pages, 20 % search, 10 % home, 10 % lists) straight to gunicorn (on connections that stay open, and on
one for each request as the proxy opens them) and through the proxy.

The proxy is the real one (`portal/operations/deploy`), over TLS with a certificate made for the occasion.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bench import data
from bench.load import ROOT, Measured, gunicorn, size_of, warm, wrk
from bench.pages import HOST, paths, write
from portal.launcher.common import free_port

DEPLOY = ROOT / "portal" / "operations" / "deploy"
USER = 10_002
USERS = 32
FILE = "/static/bench/page.html"
TURNS = 7


def certificate(folder: Path) -> None:
    """A self-made certificate for localhost."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
    made = (
        builder.serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(private, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(pem)


@contextmanager
def proxy(upstream: str, env: dict[str, str], files: dict[str, bytes]) -> Iterator[str]:
    """The deployment's nginx before ``upstream`` (host:port); ``files`` lie beside its static files under ``/static/bench/``."""
    folder = Path(tempfile.mkdtemp(prefix="portal-bench-"))
    folder.chmod(0o755)
    try:
        for name in ("state", "pages/static/bench"):
            (folder / name).mkdir(parents=True)
        certificate(folder)
        for name, body in files.items():
            (folder / "pages/static/bench" / name).write_bytes(body)
        shutil.copytree(DEPLOY, folder / "deploy")
        subprocess.run(["chmod", "-R", "a+rX", str(folder)], check=True)
        as_root = os.geteuid() == 0
        if as_root:
            for path in (folder / "state", folder / "key.pem"):
                os.chown(path, USER, USER)
        https = free_port()
        settings = {
            "PATH": f"{env['PATH']}:/usr/sbin",
            "PROXY_HOSTS": "localhost",
            "PROXY_CERTIFICATE": str(folder / "fullchain.pem"),
            "PROXY_CERTIFICATE_KEY": str(folder / "key.pem"),
            "PROXY_UPSTREAM": upstream,
            "PROXY_RESOLVER": "127.0.0.1",
            "PROXY_HTTP": f"127.0.0.1:{free_port()}",
            "PROXY_HTTPS": f"127.0.0.1:{https}",
            "PROXY_PAGES": str(folder / "pages"),
            "PROXY_STATE": str(folder / "state"),
            "PROXY_ACCESS_LOG": str(folder / "state" / "access.log"),
            "PROXY_ERROR_LOG": str(folder / "state" / "error.log"),
        }
        prefix = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"] if as_root else []
        nginx = subprocess.Popen([*prefix, "sh", str(folder / "deploy" / "proxy.sh")], env=settings, stderr=subprocess.DEVNULL)
        try:
            time.sleep(2)
            if nginx.poll() is not None:
                raise SystemExit(f"the proxy ended: {(folder / 'state' / 'error.log').read_text(errors='replace')[-2000:]}")
            # By name: the proxy rejects a handshake for a host that is not ours.
            yield f"https://localhost:{https}"
        finally:
            nginx.terminate()
            nginx.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def national_day(asked: dict[str, list[str]], count: int = 4_000) -> list[str]:
    """Pages as people ask for them on a national day: few procedures make most of the requests, the others the rest."""
    dice = random.Random(3)

    def popular(some: list[str]) -> str:
        # The k-th most asked for is asked for 1/k as often as the first.
        weights = [1 / (place + 1) for place in range(len(some))]
        return dice.choices(some, weights)[0]

    kinds = dice.choices(["procedure", "search", "home", "lists"], [60, 20, 10, 10], k=count)
    lists = [*asked["all procedures"][:20], *asked["field"]]
    return [popular(lists if kind == "lists" else asked[kind]) for kind in kinds]


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    about, env, var = data.prepare(options.data)
    env["PAGE_CACHE_MB"] = "192"
    asked = paths(env["DATABASE_URL"])
    day = national_day(asked)
    rows = ["| what | req/s | against | ratio | p50 ms | p95 ms | p99 ms |", "|---|---|---|---|---|---|---|"]
    secure = [HOST]
    with gunicorn(env) as url:
        size = size_of(url + "/thu-tuc/1.001193/")
        bare_page = f"/bare/{size}/"
        with proxy(url.removeprefix("http://"), env, {"page.html": b"x" * size}) as front:
            turns = [
                [wrk(front, [path], var, users=USERS, seconds=options.seconds / 2, headers=secure) for path in (FILE, "/thu-tuc/1.001193/")]
                for _turn in range(TURNS)
            ]
            file, kept = _middle(turns, "a kept page")
            rows.append(_row("one page kept by the proxy", kept, f"{file.rate:,.0f} (a file of as many bytes)", kept.rate / file.rate))
            warm(url, sorted(set(day)))
            for name, extra in (("gunicorn alone", []), ("gunicorn alone, a connection a request", ["Connection: close"])):
                headers = [HOST, *extra]
                turns = [
                    [wrk(url, some, var, users=USERS, seconds=options.seconds / 2, headers=headers) for some in ([bare_page], day)]
                    for _turn in range(TURNS)
                ]
                bare, direct = _middle(turns, name)
                rows.append(_row(f"national day, {name}", direct, f"{bare.rate:,.0f} (bare view)", direct.rate / bare.rate))
            for _pass in range(2):
                # The proxy begins with nothing; a national day does not.
                wrk(front, day, var, users=USERS, seconds=options.seconds, headers=secure)
            turns = [
                [wrk(front, some, var, users=USERS, seconds=options.seconds / 2, headers=secure) for some in ([FILE], day)]
                for _turn in range(TURNS)
            ]
            file, mixed = _middle(turns, "through the proxy")
            rows.append(_row("national day, through the proxy", mixed, f"{file.rate:,.0f} (a file)", mixed.rate / file.rate))
    table = "\n".join(rows)
    print(table)
    if options.write:
        stamp = f"Measured {dt.datetime.now(dt.UTC).date().isoformat()} on {about}; {USERS} connections, {os.cpu_count()} cores."
        write("front", f"{stamp}\n\n{table}")


def _middle(turns: list[list[Measured]], name: str) -> list[Measured]:
    """The turn (baseline, measured) whose ratio is the median. In turns, for what else the machine does falls on both.

    Of connections that stay open one worker sometimes gets all or nearly all: half the pages a second, a turn in a dozen.
    """
    told = ", ".join(f"{one.rate / base.rate:.2f} {one.rate:,.0f} p99 {one.p99:.0f}" for base, one in turns)
    print(f"{name}, ratio, requests a second and p99 of each turn: {told}", flush=True)
    return sorted(turns, key=lambda turn: turn[1].rate / turn[0].rate)[len(turns) // 2]


def _row(name: str, one: Measured, against: str, ratio: float) -> str:
    return f"| {name} | {one.rate:,.0f} | {against} | {ratio:.2f} | {one.p50:.1f} | {one.p95:.1f} | {one.p99:.1f} |"


if __name__ == "__main__":
    main()
