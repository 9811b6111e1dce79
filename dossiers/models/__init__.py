"""Tables of the dossiers: forms as data, drafts, dossiers, their events, papers and issued documents."""

from dossiers.models.appointments import Appointment, ClosedDay, CounterDay, CounterPlan, HomeVisit, Priority, Slot, Ticket
from dossiers.models.archive import ArchivedDossier, ArchiveHold, ArchiveTerm, Disposal, DisposalItem
from dossiers.models.copies import CertifiedCopy, CopyBook, CopyScan, CopyWording
from dossiers.models.counter_filing import (
    CashBook,
    CashReceipt,
    CounterCount,
    CounterFiling,
    CounterPaper,
    DigitisingRate,
    Handover,
)
from dossiers.models.designs import Design, FormDesign, ResultDesign
from dossiers.models.desk import BulkAct, BulkRow, DeskLook, DeskView, OfficerKin
from dossiers.models.dossier import (
    CODE_FROM_BEHIND,
    CODE_PATTERN,
    DEADLINE,
    ENDED,
    ENDED_STATES,
    NAME_WORDS,
    OPEN_STATES,
    CodeCounter,
    Dossier,
    DossierEvent,
    Stage,
)
from dossiers.models.drafts import Draft
from dossiers.models.following import Revision, ShownResult
from dossiers.models.forms import FIELD_KINDS, FormVersion
from dossiers.models.handled import Handled, HandledResult, HandlingRule
from dossiers.models.happened import LateAnswer, UncountedEvent
from dossiers.models.interlinked import LinkedFiling, LinkedPart
from dossiers.models.kiosk import KioskDevice, KioskHandover
from dossiers.models.national import HERE, NationalDossier, NationalStep
from dossiers.models.old_papers import IssuerLevel, OldBatch, OldClaim, OldDeclaration, OldPage, OldPaper, OldScan
from dossiers.models.papers import DossierDocument, Paper
from dossiers.models.parcels import Parcel, ParcelStep, PostTariff, ReturnWish
from dossiers.models.payments import PaymentDemand
from dossiers.models.prints import FormPrint
from dossiers.models.processes import (
    Absence,
    DossierOpinion,
    DossierProcess,
    DossierStep,
    OfficerArea,
    ProcessTemplate,
    ProcessVersion,
)
from dossiers.models.registers import RegisterEntry
from dossiers.models.results import ResultVersion
from dossiers.models.reuse import DossierReuse, ReuseCount
from dossiers.models.signatures import DeclarationAttempt, SignedDeclaration
from dossiers.models.sources import AnswerSource, RegistryAnswer
from dossiers.models.states import TABLE, Standing, State
from dossiers.models.store import StoreLook, StorePaper, StorePaperFile, StoreShare
from dossiers.models.supplements import SupplementDefect, SupplementRequest
from dossiers.models.talking import DossierMessage, MessageFile, MessageTemplate
from dossiers.models.unit_slips import UnitSlip

__all__ = [
    "CODE_FROM_BEHIND",
    "CODE_PATTERN",
    "DEADLINE",
    "ENDED",
    "ENDED_STATES",
    "FIELD_KINDS",
    "HERE",
    "NAME_WORDS",
    "OPEN_STATES",
    "TABLE",
    "Absence",
    "AnswerSource",
    "Appointment",
    "ArchiveHold",
    "ArchiveTerm",
    "ArchivedDossier",
    "BulkAct",
    "BulkRow",
    "CashBook",
    "CashReceipt",
    "CertifiedCopy",
    "ClosedDay",
    "CodeCounter",
    "CopyBook",
    "CopyScan",
    "CopyWording",
    "CounterCount",
    "CounterDay",
    "CounterFiling",
    "CounterPaper",
    "CounterPlan",
    "DeclarationAttempt",
    "Design",
    "DeskLook",
    "DeskView",
    "DigitisingRate",
    "Disposal",
    "DisposalItem",
    "Dossier",
    "DossierDocument",
    "DossierEvent",
    "DossierMessage",
    "DossierOpinion",
    "DossierProcess",
    "DossierReuse",
    "DossierStep",
    "Draft",
    "FormDesign",
    "FormPrint",
    "FormVersion",
    "Handled",
    "HandledResult",
    "HandlingRule",
    "Handover",
    "HomeVisit",
    "IssuerLevel",
    "KioskDevice",
    "KioskHandover",
    "LateAnswer",
    "LinkedFiling",
    "LinkedPart",
    "MessageFile",
    "MessageTemplate",
    "NationalDossier",
    "NationalStep",
    "OfficerArea",
    "OfficerKin",
    "OldBatch",
    "OldClaim",
    "OldDeclaration",
    "OldPage",
    "OldPaper",
    "OldScan",
    "Paper",
    "Parcel",
    "ParcelStep",
    "PaymentDemand",
    "PostTariff",
    "Priority",
    "ProcessTemplate",
    "ProcessVersion",
    "RegisterEntry",
    "RegistryAnswer",
    "ResultDesign",
    "ResultVersion",
    "ReturnWish",
    "ReuseCount",
    "Revision",
    "ShownResult",
    "SignedDeclaration",
    "Slot",
    "Stage",
    "Standing",
    "State",
    "StoreLook",
    "StorePaper",
    "StorePaperFile",
    "StoreShare",
    "SupplementDefect",
    "SupplementRequest",
    "Ticket",
    "UncountedEvent",
    "UnitSlip",
]
