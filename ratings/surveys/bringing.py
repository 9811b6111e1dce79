"""Answers that were given on another platform (a file of VNForm's results), brought row by row."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.access import Actor
from portal.catalogues import tables
from ratings.models import SurveyResponse
from ratings.models.surveys import SurveyState
from ratings.surveys.rules import questions_of, read_answers
from ratings.surveys.services import MAX_BYTES, SurveyRefused, keep, lock, note

MAX_ROWS = 20_000
"""Of a file with answers."""
MAX_PROBLEMS = 200
OUTSIDE_ID, OUTSIDE_DAY = "ma", "ngay"
"""Columns of a file with answers, beside the keys of the questions."""


@dataclass
class Brought:
    """What came of a file with answers."""

    kept: int = 0
    known: int = 0
    """Rows whose number was brought before."""
    problems: list[tuple[int, str]] = field(default_factory=list)
    """Number of the row in the file, and what is wrong with it."""
    wrong: int = 0
    """How many rows were wrong, also those beyond what is listed."""


@transaction.atomic
def bring_answers(*, actor: Actor, survey_id: UUID, name: str, content: bytes, now: dt.datetime) -> Brought:
    """Take answers that were given on another platform (a file of VNForm's results): good rows go in, bad ones are named.

    CSV, XLSX or JSON (a list of objects). Columns: ``ma`` (its number there), ``ngay``, and the keys of the questions. A number that was
    brought before changes nothing, so that a file may be sent again.
    """
    survey = lock(actor, survey_id)
    if survey.state == SurveyState.DRAFT or survey.results is not None:
        raise SurveyRefused("Chỉ nhập trả lời khi khảo sát đã mở và kết quả chưa công bố.")
    questions = questions_of(survey.questions)
    rows = _rows(name, content)
    known = set(SurveyResponse.objects.filter(survey=survey).exclude(outside_id=None).values_list("outside_id", flat=True))
    found = Brought()
    for number, row in rows:
        outside_id = str(row.get(OUTSIDE_ID) or "").strip()
        said, wrong = read_answers(questions, row)
        why = [f"{key}: {words}" for key, words in wrong.items()]
        day = _day(row.get(OUTSIDE_DAY))
        if not outside_id or len(outside_id) > 80:
            why.insert(0, f"{OUTSIDE_ID}: cần mã, nhiều nhất 80 ký tự")
        if day is None or day > timezone.localdate(now) or day.year < 2000:
            why.insert(0, f"{OUTSIDE_DAY}: cần ngày đã qua, viết 31/12/2026 hoặc 2026-12-31")
        if any("\0" in str(value) for value in row.values()):
            why.append("có ký tự không đọc được")
        if why or day is None:
            found.wrong += 1
            if len(found.problems) < MAX_PROBLEMS:
                found.problems.append((number, "; ".join(why)))
        elif outside_id in known:
            found.known += 1
        else:
            known.add(outside_id)
            keep(survey, SurveyResponse(survey=survey, day=day, answers=said.chosen, outside_id=outside_id), said)
            found.kept += 1
    note(actor, "bring_survey_answers", survey, kept=found.kept, known=found.known, wrong=found.wrong)
    return found


def _rows(name: str, content: bytes) -> list[tuple[int, Mapping[str, Any]]]:
    if len(content) > MAX_BYTES:
        raise SurveyRefused("Tệp lớn quá 10 MB. Bạn chia thành nhiều tệp.", "file")
    if name.lower().endswith(".json"):
        try:
            data = json.loads(content.decode("utf-8-sig"))
        except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
            raise SurveyRefused("Tệp không đọc được: phải là JSON, mã UTF-8.", "file") from error
        if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
            raise SurveyRefused("Tệp JSON phải là danh sách các dòng, mỗi dòng một đối tượng.", "file")
        rows: list[tuple[int, Mapping[str, Any]]] = list(enumerate(data, 1))
    else:
        try:
            table = tables.read(name, content)
        except tables.TableUnreadable as error:
            raise SurveyRefused(f"Tệp không đọc được: {error}", "file") from error
        rows = [(number, dict(zip(table.header, cells, strict=False))) for number, cells in table.rows]
    if len(rows) > MAX_ROWS:
        raise SurveyRefused(f"Tệp có quá {MAX_ROWS} dòng. Bạn chia thành nhiều tệp.", "file")
    return rows


def _day(value: Any) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    text = str(value or "").strip()[:10]
    for pattern, order in ((r"(\d{4})-(\d\d)-(\d\d)", (1, 2, 3)), (r"(\d{1,2})/(\d{1,2})/(\d{4})", (3, 2, 1))):
        if match := re.fullmatch(pattern, text, re.ASCII):
            try:
                return dt.date(*(int(match[at]) for at in order))
            except ValueError:
                return None
    return None
