"""The composition: zones, privileges, order, and PostgreSQL and Redis as it starts them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from honcho.environ import parse_procfile

from portal.celery import QUEUES
from portal.launcher import privileges
from portal.launcher.common import free_port
from portal.launcher.engines import Postgres
from tests.operations.installation import DEPLOY, ROOT, compose
from tests.support.processes import BIN, eventually


@pytest.mark.fault
def test_composition_needs_hosts(secret_folder: Path) -> None:
    done = compose(secret_folder)
    assert done.returncode
    assert "PORTAL_HOSTS" in done.stderr


@pytest.mark.fault
@pytest.mark.requirement("N-11")
def test_three_zones(composition: dict[str, Any]) -> None:
    zones = {name: set(service.get("networks", {})) for name, service in composition["services"].items()}
    assert zones == {
        "proxy": {"public", "application"},
        "web": {"application", "data"},
        **{f"worker-{queue}": {"public", "data"} for queue in QUEUES},
        **{name: {"data"} for name in ("beat", "prepare", "database", "redis")},
    }
    internal = {name: bool(network.get("internal")) for name, network in composition["networks"].items()}
    assert internal == {"public": False, "application": True, "data": True}
    assert [name for name, service in composition["services"].items() if "ports" in service] == ["proxy"]


@pytest.mark.fault
def test_no_container_is_root_or_writes_outside_its_mounts(composition: dict[str, Any]) -> None:
    for name, service in composition["services"].items():
        assert service["read_only"] is True, name
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"]), name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert name == "prepare" or service["healthcheck"]["test"], name
        assert not service.get("privileged"), name
    written = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert not re.search(r"(PASSWORD|SECRET_KEY|TOKEN|_KEYS?): *\S", written), "secrets come from env files"


@pytest.mark.fault
def test_web_twice_beat_once_and_after_prepare(composition: dict[str, Any]) -> None:
    services = composition["services"]
    assert services["web"]["scale"] == 2
    assert services["beat"].get("scale", 1) == 1
    for name in ("web", "beat", *(f"worker-{queue}" for queue in QUEUES)):
        assert services[name]["depends_on"]["prepare"] == {"condition": "service_completed_successfully"}
        assert services[name]["environment"]["DJANGO_SETTINGS_MODULE"] == "portal.settings.production"
        assert any(str(volume).startswith("files:/srv/files") for volume in services[name]["volumes"]), name
    assert services["web"]["environment"]["PROMETHEUS_MULTIPROC_DIR"] in " ".join(services["web"]["tmpfs"])


@pytest.mark.fault
def test_every_queue_has_a_worker_of_its_own_here_and_on_one_machine(composition: dict[str, Any]) -> None:
    lines = parse_procfile((ROOT / "Procfile").read_text(encoding="utf-8")).processes
    for commands in (
        {name: " ".join(service["command"]) for name, service in composition["services"].items() if name.startswith("worker")},
        {name: command for name, command in lines.items() if name.startswith("worker")},
    ):
        served = {name: re.findall(r"--queues[= ](\S+)", command) for name, command in commands.items()}
        assert served == {f"worker-{queue}": [queue] for queue in QUEUES}
        names = [re.findall(r"--hostname[= ](\S+)", command) for command in commands.values()]
        assert sorted(names) == sorted([f"{queue}@%h"] for queue in QUEUES)


@pytest.mark.fault
def test_database_as_composed_knows_vietnamese_and_the_portal_is_no_superuser(composition: dict[str, Any]) -> None:
    service, port, folder = composition["services"]["database"], free_port(), Path(tempfile.mkdtemp(prefix="portal-database-"))
    folder.chmod(0o755)
    engine = Postgres(folder)
    privileges.own_folder(engine.folder)
    engine.run(
        [str(engine.programs / "initdb"), f"--pgdata={engine.data}", "--username=postgres", "--auth=trust", *initdb_arguments(service)]
    )
    ours = ["-D", str(engine.data), "-c", f"port={port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    command = privileges.as_server([str(engine.programs / "postgres"), *ours, *service["command"][1:]], engine.folder)
    server = subprocess.Popen(command, cwd=engine.folder, env=engine.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        env = {"PATH": f"{engine.programs}:{os.environ['PATH']}", "PGHOST": "127.0.0.1", "PGPORT": str(port)}
        env |= {"POSTGRES_USER": "postgres", "PORTAL_DATABASE_PASSWORD": "it's"}
        alive = ["pg_isready", "--host=127.0.0.1", f"--port={port}"]
        eventually(lambda: subprocess.run(alive, env=env, capture_output=True, check=False).returncode == 0, 30)
        subprocess.run(["sh", str(DEPLOY / "postgres" / "10-portal.sh")], env=env, check=True, capture_output=True, timeout=300)
        with psycopg.connect(f"host=127.0.0.1 port={port} user=portal dbname=portal", autocommit=True) as connection:
            row = connection.execute(
                "SELECT rolsuper OR rolcreatedb OR rolcreaterole, lower('ĐĂNG KÝ') FROM pg_roles WHERE rolname = 'portal'"
            )
            assert row.fetchone() == (False, "đăng ký")
            for extension in ("btree_gist", "pg_trgm"):
                connection.execute(f"CREATE EXTENSION {extension}")
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)
        shutil.rmtree(folder)


def initdb_arguments(service: dict[str, Any]) -> list[str]:
    return str(service["environment"]["POSTGRES_INITDB_ARGS"]).split()


@pytest.mark.fault
def test_redis_as_composed_asks_for_its_password(composition: dict[str, Any], tmp_path: Path) -> None:
    service, port = composition["services"]["redis"], free_port()
    shell, option, script = service["command"]
    script = script.replace("$$", "$").replace("/data", str(tmp_path)) + f" --port {port} --bind 127.0.0.1"
    env = {"PATH": f"{BIN}:{os.environ['PATH']}", "REDIS_PASSWORD": service["environment"]["REDIS_PASSWORD"]}
    server = subprocess.Popen([shell, option, script], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        stranger = redis.Redis(port=port)

        def refused() -> bool:
            try:
                stranger.ping()
            except redis.AuthenticationError:
                return True
            except redis.ConnectionError:
                return False
            raise AssertionError("a stranger was let in")

        eventually(refused, 10)
        settings = redis.Redis(port=port, password=env["REDIS_PASSWORD"], decode_responses=True).config_get("*")
        assert (settings["maxmemory-policy"], settings["appendonly"], settings["maxmemory"]) == ("volatile-lru", "yes", str(256 * 2**20))
    finally:
        server.terminate()
        server.wait(15)
