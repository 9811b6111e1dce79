#!/usr/bin/env python3
"""Khách mẫu: đăng nhập một lần qua Cổng Dịch vụ công Quốc gia, trọn một vòng, trong một tệp.
A sample client of the portal's single sign-on: one whole round in one file. It needs Python 3.11 and `pip install joserfc`.

    python khach_mau.py --issuer https://CỔNG --client-id … --key khoa.pem --port 9090

Register http://localhost:9090/ve as its redirect address and http://localhost:9090/ket-thuc for back-channel logout (a portal on your own
machine takes http://localhost; everywhere else put it behind https and say --public https://…). Then open http://localhost:9090/.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import html
import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


class Refused(Exception):
    """What came is not from the portal, not for us, or not for this sign-in."""


def own_key(pem: str) -> Any:
    """Our private key: EC P-256 or RSA."""
    for kind in (ECKey, RSAKey):
        try:
            return kind.import_key(pem)
        except (JoseError, ValueError, TypeError):
            pass
    raise SystemExit("the key is neither RSA nor EC")


class Client:
    """The protocol. Nothing here is particular to the portal but the issuer's address."""

    def __init__(self, issuer: str, client_id: str, key_pem: str, public: str, scope: str, acr: str) -> None:
        self.issuer, self.id, self.public, self.scope, self.acr = issuer, client_id, public.rstrip("/"), scope, acr
        self.key = own_key(key_pem)
        self.place = self._get(f"{issuer}/.well-known/openid-configuration")
        if self.place["issuer"] != issuer:
            raise Refused("discovery names another issuer")
        self.keys = self._published()
        self.begun: dict[str, tuple[str, str]] = {}
        self.people: dict[str, dict[str, Any]] = {}

    @staticmethod
    def _get(url: str, **headers: str) -> dict[str, Any]:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return dict(json.load(answer))

    def _published(self) -> KeySet:
        found: Any = self._get(self.place["jwks_uri"])
        return KeySet.import_key_set(found)

    def begin(self) -> str:
        """Where the browser goes. State, nonce and the verifier stay here: one set for each sign-in."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        self.begun[state] = (nonce, verifier)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code", "client_id": self.id, "redirect_uri": f"{self.public}/ve", "scope": self.scope, "state": state,
            "nonce": nonce, "code_challenge": challenge, "code_challenge_method": "S256", **({"acr_values": self.acr} if self.acr else {}),
        }  # fmt: skip
        return f"{self.place['authorization_endpoint']}?{urllib.parse.urlencode(asked)}"

    def finish(self, said: dict[str, str]) -> dict[str, Any]:
        """Who came back: the claims of the ID token and of userinfo. :class:`Refused`."""
        if said.get("iss") != self.issuer:
            raise Refused("the answer is another issuer's")
        nonce, verifier = self.begun.pop(said.get("state", ""), ("", ""))
        if not nonce:
            raise Refused("this sign-in was not begun here, or has been used")
        if "code" not in said:
            raise Refused(said.get("error", "no code"))
        form = {
            "grant_type": "authorization_code", "code": said["code"], "redirect_uri": f"{self.public}/ve", "code_verifier": verifier,
            "client_assertion_type": ASSERTION, "client_assertion": self._assertion(),
        }  # fmt: skip
        request = urllib.request.Request(self.place["token_endpoint"], urllib.parse.urlencode(form).encode())
        with urllib.request.urlopen(request, timeout=10) as answer:
            tokens = json.load(answer)
        claims = self._read(tokens["id_token"])
        if claims.get("nonce") != nonce:
            raise Refused("the ID token is of another sign-in")
        if self.acr and claims.get("acr") not in self.acr.split():
            raise Refused("less sure than we asked")
        about = self._get(self.place["userinfo_endpoint"], Authorization=f"Bearer {tokens['access_token']}")
        if about["sub"] != claims["sub"]:
            raise Refused("userinfo is about somebody else")
        person = {**claims, **about}
        self.people[claims["sid"]] = person
        return person

    def _assertion(self) -> str:
        """Our proof, once."""
        now, algorithm = int(time.time()), "RS256" if isinstance(self.key, RSAKey) else "ES256"
        said = {"iss": self.id, "sub": self.id, "aud": self.issuer, "iat": now, "exp": now + 60, "jti": secrets.token_hex(16)}
        return str(jwt.encode({"alg": algorithm, "kid": self.key.thumbprint()}, said, self.key, [algorithm]))

    def _read(self, token: str) -> dict[str, Any]:
        """A token that the portal signed for us, now. Two algorithms and its own keys: the token does not say how it is checked."""
        try:
            claims = self._signed(token)
        except (JoseError, ValueError) as error:
            raise Refused(f"the token is not the portal's: {error}") from error
        audience = claims.get("aud")
        if claims.get("iss") != self.issuer or self.id not in ([audience] if isinstance(audience, str) else audience or []):
            raise Refused("the token is not for us")
        if not time.time() - 120 < claims.get("exp", 0) or claims.get("iat", 0) > time.time() + 120:
            raise Refused("the token is not of now")
        return claims

    def _signed(self, token: str) -> dict[str, Any]:
        try:
            return dict(jwt.decode(token, self.keys, ["RS256", "ES256"]).claims)
        except (JoseError, ValueError):
            # The portal changes its keys: look once whether there is a new one.
            self.keys = self._published()
            return dict(jwt.decode(token, self.keys, ["RS256", "ES256"]).claims)

    def end(self, token: str) -> None:
        """Somebody signed out at the portal: their session here ends, too (OpenID Connect Back-Channel Logout 1.0)."""
        claims = self._read(token)
        if LOGOUT not in claims.get("events", {}) or "nonce" in claims:
            raise Refused("no logout token")
        self.people.pop(claims.get("sid", ""), None)


class Pages(BaseHTTPRequestHandler):
    """Four addresses: begin, back, who is here, and the portal's word that somebody left."""

    client: Client

    def do_GET(self) -> None:
        """``/`` and ``/ve``."""
        place = urllib.parse.urlsplit(self.path)
        if place.path == "/ve":
            try:
                person = self.client.finish(dict(urllib.parse.parse_qsl(place.query)))
            except (Refused, urllib.error.URLError, KeyError) as error:
                self._say(400, f"<h1>Không đăng nhập được</h1><p>{html.escape(str(error))}</p>")
                return
            rows = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(str(value))}</dd>" for name, value in sorted(person.items()))
            self._say(200, f"<h1>Đã đăng nhập</h1><dl>{rows}</dl>")
        elif place.path == "/dang-nhap":
            self.send_response(302)
            self.send_header("Location", self.client.begin())
            self.end_headers()
        else:
            here = f"<p>Đang đăng nhập: {len(self.client.people)}</p>"
            self._say(200, f'<h1>Khách mẫu</h1><p><a href="/dang-nhap">Đăng nhập qua Cổng</a></p>{here}')

    def do_POST(self) -> None:
        """``/ket-thuc``."""
        form = urllib.parse.parse_qs(self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 65536)).decode())
        try:
            self.client.end(form.get("logout_token", [""])[0])
        except Refused as error:
            self._say(400, html.escape(str(error)))
            return
        self._say(200, "")

    def _say(self, status: int, body: str) -> None:
        data = f'<!doctype html><html lang="vi"><meta charset="utf-8"><title>Khách mẫu</title>{body}</html>'.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Codes stand in addresses: nothing is logged."""


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--issuer", required=True)
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--key", required=True, help="our private key (PEM: RSA, or EC P-256)")
    parser.add_argument("--port", type=int, default=9090)
    parser.add_argument("--public", default="", help="our address as browsers see it")
    parser.add_argument("--scope", default="openid profile")
    parser.add_argument("--acr", default="", help="how surely, e.g. LoA3")
    said = parser.parse_args()
    pem = Path(said.key).read_text(encoding="ascii")
    public = said.public or f"http://localhost:{said.port}"
    Pages.client = Client(said.issuer, said.client_id, pem, public, said.scope, said.acr)
    print(public, flush=True)
    ThreadingHTTPServer(("127.0.0.1", said.port), Pages).serve_forever()


if __name__ == "__main__":
    main()
