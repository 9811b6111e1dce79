"""What the import commands share: arguments, a progress bar, the report at the end."""

from __future__ import annotations

import argparse
import datetime as dt
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from procedures.services.importing import Report, Unreadable


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("a day is written YYYY-MM-DD") from error


class ImportCommand(BaseCommand):
    """Base of the import commands; each says what it imports in ``run``."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="Do everything, write nothing, show the report.")
        parser.add_argument("--day", type=_day, help="YYYY-MM-DD: the day the source speaks of, where it names none itself; default today.")
        parser.add_argument("--report", type=Path, metavar="FILE", help="Write the whole report as JSON.")

    def run(self, path: Path, **options: Any) -> Report:
        """Import and report."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self.run(**options)
        except Unreadable as error:
            raise CommandError(f"Nguồn không đọc được đến hết, không có gì thay đổi: {error}") from error
        finally:
            self._end_bar()
        if options["report"]:
            options["report"].write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        for line in report.lines():
            self.stdout.write(line)

    _shown = ""

    def bar(self, what: str, share: float) -> None:
        """A progress bar on a terminal; nothing in a log."""
        if not self.stderr.isatty():
            return
        width = 40
        text = f"{what:<5} [{'#' * round(share * width):<{width}}] {share:4.0%}"
        if text != self._shown:
            self._shown = text
            self.stderr.write("\r" + text, ending="")
            self.stderr.flush()

    def _end_bar(self) -> None:
        if self._shown:
            self.stderr.write("")
