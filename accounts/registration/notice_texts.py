"""What people are told while they register, and when they have an account."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from accounts.services.contacts import SECURITY
from portal.notifications.registry import register_template


def register() -> None:
    """Texts of registrations; once, in ``ready()``."""
    register_template(
        "accounts.registration_code",
        kind=SECURITY,
        inbox_title=gettext_noop("Mã xác nhận đăng ký tài khoản"),
        inbox_body=gettext_noop(
            "{code} là mã xác nhận đăng ký tài khoản Cổng Dịch vụ công Quốc gia, hết hạn sau {minutes} phút. Không đưa mã này cho ai."
            " Nếu không phải bạn đăng ký, bạn không cần làm gì."
        ),
        sms=gettext_noop(
            "{code} là mã xác nhận đăng ký tài khoản Cổng Dịch vụ công Quốc gia, hết hạn sau {minutes} phút. Không đưa mã này cho ai."
        ),
        sample={"code": "123456", "minutes": "10"},
    )
    register_template(
        "accounts.registration_go_on",
        kind=SECURITY,
        sms=gettext_noop(
            "Đã đối chiếu xong đăng ký tài khoản Cổng Dịch vụ công của bạn. Mã xác nhận: {code}, dùng trong 24 giờ tại {link}"
        ),
        sample={"code": "123456", "minutes": "1440"},
    )
    register_template(
        "accounts.registration_counter",
        kind=SECURITY,
        inbox_title=gettext_noop("Mời bạn đến quầy để đối chiếu giấy tờ"),
        inbox_body=gettext_noop(
            "Cơ sở dữ liệu không có giấy tờ bạn khai. Bạn mang giấy tờ đó và mã đăng ký {number} đến bất kỳ bộ phận một cửa nào;"
            " cán bộ đối chiếu xong thì tài khoản được mở ngay."
        ),
        sms=gettext_noop("Đăng ký tài khoản Cổng Dịch vụ công: mời bạn mang giấy tờ và mã {number} đến một bộ phận một cửa để đối chiếu."),
        sample={"number": "ABCD-2345"},
    )
    register_template(
        "accounts.registration_refused",
        kind=SECURITY,
        inbox_title=gettext_noop("Chưa đăng ký được tài khoản"),
        inbox_body=gettext_noop("Điều bạn khai khi đăng ký tài khoản không khớp với cơ sở dữ liệu. Bạn có thể đăng ký lại."),
        sms=gettext_noop("Chưa đăng ký được tài khoản Cổng Dịch vụ công: điều bạn khai không khớp với cơ sở dữ liệu. Đăng ký lại: {link}"),
        action=gettext_noop("Đăng ký lại"),
    )
    register_template(
        "accounts.registration_lapsed",
        kind=SECURITY,
        inbox_title=gettext_noop("Đăng ký tài khoản đã quá hạn"),
        inbox_body=gettext_noop("Đăng ký của bạn chờ quá lâu nên đã dừng và dữ liệu bạn khai đã được xóa. Bạn có thể đăng ký lại."),
        sms=gettext_noop("Đăng ký tài khoản Cổng Dịch vụ công của bạn chờ quá lâu nên đã dừng. Đăng ký lại: {link}"),
        action=gettext_noop("Đăng ký lại"),
    )
    register_template(
        "accounts.registered",
        kind=SECURITY,
        inbox_title=gettext_noop("Tài khoản của bạn đã mở"),
        inbox_body=gettext_noop("Tài khoản của bạn trên Cổng Dịch vụ công Quốc gia đã mở. Từ nay bạn đăng nhập để nộp và theo dõi hồ sơ."),
        sms=gettext_noop("Tài khoản của bạn trên Cổng Dịch vụ công Quốc gia đã mở. Đăng nhập: {link}"),
        action=gettext_noop("Mở tài khoản"),
    )
    register_template(
        "accounts.registered_at_counter",
        kind=SECURITY,
        sms=gettext_noop(
            "Một tài khoản Cổng Dịch vụ công Quốc gia mang tên bạn vừa được mở tại bộ phận một cửa, với số điện thoại khác."
            " Không phải bạn: gọi 1800 1096."
        ),
    )
    register_template(
        "accounts.registered_again",
        kind=SECURITY,
        inbox_title=gettext_noop("Có người vừa đăng ký lại bằng danh tính của bạn"),
        inbox_body=gettext_noop(
            "Có người vừa chứng minh danh tính của bạn để đăng ký. Bạn đã có tài khoản nên không có gì thay đổi: mật khẩu một lần vẫn gửi"
            " đến nơi bạn đã đăng ký. Nếu không phải bạn, bạn gọi 1800 1096."
        ),
        sms=gettext_noop(
            "Có người vừa đăng ký lại tài khoản Cổng Dịch vụ công bằng danh tính của bạn. Tài khoản của bạn không đổi."
            " Không phải bạn: gọi 1800 1096."
        ),
        action=gettext_noop("Mở tài khoản"),
    )
    register_template(
        "accounts.number_taken",
        kind=SECURITY,
        inbox_title=gettext_noop("Tài khoản của bạn đã có số định danh"),
        inbox_body=gettext_noop(
            "Tài khoản trước đây mở bằng giấy tờ nay có số định danh cá nhân. Từ nay bạn đăng nhập bằng số định danh; hồ sơ và ủy quyền của"
            " bạn vẫn như trước. Nếu không phải bạn làm, bạn gọi 1800 1096 ngay."
        ),
        sms=gettext_noop(
            "Tài khoản Cổng Dịch vụ công của bạn nay có số định danh: từ nay đăng nhập bằng số này. Không phải bạn: gọi 1800 1096."
        ),
        action=gettext_noop("Mở tài khoản"),
    )
    register_template(
        "accounts.joined",
        kind=SECURITY,
        inbox_title=gettext_noop("Hai tài khoản của bạn đã thành một"),
        inbox_body=gettext_noop(
            "Tài khoản mở bằng giấy tờ đã gộp vào tài khoản bằng số định danh của bạn. Từ nay bạn đăng nhập bằng số định danh; để xem hồ sơ"
            " của tài khoản trước, bạn chọn tư cách mang tên tài khoản đó. Nếu không phải bạn làm, bạn gọi 1800 1096 ngay."
        ),
        sms=gettext_noop(
            "Tài khoản Cổng Dịch vụ công mở bằng giấy tờ của bạn đã gộp vào tài khoản bằng số định danh. Không phải bạn: gọi 1800 1096."
        ),
        action=gettext_noop("Mở tài khoản"),
    )
    register_template(
        "accounts.organisation_registered",
        kind=SECURITY,
        inbox_title=gettext_noop("Tài khoản của {name} đã mở"),
        inbox_body=gettext_noop("Bạn là người đại diện theo pháp luật của {name}: từ nay bạn chọn tư cách này để làm việc cho tổ chức."),
        sms="",
        action=gettext_noop("Chọn tư cách"),
        sample={"name": "Công ty TNHH Trình Diễn Mẫu"},
    )
