"""The rights of this room, and how its verbs refuse; knows no service."""

from __future__ import annotations

from dossiers.models.old_papers import CHECK, CONFIRM, DECLARE, ENTER, READ, SIGN

STALE = "Lô đã thay đổi từ lúc bạn mở trang này. Trang dưới đây là bản mới nhất; bạn xem lại rồi làm tiếp."


class OldRefused(Exception):
    """It cannot be done as asked; ``message`` is for the person, ``field`` names what to mend, ``more`` further things by field."""

    def __init__(self, message: str, field: str = "", status: int = 422, more: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message, self.field, self.status, self.more = message, field, status, more or {}


__all__ = ["CHECK", "CONFIRM", "DECLARE", "ENTER", "READ", "SIGN", "STALE", "OldRefused"]
