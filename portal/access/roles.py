"""The roles a position can hold. Acts name the roles that may do them; an agency hands roles out (Rules art. 16.1, 41, 48)."""

from __future__ import annotations

ROLES = [
    ("reception", "Tiếp nhận hồ sơ"),
    ("handling", "Thụ lý hồ sơ"),
    ("signing", "Ký kết quả"),
    ("accounting", "Kế toán thu nộp"),
    ("petition_reception", "Tiếp nhận phản ánh, kiến nghị"),
    ("petition_handling", "Xử lý phản ánh, kiến nghị"),
    ("petition_checking", "Duyệt trả lời phản ánh, kiến nghị"),
    ("petition_publishing", "Công khai trả lời phản ánh, kiến nghị"),
    ("overseeing", "Theo dõi, điều hành"),
    ("administrator", "Quản trị đơn vị"),
    ("steering", "Văn phòng Chính phủ điều hành"),
    ("operating", "Vận hành tại tổ chức thanh toán, bưu chính"),
]
INSTITUTION_ROLES = frozenset({"operating"})
"""Roles of positions in an institution (a bank, the post); an institution's position has no others, an agency's none of these."""
OFFICER_ROLES = frozenset(name for name, _ in ROLES) - INSTITUTION_ROLES
"""Every role of an agency: for what any officer may look at."""
TOP_ROLES = frozenset({"steering"})
"""Roles whose acts hold in every agency: given in the Government Office alone."""
TOP_AGENCY = "G22"
LEADERS = frozenset({"signing"})
"""Who signs for an agency: its leaders, never whoever prepared what is signed."""
