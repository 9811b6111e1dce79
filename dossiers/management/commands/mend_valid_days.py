"""Note until when results hold that were decided before that was kept; see docs/operations.md."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from dossiers.services.results import mend_valid_days


class Command(BaseCommand):
    """Slice by slice: whoever is stopped loses nothing, and a second run changes nothing."""

    help = "Note the last day of results that expire and were decided before that day was kept."

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry it out and say how many rows got their day."""
        changed, place = 0, 0
        while True:
            number, following = mend_valid_days(after=place)
            changed += number
            if following is None:
                break
            place = following
        self.stdout.write(f"{changed} results got their last day")
