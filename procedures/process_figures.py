"""What a room above knows of how a procedure goes: slow steps, papers asked for again; shown where it is restructured (R-16)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Process:
    """How a procedure goes at an agency and below it."""

    span: str
    """Of which time, in words."""
    slow: Sequence[tuple[str, str, int]]
    """The step, working hours on average, how often it was counted; the slowest first."""
    returned: Sequence[tuple[str, str, int]]
    """What was asked for again, why, how often; the most frequent first."""
    url: str
    """The page with all of it."""

    @property
    def words(self) -> str:
        """In two sentences."""
        slow = "; ".join(f"{step} {hours} giờ làm việc" for step, hours, _number in self.slow[:3]) or "chưa có số liệu"
        returned = "; ".join(f"{name}, {reason} ({number} lượt)" for name, reason, number in self.returned[:3]) or "chưa có lần nào"
        return f"Bước chậm, {self.span}: {slow}. Hay phải bổ sung: {returned}."


_known: list[Callable[[str, str], Process | None]] = []


def register_process(known: Callable[[str, str], Process | None]) -> None:
    """Let the room that counts say how a procedure goes at an agency (code of the procedure, of the agency). Once, in ``ready()``."""
    _known[:] = [known]


def process_of(procedure_code: str, unit_code: str) -> Process | None:
    """How a procedure goes; None: nobody counts, or nothing was counted."""
    for known in _known:
        return known(procedure_code, unit_code)
    return None
