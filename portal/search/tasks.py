"""Celery jobs of the search. Each may run any number of times."""

from __future__ import annotations

from celery import shared_task

from portal.search.models import StoredCorpus
from portal.search.stored import recount


@shared_task(name="portal.search.tasks.recount_corpora")
def recount_corpora() -> None:
    """Every night: how rare the words of each corpus in PostgreSQL have become, a task for each."""
    for corpus_id in StoredCorpus.objects.order_by("pk").values_list("pk", flat=True):
        recount_corpus.delay(corpus_id)


@shared_task(name="portal.search.tasks.recount_corpus")
def recount_corpus(corpus_id: int) -> None:
    """Count one corpus anew."""
    recount(corpus_id)
