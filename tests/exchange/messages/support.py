"""What tests of messages share: partners with keys of their own, envelopes that they make, the partner that the simulators play."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import requests
from django.conf import settings
from django.test import Client
from django.utils import timezone
from joserfc import jwe, jws
from joserfc.jwk import ECKey, import_key

from accounts.connections import DEMO
from portal.access import SYSTEM
from portal.exchange.messages import keys
from portal.exchange.messages.envelopes import _Sizes, digest_of, written
from portal.exchange.partners import register, services
from portal.exchange.partners.models import Partner, PartnerLine
from tests.simulators.running import Simulators

MESSAGES, TOKEN = "/api/v1/messages", "/api/v1/oauth/token"
JOSE = "application/jose"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

AXIS_ORGAN = "000.00.99.H26"
"""By which the simulated document axis knows the partner that the simulators play."""


@dataclass
class System:
    """A partner's engineer: code, private keys, and what they send."""

    code: str
    signing: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "s1", "use": "sig"}))
    sealing: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "e1", "use": "enc"}))

    def register(self, *, now: datetime | None = None, **values: Any) -> System:
        """Registered on the desk, with both keys."""
        now = now or timezone.now()
        about = {"units": [self.code[:3]], "name": f"Hệ thống {self.code}", **values}
        services.add_partner(code=self.code, actor=SYSTEM, now=now, **about)
        for use, key in (("sig", self.signing), ("enc", self.sealing)):
            register.add_key(code=self.code, use=use, text=json.dumps(key.as_dict(private=False)), actor=SYSTEM, now=now)
        return self

    def sign(self, claims: dict[str, Any], kind: str, *, key: Any = None, alg: str = "ES256", **header: Any) -> str:
        """A statement; whatever is said may be wrong."""
        at = int(timezone.now().timestamp())
        said = {"iss": self.code, "aud": settings.SITE_URL, "jti": str(uuid4()), "iat": at, "exp": at + 300, **claims}
        head = {"alg": alg, "kid": "s1", "typ": kind, **header}
        return jws.serialize_compact(head, json.dumps(said), key or self.signing, algorithms=[alg])

    def statement(self, text: str, **claims: Any) -> str:
        """About this body."""
        said = {"id": str(uuid4()), "kind": "test.word", "version": 1, "about": "", "digest": written(digest_of(text)), **claims}
        return self.sign(said, "portal-message+jwt")

    def seal(self, statement: str, text: str, **header: Any) -> str:
        """Sealed to the portal's present key."""
        key = keys.ensure("enc").public
        head = {"alg": key["alg"], "enc": "A256GCM", "kid": key["kid"], **header}
        inside = json.dumps({"statement": statement, "body": text})
        return jwe.encrypt_compact(head, inside, import_key(key), registry=_Sizes([head["alg"], "A256GCM", "DEF"]))

    def envelope(self, text: str, **claims: Any) -> str:
        """A good one, unless ``claims`` say otherwise."""
        return self.seal(self.statement(text, **claims), text)

    def opened(self, envelope: str) -> dict[str, Any]:
        """An envelope of the portal's, opened with the system's own key and checked by the portal's published ones."""
        inside = json.loads(jwe.decrypt_compact(envelope, self.sealing, registry=_Sizes(["ECDH-ES+A256KW", "A256GCM"])).plaintext or b"")
        claims = claims_of(inside["statement"])
        assert claims["aud"] == self.code and claims["digest"] == written(digest_of(inside["body"]))
        return {"claims": claims, "body": json.loads(inside["body"])}

    def assertion(self, **claims: Any) -> str:
        """By which it signs in."""
        return self.sign({"sub": self.code, "aud": settings.SITE_URL + TOKEN, **claims}, "JWT")

    def ask_token(self, assertion: str | None = None, **more: Any) -> Any:
        """The answer of the token's door."""
        form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "client_assertion": assertion or self.assertion()}
        return _form({**form, **more})

    def bearer(self, **more: Any) -> dict[str, str]:
        """The header of a fresh token."""
        return {"Authorization": f"Bearer {self.ask_token(**more).json()['access_token']}"}

    def post(self, envelope: str, *, headers: dict[str, str] | None = None, path: str = "") -> Any:
        """Send it."""
        return Client().post(MESSAGES + path, envelope, content_type=JOSE, headers=headers or self.bearer())


def _form(form: dict[str, str], **headers: str) -> Any:
    return Client().post(TOKEN, urlencode(form), content_type="application/x-www-form-urlencoded", headers=headers)


def code_of(answer: Any) -> str:
    """The word at the beginning of a refused envelope's detail."""
    assert answer.status_code in (403, 413, 422), (answer.status_code, answer.content)
    return str(answer.json()["detail"].split(":")[0])


def claims_of(token: str) -> dict[str, Any]:
    """What stands in a statement, checked by the portal's published keys."""
    published = Client().get(f"{MESSAGES}/keys").json()["keys"]
    kid = json.loads(import_json(token.split(".")[0]))["kid"]
    key = next(one for one in published if one["kid"] == kid)
    found: dict[str, Any] = json.loads(jws.deserialize_compact(token, import_key(key), algorithms=[key["alg"]]).payload)
    return found


def import_json(part: str) -> bytes:
    """Bytes of a part of a token."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def play(outside: Simulators, *, carrier: str = "http", now: datetime | None = None) -> Partner:
    """Register the partner that the simulators play; they get the portal's keys."""
    now, told = now or timezone.now(), json.loads(DEMO.read_text(encoding="utf-8"))
    code = told["code"]
    if Partner.objects.filter(pk=code).exists():
        # Among the demo data; its line leads to another machine's simulators.
        PartnerLine.objects.filter(partner=code).delete()
    else:
        services.add_partner(code=code, name=told["name"], units=told["units"], actor=SYSTEM, now=now)
        for key in told["keys"]:
            register.add_key(code=code, use=key["use"], text=json.dumps(key), actor=SYSTEM, now=now)
        register.add_contact(code=code, wants_alarms=True, actor=SYSTEM, **told["contact"])
    member = AXIS_ORGAN if carrier == "edoc" else told["member"]
    register.change_line(code=code, carrier=carrier, address=f"{outside.url}/partner", member=member, actor=SYSTEM, now=now)
    published = {"keys": [dict(keys.ensure(use).public) for use in ("sig", "enc")]}
    requests.post(f"{outside.url}/partner/portal-keys", json=published, timeout=10).raise_for_status()
    return Partner.objects.get(pk=code)


def received(outside: Simulators, about: str | None = None) -> list[dict[str, Any]]:
    """What the simulated partner has, in the order of arrival."""
    answer = requests.get(f"{outside.url}/partner/received.json", params={} if about is None else {"about": about}, timeout=10)
    return list(answer.json()["messages"])
