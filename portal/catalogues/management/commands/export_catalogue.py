"""Export a catalogue to a CSV or XLSX file that can be imported again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.access import SYSTEM
from portal.catalogues import services, tables
from portal.catalogues.registry import CATALOGUES


class Command(BaseCommand):
    """``manage.py export_catalogue agencies agencies.xlsx``; the ending says the kind."""

    help = "Export a shared catalogue; the file's ending (.csv or .xlsx) says the kind."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("catalogue", choices=list(CATALOGUES))
        parser.add_argument("file", type=Path)
        parser.add_argument("--everything", action="store_true", help="rows that ended too")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        kind = file.suffix.lower().removeprefix(".")
        if kind not in (tables.CSV, tables.XLSX):
            raise CommandError("the file must end in .csv or .xlsx")
        content = services.export(catalogue=CATALOGUES[options["catalogue"]], kind=kind, actor=SYSTEM, everything=options["everything"])
        try:
            file.write_bytes(content)
        except OSError as error:
            raise CommandError(f"{file.name}: {error.strerror}") from error
        self.stdout.write(f"{len(content)} bytes written to {file.name}")
