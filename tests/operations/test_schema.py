"""What the migrations make is what the models say."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

pytestmark = pytest.mark.django_db


def test_tables_columns_indexes_and_constraints_are_those_of_the_models() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name, column_name, is_nullable FROM information_schema.columns WHERE table_schema = 'public'")
        columns = {(table, column): nullable == "YES" for table, column, nullable in cursor.fetchall()}
        cursor.execute("SELECT conname FROM pg_constraint UNION SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")
        names = {name for (name,) in cursor.fetchall()}
    for model in apps.get_models(include_auto_created=True):
        options = model._meta
        if not options.managed or options.proxy:
            continue
        said = {(options.db_table, field.column): field.null for field in options.local_concrete_fields if not field.generated}
        there = {key: columns[key] for key in said if key in columns}
        assert there == said, options.label
        wanted = {one.name for one in (*options.indexes, *options.constraints)}
        assert wanted <= names, options.label
