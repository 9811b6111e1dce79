"""Tables of ratings, a room a file."""

from ratings.models.counts import DossierCount, DossierDelta
from ratings.models.demand import DemandForecast, DemandRun
from ratings.models.measured import MeasuredFigure, MeasuredFile, MeasureTolerance
from ratings.models.opendata import OpenEdition, OpenFile, OpenPart
from ratings.models.opinions import OpinionMark, OpinionReading
from ratings.models.score import Criterion, ScoreCount
from ratings.models.slips import Rating, RatingCount, Slip, SlipForm
from ratings.models.surveys import Survey, SurveyPlace, SurveyResponse, SurveyText
from ratings.models.tally import ScoreDelta, ScoreTally
from ratings.models.targets import AccountCount, LevelCount, Target
from ratings.models.work import CountedUntil, OfficerRating, ReturnCount, StepCount, WorkCount
from ratings.models.years import FrozenYear

__all__ = [
    "AccountCount", "CountedUntil", "Criterion", "DemandForecast", "DemandRun", "DossierCount", "DossierDelta", "FrozenYear", "LevelCount",
    "MeasureTolerance", "MeasuredFigure", "MeasuredFile", "OfficerRating", "OpenEdition", "OpenFile", "OpenPart", "OpinionMark",
    "OpinionReading", "Rating", "RatingCount", "ReturnCount", "ScoreCount", "ScoreDelta", "ScoreTally", "Slip", "SlipForm", "StepCount",
    "Survey", "SurveyPlace", "SurveyResponse", "SurveyText", "Target", "WorkCount",
]  # fmt: skip
