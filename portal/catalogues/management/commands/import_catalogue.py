"""Import a catalogue from a CSV or XLSX file: good rows together, bad rows reported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.access import SYSTEM
from portal.catalogues import services, tables
from portal.catalogues.registry import CATALOGUES


class Command(BaseCommand):
    """``manage.py import_catalogue agencies agencies.xlsx --dry-run``."""

    help = (
        "Import a shared catalogue from CSV or XLSX. A file unreadable to its end changes nothing; of another the good rows go in together."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("catalogue", choices=list(CATALOGUES))
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="check and report, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        catalogue, file = CATALOGUES[options["catalogue"]], options["file"]
        try:
            if file.stat().st_size > tables.MAX_BYTES:
                raise CommandError(f"{file.name}: more than {tables.MAX_BYTES} bytes")
            content = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file.name}: {error.strerror}") from error
        act = services.check if options["dry_run"] else services.import_table
        report = act(catalogue=catalogue, name=file.name, content=content, actor=SYSTEM)
        if report.refused:
            raise CommandError(f"{file.name}: {report.refused} Nothing was written.")
        for problem in report.problems:
            self.stdout.write(f"row {problem.row}: {problem.column or '-'}: {problem.reason} [{problem.value}]")
        done = "would be" if options["dry_run"] else "were"
        self.stdout.write(
            f"{report.rows} rows: {report.added} {done} added, {report.amended} amended, {report.ended} ended, "
            f"{report.unchanged} unchanged, {report.bad_rows} refused"
        )
