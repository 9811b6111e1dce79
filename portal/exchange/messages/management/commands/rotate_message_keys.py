"""``manage.py rotate_message_keys [--at-once]``: other keys by which the portal signs and to which partners seal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from portal.exchange.messages import keys


class Command(BaseCommand):
    """Prints the names of the new keys."""

    help = "Replace the portal's keys of messages. What was sealed to the old ones is opened for a week; --at-once: no longer (stolen)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--at-once", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        for name in keys.rotate(now=timezone.now(), at_once=options["at_once"]):
            self.stdout.write(name)
