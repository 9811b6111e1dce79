"""What people are told about parcels; the English of these words stands in ``portal/locale``."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from portal.notifications.registry import STEPS, register_template

_SAMPLE = {
    "code": "H26.101-261129-0001",
    "procedure": "Đăng ký khai sinh",
    "unit": "UBND phường Ví Dụ",
    "number": "RB000000014VN",
    "amount": "26.000 đồng",
}


def register() -> None:
    """Texts; once, in ``ready()``."""
    register_template(
        "dossiers.handed_over",
        kind=STEPS,
        inbox_title=gettext_noop("Hồ sơ {code} đã chuyển đến {unit}"),
        inbox_body=gettext_noop(
            "{unit} giải quyết tiếp hồ sơ {procedure}. Ngày hẹn trả kết quả không thay đổi; bạn không phải làm gì thêm."
        ),
        sms=gettext_noop("Hồ sơ {code} đã chuyển đến {unit}. Ngày hẹn trả không đổi. Xem: {link}"),
        action=gettext_noop("Xem hồ sơ"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.parcel_registered",
        kind=STEPS,
        inbox_title=gettext_noop("Bản giấy của hồ sơ {code} sắp được gửi"),
        inbox_body=gettext_noop(
            "Số bưu phẩm: {number}. Bưu tá đến {unit} lấy rồi mang đến nơi bạn đã chọn; cước {amount}, trả cho bưu tá khi nhận."
        ),
        sms=gettext_noop("Bản giấy hồ sơ {code}: số bưu phẩm {number}, cước {amount} trả khi nhận. Xem: {link}"),
        action=gettext_noop("Theo dõi bưu phẩm"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.parcel_delivered",
        kind=STEPS,
        inbox_title=gettext_noop("Bản giấy của hồ sơ {code} đã được phát"),
        inbox_body=gettext_noop("Bưu chính ghi đã phát bưu phẩm {number}. Nếu bạn chưa nhận được, bạn gọi {unit}."),
        sms=gettext_noop("Bưu phẩm {number} (hồ sơ {code}) đã phát. Chưa nhận được, xem: {link}"),
        action=gettext_noop("Theo dõi bưu phẩm"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.parcel_returned",
        kind=STEPS,
        inbox_title=gettext_noop("Bưu phẩm {number} không phát được"),
        inbox_body=gettext_noop(
            "Bản giấy của hồ sơ {code} trở lại {unit}. Bạn đến quầy nhận; bản điện tử vẫn có trong tài khoản và có giá trị như bản giấy."
        ),
        sms=gettext_noop("Bưu phẩm {number} không phát được, bản giấy trở lại {unit}. Xem: {link}"),
        action=gettext_noop("Theo dõi bưu phẩm"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.parcel_refused",
        kind=STEPS,
        inbox_title=gettext_noop("Bưu chính chưa nhận gửi bản giấy của hồ sơ {code}"),
        inbox_body=gettext_noop("Bạn đến quầy của {unit} nhận bản giấy; bản điện tử đã có trong tài khoản và có giá trị như bản giấy."),
        sms=gettext_noop("Bưu chính chưa nhận gửi bản giấy hồ sơ {code}. Đến quầy {unit} nhận. Xem: {link}"),
        action=gettext_noop("Xem hồ sơ"),
        sample=_SAMPLE,
    )
