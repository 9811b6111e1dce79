"""What slips and surveys register with the rooms below: acts, notices, loading steps, the way from a dossier to its slip."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

ASKED = "ratings.asked"
"""The kind of their notices: people may switch it off, nothing is owed to them."""


def register() -> None:
    """Once, in ``ready()``."""
    from accounts.owner.lines import register_account_lines
    from dossiers.signals import national_changed
    from dossiers.ways_on import register_way_on
    from portal.access import Act, Assurance, register_acts
    from portal.access.roles import LEADERS, OFFICER_ROLES
    from portal.audit.words import register_names
    from portal.operations.preparation import register_loader
    from ratings.slips import demo, loading
    from ratings.slips.account import slips_waiting
    from ratings.slips.services import CHECK, OVERSEE, SEE
    from ratings.slips.versions import KEEP_QUESTIONS
    from ratings.surveys import demo as survey_demo
    from ratings.surveys.queries import titles
    from ratings.surveys.services import CHECK_TEXTS, KEEP

    vpcp = frozenset({"steering"})
    keeps = frozenset({"administrator", "steering", "content"})
    register_acts(
        Act(SEE, "Xem phiếu đánh giá của đơn vị", OFFICER_ROLES),
        # Whoever leads, and whoever checks answers to petitions: both answer for what their unit shows.
        Act(CHECK, "Duyệt ý kiến trong phiếu đánh giá", LEADERS | {"petition_checking"}),
        Act(OVERSEE, "Xem mọi phiếu đánh giá", vpcp, everywhere=True),
        Act(KEEP_QUESTIONS, "Đặt câu hỏi của phiếu đánh giá", vpcp, assurance=Assurance.HIGH, everywhere=True),
        Act(KEEP, "Lập, mở, kết thúc khảo sát", keeps),
        Act(CHECK_TEXTS, "Duyệt ý kiến trong khảo sát", keeps | LEADERS),
    )
    _notices()
    register_account_lines(slips_waiting)
    register_names("ratings.survey", titles)
    national_changed.connect(_ended, dispatch_uid="ratings.slips")
    register_way_on(_way_to_slip)
    register_loader("câu hỏi của phiếu đánh giá", loading.load, order=46)
    register_loader(demo.STEP, demo.load, order=60, demo=True)
    register_loader(survey_demo.STEP, survey_demo.load, order=61, demo=True)


def _ended(sender: Any, changes: Any, **kwargs: Any) -> None:
    """Dossiers that ended are promised their slips in the same transaction."""
    from ratings.slips.services import promise

    promise(changes)


def _way_to_slip(ended: Any) -> Any:
    """The link to the slip of a dossier, as long as it is open (one query)."""
    from django.urls import reverse
    from django.utils import timezone
    from django.utils.translation import gettext

    from dossiers.ways_on import WayOn
    from ratings.slips.services import is_offered

    if not is_offered(ended.code, ended.state, ended.ended_on, today=timezone.localdate()):
        return None
    words = gettext("Bạn hài lòng không? Năm câu, khoảng một phút, không ghi tên bạn.")
    return WayOn(words, gettext("Đánh giá việc giải quyết hồ sơ này"), reverse("slip-own", args=[ended.code]))


def _notices() -> None:
    from portal.notifications.registry import register_kind, register_template

    register_kind(ASKED, _("Mời đánh giá, khảo sát"), law_bound=False)
    register_template(
        "ratings.slip",
        kind=ASKED,
        inbox_title=gettext_noop("Hồ sơ {code} đã kết thúc: mời bạn đánh giá"),
        inbox_body=gettext_noop(
            "{unit} vừa kết thúc hồ sơ {procedure}. Bạn hài lòng không? Năm câu, khoảng một phút, không ghi tên, nhận đến hết {until}."
        ),
        sms=gettext_noop("Hồ sơ {code} đã kết thúc. Mời bạn đánh giá, 1 phút, không cần đăng nhập: {link}"),
        action=gettext_noop("Đánh giá"),
        sample={
            "code": "H26.101-261129-0001",
            "unit": "UBND phường Ví Dụ",
            "procedure": "Đăng ký khai sinh",
            "until": "29/12/2026",
        },
    )
    register_template(
        "ratings.survey",
        kind=ASKED,
        inbox_title=gettext_noop("Mời bạn tham gia khảo sát: {title}"),
        inbox_body=gettext_noop("{unit} mời bạn trả lời khảo sát “{title}”, đến hết {until}. Câu trả lời không ghi tên bạn."),
        sms=gettext_noop("{unit} mời bạn trả lời khảo sát, đến hết {until}, không cần đăng nhập: {link}"),
        action=gettext_noop("Trả lời khảo sát"),
        sample={"unit": "UBND phường Ví Dụ", "title": "Chỗ ngồi chờ ở bộ phận một cửa", "until": "29/12/2026"},
    )
