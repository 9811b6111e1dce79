"""A system of a province that signs people in through the portal: what it sends, and what it checks, with a stock library of its own."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings
from django.test import Client
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from accounts.models import OidcClient
from accounts.provider import clients
from portal.access import SYSTEM
from tests import factories

CALLBACK = "https://dichvucong.tinh.example/dang-nhap/ve/"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class System:
    """The system, with its key."""

    row: OidcClient
    key: Any
    callback: str = CALLBACK
    web: Client = field(default_factory=Client)
    """Its own connections to us: no cookie of anybody's."""

    @property
    def id(self) -> str:
        return str(self.row.pk)

    def assertion(self, **changed: Any) -> str:
        now = int(time.time())
        said = {
            "iss": self.id,
            "sub": self.id,
            "aud": settings.SITE_URL,
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_hex(8),
            **changed,
        }
        algorithm = "RS256" if isinstance(self.key, RSAKey) else "ES256"
        kid = self.row.keys.filter(ended_at=None).latest("id").kid
        claims = {name: value for name, value in said.items() if value is not None}
        return jwt.encode({"alg": algorithm, "kid": kid}, claims, self.key, [algorithm])

    def post(self, path: str, *, proof: str | None = None, **said: Any) -> Any:
        form = {"client_assertion_type": ASSERTION, "client_assertion": self.assertion() if proof is None else proof, **said}
        return self.web.post(path, {name: value for name, value in form.items() if value is not None})

    def wish(self, **changed: Any) -> tuple[str, dict[str, str]]:
        """An address to send a browser to, and what the system remembers of it."""
        verifier, state, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(12), secrets.token_urlsafe(12)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        said = {
            "response_type": "code", "client_id": self.id, "redirect_uri": self.callback, "scope": " ".join(self.row.scopes),
            "state": state, "nonce": nonce, "code_challenge": challenge, "code_challenge_method": "S256", **changed,
        }  # fmt: skip
        said = {name: value for name, value in said.items() if value is not None}
        return "/oauth2/authorize?" + urlencode(said), {"verifier": verifier, "state": state, "nonce": nonce}

    def exchange(self, code: str, verifier: str, **changed: Any) -> Any:
        said = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.callback, "code_verifier": verifier, **changed}
        return self.post("/oauth2/token", **said)

    def refresh(self, token: str, **changed: Any) -> Any:
        return self.post("/oauth2/token", grant_type="refresh_token", refresh_token=token, **changed)

    def userinfo(self, access: str) -> Any:
        return self.web.get("/oauth2/userinfo", headers={"Authorization": f"Bearer {access}"})

    def read(self, token: str) -> dict[str, Any]:
        """The claims of a token of ours, checked by the keys that we publish."""
        published = json.loads(self.web.get("/oauth2/jwks").content)
        return dict(jwt.decode(token, KeySet.import_key_set(published), ["RS256"]).claims)


def system(*, name: str = "Cổng dịch vụ công tỉnh Thử", kind: str = "RSA", unit: str = "H26", **changed: Any) -> System:
    """A registered system, open to everybody."""
    key: Any = RSAKey.generate_key(2048) if kind == "RSA" else ECKey.generate_key("P-256")
    callback = changed.pop("callback", CALLBACK)
    said: dict[str, Any] = {
        "name": name, "unit": unit, "redirect_uris": [callback], "proof": "private_key_jwt", "key": json.dumps(key.as_dict(private=False)),
        "scopes": ["openid", "profile"], "is_test": False, **changed,
    }  # fmt: skip
    row = clients.add_client(actor=SYSTEM, now=timezone.now(), **said)
    return System(row, key, callback)


def params(answer: Any) -> dict[str, str]:
    """What an answer says to the system it leads to."""
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def agreed(browser: Client, address: str) -> Any:
    """Somebody agrees on the page that asks; the answer that leads to the system."""
    page = browser.get(address)
    assert page.status_code == 200, page
    seen = page.content.decode().split('name="seen" value="')[1].split('"')[0]
    answer = browser.post("/oauth2/authorize/dong-y/?" + urlsplit(address).query, {"seen": seen, "answer": "yes"})
    assert answer["Location"].startswith("/oauth2/authorize?")
    return browser.get(answer["Location"])


def signed_in(person: Any = None, **said: Any) -> Client:
    """A browser in which somebody is signed in."""
    browser = Client()
    factories.sign_in(browser, person or factories.make_person(), **said)
    return browser


def tokens(one: System, browser: Client, **wish: Any) -> dict[str, Any]:
    """Signed in to a system: what it was given."""
    address, kept = one.wish(**wish)
    answer = browser.get(address)
    if answer.status_code == 200:
        answer = agreed(browser, address)
    said = params(answer)
    assert said["state"] == kept["state"] and said["iss"] == settings.SITE_URL
    assert "code" in said, said
    given = one.exchange(said["code"], kept["verifier"])
    assert given.status_code == 200, given.content
    found: dict[str, Any] = json.loads(given.content)
    return found
