"""Readers report mistakes; the agency that answers for the page deals with them."""

from __future__ import annotations

import datetime as dt
import re
from uuid import UUID

from django.db import transaction

from portal import audit
from portal.access import Actor, may, require
from portal.workdays import Unit, due_at, national_calendar
from procedures.models import MISTAKES, MistakeReport, ProcedureVersion, QualityFinding

MEND_DAYS = 10
"""Working days to mend what was found in the catalogue (Rules art. 24.2a)."""
VPCP = "G22"
"""The Government Office answers for what no agency issued."""
_NUMBERS = re.compile(r"(?P<kept>(?<!\d)\d\.\d{6}(?!\d)(?:\.\d{1,3}(?!\d))*|(?<!\d)[1-9]\d{0,2}(?:\.\d{3})+(?!\d))|\+?\d(?:[ .-]*\d){8,}")
"""Nine or more digits in a row, however parted: a phone, an identity or an account number, which nobody needs to correct a page. Codes of
procedures (1.001193.000.00.00.H29) and amounts (1.250.000.000) are kept."""


def mend_by(now: dt.datetime) -> dt.datetime:
    """By when what is found now is to be mended."""
    return due_at(now, MEND_DAYS, Unit.WORKING_DAY, national_calendar())


def without_numbers(text: str) -> str:
    """The text with numbers of people taken out; codes of procedures, amounts and numbers of legal texts stay."""
    return _NUMBERS.sub(lambda found: found["kept"] or "…", text)


@transaction.atomic
def report_mistake(*, version: ProcedureVersion | None, part: str, text: str, language: str, now: dt.datetime) -> MistakeReport:
    """Take down what a reader says is wrong on the page of ``version`` (None: another page)."""
    report = MistakeReport.objects.create(
        version=version,
        unit_code=(version.issuing_code if version else "") or VPCP,
        part=part,
        text=without_numbers(text),
        language=language,
        created_at=now,
    )
    if version is not None:
        _find(report, version, now)
    return report


_PARTS = {"documents": "documents", "fees": "channels", "time": "channels", "place": "channels", "law": "legal_bases"}
"""What a reader names → the component of the procedure."""


def _find(report: MistakeReport, version: ProcedureVersion, now: dt.datetime) -> None:
    """What a reader reports is a finding about the catalogue's data, to be looked at in the time that findings have (Rules art. 24)."""
    QualityFinding.objects.create(
        report=report,
        rule=QualityFinding.Rule.REPORTED,
        unit_code=report.unit_code,
        procedure_code=version.procedure.code,
        part=_PARTS.get(report.part, ""),
        kind=QualityFinding.Kind.ACCURACY,
        # The reader's own words stay in the report, and go with it.
        text=f"Người đọc báo: {report.get_part_display()}",
        found_at=now,
        due_at=mend_by(now),
    )


def may_handle(actor: Actor, report: MistakeReport) -> bool:
    """The issuing agency's administrators, and VPCP everywhere."""
    return may(actor, "procedures.mistakes", report.unit_code) or may(actor, "procedures.mistakes.everywhere")


@transaction.atomic
def handle_mistake(*, actor: Actor, report_id: UUID, transition: str, note: str, now: dt.datetime) -> MistakeReport:
    """Close a report with a word on what was done. ``TransitionRefused`` when somebody else has closed it; ``AccessDenied``."""
    report = MistakeReport.objects.select_for_update().get(pk=report_id)
    if not may_handle(actor, report):
        require(actor, "procedures.mistakes", report.unit_code)
    return _close(report, actor=actor, transition=transition, note=note, now=now)


@transaction.atomic
def close_report(*, actor: Actor, report_id: UUID, transition: str, note: str, now: dt.datetime) -> MistakeReport:
    """Close a report for a caller that has asked the right to mend what it is about (`procedures.services.quality`)."""
    report = MistakeReport.objects.select_for_update().get(pk=report_id)
    return _close(report, actor=actor, transition=transition, note=note, now=now)


def _close(report: MistakeReport, *, actor: Actor, transition: str, note: str, now: dt.datetime) -> MistakeReport:
    MISTAKES.move(report, transition)
    report.note, report.handled_at, report.handled_by = note, now, actor.label
    report.save(update_fields=["state", "note", "handled_at", "handled_by"])
    # The finding ends with what the agency says of it, right or not.
    done = {"state": QualityFinding.State.CLOSED, "note": note[:1000], "closed_at": now, "mended_by": actor.label}
    done |= {"mended_at": now} if transition == "correct" else {}
    QualityFinding.objects.filter(report=report, closed_at__isnull=True).update(**done)
    audit.record(
        actor=actor,
        act=f"procedures.mistakes.{transition}",
        target="procedures.mistakereport",
        target_id=str(report.pk),
        unit=report.unit_code,
    )
    return report
