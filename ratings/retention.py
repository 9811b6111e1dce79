"""Classes of retention of ratings and figures (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {
    "DossierDelta": "figures",
    "DossierCount": "figures",
    "OpenEdition": "public",
    "OpenPart": "technical",
    "OpenFile": "public",
    "Criterion": "reference",
    "ScoreCount": "figures",
    "SlipForm": "reference",
    "Slip": "opinion",
    "Rating": "opinion",
    "RatingCount": "figures",
    "Survey": "public",
    "SurveyPlace": "opinion",
    "SurveyResponse": "opinion",
    "SurveyText": "opinion",
    "ScoreDelta": "figures",
    "ScoreTally": "figures",
    "Target": "reference",
    "LevelCount": "figures",
    "AccountCount": "figures",
    "FrozenYear": "public",
    # Whose work it is: a position, as long as what was done in it.
    "WorkCount": {"*": "figures", "key": "authority"},
    "StepCount": "figures",
    "ReturnCount": "figures",
    "OfficerRating": "opinion",
    "CountedUntil": "technical",
    "OpinionReading": "opinion",
    "OpinionMark": "technical",
    "DemandForecast": "figures",
    "DemandRun": "technical",
    "MeasureTolerance": "reference",
    "MeasuredFile": "figures",
    "MeasuredFigure": "figures",
}
