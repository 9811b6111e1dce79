"""Let the outbox go on that a restore holds."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.outbox import holding


class Command(BaseCommand):
    """``manage.py release_outbox --check`` says what waits; ``--sent KIND`` what is known to have gone out; without both all of it goes."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Only say what waits.")
        parser.add_argument("--sent", action="append", default=[], metavar="KIND", help="Older messages of this kind went out.")

    def handle(self, *args: Any, **options: Any) -> None:
        found = holding.held()
        if found is None:
            self.stdout.write("Nothing holds the outbox.")
            return
        for row in holding.waiting():
            self.stdout.write(f"{row.kind}: {row.older} from before {found.restored_to.isoformat()}, {row.newer} since")
        if options["check"]:
            return
        try:
            done = holding.release(sent=frozenset(options["sent"]))
        except ValueError as error:
            raise CommandError(f"{error}.") from None
        for kind, count in done.items():
            self.stdout.write(f"{kind}: {count} not sent again")
        self.stdout.write("The outbox goes on.")
