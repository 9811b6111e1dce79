"""The tables of the helpdesk."""

from helpdesk.models.incidents import Incident, Moved, Service
from helpdesk.models.requests import AgencyRequest, RequestStep
from helpdesk.models.tickets import Ticket, TicketStep, TroubleCount, TroubleKind
from helpdesk.models.trial import TrialOpinion

__all__ = [
    "AgencyRequest",
    "Incident",
    "Moved",
    "RequestStep",
    "Service",
    "Ticket",
    "TicketStep",
    "TrialOpinion",
    "TroubleCount",
    "TroubleKind",
]
