"""Administrative procedures and what the law says of each, typed part by part (Decree 63/2010 art. 8.2; Rules art. 14, 24.1a).

A procedure is an identity (its code). What it says is a version in force over a period; a version's parts are rows of their own.
"""

from procedures.models.base import CODE_RULE, Level, Part, Subject, TimeUnit, tracked
from procedures.models.events import LifeEvent, LifeEventEntry, NextStep
from procedures.models.imports import ImportRun, StagedRecord
from procedures.models.localisation import Localisation
from procedures.models.mistakes import MISTAKES, MistakeReport
from procedures.models.parts import Channel, FeeLine, LegalBasis, OnlineService, RequiredDocument, Result, Step, TimeLimit
from procedures.models.reductions import OnlineReduction
from procedures.models.search import SearchMiss, SearchWeight, SearchWord
from procedures.models.use import USE_WINDOW_DAYS, ProcedureUse
from procedures.models.version import PART_WORDS, DateRange, Decision, Procedure, ProcedureVersion

__all__ = [
    "CODE_RULE",
    "MISTAKES",
    "PART_WORDS",
    "USE_WINDOW_DAYS",
    "Channel",
    "DateRange",
    "Decision",
    "FeeLine",
    "ImportRun",
    "LegalBasis",
    "Level",
    "LifeEvent",
    "LifeEventEntry",
    "Localisation",
    "MistakeReport",
    "NextStep",
    "OnlineReduction",
    "OnlineService",
    "Part",
    "Procedure",
    "ProcedureUse",
    "ProcedureVersion",
    "RequiredDocument",
    "Result",
    "SearchMiss",
    "SearchWeight",
    "SearchWord",
    "StagedRecord",
    "Step",
    "Subject",
    "TimeLimit",
    "TimeUnit",
    "tracked",
]
