"""Three clients that others wrote sign people in by the portal; they know nothing of it but the issuer's address (A-05, A-16).

npm's ``openid-client``, ``mozilla-django-oidc``, and Debian's ``libapache2-mod-auth-openidc``, each over HTTP.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import urlencode, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test import Client, RequestFactory

from accounts.models import SignInGrant
from accounts.provider import scopes
from portal.access import Assurance
from portal.launcher import bootstrap
from portal.launcher.common import free_port
from portal.outbox import services as outbox
from tests import factories
from tests.accounts.provider.support import ASSERTION, System, agreed, signed_in, system
from tests.operations.installation import program
from tests.support.processes import eventually

CALLBACK = "http://localhost:9/oidc/callback"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: Any) -> None: ...


@pytest.fixture
def issuer(demo_db: None, settings: Any) -> Iterator[str]:
    """The portal behind a port of its own, in a database in which it commits."""
    application = get_wsgi_application()

    def serve(environ: Any, start: Any) -> Any:
        try:
            return list(application(environ, start))
        finally:
            connections.close_all()

    server = make_server("localhost", 0, serve, server_class=_Server, handler_class=_Quiet)
    settings.SITE_URL = f"http://localhost:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield settings.SITE_URL
    server.shutdown()


def through(browser: Client, url: str) -> str:
    """Where a browser, in which somebody is signed in and agrees, ends up: the address of the system's."""
    assert urlsplit(url).path == "/oauth2/authorize"
    address = f"{urlsplit(url).path}?{urlsplit(url).query}"
    answer = browser.get(address)
    if answer.status_code == 200:
        answer = agreed(browser, address)
    return str(answer["Location"])


class Node:
    """The system on Node."""

    def __init__(self, folder: Path) -> None:
        node = shutil.which("node")
        assert node and bootstrap._peers_kept(), "node or the npm packages are missing: `make test` gets them"
        for package in bootstrap.PEER_PACKAGES:
            with tarfile.open(bootstrap.peer_file(package)) as packed:
                packed.extractall(folder / package, filter="data")
            home = folder / "node_modules" / package.split("@")[0]
            home.parent.mkdir(exist_ok=True)
            (folder / package / "package").rename(home)
        script = folder / "peer.mjs"
        script.write_bytes(Path(__file__).with_name("openid_client_peer.mjs").read_bytes())
        self.process = subprocess.Popen([node, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder)

    def __call__(self, act: str, **said: Any) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"act": act, **said}) + "\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    found = Node(tmp_path)
    yield found
    found.process.kill()
    found.process.wait()


@pytest.mark.requirement("A-05", "A-06", "A-07", "A-16")
def test_npms_openid_client(issuer: str, node: Node) -> None:
    one = system(callback=CALLBACK, scopes=["profile", "identity"], post_logout_uris=["http://localhost:9/bye"])
    person = factories.make_person()
    browser = signed_in(person, assurance=Assurance.HIGH)
    key = {**one.key.as_dict(private=True)}
    assert node("connect", issuer=issuer, id=one.id, jwk=key, kid=one.row.keys.get().kid) == {"supports": True}
    begun = node("begin", redirect_uri=CALLBACK, scope="openid profile", acr_values="LoA3", max_age="600")
    assert begun["url"].startswith(f"{issuer}/oauth2/authorize?")
    came = node("callback", url=through(browser, begun["url"]))
    assert came.get("claims", came)["acr"] == "LoA3"
    assert node("userinfo")["claims"] == {
        "sub": scopes.subject(one.row, person.pk, None), "name": person.full_name, "birthdate": person.birth_date, "gender": person.sex,
    }  # fmt: skip
    assert node("refresh") == {"active": True}
    silent = node("begin", redirect_uri=CALLBACK, scope="openid identity", prompt="none")
    assert node("callback", url=through(browser, silent["url"]))["error"] == "consent_required"
    left = node("leave", post_logout_redirect_uri="http://localhost:9/bye")
    answer = browser.get(left["url"].removeprefix(issuer))
    assert answer["Location"] == "http://localhost:9/bye" and browser.get("/tai-khoan/").status_code == 302
    assert "error" in node("refresh") and SignInGrant.objects.get().ended_by == "signed_out"


