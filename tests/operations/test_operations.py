"""Health, figures, logs and the production settings that refuse to start insecure."""

from __future__ import annotations

import base64
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from portal.files.checks import without_antivirus
from portal.operations import metrics
from portal.operations.logs import JsonFormatter, RequestContextFilter
from portal.settings.guard import problems

ROOT = Path(__file__).resolve().parent.parent.parent
KEY = base64.b64encode(bytes(range(32))).decode()
SECURE = {
    "DEBUG": False,
    "SECRET_KEY": "q8Zr1xVb7Nm3Kc5Lw9Ty2Hf6Jd4Gs0Pa-Ue_Ri8Oq7Wx1Cv3Bn5Mk9",
    "ALLOWED_HOSTS": ["dichvucong.example.vn"],
    "SITE_URL": "https://dichvucong.example.vn",
    "FIELD_KEYS": [f"k1:{KEY}"],
    "BLIND_INDEX_KEY": KEY,
    "BLIND_INDEX_COVERS": ["bare", f"k1:{KEY}"],
    "AUDIT_SIGNING_KEY": KEY,
    "SMS_GATEWAY_URL": "https://sms.example.vn",
    "SMS_GATEWAY_TOKEN": "x",
    "MAIL_SERVER_URL": "smtps://thu.example.vn",
    "MAIL_FROM": "thong-bao@dichvucong.example.vn",
    "MAIL_BOUNCES": "tra-lai@dichvucong.example.vn",
    "MAIL_BOUNCE_TOKEN": "x",
    "POPULATION_REGISTRY_URL": "https://dancu.example.vn",
    "POPULATION_REGISTRY_TOKEN": "x",
    "BUSINESS_REGISTRY_URL": "https://doanhnghiep.example.vn",
    "BUSINESS_REGISTRY_TOKEN": "x",
    "INSURANCE_REGISTRY_URL": "https://insurance.example.vn",
    "INSURANCE_REGISTRY_TOKEN": "x",
    "TAX_REGISTRY_URL": "https://tax.example.vn",
    "TAX_REGISTRY_TOKEN": "x",
    "TELECOM_REGISTRY_URL": "https://telecom.example.vn",
    "TELECOM_REGISTRY_TOKEN": "x",
    "IMMIGRATION_REGISTRY_URL": "https://immigration.example.vn",
    "IMMIGRATION_REGISTRY_TOKEN": "x",
    "CIVIL_STATUS_REGISTRY_URL": "https://civil-status.example.vn",
    "CIVIL_STATUS_REGISTRY_TOKEN": "x",
    "LAND_REGISTRY_URL": "https://land.example.vn",
    "LAND_REGISTRY_TOKEN": "x",
    "VEHICLE_REGISTRY_URL": "https://vehicle.example.vn",
    "VEHICLE_REGISTRY_TOKEN": "x",
    "PUBLIC_POST_URL": "https://buu-chinh.example.vn",
    "PUBLIC_POST_TOKEN": "x",
    "REMOTE_SIGNING_URL": "https://kyso.example.vn/csc/v2",
    "REMOTE_SIGNING_PUBLIC_URL": "https://kyso.example.vn/csc/v2",
    "REMOTE_SIGNING_CLIENT_ID": "x",
    "REMOTE_SIGNING_CLIENT_SECRET": "x",
    "TRUSTED_ROOTS": "/etc/portal/roots.pem",
    "TIMESTAMP_URL": "http://tsa.example.vn",
    "CLAMAV_ADDRESS": "clamav.example.vn:3310",
}


def test_secure_settings_pass() -> None:
    assert problems(SECURE) == []


@pytest.mark.requirement("N-08")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", True),
        ("DEMO_PAYMENT_SECRET", "seed"),
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "a" * 60),
        ("SECRET_KEY", "django-insecure-" + SECURE["SECRET_KEY"]),  # type: ignore[operator]
        ("ALLOWED_HOSTS", []),
        ("ALLOWED_HOSTS", ["*"]),
        ("SITE_URL", "http://dichvucong.example.vn"),
        ("FIELD_KEYS", []),
        ("FIELD_KEYS", ["k1:short"]),
        ("BLIND_INDEX_KEY", ""),
        ("BLIND_INDEX_COVERS", []),
        ("BLIND_INDEX_COVERS", ["k1:"]),
        ("AUDIT_SIGNING_KEY", "AAAA"),
        ("SMS_GATEWAY_URL", "http://sms.example.vn"),
        ("SMS_GATEWAY_URL", "https://localhost:8001/sms"),
        ("MAIL_SERVER_URL", "smtp://thu.example.vn"),
        ("MAIL_SERVER_URL", "smtp+starttls://localhost:8002"),
        ("MAIL_BOUNCE_TOKEN", ""),
        ("REMOTE_SIGNING_URL", "https://127.0.0.1/csc/v2"),
        ("TIMESTAMP_URL", "http://localhost:8001/pki/test/tsa/time"),
        ("TRUSTED_ROOTS", ""),
        ("SMS_GATEWAY_TOKEN", ""),
        ("CLAMAV_ADDRESS", ""),
    ],
)
def test_each_insecurity_is_named(name: str, value: Any) -> None:
    assert any(name in problem for problem in problems({**SECURE, name: value}))


