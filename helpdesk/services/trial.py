"""Opinions on a trial: taken from anybody within limits, knowing nobody (Scheme III.3k)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.models import TrialOpinion
from helpdesk.services.common import HelpdeskRefused
from helpdesk.services.tickets import tidy
from portal.upkeep.known import trial_on
from procedures.services.mistakes import without_numbers

MOST_WORDS = 2000


def opinion_faults(*, about: str, marks: str, words: str) -> dict[str, str]:
    """What is wrong with what somebody typed, by field; empty: nothing."""
    found = {}
    if about not in TrialOpinion.About.values:
        found["about"] = _("Bạn hãy chọn phần bạn đã dùng.")
    if marks not in ("1", "2", "3", "4", "5"):
        found["marks"] = _("Bạn hãy chọn từ 1 đến 5.")
    if len(tidy(words)) > MOST_WORDS:
        found["words"] = _("Dài quá %(n)d ký tự. Bạn viết gọn lại.") % {"n": MOST_WORDS}
    return found


@transaction.atomic
def give_opinion(*, about: str, marks: str, words: str, language: str, now: dt.datetime) -> TrialOpinion:
    """Take an opinion down while the trial is open to everybody; numbers of people are taken out. :class:`HelpdeskRefused`."""
    day = timezone.localdate(now)
    trial = trial_on(day)
    if trial is None or day < trial.public_from:
        raise HelpdeskRefused({"": _("Cổng không trong thời gian thử nghiệm công khai.")})
    if found := opinion_faults(about=about, marks=marks, words=words):
        raise HelpdeskRefused(found)
    said = without_numbers(tidy(words))
    return TrialOpinion.objects.create(trial_id=trial.pk, about=about, marks=int(marks), words=said, language=language, created_at=now)
