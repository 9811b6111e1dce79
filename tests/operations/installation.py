"""The portal as it is run for real, for tests: what an image holds, the composition, and the proxy with gunicorn behind it on loopback.

There is no container engine here. What stands in for it: the files that `.dockerignore` lets into an image are copied to a folder of their
own, packages that the Dockerfile takes out cannot be imported, and the commands are read out of `docker-compose config`.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import functools
import http.client
import os
import re
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from packaging.utils import canonicalize_name

from portal.launcher import bootstrap
from portal.operations.deploy import leave_out
from tests.support.processes import BIN, Running, eventually

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
    env |= {"BLIND_INDEX_COVERS": f"{env['BLIND_INDEX_COVERS']}{key()}"}
    env |= {"BLIND_INDEX_KEY": key(), "AUDIT_SIGNING_KEY": key(), "METRICS_TOKEN": secrets.token_hex(24)}
    tokens = (
        "SMS_GATEWAY_TOKEN",
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
        "SMS_REPORT_TOKEN",
        "MAIL_PASSWORD",
        "MAIL_BOUNCE_TOKEN",
        "REMOTE_SIGNING_CLIENT_ID",
        "REMOTE_SIGNING_CLIENT_SECRET",
    )
    return env | dict.fromkeys(tokens, "made-up")


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


def compose(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [program("docker-compose"), "-f", str(ROOT / "docker-compose.yml"), "config"]
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "PORTAL_SECRETS": str(folder), **variables}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=600, check=False)


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
        return subprocess.run(command, cwd=self.app, env=self.env, capture_output=True, text=True, timeout=600, check=False)

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

    def figures(self) -> str:
        """What gunicorn's workers say together at /metrics, asked from inside."""
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=5)
        bearer = {"Authorization": f"Bearer {self.env['METRICS_TOKEN']}", "Host": HOST, "X-Forwarded-Proto": "https"}
        connection.request("GET", "/metrics", headers=bearer)
        text = connection.getresponse().read().decode()
        connection.close()
        return text

    def served(self, route: str) -> int:
        """How many requests gunicorn has answered on a route."""
        return self._sum(rf'^portal_requests_total{{.*route="{re.escape(route)}".*}} ([\d.]+)$')

    def rendered(self) -> int:
        """How many public pages gunicorn's workers have rendered, kept ones not counted."""
        return self._sum(r'^portal_kept_pages_total{origin="rendered"} ([\d.e+]+)$')

    def _sum(self, pattern: str) -> int:
        return round(sum(float(count) for count in re.findall(pattern, self.figures(), re.MULTILINE)))


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


def fresh(path: str = "/") -> str:
    """An address that nobody has asked for yet."""
    return f"{path}?moi={secrets.token_hex(4)}"
