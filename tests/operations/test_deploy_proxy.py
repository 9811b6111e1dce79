"""The proxy and gunicorn behind it, as the composition starts them: TLS, kept pages, refusals, logs, health."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import redis

from portal import caching
from portal.launcher.common import free_port
from tests.operations.installation import (
    DEPLOY,
    HOST,
    PROXY_USER,
    Front,
    certificate,
    contents,
    fresh,
    healthcheck_of,
    proxy_command,
    proxy_environment,
)  # fmt: skip
from tests.support.processes import BIN, eventually


@pytest.mark.fault
def test_nginx_finds_no_fault(front: Front) -> None:
    done = subprocess.run(proxy_command(front, "-t"), env=proxy_environment(front), capture_output=True, text=True, check=False)
    said = (front.folder / "state" / "error.log").read_text(encoding="utf-8") + done.stderr
    assert done.returncode == 0, said
    assert "[warn]" not in said and "[emerg]" not in said


@pytest.mark.fault
@pytest.mark.requirement("N-04", "N-05")
def test_of_several_machines_one_may_be_away(front: Front) -> None:
    state = front.folder / "several"
    state.mkdir()
    if os.geteuid() == 0:
        os.chown(state, PROXY_USER, PROXY_USER)
    https, away = free_port(), free_port()
    own = {
        "PROXY_UPSTREAM": f"127.0.0.1:{away} 127.0.0.1:{front.upstream}",
        "PROXY_HTTP": f"127.0.0.1:{free_port()}",
        "PROXY_HTTPS": f"127.0.0.1:{https}",
        "PROXY_STATE": str(state),
        "PROXY_ERROR_LOG": str(state / "error.log"),
        "PROXY_ACCESS_LOG": str(state / "access.log"),
    }
    proxy = subprocess.Popen(proxy_command(front), env=proxy_environment(front) | own)
    try:
        trust = ssl.create_default_context(cafile=str(front.folder / "tls" / "fullchain.pem"))

        def status(path: str) -> int:
            connection = http.client.HTTPSConnection("127.0.0.1", https, timeout=20, context=trust)
            connection.sock = trust.wrap_socket(socket.create_connection(("127.0.0.1", https), 20), server_hostname=HOST)
            connection.request("GET", path, headers={"Host": HOST})
            return connection.getresponse().status

        def up() -> bool:
            try:
                return bool(status("/"))
            except OSError:
                return False

        eventually(up)
        assert [status(fresh()) for _ in range(10)] == [200] * 10
    finally:
        proxy.terminate()
        proxy.wait(20)


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
def test_a_long_question_is_answered_and_an_address_over_the_limit_gets_our_page(front: Front) -> None:
    question = "/tim-kiem/?q=" + quote("thủ tục đăng ký kết hôn ở xã " * 34)
    assert len(question) > 2_000 and front.ask(question).status == 200
    assert front.ask("/tim-kiem/?q=" + "a" * 7_500).status == 200
    refused = front.ask("/tim-kiem/?q=" + "a" * 9_000)
    # And by gunicorn alone, as on a developer's machine.
    inside = http.client.HTTPConnection("127.0.0.1", front.upstream, timeout=20)
    inside.request("GET", "/tim-kiem/?q=" + "a" * 9_000)
    answer = inside.getresponse()
    for status, headers, body in ((refused.status, refused.headers, refused.body), (answer.status, answer.headers, answer.read())):
        assert status == 414 and headers["Cache-Control"] == "no-store"
        assert "Địa chỉ quá dài" in body.decode() and "1800 1096" in body.decode()


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

    def asked() -> list[dict[str, Any]]:
        rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        return [row for row in rows if row["place"] == "/xac-minh/"]

    # Lines are written once a second.
    eventually(lambda: bool(asked()), 10, 0.2)
    last = asked()[-1]
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
    for name in ("worker-now", "beat"):
        front.start(name, front.command(name), front.env)
    eventually(lambda: front.run(*check, "beat").returncode == 0, 40, 0.5)
    eventually(lambda: front.run(*check, "worker-now").returncode == 0, 60, 0.5)
    assert front.run(*check, "worker-soon").returncode == 1
    front.running["worker-now"].kill()
    assert front.run(*check, "worker-now").returncode == 1
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
