"""What targets are measured by: each source by its name, with the words that define it. Counts are kept ones; nothing is scanned."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from django.db.models import Max, Sum

from dossiers.counter_filing import counts as counters
from dossiers.digitising.declaring import Progress, by_agency, by_level
from dossiers.store.counting import Reuse, by_month
from procedures.services.serving import listed_by_opening
from ratings import spans
from ratings.board import counting
from ratings.board.rules import Level, Unit, rounded, share
from ratings.end_to_end import is_ministry
from ratings.models import AccountCount, LevelCount
from ratings.periods import MONTH, YEAR
from ratings.queries import Asked, Figures, statistics
from ratings.slips import queries as slips
from ratings.slips.rules import Steps
from ratings.work import queries as work
from ratings.work.queries import Work

Counts = Mapping[str, int]
"""By the names of `counting.MEASURES`, with ``units`` and ``units_digitising``."""


@dataclass(frozen=True)
class Reading:
    """What a source says of this year so far, and of each of the last twelve months."""

    value: Decimal | int | None
    part: int = 0
    whole: int = 0
    """What the value is made of; both 0 where it is not a share."""
    course: list[tuple[date, Decimal | int | None]] = field(default_factory=list)
    counted_at: datetime | None = None
    """None: as of this moment."""


@dataclass
class Room:
    """What all sources of one page share, each thing asked for once."""

    agency: str
    today: date

    @cached_property
    def months(self) -> list[date]:
        """The months of a trend."""
        return counting.last_months(self.today)

    @cached_property
    def level(self) -> str:
        """Of the agency itself; empty for the country (one query)."""
        return counting.level_of(self.agency, self.today) if self.agency else ""

    @cached_property
    def _live_year(self) -> Figures:
        return statistics(Asked(date(self.today.year, 1, 1), self.today, agency=self.agency), today=self.today).total

    @cached_property
    def _live_months(self) -> list[tuple[date, Figures]]:
        found = statistics(Asked(self.months[0], self.today, agency=self.agency), by="month", today=self.today)
        return [(date.fromisoformat(line.key), line.figures) for line in found.lines]

    @cached_property
    def _kept(self) -> dict[tuple[str, date, str], dict[str, int]]:
        """Counts by period and level (one query)."""
        rows = LevelCount.objects.filter(period=MONTH, first__gte=self.months[0]) | LevelCount.objects.filter(
            period=YEAR, first=date(self.today.year, 1, 1)
        )
        if self.agency:
            rows = rows.filter(agency=self.agency.split(".")[0])
        names = (*counting.MEASURES, "units", "units_digitising")
        found: dict[tuple[str, date, str], dict[str, int]] = {}
        for row in rows.values("period", "first", "agency", "level", *names):
            # Units of which the catalogue says no level are local where a province has them.
            levels = {row["level"], Level.CENTRAL if is_ministry(row["agency"]) else Level.LOCAL}
            for level in levels:
                at = found.setdefault((row["period"], row["first"], level), dict.fromkeys(names, 0))
                for name in names:
                    at[name] += row[name]
        return found

    @cached_property
    def counted_at(self) -> datetime | None:
        """When levels were counted last; None: never (one query)."""
        return LevelCount.objects.filter(period=YEAR, first=date(self.today.year, 1, 1)).aggregate(at=Max("counted_at"))["at"]

    def applies(self, level: str) -> bool:
        """Whether a target of a level is about dossiers of the agency or of some below it."""
        if not self.agency or level == Level.ANY:
            return True
        if level in (Level.COUNTRY, Level.DISTRICT):
            return False
        if is_ministry(self.agency):
            return level == Level.CENTRAL
        if level == Level.LOCAL:
            return True
        return level in (Level.PROVINCE, Level.COMMUNE) if "." not in self.agency else level == self.level

    def counts(self, level: str, *, units: bool = False) -> tuple[Counts, list[tuple[date, Counts]], datetime | None]:
        """The counts of this year and of the months; ``units``: with the numbers of units, which only levels have."""
        is_whole = level in (Level.ANY, Level.COUNTRY) or (self.agency and (level in (Level.CENTRAL, Level.LOCAL) or "." in self.agency))
        if is_whole and not units:
            return _of(self._live_year), [(month, _of(figures)) for month, figures in self._live_months], None
        first = date(self.today.year, 1, 1)
        months: list[tuple[date, Counts]] = [(month, self._kept.get((MONTH, month, level), {})) for month in self.months]
        return self._kept.get((YEAR, first, level), {}), months, self.counted_at

    @cached_property
    def satisfied(self) -> tuple[Steps, dict[str, Steps]]:
        """The overall question of slips, this year and by month (two queries)."""
        ends = self.today.replace(day=monthrange(self.today.year, self.today.month)[1])
        year = slips.satisfaction(self.agency, date(self.today.year, 1, 1), self.today).total
        return year, slips.satisfaction(self.agency, self.months[0], ends, by="month").rows

    @cached_property
    def handed(self) -> dict[date, counters.Month]:
        """Dossiers that one agency handed to another on the desk, by month (one query)."""
        first = min(self.months[0], date(self.today.year, 1, 1))
        return {one.month: one for one in counters.by_month(self.agency, first)}

    @cached_property
    def reuse(self) -> dict[date, Reuse]:
        """What was used again in dossiers filed here, by month (two queries)."""
        return by_month(self.agency, min(self.months[0], date(self.today.year, 1, 1)))

    @cached_property
    def old_papers(self) -> Mapping[str, Progress]:
        """Old papers in force and what of them is electronic, by the level that issued them (two queries)."""
        return by_level(by_agency(self.agency))

    @cached_property
    def worked(self) -> tuple[Work, dict[date, Work], int]:
        """What was done on the desk and at counters, this year and by month, and how many officers received in it (three queries)."""
        year = spans.named(f"{self.today.year}")
        assert year is not None
        people = sum(work.receivers(self.agency, self.today.year).values())
        return work.work_of(self.agency, year), work.months(self.agency, self.months[0]), people

    @cached_property
    def accounts(self) -> list[tuple[date, int]]:
        """Accounts by month of opening (one query)."""
        return list(AccountCount.objects.order_by("month").values("month").annotate(opened=Sum("number")).values_list("month", "opened"))

    @cached_property
    def accounts_counted_at(self) -> datetime | None:
        """When accounts were counted last (one query)."""
        return AccountCount.objects.aggregate(at=Max("counted_at"))["at"]


def _of(figures: Figures) -> Counts:
    return {
        "received": figures.received, "received_online": figures.received_online, "end_to_end": figures.end_to_end,
        "with_result": figures.with_result, "digitised": figures.digitised, "digitised_results": figures.digitised_results,
        "reused": figures.reused, "on_time": figures.early + figures.on_time, "dated": figures.early + figures.on_time + figures.late,
    }  # fmt: skip


@dataclass(frozen=True)
class Source:
    """One way to measure."""

    label: str
    words: str
    """What is divided by what."""
    read: Callable[[Room, str], Reading | None]
    """None: not for this agency."""
    unit: str = Unit.PER_CENT
    figures: str = ""
    """What of the address of the statistics shows where it comes from; empty: nothing there does."""
    page: str = ""
    """The name of another page that shows it."""
    page_has_spans: bool = True
    """Whether that page is asked for a year and an agency."""


def _share(part: str, whole: str) -> Callable[[Room, str], Reading | None]:
    def read(room: Room, level: str) -> Reading | None:
        year, months, counted_at = room.counts(level, units=whole == "units")
        course = [(month, share(of.get(part, 0), of.get(whole, 0))) for month, of in months]
        return Reading(share(year.get(part, 0), year.get(whole, 0)), year.get(part, 0), year.get(whole, 0), list(course), counted_at)

    def of_units(room: Room, level: str) -> Reading | None:
        return None if "." in room.agency else read(room, level)

    return of_units if whole == "units" else read


def _accounts(room: Room, level: str) -> Reading | None:
    if room.agency:
        return None
    if room.accounts_counted_at is None:
        return Reading(None)
    course = [(month, sum(number for opened, number in room.accounts if opened <= month)) for month in room.months]
    return Reading(sum(number for _opened, number in room.accounts), course=list(course), counted_at=room.accounts_counted_at)


def _satisfied(room: Room, level: str) -> Reading | None:
    year, months = room.satisfied
    course = [(month, _told(months.get(month.isoformat(), Steps()))) for month in room.months]
    value = _told(year)
    return Reading(value, *((year.satisfied, year.answered) if value is not None else (0, 0)), course=list(course))


def _used_again(part: str, whole: str) -> Callable[[Room, str], Reading | None]:
    """Of an agency with all below it, or of the country: what is counted here knows no levels."""

    def read(room: Room, level: str) -> Reading | None:
        if level not in (Level.ANY, Level.COUNTRY):
            return None
        of = [(month, room.reuse.get(month, Reuse())) for month in room.months]
        year = sum((sums for month, sums in room.reuse.items() if month.year == room.today.year), Reuse())
        course = [(month, share(getattr(sums, part), getattr(sums, whole))) for month, sums in of]
        return Reading(share(getattr(year, part), getattr(year, whole)), getattr(year, part), getattr(year, whole), list(course))

    return read


def _handed(room: Room, level: str) -> Reading | None:
    """Of an agency with all below it, or of the country."""
    if level not in (Level.ANY, Level.COUNTRY):
        return None
    year = [one for month, one in room.handed.items() if month.year == room.today.year]
    part, whole = sum(one.handed_electronic for one in year), sum(one.handed for one in year)
    of = [(month, room.handed.get(month)) for month in room.months]
    course = [(month, share(one.handed_electronic, one.handed) if one is not None else None) for month, one in of]
    return Reading(share(part, whole), part, whole, list(course))


def _old_results(room: Room, level: str) -> Reading | None:
    """As of this moment: what agencies declare in force is no year's."""
    one = room.old_papers.get(level)
    return Reading(share(one.counted, one.in_force), one.counted, one.in_force) if one is not None else None


