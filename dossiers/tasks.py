"""Regular work on dossiers, in slices."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from dossiers import services
from dossiers.services import national
from dossiers.store import counting


@shared_task(name="dossiers.remind_of_payments")
def remind_of_payments() -> int:
    """Remind of what is to be paid within two working days."""
    return services.remind_of_payments(now=timezone.now())


@shared_task(name="dossiers.follow_late_orders")
def follow_late_orders() -> int:
    """Bring dossiers up to date whose payment is past its day, should the news of it have been lost."""
    return services.follow_late_orders(now=timezone.now())


@shared_task(name="dossiers.add_reuse")
def add_reuse() -> int:
    """Add what was used again in dossiers sent since the last time to the counts by month."""
    return counting.add_up()


@shared_task(name="dossiers.next_partitions")
def next_partitions() -> int:
    """Make room for the dossiers of this year and the two after it."""
    year = timezone.localdate().year
    return len(national.ensure_partitions(years=range(year, year + 3)))


@shared_task(name="dossiers.remove_old_prints")
def remove_old_prints() -> int:
    """Erase prints of declarations whose days are over."""
    return services.remove_old_prints(now=timezone.now())
