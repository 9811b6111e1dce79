"""What owners are told of their accounts, and officers of complaints; the English of these words stands in ``portal/locale``."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.services.contacts import SECURITY
from portal.notifications.registry import register_kind, register_template

DESK = "accounts.desk"
_MOMENT = {"at": "09:00 01/12/2026"}
_COMPLAINT = {"code": "ABCD-2345-EFGH", "due": "09:00 02/12/2026"}


def register() -> None:
    """Kinds and texts; once, in ``ready()``."""
    register_kind(DESK, _("Khiếu nại về tài khoản cần xử lý"), law_bound=False, for_officers=True)
    _locks()
    _complaints()
    _rest()


def _locks() -> None:
    register_template(
        "accounts.locked_owner",
        kind=SECURITY,
        inbox_title=gettext_noop("Tài khoản của bạn đã khóa"),
        inbox_body=gettext_noop(
            "Lúc {at}, tài khoản được khóa theo yêu cầu của bạn. Mọi phiên đăng nhập đã kết thúc, không ai đăng nhập được."
            " Cách mở lại: {link}"
        ),
        sms=gettext_noop("Tài khoản Cổng Dịch vụ công Quốc gia của bạn đã khóa lúc {at} theo yêu cầu. Mở lại: {link}"),
        action=gettext_noop("Mở khóa tài khoản"),
        sample=_MOMENT,
    )
    register_template(
        "accounts.locked_office",
        kind=SECURITY,
        inbox_title=gettext_noop("Tài khoản của bạn được khóa để bảo vệ"),
        inbox_body=gettext_noop(
            "Lúc {at}, tài khoản được khóa vì có khiếu nại rằng người khác đang dùng. Cách mở lại: {link} hoặc gọi 1800 1096."
        ),
        sms=gettext_noop("Tài khoản Cổng Dịch vụ công Quốc gia của bạn được khóa để bảo vệ lúc {at}. Mở lại: {link}"),
        action=gettext_noop("Mở khóa tài khoản"),
        sample=_MOMENT,
    )
    register_template(
        "accounts.locked_idle",
        kind=SECURITY,
        inbox_title=gettext_noop("Tài khoản của bạn đã khóa vì lâu không dùng"),
        inbox_body=gettext_noop("Đã hơn hai năm tài khoản không có hoạt động nào. Bạn xác minh lại là mở được: {link}"),
        sms=gettext_noop("Tài khoản Cổng Dịch vụ công Quốc gia của bạn đã khóa vì hơn hai năm không dùng. Mở lại: {link}"),
        action=gettext_noop("Mở khóa tài khoản"),
        sample=_MOMENT,
    )
    register_template(
        "accounts.idle",
        kind=SECURITY,
        inbox_title=gettext_noop("Tài khoản sắp bị khóa vì lâu không dùng"),
        inbox_body=gettext_noop(
            "Từ ngày {since} tài khoản của bạn không có hoạt động nào. Bạn đăng nhập trước ngày {day} thì tài khoản được giữ; nếu không,"
            " tài khoản bị khóa từ ngày đó."
        ),
        sms=gettext_noop("Tài khoản Cổng Dịch vụ công Quốc gia của bạn không dùng từ {since}. Đăng nhập trước {day} để giữ: {link}"),
        action=gettext_noop("Đăng nhập"),
        sample={"since": "30/11/2024", "day": "31/01/2027"},
    )
    register_template(
        "accounts.is_locked",
        kind=SECURITY,
        sms=gettext_noop("Có người vừa đăng nhập tài khoản Cổng Dịch vụ công Quốc gia của bạn, đang bị khóa. Nếu là bạn, mở lại: {link}"),
    )
    register_template(
        "accounts.unlock_code",
        kind=SECURITY,
        inbox_title=gettext_noop("Nhập mã mở khóa"),
        inbox_body=gettext_noop(
            "{code} là mã để mở khóa tài khoản Cổng Dịch vụ công Quốc gia. Không đưa mã này cho ai. Hết hạn sau {minutes} phút."
        ),
        sms=gettext_noop(
            "{code} là mã để mở khóa tài khoản Cổng Dịch vụ công Quốc gia. Không đưa mã này cho ai. Hết hạn sau {minutes} phút."
        ),
        sample={"code": "123456", "minutes": "5"},
    )
    register_template(
        "accounts.unlocked",
        kind=SECURITY,
        inbox_title=gettext_noop("Tài khoản của bạn đã mở lại"),
        inbox_body=gettext_noop("Tài khoản được mở lại lúc {at}. Nếu không phải bạn, bạn khóa lại ngay và gọi 1800 1096."),
        sms=gettext_noop("Tài khoản Cổng Dịch vụ công Quốc gia của bạn được mở lại lúc {at}. Không phải bạn? Gọi 1800 1096."),
        sample=_MOMENT,
    )


def _complaints() -> None:
    register_template(
        "accounts.complaint_received",
        kind=SECURITY,
        inbox_title=gettext_noop("Đã nhận khiếu nại về tài khoản"),
        inbox_body=gettext_noop("Khiếu nại {code} đã đến. Trước {due}, các bên liên quan được báo và bạn biết ai xử lý."),
        sms="",
        sample=_COMPLAINT,
    )
    register_template(
        "accounts.complaint_taken",
        kind=SECURITY,
        inbox_title=gettext_noop("Khiếu nại của bạn đang được xử lý"),
        inbox_body=gettext_noop("Khiếu nại {code} đã được tiếp nhận chính thức. Kết quả được báo cho bạn trước {due}."),
        sms=gettext_noop("Khiếu nại {code} về tài khoản đã được tiếp nhận. Kết quả trước {due}. Theo dõi: {link}"),
        sample=_COMPLAINT,
    )
    register_template(
        "accounts.complaint_about_taken",
        kind=SECURITY,
        inbox_title=gettext_noop("Có khiếu nại liên quan đến tài khoản của bạn"),
        inbox_body=gettext_noop(
            "Chúng tôi đang xem xét khiếu nại {code} liên quan đến tài khoản của bạn. Kết quả được báo cho bạn trước {due}. Nếu chính bạn"
            " không gửi, bạn không cần làm gì lúc này."
        ),
        sms=gettext_noop("Có khiếu nại {code} liên quan đến tài khoản của bạn. Kết quả trước {due}. Theo dõi: {link}"),
        sample=_COMPLAINT,
    )
    for word in ("", "about_"):
        register_template(
            f"accounts.complaint_{word}ended",
            kind=SECURITY,
            inbox_title=gettext_noop("Đã có kết quả khiếu nại về tài khoản"),
            inbox_body=gettext_noop("Khiếu nại {code} đã có kết quả lúc {due}. Bạn mở để đọc."),
            sms=gettext_noop("Khiếu nại {code} về tài khoản đã có kết quả. Xem: {link}"),
            sample=_COMPLAINT,
        )
    register_template(
        "accounts.complaint_new",
        kind=DESK,
        inbox_title=gettext_noop("Khiếu nại mới về tài khoản"),
        inbox_body=gettext_noop("Khiếu nại {code}: các bên phải được báo trước {due}."),
        sms=gettext_noop("Khiếu nại mới {code} về tài khoản: báo các bên trước {due}. {link}"),
        sample=_COMPLAINT,
    )
    register_template(
        "accounts.complaint_late",
        kind=DESK,
        inbox_title=gettext_noop("Khiếu nại về tài khoản đã quá hạn"),
        inbox_body=gettext_noop("Khiếu nại {code} đã quá hạn {due} (Quy chế, Điều 13.1) và chưa có người làm xong."),
        sms=gettext_noop("Khiếu nại {code} về tài khoản đã quá hạn {due}. {link}"),
        sample=_COMPLAINT,
    )


def _rest() -> None:
    register_template(
        "accounts.copy_ready",
        kind=SECURITY,
        inbox_title=gettext_noop("Bản sao dữ liệu của bạn đã xong"),
        inbox_body=gettext_noop("Bạn tải về trước ngày {until}; sau đó tệp bị xóa. Nếu không phải bạn yêu cầu, bạn khóa tài khoản ngay."),
        sms=gettext_noop("Bản sao dữ liệu của bạn trên Cổng Dịch vụ công Quốc gia đã xong. Tải trước {until}: {link}"),
        sample={"until": "07/12/2026"},
    )
    register_template(
        "accounts.closing_asked",
        kind=SECURITY,
        inbox_title=gettext_noop("Tài khoản của bạn sẽ đóng"),
        inbox_body=gettext_noop(
            "Theo yêu cầu của bạn, tài khoản đóng ngày {day} và dữ liệu riêng của bạn bị xóa, không lấy lại được. Nếu đổi ý, hoặc không"
            " phải bạn yêu cầu, bạn giữ lại tại {link}."
        ),
        sms=gettext_noop("Tài khoản Cổng Dịch vụ công Quốc gia của bạn sẽ đóng ngày {day}. Giữ lại: {link}"),
        action=gettext_noop("Giữ lại tài khoản"),
        sample={"day": "14/12/2026"},
    )
    register_template(
        "accounts.closing_called_off",
        kind=SECURITY,
        inbox_title=gettext_noop("Tài khoản của bạn được giữ lại"),
        inbox_body=gettext_noop("Yêu cầu đóng tài khoản ngày {day} không còn hiệu lực."),
        sms=gettext_noop("Yêu cầu đóng tài khoản Cổng Dịch vụ công Quốc gia ngày {day} không còn hiệu lực."),
        sample={"day": "14/12/2026"},
    )
