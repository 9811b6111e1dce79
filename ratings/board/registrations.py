"""What dashboards tell the rooms below: who may do what, what comes with the portal."""

from __future__ import annotations

from portal.access import Act, Assurance, register_acts
from portal.access.roles import LEADERS
from portal.operations.preparation import register_loader


def register() -> None:
    """Once, when the app is ready."""
    from ratings.board import counting, setting

    steering = frozenset({"steering"})
    register_acts(
        Act("ratings.board", "Xem bảng điều hành của cơ quan", LEADERS | {"overseeing"}),
        Act("ratings.board_country", "Xem bảng điều hành cả nước", steering, everywhere=True),
        Act("ratings.targets", "Đặt chỉ tiêu", steering, assurance=Assurance.HIGH, everywhere=True),
    )
    register_loader("chỉ tiêu", setting.begin, order=48)
    register_loader("số đếm theo cấp, tài khoản", counting.begin, order=90)
