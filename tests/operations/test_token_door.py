"""The proxy's door for tokens: it asks for a certificate there and nowhere else, and whatever a visitor writes into the header is lost."""

from __future__ import annotations

import datetime as dt
import http.client
import os
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from portal.launcher.common import free_port
from tests.operations.installation import DEPLOY, program
from tests.support.processes import eventually

HOST = "cong.example"
DOOR = "/tai-khoan/chung-thu/thiet-bi/"


def made(folder: Path, name: str) -> tuple[Path, Path]:
    """A key and a certificate made by oneself: what it is worth is the portal's affair, not the proxy's."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), dt.datetime.now(tz=dt.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(7)
    own = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1)).sign(key, hashes.SHA256())
    pem, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    pem.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    certificate.write_bytes(own.public_bytes(serialization.Encoding.PEM))
    return certificate, pem


class Echo(BaseHTTPRequestHandler):
    """A portal that says which certificate it was told of."""

    def do_GET(self) -> None:
        body = self.headers.get("X-Client-Certificate", "").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the proxy's workers reach, whoever they are."""
    with tempfile.TemporaryDirectory() as made_folder:
        Path(made_folder).chmod(0o755)
        yield Path(made_folder)


@pytest.fixture
def doors(folder: Path) -> Iterator[tuple[int, int]]:
    """The real proxy before an echo: the port of everybody and that of tokens."""
    upstream = HTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    certificate, key = made(folder, HOST)
    everybody, tokens = free_port(), free_port()
    for name in ("state", "pages"):
        (folder / name).mkdir()
    env = {
        "PATH": f"{os.environ['PATH']}:/usr/sbin",
        "PROXY_HOSTS": HOST,
        "PROXY_CERTIFICATE": str(certificate),
        "PROXY_CERTIFICATE_KEY": str(key),
        "PROXY_UPSTREAM": f"127.0.0.1:{upstream.server_port}",
        "PROXY_RESOLVER": "127.0.0.1",
        "PROXY_HTTP": f"127.0.0.1:{free_port()}",
        "PROXY_HTTPS": f"127.0.0.1:{everybody}",
        "PROXY_PORT_IN_ADDRESS": f":{everybody}",
        "PROXY_TOKEN_HTTPS": f"127.0.0.1:{tokens}",
        "PROXY_PAGES": str(folder / "pages"),
        "PROXY_STATE": str(folder / "state"),
        "PROXY_ACCESS_LOG": str(folder / "access.log"),
        "PROXY_ERROR_LOG": str(folder / "error.log"),
    }
    assert program("nginx-light")
    process = subprocess.Popen(["sh", str(DEPLOY / "proxy.sh")], env=env)

    def is_open() -> bool:
        try:
            return ask(tokens, "/x")[0] == 302
        except OSError:
            return False

    eventually(is_open, 30, 0.2)
    yield everybody, tokens
    process.terminate()
    process.wait(timeout=30)
    upstream.shutdown()


def ask(port: int, path: str, own: tuple[Path, Path] | None = None, host: str = HOST) -> tuple[int, str]:
    """Status and body, over TLS for that host, with a certificate of one's own or without; with forged headers in any case."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if own is not None:
        context.load_cert_chain(*own)
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
    connection.sock = context.wrap_socket(socket.create_connection(("127.0.0.1", port), 10), server_hostname=host)
    headers = {"Host": f"{host}:{port}", "X-Client-Certificate": "forged", "X_Client_Certificate": "forged"}
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.headers.get("Location", "") or answer.read().decode()


@pytest.mark.fault
@pytest.mark.requirement("A-03", "N-08", "X-01")
def test_only_the_handshakes_own_certificate_goes_through(doors: tuple[int, int], tmp_path: Path) -> None:
    everybody, tokens = doors
    mine = made(tmp_path, "citizen")
    assert ask(everybody, "/x") == (200, ""), "what a visitor writes is lost"
    assert ask(everybody, DOOR, mine) == (200, ""), "nobody is asked for a certificate at the usual door"
    assert ask(tokens, DOOR) == (200, "")
    assert unquote(ask(tokens, DOOR, mine)[1]).strip() == mine[0].read_text().strip()
    assert unquote(ask(tokens, "/oauth2/token", mine)[1]).strip() == mine[0].read_text().strip()
    assert ask(tokens, "/oauth2/token") == (200, "") and ask(everybody, "/oauth2/token", mine) == (200, "")
    for address in ("/api/v1/oauth/token", "/api/v1/messages"):
        assert unquote(ask(tokens, address, mine)[1]).strip() == mine[0].read_text().strip(), "partners' tokens are bound to it (RFC 8705)"
        assert ask(everybody, address, mine) == (200, "")
    assert ask(tokens, "/ho-so/", mine) == (302, f"https://{HOST}:{everybody}/ho-so/"), "nothing else is served there"
    with pytest.raises(ssl.SSLError):
        ask(tokens, DOOR, mine, host="other.example")
