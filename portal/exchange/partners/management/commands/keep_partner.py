"""``manage.py keep_partner H26 --key sig sign.pub.pem --line http https://motcua.example/portal``: a partner's keys and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal.access import SYSTEM
from portal.exchange.partners import register
from portal.exchange.partners.services import PartnerRefused


class Command(BaseCommand):
    """Prints one line for each thing that was registered."""

    help = "Register keys, certificates and the line of a partner."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code")
        parser.add_argument("--key", nargs=2, action="append", default=[], metavar=("USE", "FILE"), help="sig, enc or tls; JWK or PEM")
        parser.add_argument(
            "--line", nargs=2, metavar=("CARRIER", "ADDRESS"), help='http, ndxp or edoc, and the partner\'s door (edoc: "")'
        )
        parser.add_argument("--member", default="", help="how the national axis calls it")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            for use, file in options["key"]:
                made = register.add_key(code=options["code"], use=use, text=Path(file).read_text(encoding="utf-8"), actor=SYSTEM, now=now)
                self.stdout.write(f"{made.use} {made.kid}")
            if options["line"]:
                carrier, address = options["line"]
                line = register.change_line(
                    code=options["code"], carrier=carrier, address=address, member=options["member"], actor=SYSTEM, now=now
                )
                self.stdout.write(f"{line.carrier} {line.address} {line.effective_from.isoformat()}")
        except (PartnerRefused, OSError) as refused:
            raise CommandError(str(refused)) from refused
