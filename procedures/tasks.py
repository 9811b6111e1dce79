"""Celery jobs of the catalogue. Each may run any number of times."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from portal.retention.services import note
from procedures import publishing, services
from procedures.guidance import services as guidance
from procedures.guides import services as guides
from procedures.questions import services as questions
from procedures.services import announcing

PUBLISHES = (announcing, guidance, guides, questions)
"""Rooms that register what they publish at a moment (`procedures.publishing`)."""


@shared_task(name="procedures.tasks.rank_by_use")
def rank_by_use() -> None:
    """Every night: order lists and answers by what people came for."""
    services.rank_by_use(timezone.localdate())


@shared_task(name="procedures.tasks.forget_old_misses")
def forget_old_misses() -> None:
    """Every night: questions that nobody has asked for half a year leave the editors' list."""
    now = timezone.now()
    note("procedures.tasks.forget_old_misses", {"technical": services.forget_old_misses(now)}, now=now)


@shared_task(name="procedures.tasks.publish_due")
def publish_due() -> None:
    """Every minute: publish decisions and texts that were given a moment; let what provinces lay down begin on its day."""
    publishing.publish_due(timezone.now())


@shared_task(name="procedures.tasks.find_faults")
def find_faults() -> None:
    """Every night: keep what the machine finds in the catalogue; what it no longer finds is done."""
    from procedures.services import quality

    quality.find_at_night(timezone.now())


@shared_task(name="procedures.forget_votes")
def forget_votes() -> None:
    """Every night: who said of an answer whether it helps is forgotten; what was said stays counted."""
    now = timezone.now()
    note("procedures.forget_votes", {"fleeting": questions.forget_votes(today=timezone.localdate(now))}, now=now)
