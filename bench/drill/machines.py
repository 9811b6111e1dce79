"""The portal's own machines: web twice behind the deployment's proxy, a worker for each queue, beat; simulators outside."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

from bench.drill.parts import Part, until
from bench.front import DEPLOY, certificate
from portal.launcher import keys
from portal.launcher.common import ROOT, free_port, make_folders
from portal.launcher.environment import environment

PROXY_USER = 10_002
LEFT_OUT = ("phản ánh trình diễn", "hồ sơ trình diễn của các tỉnh", "phiếu đánh giá trình diễn", "khảo sát trình diễn")


def pair() -> int:
    """A free port with a free one after it: simulators speak mail beside HTTP."""
    while True:
        port = free_port()
        if port < 65_000:
            return port


def next_release(base: Path) -> Path:
    """A tree of the release after this one: this one's code and one migration more, of a table that every filing writes."""
    tree = base / "next"
    left = shutil.ignore_patterns(".venv", "var", ".git", ".*_cache", "__pycache__", ".hypothesis")
    shutil.copytree(ROOT, tree, ignore=left)
    last = max(file.stem for file in (tree / "dossiers" / "migrations").glob("0*.py"))
    (tree / "dossiers" / "migrations" / "9999_next_release.py").write_text(
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
        f"    dependencies = [('dossiers', '{last}')]\n"
        "    operations = [migrations.AddField('draft', 'next_words', models.TextField(null=True))]\n",
        encoding="utf-8",
    )
    return tree


