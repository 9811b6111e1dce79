"""Import a folder of Word exports of procedures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from procedures.management.importing import ImportCommand
from procedures.services.importing import Report, import_exports


class Command(ImportCommand):
    help = "Import a folder of Word exports (.docx). Twice changes nothing; an unreadable source changes nothing."

    def run(self, path: Path, **options: Any) -> Report:
        return import_exports(path, day=options["day"], dry_run=options["dry_run"], progress=self.bar)
