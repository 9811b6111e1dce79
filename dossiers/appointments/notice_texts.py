"""What people are told about appointments and receptions at home; the English of these words stands in ``portal/locale``."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from portal.notifications.registry import register_kind, register_template

APPOINTMENTS, SOON = "dossiers.appointments", "remind.appointments"
_SAMPLE = {
    "code": "ABCDEFGH23",
    "minutes": "10",
    "procedure": "Đăng ký khai sinh",
    "unit": "UBND phường Ví Dụ",
    "time": "08:30 02/12/2026",
    "reason": "Trụ sở sửa chữa",
    "day": "buổi sáng, 02/12/2026",
    "officer": "Nguyễn Văn Ví Dụ, công chức một cửa",
    "off": "https://dichvucong.example/tai-khoan/lien-lac/thoi/vi-du/",
}


def register() -> None:
    """Kinds and texts; once, in ``ready()``."""
    register_kind(APPOINTMENTS, _("Lịch hẹn tại quầy, tiếp nhận tại nhà"), law_bound=False)
    register_kind(SOON, _("Nhắc: lịch hẹn ngày mai"), law_bound=False, optional=True)
    register_template(
        "dossiers.appointment_code",
        kind=APPOINTMENTS,
        sms=gettext_noop("Mã xác nhận lịch hẹn: {code}. Có giá trị {minutes} phút. Không phải bạn đặt thì bỏ qua tin này."),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.appointment_booked",
        kind=APPOINTMENTS,
        inbox_title=gettext_noop("Lịch hẹn {time} tại {unit}"),
        inbox_body=gettext_noop("Thủ tục: {procedure}. Mã lịch hẹn {code}: bạn đưa cho quầy khi đến. Đổi giờ, hủy hẹn ở trang lịch hẹn."),
        sms=gettext_noop("Hẹn {time} tại {unit}. Mã {code}, đưa cho quầy khi đến. Đổi, hủy: {link}"),
        action=gettext_noop("Xem lịch hẹn"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.appointment_off",
        kind=APPOINTMENTS,
        inbox_title=gettext_noop("{unit} hủy lịch hẹn {time}"),
        inbox_body=gettext_noop("Lý do: {reason}. Thủ tục: {procedure}. Mong bạn thông cảm và chọn giờ khác."),
        sms=gettext_noop("{unit} hủy lịch hẹn {time}: {reason}. Chọn giờ khác: {link}"),
        action=gettext_noop("Chọn giờ khác"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.appointment_soon",
        kind=SOON,
        inbox_title=gettext_noop("Nhắc: hẹn {time} tại {unit}"),
        inbox_body=gettext_noop("Thủ tục: {procedure}. Không đến được thì bạn đổi giờ hoặc hủy, để chỗ cho người khác."),
        sms=gettext_noop("Nhắc: hẹn {time} tại {unit}. Đổi, hủy: {link} Thôi nhắc: {off}"),
        action=gettext_noop("Xem lịch hẹn"),
        sample=_SAMPLE,
    )
    # Who has no account has nothing to switch off: one message to the phone that the appointment was made by.
    register_template(
        "dossiers.appointment_soon_phone",
        kind=APPOINTMENTS,
        sms=gettext_noop("Nhắc: hẹn {time} tại {unit}. Đổi, hủy: {link}"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.visit_assigned",
        kind=APPOINTMENTS,
        inbox_title=gettext_noop("Cán bộ đến nhà: {day}"),
        inbox_body=gettext_noop("{unit} cử {officer} đến tiếp nhận {procedure} ({day}). Bạn chuẩn bị giấy tờ ghi ở trang của thủ tục."),
        sms=gettext_noop("{unit} đến nhà tiếp nhận ({day}): {officer}. Xem: {link}"),
        action=gettext_noop("Xem yêu cầu"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.visit_declined",
        kind=APPOINTMENTS,
        inbox_title=gettext_noop("{unit} không đến nhà tiếp nhận được"),
        inbox_body=gettext_noop("Thủ tục: {procedure}. Lý do: {reason}"),
        sms=gettext_noop("{unit} không đến nhà tiếp nhận được. Lý do: {reason}. Xem: {link}"),
        action=gettext_noop("Xem yêu cầu"),
        sample=_SAMPLE,
    )
