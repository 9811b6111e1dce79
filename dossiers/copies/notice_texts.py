"""What people are told about certified copies; the English of these words stands in ``portal/locale``."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from portal.notifications.registry import register_kind, register_template

COPIES = "dossiers.copies"
_SAMPLE = {"title": "Bằng tốt nghiệp trung học phổ thông", "number": "125/2026", "unit": "UBND phường Ví Dụ"}


def register() -> None:
    """Kind and text; once, in ``ready()``."""
    register_kind(COPIES, _("Bản sao điện tử được chứng thực"), law_bound=False)
    register_template(
        "dossiers.copy_certified",
        kind=COPIES,
        inbox_title=gettext_noop("Bản sao điện tử được chứng thực: {title}"),
        inbox_body=gettext_noop("{unit} đã chứng thực bản sao, số {number}. Bản sao ở kho giấy tờ của bạn, dùng được cho mọi hồ sơ."),
        sms=gettext_noop("{unit} đã chứng thực bản sao điện tử số {number}. Xem: {link}"),
        action=gettext_noop("Mở bản sao"),
        sample=_SAMPLE,
    )
