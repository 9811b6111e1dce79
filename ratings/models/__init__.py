"""Tables of ratings, a room a file."""

from ratings.models.counts import DossierCount, DossierDelta
from ratings.models.score import Criterion, ScoreCount
from ratings.models.tally import ScoreDelta, ScoreTally
from ratings.models.targets import AccountCount, LevelCount, Target
from ratings.models.years import FrozenYear

__all__ = [
    "AccountCount", "Criterion", "DossierCount", "DossierDelta", "FrozenYear", "LevelCount", "ScoreCount", "ScoreDelta", "ScoreTally",
    "Target",
]  # fmt: skip
