"""A file of questions and answers, as ministries keep them: CSV or XLSX, each bad row told with its reason, the same question once.

A file that cannot be read to its end changes nothing. Of one that can, the good rows are entered together; nobody reads them before another
officer has checked them. Requirement C-13.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from django.db import connection, transaction

from portal import audit
from portal.access import Actor, require
from portal.catalogues import queries as catalogues
from portal.catalogues import tables
from portal.search.phrases import word_key
from portal.text import search_key
from procedures.models import CommonQuestion
from procedures.models.publication import OPEN
from procedures.publishing import ENTER, begin, history
from procedures.questions.services import Known, faults, is_cut, key_of, slug_of, tidied

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "question": ("câu hỏi", "question"),
    "answer": ("trả lời", "câu trả lời", "answer"),
    "topic": ("lĩnh vực", "chủ đề", "main_topic", "field", "topic"),
    "procedures": ("thủ tục", "mã thủ tục", "procedures"),
    "life_events": ("sự kiện", "events"),
    "wordings": ("cách hỏi khác", "wordings"),
    "source": ("nguồn", "căn cứ", "nguồn, căn cứ", "source_link", "source"),
}
"""What each column may be called. Others are named in the report and not read."""
LABELS: Final = {name: names[0] for name, names in COLUMNS.items()}
HEADER: Final = ["Câu hỏi", "Trả lời", "Lĩnh vực", "Thủ tục", "Sự kiện", "Cách hỏi khác", "Nguồn"]
"""Of an example to fill in."""
_NUMBERED = re.compile(r"^(?:câu(?:\s+hỏi)?(?:\s+số)?\s*)+\d*\s*[:.)–-]+\s*", re.IGNORECASE)
"""What exports put before a question: "Câu hỏi Câu hỏi 1 :"."""
_TOPIC = re.compile(r"^\s*(?:lĩnh vực\s*:\s*)?(?:thủ tục hành chính (?:về )?lĩnh vực\s+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Problem:
    """Why a row is not taken."""

    row: int
    column: str
    reason: str


@dataclass
class Report:
    """What a file would do, or did."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    merged: int = 0
    """Rows that say what another row of the file says."""
    unread: list[str] = field(default_factory=list)
    """Columns that nobody knows."""
    problems: list[Problem] = field(default_factory=list)
    refused: str = ""
    """Why the file as a whole was not read."""

    @property
    def bad_rows(self) -> int:
        """Rows that are not taken."""
        return len({problem.row for problem in self.problems})


@dataclass
class _Row:
    number: int
    facts: dict[str, Any]


def load(*, actor: Actor, unit_code: str, name: str, content: bytes, now: dt.datetime, dry_run: bool = False) -> Report:
    """Enter the questions of a file for an agency; with ``dry_run`` only say what would come of it. ``AccessDenied``."""
    require(actor, ENTER, unit_code)
    report = Report()
    if unit_code not in catalogues.agency_names([unit_code]):
        report.refused = f"Không có cơ quan {unit_code}."
        return report
    try:
        table = tables.read(name, content)
        columns = _columns(table.header, report)
    except tables.TableUnreadable as error:
        report.refused = str(error)
        return report
    report.rows = len(table.rows)
    known = Known()
    rows = [_read(number, cells, columns, known) for number, cells in table.rows if _is_whole(number, cells, columns, report)]
    taken = [row for row in _merged(rows, report) if _is_sound(row, known, report)]
    report.problems.sort(key=lambda problem: (problem.row, problem.column))
    with transaction.atomic():
        with connection.cursor() as cursor:
            # One file of an agency at a time: the same sent twice side by side is entered once.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"procedures.questions.{unit_code}"])
        _write(actor, unit_code, taken, report, now, dry_run=dry_run)
        if not dry_run and report.added + report.changed:
            counts = {"added": report.added, "changed": report.changed, "merged": report.merged, "refused_rows": report.bad_rows}
            audit.record(
                actor=actor,
                act="procedures.questions.load",
                target="procedures.commonquestion",
                unit=unit_code,
                details={"sha256": hashlib.sha256(content).hexdigest(), **counts},
            )
    return report


def _columns(header: list[str], report: Report) -> dict[str, int]:
    names = {search_key(title): name for name, titles in COLUMNS.items() for title in titles}
    found: dict[str, int] = {}
    for place, title in enumerate(header):
        name = names.get(search_key(title))
        if name is None:
            report.unread.append(title or "(trống)")
        elif name in found:
            raise tables.TableUnreadable(f"Có hai cột cùng là “{LABELS[name]}”.")
        else:
            found[name] = place
    if missing := [LABELS[name] for name in ("question", "answer") if name not in found]:
        raise tables.TableUnreadable(f"Tệp thiếu cột: {', '.join(missing)}.")
    return found


def _is_whole(number: int, cells: list[str], columns: Mapping[str, int], report: Report) -> bool:
    if len(cells) > max(columns.values()):
        return True
    report.problems.append(Problem(number, "", "Dòng thiếu ô: tệp có thể bị cắt, hoặc một ô có dấu phẩy mà không đặt trong ngoặc kép."))
    return False


