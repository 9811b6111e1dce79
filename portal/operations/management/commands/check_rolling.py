"""``manage.py check_rolling``: may machines be renewed one by one, or must the portal stop for this release?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.operations.rolling import Unsaid, pending


class Command(BaseCommand):
    help = "Says of each migration that waits whether the release before can live with it; ends with 1 where one cannot."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run with the new release's image against the database as it is, before anything is migrated."""
        stops = 0
        try:
            for migration, verdict in pending():
                stops += not verdict.lives
                self.stdout.write(f"{'lives' if verdict.lives else 'STOP '} {migration.app_label} {migration.name}: {verdict.why}")
        except Unsaid as error:
            raise CommandError(str(error)) from error
        if stops:
            raise CommandError(
                f"{stops} of them the release before cannot live with: stop web, workers and beat, migrate, start the new release. "
                "Taking the release back then means migrating back, or restoring to the moment before."
            )
        self.stdout.write("Machines may be renewed one by one, and the release may be taken back without touching the database.")
