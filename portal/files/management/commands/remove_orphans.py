"""``manage.py remove_orphans``: delete encrypted files on disk that no row knows."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.files import services


class Command(BaseCommand):
    help = "Delete files under FILES_ROOT without a living row (rolled-back uploads, erased files)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--older-than", type=float, default=services.ORPHAN_SECONDS, metavar="SECONDS")

    def handle(self, *args: Any, **options: Any) -> None:
        removed, _ = services.remove_orphans(older_than_seconds=options["older_than"])
        self.stdout.write(f"{removed} orphans removed.")
