"""As an engineer with nobody to ask: the page, a sandbox, the examples as they stand there (X-07)."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test import Client
from django.test.testcases import LiveServerThread, QuietWSGIRequestHandler
from django.utils import timezone

from dossiers.models import NationalDossier
from portal.api import api
from portal.api_support import Deprecation
from portal.exchange.developers import changes
from portal.exchange.messages import Message
from portal.exchange.partners.models import Partner
from portal.outbox.services import deliver_due
from tests.factories import make_person, make_position, sign_in

GUIDE, OWN = "/nha-phat-trien/", "/nha-phat-trien/thu/"
ISSUED = re.compile(r'<code data-example="([^"]+)">(.*?)</code>', re.S)


def examples(page: str) -> dict[str, str]:
    """The code blocks as they stand in a page."""
    return {name: html.unescape(text) for name, text in ISSUED.findall(page)}


@pytest.fixture
def live(demo_db: None, settings: Any) -> Iterator[str]:
    """The portal over HTTP, in this process."""
    thread = LiveServerThread("127.0.0.1", StaticFilesHandler)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    settings.SITE_URL = f"http://127.0.0.1:{thread.port}"
    yield settings.SITE_URL
    thread.terminate()


def bash(folder: Path, *parts: str, **env: str) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(parts)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **env},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.requirement("X-07")
def test_from_the_page_alone_to_a_first_call_a_dossier_and_a_signed_message(live: str, tmp_path: Path) -> None:
    shown = examples(Client().get(GUIDE).content.decode())
    assert examples(Client().get(f"/en{GUIDE}").content.decode()) == shown and len(shown) == 5
    public = bash(tmp_path, shown["keys.sh"])
    me = Client()
    assert Client().get(OWN).status_code == 302
    sign_in(me, make_person())
    assert me.post(OWN, {"key": "x"}).status_code == 422
    assert me.post(OWN, {"key": public}).status_code == 302
    own = me.get(OWN).content.decode()
    export = examples(own)["export.sh"]
    assert f"PORTAL={live}" in export
    told = bash(tmp_path, export, shown["first.sh"], "echo", shown["dossier.sh"])
    helped = bash(tmp_path, export, shown["first.sh"], "echo", shown["app.sh"])
    assert '"code": "other"' in helped and '{"code": "", "kept": false}' in helped
    assert '{"kinds": []}' in told and '"outcome": "new"' in told
    code = Partner.objects.get(owner_id__isnull=False).code
    row = NationalDossier.objects.get(source=code)
    assert row.is_test
    # The worker handles it while the example asks; here its part is done between two of its questions.
    example = tmp_path / "message.py"
    example.write_text(shown["message.py"])
    process = subprocess.Popen(
        [sys.executable, str(example)],
        cwd=tmp_path,
        env={**os.environ, "PORTAL": live, "CODE": code},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    import time

    until = time.monotonic() + 40
    while process.poll() is None and time.monotonic() < until:
        deliver_due()
        time.sleep(0.3)
    out, err = process.communicate(timeout=10)
    assert out.split() == ["taken", "acknowledged", "echoed"], err
    assert "sandbox.echo" in me.get(OWN).content.decode()
    # Counts nowhere, and can be emptied.
    assert me.post(OWN, {"do": "empty"}).status_code == 302
    assert not NationalDossier.objects.filter(source=code).exists() and not Message.objects.filter(partner_id=code).exists()
    # Another key ends the first; a second sandbox there is not.
    bash(tmp_path, "mkdir other", "cd other", shown["keys.sh"])
    assert me.post(OWN, {"key": (tmp_path / "other" / "sign.pub.pem").read_text()}).status_code == 302
    refused = bash(tmp_path, export, shown["first.sh"])
    assert "unauthorized" in refused and Partner.objects.filter(owner_id__isnull=False).count() == 1


@pytest.mark.django_db
def test_an_officer_makes_none_and_everybody_reads_the_page_in_both_languages() -> None:
    officer, position = Client(), make_position(unit="H26", roles=["technical"])
    sign_in(officer, position.person, position=position)
    assert officer.get(OWN).status_code == 403
    page = Client().get(GUIDE).content.decode()
    for word in ("private_key_jwt", "openapi.json", "openid-configuration", "clock", "sandbox.echo", "Deprecation"):
        assert word in page
    assert "For developers" in Client().get(f"/en{GUIDE}").content.decode()


@pytest.mark.django_db
@pytest.mark.requirement("X-07")
def test_an_operation_that_will_leave_says_so_in_every_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    since, sunset = datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 7, 1, tzinfo=UTC)
    told = Deprecation(since, sunset, "/api/v1/messages/kinds")
    monkeypatch.setattr(api, "deprecations", {("GET", "/api/v1/messages/keys"): told, ("GET", "/api/v1/messages/{number}"): told})
    answer = Client().get("/api/v1/messages/keys")
    assert answer["Deprecation"] == "@1796083200" and answer["Sunset"] == "Thu, 01 Jul 2027 00:00:00 GMT"
    assert answer["Link"] == '</api/v1/messages/kinds>; rel="successor-version"'
    # Also where the answer is an error, and by the pattern of the path.
    assert Client().get("/api/v1/messages/x").has_header("Sunset")
    assert not Client().get("/api/v1/messages/kinds").has_header("Sunset")
    assert api.get_openapi_schema()["paths"]["/api/v1/messages/keys"]["get"]["deprecated"] is True


@pytest.mark.requirement("X-07")
def test_the_data_of_changes_is_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    days = [one.day for one in changes.changes()]
    assert days == sorted(days, reverse=True) and all(one.vi and one.en for one in changes.changes())
    assert isinstance(changes.deprecations(), dict)
    short = {
        "changes": [],
        "leaving": [
            {"method": "GET", "path": "/x", "since": "2026-12-01T00:00:00+07:00", "sunset": "2027-01-01T00:00:00+07:00", "instead": "/y"}
        ],
    }
    monkeypatch.setattr(changes, "_data", lambda: short)
    with pytest.raises(ValueError, match="180"):
        changes.leaving()
    assert timezone.localdate() and QuietWSGIRequestHandler