@pytest.mark.requirement("A-05", "A-16")
def test_mozillas_django_client(issuer: str, settings: Any) -> None:
    """It reads no discovery document, so its settings are filled from it; and it knows passwords only, so one method signs instead."""
    from mozilla_django_oidc.auth import OIDCAuthenticationBackend
    from mozilla_django_oidc.views import OIDCAuthenticationRequestView

    one, person = system(callback=CALLBACK, scopes=["profile", "email"]), factories.make_person()
    found = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=10).json()
    settings.OIDC_OP_AUTHORIZATION_ENDPOINT = found["authorization_endpoint"]
    settings.OIDC_OP_TOKEN_ENDPOINT = found["token_endpoint"]
    settings.OIDC_OP_USER_ENDPOINT = found["userinfo_endpoint"]
    settings.OIDC_OP_JWKS_ENDPOINT = found["jwks_uri"]
    settings.OIDC_RP_CLIENT_ID, settings.OIDC_RP_CLIENT_SECRET = one.id, ""
    settings.OIDC_RP_SIGN_ALGO, settings.OIDC_USE_PKCE, settings.OIDC_RP_SCOPES = "RS256", True, "openid profile"
    settings.OIDC_AUTHENTICATION_CALLBACK_URL = "home"

    class Backend(OIDCAuthenticationBackend):
        """As docs/single-sign-on.md tells a system."""

        def get_token(self, payload: dict[str, Any]) -> Any:
            left = {name: value for name, value in payload.items() if name != "client_secret"}
            return super().get_token({**left, "client_assertion_type": ASSERTION, "client_assertion": one.assertion(aud=issuer)})

    request: Any = RequestFactory().get("/")
    request.session = Client().session
    begun = OIDCAuthenticationRequestView().get(request)
    url = begun["Location"].replace(urlencode({"redirect_uri": "http://testserver/"}), urlencode({"redirect_uri": CALLBACK}))
    back = dict(part.split("=", 1) for part in urlsplit(through(signed_in(person), url)).query.split("&"))
    [kept] = request.session["oidc_states"].values()
    backend = Backend()
    given = backend.get_token({
        "client_id": one.id, "client_secret": "", "grant_type": "authorization_code", "code": back["code"], "redirect_uri": CALLBACK,
        "code_verifier": kept["code_verifier"],
    })  # fmt: skip
    payload = backend.verify_token(given["id_token"], nonce=kept["nonce"])
    assert payload["sub"] == scopes.subject(one.row, person.pk, None)
    assert backend.get_userinfo(given["access_token"], given["id_token"], payload)["name"] == person.full_name


APACHE = """
ServerRoot {folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
LogLevel warn auth_openidc:debug
Mutex file:{folder} default
User www-data
Group www-data
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule headers_module {modules}/mod_headers.so
LoadModule auth_openidc_module {modules}/mod_auth_openidc.so
DocumentRoot {folder}/pages
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client}
OIDCPrivateKeyFiles {kid}#{folder}/key.pem
OIDCPublicKeyFiles {kid}#{folder}/certificate.pem
OIDCProviderTokenEndpointAuth private_key_jwt
OIDCPKCEMethod S256
OIDCScope "openid profile"
OIDCRedirectURI http://localhost:{port}/own/back
OIDCCryptoPassphrase of-this-test-alone
OIDCAuthRequestParams acr_values=LoA2
OIDCCookieSameSite On
<Location /own>
    AuthType openid-connect
    Require valid-user
    Header always set X-User "%{{OIDC_CLAIM_sub}}e"
    Header always set X-Level "%{{OIDC_CLAIM_acr}}e"
</Location>
"""


