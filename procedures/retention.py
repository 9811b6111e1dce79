"""Classes of retention of the catalogue of procedures (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {
    "Procedure": "reference",
    "Decision": "reference",
    "ProcedureVersion": "reference",
    "LifeEvent": "reference",
    "NextStep": "reference",
    "LifeEventEntry": "reference",
    "Localisation": "reference",
    "Step": "reference",
    "Channel": "reference",
    "TimeLimit": "reference",
    "FeeLine": "reference",
    "RequiredDocument": "reference",
    "Result": "reference",
    "LegalBasis": "reference",
    "OnlineService": "reference",
    "OnlineReduction": "reference",
    "SearchWord": "reference",
    "SearchWeight": "reference",
    "ImportRun": "technical",
    "StagedRecord": "technical",
    "SearchMiss": "technical",
    "ProcedureUse": "figures",
    "MistakeReport": "petition",
    "Announcement": "reference",
    "AnnouncedChange": "reference",
    "LocalConfirmation": "reference",
    "Restructuring": "reference",
    "ServiceDeclaration": "reference",
    "ServiceEvent": "reference",
    "ServiceReview": "reference",
    "QualityReview": "reference",
    "QualityFinding": "reference",
    "Consultation": "reference",
    "Opinion": "petition",
    "EmbedSite": "reference",
}
