"""``manage.py rotate_field_keys``: after a new master key was put first in FIELD_KEYS, wrap all subject keys with it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.crypto import keyring, services


class Command(BaseCommand):
    help = "Wrap every subject key with the newest key of FIELD_KEYS. Can be stopped and started again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=500, help="keys per transaction")

    def handle(self, *args: Any, **options: Any) -> None:
        total = 0
        while count := services.rewrap(limit=options["batch"]):
            total += count
        self.stdout.write(f"{total} keys wrapped anew; all are now wrapped by {keyring.newest()}.")
        self.stdout.write("Short sealed texts need the older keys for as long as they live.")
