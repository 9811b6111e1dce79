"""Tables of ratings, a room a file."""

from ratings.models.counts import DossierCount, DossierDelta
from ratings.models.opendata import OpenEdition, OpenFile, OpenPart
from ratings.models.score import Criterion, ScoreCount
from ratings.models.slips import Rating, RatingCount, Slip, SlipForm
from ratings.models.surveys import Survey, SurveyPlace, SurveyResponse, SurveyText
from ratings.models.tally import ScoreDelta, ScoreTally
from ratings.models.targets import AccountCount, LevelCount, Target
from ratings.models.years import FrozenYear

__all__ = [
    "AccountCount", "Criterion", "DossierCount", "DossierDelta", "FrozenYear", "LevelCount", "OpenEdition", "OpenFile", "OpenPart",
    "Rating", "RatingCount", "ScoreCount", "ScoreDelta", "ScoreTally", "Slip", "SlipForm", "Survey", "SurveyPlace", "SurveyResponse",
    "SurveyText", "Target",
]  # fmt: skip
