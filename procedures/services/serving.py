"""An online service: restructured, declared, tested, kept, reviewed, suspended, stopped (Rules art. 21, 26–29)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pghistory
from django.db import IntegrityError, transaction
from django.db.models import Count, DateField, OuterRef, Q, Subquery
from django.db.models.functions import TruncMonth
from django.utils import timezone

from portal import audit
from portal.access import Actor, require
from portal.catalogues import queries as catalogues
from portal.states import TransitionRefused
from portal.text import nfc
from portal.workdays import Unit, due_at, national_calendar
from procedures import queries
from procedures.models import (
    SERVICES,
    Channel,
    OnlineService,
    ProcedureVersion,
    Restructuring,
    ServiceDeclaration,
    ServiceEvent,
    ServiceReview,
)

DECLARE = "procedures.services"
STEER = "procedures.services.steer"
READ = "procedures.services.read"
State = ServiceDeclaration.State
CLOCKS: Mapping[str, int] = {State.PROPOSED: 2, State.TESTING: 5, State.REPORTED: 2}
"""Working days in which the next step is taken (Rules art. 27.3–27.5)."""
REVIEW_DAYS = 365
_CODE = re.compile(r"^[A-Z]\d{2}(\.\d{1,3}){0,3}-\d{6}-\d{1,6}$")
"""A dossier's code: unit, day, sequence (Decision 20/2020/QĐ-TTg)."""
MOST_EVIDENCE = 50

_knows_dossiers: list[Callable[[Sequence[str], str], set[str]]] = []


def register_dossiers(known: Callable[[Sequence[str], str], set[str]]) -> None:
    """Let the room of dossiers say which codes are dossiers of a procedure that came online. Once, in ``ready()``."""
    _knows_dossiers[:] = [known]


