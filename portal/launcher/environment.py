"""The environment of the portal's processes on this machine: keys, addresses, the embedded servers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from portal.launcher import keys
from portal.launcher.common import LauncherError, read_json

LOCAL_SETTINGS = "portal.settings.local"
DEFAULT_PORT = 8000


def ports(var: Path) -> tuple[int, int]:
    """Ports of the portal and of the simulators: ``PORT``, ``SIMULATORS_PORT``, else those of the copy that runs, else 8000 and 8001."""
    running = read_json(var / "run" / "run.json")

    def read(name: str, default: int) -> int:
        text = os.environ.get(name) or str(default)
        if not text.isdecimal() or not 1 <= int(text) <= 65535:
            raise LauncherError(f"{name}={text} is not a network port: give a number from 1024 to 65535, e.g. `PORT=8010 make run`.")
        return int(text)

    port = read("PORT", int(running.get("port", DEFAULT_PORT)))
    remembered = int(running.get("simulators_port", 0)) if port == running.get("port") else 0
    return port, read("SIMULATORS_PORT", remembered or port + 1)


def environment(var: Path, services: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment completed for a local portal whose data lie in ``var``; what is already set wins.

    ``services``: addresses of the embedded servers (``Services.environment()``).
    """
    port, simulators_port = ports(var)
    simulators = f"http://localhost:{simulators_port}"
    ours = {
        "DJANGO_SETTINGS_MODULE": LOCAL_SETTINGS,
        **keys.for_processes(var),
        **(services or {}),
        "SITE_URL": f"http://localhost:{port}",
        "SIMULATORS_URL": simulators,
        "SMS_GATEWAY_URL": f"{simulators}/sms",
        "SIMULATORS_MAIL_PORT": str(simulators_port + 1),
        "MAIL_SERVER_URL": f"smtp+starttls://localhost:{simulators_port + 1}",
        "MAIL_USER": "portal",
        "MAIL_FROM": "thong-bao@dichvucong.example",
        "MAIL_BOUNCES": "tra-lai@dichvucong.example",
        "MAIL_ROOTS": str(var / "demo" / "mail-root.pem"),
        "POPULATION_REGISTRY_URL": f"{simulators}/population",
        "BUSINESS_REGISTRY_URL": f"{simulators}/business",
        "INSURANCE_REGISTRY_URL": f"{simulators}/insurance",
        "TAX_REGISTRY_URL": f"{simulators}/tax",
        "TELECOM_REGISTRY_URL": f"{simulators}/telecom",
        "IMMIGRATION_REGISTRY_URL": f"{simulators}/immigration",
        "CIVIL_STATUS_REGISTRY_URL": f"{simulators}/civil-status",
        "LAND_REGISTRY_URL": f"{simulators}/land",
        "VEHICLE_REGISTRY_URL": f"{simulators}/vehicle",
        "PUBLIC_POST_URL": f"{simulators}/post",
        "BENEFICIARY_STATEMENTS_URL": f"{simulators}/payments/beneficiary",
        "NDXP_SERVER_URL": f"{simulators}/partner/axis",
        "NDXP_MEMBER": "VN:GOV:000.00.00.G22:dvcqg",
        "DOCUMENT_AXIS_URL": f"{simulators}/axis",
        "DOCUMENT_AXIS_SYSTEM": "dvcqg",
        "DOCUMENT_AXIS_ORGAN": "000.00.00.G22",
        "REMOTE_SIGNING_URL": f"{simulators}/csc/v2",
        "TIMESTAMP_URL": f"{simulators}/pki/test/tsa/time",
        "TRUSTED_ROOTS": str(var / "demo" / "test-root.pem"),
        "PUBLIC_TRUSTED_ROOTS": str(var / "demo" / "public-root.pem"),
    }
    # Never inherited: whichever way VAR and the ports were given, the processes see the resolved ones.
    fixed = {"VAR": str(var), "PORT": str(port), "SIMULATORS_PORT": str(simulators_port)}
    return {**ours, **{name: value for name, value in os.environ.items() if value or name not in ours}, **fixed}
