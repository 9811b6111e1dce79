"""Whether a row is whole: what it says, its pages, whether its owner is who its number names, whether it was digitised before."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import queries as people
from dossiers.digitising import fields
from dossiers.digitising.packed import Row
from dossiers.models import OldPaper, OldScan
from portal.crypto import blind_index

PAPER, MATCH = "dossiers.old_paper", "dossiers.old_match"
OTHERS = "Số định danh này là của người khác: họ tên hoặc ngày sinh không khớp."


def first_look(row: Row, today: date) -> dict[str, Any]:
    """The state of a row as its table alone tells it."""
    found = list(fields.problems(row.said, today=today).values())
    if row.pages.problem:
        found.insert(0, row.pages.problem)
    return {"state": OldPaper.BAD if found else OldPaper.WAITING, "problem": " ".join(found)[:300]}


def without_scan(name: str, refused: str = "") -> str:
    """Why a row has no scan."""
    if refused:
        return f"Không nhận được bản quét {name}: {refused}"[:300]
    return f"Không có tệp {name} trong lô."[:300] if name else "Dòng không ghi tên tệp bản quét."


@transaction.atomic
def judge(paper: OldPaper, *, now: datetime) -> OldPaper:
    """Reckon a row's state anew and keep it, with the keys by which it is found. The caller holds its lock."""
    said = {**dict.fromkeys(fields.LABELS, ""), **(paper.typed or {})}
    if said[fields.OWNER] and (paper.typed or {}).get(fields.OWNER):
        paper.owner_blind = blind_index("id_number", said[fields.OWNER])
    else:
        paper.owner_blind = ""
    key = fields.match_key(said[fields.NAME], said[fields.BORN], said[fields.PLACE])
    paper.match_blind = blind_index(MATCH, key) if key and not paper.owner_blind else ""
    paper.issued_on, paper.valid_until = fields.day(said[fields.ISSUED]), fields.day(said[fields.UNTIL])
    paper.paper_blind = ""
    found = _problem(paper, said, timezone.localdate(now))
    if not found:
        paper.paper_blind = blind_index(PAPER, fields.paper_key(paper.batch.unit_code, paper.batch.kind, said))
        found = _there_already(paper)
    return _keep(paper, found)


def _problem(paper: OldPaper, said: dict[str, str], today: date) -> str:
    if paper.scan_id is None:
        return without_scan(said.get(fields.FILE, ""))
    if said.get(fields.PAGES):
        return said[fields.PAGES]
    if paper.scan is not None and paper.scan.state == OldScan.State.WAITING:
        return "Bản quét đang được đọc."
    if not paper.pages.exists():
        return paper.problem if paper.state == OldPaper.BAD and paper.problem else "Bản quét không có trang nào có nội dung."
    if wrong := fields.problems(said, today=today):
        return " ".join(wrong.values())
    if paper.owner_blind:
        known = people.by_id_number(said[fields.OWNER])
        if known is not None and not fields.same_person(said[fields.NAME], said[fields.BORN], known.full_name, known.birth_date):
            return OTHERS
    return ""


def _there_already(paper: OldPaper) -> str:
    rows = OldPaper.objects.select_related("batch").filter(paper_blind=paper.paper_blind, state__in=OldPaper.LIVE)
    there = rows.exclude(pk=paper.pk).first()
    if there is None:
        return ""
    where = "lô này" if there.batch_id == paper.batch_id else f"lô bắt đầu {timezone.localtime(there.batch.began_at):%H:%M %d/%m/%Y}"
    return f"Giấy tờ này đã có ở dòng {there.number} của {where}."


def _keep(paper: OldPaper, found: str) -> OldPaper:
    OldPaper.table.move(paper, "fault" if found else "find")
    paper.problem = found[:300]
    try:
        with transaction.atomic():
            paper.save()
    except IntegrityError:
        # Somebody else took the same paper at this moment.
        paper.state, paper.problem = OldPaper.BAD, "Giấy tờ này vừa được nhận ở một lô khác."
        paper.save()
    return paper
