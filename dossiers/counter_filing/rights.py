"""The rights of counters, and how their verbs refuse; knows no service, so that every room may name them."""

from __future__ import annotations

ENTER = "dossiers.enter_at_counter"
CASH, REVERSE = "dossiers.take_cash", "dossiers.reverse_cash"
HAND = "dossiers.hand_over"
RATE = "dossiers.set_digitising_rate"
OWN = "Hồ sơ này là của bạn hoặc có tên bạn. Đồng nghiệp khác phải nhập và tiếp nhận."
STALE = "Hồ sơ đã thay đổi từ lúc bạn mở trang này. Trang dưới đây là bản mới nhất; bạn xem lại rồi làm tiếp."


class FilingRefused(Exception):
    """It cannot be done as asked; ``message`` is for the officer, ``field`` names what to mend, ``more`` further things by field."""

    def __init__(self, message: str, field: str = "", status: int = 422, more: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message, self.field, self.status, self.more = message, field, status, more or {}