def _waited(room: Room, level: str) -> Reading | None:
    year, months, _people = room.worked
    course = [(month, months.get(month, Work()).waited) for month in room.months]
    return Reading(year.waited, course=list(course))


def _productivity(room: Room, level: str) -> Reading | None:
    """Received by one person, as for a whole year: the days so far stand for all."""
    year, months, people = room.worked
    days = (date(room.today.year + 1, 1, 1) - date(room.today.year, 1, 1)).days
    value = round(year.received * days / people / room.today.timetuple().tm_yday) if people else None
    course = [
        (month, round(12 * months.get(month, Work()).received / people) if people and month.year == room.today.year else None)
        for month in room.months
    ]
    return Reading(value, course=list(course))


def _integrated(room: Room, level: str) -> Reading | None:
    """Of the yearly lists of services to integrate, all years up to this one. The course counts by when each was first open."""
    if room.agency or level not in (Level.ANY, Level.COUNTRY):
        return None
    rows = [row for row in listed_by_opening() if row[0] <= room.today.year]
    listed = sum(number for _year, _month, _open, number in rows)
    opened = sum(number for _year, _month, is_open, number in rows if is_open)
    course: list[tuple[date, Decimal | int | None]] = []
    for month in room.months:
        of = [row for row in rows if row[0] <= month.year]
        there = sum(number for _year, first, _open, number in of if first is not None and first <= month)
        course.append((month, share(there, sum(row[3] for row in of))))
    return Reading(share(opened, listed), opened, listed, course)


