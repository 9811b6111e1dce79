"""Make the hand-over package of what is committed: source, recipe of images, SBOM, data dictionary, checksums, signature."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.operations import release


class Command(BaseCommand):
    """As the module says."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to, by which key."""
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--key", default="", help="PEM file of the Ed25519 private key that signs the checksums; empty: none, and that is said"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it."""
        key = Path(options["key"]) if options["key"] else None
        try:
            made = release.make(Path(settings.BASE_DIR), options["folder"], key=key)
        except release.ReleaseRefused as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"{made}{'' if key else ' (not signed: no RELEASE_KEY)'}")
