"""``manage.py rotate_sign_on_keys``: the keys of single sign-on a step on; ``--at-once`` when the signing key may be known to others."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from accounts.provider.keys import rotate


class Command(BaseCommand):
    """What every night does by itself, and what an accident needs at once."""

    help = "Rotate the keys that sign ID tokens."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--at-once", action="store_true", help="another key signs now; what the old one signed holds no longer")

    def handle(self, *args: Any, **options: Any) -> None:
        for line in rotate(now=timezone.now(), at_once=options["at_once"]) or ["nothing is due"]:
            self.stdout.write(line)
