"""`make bench-sign-on`: sign-ins to other systems a second, beside a bare view of the same run.

One sign-in is what a system's own engineer sees: the browser, in which somebody is signed in and has agreed before, at
``/oauth2/authorize``; the code at ``/oauth2/token`` with ``private_key_jwt`` and PKCE; ``/oauth2/userinfo``. Eight at once, at gunicorn's
two workers. The systems' own signatures are made before the clock starts: they are made on other machines. Every answer is checked.
``WRITE=1`` puts the table into docs/performance.md. Wanted: 30 a second, aimed at 60.
"""

from __future__ import annotations

import argparse
import datetime as dt
import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from bench.copies import copied
from bench.load import ROOT, gunicorn
from bench.pages import write
from portal.launcher.common import free_port
from portal.launcher.environment import environment

USERS = 8
LEAST_A_SECOND, AIM = 30, 60
PREPARE = """
import base64, hashlib, importlib, json, secrets, time
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import RSAKey
from accounts.models import Person, SignInConsent, UserSession
from accounts.provider.clients import add_client
from portal.access import SYSTEM
key, now = RSAKey.generate_key(2048), timezone.now()
back = "https://dichvucong.do-luong.example/ve/"
client = add_client(
    actor=SYSTEM, name="Đo tốc độ", unit="H26", redirect_uris=[back], proof="private_key_jwt", key=json.dumps(key.as_dict(private=False)),
    scopes=["profile", "dvcqg"], is_test=False, now=now)
kid = client.keys.get().kid
cookies = []
for person in Person.objects.select_related("user").filter(user__is_active=True, id_blind__isnull=False).order_by("id")[:%(users)d]:
    SignInConsent.objects.create(person=person, client=client, scopes=client.scopes)
    store = importlib.import_module(settings.SESSION_ENGINE).SessionStore()
    store.update({SESSION_KEY: str(person.user_id), BACKEND_SESSION_KEY: "portal.access.backend.AccessBackend",
                  HASH_SESSION_KEY: person.user.get_session_auth_hash(), "acting_as": {"kind": "self", "id": ""},
                  "sign_in": str(UserSession.objects.create(user=person.user, way="code", assurance=2).pk)})
    store.create()
    cookies.append(settings.SESSION_COOKIE_NAME + "=" + store.session_key)
at = int(time.time())
said = {"iss": str(client.pk), "sub": str(client.pk), "aud": settings.SITE_URL, "iat": at, "exp": at + 590}
assertions = [jwt.encode({"alg": "RS256", "kid": kid}, {**said, "jti": secrets.token_hex(12)}, key) for _ in range(%(proofs)d)]
verifier = secrets.token_urlsafe(48)
challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
print(json.dumps({"client": str(client.pk), "back": back, "cookies": cookies, "assertions": assertions, "verifier": verifier,
                  "challenge": challenge, "scope": " ".join(client.scopes)}))
"""


@dataclass
class Ready:
    """What the systems and browsers know beforehand."""

    client: str
    back: str
    cookies: list[str]
    assertions: list[str]
    verifier: str
    challenge: str
    scope: str
    where: str = field(default="")

    def connection(self) -> http.client.HTTPConnection:
        """To the portal."""
        return http.client.HTTPConnection(urlsplit(self.where).netloc, timeout=20)


def _ask(to: http.client.HTTPConnection, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str, bytes]:
    to.request(method, path, body or None, {"Host": "localhost", **headers})
    answer = to.getresponse()
    return answer.status, answer.headers.get("Location", ""), answer.read()


