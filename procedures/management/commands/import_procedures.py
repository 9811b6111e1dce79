"""Import the national data set of procedures (JSON lines, gzip or plain)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from procedures.management.importing import ImportCommand
from procedures.services.importing import Report, import_procedures


class Command(ImportCommand):
    help = "Import procedures from JSON lines (.jsonl or .jsonl.gz). Twice changes nothing; an unreadable source changes nothing."

    def run(self, path: Path, **options: Any) -> Report:
        return import_procedures(path, day=options["day"], dry_run=options["dry_run"], progress=self.bar)
