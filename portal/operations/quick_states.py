"""Migrating an empty database in half the time.

Django renders, for each table that a migration makes, all tables that are related to it by any number of steps, which here is nearly
all of them. For the schema the direct ones are enough, as Django itself knows where a field is no relation (``delay``); a migration that
runs Python gets its models rendered whole, for ``RunPython`` asks for that. The schema is the same to the byte (compared by pg_dump).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.migrations.state import ProjectState


@contextmanager
def direct_relations() -> Iterator[None]:
    """While this lasts, only tables that are related directly are rendered anew."""
    whole = ProjectState.reload_model

    def direct(self: ProjectState, app_label: str, model_name: str, delay: bool = False) -> None:
        whole(self, app_label, model_name, delay=True)

    ProjectState.reload_model = direct  # type: ignore[method-assign]
    try:
        yield
    finally:
        ProjectState.reload_model = whole  # type: ignore[method-assign]
