"""The desk of the helpdesk; also of the rooms below it whose rows go from hand to hand (``WorkAdmin``)."""

from helpdesk.admin import content, incidents, requests, tickets, trial, upkeep

__all__ = ["content", "incidents", "requests", "tickets", "trial", "upkeep"]
