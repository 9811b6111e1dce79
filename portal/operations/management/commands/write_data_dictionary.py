"""Write the data dictionary (every table and column, meaning, personal or not, class of retention) as CSV."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from portal.operations.dictionary import as_csv


class Command(BaseCommand):
    """As the module says."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to."""
        parser.add_argument("path", nargs="?", default="", help="file; without it the standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write."""
        if options["path"]:
            Path(options["path"]).write_text(as_csv(), encoding="utf-8")
        else:
            self.stdout.write(as_csv())
