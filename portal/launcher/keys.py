"""Keys and passwords of one copy, made once and kept in ``VAR/secrets.json``."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from pathlib import Path

from portal.launcher.common import LauncherError, Lock, read_json, write_json


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(64),
    "FIELD_KEYS": lambda: f"k1:{_key()}",
    "BLIND_INDEX_KEY": _key,
    "AUDIT_SIGNING_KEY": _key,
    "SMS_GATEWAY_TOKEN": lambda: secrets.token_urlsafe(24),
    "POPULATION_REGISTRY_TOKEN": lambda: secrets.token_urlsafe(24),
    "SMS_REPORT_TOKEN": lambda: secrets.token_urlsafe(24),
    "MAIL_PASSWORD": lambda: secrets.token_urlsafe(24),
    "MAIL_BOUNCE_TOKEN": lambda: secrets.token_urlsafe(24),
    "BUSINESS_REGISTRY_TOKEN": lambda: secrets.token_urlsafe(24),
    "INSURANCE_REGISTRY_TOKEN": lambda: secrets.token_urlsafe(24),
    "TAX_REGISTRY_TOKEN": lambda: secrets.token_urlsafe(24),
    "TELECOM_REGISTRY_TOKEN": lambda: secrets.token_urlsafe(24),
    "IMMIGRATION_REGISTRY_TOKEN": lambda: secrets.token_urlsafe(24),
    "CIVIL_STATUS_REGISTRY_TOKEN": lambda: secrets.token_urlsafe(24),
    "LAND_REGISTRY_TOKEN": lambda: secrets.token_urlsafe(24),
    "VEHICLE_REGISTRY_TOKEN": lambda: secrets.token_urlsafe(24),
    "PUBLIC_POST_TOKEN": lambda: secrets.token_urlsafe(24),
    "DOCUMENT_AXIS_SECRET": lambda: secrets.token_urlsafe(24),
    "REMOTE_SIGNING_CLIENT_ID": lambda: "portal",
    "REMOTE_SIGNING_CLIENT_SECRET": lambda: secrets.token_urlsafe(24),
    "DEMO_PROVIDER_SECRET": lambda: secrets.token_urlsafe(24),
    "DEMO_PAYMENT_SECRET": lambda: secrets.token_urlsafe(24),
    "EMBEDDED_POSTGRES_PASSWORD": lambda: secrets.token_hex(24),
    "EMBEDDED_REDIS_PASSWORD": lambda: secrets.token_hex(24),
}
"""How each secret is made. Those of the embedded servers stay in the launcher; the others go to the processes."""


def all_secrets(var: Path) -> dict[str, str]:
    """The secrets of this copy; missing ones are made. Safe when several processes ask at once.

    Raises LauncherError when the file is gone but the database it belongs to is there: new keys could not read it.
    """
    path = var / "secrets.json"
    lock = Lock(var / "run" / "secrets.lock")
    lock.alone(patience=30)
    try:
        known = read_json(path)
        if not known and (var / "postgres" / "data").exists():
            raise LauncherError(
                f"{path} is missing or damaged, and without its keys the data in {var} cannot be read: "
                f"restore it from a backup, or move {var} away to begin anew."
            )
        missing = {name: make() for name, make in MAKERS.items() if name not in known}
        if missing:
            write_json(path, {**known, **missing})
        return {**known, **missing}
    finally:
        lock.release()


def for_processes(var: Path) -> dict[str, str]:
    """The secrets that the portal's processes and the simulators take from their environment."""
    return {name: value for name, value in all_secrets(var).items() if not name.startswith("EMBEDDED_")}
