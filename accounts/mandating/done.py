"""What was done for a party, and by whom: told from the sealed trail, which keeps everything (A-14: for ten years at least)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from accounts.models import Mandate
from portal.access import AccessDenied, ActingAs, Actor
from portal.audit.models import Act
from portal.audit.words import names_of

WORDS = {
    "accounts.accept_mandate": gettext_noop("Nhận ủy quyền"),
    "accounts.act_as": gettext_noop("Đổi tư cách"),
    "accounts.decline_mandate": gettext_noop("Từ chối ủy quyền"),
    "accounts.give_mandate": gettext_noop("Mời nhận ủy quyền"),
    "accounts.learn_mandate": gettext_noop("Ghi quyền đại diện theo cơ sở dữ liệu hoặc giấy tờ"),
    "accounts.lose_mandate": gettext_noop("Hết quyền đại diện theo cơ sở dữ liệu hoặc giấy tờ"),
    "accounts.withdraw_mandate": gettext_noop("Chấm dứt ủy quyền"),
    "accounts.withdraw_offer": gettext_noop("Rút lời mời nhận ủy quyền"),
    "dossiers.add_paper": gettext_noop("Thêm giấy tờ vào hồ sơ"),
    "dossiers.carry_over_draft": gettext_noop("Chuyển bản nháp sang biểu mẫu mới"),
    "dossiers.discard_draft": gettext_noop("Xóa bản nháp hồ sơ"),
    "dossiers.read_document": gettext_noop("Mở văn bản của hồ sơ"),
    "dossiers.read_paper": gettext_noop("Mở giấy tờ của hồ sơ"),
    "dossiers.remove_paper": gettext_noop("Xóa giấy tờ của hồ sơ"),
    "dossiers.start_draft": gettext_noop("Bắt đầu soạn hồ sơ"),
    "dossiers.submit": gettext_noop("Gửi hồ sơ"),
    "dossiers.withdraw": gettext_noop("Rút hồ sơ"),
    "feedback.add_file": gettext_noop("Đính kèm tệp vào phản ánh, kiến nghị"),
    "feedback.disagree": gettext_noop("Không đồng ý với trả lời"),
    "feedback.discard_draft": gettext_noop("Xóa bản nháp phản ánh, kiến nghị"),
    "feedback.rate": gettext_noop("Đánh giá câu trả lời"),
    "feedback.read_file": gettext_noop("Mở tệp của phản ánh, kiến nghị"),
    "feedback.send": gettext_noop("Gửi phản ánh, kiến nghị"),
    "feedback.start_draft": gettext_noop("Bắt đầu viết phản ánh, kiến nghị"),
    "feedback.supply": gettext_noop("Bổ sung phản ánh, kiến nghị"),
    "feedback.withdraw": gettext_noop("Rút phản ánh, kiến nghị"),
    "files.receive": gettext_noop("Gửi tệp lên"),
    "files.erase": gettext_noop("Xóa tệp"),
    "payments.request_refund": gettext_noop("Đề nghị hoàn tiền"),
    "payments.request_trace": gettext_noop("Đề nghị tra soát"),
}
"""What people do for others; the English stands in ``portal/locale``."""
OTHER = gettext_noop("Việc khác")


def words_of(act: str) -> str:
    """An act in the reader's language."""
    return gettext(WORDS.get(act, OTHER))


def done_for(actor: Actor, *, begins: date | None = None, ends: date | None = None) -> QuerySet[Act]:
    """The acts that others did for the party for whom the actor acts, newest first.

    All of them for the party itself: a person, a parent or guardian for a child or ward, an organisation's legal representative. Who has a
    mandate that was given to them sees what they did themselves. :class:`AccessDenied` for officers.
    """
    if not actor.is_citizen or actor.party_id is None:
        raise AccessDenied("own")
    rows = Act.objects.filter(details__has_key="party", details__party=str(actor.party_id))
    if actor.mandate_id is not None and _is_given(actor.mandate_id):
        rows = rows.filter(person_id=actor.person_id)
    if begins is not None:
        rows = rows.filter(at__gte=_begin_of(begins))
    if ends is not None:
        rows = rows.filter(at__lt=_begin_of(ends + timedelta(days=1)))
    return rows.order_by("-id")


def _is_given(mandate_id: UUID) -> bool:
    return Mandate.objects.filter(pk=mandate_id, basis=Mandate.Basis.GIVEN).exists()


def told(rows: Iterable[Act], actor: Actor) -> list[dict[str, object]]:
    """These acts as the party reads them: when, what, by whom, on what (two queries). An officer is told by what they are, not by name."""
    acts = list(rows)
    people = names_of("person", [str(row.person_id) for row in acts if row.person_id and row.acting_as != ActingAs.POSITION])
    codes = names_of("dossiers.dossier", [row.target_id for row in acts if row.target == "dossiers.dossier"])
    return [
        {
            "at": row.at,
            "what": words_of(row.act),
            "who": _who(row, people, actor),
            "on": codes.get(row.target_id, ""),
        }
        for row in acts
    ]


def _who(row: Act, people: dict[str, str], actor: Actor) -> str:
    if row.acting_as == ActingAs.POSITION:
        return gettext("Cán bộ")
    if row.person_id is None:
        return gettext("Hệ thống")
    name = people.get(str(row.person_id), "")
    return gettext("%(name)s (bạn)") % {"name": name} if row.person_id == actor.person_id else name


def _begin_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
