"""What tests of partners share: a partner, its calls by both doors."""

from __future__ import annotations

import base64
import json
from typing import Any

from django.test import Client
from django.utils import timezone

from portal.access import SYSTEM
from portal.exchange.partners import services

AUTH, SHARE, INTEGRATION, BATCH = "/api/dvcqg/v1/auth", "/api/dvcqg/v1/share", "/api/dvcqg/v1/integration", "/api/v1/dossiers/batch"


def make_partner(code: str = "H26", **values: Any) -> str:
    """A partner; its password."""
    about = {"units": [code], "name": f"Một cửa thử nghiệm {code}", "actor": SYSTEM, "now": timezone.now(), **values}
    return services.add_partner(code=code, **about).password


def basic(username: str, password: str) -> dict[str, str]:
    """The header of name and password."""
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()}


def session_of(username: str, password: str) -> str:
    """A session of the national format."""
    answer = Client().post(AUTH, json.dumps({"username": username, "password": password}), content_type="application/json")
    return str(answer.json()["session"])


def national(session: str, service: str, *, address: str = INTEGRATION, **said: Any) -> Any:
    """A call of the national format."""
    body = {"session": session, "madonvi": "", "service": service, **said}
    return Client().post(address, json.dumps(body), content_type="application/json", headers={"dstcode": "VN:GOV:000.00.00.G22"})


def batch(username: str, password: str, *, key: str = "", **body: Any) -> Any:
    """A call of the modern API."""
    headers = {**basic(username, password), **({"Idempotency-Key": key} if key else {})}
    return Client().post(BATCH, json.dumps(body), content_type="application/json", headers=headers)
