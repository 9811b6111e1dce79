"""`manage.py recount_dossiers [--check]`: count all dossiers of the country anew and put the statistics right."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ratings.services import figures


class Command(BaseCommand):
    """Counts everything from the national table; names the first count that differs."""

    help = "Count all dossiers of the country anew; with --check only say whether the statistics are right (exit code 1 where not)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """``--check``: change nothing."""
        parser.add_argument("--check", action="store_true", help="Change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        """One transaction."""
        began = time.monotonic()

        def say(line: str) -> None:
            if options["verbosity"] > 1:
                self.stdout.write(f"{time.monotonic() - began:.0f} s: {line}")

        differing, first = figures.recount(mend=not options["check"], say=say)
        if first is None:
            self.stdout.write("Every count is right.")
            return
        said = f"{differing} counts differed; the first: {first}"
        if options["check"]:
            raise CommandError(said)
        self.stdout.write(f"{said}. They are mended.")
