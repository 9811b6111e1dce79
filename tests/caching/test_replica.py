"""Public pages read from a real standby: as new as what is known, or from the primary."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from bench.drill.parts import Part
from portal.launcher import privileges
from portal.launcher.common import free_port
from portal.launcher.engines import Postgres
from procedures.models import ProcedureVersion
from tests.support import databases, processes


class Standby:
    """A copy of the tests' database server that follows it, with an administrator of its own."""

    def __init__(self, base: Path, programs: Path) -> None:
        self.primary = urlsplit(databases.url())
        self.folder, self.port, self.programs = base / "standby", free_port(), programs
        privileges.own_folder(self.folder)
        data = self.folder / "data"
        copy = [
            str(programs / "pg_basebackup"), "-D", str(data), "-h", str(self.primary.hostname), "-p", str(self.primary.port),
            "-U", str(self.primary.username), "-R", "-X", "stream", "--checkpoint=fast",
        ]  # fmt: skip
        env = {**os.environ, "PGPASSWORD": str(self.primary.password)}
        subprocess.run(privileges.as_server(copy, self.folder), check=True, cwd=self.folder, env=env, capture_output=True)
        hba = data / "pg_hba.conf"
        hba.write_text(f"host all postgres 127.0.0.1/32 trust\n{hba.read_text()}")
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 200,
            "fsync": "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(programs / "postgres"), "-D", str(data), *options]
        self.part = Part("standby", command, folder=self.folder, env=dict(os.environ), as_server=True)
        self.part.start()
        processes.eventually(lambda: self.answers("SELECT pg_is_in_recovery()"), 30)

    def url(self, **options: str) -> str:
        """Its DATABASE_REPLICA_URL for this worker's database."""
        asked = "?" + "&".join(f"{name}={value}" for name, value in options.items()) if options else ""
        return databases.url().replace(f":{self.primary.port}/", f":{self.port}/") + asked

    def answers(self, question: str) -> Any:
        """What it answers its administrator; None while it does not."""
        try:
            with psycopg.connect(f"postgres://postgres@127.0.0.1:{self.port}/postgres", connect_timeout=3, autocommit=True) as server:
                row = server.execute(question).fetchone()
                return row[0] if row is not None else None
        except psycopg.OperationalError:
            return None


@pytest.fixture
def standby(demo_db: None, worker_var: Path) -> Iterator[Standby]:
    with tempfile.TemporaryDirectory(prefix="portal-standby-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        one = Standby(Path(folder), Postgres(worker_var).programs)
        try:
            yield one
        finally:
            one.part.lose()


class Web:
    """A portal that reads its public pages from a standby."""

    def __init__(self, var: Path, static: Path, outside: dict[str, str], replica: str, name: str) -> None:
        self.url = f"http://localhost:{(port := free_port())}"
        figures = var / f"figures-{name}"
        shutil.rmtree(figures, ignore_errors=True)
        figures.mkdir()
        env = processes.environment(
            var, outside, SITE_URL=self.url, STATIC_ROOT=str(static), PROMETHEUS_MULTIPROC_DIR=str(figures),
            DJANGO_SETTINGS_MODULE="portal.settings.test_stack", DATABASE_REPLICA_URL=replica,
        )  # fmt: skip
        self.running = processes.start_web(name, port, var, env)
        processes.wait_for(self.url + "/health/live", running=self.running)

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return str(answer.read().decode())

    def rendered(self) -> dict[str, float]:
        """Pages rendered so far, by where they were read from."""
        found = re.findall(r'portal_replica_pages_total\{origin="([^"]+)"\} ([\d.e+]+)', self.get("/metrics"))
        return {origin.removeprefix("primary, replica "): float(number) for origin, number in found}


def page(code: str) -> str:
    return f"/thu-tuc/{code}/"


def change(code: str, words: str) -> None:
    """An editor's change on the primary, and the time in which every process learns of it."""
    assert ProcedureVersion.objects.filter(procedure__code=code).update(summary=words)
    time.sleep(1.5)


def read_there(web: Web, code: str) -> None:
    """Change after change is shown, and one of them soon by the standby: it may be a moment behind what others write."""
    before = web.rendered().get("replica", 0)
    for number in range(20):
        change(code, f"Câu thứ {number} của biên tập viên.")
        assert f"Câu thứ {number} của biên tập viên." in web.get(page(code))
        if web.rendered().get("replica", 0) > before:
            return
    raise AssertionError("the standby was never asked")


@pytest.mark.requirement("N-05", "N-12")
def test_pages_are_read_from_a_standby_that_is_as_new_and_from_the_primary_else(
    standby: Standby, worker_var: Path, static_files: Path, simulators: Any
) -> None:
    web = Web(worker_var, static_files, simulators.env, standby.url(), "web-replica")
    try:
        codes = ("1.001193", "1.004873", "1.000894")
        # The first look at what changed is over before the first page is made.
        web.get("/")
        time.sleep(0.6)
        read_there(web, "1.001193")
        # It stands still: what changed meanwhile is shown all the same, and so is what comes after it has caught up.
        assert standby.answers("SELECT pg_wal_replay_pause()") is not None
        change(codes[0], "Câu mà bản sao chưa biết.")
        behind = web.rendered().get("behind", 0)
        assert "Câu mà bản sao chưa biết." in web.get(page(codes[0]))
        assert web.rendered()["behind"] == behind + 1
        assert standby.answers("SELECT pg_wal_replay_resume()") is not None
        read_there(web, codes[1])
        standby.part.lose()
        change(codes[2], "Câu sau khi mất bản sao.")
        assert "Câu sau khi mất bản sao." in web.get(page(codes[2]))
        assert web.rendered()["away"] >= 1
    finally:
        web.running.stop()


@pytest.mark.requirement("N-04")
def test_a_standby_that_fails_in_the_middle_of_a_page_costs_the_reader_nothing(
    standby: Standby, worker_var: Path, static_files: Path, simulators: Any
) -> None:
    # It answers how far it is; every table it is asked for is missing there.
    web = Web(worker_var, static_files, simulators.env, standby.url(options="-c%20search_path%3Dnowhere"), "web-broken-replica")
    try:
        web.get("/")
        time.sleep(0.6)
        told = False
        for number in range(20):
            # It may be a moment behind what others write: then it is not asked at all.
            change("1.001193", f"Câu thứ {number} của biên tập viên.")
            assert f"Câu thứ {number} của biên tập viên." in web.get(page("1.001193"))
            if told := "asked from the primary" in web.running.log.read_text(errors="replace"):
                break
        assert told
        assert web.rendered().get("replica", 0) == 0
    finally:
        web.running.stop()
