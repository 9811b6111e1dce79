"""Regular work of statistics, in slices."""

from __future__ import annotations

import logging
import time

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from ratings import steering
from ratings.board import counting as levels
from ratings.demand import services as demand
from ratings.models import OpenEdition
from ratings.opendata import making
from ratings.score import counting, folding
from ratings.services import checking, figures
from ratings.slips import counting as answers
from ratings.slips import services as slips
from ratings.surveys import services as surveys
from ratings.understood import services as understood
from ratings.work import counting as work

logger = logging.getLogger(__name__)
SECONDS = 20
"""How long one task folds at most."""
FIRST = 6
"""Editions with which the open data of a new installation begins, before the night makes the others."""


@shared_task(name="ratings.fold")
def fold() -> int:
    """Fold what changed into the counts."""
    began, folded = time.monotonic(), 0
    while done := figures.fold():
        folded += done
        if done < figures.SLICE or time.monotonic() - began > SECONDS:
            # The next beat goes on: a task must end in time.
            break
    return folded


@shared_task(name="ratings.fold_scores")
def fold_scores() -> int:
    """Fold what changed into the tally of the score."""
    began, folded = time.monotonic(), 0
    while done := folding.fold():
        folded += done
        if done < folding.SLICE or time.monotonic() - began > SECONDS:
            break
    return folded


@shared_task(name="ratings.count_scores")
def count_scores() -> int:
    """Count the month, quarter and year that run; what does not fit into the time, the next beat does."""
    began, changed, now = time.monotonic(), 0, timezone.now()
    for kind, first in counting.running(timezone.localdate(now)):
        changed += counting.count(kind, first, now=now)
        if time.monotonic() - began > SECONDS:
            break
    return changed


@shared_task(name="ratings.count_closed_scores")
def count_closed_scores(done: int = 0) -> int:
    """Count anew the periods that late reports may still change; what does not fit into the time, a task after this one does."""
    began, now = time.monotonic(), timezone.now()
    periods = list(counting.closed(timezone.localdate(now)))
    for number in range(done, len(periods)):
        counting.count(*periods[number], now=now)
        if time.monotonic() - began > SECONDS:
            count_closed_scores.delay(number + 1)
            return number + 1
    return len(periods)


@shared_task(name="ratings.count_levels")
def count_levels(anew: bool = False) -> int:
    """Count levels of administration for the board of targets; ``anew`` all that a trend shows."""
    return levels.count_levels(timezone.now(), anew=anew)


@shared_task(name="ratings.count_accounts")
def count_accounts() -> int:
    """Count accounts for the board of targets."""
    return levels.count_accounts(timezone.now())


@shared_task(name="ratings.fold_slips")
def fold_slips() -> int:
    """Fold what was answered on slips into the counts."""
    began, folded = time.monotonic(), 0
    while done := answers.fold():
        folded += done
        if done < answers.SLICE or time.monotonic() - began > SECONDS:
            break
    return folded


@shared_task(name="ratings.fold_work")
def fold_work() -> int:
    """Fold what happened on the desk into the counts of work, and the numbers of counters once their day is over."""
    began, folded = time.monotonic(), 0
    while done := work.fold():
        folded += done
        if done < work.SLICE or time.monotonic() - began > SECONDS:
            break
    work.count_counters(timezone.localdate())
    return folded


@shared_task(name="ratings.tell_slips")
def tell_slips() -> int:
    """Tell applicants of the slips of dossiers that ended."""
    began, told = time.monotonic(), 0
    while done := slips.tell(now=timezone.now()):
        told += done
        if done < slips.SLICE or time.monotonic() - began > SECONDS:
            break
    return told


@shared_task(name="ratings.invite_to_surveys")
def invite_to_surveys() -> int:
    """Invite the applicants whom open surveys ask."""
    began, invited = time.monotonic(), 0
    while done := surveys.invite(now=timezone.now()):
        invited += done
        if time.monotonic() - began > SECONDS:
            break
    return invited


@shared_task(name="ratings.begin_open_data")
def begin_open_data() -> int:
    """Begin the files of the open data that are due tonight; how many editions."""
    now = timezone.now()
    return making.begin_due(timezone.localdate(now), now=now)


@shared_task(name="ratings.make_open_data")
def make_open_data() -> int:
    """Do steps of what is being made; what does not fit into the time, a task after this one does, or the next beat.

    On a new installation the newest files are made at once, not only tonight.
    """
    now = timezone.now()
    if not OpenEdition.objects.exists():
        making.begin_due(timezone.localdate(now), now=now, most=FIRST)
    done = making.go_on(now=now)
    if done and OpenEdition.objects.filter(state=OpenEdition.MAKING).exists():
        make_open_data.apply_async(queue="bulk")
    return done


@shared_task(name="ratings.check_figures")
def check_figures(number: int = 0, differing: int = 0) -> int:
    """Count the next slice of statistics anew; the others follow in tasks of their own. What differs is named in the log, not mended:
    `manage.py recount_dossiers` does that once somebody has looked."""
    began = time.monotonic()
    parts = list(checking.slices())
    while number < len(parts):
        off, first = 0, None
        try:
            off, first = checking.check(parts[number])
        except OperationalError:
            # A unit with very many dossiers, or a busy night: the others are checked all the same.
            logger.warning("a slice of statistics was not checked in time", extra={"slice": str(parts[number])})
        number, differing = number + 1, differing + off
        if first is not None:
            logger.error("statistics differ from the dossiers", extra={"counts": off, "first": str(first)})
        if time.monotonic() - began > SECONDS / 4 and number < len(parts):
            check_figures.apply_async(kwargs={"number": number, "differing": differing}, queue="bulk")
            return differing
    logger.info("statistics were checked", extra={"slices": len(parts), "differing": differing})
    return differing


@shared_task(name="ratings.feed_steering")
def feed_steering() -> int:
    """Send how things stand to the steering centre and whoever else asked for it."""
    return steering.push(timezone.now())


@shared_task(name="ratings.understand")
def understand() -> int:
    """Read comments that were checked since the last time; what does not fit into the time, a task after this one does."""
    began, read = time.monotonic(), 0
    while done := understood.read_some(now=timezone.now()):
        read += done
        if time.monotonic() - began > SECONDS:
            understand.apply_async(queue="bulk")
            break
    return read


@shared_task(name="ratings.forecast_demand")
def forecast_demand() -> int:
    """Tonight's forecasts of demand, a slice of units at a time, then the errors of those before; the rest a task after this one does."""
    began, made, now = time.monotonic(), 0, timezone.now()
    while demand.go_on(now=now):
        made += 1
        if time.monotonic() - began > SECONDS:
            forecast_demand.apply_async(queue="bulk")
            break
    return made
