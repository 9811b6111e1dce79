"""What the verbs of the helpdesk share."""

from __future__ import annotations

from collections.abc import Mapping


class HelpdeskRefused(Exception):
    """It cannot be done so; ``faults``: words for the person by field, ``""``: of the act as a whole."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = dict(faults)


STALE = "Người khác vừa xử lý việc này. Tải lại trang, xem lại rồi làm tiếp."
