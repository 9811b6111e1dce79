"""Administrative procedures and what the law says of each, typed part by part (Decree 63/2010 art. 8.2; Rules art. 14, 24.1a).

A procedure is an identity (its code). What it says is a version in force over a period; a version's parts are rows of their own.
"""

from procedures.models.announcing import ANNOUNCEMENTS, AnnouncedChange, Announcement, LocalConfirmation
from procedures.models.base import CODE_RULE, Anywhere, Level, Part, Subject, TimeUnit, tracked
from procedures.models.consulting import Consultation, EmbedSite, Opinion
from procedures.models.events import LifeEvent, LifeEventEntry, NextStep
from procedures.models.guidance import GuidanceTree
from procedures.models.guides import Guide
from procedures.models.imports import ImportRun, StagedRecord
from procedures.models.localisation import Localisation
from procedures.models.mistakes import MISTAKES, MistakeReport
from procedures.models.parts import Channel, FeeLine, LegalBasis, OnlineService, RequiredDocument, Result, Step, TimeLimit
from procedures.models.publication import LIFE
from procedures.models.quality import FINDINGS, REVIEWS, QualityFinding, QualityReport, QualityReview
from procedures.models.questions import CommonQuestion, QuestionRating, QuestionVote
from procedures.models.reductions import OnlineReduction
from procedures.models.search import SearchMiss, SearchWeight, SearchWord
from procedures.models.serving import SERVICES, Restructuring, ServiceDeclaration, ServiceEvent, ServiceReview
from procedures.models.use import USE_WINDOW_DAYS, ProcedureUse
from procedures.models.version import PART_WORDS, DateRange, Decision, Procedure, ProcedureVersion

__all__ = [
    "ANNOUNCEMENTS",
    "CODE_RULE",
    "FINDINGS",
    "LIFE",
    "MISTAKES",
    "PART_WORDS",
    "REVIEWS",
    "SERVICES",
    "USE_WINDOW_DAYS",
    "AnnouncedChange",
    "Announcement",
    "Anywhere",
    "Channel",
    "CommonQuestion",
    "Consultation",
    "DateRange",
    "Decision",
    "EmbedSite",
    "FeeLine",
    "GuidanceTree",
    "Guide",
    "ImportRun",
    "LegalBasis",
    "Level",
    "LifeEvent",
    "LifeEventEntry",
    "LocalConfirmation",
    "Localisation",
    "MistakeReport",
    "NextStep",
    "OnlineReduction",
    "OnlineService",
    "Opinion",
    "Part",
    "Procedure",
    "ProcedureUse",
    "ProcedureVersion",
    "QualityFinding",
    "QualityReport",
    "QualityReview",
    "QuestionRating",
    "QuestionVote",
    "RequiredDocument",
    "Restructuring",
    "Result",
    "SearchMiss",
    "SearchWeight",
    "SearchWord",
    "ServiceDeclaration",
    "ServiceEvent",
    "ServiceReview",
    "StagedRecord",
    "Step",
    "Subject",
    "TimeLimit",
    "TimeUnit",
    "tracked",
]
