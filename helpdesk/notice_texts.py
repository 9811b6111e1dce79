"""What people and officers are told by the helpdesk; the English of these words stands in ``portal/locale``."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from portal.notifications.registry import register_kind, register_template

SUPPORT, DESK, WORKS = "helpdesk.support", "helpdesk.desk", "helpdesk.works"
_SAMPLE = {
    "code": "HT7K3M9QXRT2W",
    "answer": "Bạn mở Hồ sơ của tôi, chọn bản nháp rồi bấm Làm tiếp.",
    "short": "Bạn mở Hồ sơ của tôi, chọn bản nháp rồi bấm Làm tiếp.",
    "petition": "PA7K3M9QXRT2W",
    "title": "Không đồng bộ được hồ sơ",
    "due": "10:00 02/12/2026",
    "until": "02:00 06/12/2026",
    "from": "00:00 06/12/2026",
    "text": "Ho so H26.101-261129-0001: Dang giai quyet (nop 29/11/2026, hen tra 04/12/2026).",
    "words": "Trong thời gian này Cổng chỉ xem được.",
}


def register() -> None:
    """Kinds and texts; once, in ``ready()``."""
    # They asked, and chose the channel: the answer comes.
    register_kind(SUPPORT, _("Trả lời yêu cầu hỗ trợ bạn đã gửi"), law_bound=True)
    register_kind(WORKS, _("Bảo trì Cổng có ảnh hưởng đến việc của bạn"), law_bound=False)
    register_kind(DESK, _("Đề nghị hỗ trợ của cơ quan (cán bộ)"), law_bound=False, for_officers=True)
    for key, title, body, sms in (
        (
            "taken",
            gettext_noop("Đã nhận yêu cầu hỗ trợ {code}"),
            gettext_noop(
                "Chúng tôi đã nhận yêu cầu hỗ trợ của bạn, mã {code}. Dùng mã này và số điện thoại hoặc thư điện tử đã ghi để theo dõi."
            ),
            gettext_noop("Da nhan yeu cau ho tro {code}. Theo doi: {link}"),
        ),
        (
            "answered",
            gettext_noop("Trả lời yêu cầu hỗ trợ {code}"),
            gettext_noop("{answer}\n\nChưa xử lý được, bạn trả lời thư này, giữ nguyên mã {code} ở tiêu đề, hoặc gọi 1800 1096."),
            gettext_noop("Tra loi {code}: {short}"),
        ),
        (
            "handed_over",
            gettext_noop("Yêu cầu {code} được chuyển thành phản ánh, kiến nghị"),
            gettext_noop(
                "Nội dung bạn gửi thuộc việc của cơ quan nhà nước nên được chuyển thành phản ánh, kiến nghị, mã {petition}. "
                "Bạn theo dõi bằng mã mới."
            ),
            gettext_noop("Yeu cau {code} duoc chuyen thanh phan anh, kien nghi {petition}. {link}"),
        ),
    ):
        register_template(
            f"helpdesk.{key}", kind=SUPPORT, inbox_title=title, inbox_body=body, sms=sms, action=gettext_noop("Theo dõi"), sample=_SAMPLE
        )
    register_template("helpdesk.sms_answer", kind=SUPPORT, sms=gettext_noop("{text}"), sample=_SAMPLE)
    for key, title, body in (
        (
            "request_new",
            gettext_noop("Đề nghị hỗ trợ mới {code}"),
            gettext_noop("Cơ quan đề nghị hỗ trợ {code}: {title}. Hạn xử lý: {due}."),
        ),
        (
            "request_soon",
            gettext_noop("Đề nghị {code} còn dưới một giờ"),
            gettext_noop("Đề nghị {code} ({title}) đến hạn lúc {due}. Nếu phức tạp, hãy công bố thời gian hoàn thành trước hạn."),
        ),
        (
            "request_late",
            gettext_noop("Đề nghị {code} quá hạn"),
            gettext_noop("Đề nghị {code} ({title}) đã quá hạn {due} mà chưa xử lý xong. Lãnh đạo bộ phận vận hành đã được báo."),
        ),
        (
            "request_again",
            gettext_noop("Đề nghị {code} chưa xong"),
            gettext_noop("Cơ quan báo đề nghị {code} ({title}) chưa xử lý xong. Hạn: {due}."),
        ),
        (
            "request_promised",
            gettext_noop("Đề nghị {code}: hẹn hoàn thành {until}"),
            gettext_noop("Đề nghị {code} ({title}) phức tạp. Thời gian hoàn thành được công bố: {until}."),
        ),
        (
            "request_solved",
            gettext_noop("Đề nghị {code} đã xử lý"),
            gettext_noop("Đề nghị {code} ({title}) đã được xử lý. Bạn xem kết quả rồi xác nhận, hoặc báo chưa xong."),
        ),
    ):
        register_template(
            f"helpdesk.{key}", kind=DESK, inbox_title=title, inbox_body=body, sms="", action=gettext_noop("Xem đề nghị"), sample=_SAMPLE
        )
    register_template(
        "helpdesk.maintenance",
        kind=WORKS,
        inbox_title=gettext_noop("Cổng bảo trì {from} – {until}"),
        inbox_body=gettext_noop(
            "{title}. {words} Thời gian: {from} – {until}. Hạn của bạn rơi vào thời gian này được lùi nếu Cổng không dùng được."
        ),
        sms=gettext_noop("Cong DVCQG bao tri {from} - {until}. Chi tiet: {link}"),
        action=gettext_noop("Xem lịch bảo trì"),
        sample=_SAMPLE,
    )
