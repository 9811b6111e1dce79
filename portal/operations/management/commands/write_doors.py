"""Write docs/doors.md; with ``--check`` only say whether it is up to date and no door is missing."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.operations import doors


class Command(BaseCommand):
    """As the module says."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether to write."""
        parser.add_argument("--check", action="store_true", help="write nothing; fail where the page is old or a door is missing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write, or compare."""
        if problems := doors.missing():
            raise CommandError("\n".join(problems))
        if not options["check"]:
            doors.path().write_text(doors.written(), encoding="utf-8")
        elif not doors.path().exists() or doors.path().read_text(encoding="utf-8") != doors.written():
            raise CommandError(f"{doors.PAGE} is old: manage.py write_doors")
