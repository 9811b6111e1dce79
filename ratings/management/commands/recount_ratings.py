"""``manage.py recount_ratings``: throw the counts of rating slips away and count every answer anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from ratings.slips.counting import recount


class Command(BaseCommand):
    """Count ratings anew."""

    help = "Count the answers of rating slips anew, in one transaction."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; say how many answers there are."""
        self.stdout.write(f"{recount(self.stdout.write)} answers counted")
