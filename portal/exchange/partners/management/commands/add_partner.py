"""``manage.py add_partner H26 --units H26 --name "Một cửa Hà Nội"``: register a partner, print its credentials once."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal.access import SYSTEM
from portal.exchange.partners.kinds import kinds
from portal.exchange.partners.models import Call
from portal.exchange.partners.services import PartnerRefused, add_partner


class Command(BaseCommand):
    """Prints one line of JSON with ``username`` and ``password``; the password is shown this once."""

    help = "Register a system of a ministry or province that connects with the portal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="its name at the door, e.g. H26")
        parser.add_argument("--units", nargs="+", required=True, help="codes of the agencies for which, with all below, it may speak")
        parser.add_argument("--name", required=True)
        parser.add_argument("--kind", choices=list(kinds()), default="one_stop", help="what it is: decides what it may call")
        parser.add_argument("--calls", nargs="+", choices=Call.values, help="what it may call, where its kind does not say it")
        parser.add_argument("--contacts", default="")
        parser.add_argument("--calls-per-minute", type=int, default=3000)
        parser.add_argument("--test", action="store_true", help="what it sends counts nowhere and is shown to nobody")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = add_partner(
                code=options["code"],
                name=options["name"],
                units=options["units"],
                calls=options["calls"] or kinds()[options["kind"]].calls,
                contacts=options["contacts"],
                is_test=options["test"],
                calls_per_minute=options["calls_per_minute"],
                actor=SYSTEM,
                now=timezone.now(),
            )
        except PartnerRefused as refused:
            raise CommandError(refused.message) from refused
        self.stdout.write(json.dumps({"username": made.username, "password": made.password}))
