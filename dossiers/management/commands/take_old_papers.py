"""Take a folder of scans with its table as batches of old papers; see docs/operations.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.officers.acting import acting_again
from dossiers.digitising import packed, taking
from dossiers.digitising.rights import OldRefused
from dossiers.models import IssuerLevel
from portal.access import Actor, Assurance
from portal.access.rules import AccessDenied


class Command(BaseCommand):
    """For more scans than a browser sends. Stopped in between and started again, it goes on where it was: nothing is taken twice."""

    help = "Take a folder of scans with a table (CSV, XLSX) as batches of old papers."

    def add_arguments(self, parser: CommandParser) -> None:
        """What, of which level, in whose name."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--kind", required=True, help="code or name of the kind of paper in the shared catalogue")
        parser.add_argument("--level", required=True, choices=IssuerLevel.values, help="the level of administration that issued the papers")
        parser.add_argument("--position", required=True, type=UUID, help="position of the officer who answers for what was typed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry it out and say of each batch how many rows it has."""
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"no folder: {folder}")
        actor = _actor(options["position"])
        try:
            given = packed.of_folder(folder)
            if not given.has_table:
                raise CommandError("no table (CSV, XLSX) in the folder")
            batches = taking.begin(actor=actor, kind=options["kind"], level=options["level"], given=given, now=timezone.now())
        except OldRefused as refused:
            raise CommandError(refused.message) from refused
        except AccessDenied as denied:
            raise CommandError("this position may not digitise old papers") from denied
        for batch in batches:
            states = taking.counts(batch)
            self.stdout.write(f"{batch.pk}: {states.total()} rows, {states['bad']} of them bad so far")


def _actor(position_id: UUID) -> Actor:
    found = acting_again(position_id=position_id, in_place_of=None, assurance=Assurance.MEDIUM, now=timezone.now())
    if found is None:
        raise CommandError("nobody holds this position")
    return found