@pytest.fixture
def apache(issuer: str) -> Iterator[tuple[System, str]]:
    """A province's Apache, whose pages below /own are for who has signed in."""
    with tempfile.TemporaryDirectory() as place:
        folder, port = Path(place), free_port()
        folder.chmod(0o777)
        back = f"http://localhost:{port}/own/back"
        one = system(callback=back, logout_uri=f"{back}?logout=backchannel", post_logout_uris=[f"http://localhost:{port}/"])
        (folder / "key.pem").write_bytes(one.key.as_pem(private=True))
        # The module wants a certificate beside its key, though nobody reads it.
        pair = one.key.private_key
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(pair.public_key()).serial_number(7)
        now = dt.datetime.now(dt.UTC)
        made = built.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=9)).sign(pair, hashes.SHA256())
        (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        (folder / "pages" / "own").mkdir(parents=True)
        (folder / "pages" / "own" / "page.html").write_text("of one's own")
        said = {"folder": folder, "port": port, "modules": "/usr/lib/apache2/modules", "issuer": issuer, "client": one.id}
        (folder / "apache.conf").write_text(APACHE.format(**said, kid=one.row.keys.get().kid))
        process = subprocess.Popen([program("apache2-bin"), "-f", folder / "apache.conf", "-DFOREGROUND"])

        def is_open() -> bool:
            try:
                return requests.get(f"http://localhost:{port}/", timeout=2).status_code > 0
            except requests.ConnectionError:
                return False

        eventually(is_open, 20, 0.2)
        try:
            yield one, f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.mark.requirement("A-05", "A-06", "A-16")
def test_debians_apache_module(apache: tuple[System, str], issuer: str) -> None:
    one, site = apache
    person = factories.make_person()
    browser, there = signed_in(person), requests.Session()
    sent = there.get(f"{site}/own/page.html", allow_redirects=False, timeout=10)
    assert sent.status_code == 302 and sent.headers["Location"].startswith(f"{issuer}/oauth2/authorize?")
    back = there.get(through(browser, sent.headers["Location"]), timeout=10)
    assert back.status_code == 200 and back.text == "of one's own", back.text
    name = scopes.subject(one.row, person.pk, None)
    assert back.headers["X-User"].startswith(name) and back.headers["X-Level"] == "LoA2"
    assert there.get(f"{site}/own/page.html", allow_redirects=False, timeout=10).status_code == 200
    browser.post("/tai-khoan/dang-xuat/")
    outbox.deliver_due()
    assert SignInGrant.objects.get().told_at is not None
    assert there.get(f"{site}/own/page.html", allow_redirects=False, timeout=10).status_code == 302, "signed out there, too"


@pytest.mark.requirement("A-16", "A-05", "A-06")
def test_the_sample_that_partners_are_given(issuer: str, tmp_path: Path) -> None:
    """The file that the guide offers, as it is downloaded: signs in, refuses what it did not begin, hears of the sign-out."""
    port = free_port()
    here = f"http://localhost:{port}"
    one = system(kind="EC", callback=f"{here}/ve", scopes=["profile"], logout_uri=f"{here}/ket-thuc")
    (tmp_path / "khach_mau.py").write_bytes(Client().get("/nha-phat-trien/dang-nhap-mot-lan/khach_mau.py").content)
    (tmp_path / "khoa.pem").write_bytes(one.key.as_pem(private=True))
    guide = Client().get("/nha-phat-trien/dang-nhap-mot-lan/").content.decode()
    assert issuer in guide and "khach_mau.py" in guide and "urn:vn:dvcqg:acr:i2:a3" in guide
    command = [sys.executable, "khach_mau.py", "--issuer", issuer, "--client-id", one.id, "--key", "khoa.pem", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    try:
        assert process.stdout and process.stdout.readline().strip() == here
        person = factories.make_person()
        browser = signed_in(person)
        begun = requests.get(f"{here}/dang-nhap", timeout=20, allow_redirects=False).headers["Location"]
        back = through(browser, begun)
        page = requests.get(back, timeout=20)
        assert page.status_code == 200 and person.full_name in page.text, page.text
        assert requests.get(back, timeout=20).status_code == 400, "used before"
        assert requests.get(f"{here}/ve?code=x&state=y&iss={issuer}", timeout=20).status_code == 400
        mixed = through(browser, requests.get(f"{here}/dang-nhap", timeout=20, allow_redirects=False).headers["Location"])
        assert "another issuer" in requests.get(mixed.replace("iss=", "iss=https%3A%2F%2Fevil.example"), timeout=20).text
        assert requests.post(f"{here}/ket-thuc", {"logout_token": "x.y.z"}, timeout=20).status_code == 400
        assert "Đang đăng nhập: 1" in requests.get(here, timeout=20).text
        browser.post("/tai-khoan/dang-xuat/")
        outbox.deliver_due()
        assert "Đang đăng nhập: 0" in requests.get(here, timeout=20).text
    finally:
        process.kill()
        process.wait()
