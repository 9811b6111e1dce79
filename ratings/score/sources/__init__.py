"""Where the score's figures come from: each source counts all agencies at once, and shows the rows behind the count of one.

A criterion names its source; one that names none is left out of the score until somebody has its data.
"""

from __future__ import annotations

from ratings.score.sources.base import Rows, RowSeen, Source, Span
from ratings.score.sources.copies import COPIES
from ratings.score.sources.dossiers import DOSSIERS
from ratings.score.sources.petitions import PETITIONS
from ratings.score.sources.procedures import PROCEDURES

SOURCES: dict[str, Source] = {source.name: source for source in (*DOSSIERS, *PROCEDURES, *PETITIONS, *COPIES)}
"""By the names that rows of criteria use."""

__all__ = ["SOURCES", "RowSeen", "Rows", "Source", "Span"]