class Machines:
    """Everything that runs our code, at one database and one Redis."""

    def __init__(self, base: Path, database: str, redis: str, *, var: Path | None = None, name: str = "") -> None:
        """``var``: keys and files of another site, where this one takes over from it."""
        self.base, self.var, self.prefix = base, var or base / "portal", name
        make_folders(self.var)
        self.ports = [free_port(), free_port()]
        self.https, self.simulators_port = free_port(), pair()
        before = dict(os.environ)
        try:
            for forgotten in ("DATABASE_URL", "REDIS_URL", "VAR", "DJANGO_SETTINGS_MODULE"):
                os.environ.pop(forgotten, None)
            os.environ.update(PORT=str(self.ports[0]), SIMULATORS_PORT=str(self.simulators_port))
            self.env = environment(self.var, {"DATABASE_URL": database, "REDIS_URL": redis})
        finally:
            os.environ.clear()
            os.environ.update(before)
        self.url = f"https://localhost:{self.https}"
        self.env |= {
            "SITE_URL": self.url,
            "VAR": str(self.var),
            "PAGE_CACHE_MB": "32",
            "TRUSTED_PROXY_COUNT": "1",
            "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
            "PYTHONWARNINGS": "ignore",
        }
        python = str(ROOT / ".venv" / "bin" / "python")
        gunicorn = [
            python, "-m", "gunicorn", "portal.wsgi", "--preload", "--workers", "2",
            "--worker-class", "portal.operations.web.Worker", "--threads", "4",
            "--limit-request-line", "8190", "--timeout", "60", "--graceful-timeout", "6", "--no-control-socket", "--log-level", "warning",
        ]  # fmt: skip
        self.webs = [
            self._part(f"web{n + 1}", [*gunicorn, "--bind", f"127.0.0.1:{port}"], PORT=str(port)) for n, port in enumerate(self.ports)
        ]
        celery = [python, "-m", "celery", "--app", "portal", "--quiet"]
        quiet = ["--without-gossip", "--without-mingle", "--loglevel", "warning"]
        self.workers = [
            self._part(f"worker-{queue}", [*celery, "worker", "--hostname", f"{queue}@%h", "--queues", queue, "--concurrency", "2", *quiet])
            for queue in ("now", "soon")
        ]
        self.beat = self._part(
            "beat", [*celery, "beat", "--loglevel", "warning", "--schedule", str(base / "beat.db"), "--pidfile", str(base / "beat.pid")]
        )
        outside = [
            python,
            "-m",
            "gunicorn",
            "portal.simulators.app:app",
            "--bind",
            f"127.0.0.1:{self.simulators_port}",
            "--workers",
            "1",
            "--threads",
            "8",
        ]
        self.simulators = self._part("simulators", [*outside, "--no-control-socket", "--log-level", "warning"])
        self.proxy = self._proxy()

    def _part(self, name: str, command: list[str], **more: str) -> Part:
        folder = self.base / f"{self.prefix}{name}"
        folder.mkdir(exist_ok=True)
        return Part(f"{self.prefix}{name}", command, folder=folder, env={**self.env, **more})

    def _proxy(self) -> Part:
        folder = self.base / f"{self.prefix}proxy"
        for name in ("state", "pages/static"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        certificate(folder)
        shutil.copytree(DEPLOY, folder / "deploy", dirs_exist_ok=True)
        subprocess.run(["chmod", "-R", "a+rX", str(folder)], check=True)
        as_root = os.geteuid() == 0
        if as_root:
            for path in (folder / "state", folder / "key.pem"):
                os.chown(path, PROXY_USER, PROXY_USER)
        settings = {
            "PATH": f"{os.environ['PATH']}:/usr/sbin",
            "PROXY_HOSTS": "localhost",
            "PROXY_CERTIFICATE": str(folder / "fullchain.pem"),
            "PROXY_CERTIFICATE_KEY": str(folder / "key.pem"),
            "PROXY_UPSTREAM": " ".join(f"127.0.0.1:{port}" for port in self.ports),
            "PROXY_RESOLVER": "127.0.0.1",
            "PROXY_HTTP": f"127.0.0.1:{free_port()}",
            "PROXY_HTTPS": f"127.0.0.1:{self.https}",
            "PROXY_PAGES": str(folder / "pages"),
            "PROXY_STATE": str(folder / "state"),
            "PROXY_ACCESS_LOG": str(folder / "state" / "access.log"),
            "PROXY_ERROR_LOG": str(folder / "state" / "error.log"),
        }
        prefix = ["setpriv", f"--reuid={PROXY_USER}", f"--regid={PROXY_USER}", "--clear-groups"] if as_root else []
        return Part(f"{self.prefix}proxy", [*prefix, "sh", str(folder / "deploy" / "proxy.sh")], folder=folder, env=settings)

    @property
    def parts(self) -> list[Part]:
        """Every program of it."""
        return [*self.webs, *self.workers, self.beat, self.simulators, self.proxy]

    def manage(self, *arguments: str, check: bool = True, root: Path = ROOT, **more: str) -> subprocess.CompletedProcess[str]:
        """``manage.py`` beside the running portal, of this release or of another one whose tree is ``root``."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=root, env={**self.env, **more}, capture_output=True,
            text=True, check=False, timeout=900,
        )  # fmt: skip
        if check and done.returncode:
            raise RuntimeError(f"manage.py {arguments[0]}: {done.stderr[-3000:]}")
        return done

    def shell(self, script: str) -> Any:
        """What a script prints last, as JSON."""
        return json.loads(self.manage("shell", "-v0", "-c", script).stdout.strip().splitlines()[-1])

    def start(self, *, prepare: bool = True) -> None:
        """Simulators, the database's tables and demo data, then everything; returns when the proxy shows the home page."""
        keys.for_processes(self.var)
        self.simulators.start()
        if prepare:
            self.manage("collectstatic", "--noinput", "-v0")
            # Petitions and statistics of the demonstration are not what the drill is about.
            self.manage("prepare", *(f"--skip={step}" for step in LEFT_OUT))
        for part in [*self.webs, *self.workers, self.beat, self.proxy]:
            part.start()
        until(self.answers, 90, "the portal answers behind its proxy", of=self.webs[0])

    def answers(self) -> bool:
        """Whether a page that nobody keeps is there."""
        try:
            return requests.get(f"{self.url}/health/ready", verify=False, timeout=5).status_code in (200, 404)
        except requests.RequestException:
            return False

    def web_answers(self, web: Part) -> bool:
        """Whether one web machine answers at its own port."""
        try:
            there = requests.get(f"http://127.0.0.1:{web.env['PORT']}/health/ready", headers={"X-Forwarded-Proto": "https"}, timeout=5)
        except requests.RequestException:
            return False
        return there.status_code in (200, 404)

    def renew(self, web: Part, command: list[str]) -> None:
        """One web machine is stopped gently and started with another command; returns when it answers."""
        web.stop(signal.SIGTERM, 20)
        web.command = command
        web.start()
        until(lambda: self.web_answers(web), 90, f"{web.name} answers", of=web)

    def stop(self) -> None:
        """The portal's own programs, gently."""
        for part in [self.proxy, self.beat, *self.workers, *self.webs, self.simulators]:
            part.stop(signal.SIGTERM, 15)