def _told(steps: Steps) -> Decimal | None:
    """The share, where there are slips enough to tell it."""
    return rounded(steps.share) if steps.is_enough else None


SOURCES: dict[str, Source] = {
    "online": Source(
        "Hồ sơ nộp trực tuyến", "Hồ sơ nộp trực tuyến trong số hồ sơ tiếp nhận.", _share("received_online", "received"),
        figures="theo=kenh",
    ),
    "end_to_end": Source(
        "Hồ sơ trực tuyến toàn trình", "Hồ sơ nộp qua dịch vụ trực tuyến toàn trình trong số hồ sơ tiếp nhận.",
        _share("end_to_end", "received"), figures="theo=muc-do",
    ),
    "satisfaction": Source(
        "Hài lòng theo phiếu đánh giá", "Phiếu chọn 4 hoặc 5 ở câu hỏi chung trong số phiếu đã trả lời; dưới 5 phiếu thì không nêu tỷ lệ.",
        _satisfied, page="satisfaction",
    ),
    "on_time": Source(
        "Giải quyết đúng hạn", "Hồ sơ giải quyết trước hạn và đúng ngày hẹn trong số đã giải quyết có ngày hẹn.",
        _share("on_time", "dated"), figures="cot=giai-quyet",
    ),
    "digitised_results": Source(
        "Kết quả được số hóa", "Hồ sơ có kết quả điện tử trong số hồ sơ đã có kết quả.", _share("digitised_results", "with_result"),
        figures="cot=giai-quyet",
    ),
    "old_results": Source(
        "Giấy tờ cũ được số hóa", "Bản điện tử đã ký của giấy tờ cũ trong số còn hiệu lực mà cơ quan khai, theo cấp đã cấp giấy.",
        _old_results, page="old-papers-progress", page_has_spans=False,
    ),
    "digitised": Source(
        "Hồ sơ, giấy tờ và kết quả được số hóa", "Hồ sơ có cả giấy tờ và kết quả điện tử trong số hồ sơ đã có kết quả.",
        _share("digitised", "with_result"), figures="cot=giai-quyet",
    ),
    "digitising_units": Source(
        "Đơn vị thực hiện số hóa", "Đơn vị đã có kết quả điện tử trong số đơn vị có phát sinh hồ sơ; tính theo đơn vị xử lý.",
        _share("units_digitising", "units"),
    ),
    "reused": Source(
        "Không phải cung cấp lại giấy tờ", "Hồ sơ dùng lại dữ liệu, giấy tờ đã có trong số hồ sơ tiếp nhận.", _share("reused", "received"),
        figures="cot=tiep-nhan",
    ),
    "reused_fields": Source(
        "Mục không phải khai lại", "Mục của tờ khai điền từ dữ liệu đã có trong số mục có trả lời, của hồ sơ nộp trên Cổng.",
        _used_again("fields_reused", "fields"), page="board-reuse",
    ),
    "reused_papers": Source(
        "Giấy tờ không phải nộp lại", "Loại giấy tờ lấy từ kho của người nộp trong số loại giấy tờ đã nộp, của hồ sơ nộp trên Cổng.",
        _used_again("papers_reused", "papers"), page="board-reuse",
    ),
    "handed_electronic": Source(
        "Hồ sơ chuyển đơn vị bằng điện tử", "Hồ sơ đơn vị khác đã nhận trên Cổng mà không kèm bản giấy trong số đã chuyển.", _handed,
    ),
    "waiting": Source(
        "Thời gian chờ tại quầy", "Phút chờ bình quân một lượt tại quầy lấy số của Cổng, từ đầu năm; tính khi hết ngày.", _waited,
        unit=Unit.MINUTES, page="board-work",
    ),
    "productivity": Source(
        "Năng suất tiếp nhận", "Hồ sơ tiếp nhận trên bàn làm việc của Cổng từ đầu năm, chia cho số người đã tiếp nhận, quy ra cả năm.",
        _productivity, unit=Unit.DOSSIERS, page="board-work",
    ),
    "integrated": Source(
        "Dịch vụ trong danh mục được tích hợp", "Dịch vụ đang cung cấp trên Cổng trong số dịch vụ của danh mục tích hợp các năm đến nay.",
        _integrated, page="online-services", page_has_spans=False,
    ),
    "accounts": Source(
        "Tài khoản trên Cổng", "Tài khoản của người dân, cán bộ và tổ chức đang dùng.", _accounts, unit=Unit.ACCOUNTS,
        page="board-accounts", page_has_spans=False,
    ),
}  # fmt: skip
"""What is counted today. A target whose source is not here is shown without a figure, and says so."""
