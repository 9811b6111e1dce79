"""Registrations of the feedback app."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_save


class FeedbackConfig(AppConfig):
    """Petitions: sent, received, handled, answered, published."""

    name = "feedback"
    verbose_name = "Phản ánh, kiến nghị"

    def ready(self) -> None:
        """Tell the rooms below: acts, notices, what comes with the portal."""
        from dossiers.archive.keeping_back import register_reason
        from feedback import account, demo, loading, names, notice_texts, queries_desk
        from feedback.models import PetitionEvent
        from feedback.search import PETITIONS
        from feedback.services import records
        from portal import search
        from portal.access import Act, Assurance, register_acts
        from portal.access.roles import OFFICER_ROLES
        from portal.documents.proofs import register_content, register_later
        from portal.operations.preparation import register_loader

        receives, handles, checks, publishes = (
            frozenset({f"petition_{name}"}) for name in ("reception", "handling", "checking", "publishing")
        )
        vpcp = frozenset({"steering"})
        high = Assurance.HIGH
        register_acts(
            Act("feedback.read", "Xem phản ánh, kiến nghị", receives | handles | checks | publishes),
            Act("feedback.receive", "Tiếp nhận, nhập, từ chối phản ánh", receives),
            Act("feedback.transfer", "Chuyển, trả lại, báo cáo phản ánh", receives | handles),
            Act("feedback.classify", "Phân loại, giao, gộp phản ánh", receives | handles),
            Act("feedback.ask", "Yêu cầu người gửi bổ sung", receives | handles),
            Act("feedback.handle", "Xử lý, soạn trả lời phản ánh", handles),
            Act("feedback.opine", "Cho ý kiến phối hợp", handles),
            Act("feedback.check", "Duyệt hoặc trả lại câu trả lời", checks, assurance=high),
            Act("feedback.publish", "Công khai câu trả lời", publishes, assurance=high),
            Act("feedback.secret", "Chuyển phản ánh sang chế độ mật", checks, assurance=high),
            Act("feedback.templates", "Sửa mẫu trả lời", receives | handles | checks),
            Act("feedback.report", "Báo cáo về thủ tục hành chính", OFFICER_ROLES),
            Act("feedback.oversee", "Xem mọi phản ánh, kiến nghị", vpcp, everywhere=True),
            Act("feedback.take_over", "Chủ trì phản ánh theo Điều 42.3đ", vpcp, assurance=high, everywhere=True),
            Act("feedback.settings", "Sửa loại, thời hạn phản ánh", vpcp, assurance=high, everywhere=True),
        )
        post_save.connect(_happened, sender=PetitionEvent, dispatch_uid="feedback.exchange")
        register_reason(queries_desk.keeps_back)
        notice_texts.register()
        account.register()
        names.register()
        register_content(records.KIND, records.record_content)
        register_later(records.KIND, records.what_came_later)
        register_loader("trả lời đã công khai trong tìm kiếm", lambda: search.ensure(PETITIONS), order=46)
        register_loader("loại và thời hạn phản ánh, kiến nghị", loading.load, order=45)
        register_loader(demo.STEP, demo.load, order=58, demo=True)


def _happened(sender: Any, instance: Any, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """What happens to a petition is told to the systems that must know, in the same transaction."""
    from feedback.exchanging import on_event

    if created and not raw:
        on_event(instance)
