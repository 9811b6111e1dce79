"""Classes of retention of petitions (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {
    "PetitionKind": "reference",
    "Term": "reference",
    "Petition": {
        "*": "petition",
        "sender": "petition_content",
        "sender_key": "petition_content",
        "subject": "petition_content",
        "words": "petition_content",
        "text_print": "petition_content",
        "place_words": "petition_content",
        "helps_words": "petition_content",
        "party_id": "petition_content",
    },
    "PetitionEvent": {"*": "petition", "note": "petition_content"},
    "Holding": "petition",
    "Attachment": "petition_content",
    "PetitionDraft": "petition_content",
    "DraftFile": "petition_content",
    "PublishedCase": "public",
    "FinishedRound": {"*": "petition", "rated_words": "petition_content"},
    "ReaderVote": "fleeting",
    "TallyDelta": "figures",
    "Tally": "figures",
    "Supplement": "petition_content",
    "Opinion": "petition_content",
    "ProgressReport": "petition_content",
    "Answer": "petition_content",
    "ReplyTemplate": "reference",
    "SavedView": "technical",
    "SecretStub": "petition",
    "WarnedStep": "petition",
}
