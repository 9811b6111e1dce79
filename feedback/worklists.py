"""What waits for whom among petitions: the queues of the desk as conditions on rows, counted within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from feedback.access import OVERSEE, READ, held_by, seen_by
from feedback.models import OPEN_STATES, TOP, Holding, Opinion, Petition, State
from feedback.terms import limits_at
from portal.access import Actor, may, unit_scope
from portal.workdays import national_calendar

OPEN = Q(state__in=OPEN_STATES)
TO_PUBLISH = Q(publication=Petition.Publication.WAITING)
COUNTED = 10_000
"""Open petitions of the whole country, the earliest deadlines first, among which the queues are counted; an agency's are all counted."""
LATE_ANSWER = "qua-han-tra-loi"
"""The sender's deadline alone, which figures and overview count."""
ALL_OPEN, ALL, ENDED, MOVED_ON, ASKED, REPORTED = "dang-mo", "tat-ca", "da-xong", "da-chuyen", "y-kien", "toi-bao-cao"
BY_DEADLINE, BY_ANSWER, NEWEST = ("due_at", "id"), ("answered_at", "id"), ("-sent_at", "-id")


@dataclass(frozen=True)
class Queue:
    """One queue: its name in addresses, what the desk calls it, its rows, its order, how its count is coloured."""

    name: str
    label: str
    condition: Q
    kind: str = ""
    ordering: tuple[str, str] = BY_DEADLINE
    wide: bool = False
    """Whether it looks beyond what the officer's agency holds now, to all that the officer may open."""
    counted: bool = True


def late(now: datetime) -> Q:
    """Open, and past the sender's deadline or the agency's own."""
    return OPEN & (Q(due_at__lt=now) | Q(unit_due_at__lt=now))


def report_due(now: datetime) -> Q:
    """Past the sender's deadline, with a progress report to be given by the end of the day (art. 44.1)."""
    return OPEN & Q(due_at__lt=now, progress_due_at__lt=_day_ends(now))


def _day_ends(now: datetime) -> datetime:
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _within(before: datetime, start: datetime) -> Q:
    """The earlier of the two deadlines lies from ``start`` on and before ``before``."""
    return OPEN & Q(due_at__gte=start, unit_due_at__gte=start) & (Q(due_at__lt=before) | Q(unit_due_at__lt=before))


def queues(actor: Actor, now: datetime) -> list[Queue]:
    """All queues for an officer at a moment, what presses first."""
    day_ends = _day_ends(now)
    soon = max(limits_at(now)["soon"].after(now, national_calendar()), day_ends)
    asked = Opinion.objects.filter(
        unit_scope(actor, READ, "unit_code"), petition=OuterRef("pk"), given_at__isnull=True, called_off_at__isnull=True
    )
    found = [
        Queue(ALL_OPEN, "Chưa xong", OPEN),
        Queue("qua-han", "Quá hạn", late(now), "bad"),
        Queue(LATE_ANSWER, "Quá hạn trả lời người gửi", OPEN & Q(due_at__lt=now), "bad", counted=False),
        Queue("bao-tinh-hinh", "Đến hạn báo tình hình", report_due(now), "bad"),
        Queue("hom-nay", "Đến hạn hôm nay", _within(day_ends, now), "wait"),
        Queue("sap-han", "Sắp đến hạn", _within(soon, day_ends), "wait"),
        Queue("cua-toi", "Giao cho tôi", OPEN & Q(handler_position_id=actor.position_id), "info"),
        Queue("tiep-nhan", "Chờ tiếp nhận", Q(state=State.NEW), "info"),
        Queue("dang-xu-ly", "Đang xử lý", Q(state=State.PROCESSING)),
        Queue("cho-duyet", "Chờ duyệt trả lời", Q(state=State.CHECKING), "wait"),
        Queue("cho-bo-sung", "Chờ người gửi bổ sung", Q(state=State.WAITING)),
        Queue("cho-cong-khai", "Chờ công khai", TO_PUBLISH, "wait", BY_ANSWER, counted=False),
    ]
    if may(actor, OVERSEE):
        found.append(Queue("den-vpcp", "Do Văn phòng Chính phủ chủ trì", OPEN & Q(unit_code=TOP), "info"))
    else:
        gone = Holding.objects.filter(unit_scope(actor, READ, "unit_code"), ended_at__isnull=False)
        here = held_by(actor, Petition.objects.filter(pk=OuterRef("pk")))
        found += [
            Queue(ASKED, "Được hỏi ý kiến", Q(Exists(asked)), "wait", BY_DEADLINE, wide=True, counted=False),
            Queue(MOVED_ON, "Đã chuyển đi", Q(pk__in=gone.values("petition")) & ~Q(Exists(here)), "", NEWEST, wide=True, counted=False),
        ]
    if actor.position_id is not None and may(actor, "feedback.report", actor.unit):
        mine = Q(reporter_position_id=actor.position_id, reporter_unit=actor.unit)
        found.append(Queue(REPORTED, "Tôi báo cáo", mine, "", NEWEST, wide=True, counted=False))
    return [
        *found,
        Queue(ENDED, "Đã kết thúc", ~OPEN, "", NEWEST, counted=False),
        Queue(ALL, "Tất cả", Q(), "", NEWEST, counted=False),
    ]


