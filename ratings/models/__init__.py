"""Tables of ratings, a room a file."""

from ratings.models.counts import DossierCount, DossierDelta
from ratings.models.score import Criterion, ScoreCount
from ratings.models.tally import ScoreDelta, ScoreTally

__all__ = ["Criterion", "DossierCount", "DossierDelta", "ScoreCount", "ScoreDelta", "ScoreTally"]
