"""What is handed over: the package of a release, the data dictionary, the page of doors (N-09, N-13)."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import tarfile
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.apps import apps

from portal.operations import dictionary, doors, release
from portal.outbox import handlers

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.requirement("N-13")
def test_a_release_is_whole_checked_signed_and_the_same_again(tmp_path: Path) -> None:
    private = Ed25519PrivateKey.generate()
    key, public = tmp_path / "key.pem", tmp_path / "public.pem"
    plain, pem = serialization.NoEncryption(), serialization.Encoding.PEM
    key.write_bytes(private.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    public.write_bytes(private.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo))
    made = release.make(ROOT, tmp_path / "a", key=key, allow_changes=True)
    checked = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=made, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
    verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(public), "-rawin", "-in", "SHA256SUMS", "-sigfile", "SHA256SUMS.sig"]
    assert subprocess.run(verify, cwd=made, capture_output=True, check=False).returncode == 0
    listed = {line.split("  ", 1)[1] for line in (made / "SHA256SUMS").read_text().splitlines()}
    assert listed | {"SHA256SUMS", "SHA256SUMS.sig"} == {str(one.relative_to(made)) for one in made.rglob("*") if one.is_file()}
    [archive] = made.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    committed = subprocess.run(["git", "ls-tree", "-r", "--name-only", "-z", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(committed.stdout.split("\0")) - {""} <= names
    assert not any(name.startswith(("var/", ".venv")) for name in names)
    again = release.make(ROOT, tmp_path / "b", key=key, allow_changes=True)
    assert hashlib.sha256(archive.read_bytes()).digest() == hashlib.sha256((again / archive.name).read_bytes()).digest()
    assert (made / "sbom.cdx.json").read_bytes() == (again / "sbom.cdx.json").read_bytes()


def test_the_bill_of_materials_is_the_lock_file(tmp_path: Path) -> None:
    lock = (ROOT / "requirements.lock").read_text()
    bill = release.bill_of_materials(lock, name="portal", version="1", at=datetime(2026, 12, 1, tzinfo=UTC))
    schemas = Path(str(files("cyclonedx.schema"))) / "_res"
    parts = {name: json.loads((schemas / f"{name}.SNAPSHOT.schema.json").read_text()) for name in ("bom-1.6", "spdx", "jsf-0.82")}
    known = [(f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json", schema) for name, schema in parts.items()]
    valid = jsonschema_rs.Draft7Validator(parts["bom-1.6"], registry=jsonschema_rs.Registry(known))
    said = json.loads(bill)
    assert not list(valid.iter_errors(said)) and list(valid.iter_errors({**said, "components": [{"type": "nothing"}]}))
    pinned = {line.split("==")[0].partition("[")[0] for line in lock.splitlines() if "==" in line and not line.startswith((" ", "#"))}
    assert {one["name"] for one in said["components"]} == pinned and len(pinned) > 100
    assert sum(len(one["hashes"]) for one in said["components"]) == lock.count("--hash=sha256:")


@pytest.mark.requirement("N-13")
def test_the_data_dictionary_says_every_column_in_words() -> None:
    rows = list(csv.DictReader(io.StringIO(dictionary.as_csv())))
    there = {
        (model._meta.db_table, field.column)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
        for field in model._meta.local_concrete_fields
    }
    assert {(row["table"], row["column"]) for row in rows} == there
    assert all(row["meaning"] and row["table_meaning"] and row["retention"] and row["kept"] for row in rows)
    by_name = {(row["table"], row["column"]): row for row in rows}
    assert by_name["outbox_message", "available_at"]["meaning"].startswith("Làm từ lúc; No worker takes it before this")
    assert by_name["accounts_person", "full_name"]["personal"] != "no" and by_name["outbox_message", "kind"]["personal"] == "no"


@pytest.mark.requirement("N-09")
def test_no_door_is_missing_from_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> list[str]:
        # Handlers and sources of other tests may be registered in this process.
        return [one for one in doors.missing() if " test" not in one and "probe" not in one]

    assert missing() == []
    assert doors.path().read_text(encoding="utf-8") == doors.written(), "manage.py write_doors"
    known = doors.doors()
    assert all((ROOT / one["test"]).exists() for part in known.values() for one in part)
    monkeypatch.setitem(handlers._handlers, "somewhere.new", handlers.Handler("somewhere.new", lambda message: None))
    assert missing() == ["outbox kind somewhere.new: no door"]
