"""What a process knows of maintenance, read-only mode and trials: loaded when a table has changed, else from memory."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import Error
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal.caching import marks
from portal.upkeep.models import Maintenance, ReadOnly, TrialPeriod

logger = logging.getLogger(__name__)
ROOM = "upkeep"
RETRY_SECONDS = 300
"""What a refused write is asked to wait where nobody has said until when."""


@dataclass(frozen=True)
class Facts:
    """All rows that may stand on a page, now or later."""

    maintenance: Sequence[Maintenance] = ()
    read_only: ReadOnly | None = None
    trials: Sequence[TrialPeriod] = ()


@dataclass(frozen=True)
class Line:
    """One line above every page. ``name`` differs whenever what it says does."""

    name: str
    kind: str
    """``wait``: planned; ``bad``: now; ``info``: trial."""
    text: str
    lang: str
    path: str


_held: tuple[str, Facts] = ("", Facts())


def facts() -> Facts:
    """What is known. Where the database does not answer what was known stands."""
    global _held
    mark = marks.of((ROOM,)) if settings.FRAME_FOLLOWS_TABLES else _held[0]
    if mark != _held[0]:
        try:
            _held = (mark, load())
        except Error:
            logger.warning("maintenance could not be read: what was known stands")
    return _held[1]


def load() -> Facts:
    """Read the rows now (three queries)."""
    now = timezone.now()
    return Facts(
        tuple(Maintenance.objects.filter(called_off_at__isnull=True, ended_at__isnull=True, ends_at__gt=now).order_by("begins_at")[:20]),
        ReadOnly.objects.filter(ended_at__isnull=True).first(),
        tuple(TrialPeriod.objects.filter(ends_on__gt=timezone.localdate(now)).order_by("begins_on")[:5]),
    )


def hold(found: Facts) -> None:
    """Know this until the tables change: for the process that has just changed them."""
    global _held
    _held = (_held[0], found)


def only_read_until(now: dt.datetime) -> dt.datetime | None:
    """Until when nothing is taken in; None: everything is. Where nobody said until when, some minutes from now."""
    known = facts()
    soon = now + dt.timedelta(seconds=RETRY_SECONDS)
    ends = [one.ends_at for one in known.maintenance if one.only_read and one.begins_at <= now < one.ends_at]
    if known.read_only is not None:
        until = known.read_only.until
        ends.append(until if until is not None and until > now else soon)
    return max(ends, default=None)


def trial_on(day: dt.date) -> TrialPeriod | None:
    """The trial of that day."""
    return next((one for one in facts().trials if one.begins_on <= day < one.ends_on), None)


def frame_lines(now: dt.datetime) -> list[Line]:
    """What stands above every page now, in the language of the page; no query."""
    english = get_language() == "en"
    prefix = "/en" if english else ""
    known, lines = facts(), []
    until = only_read_until(now)
    if known.read_only is not None and until is not None:
        text = _("Cổng đang ở chế độ chỉ xem: bạn đọc được mọi trang, chưa gửi được gì. Dự kiến đến %(until)s.")
        lines.append(Line(f"r{until:%Y%m%d%H%M}", "bad", text % {"until": said(until)}, "en" if english else "vi", f"{prefix}/bao-tri/"))
    for one in known.maintenance:
        if one.ends_at <= now:
            continue
        title = (one.english.get("title") if english else "") or one.title
        running = one.begins_at <= now
        if running:
            text = _("Đang bảo trì đến %(until)s: %(what)s.")
        elif one.emergency:
            text = _("Bảo trì khẩn cấp %(from)s – %(until)s: %(what)s.")
        else:
            text = _("Bảo trì theo kế hoạch %(from)s – %(until)s: %(what)s.")
        words = text % {"from": said(one.begins_at), "until": said(one.ends_at), "what": title.rstrip(".")}
        name = f"m{one.pk.hex}{one.begins_at:%m%d%H%M}{one.ends_at:%m%d%H%M}{int(running)}"
        lines.append(Line(name, "bad" if running else "wait", words, "en" if english else "vi", f"{prefix}/bao-tri/"))
    trial = trial_on(timezone.localdate(now))
    if trial is not None:
        last = trial.ends_on - dt.timedelta(days=1)
        text = _("Cổng đang vận hành thử từ %(from)s đến %(until)s. Cho ý kiến.")
        words = text % {"from": f"{trial.begins_on:%d/%m/%Y}", "until": f"{last:%d/%m/%Y}"}
        lines.append(Line(f"t{trial.pk}", "info", words, "en" if english else "vi", f"{prefix}/van-hanh-thu/"))
    return lines


def said(moment: dt.datetime) -> str:
    """A moment as it stands in a line: ``02:00 06/12/2026``."""
    return f"{timezone.localtime(moment):%H:%M %d/%m/%Y}"


def frame_mark() -> str:
    """Differs whenever the lines above a page do: part of what kept pages are known by."""
    known = facts()
    if not (known.maintenance or known.trials or known.read_only):
        return ""
    return "+".join(line.name for line in frame_lines(timezone.now()))