def test_production_without_antivirus_is_said_in_so_many_words() -> None:
    assert problems({**SECURE, "CLAMAV_ADDRESS": "", "FILES_WITHOUT_ANTIVIRUS": True}) == []
    assert any("FILES_WITHOUT_ANTIVIRUS" in problem for problem in problems({**SECURE, "CLAMAV_ADDRESS": ""}))


@pytest.mark.django_db
def test_an_operator_without_antivirus_is_told_at_each_command_and_by_the_figures(settings: Any) -> None:
    assert without_antivirus() == []
    settings.FILES_WITHOUT_ANTIVIRUS = True
    assert [warning.id for warning in without_antivirus()] == ["files.W001"]
    assert b"portal_files_antivirus 0.0" in metrics.render()
    settings.CLAMAV_ADDRESS = "clamav.example.vn:3310"
    assert without_antivirus() == []
    assert b"portal_files_antivirus 1.0" in metrics.render()


def _production(**changes: str) -> subprocess.CompletedProcess[str]:
    env = {name: ",".join(value) if isinstance(value, list) else str(value) for name, value in SECURE.items() if name != "DEBUG"}
    env |= {
        "DJANGO_SETTINGS_MODULE": "portal.settings.production",
        "DATABASE_URL": os.environ.get("DATABASE_URL", ""),
        "PATH": os.environ["PATH"],
    }
    env |= {"REDIS_URL": os.environ["REDIS_URL"]} | changes
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


@pytest.mark.requirement("N-08")
def test_check_deploy_is_silent_in_production() -> None:
    checked = _production()
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout
    assert "WARNING" not in checked.stderr


def test_production_does_not_start_insecure() -> None:
    refused = _production(SITE_URL="http://dichvucong.example.vn", DEBUG="1")
    assert refused.returncode != 0
    assert "SITE_URL" in refused.stderr
    assert "DEBUG" in refused.stderr


@pytest.mark.requirement("O-09")
@pytest.mark.django_db
def test_health_and_figures(client: Client) -> None:
    assert client.get("/health/live").json() == {"status": "ok"}
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()["parts"]) == (200, {"database": "ok", "redis": "ok"})
    figures = client.get("/metrics").content.decode()
    assert 'portal_requests_total{method="GET",route="/health/live",status="200"}' in figures
    assert "portal_outbox_waiting" in figures


@pytest.mark.django_db
def test_figures_are_not_for_everybody(client: Client, settings: Any) -> None:
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 403
    settings.TRUSTED_PROXY_COUNT = 1
    assert client.get("/metrics").status_code == 403
    settings.METRICS_TOKEN = "figures"
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer figures"}).status_code == 200


@pytest.mark.django_db
def test_redis_missing_degrades_and_database_missing_is_down(client: Client, settings: Any) -> None:
    from django.core.cache import caches

    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    caches["default"] = caches.create_connection("default")
    try:
        answer = client.get("/health/ready")
    finally:
        del caches["default"]
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


@pytest.mark.requirement("O-09")
def test_log_lines_are_json_and_hold_no_identifiers() -> None:
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "person %s at %s, %s", ("001195000001", "+84900000001", "a@b.vn"), None)
    try:
        raise ValueError("id 001195000001")
    except ValueError:
        record.exc_info = sys.exc_info()
    RequestContextFilter().filter(record)
    line = JsonFormatter().format(record)
    parsed = json.loads(line)
    assert {"time", "level", "logger", "message", "request_id"} <= set(parsed)
    for secret in ("001195000001", "900000001", "a@b.vn"):
        assert secret not in line


@pytest.mark.django_db
def test_each_answer_carries_the_request_id(client: Client) -> None:
    assert client.get("/health/live", headers={"X-Request-ID": "abc-12345678"})["X-Request-ID"] == "abc-12345678"
    assert len(client.get("/health/live", headers={"X-Request-ID": "bad\tvalue with spaces"})["X-Request-ID"]) == 32
