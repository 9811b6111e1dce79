"""What a source is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from django.utils import timezone

from ratings.score.folding import given
from ratings.score.rules import last_day


@dataclass(frozen=True)
class Span:
    """A period as of a moment."""

    kind: str
    first: date
    now: datetime

    @property
    def last(self) -> date:
        """Its last day, to come or gone."""
        return last_day(self.kind, self.first)

    @property
    def until(self) -> date:
        """The day at whose end things are measured: the period's last, or today."""
        return min(self.last, timezone.localdate(self.now))

    @property
    def values(self) -> dict[str, Any]:
        """What statements of sources name."""
        return {**given(), "first": self.first, "last": self.last, "until": self.until}


@dataclass(frozen=True)
class RowSeen:
    """One thing that was counted: its code, never a person; and whether it is in the numerator."""

    code: str
    good: bool
    unit: str = ""
    day: date | None = None
    """What it counts by: of a dossier its reception, of a petition its receipt."""
    name: str = ""


@dataclass(frozen=True)
class Rows:
    """A page of them; ``after`` asks for the next one, empty at the end."""

    rows: list[RowSeen]
    after: str = ""


class Source(ABC):
    """One way to count numerator and denominator."""

    name: str
    what: ClassVar[str]
    """What its rows are: ``dossier``, ``procedure``, ``petition``, ``decision``, ``copy``."""

    @abstractmethod
    def counts(self, span: Span) -> tuple[str, dict[str, Any]]:
        """A statement that gives ``place, numerator, denominator`` of every agency at every depth where there is something to count.

        It may read ``score_place`` and ``score_procedure``, which :mod:`ratings.score.counting` has made of the tally for this span.
        """

    @abstractmethod
    def rows(self, agency: str, span: Span, *, good: bool | None = None, after: str = "", limit: int = 50) -> Rows:
        """The rows behind the count of an agency with all below it: those in the numerator, those that are not, or both."""

    def nameless(self, agency: str, span: Span) -> int:
        """How much of what is not in the numerator has no row, because nobody knows whose it was."""
        return 0
