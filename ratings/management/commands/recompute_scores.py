"""`manage.py recompute_scores --year Y [--edition N]`: a kept year computed again from its kept counts and criteria."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ratings.models import FrozenYear
from ratings.score.freezing import recomputed


class Command(BaseCommand):
    """Says equal, or names the first difference (exit code 1)."""

    help = "Compute the result of a frozen year again from what was kept with it, by the rules of today; name the first difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """``--year``, ``--edition`` (all that were frozen)."""
        parser.add_argument("--year", type=int, required=True)
        parser.add_argument("--edition", type=int, help="One edition alone.")

    def handle(self, *args: Any, **options: Any) -> None:
        """An edition after the other."""
        rows = FrozenYear.objects.filter(year=options["year"]).exclude(state=FrozenYear.OPEN).select_related("json_file")
        if options["edition"]:
            rows = rows.filter(edition=options["edition"])
        found = list(rows.order_by("edition"))
        if not found:
            raise CommandError(f"Nothing of {options['year']} is frozen.")
        for row in found:
            difference = recomputed(row)
            if difference:
                raise CommandError(f"{row.year}, edition {row.edition}: {difference}")
            self.stdout.write(f"{row.year}, edition {row.edition}: {row.summary['agencies']} results are what the kept counts give.")
