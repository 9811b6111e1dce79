"""The roles a position can hold, by component. Acts name the roles that may do them; agencies hand roles out (Rules art. 16.1, 41, 48)."""

from __future__ import annotations

from collections.abc import Mapping

COMPONENTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "Hồ sơ": (
        ("reception", "Tiếp nhận hồ sơ"),
        ("handling", "Thụ lý hồ sơ"),
        ("signing", "Ký kết quả"),
        ("clerk", "Văn thư"),
        ("archivist", "Lưu trữ"),
        ("counter", "Quầy tiếp nhận theo hợp đồng (bưu chính công ích)"),
    ),
    "Thủ tục hành chính": (
        ("procedure_entering", "Nhập dữ liệu thủ tục"),
        ("procedure_checking", "Kiểm tra dữ liệu thủ tục"),
        ("procedure_publishing", "Công khai dữ liệu thủ tục"),
    ),
    "Phản ánh, kiến nghị": (
        ("petition_reception", "Tiếp nhận phản ánh, kiến nghị"),
        ("petition_handling", "Xử lý phản ánh, kiến nghị"),
        ("petition_checking", "Duyệt trả lời phản ánh, kiến nghị"),
        ("petition_publishing", "Công khai trả lời phản ánh, kiến nghị"),
    ),
    "Thanh toán": (
        ("accounting", "Kế toán thu nộp"),
        ("operating", "Vận hành tại tổ chức thanh toán, bưu chính"),
    ),
    "Số liệu": (("overseeing", "Theo dõi, điều hành"),),
    "Nội dung": (("content", "Nội dung, danh mục, khảo sát"),),
    "Kỹ thuật": (("technical", "Vận hành kỹ thuật"),),
    "Quản trị": (
        ("administrator", "Quản trị đơn vị"),
        ("institution_administrator", "Quản trị tại tổ chức thanh toán, bưu chính"),
        ("steering", "Văn phòng Chính phủ điều hành"),
    ),
}
"""The parts of the portal and the roles of each, as they are shown where roles are handed out."""
ROLES = [one for roles in COMPONENTS.values() for one in roles]
INSTITUTION_ROLES = frozenset({"operating", "institution_administrator"})
"""Roles of positions in an institution (a bank, the post); an institution's position has no others, an agency's none of these."""
CONTRACT_ROLES = frozenset({"counter"})
"""Roles at an agency's counter of people who are not its own: by contract with their company, and nothing else (Reform III.4c)."""
OFFICER_ROLES = frozenset(name for name, _ in ROLES) - INSTITUTION_ROLES - CONTRACT_ROLES
"""Every role of an agency: for what any officer may look at."""
TOP_ROLES = frozenset({"steering"})
"""Roles whose acts hold in every agency: given in the Government Office alone."""
TOP_AGENCY = "G22"
LEADERS = frozenset({"signing"})
"""Who signs for an agency: its leaders, never whoever prepared what is signed."""
ADMINISTRATORS = frozenset({"administrator", "institution_administrator"})
"""Who hands out roles: those, and no others, that came with the right to (``PositionRole.grants``). Never lent to a substitute."""


def roles_of_place(unit_code: str, *, at_institution: bool) -> frozenset[str]:
    """Every role that a position of this place can hold."""
    if at_institution:
        return INSTITUTION_ROLES
    return OFFICER_ROLES if unit_code.partition(".")[0] == TOP_AGENCY else OFFICER_ROLES - TOP_ROLES
