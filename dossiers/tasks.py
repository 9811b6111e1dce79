"""Regular work on dossiers, in slices."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from dossiers import answering, services
from dossiers.appointments import booking, visits
from dossiers.archive import working
from dossiers.counter_filing import entering
from dossiers.desk_pages.looking import forget_looks as forget_old_looks
from dossiers.digitising import issuing
from dossiers.kiosk.handing import forget_old as forget_handovers
from dossiers.post import parcels
from dossiers.services import national, registries
from dossiers.store import counting
from portal.retention.services import note
from portal.workdays import is_decent_hour


@shared_task(name="dossiers.remind_of_payments")
def remind_of_payments() -> int:
    """Remind of what is to be paid within two working days."""
    return services.remind_of_payments(now=timezone.now())


@shared_task(name="dossiers.follow_late_orders")
def follow_late_orders() -> int:
    """Bring dossiers up to date whose payment is past its day, should the news of it have been lost."""
    return services.follow_late_orders(now=timezone.now())


@shared_task(name="dossiers.follow_supplements")
def follow_supplements() -> int:
    """Remind of what is to be completed, and draw the consequence where nobody did in time."""
    return services.follow_supplements(now=timezone.now())


@shared_task(name="dossiers.escalate_answers")
def escalate_answers() -> int:
    """Warn officers of online filings whose eight working hours are about to end, and tell heads of units of those that were not answered
    in time; at an hour at which people are awake."""
    now = timezone.now()
    return answering.warn_of_answers(now=now) + answering.escalate_answers(now=now) if is_decent_hour(now) else 0


@shared_task(name="dossiers.follow_drafts")
def follow_drafts() -> int:
    """Give dossiers back to their officers whose applicants did not answer a draft of the result in time."""
    return services.follow_drafts(now=timezone.now())


@shared_task(name="dossiers.add_reuse")
def add_reuse() -> int:
    """Add what was used again in dossiers sent since the last time to the counts by month."""
    return counting.add_up()


@shared_task(name="dossiers.check_typed")
def check_typed() -> int:
    """Ask once more the registries that had not answered when people typed."""
    return registries.check_typed(now=timezone.now())


@shared_task(name="dossiers.next_partitions")
def next_partitions() -> int:
    """Make room for the dossiers of this year and the two after it."""
    year = timezone.localdate().year
    return len(national.ensure_partitions(years=range(year, year + 3)))


@shared_task(name="dossiers.remove_old_prints")
def remove_old_prints() -> int:
    """Erase prints of declarations whose days are over."""
    return services.remove_old_prints(now=timezone.now())


SLICE_SECONDS = 15.0
"""One task works for so long, then the next one goes on: none outlives the broker's patience."""


@shared_task(name="dossiers.keep_drafts")
def keep_drafts() -> None:
    """Every morning, when people are awake: warn of drafts that nobody changes, and put those away whose time is over."""
    now = timezone.now()
    if not is_decent_hour(now):
        return
    _warned, all_warned = services.warn_of_drafts(now=now, seconds=SLICE_SECONDS)
    removed, all_removed = services.remove_drafts(now=now, seconds=SLICE_SECONDS)
    done = all_warned and all_removed
    note("dossiers.keep_drafts", {"draft": removed}, now=now, done=done)
    if not done:
        keep_drafts.apply_async(queue="bulk")


@shared_task(name="dossiers.remind")
def remind() -> None:
    """Every morning: drafts that wait, papers about to end, what usually comes next; a slice at a time, and never at night."""
    now = timezone.now()
    if not is_decent_hour(now):
        return
    for step in (services.remind_of_drafts, services.remind_of_papers, services.remind_of_stored, services.suggest_next_steps):
        _told, done = step(now=now, seconds=SLICE_SECONDS / 4)
        if not done:
            remind.apply_async(queue="bulk")
            return


@shared_task(name="dossiers.erase_drafts")
def erase_drafts() -> None:
    """Every night: erase drafts that nobody wanted back."""
    now = timezone.now()
    erased, done = services.erase_drafts(now=now, seconds=SLICE_SECONDS)
    note("dossiers.erase_drafts", {"draft": erased}, now=now, done=done)
    if not done:
        erase_drafts.apply_async(queue="bulk")


@shared_task(name="dossiers.keep_appointments")
def keep_appointments() -> None:
    """Every few minutes: free places that nobody confirmed; note who did not come; by day remind of tomorrow's."""
    now = timezone.now()
    booking.lapse(now=now, seconds=SLICE_SECONDS / 3)
    booking.close_past(now=now, seconds=SLICE_SECONDS / 3)
    if is_decent_hour(now):
        booking.remind(now=now, seconds=SLICE_SECONDS)


@shared_task(name="dossiers.forget_looks")
def forget_looks() -> None:
    """Every night: forget which dossiers officers looked at half a year ago; to them everything in those is news."""
    forget_old_looks(timezone.now())
    forget_handovers(now=timezone.now())


@shared_task(name="dossiers.forget_appointments")
def forget_appointments() -> None:
    """Every night: erase appointments, numbers and requests for receptions at home whose ninety days are over."""
    now = timezone.now()
    gone, all_gone = booking.forget(now=now, seconds=SLICE_SECONDS / 2)
    asked, all_asked = visits.forget(now=now, seconds=SLICE_SECONDS / 2)
    done = all_gone and all_asked
    note("dossiers.forget_appointments", {"appointment": gone + asked + booking.forget_numbers(now=now)}, now=now, done=done)
    if not done:
        forget_appointments.apply_async(queue="bulk")


@shared_task(name="dossiers.follow_parcels")
def follow_parcels() -> int:
    """Every minute: have the public post asked where parcels are, and once a day what it takes."""
    return parcels.follow(now=timezone.now())


@shared_task(name="dossiers.forget_counter_filings")
def forget_counter_filings() -> int:
    """Every night: erase what was begun at a counter and never entered."""
    now = timezone.now()
    erased = entering.forget_open(now=now)
    note("dossiers.forget_counter_filings", {"draft": erased}, now=now, done=True)
    return erased


@shared_task(name="dossiers.follow_disposals")
def follow_disposals() -> int:
    """Every night: carry on disposals that were confirmed and stand still."""
    return working.follow(now=timezone.now())


@shared_task(name="dossiers.look_for_owners")
def look_for_owners() -> int:
    """Look for the owners of old papers who were not known when these were signed; goes on in a task of its own while there are more."""
    landed, looked = issuing.look_again(now=timezone.now())
    if looked == issuing.SLICE:
        look_for_owners.apply_async(queue="bulk")
    return landed