class ServiceRefused(Exception):
    """The act cannot be done. ``faults``: what is wrong, in Vietnamese, by the name of the field, or by ``""``."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = dict(faults)


def _tidy(text: str, most: int) -> str:
    return "\n".join(" ".join(line.split()) for line in nfc(text).splitlines()).strip()[:most]


@transaction.atomic
def record_restructuring(
    *,
    actor: Actor,
    unit_code: str,
    procedure_code: str,
    present: str,
    steps_before: int,
    steps_after: int,
    papers_before: int,
    papers_after: int,
    papers_cut: str,
    systems: str,
    benefit: str,
    approved_by: str,
    approved_on: dt.date,
    approval: str,
    now: dt.datetime,
) -> Restructuring:
    """Write down how a procedure was made fit to be done online, and who approved it (Rules art. 26.2)."""
    require(actor, DECLARE, unit_code)
    version = _version(procedure_code, now)
    faults = {}
    if version is None:
        faults["procedure_code"] = "Không có thủ tục nào đang có hiệu lực mang mã này."
    if steps_after > steps_before:
        faults["steps_after"] = "Tái cấu trúc không thêm bước."
    if papers_after > papers_before:
        faults["papers_after"] = "Tái cấu trúc không thêm giấy tờ."
    if papers_after < papers_before and not papers_cut.strip():
        faults["papers_cut"] = "Hãy ghi những giấy tờ được bỏ hoặc thay bằng dữ liệu."
    if approved_on > timezone.localdate(now):
        faults["approved_on"] = "Ngày phê duyệt không thể ở sau hôm nay."
    if faults or version is None:
        raise ServiceRefused(faults)
    with _context(actor, "procedures.services.restructure"):
        row = Restructuring.objects.create(
            procedure=version.procedure,
            unit_code=unit_code,
            present=_tidy(present, 10_000),
            steps_before=steps_before,
            steps_after=steps_after,
            papers_before=papers_before,
            papers_after=papers_after,
            papers_cut=_tidy(papers_cut, 5000),
            systems=_tidy(systems, 5000),
            benefit=_tidy(benefit, 5000),
            approved_by=_tidy(approved_by, 200),
            approved_on=approved_on,
            approval=_tidy(approval, 200),
            written_by=actor.label,
            created_at=now,
        )
    _note(actor, "procedures.services.restructure", "procedures.restructuring", row.pk, unit_code, procedure=procedure_code)
    return row


def _version(code: str, now: dt.datetime) -> ProcedureVersion | None:
    return queries.in_force(timezone.localdate(now)).filter(procedure__code=code).first()


@transaction.atomic
def declare_service(
    *,
    actor: Actor,
    unit_code: str,
    restructuring_id: UUID,
    code: str,
    level: str,
    localities: Sequence[str],
    assurance: int,
    form_key: str,
    system: str,
    year: int | None,
    now: dt.datetime,
) -> ServiceDeclaration:
    """Declare an online service on a procedure whose restructuring was approved (Rules art. 21.1, 26.1, 27.1)."""
    require(actor, DECLARE, unit_code)
    plan = Restructuring.objects.select_related("procedure").filter(pk=restructuring_id, unit_code=unit_code).first()
    if plan is None:
        raise ServiceRefused({"restructuring_id": "Hãy chọn phương án tái cấu trúc đã được phê duyệt của cơ quan mình."})
    faults = {}
    version = _version(plan.procedure.code, now)
    if version is None:
        faults["code"] = "Thủ tục không còn hiệu lực."
    elif not Channel.objects.filter(version=version, kind=Channel.Kind.ONLINE).exists():
        faults["code"] = "Quyết định công bố của thủ tục không nêu cách nộp trực tuyến."
    if not re.fullmatch(rf"{re.escape(plan.procedure.code)}\.\d{{2}}", code):
        faults["code"] = f"Mã dịch vụ là mã thủ tục và hai chữ số, ví dụ {plan.procedure.code}.01."
    if level not in OnlineService.ServiceLevel.values:
        faults["level"] = "Hãy chọn toàn trình hoặc một phần."
    if assurance not in (2, 3):
        faults["assurance"] = "Hãy chọn mức trung bình hoặc cao."
    known = set(catalogues.provinces().values_list("code", flat=True))
    if strange := sorted(set(localities) - known):
        faults["localities"] = f"Không có tỉnh, thành phố mã {', '.join(strange)}."
    if not form_key.strip():
        faults["form_key"] = "Hãy ghi biểu mẫu điện tử."
    if faults:
        raise ServiceRefused(faults)
    row = ServiceDeclaration(
        code=code,
        procedure=plan.procedure,
        unit_code=unit_code,
        level=level,
        localities=sorted(set(localities)),
        assurance=assurance,
        form_key=form_key.strip(),
        system=_tidy(system, 200),
        restructuring=plan,
        year=year,
        since=now,
        declared_by=actor.label,
        created_at=now,
    )
    try:
        with transaction.atomic(), _context(actor, "procedures.services.declare"):
            row.save(force_insert=True)
    except IntegrityError as error:
        raise ServiceRefused({"code": "Dịch vụ mang mã này đã được khai báo."}) from error
    _moved(actor, row, "declare", now=now, in_time=None, note="")
    return row


@transaction.atomic
def bring_in(*, actor: Actor, code: str, system: str, now: dt.datetime) -> ServiceDeclaration:
    """Take in a service that ran before declarations were kept, as it runs, so that it can be reviewed and suspended like the others."""
    require(actor, STEER)
    there = OnlineService.objects.filter(code=code, version__in=queries.in_force(timezone.localdate(now)).order_by().values("pk"))
    service = there.select_related("version__procedure").first()
    if service is None:
        raise ServiceRefused({"code": "Không có dịch vụ trực tuyến nào mang mã này."})
    row = ServiceDeclaration(
        code=code,
        procedure=service.version.procedure,
        unit_code=service.provider or service.version.issuing_code or "G22",
        level=service.level,
        localities=service.localities,
        assurance=service.assurance,
        form_key=service.form_key,
        system=_tidy(system, 200),
        state=State.OPEN,
        since=now,
        due_at=now + dt.timedelta(days=REVIEW_DAYS),
        declared_by=actor.label,
        created_at=now,
    )
    try:
        with transaction.atomic(), _context(actor, "procedures.services.declare"):
            row.save(force_insert=True)
    except IntegrityError as error:
        raise ServiceRefused({"code": "Dịch vụ này đã có trong danh sách."}) from error
    _moved(actor, row, "bring_in", now=now, in_time=None, note="")
    return row


@transaction.atomic
def move_service(
    *,
    actor: Actor,
    declaration_id: UUID,
    transition: str,
    now: dt.datetime,
    reason: str = "",
    mend: str = "",
    evidence: Iterable[str] = (),
) -> ServiceDeclaration:
    """Take one step. What is sent back, suspended or stopped says why; the results of a test name the dossiers it was made with.

    ``TransitionRefused`` when somebody else was faster; :class:`ServiceRefused`, ``AccessDenied``.
    """
    row = ServiceDeclaration.objects.select_for_update().select_related("procedure").get(pk=declaration_id)
    edge = SERVICES.transitions[transition]
    require(actor, edge.act, row.unit_code)
    if refusal := SERVICES.refusal(row, transition):
        raise TransitionRefused(transition, row.state, refusal)
    reason, mend = _tidy(reason, 1000), _tidy(mend, 1000)
    if transition in ("send_back", "suspend", "stop") and not reason:
        raise ServiceRefused({"reason": "Hãy ghi lý do."})
    if transition == "suspend" and not mend:
        raise ServiceRefused({"mend": "Hãy ghi điều cần sửa trước khi mở lại."})
    if transition == "resume" and not _mended(row):
        raise ServiceRefused({"": f"Chưa mở lại được. Điều cần sửa: {row.mend} Hãy ghi kết quả rà soát không còn điều phải sửa trước."})
    if transition == "report":
        row.evidence = _tested(row, evidence)
    if transition == "mark":
        _publish(row, now)
    in_time = now <= row.due_at if row.due_at is not None and row.state in CLOCKS else None
    SERVICES.move(row, transition)
    row.since = now
    row.reason = reason if transition in ("send_back", "suspend", "stop") else ""
    row.mend = mend if transition == "suspend" else ""
    days = CLOCKS.get(row.state)
    row.due_at = due_at(now, days, Unit.WORKING_DAY, national_calendar()) if days else None
    if row.state == State.OPEN:
        row.due_at = now + dt.timedelta(days=REVIEW_DAYS)
    with _context(actor, f"procedures.services.{transition}"):
        row.save()
    _moved(actor, row, transition, now=now, in_time=in_time, note=reason or ", ".join(row.evidence if transition == "report" else ()))
    return row


def _mended(row: ServiceDeclaration) -> bool:
    """Whether the newest look at a service since it was suspended found no fault left (Rules art. 28.4; one query)."""
    newest = row.reviews.filter(made_at__gte=row.since).order_by("-made_at", "-pk").first()
    return newest is not None and newest.level_kept and newest.simpler and newest.cheaper and newest.in_law


def _tested(row: ServiceDeclaration, evidence: Iterable[str]) -> list[str]:
    """The codes of the dossiers by which a service was tested (Rules art. 27.4)."""
    codes = list(dict.fromkeys(code.strip().upper() for code in evidence if code.strip()))
    if not codes:
        raise ServiceRefused({"evidence": "Hãy ghi mã hồ sơ đã hoàn thành kiểm thử."})
    if len(codes) > MOST_EVIDENCE:
        raise ServiceRefused({"evidence": f"Nhiều nhất {MOST_EVIDENCE} mã."})
    if strange := [code for code in codes if not _CODE.match(code)]:
        raise ServiceRefused({"evidence": f"“{strange[0]}” không phải là mã hồ sơ."})
    for known in _knows_dossiers:
        if lost := sorted(set(codes) - known(codes, row.procedure.code)):
            raise ServiceRefused({"evidence": f"Không có hồ sơ nộp trực tuyến của thủ tục này mang mã {', '.join(lost[:3])}."})
    return codes


def _publish(row: ServiceDeclaration, now: dt.datetime) -> None:
    """Put the service on the procedure, so that one can file through it: marked public for its test (Rules art. 27.3)."""
    today = timezone.localdate(now)
    versions = list(ProcedureVersion.objects.filter(procedure=row.procedure, holds_until__gt=today))
    if not versions:
        raise ServiceRefused({"": "Thủ tục không còn hiệu lực."})
    for version in versions:
        facts = {
            "level": row.level,
            "localities": row.localities,
            "provider": row.unit_code if row.localities else "",
            "assurance": row.assurance,
            "form_key": row.form_key,
        }
        OnlineService.objects.update_or_create(version=version, code=row.code, defaults=facts)


@transaction.atomic
def review_service(
    *,
    actor: Actor,
    declaration_id: UUID,
    level_kept: bool,
    simpler: bool,
    cheaper: bool,
    in_law: bool,
    note: str,
    now: dt.datetime,
) -> ServiceReview:
    """The yearly look at an open service, by its agency or by VPCP (Rules art. 28.3, 29)."""
    row = ServiceDeclaration.objects.select_for_update().get(pk=declaration_id)
    require(actor, DECLARE if actor.roles & {"procedure_entering", "procedure_checking"} else STEER, row.unit_code)
    if row.state not in (State.OPEN, State.SUSPENDED):
        raise ServiceRefused({"": "Chỉ rà soát dịch vụ đang cung cấp hoặc đang tạm ngưng."})
    note = _tidy(note, 1000)
    if not (level_kept and simpler and cheaper and in_law) and not note:
        raise ServiceRefused({"note": "Hãy ghi điều phải sửa."})
    found = ServiceReview.objects.create(
        declaration=row,
        made_at=now,
        reviewed_on=timezone.localdate(now),
        by=actor.label,
        level_kept=level_kept,
        simpler=simpler,
        cheaper=cheaper,
        in_law=in_law,
        note=note,
    )
    if row.state == State.OPEN:
        row.due_at = now + dt.timedelta(days=REVIEW_DAYS)
        with _context(actor, "procedures.services.review"):
            row.save(update_fields=["due_at"])
    _moved(actor, row, "review", now=now, in_time=None, note=note)
    return found


def progress(year: int) -> list[tuple[str, int, int]]:
    """Of the yearly list of services to integrate: agency, how many are declared for the year, how many are open (one query)."""
    counted: dict[str, list[int]] = {}
    for unit, state in ServiceDeclaration.objects.filter(year=year).order_by("unit_code").values_list("unit_code", "state"):
        found = counted.setdefault(unit, [0, 0])
        found[0] += 1
        found[1] += state == State.OPEN
    return [(unit, planned, opened) for unit, (planned, opened) in counted.items()]


@dataclass(frozen=True)
class Integrated:
    """How far the yearly lists of services to integrate are, all years together."""

    listed: int
    opened: int
    goal: int
    """What the law wants by the end of the year, in per cent."""

    @property
    def share(self) -> int:
        """Per cent of the listed that are open, rounded down."""
        return 100 * self.opened // self.listed if self.listed else 0


def goal_of(year: int) -> int:
    """Per cent of the services to integrate that are there by the end of a year: 30 in 2020, 20 more each year (Decision 274, II.2)."""
    return max(0, min(100, 30 + 20 * (year - 2020)))


def integrated(today: dt.date) -> Integrated:
    """Of the yearly lists up to this year (one query)."""
    rows = ServiceDeclaration.objects.filter(year__lte=today.year)
    counted = rows.aggregate(listed=Count("pk"), opened=Count("pk", filter=Q(state=State.OPEN)))
    return Integrated(counted["listed"], counted["opened"], goal_of(today.year))


def listed_by_opening() -> list[tuple[int, dt.date | None, bool, int]]:
    """Of the yearly lists: the year, the month in which a service was first open (None: never), whether it is open now, how many.

    One query, as many lines as there are such groups.
    """
    first = ServiceEvent.objects.filter(declaration=OuterRef("pk"), after=State.OPEN).order_by("at").values("at")[:1]
    month = TruncMonth(Subquery(first), output_field=DateField())
    rows = ServiceDeclaration.objects.filter(year__isnull=False).order_by().annotate(month=month, is_open=Q(state=State.OPEN))
    counted = rows.values_list("year", "month", "is_open").annotate(number=Count("pk"))
    return [
        (year or 0, month, is_open, number) for year, month, is_open, number in counted.values_list("year", "month", "is_open", "number")
    ]


def restructured(unit_code: str) -> list[tuple[str, str]]:
    """The approved plans of an agency to choose from (one query)."""
    rows = Restructuring.objects.filter(unit_code=unit_code).select_related("procedure")
    return [(str(row.pk), f"{row.procedure.code}, {row.approval}") for row in rows]


def _moved(actor: Actor, row: ServiceDeclaration, act: str, *, now: dt.datetime, in_time: bool | None, note: str) -> None:
    ServiceEvent.objects.create(declaration=row, act=act, after=row.state, at=now, by=actor.label, in_time=in_time, note=note[:1000])
    _note(actor, f"procedures.services.{act}", "procedures.servicedeclaration", row.pk, row.unit_code, code=row.code)


def _context(actor: Actor, act: str) -> pghistory.context:
    return pghistory.context(act=act, unit=actor.unit, position=str(actor.position_id or ""))


def _note(actor: Actor, act: str, target: str, pk: Any, unit: str, **details: str) -> None:
    audit.record(actor=actor, act=act, target=target, target_id=str(pk), unit=unit, details=details)
