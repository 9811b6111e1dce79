"""Registrations of the helpdesk."""

from __future__ import annotations

from django.apps import AppConfig


class HelpdeskConfig(AppConfig):
    """Help for people and agencies, incidents, answers by machine."""

    name = "helpdesk"
    verbose_name = "Hỗ trợ, sự cố"

    def ready(self) -> None:
        """Tell the rooms below: acts, notices, what comes with the portal."""
        from helpdesk import account, loading, notice_texts
        from helpdesk.models.requests import ANSWER, ASK
        from helpdesk.models.tickets import WORK
        from helpdesk.services.incidents import ACT as INCIDENTS
        from portal.access import Act, register_acts
        from portal.operations.preparation import register_loader
        from portal.upkeep.apps import TOP

        first, technical, steering = frozenset({"petition_reception", "content"}), frozenset({"technical"}), frozenset({"steering"})
        agency = frozenset({"technical", "administrator"})
        register_acts(
            Act(WORK, "Xử lý yêu cầu hỗ trợ của người dân", first | technical | steering, everywhere=True, at=TOP),
            Act("helpdesk.first", "Hàng đợi tổng đài", first | steering, everywhere=True, at=TOP),
            Act("helpdesk.technical", "Hàng đợi kỹ thuật", technical | steering, everywhere=True, at=TOP),
            Act("helpdesk.kinds", "Sửa loại vướng mắc", steering, everywhere=True, at=TOP),
            Act(ASK, "Đề nghị hỗ trợ, xử lý sự cố", agency),
            Act(ANSWER, "Xử lý đề nghị hỗ trợ của cơ quan", technical | steering, everywhere=True, at=TOP),
            Act(INCIDENTS, "Ghi sự cố", technical | steering, everywhere=True, at=TOP),
            Act("helpdesk.trial", "Xem ý kiến về bản thử", technical | steering | frozenset({"content"}), everywhere=True, at=TOP),
        )
        notice_texts.register()
        account.register()
        register_loader("loại vướng mắc khi dùng Cổng", loading.load, order=47)
