"""Import the national list of procedures in force (CSV)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from procedures.management.importing import ImportCommand
from procedures.services.importing import Report, import_national_list
from procedures.services.importing.national import MOST_ENDED


class Command(ImportCommand):
    help = "Import the national list (.csv): a code not in it is marked out of force. Twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--most-ended",
            type=int,
            default=MOST_ENDED,
            metavar="PERCENT",
            help="Refuse a list that ends more than this share of what is in force (default %(default)s).",
        )

    def run(self, path: Path, **options: Any) -> Report:
        return import_national_list(
            path, day=options["day"], most_ended=options["most_ended"], dry_run=options["dry_run"], progress=self.bar
        )
