"""``manage.py report_assurance``: how surely the owners of accounts are known, and that none is below medium (Rules art. 9.4)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.registration import queries
from portal.access import Assurance


class Command(BaseCommand):
    help = "Accounts by identity assurance and what proved it. Ends with an error where one is below medium."

    def handle(self, *args: Any, **options: Any) -> None:
        total = 0
        for row in queries.levels():
            self.stdout.write(f"{Assurance(row.level).name.lower():8} {row.proved_by:14} {row.number:>10}")
            total += row.number
        below = queries.below_medium()
        self.stdout.write(f"{total} accounts; below medium: {below}")
        if below:
            raise CommandError(f"{below} accounts are below medium identity assurance")
