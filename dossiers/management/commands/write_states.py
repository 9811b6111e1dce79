"""Write docs/states.md from the table of transitions; with ``--check`` only say whether it is up to date."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dossiers import states_page


class Command(BaseCommand):
    """As the module says."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether to write."""
        parser.add_argument("--check", action="store_true", help="write nothing; fail where the page differs from the table")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write, or compare."""
        wanted, path = states_page.written(), states_page.path()
        if not options["check"]:
            path.write_text(wanted, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != wanted:
            raise CommandError(f"{states_page.PAGE} differs from the table: manage.py write_states")
