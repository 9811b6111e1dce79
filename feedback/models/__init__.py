"""Tables of petitions, a concept a file."""

from feedback.models.desk import EnteredPetition, ProcedureReport
from feedback.models.drafts import DraftFile, PetitionDraft
from feedback.models.kinds import About, PetitionKind, Term
from feedback.models.petitions import Attachment, Holding, Petition, PetitionEvent
from feedback.models.published import FinishedRound, PublishedCase, ReaderVote, Tally, TallyDelta
from feedback.models.states import OPEN_STATES, TABLE, TOP, State
from feedback.models.work import Answer, Opinion, ProgressReport, ReplyTemplate, SavedView, SecretStub, Supplement, WarnedStep

__all__ = [
    "OPEN_STATES",
    "TABLE",
    "TOP",
    "About",
    "Answer",
    "Attachment",
    "DraftFile",
    "EnteredPetition",
    "FinishedRound",
    "Holding",
    "Opinion",
    "Petition",
    "PetitionDraft",
    "PetitionEvent",
    "PetitionKind",
    "ProcedureReport",
    "ProgressReport",
    "PublishedCase",
    "ReaderVote",
    "ReplyTemplate",
    "SavedView",
    "SecretStub",
    "State",
    "Supplement",
    "Tally",
    "TallyDelta",
    "Term",
    "WarnedStep",
]
