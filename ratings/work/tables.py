"""The tables of the page of work: who, which counter, which agency, which step, which paper; the same rows for the page and for CSV."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts import queries as people
from dossiers.supplements.policies import reasons
from portal.ui.tables import Column
from ratings.board.rules import share
from ratings.queries import agency_names, procedure_names
from ratings.slips.rules import Steps
from ratings.spans import Span
from ratings.work import queries
from ratings.work.norms import Norm, expected, norms_of
from ratings.work.queries import ReturnLine, StepLine, Work
from ratings.work.reading import APPLICANTS, LABELS

ATTITUDE, RESULT = "officer", "result"
"""Codes of the questions that an officer is rated by (R-15)."""
_KINDS = {"field": "Mục của tờ khai", "paper": "Giấy tờ", "new_paper": "Giấy tờ khác"}

OFFICERS = [
    Column("name", "Cán bộ"),
    Column("received", "Tiếp nhận", kind="number"),
    Column("norm", "Mức chuẩn đến nay", kind="number"),
    Column("of_norm", "So với mức chuẩn (%)", kind="number"),
    Column("resolved", "Giải quyết xong", kind="number"),
    Column("on_time", "Đúng hạn (%)", kind="number"),
    Column("answers", "Trả lời trong 8 giờ (%)", kind="number"),
    Column("requests", "Lần yêu cầu bổ sung", kind="number"),
]
SERVED = [
    Column("served", "Lượt phục vụ tại quầy", kind="number"),
    Column("waited", "Chờ bình quân (phút)", kind="number"),
    Column("waited_over", "Lượt chờ quá chuẩn", kind="number"),
    Column("handled", "Giải quyết bình quân (phút)", kind="number"),
    Column("handled_over", "Lượt giải quyết quá chuẩn", kind="number"),
]
RATED = [
    Column("slips", "Phiếu đánh giá trong năm", kind="number"),
    Column("attitude", "Hài lòng về thái độ (%)", kind="number"),
    Column("result", "Hài lòng về kết quả (%)", kind="number"),
]
COUNTERS = [
    Column("name", "Quầy"),
    SERVED[0],
    Column("norm", "Mức chuẩn một người đến nay", kind="number"),
    Column("of_norm", "So với mức chuẩn (%)", kind="number"),
    *SERVED[1:],
]
BELOW = [
    Column("name", "Cơ quan"),
    Column("received", "Tiếp nhận", kind="number"),
    Column("people", "Người tiếp nhận trong năm", kind="number"),
    Column("resolved", "Giải quyết xong", kind="number"),
    Column("on_time", "Đúng hạn (%)", kind="number"),
    Column("answers", "Trả lời trong 8 giờ (%)", kind="number"),
    Column("waited", "Chờ bình quân (phút)", kind="number"),
    Column("handled", "Giải quyết tại quầy (phút)", kind="number"),
]
STEPS = [
    Column("procedure", "Thủ tục"),
    Column("step", "Bước"),
    Column("whose", "Việc của"),
    Column("number", "Lượt hồ sơ", kind="number"),
    Column("hours", "Bình quân (giờ làm việc)", kind="number"),
]
RETURNS = [
    Column("what", "Giấy tờ, mục"),
    Column("kind", "Loại"),
    Column("why", "Vì sao"),
    Column("procedure", "Thủ tục"),
    Column("asked", "Số lần", kind="number"),
]


@dataclass(frozen=True)
class Part:
    """One table: how addresses name it, its heading, its columns, its rows (a value may be a pair with an address)."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: list[dict[str, Any]] = field(default_factory=list)
    caption: str = ""
    """Of the table itself, where the heading above it says less."""

    def shown(self) -> list[Part]:
        """As the page shows it: sixteen columns stand in no row of a screen, so officers have two tables."""
        if self.name != "can-bo":
            return [self]
        at_counters = [self.columns[0], *SERVED, *RATED]
        return [
            replace(self, title="Cán bộ: hồ sơ", columns=OFFICERS, caption="Hồ sơ theo cán bộ, so với mức chuẩn"),
            replace(self, title="Cán bộ: tại quầy, phiếu đánh giá", columns=at_counters, caption="Tại quầy và phiếu đánh giá theo cán bộ"),
        ]

    def for_file(self) -> tuple[list[str], list[list[Any]]]:
        """Header and rows of a file: the code first, no addresses."""
        header = ["Mã", *(column.label for column in self.columns)]
        return header, [[row["code"], *(_plain(row.get(column.key)) for column in self.columns)] for row in self.rows]


def _plain(value: Any) -> Any:
    value = value[0] if isinstance(value, tuple) else value
    return float(value) if isinstance(value, Decimal) else value


def _told(steps: Steps | None) -> Decimal | None:
    """The share of 4 and 5, where there are slips enough to tell it."""
    return steps.share if steps is not None and steps.is_enough else None