def sign_in(ready: Ready, to: http.client.HTTPConnection, cookie: str, assertion: str) -> None:
    """One sign-in, from the browser's question to who it is. ``RuntimeError`` for any other answer."""
    asked = {
        "response_type": "code", "client_id": ready.client, "redirect_uri": ready.back, "scope": ready.scope, "state": "s", "nonce": "n",
        "code_challenge": ready.challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    status, place, _ = _ask(to, "GET", "/oauth2/authorize?" + urlencode(asked), Cookie=cookie)
    code = parse_qs(urlsplit(place).query).get("code", [""])[0]
    if status != 302 or not code:
        raise RuntimeError(f"authorize: {status} {place}")
    given = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": ready.back, "code_verifier": ready.verifier,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion": assertion,
    }  # fmt: skip
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, body = _ask(to, "POST", "/oauth2/token", urlencode(given), **form)
    if status != 200:
        raise RuntimeError(f"token: {status} {body[:200]!r}")
    access = json.loads(body)["access_token"]
    status, _, body = _ask(to, "GET", "/oauth2/userinfo", Authorization=f"Bearer {access}")
    if status != 200 or not json.loads(body).get("name"):
        raise RuntimeError(f"userinfo: {status} {body[:200]!r}")


def _at_once(ready: Ready, seconds: float, act: Callable[[http.client.HTTPConnection, int, str], bool]) -> tuple[float, list[float]]:
    """Eight do the same again and again for so long: how often a second, and how many milliseconds each took."""
    until = time.monotonic() + seconds

    def one(number: int) -> list[float]:
        to, took = ready.connection(), []
        while (begun := time.monotonic()) < until and act(to, number, ready.cookies[number % len(ready.cookies)]):
            took.append((time.monotonic() - begun) * 1000)
        to.close()
        return took

    begun = time.monotonic()
    with ThreadPoolExecutor(USERS) as pool:
        took = [ms for some in pool.map(one, range(USERS)) for ms in some]
    return len(took) / (time.monotonic() - begun), sorted(took)


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("PORT", str(free_port()))
    os.environ.setdefault("SIMULATORS_PORT", str(free_port()))
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env = {**os.environ, **environment(Path(os.environ["VAR"]), servers), "DJANGO_SETTINGS_MODULE": "bench.settings"}
    for command in (["prepare"], ["collectstatic", "--noinput", "-v0"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    proofs = int(options.seconds * 200) + 50
    with copied(env["DATABASE_URL"], "sign_on") as database:
        env = {**env, "DATABASE_URL": database}
        script = PREPARE % {"users": USERS, "proofs": proofs}
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v0", "-c", script], cwd=ROOT, env=env, check=True, capture_output=True, text=True
        )
        ready = Ready(**json.loads(done.stdout.strip().splitlines()[-1]))
        with gunicorn(env) as ready.where:

            def whole(to: http.client.HTTPConnection, number: int, cookie: str) -> bool:
                if not ready.assertions:
                    return False
                sign_in(ready, to, cookie, ready.assertions.pop())
                return True

            def bare(to: http.client.HTTPConnection, number: int, cookie: str) -> bool:
                return _ask(to, "GET", "/bare/800/")[0] == 200

            _at_once(ready, 1.0, whole)
            rate, took = _at_once(ready, options.seconds, whole)
            bare_rate, bare_took = _at_once(ready, 2.0, bare)
    lines = [
        "| | a second | median ms | 95th ms |",
        "|---|---|---|---|",
        f"| sign-ins to a system (authorize, token, userinfo) | {rate:.0f} | {_at(took, 0.5):.0f} | {_at(took, 0.95):.0f} |",
        f"| a bare view of 800 bytes | {bare_rate:.0f} | {_at(bare_took, 0.5):.1f} | {_at(bare_took, 0.95):.1f} |",
    ]
    print("\n".join(lines), flush=True)
    if options.write:
        day, cores = dt.datetime.now(dt.UTC).date().isoformat(), os.cpu_count()
        stamp = f"Measured {day} with the demonstration's people; {cores} cores shared with the load."
        write("sign-on", f"{stamp}\n\n" + "\n".join(lines))
    if rate < LEAST_A_SECOND:
        raise SystemExit(f"{rate:.0f} sign-ins a second, wanted are {LEAST_A_SECOND} (aim {AIM})")


def _at(took: list[float], part: float) -> float:
    return statistics.quantiles(took, n=100)[int(part * 100) - 1] if len(took) > 1 else 0.0


if __name__ == "__main__":
    main()
