"""What officers on duty read of an alarm."""

from __future__ import annotations

from django.utils.translation import gettext_lazy, gettext_noop

from portal.notifications.registry import register_kind, register_template

KIND = "operations.alarms"


def register() -> None:
    """Kind and texts. An alarm is told whatever its reader chose of channels: the rule says by which."""
    register_kind(KIND, gettext_lazy("Cảnh báo vận hành"), law_bound=True, for_officers=True)
    sample = {"alarm": "Mất kết nối: VNeID", "grade": "Nghiêm trọng", "advice": "Hỏi đầu mối.", "since": "08:00 01/12/2026", "times": "3"}
    body = gettext_noop("{grade}. {alarm}. Từ lúc {since}, {times} lần. Việc cần làm: {advice}")
    for name, title, sms in (
        ("operations.alarm", gettext_noop("Cảnh báo: {alarm}"), gettext_noop("DVCQG canh bao {grade}: {alarm}, tu {since}.")),
        (
            "operations.alarm_escalated",
            gettext_noop("Chưa ai nhận cảnh báo: {alarm}"),
            gettext_noop("DVCQG: chua ai nhan canh bao {alarm}, tu {since}."),
        ),
        ("operations.alarm_over", gettext_noop("Đã hết cảnh báo: {alarm}"), gettext_noop("DVCQG: da het canh bao {alarm}.")),
    ):
        register_template(name, inbox_title=title, inbox_body=body, sms=sms, kind=KIND, sample=sample)
