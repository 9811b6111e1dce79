"""Mirroring the catalogue: snapshot, changes, versions of a day; an empty portal that loads it shows the same pages."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from procedures.guidance.services import load_guidance
from procedures.models import Decision, GuidanceTree, LifeEvent, LifeEventEntry, NextStep, Procedure, ProcedureVersion
from procedures.services import snapshot
from tests.procedures.test_announcing import seen

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("C-18")]
ADDRESS = "/api/v1/procedures/snapshot"
CODES = ("1.001193", "2.000635", "1.000656", "1.004194")


def taken(folder: Path) -> Path:
    """The snapshot as a partner keeps it."""
    answer: Any = Client().get(ADDRESS)
    assert answer.status_code == 200 and answer["Content-Type"] == "application/gzip"
    path = folder / "procedures.jsonl.gz"
    path.write_bytes(b"".join(answer.streaming_content))
    return path


def main_part(code: str) -> str:
    """The main part of a procedure's page, byte for byte."""
    html = Client().get(f"/thu-tuc/{code}/").content.decode()
    found = re.search(r"<main.*</main>", html, re.S)
    assert found is not None
    return found[0]


def test_an_empty_portal_shows_the_same_pages_from_a_snapshot(tmp_path: Path) -> None:
    path = taken(tmp_path)
    before = {code: main_part(code) for code in CODES}
    number = ProcedureVersion.objects.count()
    records = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    assert [one["code"] for one in records] == sorted(one["code"] for one in records) and len(records) > 50
    for model in (LifeEventEntry, LifeEvent, NextStep):
        model.objects.all().delete()
    ProcedureVersion.objects.all().delete()
    Procedure.objects.update(replaced_by=None)
    GuidanceTree.objects.all().delete()
    Procedure.objects.all().delete()
    Decision.objects.all().delete()
    call_command("import_snapshot", path)
    # What every portal ships beside its procedures: questions that lead to one's own papers.
    load_guidance(now=timezone.now())
    seen()
    assert ProcedureVersion.objects.count() == number
    for code in CODES:
        assert main_part(code) == before[code], code
    assert snapshot.load(path, day=timezone.localdate()).same == len(records), "a second time changes nothing"


def test_nothing_is_sent_again_while_nothing_was_written_and_what_was_is_told(tmp_path: Path) -> None:
    client = Client()
    first: Any = client.get(ADDRESS)
    since = first["X-Snapshot-At"]
    assert client.get(ADDRESS, headers={"If-None-Match": first["ETag"]}).status_code == 304
    version = ProcedureVersion.objects.get(procedure__code="1.001193")
    version.summary = "Nội dung vừa đổi."
    version.save()
    assert client.get(ADDRESS, headers={"If-None-Match": first["ETag"]}).status_code == 200
    changed = client.get("/api/v1/procedures/changes", {"updated_since": since}).json()["items"]
    assert "1.001193" in {one["code"] for one in changed}
    periods = client.get("/api/v1/procedures/1.001193/versions").json()
    assert periods[0]["effective_from"] == version.effective_from.isoformat() and periods[0]["effective_to"] is None
    assert client.get("/api/v1/procedures/9.999999/versions").status_code == 404
    day = version.effective_from + dt.timedelta(days=1)
    assert client.get(f"/api/v1/procedures/1.001193?on={day}").json()["summary"] == "Nội dung vừa đổi."


@pytest.mark.parametrize("content", [b"", b"[1]\n", b"khong phai json\n", '{"code": "1.001193", "lạ": 1}\n'.encode()])
def test_a_file_that_is_no_snapshot_changes_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(content))
    before = list(ProcedureVersion.objects.order_by("pk").values_list("pk", "source_digest"))
    with pytest.raises(CommandError):
        call_command("import_snapshot", path)
    path.write_bytes(b"khong phai gzip")
    with pytest.raises(CommandError):
        call_command("import_snapshot", path)
    assert list(ProcedureVersion.objects.order_by("pk").values_list("pk", "source_digest")) == before
