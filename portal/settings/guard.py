"""Refuses insecure production settings, one sentence each."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

# Everything that leads outside; none of these may be a simulator on this machine or speak plain HTTP.
OUTSIDE = (
    "SMS_GATEWAY_URL",
    "POPULATION_REGISTRY_URL",
    "BUSINESS_REGISTRY_URL",
    "INSURANCE_REGISTRY_URL",
    "TAX_REGISTRY_URL",
    "TELECOM_REGISTRY_URL",
    "IMMIGRATION_REGISTRY_URL",
    "CIVIL_STATUS_REGISTRY_URL",
    "LAND_REGISTRY_URL",
    "VEHICLE_REGISTRY_URL",
    "PUBLIC_POST_URL",
    "REMOTE_SIGNING_URL",
    "REMOTE_SIGNING_PUBLIC_URL",
)
SECRETS = (
    "SMS_GATEWAY_TOKEN",
    "MAIL_FROM",
    "MAIL_BOUNCES",
    "MAIL_BOUNCE_TOKEN",
    "POPULATION_REGISTRY_TOKEN",
    "BUSINESS_REGISTRY_TOKEN",
    "INSURANCE_REGISTRY_TOKEN",
    "TAX_REGISTRY_TOKEN",
    "TELECOM_REGISTRY_TOKEN",
    "IMMIGRATION_REGISTRY_TOKEN",
    "CIVIL_STATUS_REGISTRY_TOKEN",
    "LAND_REGISTRY_TOKEN",
    "VEHICLE_REGISTRY_TOKEN",
    "PUBLIC_POST_TOKEN",
    "REMOTE_SIGNING_CLIENT_ID",
    "REMOTE_SIGNING_CLIENT_SECRET",
    "TRUSTED_ROOTS",
    "TIMESTAMP_URL",
)


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.") or host.endswith(".localhost")


def _key_bytes(text: str) -> int:
    try:
        return len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return 0


def problems(settings: Mapping[str, Any]) -> list[str]:
    """What is insecure in these settings; each entry names the variable and the remedy. Empty: fit for production."""
    found: list[str] = []
    if settings.get("DEBUG"):
        found.append("DEBUG is on: unset it")
    secret = settings.get("SECRET_KEY", "")
    if len(secret) < 50 or len(set(secret)) < 15 or secret.startswith(("django-insecure", "only-for-tests")):
        found.append("SECRET_KEY is missing or weak: give 50 or more random characters")
    hosts = settings.get("ALLOWED_HOSTS") or []
    if not hosts or any(host.strip() in ("*", "") for host in hosts):
        found.append("ALLOWED_HOSTS is empty or '*': name the portal's hosts")
    if urlsplit(settings.get("SITE_URL", "")).scheme != "https":
        found.append("SITE_URL is not https")
    if settings.get("SIGN_ON_PLAIN_HTTP"):
        found.append("SIGN_ON_PLAIN_HTTP is on: systems of single sign-on are reached by https only")
    if settings.get("PAYMENT_PLAIN_HTTP"):
        found.append("PAYMENT_PLAIN_HTTP is on: institutions are reached by https only")
    keys = settings.get("FIELD_KEYS") or []
    if not keys or any(":" not in key or _key_bytes(key.split(":", 1)[1]) != 32 for key in keys):
        found.append("FIELD_KEYS must hold 'id:base64 of 32 bytes', newest first")
    covers = settings.get("BLIND_INDEX_COVERS") or []
    if not covers or any(cover != "bare" and (":" not in cover or _key_bytes(cover.split(":", 1)[1]) != 32) for cover in covers):
        found.append("BLIND_INDEX_COVERS must hold 'bare' or 'id:base64 of 32 bytes', the one that is written first")
    for name in ("BLIND_INDEX_KEY", "AUDIT_SIGNING_KEY"):
        if _key_bytes(settings.get(name, "")) != 32:
            found.append(f"{name} must be base64 of 32 bytes")
    for name in OUTSIDE:
        url = settings.get(name, "")
        if urlsplit(url).scheme != "https":
            found.append(f"{name} must be an https address")
        elif _is_local(url):
            found.append(f"{name} points to this machine: simulators are refused in production")
    statements = settings.get("BENEFICIARY_STATEMENTS_URL", "")
    if statements and (urlsplit(statements).scheme != "https" or _is_local(statements)):
        found.append("BENEFICIARY_STATEMENTS_URL must be an https address outside, or empty: simulators are refused in production")
    token = settings.get("TOKEN_SIGN_IN_URL", "")
    if token and (urlsplit(token).scheme != "https" or urlsplit(token).hostname != urlsplit(settings.get("SITE_URL", "")).hostname):
        found.append("TOKEN_SIGN_IN_URL must be https at the host of SITE_URL: sessions are kept for that host alone")
    mail = settings.get("MAIL_SERVER_URL", "")
    if urlsplit(mail).scheme not in ("smtps", "smtp+starttls"):
        found.append("MAIL_SERVER_URL must be smtps://… or smtp+starttls://…: letters are not sent in the clear")
    elif _is_local(mail):
        found.append("MAIL_SERVER_URL points to this machine: simulators are refused in production")
    found += [f"{name} is missing" for name in SECRETS if not settings.get(name)]
    if settings.get("TIMESTAMP_URL") and _is_local(settings["TIMESTAMP_URL"]):
        found.append("TIMESTAMP_URL points to this machine: simulators are refused in production")
    if settings.get("DEMO_PROVIDER_SECRET"):
        found.append("DEMO_PROVIDER_SECRET is set: simulated identity providers are refused in production, unset it")
    if settings.get("DEMO_PAYMENT_SECRET"):
        found.append("DEMO_PAYMENT_SECRET is set: simulated payment institutions are refused in production, unset it")
    if not settings.get("CLAMAV_ADDRESS") and settings.get("FILES_WITHOUT_ANTIVIRUS") is not True:
        found.append(
            "CLAMAV_ADDRESS is missing: name the host and port of clamd, or set FILES_WITHOUT_ANTIVIRUS=true and read in"
            " docs/operations.md what is not checked then"
        )
    return found


def refuse_insecure(settings: Mapping[str, Any]) -> None:
    """Raise ``ImproperlyConfigured`` naming everything that is insecure at once."""
    found = problems(settings)
    if found:
        raise ImproperlyConfigured("production settings refuse to start: " + "; ".join(found))
