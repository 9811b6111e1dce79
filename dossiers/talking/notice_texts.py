"""What people are told of messages: that there is one, never what it says."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from portal.notifications.registry import register_kind, register_template

DESK = "dossiers.desk"
_SAMPLE = {"code": "H26.101-261129-0001", "procedure": "Đăng ký khai sinh", "unit": "UBND phường Ví Dụ"}


def register() -> None:
    """Once, in ``ready()``."""
    register_kind(DESK, _("Tin nhắn về hồ sơ bạn phụ trách (cán bộ)"), law_bound=False, for_officers=True)
    register_template(
        "dossiers.message",
        inbox_title=gettext_noop("Hồ sơ {code}: cơ quan nhắn tin cho bạn"),
        inbox_body=gettext_noop("{unit} viết cho bạn về hồ sơ {procedure}. Bạn đọc và trả lời ở trang hồ sơ, mục Tin nhắn."),
        sms=gettext_noop("Hồ sơ {code}: {unit} nhắn tin cho bạn. Đọc tại: {link}"),
        action=gettext_noop("Đọc tin nhắn"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.message_to_desk",
        kind=DESK,
        inbox_title=gettext_noop("Hồ sơ {code}: người nộp nhắn tin"),
        inbox_body=gettext_noop("Người nộp hồ sơ {procedure} viết cho cơ quan. Bạn đọc và trả lời ở bàn làm việc."),
        sms=gettext_noop("Hồ sơ {code}: người nộp nhắn tin. Trả lời tại: {link}"),
        action=gettext_noop("Mở tin nhắn"),
        sample=_SAMPLE,
    )
