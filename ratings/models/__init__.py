"""Tables of ratings, a room a file."""

from ratings.models.counts import DossierCount, DossierDelta
from ratings.models.score import Criterion, ScoreCount

__all__ = ["Criterion", "DossierCount", "DossierDelta", "ScoreCount"]