def queue_rows(actor: Actor, queue: Queue) -> QuerySet[Petition]:
    """The rows of a queue that the officer may see."""
    rows = Petition.objects.all()
    return (seen_by(actor, rows) if queue.wide else held_by(actor, rows)).filter(queue.condition)


@dataclass(frozen=True)
class Counts:
    """How many stand in each queue. ``is_whole``: none was left out; else these are among the :data:`COUNTED` earliest deadlines."""

    of: dict[str, int]
    is_whole: bool

    def words(self, name: str) -> str:
        """A count as it is shown, with a plus where there may be more; empty for a queue that is not counted."""
        return "" if name not in self.of else f"{self.of[name]}{'' if self.is_whole else '+'}"


def counts(actor: Actor, now: datetime, found: list[Queue] | None = None, within: Q | None = None) -> Counts:
    """How many petitions stand in each queue that is counted (three queries, bounded). ``within``: of one agency alone."""
    lists, within = found or queues(actor, now), within or Q()
    counted = [one for one in lists if one.counted]
    rows, sees_all = held_by(actor, Petition.objects.filter(OPEN)).filter(within), may(actor, OVERSEE)
    if sees_all:
        # The slice itself is counted over, in the order of its index: looked up again by key, each would be fetched twice.
        rows = rows.order_by(*BY_DEADLINE)[: COUNTED + 1]
    numbers: dict[str, int] = rows.aggregate(**{f"n{place}": Count("pk", filter=one.condition) for place, one in enumerate(counted)})
    of = {one.name: numbers[f"n{place}"] for place, one in enumerate(counted)}
    by_name = {one.name: one for one in lists}
    for name in ("cho-cong-khai", ASKED):
        if name in by_name:
            of[name] = queue_rows(actor, by_name[name]).filter(within).order_by().values("pk")[: COUNTED + 1].count()
    return Counts(of, not sees_all or of[ALL_OPEN] <= COUNTED)


# What is said of one petition -----------------------------------------------------------------------------------------------------


def left(deadline: datetime, now: datetime) -> str:
    """How long still, in the words of the desk; begins with “quá hạn” once it has passed."""
    late_by = now > deadline
    span = now - deadline if late_by else deadline - now
    days = abs((timezone.localdate(deadline) - timezone.localdate(now)).days)
    if not days:
        hours = int(span.total_seconds() // 3600)
        words = f"{hours} giờ" if hours else f"{int(span.total_seconds() // 60)} phút"
    else:
        words = f"{days} ngày"
    return f"quá hạn {words}" if late_by else f"còn {words}"


def waits_for(petition: Petition, now: datetime) -> str:
    """What must happen next, and by whom."""
    day = "%H:%M %d/%m/%Y"

    def at(moment: Any) -> str:
        return f"{timezone.localtime(moment):{day}}"

    match petition.state:
        case State.NEW if petition.round > 1:
            return "Tiếp nhận và trả lời lại: người gửi không đồng ý với trả lời trước"
        case State.NEW:
            refuse = (
                f"không tiếp nhận trước {at(petition.refuse_due_at)}"
                if now <= petition.refuse_due_at
                else "không tiếp nhận (đã quá 2 ngày)"
            )
            return f"Tiếp nhận, chuyển, hoặc {refuse}"
        case State.WAITING if petition.supply_due_at is not None and now > petition.supply_due_at:
            return "Người gửi không bổ sung: xử lý tiếp, hoặc không tiếp nhận"
        case State.WAITING if petition.supply_due_at is not None:
            return f"Người gửi bổ sung đến {at(petition.supply_due_at)}"
        case State.PROCESSING if now > petition.due_at and petition.progress_due_at is not None:
            return f"Trả lời; báo tình hình trước {at(petition.progress_due_at)}"
        case State.PROCESSING:
            return "Soạn và trình trả lời"
        case State.CHECKING:
            return "Duyệt trả lời"
        case State.ANSWERED if petition.publication == Petition.Publication.WAITING:
            return "Công khai câu trả lời"
    return ""
