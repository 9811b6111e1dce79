"""What people are told about their old papers; the English of these words stands in ``portal/locale``."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from portal.notifications.registry import STEPS, register_template

_SAMPLE = {"paper": "Giấy chứng nhận kết hôn", "unit": "UBND phường Ví Dụ", "reason": "Nơi sinh ghi trên giấy khác với hồ sơ."}


def register() -> None:
    """Texts; once, in ``ready()``."""
    register_template(
        "dossiers.old_landed",
        kind=STEPS,
        inbox_title=gettext_noop("{paper} cũ của bạn đã có bản điện tử"),
        inbox_body=gettext_noop(
            "{unit} đã số hóa và ký số giấy tờ này. Bản điện tử nằm trong kho giấy tờ của bạn; khi nộp hồ sơ bạn không phải nộp lại."
        ),
        sms=gettext_noop("{paper} cũ của bạn đã có bản điện tử trong kho giấy tờ. Xem: {link}"),
        action=gettext_noop("Xem giấy tờ"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.old_claim_refused",
        kind=STEPS,
        inbox_title=gettext_noop("Yêu cầu nhận {paper} không được xác nhận"),
        sms=gettext_noop("Yêu cầu nhận {paper} không được xác nhận. Xem lý do: {link}"),
        inbox_body=gettext_noop("{unit} trả lời: {reason} Nếu bạn vẫn cho rằng giấy tờ là của mình, bạn mang bản giấy đến cơ quan."),
        action=gettext_noop("Xem giấy tờ cũ của tôi"),
        sample=_SAMPLE,
    )
