"""What each migration means for the release before: told by rule or said, and held to."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ModelState, ProjectState

from portal.operations import rolling
from portal.operations.rolling import Unsaid, Verdict, judge


def _before() -> ProjectState:
    state = ProjectState()
    fields: list[tuple[str, models.Field[Any, Any]]] = [
        ("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=20)), ("note", models.TextField(null=True)),
        ("charge", models.DecimalField(max_digits=8, decimal_places=0)),
    ]  # fmt: skip
    state.add_model(ModelState("somewhere", "Thing", fields))
    return state


def _judged(*operations: Any, **said: str) -> Verdict:
    made = type("Migration", (migrations.Migration,), {"operations": list(operations), **said})
    return judge(made("0099_made_up", "somewhere"), _before())


M = migrations
HARMLESS = [
    M.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]),
    M.AddField("thing", "more", models.TextField(null=True)),
    M.AddField("thing", "more", models.BooleanField(db_default=False)),
    M.AddIndex("thing", models.Index(fields=["name"], name="thing_name")),
    M.RemoveConstraint("thing", "whatever"),
    M.AlterField("thing", "name", models.CharField("tên", max_length=40, choices=[("a", "A")])),
    M.AlterField("thing", "name", models.CharField(max_length=20, null=True)),
    M.SeparateDatabaseAndState(state_operations=[M.RemoveField("thing", "note")]),
]
HARMFUL = [
    M.DeleteModel("thing"), M.RenameModel("thing", "object"), M.RemoveField("thing", "note"), M.RenameField("thing", "note", "notes"),
    M.AddField("thing", "more", models.BooleanField(default=False)),
    M.AddConstraint("thing", models.CheckConstraint(condition=models.Q(name__gt=""), name="named")),
    M.AlterField("thing", "note", models.TextField()),
    M.AlterField("thing", "name", models.CharField(max_length=10)),
    M.AlterField("thing", "name", models.CharField(max_length=20, unique=True)),
    M.AlterField("thing", "name", models.IntegerField()),
    M.AlterField("thing", "charge", models.DecimalField(max_digits=8, decimal_places=2)),
    M.SeparateDatabaseAndState(database_operations=[M.RemoveField("thing", "note")]),
]  # fmt: skip


def test_what_only_adds_is_lived_with_and_what_takes_away_or_demands_is_not() -> None:
    assert [one.describe() for one in HARMLESS if not _judged(one).lives] == []
    assert [one.describe() for one in HARMFUL if _judged(one).lives] == []
    # One bad among good ones is bad; a table made in the same migration is nobody's before.
    assert not _judged(HARMLESS[0], HARMFUL[2]).lives
    assert _judged(HARMLESS[0], M.AddConstraint("other", models.CheckConstraint(condition=models.Q(id__gt=0), name="some"))).lives
    with pytest.raises(Unsaid, match="0099_made_up"):
        _judged(M.RunSQL("SELECT 1"))
    said = M.RunSQL("CREATE INDEX …")
    said.lives_with_release_before = "an index"  # type: ignore[attr-defined]
    assert _judged(said) == Verdict(True, "it only adds what the release before need not know")
    assert _judged(M.RunSQL("DROP …"), needs_a_stop="the view is gone") == Verdict(False, "the view is gone")


@pytest.mark.requirement("O-08")
def test_every_migration_since_the_first_release_says_it() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    first = rolling.first_release()
    assert first and all((app, name) in loader.graph.nodes for app, name in first.items())
    for migration, before in rolling.later(loader):
        verdict = judge(migration, before)
        assert verdict.why, migration


@pytest.mark.requirement("O-08")
@pytest.mark.django_db
def test_the_operator_asks_before_machines_are_renewed() -> None:
    out = io.StringIO()
    call_command("check_rolling", stdout=out)
    assert "may be renewed one by one" in out.getvalue()
    # As if the database were of the release before: one column is not there yet, and the trail has its old indexes.
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("documents", "0007_seal_follows")
    recorder.record_unapplied("audit", "0005_search")
    with pytest.raises(CommandError, match="1 of them"):
        call_command("check_rolling", stdout=(out := io.StringIO()))
    lines = out.getvalue().splitlines()
    assert [line[:5] for line in lines] == ["lives", "STOP "]
    assert "seal_too" in lines[1]
