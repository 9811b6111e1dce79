"""What people are told of a dossier that was sent again, and of drafts of results."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from dossiers.talking.notice_texts import DESK
from portal.notifications.registry import register_template

_SAMPLE = {
    "code": "H26.101-261129-0001",
    "procedure": "Đăng ký khai sinh",
    "unit": "UBND phường Ví Dụ",
    "until": "16:30 ngày 02/12/2026",
}


def register() -> None:
    """Once, in ``ready()``, after the kinds of `dossiers.talking`."""
    for name, title, body, sms, action in (
        (
            "resent",
            gettext_noop("Đã gửi lại hồ sơ {code}"),
            gettext_noop("Hồ sơ {procedure} gửi {unit} đã thay bằng bản bạn vừa sửa, mã giữ nguyên. Cơ quan trả lời trong 8 giờ làm việc."),
            gettext_noop("Hồ sơ {code} đã thay bằng bản vừa sửa, mã giữ nguyên. Theo dõi: {link}"),
            gettext_noop("Theo dõi hồ sơ"),
        ),
        (
            "draft_shown",
            gettext_noop("Hồ sơ {code}: mời bạn xem dự thảo kết quả"),
            gettext_noop("{unit} cho bạn xem dự thảo kết quả của hồ sơ {procedure}. Bạn đồng ý hoặc nêu điều chưa đúng trước {until}."),
            gettext_noop("Hồ sơ {code}: mời xem dự thảo kết quả, trả lời trước {until}: {link}"),
            gettext_noop("Xem dự thảo"),
        ),
        (
            "draft_called_off",
            gettext_noop("Hồ sơ {code}: cơ quan đã rút dự thảo kết quả"),
            gettext_noop("{unit} đã rút dự thảo kết quả của hồ sơ {procedure}. Bạn không phải trả lời. Lý do có trong trang hồ sơ."),
            gettext_noop("Hồ sơ {code}: {unit} đã rút dự thảo kết quả. Xem: {link}"),
            gettext_noop("Xem hồ sơ"),
        ),
        (
            "draft_unanswered",
            gettext_noop("Hồ sơ {code}: đã hết hạn xem dự thảo kết quả"),
            gettext_noop("Bạn không có ý kiến về dự thảo kết quả của hồ sơ {procedure}. {unit} giải quyết tiếp."),
            gettext_noop("Hồ sơ {code}: hết hạn xem dự thảo kết quả, cơ quan giải quyết tiếp. Xem: {link}"),
            gettext_noop("Xem hồ sơ"),
        ),
    ):
        register_template(f"dossiers.{name}", inbox_title=title, inbox_body=body, sms=sms, action=action, sample=_SAMPLE)
    for name, title, body, sms in (
        (
            "draft_agreed",
            gettext_noop("Hồ sơ {code}: người nộp đồng ý với dự thảo"),
            gettext_noop("Người nộp hồ sơ {procedure} đồng ý với dự thảo kết quả. Bạn quyết định được."),
            gettext_noop("Hồ sơ {code}: người nộp đồng ý với dự thảo. Mở: {link}"),
        ),
        (
            "draft_objected",
            gettext_noop("Hồ sơ {code}: người nộp không đồng ý với dự thảo"),
            gettext_noop("Người nộp hồ sơ {procedure} không đồng ý với dự thảo kết quả và nêu lý do. Bạn xem lại trước khi quyết định."),
            gettext_noop("Hồ sơ {code}: người nộp không đồng ý với dự thảo. Mở: {link}"),
        ),
    ):
        register_template(
            f"dossiers.{name}", kind=DESK, inbox_title=title, inbox_body=body, sms=sms, action=gettext_noop("Mở hồ sơ"), sample=_SAMPLE
        )
