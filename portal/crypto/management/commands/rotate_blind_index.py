"""``manage.py rotate_blind_index``: bring every blind index under the cover that stands first in BLIND_INDEX_COVERS, then look for more."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.crypto import blind, rotation
from portal.crypto.errors import KeyMissing

PASSES = 5
"""A process that still has the settings of before writes the cover of before; after so many rounds it is one that nobody restarted."""


class Command(BaseCommand):
    help = "Cover every blind index with the first key of BLIND_INDEX_COVERS. Can be stopped and started again, beside running work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=1000, help="rows per transaction")
        parser.add_argument("--check", action="store_true", help="change nothing, say what stands under another cover")

    def handle(self, *args: Any, **options: Any) -> None:
        columns = rotation.columns()
        if not options["check"]:
            for column in columns:
                self._rotate(column, options["batch"])
        found = {str(column): number for column in columns if (number := rotation.left(column))}
        if found:
            raise CommandError("Under another cover: " + ", ".join(f"{name} {number}" for name, number in found.items()))
        self.stdout.write(f"All {len(columns)} columns stand under {blind.written()!r}; no other cover is needed in BLIND_INDEX_COVERS.")

    def _rotate(self, column: rotation.Column, batch: int) -> None:
        for _ in range(PASSES):
            try:
                done = rotation.rotate(column, batch=batch)
            except KeyMissing as missing:
                raise CommandError(f"{column}: {missing}") from None
            if done.written:
                self.stdout.write(f"{column}: {done.written}")
            if done.twice or done.unreadable:
                self.stderr.write(f"{column}: {done.twice} of a value that another row has, {done.unreadable} that are no index")
                return
            if not done.written or not rotation.left(column):
                return
