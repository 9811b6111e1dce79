"""Land the results of dossiers that ended before there was a store; see docs/operations.md."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from dossiers.store.landing import fill


class Command(BaseCommand):
    """Slice by slice: whoever is stopped loses nothing, and a second run finds what is missing alone."""

    help = "Put results, and papers handed in with them, of dossiers that ended earlier into the document stores of their owners."

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry it out and say how many papers landed."""
        landed, place = 0, None
        while True:
            number, place = fill(now=timezone.now(), after=place)
            landed += number
            if place is None:
                break
        self.stdout.write(f"{landed} papers landed")
