"""What partners report is taken in: good rows go into the national table while bad ones are answered with their reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from dossiers.exchange.reading import Problem, Reading
from dossiers.services.national import Report, Step, take_reports, take_steps
from portal.caching import Remembered
from portal.exchange.partners import services as partners
from portal.exchange.partners.models import Partner
from procedures import queries as procedures

MOST_ROWS = 1000
"""Of one call, dossiers and steps together."""
TAKEN, REFUSED = "taken", "refused"
_procedures = Remembered("procedures")


@dataclass(frozen=True)
class Answer:
    """What became of one row: ``new``, ``changed``, ``same``, ``older``, ``exists`` (asked for as new), ``taken`` (a step), ``refused``."""

    code: str
    outcome: str
    problems: Sequence[Problem] = field(default=())


Reader = Callable[..., Reading]


@transaction.atomic
def take(
    partner: Partner,
    *,
    rows: Sequence[Any] = (),
    steps: Sequence[Any] = (),
    row_reader: Reader,
    step_reader: Reader,
    now: datetime,
    only_new: bool = False,
) -> tuple[list[Answer], list[Answer]]:
    """Take one call's rows and steps in one transaction; the answers in the order of what was sent.

    Sent again after whatever went wrong, nothing happens twice. ``only_new``: a dossier that is there already is left as it is.
    """
    refused: Counter[str] = Counter()
    readings = [row_reader(row, units=partner.units, now=now) for row in rows]
    reports = [_filled(reading.said) for reading in readings if isinstance(reading.said, Report)]
    outcomes = iter(take_reports(reports, source=partner.code, now=now, is_test=partner.is_test, only_new=only_new))
    answers = []
    for reading in readings:
        outcome = next(outcomes) if reading.said is not None else REFUSED
        problems = [Problem("", "foreign")] if outcome == "foreign" else reading.problems
        answers.append(Answer(_sayable(reading.code), REFUSED if problems else outcome, problems))
    step_readings = [step_reader(step, units=partner.units, now=now) for step in steps]
    take_steps([reading.said for reading in step_readings if isinstance(reading.said, Step)], source=partner.code)
    step_answers = [
        Answer(_sayable(reading.code), REFUSED if reading.said is None else TAKEN, reading.problems) for reading in step_readings
    ]
    for answer in (*answers, *step_answers):
        if answer.outcome == REFUSED:
            refused[answer.problems[0].code] += 1
    partners.note_call(partner, now=now, rows_in=len(answers) + len(step_answers) - refused.total(), refused=refused)
    return answers, step_answers


def _filled(report: Report) -> Report:
    """With what the standard does not say and the catalogue knows: level of the online service, field."""
    level, field_code = _of_procedure(report.values["procedure_code"])
    report.values["service_level"] = report.values["service_level"] or level
    report.values["field_code"] = report.values["field_code"] or field_code
    return report


def _of_procedure(code: str) -> tuple[str, str]:
    known = _procedures.values()
    if not known:
        versions = procedures.in_force(timezone.localdate()).annotate(online_level=procedures.online_level())
        rows = versions.values_list("procedure__code", "online_level", "field_code")
        known.update({found: (level or "", str(field_code or "")[:80]) for found, level, field_code in rows})
        known.setdefault("", ("", ""))
    found: tuple[str, str] = known.get(code, ("", ""))
    return found


def _sayable(code: str) -> str:
    """The code as it may be repeated in an answer."""
    return code[:60] if code.isprintable() else ""
