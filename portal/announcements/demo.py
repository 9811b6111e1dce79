"""Two notices for demonstrations, plainly made up. Never loaded in production."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from portal.access import SYSTEM
from portal.announcements.models import Notice
from portal.announcements.services import publish

VPCP = "G22"
"""The Government Office answers for the portal."""
NOTICES: dict[UUID, dict[str, Any]] = {
    UUID("5eed0000-0000-4000-8000-000000000001"): {
        "kind": "fraud",
        "important": True,
        "title": "Cổng không bao giờ gọi điện hỏi mật khẩu một lần",
        "summary": "Ai gọi điện, nhắn tin xưng là cán bộ rồi hỏi mật khẩu một lần của bạn đều là lừa đảo. Bạn tắt máy và gọi 1800 1096.",
        "body": (
            "Đây là thông báo mẫu của bản trình diễn.\n\n"
            "Mật khẩu một lần là sáu chữ số mà Cổng nhắn đến điện thoại của bạn khi bạn đăng nhập. Chỉ bạn dùng mật khẩu đó, và chỉ gõ ở "
            "trang đăng nhập của Cổng.\n\n"
            "Cán bộ không cần mật khẩu của bạn để xử lý hồ sơ, không gọi điện hỏi, không gửi đường dẫn để bạn nhập lại, không nhờ bạn cài "
            "ứng dụng.\n\n"
            "Nếu đã lỡ cho người khác biết, bạn gọi ngay tổng đài miễn phí 1800 1096."
        ),
        "english": {
            "title": "We never call to ask for your one-time password",
            "summary": "Whoever calls or texts as an officer and asks for your one-time password is a fraud. Hang up and call 1800 1096.",
            "body": (
                "This is a sample notice of the demonstration.\n\n"
                "A one-time password is the six digits that we send to your phone when you sign in. It is for you alone, and only for our "
                "sign-in page.\n\n"
                "Officers do not need your password to handle your file. They do not call to ask for it, send links where you should type "
                "it, or ask you to install an app.\n\n"
                "If you have told somebody, call our free hotline 1800 1096 at once."
            ),
        },
    },
    UUID("5eed0000-0000-4000-8000-000000000002"): {
        "kind": "maintenance",
        "title": "Cổng bảo trì từ 0 giờ đến 2 giờ Chủ nhật đầu tiên mỗi tháng",
        "summary": "Trong hai giờ đó bạn vẫn xem được thủ tục nhưng chưa nộp được hồ sơ. Nội dung đang điền dở được giữ lại.",
        "body": (
            "Đây là thông báo mẫu của bản trình diễn.\n\n"
            "Từ 0 giờ đến 2 giờ sáng Chủ nhật đầu tiên mỗi tháng, Cổng tạm ngừng nhận hồ sơ để bảo trì. Các trang thủ tục vẫn mở.\n\n"
            "Hồ sơ bạn đang điền dở được giữ nguyên; sau 2 giờ bạn mở lại và làm tiếp. Hạn giải quyết hồ sơ đã nộp không thay đổi."
        ),
        "english": {
            "title": "Maintenance from 00:00 to 02:00 on the first Sunday of each month",
            "summary": "During these two hours you can read about procedures but not file. What you have filled in so far is kept.",
            "body": (
                "This is a sample notice of the demonstration.\n\n"
                "From 00:00 to 02:00 on the first Sunday of each month we take in no files because of maintenance. The pages of procedures "
                "stay open.\n\n"
                "What you are filling in is kept; open it again after 02:00 and go on. The time limits of files already sent do not change."
            ),
        },
    },
}


def load() -> str:
    """Publish the notices that are not there yet; a second time changes nothing. Returns one line that says what there is."""
    now = timezone.now()
    known = set(Notice.objects.filter(pk__in=NOTICES).values_list("pk", flat=True))
    for key, facts in NOTICES.items():
        if key not in known:
            publish(actor=SYSTEM, unit_code=VPCP, notice_id=key, published_from=timezone.localdate(now), now=now, **facts)
    return f"{len(NOTICES)} thông báo"
