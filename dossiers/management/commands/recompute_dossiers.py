"""Reckon states and deadlines of dossiers anew from their events and say what differs; with ``--apply`` move deadlines, and tell people.

To be run after a release that brings new days off or swapped days (`portal/workdays/data/days.csv`), or after an agency's hours changed.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dossiers.services.recomputing import mend, recompute


class Command(BaseCommand):
    """As the module says."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which dossiers, and whether to move deadlines."""
        parser.add_argument("--unit", default="", help="only this agency's and those below it")
        parser.add_argument("--apply", action="store_true", help="move deadlines that the calendar has changed, and tell the parties")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for each dossier that differs; fails when something is left that no calendar explains."""
        after: UUID | None = None
        looked = moved = faults = waiting = 0
        while True:
            differences, number, after = recompute(after=after, unit=options["unit"])
            looked += number
            for one in differences:
                said = [*one.faults, *(f"{name}: {kept} → {value}" for name, (kept, value) in one.columns.items())]
                self.stdout.write(f"{one.code}: {'; '.join(said)}")
                faults += one.is_fault
                waiting += not one.is_fault
                if options["apply"] and not one.is_fault:
                    moved += mend(one.dossier_id, now=timezone.now())
            if after is None:
                break
        self.stdout.write(f"{looked} dossiers, {faults} with faults, {waiting} with another deadline, {moved} moved")
        if faults:
            raise CommandError("events and dossiers contradict each other")
