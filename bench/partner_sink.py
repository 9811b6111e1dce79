"""A partner's system for ``bench.messages``: opens, checks, signs a receipt, keeps nothing. Run by gunicorn."""

from __future__ import annotations

import base64
import json
import os
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from joserfc import jwe, jws
from joserfc.jwe import JWERegistry
from joserfc.jwk import import_key

KEYS: dict[str, Any] = json.loads(os.environ.get("SINK_KEYS", "{}"))
SITE = os.environ.get("SITE_URL", "")


class _Sizes(JWERegistry):
    max_ciphertext_length = 16 * 1024 * 1024


_registry = _Sizes(algorithms=["ECDH-ES+A256KW", "A256GCM"])


def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """POST …/messages: a JWE in, a receipt out."""
    envelope = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    inside = json.loads(jwe.decrypt_compact(envelope.decode(), import_key(KEYS["enc"]), registry=_registry).plaintext or b"")
    part = inside["statement"].split(".")[1]
    said, now = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))), int(time.time())
    claims = {"iss": said["aud"], "aud": SITE, "jti": str(uuid.uuid4()), "iat": now, "exp": now + 300, "id": said["id"],
              "digest": said["digest"], "outcome": "taken"}  # fmt: skip
    header = {"alg": "ES256", "kid": KEYS["sig"]["kid"], "typ": "portal-receipt+jwt"}
    receipt = jws.serialize_compact(header, json.dumps(claims), import_key(KEYS["sig"]), algorithms=["ES256"]).encode()
    start("200 OK", [("Content-Type", "application/jose"), ("Content-Length", str(len(receipt)))])
    return [receipt]
