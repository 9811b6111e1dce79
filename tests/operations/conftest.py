"""Fixtures of the deployment's tests: a made-up installation, its composition, and the proxy with gunicorn behind it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from portal.launcher.common import free_port
from tests.operations.installation import (
    BLOCK,
    DEPLOY,
    HOST,
    PROXY_USER,
    ROOT,
    Front,
    absent_modules,
    certificate,
    compose,
    filled_in,
    into_image,
    proxy_command,
    proxy_environment,
    read_env,
)  # fmt: skip
from tests.support import databases
from tests.support.processes import BIN


@pytest.fixture(scope="module")
def secret_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """/etc/portal of a made-up installation."""
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "portal.env").write_text("".join(f"{name}={value}\n" for name, value in filled_in().items()), encoding="utf-8")
    for name in ("database", "redis"):
        values = dict.fromkeys(read_env(DEPLOY / f"{name}.env.example"), "0123456789abcdef")
        (folder / f"{name}.env").write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def composition(secret_folder: Path) -> dict[str, Any]:
    """What docker-compose understands of docker-compose.yml."""
    done = compose(secret_folder, PORTAL_HOSTS=HOST)
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def image() -> Iterator[Path]:
    """A folder with the image's contents (app/), what keeps the absent packages away (site/) and the collected files (collected/)."""
    folder = Path(tempfile.mkdtemp(prefix="portal-image-"))
    folder.chmod(0o755)
    try:
        for path in (path for top in ROOT.iterdir() if into_image(top.name) for path in (top, *top.rglob("*"))):
            name = path.relative_to(ROOT)
            if path.is_file() and into_image(name.as_posix()):
                (folder / "app" / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / "app" / name)
        (folder / "site").mkdir()
        (folder / "site" / "sitecustomize.py").write_text(BLOCK.format(names=sorted(absent_modules())), encoding="utf-8")
        # As the Dockerfile does.
        subprocess.run([sys.executable, "-m", "compileall", "-q", str(folder / "app")], check=True)
        command = ["sh", "portal/operations/deploy/collect.sh", str(folder / "collected")]
        collected = subprocess.run(
            command, cwd=folder / "app", env=python_of(folder), capture_output=True, text=True, timeout=600, check=False
        )
        assert collected.returncode == 0, collected.stderr
        yield folder
    finally:
        shutil.rmtree(folder)


def python_of(image: Path) -> dict[str, str]:
    """The variables with which this Python is the image's."""
    return {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "PYTHON": sys.executable,
        "PYTHONPATH": str(image / "site"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@pytest.fixture(scope="module")
def front_data() -> str:
    """What the portal behind the proxy holds; a module may say otherwise."""
    return databases.EMPTY


@pytest.fixture(scope="module")
def front(django_db_setup: None, django_db_blocker: Any, image: Path, composition: dict[str, Any], front_data: str) -> Iterator[Front]:
    """The image started as the composition says, with the proxy in front."""
    folder = Path(tempfile.mkdtemp(prefix="portal-front-"))
    folder.chmod(0o755)
    for name in ("app", "collected"):
        (folder / name).symlink_to(image / name)
    certificate(folder / "tls")
    for name in ("state", "files", "var/run", "metrics"):
        (folder / name).mkdir(parents=True)
    if os.geteuid() == 0:
        for path in (folder / "state", folder / "tls" / "key.pem"):
            os.chown(path, PROXY_USER, PROXY_USER)

    env = {name: str(value) for name, value in composition["services"]["web"]["environment"].items()}
    env |= python_of(image)
    env |= {
        "DATABASE_URL": databases.url(),
        "REDIS_URL": os.environ["REDIS_URL"],
        "VAR": str(folder / "var"),
        "FILES_ROOT": str(folder / "files"),
        "STATIC_ROOT": str(folder / "collected" / "static"),
        "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics"),
        "LOG_LEVEL": "WARNING",
    }
    front = Front(folder, env, composition["services"], free_port(), free_port(), free_port())
    with django_db_blocker.unblock():
        databases.soil()
        databases.ensure(front_data)
    try:
        front.start_web()
        front.start("proxy", proxy_command(front), proxy_environment(front))
        front.until_answers("proxy", lambda: front.ask("/static/css/portal.css").status == 200)
        yield front
    finally:
        for running in front.running.values():
            running.stop()
        # Whatever was committed: the next test gets another clone.
        databases.soil()
        shutil.rmtree(folder)


@pytest.fixture
def mid_minute() -> Iterator[None]:
    """The clock stands well within a minute, and nothing that tests before have counted waits in this process."""
    import time_machine
    from django.utils import timezone

    from portal import watch

    with watch._lock:
        watch._waiting.clear()
        watch._sources.clear()
    with time_machine.travel(timezone.now().replace(second=5, microsecond=0), tick=False):
        yield
