"""Fill the desk of the demo ward with made-up dossiers, to see how a busy unit works; see docs/operations.md."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dossiers.desk_pages.demo import UNIT, fill


class Command(BaseCommand):
    """Where simulators are allowed only: nothing made up ever stands among real dossiers."""

    help = f"Make dossiers of {UNIT} for a demonstration, some late, some new."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many."""
        parser.add_argument("--dossiers", type=int, default=500)

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry it out and say how many there are."""
        if not getattr(settings, "SIMULATORS_ALLOWED", False):
            raise CommandError("only where simulators are allowed")
        self.stdout.write(f"{UNIT}: {fill(number=options['dossiers'], now=timezone.now())} dossiers")
