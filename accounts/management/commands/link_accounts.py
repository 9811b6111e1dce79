"""``manage.py link_accounts CLIENT_ID FILE``: put the accounts that a system has before the people they are said to be (A-18)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.linking import files
from accounts.models import AccountFile
from portal.access import SYSTEM
from portal.catalogues import tables


class Command(BaseCommand):
    """Reads the list to its end and prints one line of JSON: ``file``, ``rows`` and how many came to what. Stopped, it goes on then."""

    help = "Offer the accounts in a CSV, XLSX or JSON list to their people; nothing is linked before they agree."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", type=UUID, help="client_id of the system")
        parser.add_argument("file", type=Path, help=f"columns {files.NUMBER[0]} and {files.ACCOUNT[0]}")
        parser.add_argument("--report", type=Path, help="write what became of each row here (CSV)")

    def handle(self, *args: Any, **options: Any) -> None:
        path, now = options["file"], timezone.now()
        try:
            row = files.take(client_id=options["client"], name=path.name, content=path.read_bytes(), actor=SYSTEM, now=now, at_once=False)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        except files.FileRefused as refused:
            raise CommandError(refused.message) from refused
        while not files.go_on(file_id=row.pk, now=timezone.now(), seconds=30.0):
            pass
        row = AccountFile.objects.get(pk=row.pk)
        if options["report"]:
            options["report"].write_bytes(tables.write(tables.CSV, files.HEADER, files.lines(row)))
        self.stdout.write(json.dumps({"file": str(row.pk), "rows": row.rows, **files.counts(row)}))
