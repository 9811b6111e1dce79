"""Whether the release before can live with what a migration did: then machines are renewed one by one, and a release may be taken back.

While machines are renewed in turn both releases write to one database, and after a release was taken back the older one goes on with the
newer tables. A migration that only adds what the older release need not know is harmless; one that takes away, renames or demands what it
does not give is not. What an operation means is told by rule; SQL and Python say it themselves, on the operation or on the migration:
``lives_with_release_before = "why"`` or ``needs_a_stop = "why"``. Up to ``data/first_release.json`` there was no release before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, RemoveIndexConcurrently, ValidateConstraint
from django.db import connection, models
from django.db.migrations import Migration, operations
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger, RemoveTrigger

FIRST = Path(__file__).parent / "data" / "first_release.json"
_HARMLESS = (
    operations.CreateModel, operations.AddIndex, operations.RemoveIndex, operations.RenameIndex, operations.AlterModelOptions,
    operations.AlterModelManagers, operations.RemoveConstraint, operations.AlterModelTableComment, operations.AlterOrderWithRespectTo,
    AddIndexConcurrently, RemoveIndexConcurrently, ValidateConstraint,
)  # fmt: skip
_OF_HISTORY = frozenset({"insert_insert", "update_update", "delete_delete"})
"""Triggers that write the history of a row: whichever release changes the row, the database writes it."""
_ASKED_FOR: dict[type[Operation], str] = {
    operations.DeleteModel: "the release before still reads this table",
    operations.RenameModel: "the release before knows the table by its old name",
    operations.AlterModelTable: "the release before knows the table by its old name",
    operations.RemoveField: "the release before still reads this column",
    operations.RenameField: "the release before knows the column by its old name",
    operations.AddConstraint: "the release before may write what the constraint refuses",
    AddConstraintNotValid: "the release before may write what the constraint refuses",
    operations.AlterUniqueTogether: "the release before may write what must be unique now",
}


@dataclass(frozen=True)
class Verdict:
    """What the release before can do beside a migration, and the reason."""

    lives: bool
    why: str


class Unsaid(Exception):
    """A migration runs SQL or Python and does not say what it means for the release before."""


def judge(migration: Migration, before: ProjectState) -> Verdict:
    """The verdict on a migration; ``before``: the models as they were. Raises ``Unsaid``."""
    said = _said(migration)
    if said is not None:
        return said
    state = before.clone()
    for operation in migration.operations:
        verdict = _said(operation) or _of_new_table(operation, migration, before) or _by_rule(operation, migration, state)
        if not verdict.lives:
            return verdict
        operation.state_forwards(migration.app_label, state)
    return Verdict(True, "it only adds what the release before need not know")


def _said(one: Migration | Operation) -> Verdict | None:
    for name, lives in (("lives_with_release_before", True), ("needs_a_stop", False)):
        why = getattr(one, name, "")
        if why:
            return Verdict(lives, str(why))
    return None


def _of_new_table(operation: Operation, migration: Migration, before: ProjectState) -> Verdict | None:
    """Whatever is done to a table that this very migration makes: the release before does not know it."""
    name = getattr(operation, "model_name_lower", "") or str(getattr(operation, "model_name", "")).lower()
    is_new = bool(name) and (migration.app_label, name) not in before.models
    return Verdict(True, "") if is_new else None


def _by_rule(operation: Operation, migration: Migration, state: ProjectState) -> Verdict:
    words = f"{operation.describe()}: "
    if isinstance(operation, _HARMLESS):
        return Verdict(True, "")
    for kind, why in _ASKED_FOR.items():
        if isinstance(operation, kind):
            return Verdict(False, words + why)
    if isinstance(operation, operations.AddField):
        return Verdict(_may_be_left_out(operation.field), words + "the release before enters rows without it")
    if isinstance(operation, operations.AlterField):
        old = state.models[migration.app_label, operation.model_name_lower].fields[operation.name]
        why = _narrower(old, operation.field)
        return Verdict(not why, words + why)
    if isinstance(operation, (AddTrigger, RemoveTrigger)):
        name = operation.trigger.name if isinstance(operation, AddTrigger) else operation.name
        if name in _OF_HISTORY:
            return Verdict(True, "")
    if isinstance(operation, operations.SeparateDatabaseAndState):
        for inner in operation.database_operations:
            verdict = _said(inner) or _by_rule(inner, migration, state)
            if not verdict.lives:
                return verdict
        return Verdict(True, "")
    raise Unsaid(f"{migration.app_label} {migration.name}: {operation.describe()}: say lives_with_release_before or needs_a_stop")


def _may_be_left_out(field: models.Field[Any, Any]) -> bool:
    if isinstance(field, (models.ManyToManyField, models.GeneratedField)):
        return True
    return field.null or field.db_default is not models.NOT_PROVIDED


def _narrower(old: models.Field[Any, Any], new: models.Field[Any, Any]) -> str:
    """Why a column takes less than it took; empty where it takes as much or more."""
    if type(old) is not type(new) or old.db_column != new.db_column:
        return "the column is another one"
    if old.null and not new.null:
        return "the release before may leave it empty"
    if new.unique and not old.unique:
        return "the release before may write what must be unique now"
    longest_old, longest_new = getattr(old, "max_length", None), getattr(new, "max_length", None)
    if longest_new is not None and (longest_old is None or longest_new < longest_old):
        return "the release before may write longer values"
    digits = [(getattr(one, "max_digits", None), getattr(one, "decimal_places", None)) for one in (old, new)]
    if digits[0] != digits[1]:
        return "the release before may write other digits"
    return ""


def first_release() -> dict[str, str]:
    """The last migration of each app in the first release."""
    return dict(json.loads(FIRST.read_text(encoding="utf-8")))


def _ours() -> set[str]:
    return {one.label for one in apps.get_app_configs() if Path(one.path).is_relative_to(settings.BASE_DIR) and ".venv" not in one.path}


def later(loader: MigrationLoader | None = None) -> Iterator[tuple[Migration, ProjectState]]:
    """Each migration of ours behind the first release, with the models before it."""
    loader = loader or MigrationLoader(None, ignore_no_migrations=True)
    first, ours = first_release(), _ours()
    old = {
        node for app, name in first.items() if (app, name) in loader.graph.nodes for node in loader.graph.forwards_plan((app, name))
    }  # fmt: skip
    for app, name in sorted(loader.graph.nodes):
        if app in ours and (app, name) not in old:
            yield loader.graph.nodes[app, name], loader.project_state((app, name), at_end=False)


def pending() -> Iterator[tuple[Migration, Verdict]]:
    """What this release would change in the database as it is, and whether the release before can live with it."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    ours = _ours()
    for migration, _backwards in plan:
        if migration.app_label in ours:
            before = executor.loader.project_state((migration.app_label, migration.name), at_end=False)
            yield migration, judge(migration, before)
        else:
            yield migration, Verdict(False, "it came with a library: nobody has read it")
