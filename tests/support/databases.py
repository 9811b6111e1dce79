"""Databases of the tests: templates made once, clones in a quarter of a second."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.db import connections

EMPTY = "empty"
DEMO = "demo"
_base = ""
_generation = 0
_kind = ""
_soiled = True


def _name(kind: str) -> str:
    global _base
    if not _base:
        _base = connections["default"].settings_dict["NAME"]
    return f"test_{_base}_{kind}"


def own_name() -> str:
    """This xdist worker's database."""
    return _name(os.environ.get("PYTEST_XDIST_WORKER", "main"))


def url() -> str:
    """DATABASE_URL of this worker's database, for processes."""
    settings = connections["default"].settings_dict
    password = f":{settings['PASSWORD']}" if settings["PASSWORD"] else ""
    return f"postgres://{settings['USER']}{password}@{settings['HOST']}:{settings['PORT']}/{own_name()}"


def _maintenance() -> psycopg.Connection[Any]:
    settings = connections["default"].settings_dict
    return psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    )


def _drop(server: psycopg.Connection[Any], name: str) -> None:
    for _ in range(100):
        try:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        except psycopg.errors.InsufficientPrivilege:
            # The server's own vacuum is at work there, and only a superuser may stop it.
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"{name} could not be dropped")


def _point_to(name: str) -> None:
    connections["default"].close()
    connections["default"].settings_dict["NAME"] = name


def build_templates() -> None:
    """Two templates: migrations and the places of the country only, and with all reference and demo data."""
    from django.core.management import call_command

    from feedback import demo as feedback_demo
    from portal.catalogues.services import load_shipped
    from portal.operations.quick_states import direct_relations
    from ratings import demo as ratings_demo
    from ratings.slips import demo as slips_demo
    from ratings.surveys import demo as surveys_demo

    for kind, source in ((EMPTY, "template0"), (DEMO, _name(EMPTY))):
        name = _name(kind)
        with _maintenance() as server:
            _drop(server, name)
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        _point_to(name)
        if kind == EMPTY:
            with direct_relations():
                call_command("migrate", interactive=False, verbosity=0)
            # 14,000 places and their succession take seconds: loaded once, not in every test that asks for the catalogues.
            load_shipped(only=("administrative_units",))
            _without_acts()
        else:
            with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
                # Queues of petitions and statistics begin empty; the tests of the demo data load them.
                empty = [feedback_demo.STEP, ratings_demo.STEP, slips_demo.STEP, surveys_demo.STEP]
                call_command("prepare", stdout=nowhere, skip=empty)
        connections["default"].close()


def _without_acts() -> None:
    """Tests of the audit trail begin with none; only the owner of its tables can do this, with its triggers off."""
    tables = [model._meta.db_table for model in apps.get_app_config("audit").get_models()]
    with connections["default"].cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def ensure(kind: str) -> None:
    """This worker's database is a clone of that template with nothing committed since."""
    global _kind, _soiled
    if _kind != kind or _soiled:
        use_clone(kind)
        _kind, _soiled = kind, False


def soil() -> None:
    """Somebody is about to commit: the next test needs another clone."""
    global _soiled
    _soiled = True


def use_clone(kind: str) -> None:
    """Make this worker's database anew from a template and connect to it."""
    own = own_name()
    connections.close_all()
    with _maintenance() as server:
        _drop(server, own)
        server.execute(f'CREATE DATABASE "{own}" TEMPLATE "{_name(kind)}"')
    _point_to(own)
    global _generation
    _generation += 1
    from portal.crypto import forget_keys

    forget_keys()


def forget_dead_connection() -> None:
    """Close a connection to a database that has been cloned anew since. Playwright runs tests in contexts of their own, each with its
    own connection, and closing one's own does not reach theirs."""
    connection = connections["default"]
    if getattr(connection, "test_generation", _generation) != _generation:
        connection.close()
    connection.test_generation = _generation  # type: ignore[attr-defined]


def drop_own() -> None:
    """Leave nothing behind."""
    connections.close_all()
    with _maintenance() as server:
        _drop(server, own_name())
