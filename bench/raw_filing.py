"""What a filing must at least do, as plain SQL and plain files: the baseline of `bench.filing`. Same requests, same bytes, as durable."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

TABLES = (
    "CREATE TABLE raw_draft (id uuid PRIMARY KEY, party uuid NOT NULL, answers jsonb NOT NULL, changed timestamptz NOT NULL DEFAULT now())",
    "CREATE TABLE raw_paper (id uuid PRIMARY KEY, draft uuid NOT NULL, name text NOT NULL, size integer NOT NULL)",
    "CREATE INDEX ON raw_paper (draft)",
    "CREATE TABLE raw_dossier (id uuid PRIMARY KEY, code bigserial UNIQUE, party uuid NOT NULL, answers jsonb NOT NULL,"
    " sent timestamptz NOT NULL DEFAULT now())",
)


def _folder() -> Path:
    folder = Path(os.environ["VAR"]) / "raw"
    folder.mkdir(exist_ok=True)
    return folder


@csrf_exempt
def start(request: HttpRequest) -> HttpResponse:
    """A draft with its first answers."""
    draft = uuid.uuid4()
    with connection.cursor() as cursor:
        values = [draft, uuid.uuid4(), json.dumps(request.POST.dict())]
        cursor.execute("INSERT INTO raw_draft (id, party, answers) VALUES (%s, %s, %s)", values)
    return HttpResponse(str(draft))


@csrf_exempt
def save(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """All answers."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE raw_draft SET answers = %s, changed = now() WHERE id = %s", [json.dumps(request.POST.dict()), draft])
    return HttpResponse(status=204)


@csrf_exempt
def upload(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """One file, flushed to the disk before its row."""
    given = request.FILES["file"]
    paper, size = uuid.uuid4(), 0
    with (_folder() / str(paper)).open("wb") as file:
        for chunk in given.chunks():
            size += file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    with connection.cursor() as cursor:
        values = [paper, draft, given.name, size]
        cursor.execute("INSERT INTO raw_paper (id, draft, name, size) VALUES (%s, %s, %s, %s)", values)
    return HttpResponse(status=204)


@csrf_exempt
def submit(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """The draft becomes a dossier with a number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS (DELETE FROM raw_draft WHERE id = %s RETURNING id, party, answers)"
            " INSERT INTO raw_dossier (id, party, answers) SELECT id, party, answers FROM gone RETURNING code",
            [draft],
        )
        row = cursor.fetchone()
    return HttpResponse(str(row[0]) if row else "", status=200 if row else 404)
