"""``manage.py take_dossiers H26 FILE``: what a partner's system reports, from a file."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dossiers.exchange import intake
from dossiers.exchange.reading import read_modern, read_modern_step, read_standard, read_standard_step
from portal.exchange.partners.models import Partner


class Command(BaseCommand):
    """Good rows go in, a thousand at a time; bad ones are told by number. Again changes nothing twice."""

    help = "Take dossiers that a partner reports from a file: CSV (heading = field names) or JSON Lines, as either door has them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("partner")
        parser.add_argument("file", help="ending in .csv or .jsonl; a row with MaHoSo is of the national format, others of the API")
        parser.add_argument("--steps", action="store_true", help="the rows are steps, not dossiers")

    def handle(self, *args: Any, **options: Any) -> None:
        partner = Partner.objects.filter(pk=options["partner"]).first()
        if partner is None:
            raise CommandError("no such partner")
        if partner.suspended_at is not None:
            raise CommandError("the partner is suspended")
        rows = _rows(Path(options["file"]))
        counts: Counter[str] = Counter()
        number = 0
        while some := list(islice(rows, intake.MOST_ROWS)):
            answers = self._taken(partner, [row for _, row in some], steps=options["steps"])
            for (number, _), answer in zip(some, answers, strict=True):
                counts[answer.outcome] += 1
                for problem in answer.problems:
                    self.stdout.write(f"dòng {number}: {answer.code or '–'}: {problem.field or '–'}: {problem.code}: {problem.words}")
        self.stdout.write(json.dumps(dict(sorted(counts.items()))))
        if counts[intake.REFUSED]:
            sys.exit(1)

    def _taken(self, partner: Partner, rows: list[Any], *, steps: bool) -> list[intake.Answer]:
        found, found_steps = intake.take(
            partner,
            rows=[] if steps else rows,
            steps=rows if steps else [],
            row_reader=_read,
            step_reader=_read_step,
            now=timezone.now(),
        )
        return found_steps if steps else found


def _read(row: Any, **about: Any) -> Any:
    return (read_standard if isinstance(row, dict) and "MaHoSo" in row else read_modern)(row, **about)


def _read_step(row: Any, **about: Any) -> Any:
    return (read_standard_step if isinstance(row, dict) and "MaHoSo" in row else read_modern_step)(row, **about)


def _rows(path: Path) -> Iterator[tuple[int, Any]]:
    """Rows with their line numbers; what cannot be read is None, and refused like another bad row."""
    if not path.is_file():
        raise CommandError(f"no file {path}")
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            for row in reader:
                yield reader.line_num, {name: _cell(value) for name, value in row.items() if name and value}
    elif path.suffix == ".jsonl":
        with path.open(encoding="utf-8-sig") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield number, _json(line)
    else:
        raise CommandError("the file ends in .csv or .jsonl")


def _cell(value: Any) -> Any:
    """A cell; one that begins like a list (``supplements``) is JSON."""
    return _json(value) if isinstance(value, str) and value.startswith(("[", "{")) else value


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
