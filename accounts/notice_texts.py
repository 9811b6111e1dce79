"""What people are told about their account; the English of these words stands in ``portal/locale``."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.registration.notice_texts import register as registration_texts
from accounts.services.contacts import SECURITY
from portal.notifications.registry import register_kind, register_template


def register() -> None:
    """Kinds and texts; once, in ``ready()``."""
    register_kind(SECURITY, _("An toàn tài khoản"), law_bound=True)
    registration_texts()
    register_template(
        "accounts.otp",
        kind=SECURITY,
        inbox_title=gettext_noop("Mật khẩu một lần để đăng nhập"),
        inbox_body=gettext_noop(
            "{code} là mật khẩu một lần để đăng nhập Cổng Dịch vụ công Quốc gia. Không đưa mã này cho ai. Hết hạn sau {minutes} phút."
        ),
        sms=gettext_noop(
            "{code} là mật khẩu một lần để đăng nhập Cổng Dịch vụ công Quốc gia. Không đưa mã này cho ai. Hết hạn sau {minutes} phút."
        ),
        sample={"code": "123456", "minutes": "5"},
    )
    register_template(
        "accounts.email_verify",
        kind=SECURITY,
        inbox_title=gettext_noop("Xác nhận địa chỉ thư điện tử"),
        inbox_body=gettext_noop(
            "Có người muốn nhận thông báo của Cổng Dịch vụ công Quốc gia tại địa chỉ này. Nếu là bạn, bạn mở đường dẫn sau và đăng nhập,"
            " trong {hours} giờ:\n{verify}\nNếu không phải bạn, bạn không cần làm gì: sẽ không có thư nào nữa."
        ),
        sms="",
        sample={"verify": "https://dichvucong.example/tai-khoan/lien-lac/xac-nhan/vi-du/", "hours": "24"},
    )
    register_template(
        "accounts.email_changed",
        kind=SECURITY,
        inbox_title=gettext_noop("Địa chỉ nhận thông báo đã đổi"),
        inbox_body=gettext_noop(
            "Từ nay thông báo được gửi đến một địa chỉ thư điện tử khác. Nếu không phải bạn đổi, bạn đăng nhập để sửa lại và gọi 1800 1096."
        ),
        sms="",
    )
    register_template(
        "accounts.email_removed",
        kind=SECURITY,
        inbox_title=gettext_noop("Địa chỉ nhận thông báo đã được bỏ"),
        inbox_body=gettext_noop("Thông báo không còn được gửi đến địa chỉ thư điện tử này. Nếu không phải bạn bỏ, bạn gọi 1800 1096."),
        sms="",
    )
    register_template(
        "accounts.email_bounced",
        kind=SECURITY,
        inbox_title=gettext_noop("Thư gửi cho bạn bị trả lại"),
        inbox_body=gettext_noop(
            "Địa chỉ thư điện tử của bạn không nhận được thư, nên chúng tôi không gửi đến đó nữa. Bạn xác nhận lại hoặc đổi địa chỉ."
        ),
        sms=gettext_noop("Thư điện tử gửi cho bạn bị trả lại nên chúng tôi không gửi đến đó nữa. Sửa địa chỉ: {link}"),
        action=gettext_noop("Sửa địa chỉ"),
    )
