"""Working time: office hours, holidays, swap days, and the moment at which something falls due.

Pure functions: ``now`` and ``start`` are arguments, the calendar is a value. All results are in Asia/Ho_Chi_Minh.
"""

from portal.workdays.calendar import (
    OFFICE_HOURS,
    ZONE,
    Calendar,
    CalendarDoesNotReach,
    after_working_time,
    is_working_day,
    national_calendar,
    working_time_between,
)
from portal.workdays.due import RESPONSE_HOURS, Unit, due_at, moved, opening_before, remaining_words, response_due
from portal.workdays.hours import is_decent_hour
from portal.workdays.months import last_day_over, month_later

__all__ = [
    "OFFICE_HOURS",
    "RESPONSE_HOURS",
    "ZONE",
    "Calendar",
    "CalendarDoesNotReach",
    "Unit",
    "after_working_time",
    "due_at",
    "is_decent_hour",
    "is_working_day",
    "last_day_over",
    "month_later",
    "moved",
    "national_calendar",
    "opening_before",
    "remaining_words",
    "response_due",
    "working_time_between",
]
