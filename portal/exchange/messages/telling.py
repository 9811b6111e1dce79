"""What is said of a line that is lost or back and of changes of servers (Rules art. 50, 52); a room above tells it to people."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from portal.exchange.messages.models import ConnectionEvent
from portal.exchange.partners.models import PartnerLine


def words_of(event: ConnectionEvent) -> tuple[str, str]:
    """Title and text of a line that was lost or is back."""
    name = event.partner.name
    if event.what == ConnectionEvent.What.LOST:
        return (
            f"Mất kết nối với {name}",
            f"Cổng Dịch vụ công Quốc gia không gửi được tin đến {name} ({event.partner_id}) từ {_at(event.since)}: "
            f"{REASONS.get(event.error, event.error)}. {event.waiting} tin đang chờ; Cổng tự gửi lại "
            "theo đúng thứ tự khi hệ thống nhận được.",
        )
    return (
        f"Đã kết nối lại với {name}",
        f"{name} ({event.partner_id}) nhận được tin trở lại từ {_at(event.at)}, mất kết nối từ {_at(event.since)}. "
        f"{event.waiting} tin đang chờ được gửi tiếp.",
    )


REASONS = {
    "timeout": "không trả lời kịp",
    "no_connection": "không mở được kết nối",
    "busy": "báo bận",
    "server_error": "báo lỗi máy chủ (5xx)",
    "wrong_answer": "trả lời không phải biên nhận",
    "too_large": "trả lời quá dài",
    "not_configured": "Cổng chưa cấu hình kết nối của mình với trục",
    "denied": "trục không nhận tên hoặc khóa của Cổng",
    "handed": "đã giao cho trục, bên nhận chưa gửi biên nhận",
    "receipt: signature": "biên nhận ký sai",
    "receipt: key_unknown": "biên nhận ký bằng khóa không đăng ký hoặc đã thu hồi",
    "receipt: clock": "đồng hồ hệ thống kia lệch quá 5 phút",
    "receipt: expired": "biên nhận đã hết hạn",
    "receipt: form": "biên nhận sai cách viết",
    "receipt: digest": "biên nhận cho tin khác",
    "receipt: issuer": "biên nhận của hệ thống khác",
    "receipt: audience": "biên nhận không gửi cho Cổng",
    "receipt: algorithm": "biên nhận ký bằng thuật toán không được nhận",
    "no_line": "hệ thống chưa đăng ký địa chỉ nhận tin, chờ hệ thống tự lấy",
    "no_key": "hệ thống chưa có khóa đang hiệu lực để mã hóa và ký",
    "no_algorithm": "khóa của hệ thống không hợp thuật toán nào được phép",
}
"""What the desk and notices call the reasons; one they do not know is shown as it is."""


def words_of_line(line: PartnerLine) -> tuple[str, str]:
    """Title and text of a change of a server's data."""
    way = PartnerLine.Carrier(line.carrier).label
    return (
        f"Thay đổi máy chủ kết nối của {line.partner.name}",
        f"Từ {_at(line.effective_from)}, {line.partner.name} ({line.partner_id}) nhận tin theo: {way}"
        + (f"; địa chỉ {line.address}" if line.address else "")
        + (f"; mã trên trục {line.member}" if line.member else "")
        + (f"; vùng mạng {line.zone}" if line.zone else "")
        + ". Cổng tự chuyển đúng lúc đó (Quy chế điều 50).",
    )


def _at(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%H:%M ngày %d/%m/%Y}"
