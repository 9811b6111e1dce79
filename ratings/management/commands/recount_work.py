"""Throw the counts of work on the desk away and count every event anew; readers see the old counts until it is done."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from ratings.work import counting


class Command(BaseCommand):
    """As the module says."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        """One line at the end: how many."""
        counted = counting.recount(self.stdout.write)
        self.stdout.write(f"{counted} events counted")
