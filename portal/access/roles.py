"""The roles a position can hold. Acts name the roles that may do them; an agency hands roles out (Rules art. 16.1, 41, 48)."""

from __future__ import annotations

ROLES = [
    ("reception", "Tiếp nhận hồ sơ"),
    ("handling", "Thụ lý hồ sơ"),
    ("signing", "Ký kết quả"),
    ("administrator", "Quản trị đơn vị"),
    ("steering", "Văn phòng Chính phủ điều hành"),
]
OFFICER_ROLES = frozenset(name for name, _ in ROLES)
"""Every role: for what any officer may look at."""
LEADERS = frozenset({"signing"})
"""Who signs for an agency: its leaders, never whoever prepared what is signed."""
