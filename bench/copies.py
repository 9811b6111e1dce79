"""Copies of the benchmark's database, for what must not change it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from psycopg import sql


@contextmanager
def copied(database: str, ending: str) -> Iterator[str]:
    """A copy of a database on the same server, named after it with an ending; gives its address. Nobody may be using the original now.

    Dropped at the end, and at the beginning where a run that was killed left one behind.
    """
    parts = urlsplit(database)
    name = parts.path.lstrip("/")
    copy = f"{name}_{ending}"
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(copy))
    with psycopg.connect(parts._replace(path="/postgres").geturl(), autocommit=True) as server:
        server.execute(drop)
        try:
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(copy), sql.Identifier(name)))
            yield parts._replace(path=f"/{copy}").geturl()
        finally:
            server.execute(drop)


def tidied(database: str) -> int:
    """Vacuum and analyse, as the server does by itself in time; bytes of the database."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return int(row[0]) if row else 0