def officer_row(work: Work, said: Mapping[str, Steps], norm: int) -> dict[str, Any]:
    """The figures of one officer."""
    slips = said.get(ATTITUDE, Steps())
    return {
        "received": work.received, "norm": norm, "of_norm": share(work.received, norm), "resolved": work.resolved,
        "on_time": work.on_time, "answers": work.answers_in_time, "requests": work.requests, **_served(work),
        "slips": slips.answered if slips.is_enough else None, "attitude": _told(slips), "result": _told(said.get(RESULT)),
    }  # fmt: skip


def _served(work: Work) -> dict[str, Any]:
    return {
        "served": work.served, "waited": work.waited, "waited_over": work.waited_over, "handled": work.handled,
        "handled_over": work.handled_over,
    }  # fmt: skip


def officers(unit: str, span: Span, today: date) -> Part:
    """The officers of a unit (four queries)."""
    done, said = queries.officers(unit, span), queries.ratings(unit, span.first.year)
    norm = expected(norms_of([unit], today)[unit].per_year, span, today)
    ids: set[UUID] = {*done, *said}
    names = people.officer_labels(ids)
    rows = [
        {"code": str(one), "name": names.get(one, "Chức danh không còn"), **officer_row(done.get(one, Work()), said.get(one, {}), norm)}
        for one in sorted(ids, key=lambda one: (names.get(one, ""), one))
    ]
    return Part("can-bo", "Cán bộ", [*OFFICERS, *SERVED, *RATED], rows)


def counters(unit: str, span: Span, today: date) -> Part:
    """The counters of a unit against what one person is to receive there (three queries)."""
    found = queries.counters(unit, span)
    norm = expected(norms_of([unit], today)[unit].per_year, span, today)
    rows = [
        {"code": str(key), "name": f"Quầy {key}", "norm": norm, "of_norm": share(work.served, norm), **_served(work)}
        for key, work in found.items()
    ]
    return Part("quay", "Quầy", COUNTERS, rows, "Thời gian chờ, giải quyết theo quầy")


def below(place: str, span: Span, address: Mapping[str, str] | None = None) -> Part:
    """The agencies below a place, those that kept fewest appointments first (three queries); ``address``: of their pages, by code."""
    found, receivers = queries.below(place, span), queries.receivers(place, span.first.year)
    names = agency_names(found)

    def order(code: str) -> tuple[bool, Decimal, str]:
        on_time = found[code].on_time
        return on_time is None, on_time or Decimal(0), code

    rows = []
    for code in sorted(found, key=order):
        work, name = found[code], names.get(code, code)
        rows.append({
            "code": code, "name": (name, address[code]) if address and code in address else name, "received": work.received,
            "people": receivers.get(code, 0), "resolved": work.resolved, "on_time": work.on_time, "answers": work.answers_in_time,
            "waited": work.waited, "handled": work.handled,
        })  # fmt: skip
    return Part("don-vi", "Cơ quan bên dưới", BELOW, rows, "Hồ sơ, thời gian tại quầy theo cơ quan")


def label_of(step: str) -> str:
    """What a step is called."""
    return LABELS.get(step, step)


def steps(lines: Iterable[StepLine], names: Mapping[str, str]) -> Part:
    """Steps by procedure, the slowest first."""
    rows = [
        {
            "code": line.procedure_code, "procedure": names.get(line.procedure_code, line.procedure_code), "step": label_of(line.step),
            "whose": "người nộp" if line.step in APPLICANTS else "cơ quan", "number": line.number, "hours": line.hours,
        }
        for line in lines
    ]  # fmt: skip
    return Part("buoc", "Bước chậm nhất, theo thủ tục", STEPS, rows)


def returns(lines: Iterable[ReturnLine], names: Mapping[str, str]) -> Part:
    """What was asked for again, most often first."""
    why = reasons()
    rows = [
        {
            "code": line.procedure_code, "what": line.label, "kind": _KINDS.get(line.kind, line.kind),
            "why": why[line.reason].label if line.reason in why else line.reason,
            "procedure": names.get(line.procedure_code, line.procedure_code), "asked": line.asked,
        }
        for line in lines
    ]  # fmt: skip
    return Part("giay-to", "Giấy tờ, mục phải bổ sung nhiều nhất", RETURNS, rows)


def by_reason(lines: Iterable[ReturnLine]) -> list[tuple[str, int]]:
    """Why things were asked for again, most often first."""
    why, found = reasons(), dict[str, int]()
    for line in lines:
        label = why[line.reason].label if line.reason in why else line.reason
        found[label] = found.get(label, 0) + line.asked
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


def names_of(*lines: Iterable[StepLine | ReturnLine]) -> dict[str, str]:
    """Names of the procedures of some lines (one query)."""
    return procedure_names({line.procedure_code for some in lines for line in some})


def norm_in_words(norm: Norm) -> str:
    """A norm as the page says it."""
    return f"{norm.per_year:,}".replace(",", ".") + f" hồ sơ một người một năm ({norm.label.lower()})"
