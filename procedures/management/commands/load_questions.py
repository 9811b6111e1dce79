"""Enter the questions and answers of a file for an agency."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal.access import SYSTEM
from procedures.questions.loading import load

SHOWN = 50


class Command(BaseCommand):
    """``manage.py load_questions questions.xlsx --unit G18 --dry-run``."""

    help = "Enter the questions and answers of a CSV or XLSX file for an agency; officers check and publish them on the desk."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="with the columns: câu hỏi, trả lời; if there: lĩnh vực, thủ tục, sự kiện, cách hỏi khác, nguồn")
        parser.add_argument("--unit", required=True, help="code of the agency that answers, for example G18")
        parser.add_argument("--dry-run", action="store_true", help="only say what would come of it")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        unit, dry_run = options["unit"], options["dry_run"]
        report = load(actor=SYSTEM, unit_code=unit, name=path.name, content=content, now=timezone.now(), dry_run=dry_run)
        if report.refused:
            raise CommandError(report.refused)
        for problem in report.problems[:SHOWN]:
            self.stdout.write(f"row {problem.row}, {problem.column or 'row'}: {problem.reason}")
        self.stdout.write(
            f"{report.rows} rows: {report.added} added, {report.changed} changed, {report.unchanged} as they were, "
            f"{report.merged} merged, {report.bad_rows} refused"
        )
