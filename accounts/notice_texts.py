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
        "accounts.contact_code",
        kind=SECURITY,
        inbox_title=gettext_noop("Mã để đổi địa chỉ nhận mã"),
        inbox_body=gettext_noop(
            "{code} là mã để đổi địa chỉ nhận mã đăng nhập Cổng Dịch vụ công Quốc gia. Không đưa mã này cho ai. Hết hạn sau {minutes} phút."
            " Nếu không phải bạn đổi, bạn đăng nhập và khóa tài khoản ngay."
        ),
        sms=gettext_noop(
            "{code} là mã để đổi địa chỉ nhận mã đăng nhập Cổng Dịch vụ công Quốc gia. Không đưa mã này cho ai. Hết hạn sau {minutes} phút."
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
    register_template(
        "accounts.new_device",
        kind=SECURITY,
        inbox_title=gettext_noop("Tài khoản được đăng nhập trên thiết bị mới"),
        inbox_body=gettext_noop(
            "Lúc {when}, tài khoản của bạn được đăng nhập trên một thiết bị chưa từng dùng: {device}, mạng {network}. Nếu không phải bạn,"
            " bạn kết thúc phiên đó ngay rồi gọi 1800 1096."
        ),
        sms=gettext_noop("Tài khoản Cổng Dịch vụ công vừa đăng nhập trên thiết bị mới ({device}) lúc {when}. Không phải bạn? {link}"),
        action=gettext_noop("Xem các phiên"),
        sample={"when": "08:15 02/12/2026", "device": "Chrome, Windows", "network": "203.0.113.*"},
    )
    register_template(
        "accounts.app_bound",
        kind=SECURITY,
        inbox_title=gettext_noop("Đã gắn ứng dụng tạo mã"),
        inbox_body=gettext_noop(
            "Từ nay tài khoản của bạn đăng nhập được bằng mã của một ứng dụng. Nếu không phải bạn gắn, bạn gỡ ngay rồi gọi 1800 1096."
        ),
        sms=gettext_noop("Tài khoản Cổng Dịch vụ công vừa gắn ứng dụng tạo mã. Không phải bạn? Gọi 1800 1096."),
    )
    register_template(
        "accounts.passkey_bound",
        kind=SECURITY,
        inbox_title=gettext_noop("Đã gắn khóa truy cập"),
        inbox_body=gettext_noop(
            "Từ nay tài khoản của bạn đăng nhập được bằng khóa truy cập của một thiết bị. Nếu không phải bạn gắn, bạn khóa tài khoản ngay"
            " rồi gọi 1800 1096."
        ),
        sms=gettext_noop("Tài khoản Cổng Dịch vụ công vừa gắn khóa truy cập của một thiết bị. Không phải bạn? Gọi 1800 1096."),
    )
    register_template(
        "accounts.passkey_removed",
        kind=SECURITY,
        inbox_title=gettext_noop("Đã gỡ khóa truy cập"),
        inbox_body=gettext_noop(
            "Một khóa truy cập đã gắn với tài khoản của bạn không còn dùng được. Nếu không phải bạn gỡ, bạn gọi 1800 1096."
        ),
        sms="",
    )
    register_template(
        "accounts.identity_linked",
        kind=SECURITY,
        inbox_title=gettext_noop("Đã liên kết tài khoản {provider}"),
        inbox_body=gettext_noop(
            "Từ nay tài khoản của bạn đăng nhập được bằng {provider}. Nếu không phải bạn liên kết, bạn bỏ liên kết ngay rồi gọi 1800 1096."
        ),
        sms=gettext_noop("Tài khoản Cổng Dịch vụ công vừa liên kết với {provider}. Không phải bạn? Gọi 1800 1096."),
        sample={"provider": "VNeID"},
    )
    register_template(
        "accounts.identity_unlinked",
        kind=SECURITY,
        inbox_title=gettext_noop("Đã bỏ liên kết tài khoản {provider}"),
        inbox_body=gettext_noop("Tài khoản của bạn không còn đăng nhập bằng {provider}. Nếu không phải bạn bỏ, bạn gọi 1800 1096."),
        sms="",
        sample={"provider": "VNeID"},
    )
    register_template(
        "accounts.account_offered",
        kind=SECURITY,
        inbox_title=gettext_noop("Bạn có tài khoản cũ tại {system}"),
        inbox_body=gettext_noop(
            "{system} cho biết số định danh của bạn đã có một tài khoản ở đó. Bạn mở mục Tài khoản liên kết trên Cổng để đồng ý hoặc không"
            " đồng ý liên kết. Bạn không trả lời thì không có gì được liên kết."
        ),
        sms="",
        sample={"system": "Cổng dịch vụ công tỉnh"},
    )
    register_template(
        "accounts.account_linked",
        kind=SECURITY,
        inbox_title=gettext_noop("Đã liên kết tài khoản tại {system}"),
        inbox_body=gettext_noop(
            "Từ nay khi bạn đăng nhập {system} bằng tài khoản của Cổng, hệ thống ấy biết tài khoản cũ nào ở đó là của bạn. Bạn bỏ liên kết"
            " lúc nào cũng được."
        ),
        sms="",
        sample={"system": "Cổng dịch vụ công tỉnh"},
    )
    register_template(
        "accounts.account_ended_there",
        kind=SECURITY,
        inbox_title=gettext_noop("Tài khoản của bạn tại {system} đã kết thúc"),
        inbox_body=gettext_noop(
            "{system} cho biết tài khoản đã liên kết của bạn ở đó không còn. Liên kết với tài khoản này vì thế cũng đã bỏ."
        ),
        sms="",
        sample={"system": "Cổng dịch vụ công tỉnh"},
    )
    register_template(
        "accounts.account_differs",
        kind=SECURITY,
        inbox_title=gettext_noop("{system} ghi họ tên hoặc liên lạc của bạn khác ở đây"),
        inbox_body=gettext_noop("Xem chỗ khác nhau và chọn dùng hay giữ nguyên. Không có gì thay đổi trước khi bạn chọn."),
        sms="",
        action=gettext_noop("Xem tài khoản liên kết"),
        sample={"system": "Cổng dịch vụ công tỉnh"},
    )
    register_template(
        "accounts.account_unlinked",
        kind=SECURITY,
        inbox_title=gettext_noop("Đã bỏ liên kết tài khoản tại {system}"),
        inbox_body=gettext_noop("Cổng không còn cho {system} biết tài khoản cũ nào ở đó là của bạn."),
        sms="",
        sample={"system": "Cổng dịch vụ công tỉnh"},
    )
    register_template(
        "accounts.app_removed",
        kind=SECURITY,
        inbox_title=gettext_noop("Đã gỡ ứng dụng tạo mã"),
        inbox_body=gettext_noop("Tài khoản của bạn không còn đăng nhập bằng mã của ứng dụng. Nếu không phải bạn gỡ, bạn gọi 1800 1096."),
        sms="",
    )
    register_template(
        "accounts.phone_code",
        kind=SECURITY,
        sms=gettext_noop(
            "{code} là mật khẩu một lần để đổi số điện thoại trên Cổng Dịch vụ công. Không đưa mã này cho ai. Hết hạn sau {minutes} phút."
        ),
        sample={"code": "123456", "minutes": "10"},
    )
    register_template(
        "accounts.phone_waits",
        kind=SECURITY,
        inbox_title=gettext_noop("Số điện thoại nhận mật khẩu sắp đổi"),
        inbox_body=gettext_noop(
            "Từ {when}, mật khẩu một lần được gửi đến số {phone}. Nếu không phải bạn yêu cầu, bạn đăng nhập và dừng việc này ngay, rồi gọi"
            " 1800 1096."
        ),
        sms=gettext_noop("Từ {when}, mật khẩu của Cổng Dịch vụ công được gửi đến số {phone}. Không phải bạn? {link}"),
        action=gettext_noop("Dừng việc đổi số"),
        sample={"when": "08:15 05/12/2026", "phone": "•••••••••777"},
    )
    register_template(
        "accounts.phone_refused",
        kind=SECURITY,
        inbox_title=gettext_noop("Chưa đổi được số điện thoại"),
        inbox_body=gettext_noop(
            "Theo nhà mạng, số mới không do bạn đứng tên. Bạn đăng ký lại thuê bao rồi thử lại; số cũ vẫn dùng như trước."
        ),
        sms="",
        action=gettext_noop("Thử lại"),
    )
    register_template(
        "accounts.phone_cancelled",
        kind=SECURITY,
        inbox_title=gettext_noop("Đã dừng việc đổi số điện thoại"),
        inbox_body=gettext_noop("Số điện thoại cũ vẫn nhận mật khẩu một lần như trước."),
        sms="",
    )
    register_template(
        "accounts.phone_changed",
        kind=SECURITY,
        inbox_title=gettext_noop("Đã đổi số điện thoại nhận mật khẩu"),
        inbox_body=gettext_noop("Từ nay mật khẩu một lần được gửi đến số điện thoại mới. Nếu không phải bạn đổi, bạn gọi 1800 1096 ngay."),
        sms=gettext_noop("Cổng Dịch vụ công từ nay gửi mật khẩu một lần của bạn đến số điện thoại mới. Không phải bạn đổi? Gọi 1800 1096."),
    )
    _positions()
    _mandates()


def _positions() -> None:
    """Of positions and roles in agencies: given and taken back. Who may act with an account is a matter of its safety."""
    for event, title, body in (
        (
            "position_given",
            gettext_noop("Bạn được giao chức danh"),
            gettext_noop(
                "Bạn được giao chức danh {title} tại {place}. Vai trò: {roles}. Nếu không đúng, bạn báo cơ quan đó hoặc gọi 1800 1096."
            ),
        ),
        (
            "position_ended",
            gettext_noop("Chức danh của bạn đã chấm dứt"),
            gettext_noop("Chức danh {title} của bạn tại {place} đã chấm dứt trên Cổng. Nếu không đúng, bạn báo cơ quan đó."),
        ),
        (
            "role_given",
            gettext_noop("Bạn được giao thêm vai trò"),
            gettext_noop(
                "Chức danh {title} của bạn tại {place} được giao vai trò: {roles}. Nếu không đúng, bạn báo cơ quan đó hoặc gọi 1800 1096."
            ),
        ),
        (
            "role_taken",
            gettext_noop("Vai trò của bạn đã được thu hồi"),
            gettext_noop("Chức danh {title} của bạn tại {place} không còn vai trò: {roles}. Nếu không đúng, bạn báo cơ quan đó."),
        ),
        (
            "roles_lent",
            gettext_noop("Bạn được giao làm thay"),
            gettext_noop("Bạn được giao làm thay chức danh {title} tại {place}. Vai trò: {roles}. Nếu không đúng, bạn báo cơ quan đó."),
        ),
        (
            "lending_ended",
            gettext_noop("Việc làm thay đã chấm dứt"),
            gettext_noop("Bạn không còn làm thay chức danh {title} tại {place}. Vai trò đã trở về: {roles}."),
        ),
    ):
        register_template(
            f"accounts.{event}",
            kind=SECURITY,
            inbox_title=title,
            inbox_body=body,
            sms=gettext_noop("Chức danh, vai trò của bạn trên Cổng Dịch vụ công Quốc gia vừa thay đổi. Xem: {link}"),
            sample={"title": "Công chức tư pháp - hộ tịch", "place": "Ủy ban nhân dân phường Mẫu", "roles": "Xử lý hồ sơ"},
        )


def _mandates() -> None:
    """Of mandates: what is offered, accepted, declined, ended; what became of a guardian's request. Who acts for one is a matter
    of the account's safety."""
    for event, title, body, sample in (
        (
            "mandate_offered",
            gettext_noop("Có người mời bạn nhận ủy quyền"),
            gettext_noop("{party} mời bạn làm thủ tục cho họ. Bạn xem được làm những gì, đến khi nào, rồi nhận hoặc từ chối."),
            {"party": "Công ty TNHH Mẫu"},
        ),
        (
            "mandate_accepted",
            gettext_noop("Ủy quyền đã được nhận"),
            gettext_noop("{name} đã nhận ủy quyền của {party}. Bạn chấm dứt được bất cứ lúc nào."),
            {"party": "Công ty TNHH Mẫu", "name": "Kế toán"},
        ),
        (
            "mandate_declined",
            gettext_noop("Ủy quyền đã bị từ chối"),
            gettext_noop("{name} đã từ chối ủy quyền của {party}."),
            {"party": "Công ty TNHH Mẫu", "name": "Kế toán"},
        ),
        (
            "mandate_ended",
            gettext_noop("Ủy quyền đã chấm dứt"),
            gettext_noop("Ủy quyền của {party} đã chấm dứt. Những gì đã gửi trước đó vẫn giữ nguyên."),
            {"party": "Công ty TNHH Mẫu"},
        ),
        (
            "representative_left",
            gettext_noop("Người đại diện theo pháp luật đã thay đổi"),
            gettext_noop(
                "Một người không còn là đại diện theo pháp luật của {party}. Những ủy quyền người đó đã lập cho {party} vẫn có hiệu lực,"
                " gồm {count} ủy quyền. Bạn xem lại và chấm dứt những ủy quyền không còn cần."
            ),
            {"party": "Công ty TNHH Mẫu", "count": "2"},
        ),
        (
            "guardian_confirmed",
            gettext_noop("Việc giám hộ đã được xác nhận"),
            gettext_noop(
                "Ủy ban nhân dân cấp xã đã xác nhận giấy tờ giám hộ của bạn. Bạn đổi tư cách để làm thủ tục cho người được giám hộ."
            ),
            {"reason": ""},
        ),
        (
            "guardian_refused",
            gettext_noop("Việc giám hộ chưa được xác nhận"),
            gettext_noop("Ủy ban nhân dân cấp xã chưa xác nhận giấy tờ giám hộ của bạn. Lý do: {reason}"),
            {"reason": "bản chụp không đọc được"},
        ),
        (
            "guardian_of_you",
            gettext_noop("Có người được xác nhận là người giám hộ của bạn"),
            gettext_noop(
                "Ủy ban nhân dân cấp xã đã xác nhận {name} là người giám hộ của bạn: người này làm được thủ tục thay bạn. Nếu không đúng,"
                " bạn khiếu nại ngay hoặc gọi 1800 1096."
            ),
            {"name": "Nguyễn Văn Mẫu"},
        ),
        (
            "guardian_no_more",
            gettext_noop("Người giám hộ không còn làm thay bạn"),
            gettext_noop("{name} không còn làm thủ tục thay bạn với tư cách người giám hộ."),
            {"name": "Nguyễn Văn Mẫu"},
        ),
        (
            "guardianship_ended",
            gettext_noop("Quyền giám hộ trên Cổng đã chấm dứt"),
            gettext_noop("Ủy ban nhân dân cấp xã ghi nhận việc giám hộ đã chấm dứt. Lý do: {reason}"),
            {"reason": "đã thay đổi người giám hộ"},
        ),
    ):
        register_template(
            f"accounts.{event}",
            kind=SECURITY,
            inbox_title=title,
            inbox_body=body,
            sms=gettext_noop("Có tin mới về đại diện, ủy quyền của bạn trên Cổng Dịch vụ công Quốc gia. Xem: {link}"),
            sample=sample,
        )