def _read(number: int, cells: list[str], columns: Mapping[str, int], known: Known) -> _Row:
    said = {name: cells[place] for name, place in columns.items()}
    topic = _TOPIC.sub("", said.get("topic", ""), count=1).strip()
    code = topic if topic in known.sectors else known.sector_by_name.get(search_key(topic), "")
    facts = tidied(
        {
            "question": _NUMBERED.sub("", said["question"], count=1),
            "answer": said["answer"],
            "wordings": said.get("wordings", ""),
            "topic": "" if code else topic,
            "field_code": code,
            "procedures": _listed(said.get("procedures", "")),
            "life_events": _listed(said.get("life_events", "")),
            "source": said.get("source", ""),
        }
    )
    return _Row(number, facts)


def _listed(text: str) -> list[str]:
    return [one for one in re.split(r"[\s,;]+", text) if one]


def _merged(rows: list[_Row], report: Report) -> list[_Row]:
    """Each question once: rows with the same answer are one, whichever of them has the whole question; other ways to ask are kept.

    The same whole question with another answer is an error of the later row: nobody can say which of them holds.
    """
    by_answer: dict[tuple[str, str], _Row] = {}
    for row in rows:
        place = (row.facts["field_code"] or row.facts["topic"], word_key(row.facts["answer"]))
        first = by_answer.setdefault(place, row) if place[1] else row
        if first is row:
            if not place[1]:
                by_answer[(f"row {row.number}", "")] = row
            continue
        report.merged += 1
        one, other = first.facts["question"], row.facts["question"]
        if _fuller(other, one):
            first.facts["question"] = other
        elif other and not _says_less(other, one):
            first.facts["wordings"] = "\n".join(dict.fromkeys([*first.facts["wordings"].splitlines(), other]))
        for name in ("procedures", "life_events"):
            first.facts[name] = list(dict.fromkeys([*first.facts[name], *row.facts[name]]))
    kept: list[_Row] = []
    by_key: dict[str, _Row] = {}
    for row in by_answer.values():
        key = key_of(row.facts["question"], row.facts["answer"])
        if word_key(row.facts["question"]) and (before := by_key.setdefault(key, row)) is not row:
            reason = f"Câu hỏi này đã có ở dòng {before.number} với câu trả lời khác."
            report.problems.append(Problem(row.number, LABELS["question"], reason))
            continue
        kept.append(row)
    return kept


def _says_less(text: str, whole: str) -> bool:
    """Whether a question says no more than the beginning of another."""
    return word_key(whole).startswith(word_key(text.rstrip(".… ")))


def _fuller(text: str, than: str) -> bool:
    return bool(word_key(text)) and (not word_key(than) or (is_cut(than) and not is_cut(text) and _says_less(than, text)))


def _is_sound(row: _Row, known: Known, report: Report) -> bool:
    found = faults(row.facts, known)
    report.problems += [Problem(row.number, LABELS.get(name, ""), words) for name, words in found.items()]
    return not found


def _write(actor: Actor, unit_code: str, rows: list[_Row], report: Report, now: dt.datetime, *, dry_run: bool) -> None:
    standing: dict[str, CommonQuestion] = {}
    # Of one that is public and is being changed the change comes last, and counts.
    order = {"published": 0, "entered": 1, "checked": 1}
    mine = CommonQuestion.objects.filter(unit_code=unit_code, state__in=[*OPEN, "published"])
    for one in sorted(mine.select_for_update(), key=lambda one: order[one.state]):
        standing[one.key] = one
    changed_already = {one.replaces_id for one in standing.values() if one.replaces_id}
    new: list[CommonQuestion] = []
    with history(actor, "procedures.questions.load"):
        for row in rows:
            key = key_of(row.facts["question"], row.facts["answer"])
            there = standing.get(key)
            if there is None:
                report.added += 1
                number = uuid4()
                made = CommonQuestion(id=number, slug=slug_of(row.facts["question"], number), unit_code=unit_code, key=key, **row.facts)
                begin(made, actor, now)
                new.append(made)
                continue
            facts = {name: value for name, value in row.facts.items() if value or name in ("question", "answer")}
            if all(getattr(there, name) == value for name, value in facts.items()):
                report.unchanged += 1
            elif there.state == "published" and there.pk in changed_already:
                reason = "Câu này đang công khai và đã có một bản sửa đang chờ."
                report.problems.append(Problem(row.number, LABELS["question"], reason))
            else:
                report.changed += 1
                if not dry_run:
                    new += _changed(there, facts, actor, now)
        if not dry_run:
            CommonQuestion.objects.bulk_create(new, batch_size=500)


def _changed(there: CommonQuestion, facts: Mapping[str, Any], actor: Actor, now: dt.datetime) -> list[CommonQuestion]:
    """The row itself where nobody reads it yet (written), else a row that is to take its place (to be written)."""
    if there.state == "published":
        kept = {name: getattr(there, name) for name in ("wordings", "topic", "field_code", "procedures", "life_events", "source")}
        made = CommonQuestion(slug=there.slug, unit_code=there.unit_code, replaces=there, key=there.key, **{**kept, **facts})
        begin(made, actor, now)
        return [made]
    for name, value in facts.items():
        setattr(there, name, value)
    there.state = "entered"
    begin(there, actor, now)
    there.version += 1
    there.save()
    return []


def example() -> bytes:
    """An empty table with the columns, for those who fill one in."""
    return tables.write(tables.XLSX, HEADER, [])


__all__ = ["HEADER", "Problem", "Report", "example", "load"]
