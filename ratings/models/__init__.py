"""Tables of ratings, a room a file."""

from ratings.models.counts import DossierCount, DossierDelta
from ratings.models.score import Criterion, ScoreCount
from ratings.models.tally import ScoreDelta, ScoreTally
from ratings.models.years import FrozenYear

__all__ = ["Criterion", "DossierCount", "DossierDelta", "FrozenYear", "ScoreCount", "ScoreDelta", "ScoreTally"]
