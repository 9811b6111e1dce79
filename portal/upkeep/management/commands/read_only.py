"""``manage.py read_only on --reason "…" [--minutes 30]``, ``off``, or nothing: what it is now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal.access import SYSTEM
from portal.upkeep import known, services


class Command(BaseCommand):
    """Switch the read-only mode; every web process knows within two seconds."""

    help = "Let the portal only be read (on), or take things in again (off); without a word it says which it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("turn", nargs="?", choices=("on", "off"))
        parser.add_argument("--reason", default="")
        parser.add_argument("--minutes", type=int, help="after how many it is expected to end")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            if options["turn"] == "on":
                until = now + timedelta(minutes=options["minutes"]) if options["minutes"] else None
                services.switch_on(actor=SYSTEM, reason=options["reason"], until=until, now=now)
            elif options["turn"] == "off":
                services.switch_off(actor=SYSTEM, now=now)
        except services.UpkeepRefused as refused:
            raise CommandError(str(refused)) from refused
        found = known.load()
        known.hold(found)
        until = known.only_read_until(timezone.now())
        self.stdout.write("reads and writes" if until is None else f"only read, expected until {known.said(until)}")
