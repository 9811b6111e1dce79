"""How long and how much one writes to each other. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from dossiers.models import State

MOST_WORDS = 5_000
MOST_FILES = 5
"""Files that come with one message."""
AN_HOUR = 20
"""Messages of one person an hour, about all their dossiers."""
AFTERWARDS = timedelta(days=30)
"""So long after a dossier has ended one may still write: questions about a result come then."""
SHOWN = 200
"""Messages on a page, the newest."""
PLACES = {"{ma}": "mã hồ sơ", "{thu-tuc}": "tên thủ tục", "{nguoi-nop}": "người nộp", "{hen-tra}": "giờ hẹn trả"}
"""What templates may leave open, and what stands there."""

_WITHDRAWN = _("Hồ sơ đã được rút nên không nhắn tin về hồ sơ này nữa.")
_OVER = _("Hồ sơ đã kết thúc hơn 30 ngày nên không nhắn tin về hồ sơ này nữa. Cần hỏi, bạn gọi cơ quan hoặc gửi phản ánh, kiến nghị.")


def ended_at(dossier: Any) -> datetime | None:
    """When a dossier ended; None while the agency works on it."""
    moment: datetime | None = dossier.returned_at or dossier.stopped_at or dossier.refused_at or dossier.withdrawn_at
    return moment if dossier.state in (State.RETURNED, State.STOPPED, State.REFUSED, State.WITHDRAWN) else None


def refusal(dossier: Any, now: datetime) -> str:
    """Why nothing can be written about a dossier any more, as a sentence for whoever wants to; empty when it can."""
    if dossier.state == State.WITHDRAWN:
        return str(_WITHDRAWN)
    ended = ended_at(dossier)
    return str(_OVER) if ended is not None and now > ended + AFTERWARDS else ""


def filled(words: str, values: Mapping[str, str]) -> str:
    """The words of a template with its places filled."""
    for place, value in values.items():
        words = words.replace(place, value)
    return words
