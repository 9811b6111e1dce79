"""A real simulators process for any test: ``with start_simulators(var, port) as outside: …``.

``outside.env`` holds every variable a portal process needs to use it; ``outside.settings`` the same for Django's
``settings`` fixture.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from portal.launcher.common import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 180
PIN = "12345678"
TOKENS = {
    "SMS_GATEWAY_TOKEN": "test-sms-token",
    "POPULATION_REGISTRY_TOKEN": "test-population-token",
    "BUSINESS_REGISTRY_TOKEN": "test-business-token",
    "INSURANCE_REGISTRY_TOKEN": "test-insurance-token",
    "TAX_REGISTRY_TOKEN": "test-tax-token",
    "TELECOM_REGISTRY_TOKEN": "test-telecom-token",
    "IMMIGRATION_REGISTRY_TOKEN": "test-immigration-token",
    "CIVIL_STATUS_REGISTRY_TOKEN": "test-civil-status-token",
    "LAND_REGISTRY_TOKEN": "test-land-token",
    "VEHICLE_REGISTRY_TOKEN": "test-vehicle-token",
    "PUBLIC_POST_TOKEN": "test-post-token",
    "DOCUMENT_AXIS_SECRET": "test-axis-secret",
    "SMS_REPORT_TOKEN": "test-report-token",
    "MAIL_USER": "test-portal",
    "MAIL_PASSWORD": "test-mail-password",
    "MAIL_BOUNCE_TOKEN": "test-bounce-token",
    "DEMO_PAYMENT_SECRET": "test-payment-secret",
    "REMOTE_SIGNING_CLIENT_ID": "test-portal",
    "REMOTE_SIGNING_CLIENT_SECRET": "test-portal-secret",
    "DEMO_PROVIDER_SECRET": "test-provider-secret",
}


class Simulators:
    """Handle of one running process."""

    def __init__(self, var: Path, port: int, env: dict[str, str] | None = None) -> None:
        self.var, self.port = Path(var), port
        self.url = f"http://localhost:{port}"
        self.mail_port = free_port()
        self.extra = dict(env or {})
        self.process: subprocess.Popen[bytes] | None = None
        self.log = self.var / "simulators.log"

    @property
    def settings(self) -> dict[str, str]:
        """The portal's settings that lead outside."""
        return {
            "SMS_GATEWAY_URL": f"{self.url}/sms",
            "MAIL_SERVER_URL": f"smtp+starttls://localhost:{self.mail_port}",
            "MAIL_FROM": "thong-bao@dichvucong.example",
            "MAIL_BOUNCES": "tra-lai@dichvucong.example",
            "MAIL_ROOTS": str(self.var / "demo" / "mail-root.pem"),
            "POPULATION_REGISTRY_URL": f"{self.url}/population",
            "BUSINESS_REGISTRY_URL": f"{self.url}/business",
            "INSURANCE_REGISTRY_URL": f"{self.url}/insurance",
            "TAX_REGISTRY_URL": f"{self.url}/tax",
            "TELECOM_REGISTRY_URL": f"{self.url}/telecom",
            "IMMIGRATION_REGISTRY_URL": f"{self.url}/immigration",
            "CIVIL_STATUS_REGISTRY_URL": f"{self.url}/civil-status",
            "LAND_REGISTRY_URL": f"{self.url}/land",
            "VEHICLE_REGISTRY_URL": f"{self.url}/vehicle",
            "PUBLIC_POST_URL": f"{self.url}/post",
            "BENEFICIARY_STATEMENTS_URL": f"{self.url}/payments/beneficiary",
            "REMOTE_SIGNING_URL": f"{self.url}/csc/v2",
            "REMOTE_SIGNING_PUBLIC_URL": f"{self.url}/csc/v2",
            "TIMESTAMP_URL": f"{self.url}/pki/test/tsa/time",
            "TRUSTED_ROOTS": str(self.var / "demo" / "test-root.pem"),
            "PUBLIC_TRUSTED_ROOTS": str(self.var / "demo" / "public-root.pem"),
            **{name: self.extra.get(name, value) for name, value in TOKENS.items()},
        }

    @property
    def env(self) -> dict[str, str]:
        """Environment variables for a portal process (and for the simulators themselves)."""
        return {"VAR": str(self.var), "SIMULATORS_URL": self.url, "SIMULATORS_MAIL_PORT": str(self.mail_port), **self.settings}

    def start(self) -> Simulators:
        self.var.mkdir(parents=True, exist_ok=True)
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "-w",
            "1",
            "--threads",
            "8",
            "-b",
            f"127.0.0.1:{self.port}",
            "--no-control-socket",
            "portal.simulators.app:app",
        ]
        with self.log.open("ab") as log:
            # A group of its own: stop() and kill() reach gunicorn's master and its worker and nobody else.
            self.process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **self.extra, **self.env}, stdout=log, stderr=log, start_new_session=True
            )
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            try:
                if requests.get(f"{self.url}/health", timeout=2).ok:
                    return self
            except requests.RequestException:
                time.sleep(0.1)
        self.kill()
        raise RuntimeError("simulators did not start:\n" + self.log.read_text(errors="replace")[-4000:])

    def _signal(self, number: int) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        self.process.wait(timeout=30)
        self.process = None

    def stop(self) -> None:
        """As Ctrl-C does."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9 of the whole process group."""
        self._signal(signal.SIGKILL)

    def __enter__(self) -> Simulators:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    # --- what tests do with it ---------------------------------------------------------------------------------------

    def faults(self, service: str, mode: str, **more: Any) -> dict[str, Any]:
        """Switch a fault: ``faults("sms", "down", times=2)``, ``faults("csc", "slow", seconds=3)``, ``faults("tsa", "none")``."""
        answer = requests.post(f"{self.url}/control/faults", json={"service": service, "mode": mode, **more}, timeout=60)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def revoke(self, credential_id: str, revoked: bool = True) -> None:
        body = {"credential_id": credential_id, "revoked": revoked}
        requests.post(f"{self.url}/control/revoke", json=body, timeout=60).raise_for_status()

    def years_on(self, days: float) -> None:
        """Let the certificate authority and the time-stamps live so many days later; 0: today."""
        requests.post(f"{self.url}/control/clock", json={"days": days}, timeout=60).raise_for_status()

    def reset(self) -> None:
        requests.post(f"{self.url}/control/reset", json={}, timeout=60).raise_for_status()

    def payments(self, path: str = "", **body: Any) -> dict[str, Any]:
        """A switch of payments: ``payments(institution="TG.vnpay", place="query", mode="pending", times=1)``, or with a path ``"/close"``,
        ``"/plant"`` and what belongs to it (``break_`` stands for ``break``). Without a body: faults, latest movements and callbacks.
        """
        url, named = f"{self.url}/control/payments{path}", {name.rstrip("_"): value for name, value in body.items()}
        answer = requests.post(url, json=named, timeout=60) if named else requests.get(url, timeout=60)
        if not answer.ok:
            raise AssertionError(answer.text)
        found: dict[str, Any] = answer.json()
        return found

    def pay(self, page: str, choice: str = "paid") -> str:
        """Do as the payer does on an institution's page: ``paid``, ``cancel``, ``poor``, ``closed``. Where the browser goes, if at all."""
        opened = requests.get(page, timeout=30)
        if f'value="{choice}"' not in opened.text:
            raise AssertionError(f"{opened.status_code}: {opened.text[:2000]}")
        return requests.post(opened.url, data={"choice": choice}, allow_redirects=False, timeout=30).headers.get("Location", "")

    def outbox(self, to: str = "") -> list[dict[str, Any]]:
        """Messages sent, newest first: id, to, text, sender, correlator, at."""
        answer = requests.get(f"{self.url}/sms/outbox.json", params={"to": to}, timeout=60)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found

    def mailbox(self, to: str = "") -> list[dict[str, Any]]:
        """Letters sent, newest first: id, to, envelope_from, subject, headers, text, html, at."""
        answer = requests.get(f"{self.url}/mail/outbox.json", params={"to": to}, timeout=60)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found

    def authorise(self, authorize_url: str, pin: str = PIN, account: str = "") -> dict[str, str]:
        """Do as the officer in the browser does: open the page, give the PIN; what came back: code and state, or error.

        ``account``: who signs, where the address names no key.
        """
        session = requests.Session()
        page = session.get(authorize_url, timeout=10, allow_redirects=False)
        if page.status_code == 200:
            asked = {name: values[0] for name, values in parse_qs(urlsplit(authorize_url).query).items()}
            page = session.post(
                authorize_url.split("?")[0], data={**asked, "pin": pin, "account": account}, timeout=10, allow_redirects=False
            )
        if page.status_code != 303:
            raise AssertionError(f"no redirect but {page.status_code}")
        return {name: values[0] for name, values in parse_qs(urlsplit(page.headers["Location"]).query).items()}

    def confirm_outside(self, authorize_url: str, account: str, *, passcode: str = "123456", face: bool = True) -> dict[str, str]:
        """Do as the person does at an identity provider: open the page, give number and passcode, show the face; what came back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(authorize_url).query).items()}
        given = {**asked, "account": account, "passcode": passcode, **({"face": "on"} if face else {})}
        page = requests.post(authorize_url.split("?")[0], data=given, timeout=10, allow_redirects=False)
        if page.status_code != 303:
            raise AssertionError(f"no redirect but {page.status_code}")
        return {name: values[0] for name, values in parse_qs(urlsplit(page.headers["Location"]).query).items()}


def start_simulators(var: Path, port: int | None = None, env: dict[str, str] | None = None) -> Simulators:
    """Start the process and wait until it serves. ``env`` adds or overrides variables (SITE_URL, REMOTE_SIGNING_REDIRECT_URIS…)."""
    return Simulators(var, port or free_port(), env).start()
