"""`manage.py count_scores [--year 2026]`: count the score anew, and its tally where the register is asked."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ratings.score import counting, folding
from ratings.score.frozen import is_frozen


class Command(BaseCommand):
    """Counts what may change: periods that run and closed ones of years that are not frozen."""

    help = "Count the score anew; --recount counts its tally from the dossiers first, --check only says whether the tally is right."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One year or all; the tally as it is kept or counted anew."""
        parser.add_argument("--year", type=int, help="Only the periods of this year.")
        parser.add_argument("--recount", action="store_true", help="Count the tally from the dossiers first and mend it.")
        parser.add_argument("--check", action="store_true", help="Change nothing; exit code 1 where the tally differs from the dossiers.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Each period in a transaction of its own."""
        year = options["year"]
        if year is not None and not 2000 <= year <= 2099:
            raise CommandError("The year is one from 2000 to 2099.")
        if options["check"] or options["recount"]:
            differing, first = folding.recount(mend=not options["check"])
            said = "Every count is right." if first is None else f"{differing} counts differed; the first: {first}"
            if options["check"]:
                if first is not None:
                    raise CommandError(said)
                self.stdout.write(said)
                return
            self.stdout.write(said)
        if year is not None and is_frozen(year):
            raise CommandError(f"The year {year} is frozen: its figures stand.")
        self.stdout.write(f"{counting.count_all(now=timezone.now(), year=year)} counts changed.")
