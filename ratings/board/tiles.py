"""The figures of a dashboard in words: tiles, what changed since yesterday, each with the address of what it counts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from feedback.access import OVERSEE, READ
from portal.access import Actor, may
from portal.ui.tags import number
from ratings.board.queries import Glance
from ratings.board.rules import difference, rounded, share
from ratings.score.queries import Score
from ratings.score.wording import class_name

QUEUE = "/quan-tri/feedback/petition/"
Number = Decimal | float | int


@dataclass(frozen=True)
class Tile:
    """One figure that matters."""

    key: str
    label: str
    value: Number | None
    unit: str = ""
    note: str = ""
    kind: str = ""
    """``good``, ``wait``, ``bad`` or empty: how the note reads."""
    href: str = ""

    @property
    def shown(self) -> str:
        """The figure as people write it."""
        return "–" if self.value is None else f"{number(self.value)}{self.unit}"


@dataclass(frozen=True)
class Change:
    """A measure at the end of yesterday and now."""

    label: str
    before: int | None
    now: int
    is_worse_more: bool = False
    """Whether more of it is bad, whatever else happens."""

    @property
    def more(self) -> int | None:
        """How many more; None where yesterday is not known."""
        return None if self.before is None else self.now - self.before

    @property
    def kind(self) -> str:
        """Whether that is good or bad; mostly it is neither."""
        if not self.more or not self.is_worse_more:
            return ""
        return "bad" if self.more > 0 else "good"


def figures_url(agency: str, **params: str) -> str:
    """The address of the statistics behind a figure, as officers see them."""
    asked = {name.replace("_", "-"): value for name, value in {**params, "co_quan": agency}.items() if value}
    return f"{reverse('own-statistics')}?{urlencode(asked)}"


def page_url(name: str, agency: str, span: str) -> str:
    """The address of a page of figures, of an agency and a span."""
    asked = {"ky": span, **({"co-quan": agency} if agency else {})}
    return f"{reverse(name)}?{urlencode(asked)}"


def board_url(agency: str) -> str:
    """The address of a dashboard."""
    return reverse("board-of", args=[agency]) if agency else reverse("board")


def targets_url(agency: str) -> str:
    """The address of the board of targets."""
    return reverse("board-targets-of", args=[agency]) if agency else reverse("board-targets")


def reuse_url(agency: str) -> str:
    """The address of what was used again, by procedure."""
    return f"{reverse('board-reuse')}?{urlencode({'co-quan': agency})}" if agency else reverse("board-reuse")


def queue_url(actor: Actor, agency: str, *, late: bool) -> str:
    """Petitions of an agency: the queue of the desk for who works with them, else what is published of them."""
    if may(actor, OVERSEE) or (agency and may(actor, READ, agency)):
        whose = {"agency_code" if "." not in agency else "unit_code": agency} if agency else {}
        return f"{QUEUE}?{urlencode({**whose, **({'viec': 'qua-han'} if late else {})})}"
    return reverse("petition-figures-agency", args=[agency.split(".")[0]]) if agency else reverse("petition-figures")


def _more(value: Number | None, unit: str, than: str) -> str:
    """``tăng 3 so với hôm qua``."""
    if value is None:
        return ""
    if not value:
        return f"như {than}"
    return f"{'tăng' if value > 0 else 'giảm'} {number(Decimal(str(value)).copy_abs())}{unit} so với {than}"


def _rate(value: Number | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _score(score: Score, before: Decimal | None) -> Tile:
    """Points and class of the running month, with the rank among its kind."""
    more = difference(score.points, before)
    words = [f"xếp loại {class_name(score.grade)}"]
    words += [f"hạng {score.rank} trong {score.of}"] if score.rank is not None else []
    words += [_more(more, " điểm", "tháng trước")] if more is not None else []
    return Tile("score", "điểm đánh giá, tháng này", score.points, note="; ".join(words), href=reverse("score", args=[score.agency]))


def tiles(glance: Glance, actor: Actor) -> list[Tile]:
    """The figures on top, in the order in which they are read aloud in the morning."""
    now, yesterday, month, last = glance.now, glance.yesterday, glance.month, glance.last_month
    day, of_month = f"{glance.today}", f"{glance.today:%Y-%m}"
    on_time, on_time_last = _rate(month.kept_word), _rate(last.kept_word)
    points = difference(on_time, on_time_last)
    online, online_last = share(month.received_online, month.received), share(last.received_online, last.received)
    paid, paid_last = share(month.paid_online, month.with_fee), share(last.paid_online, last.with_fee)
    overdue = now.overdue - yesterday.overdue
    of = glance.petitions
    found = [
        Tile("overdue", "hồ sơ đang quá hạn", now.overdue, note=_more(overdue, "", "cuối ngày hôm qua"),
             kind="bad" if overdue > 0 else "good" if overdue < 0 else "", href=figures_url(glance.agency, ky=day)),
        Tile("pending_in_time", "đang giải quyết, còn hạn", now.pending_in_time,
             note=_more(now.pending_in_time - yesterday.pending_in_time, "", "cuối ngày hôm qua"), href=figures_url(glance.agency, ky=day)),
        Tile("received", "tiếp nhận hôm nay", now.received, note=f"cả ngày hôm qua: {number(yesterday.received)}",
             href=figures_url(glance.agency, ky=day, cot="tiep-nhan")),
        Tile("resolved", "giải quyết xong hôm nay", now.resolved, note=f"cả ngày hôm qua: {number(yesterday.resolved)}",
             href=figures_url(glance.agency, ky=day, cot="giai-quyet")),
        Tile("on_time", "đúng hạn, tháng này", on_time, "%", _more(points, " điểm", "tháng trước"),
             "good" if points and points > 0 else "bad" if points and points < 0 else "",
             figures_url(glance.agency, ky=of_month, cot="giai-quyet")),
        Tile("online", "nộp trực tuyến, tháng này", online, "%", _more(difference(online, online_last), " điểm", "tháng trước"),
             href=figures_url(glance.agency, ky=of_month, theo="kenh")),
        Tile("paid_online", "nộp tiền trực tuyến, tháng này", paid, "%", _more(difference(paid, paid_last), " điểm", "tháng trước"),
             href=figures_url(glance.agency, ky=of_month, cot="tiep-nhan")),
        Tile("petitions_open", "phản ánh chưa trả lời", of.open, note=_more(difference(of.open, of.open_before), "", "hôm qua"),
             href=queue_url(actor, glance.agency, late=False)),
        Tile("petitions_late", "phản ánh quá hạn", of.late, note=_more(difference(of.late, of.late_before), "", "hôm qua"),
             kind="bad" if of.late else "", href=queue_url(actor, glance.agency, late=True)),
    ]  # fmt: skip
    satisfied, before = glance.satisfied, glance.satisfied_before
    if satisfied.answered:
        value, old = (rounded(of.share) if of.is_enough else None for of in (satisfied, before))
        words = "chưa đủ phiếu để nêu tỷ lệ"
        if satisfied.is_enough:
            more = _more(difference(value, old), " điểm", "tháng trước")
            words = f"{number(satisfied.answered)} phiếu" + (f"; {more}" if more else "")
        found.append(Tile("satisfied", "hài lòng, tháng này", value, "%", words, href=page_url("satisfaction", glance.agency, of_month)))
    if glance.score is not None and glance.score.points is not None:
        found.append(_score(glance.score, glance.score_before))
    return found


def changes(glance: Glance) -> list[Change]:
    """What changed since yesterday, measure by measure."""
    now, yesterday, of = glance.now, glance.yesterday, glance.petitions
    return [
        Change("Tiếp nhận trong ngày", yesterday.received, now.received),
        Change("Giải quyết xong trong ngày", yesterday.resolved, now.resolved),
        Change("Giải quyết quá hạn trong ngày", yesterday.late, now.late),
        Change("Đang giải quyết", yesterday.pending, now.pending),
        Change("Đang quá hạn", yesterday.overdue, now.overdue, is_worse_more=True),
        Change("Phản ánh chưa trả lời", of.open_before, of.open),
        Change("Phản ánh quá hạn", of.late_before, of.late, is_worse_more=True),
    ]


def sentence(glance: Glance, place: str) -> dict[str, Any]:
    """What stands first, in numbers for the template."""
    points = difference(_rate(glance.month.kept_word), _rate(glance.last_month.kept_word))
    return {
        "place": place,
        "pending": glance.now.pending,
        "overdue": glance.now.overdue,
        "overdue_more": _more(glance.now.overdue - glance.yesterday.overdue, "", "cuối ngày hôm qua"),
        "received": glance.now.received,
        "resolved": glance.now.resolved,
        "kept_word": glance.month.kept_word,
        "kept_word_more": _more(points, " điểm", "tháng trước"),
    }
