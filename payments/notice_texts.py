"""What people are told about their payments; the English of these words stands in ``portal/locale``."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from portal.notifications.registry import register_kind, register_template

MONEY = "payments.money"
_SAMPLE = {
    "code": "DVC7K3M9QXRT2W4A",
    "amount": "24.000 đồng",
    "unit": "UBND phường Ví Dụ",
    "reference": "H26.101-261129-0001",
    "number": "HT7K3M9QXRT2W4",
    "answer": "Giao dịch đã thành công, mã 123456.",
}


def register() -> None:
    """Kinds and texts; once, in ``ready()``."""
    # Whoever pays must be told that the money arrived or went back (Rules art. 31.2c, 34.6).
    register_kind(MONEY, _("Tiền đã nộp, đã hoàn và chứng từ"), law_bound=True)
    register_template(
        "payments.paid",
        kind=MONEY,
        inbox_title=gettext_noop("Đã thanh toán {amount}"),
        inbox_body=gettext_noop("{unit} được báo đã thu {amount} cho {reference}. Chứng từ có trong trang thanh toán {code}."),
        sms=gettext_noop("Đã thu {amount} cho {reference}. Chứng từ: {link}"),
        action=gettext_noop("Xem thanh toán"),
        sample=_SAMPLE,
    )
    register_template(
        "payments.voucher",
        kind=MONEY,
        inbox_title=gettext_noop("Chứng từ nộp tiền đã có"),
        inbox_body=gettext_noop("Chứng từ có chữ ký số cho {amount} ({reference}) đã có trong trang thanh toán {code}."),
        sms="",
        action=gettext_noop("Xem chứng từ"),
        sample=_SAMPLE,
    )
    register_template(
        "payments.refunded",
        kind=MONEY,
        inbox_title=gettext_noop("Đã hoàn {amount}"),
        inbox_body=gettext_noop("Khoản hoàn {number} ({amount}) cho {reference} đã được chuyển về nơi bạn đã trả."),
        sms=gettext_noop("Đã hoàn {amount} cho {reference}, mã {number}. Xem: {link}"),
        action=gettext_noop("Xem thanh toán"),
        sample=_SAMPLE,
    )
    register_template(
        "payments.refund_answered",
        kind=MONEY,
        inbox_title=gettext_noop("Trả lời đề nghị hoàn tiền {number}"),
        inbox_body=gettext_noop("Về khoản {code} ({reference}): {answer}"),
        sms=gettext_noop("De nghi hoan tien {number} da co tra loi. Xem: {link}"),
        action=gettext_noop("Xem thanh toán"),
        sample=_SAMPLE,
    )
    register_template(
        "payments.traced",
        kind=MONEY,
        inbox_title=gettext_noop("Trả lời tra soát {number}"),
        inbox_body=gettext_noop("Về khoản {code} ({reference}): {answer}"),
        sms=gettext_noop("Tra soat {number} da co tra loi. Xem: {link}"),
        action=gettext_noop("Xem thanh toán"),
        sample=_SAMPLE,
    )
