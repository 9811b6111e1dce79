"""Tables of the dossiers: forms as data, drafts, dossiers, their events, papers and issued documents."""

from dossiers.models.dossier import CODE_PATTERN, CodeCounter, Dossier, DossierEvent
from dossiers.models.drafts import Draft
from dossiers.models.forms import FIELD_KINDS, FormVersion
from dossiers.models.papers import DossierDocument, Paper
from dossiers.models.states import TABLE, State

__all__ = [
    "CODE_PATTERN",
    "FIELD_KINDS",
    "TABLE",
    "CodeCounter",
    "Dossier",
    "DossierDocument",
    "DossierEvent",
    "Draft",
    "FormVersion",
    "Paper",
    "State",
]
