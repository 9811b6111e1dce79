"""Bring the national portal's snapshot of the catalogue (``/api/v1/procedures/snapshot``) into this one."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError
from django.utils import timezone

from procedures.services import snapshot
from procedures.services.records import BadRecord


class Command(BaseCommand):
    """As the module says."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where the snapshot is."""
        parser.add_argument("path", type=Path, help="A file of gzip-compressed JSON Lines.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = snapshot.load(options["path"], day=timezone.localdate())
        except (BadRecord, ValidationError, IntegrityError, EOFError, OSError, KeyError, TypeError) as error:
            raise CommandError(f"Không nhập được, không có gì thay đổi: {error}") from error
        self.stdout.write(f"thêm {report.added}, đổi {report.changed}, giữ nguyên {report.same}")
