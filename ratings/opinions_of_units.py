"""What people think of one-stop units, for the map of them (requirement C-26; Reform III.5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from portal.languages import address
from ratings.slips.queries import satisfaction_of

SPAN = dt.timedelta(days=365)


def opinions_of(codes: Collection[str]) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Of units: the share of answers to slips in twelve months that are satisfied, leading to the figures; nothing where too few
    answered (one query)."""
    today = timezone.localdate()
    found: dict[str, list[tuple[str, str]]] = {}
    for code, steps in satisfaction_of(codes, today - SPAN, today).items():
        if steps.is_enough and steps.share is not None:
            share = f"{steps.share:.0f}"
            words = _("%(share)s %% hài lòng, trong %(n)d lượt đánh giá của 12 tháng") % {"share": share, "n": steps.answered}
            url = f"{address('satisfaction')}?{urlencode({'co-quan': code})}"
            found[code] = [(_("Người dân đánh giá"), format_html('<a href="{}">{}</a>', url, words))]
    return found
