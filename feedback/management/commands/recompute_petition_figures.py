"""Count the figures of petitions anew and put right what differs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from feedback.services import figures


class Command(BaseCommand):
    help = "Count the figures of petitions anew, an agency at a time, and mend what differs. With --check nothing is changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="say what differs, change nothing; fails where anything does")

    def handle(self, *args: Any, **options: Any) -> None:
        differing = 0
        for agency in [*figures.agencies(), ""]:
            found = figures.check(agency, mend=not options["check"])
            if found:
                self.stdout.write(f"{agency or 'cả nước'}: {found}")
            differing += found
        if options["check"] and differing:
            raise CommandError(f"{differing} figures differ from the petitions")
        self.stdout.write(f"{differing} figures differed")
