"""What can be done with petitions. Each verb is one transaction: it checks right and state, writes event, act and figures, tells."""

from feedback.services.common import NotYours, PetitionRefused

__all__ = ["NotYours", "PetitionRefused"]
