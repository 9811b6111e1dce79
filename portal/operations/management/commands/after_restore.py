"""Put right what a database that was brought back from an earlier moment does not know. Before web and workers start."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.operations.restoring import after_restore


class Command(BaseCommand):
    """``manage.py after_restore --to 2026-12-01T14:05:00+07:00``: erasures are repeated, numbers jump ahead, the outbox waits."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", required=True, metavar="MOMENT", help="The moment that was restored, ISO 8601 with its zone.")
        parser.add_argument("--ledger", type=Path, help="The ledger of erasures, where it is not that of ERASURE_LEDGER.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            moment = datetime.fromisoformat(options["to"])
        except ValueError:
            raise CommandError("--to is no moment: give it as 2026-12-01T14:05:00+07:00.") from None
        now = datetime.now(UTC)
        if moment.tzinfo is None:
            raise CommandError("--to has no zone: give it as 2026-12-01T14:05:00+07:00.")
        if moment > now:
            raise CommandError("--to lies in the future.")
        if options["ledger"] and not options["ledger"].exists():
            raise CommandError(f"There is no ledger {options['ledger']}.")
        try:
            for line in after_restore(restored_to=moment, now=now, ledger_file=options["ledger"]):
                self.stdout.write(line)
        except ValueError as error:
            raise CommandError(f"{error}. Nothing was changed.") from None
        self.stdout.write("Start the portal, see what waits (`manage.py release_outbox --check`), let it go (`manage.py release_outbox`).")
