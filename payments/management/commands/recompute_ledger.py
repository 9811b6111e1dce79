"""Make every balance again from the postings and compare."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from payments import services


class Command(BaseCommand):
    """See ``help``."""

    help = "Recompute every day's balances from the postings, look at entries, collections and paid orders. Exit code 1 with differences."

    def handle(self, *args: Any, **options: Any) -> None:
        found = services.recompute()
        for one in found:
            kept = f": kept {one.kept}, made {one.made}" if one.kept or one.made else ""
            self.stderr.write(f"{one.what}{kept}")
        if found:
            sys.exit(1)
        self.stdout.write("the ledger agrees with itself to the đồng")
