"""Classes of retention of the helpdesk (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {
    "TroubleKind": "reference",
    "TroubleCount": "figures",
    "Ticket": {"*": "petition", "words": "petition_content", "contact": "petition_content", "party_id": "petition_content"},
    "TicketStep": {"*": "petition", "words": "petition_content"},
    "AgencyRequest": "petition",
    "RequestStep": "petition",
    "Incident": "public",
    "Moved": "dossier",
    "TrialOpinion": "opinion",
}
