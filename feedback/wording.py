"""What a sender reads of a petition: where it stands, who has it, until when, what one can do, what happened. No query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.models import TOP, Petition, PetitionEvent, State


@dataclass(frozen=True)
class Due:
    """A deadline as a day."""

    label: str
    at: datetime
    words: str
    kind: str
    """``good``, ``wait`` on the last days, ``bad`` when it has passed."""


@dataclass(frozen=True)
class Situation:
    """What the page of a petition says first."""

    headline: str
    explanation: str
    tag_kind: str
    dues: tuple[Due, ...] = ()


@dataclass(frozen=True)
class Entry:
    """One line of the timeline component: past (``done``), present (``now``) or to come (empty)."""

    title: str
    state: str
    at: datetime | None = None
    text: str = ""


SOON_DAYS = 3
"""With so many days left, or fewer, a deadline is shown as near."""


def day(moment: datetime) -> str:
    """A moment as a day."""
    return f"{timezone.localtime(moment):%d/%m/%Y}"


def days_left(now: datetime, due: datetime) -> str:
    """What is left of a time counted in days: ``còn 5 ngày``."""
    days = (timezone.localdate(due) - timezone.localdate(now)).days
    if now > due:
        late = max(1, -days)
        return ngettext("quá hạn %(n)d ngày", "quá hạn %(n)d ngày", late) % {"n": late}
    return ngettext("còn %(n)d ngày", "còn %(n)d ngày", days) % {"n": days} if days else _("hết hôm nay")


def due(label: str, at: datetime, now: datetime) -> Due:
    """A deadline in words."""
    left = (timezone.localdate(at) - timezone.localdate(now)).days
    return Due(label, at, days_left(now, at), "bad" if now > at else "wait" if left <= SOON_DAYS else "good")


def clocks(petition: Petition, *, now: datetime) -> tuple[Due, ...]:
    """The deadlines that run: the sender's, and the holding agency's where it is another day (Rules art. 42.3, 44.1)."""
    if not petition.is_open:
        return ()
    found = [due(_("Hạn trả lời bạn"), petition.due_at, now)]
    if timezone.localdate(petition.unit_due_at) != timezone.localdate(petition.due_at):
        found.append(due(_("Hạn của cơ quan đang giữ"), petition.unit_due_at, now))
    if petition.state == State.WAITING and petition.supply_due_at is not None:
        found.insert(0, due(_("Bạn bổ sung trước hết ngày"), petition.supply_due_at, now))
    return tuple(found)


def situation(petition: Petition, *, unit: str, now: datetime, reason: str = "") -> Situation:
    """The present situation in one headline and a sentence or two. ``unit``: the holding agency's name; ``reason``: of a refusal."""
    state = State(petition.state)
    said = {"unit": unit, "due": day(petition.due_at)}
    kind = _KINDS[state]
    if state == State.NEW and petition.round > 1:
        headline = _("Văn phòng Chính phủ chủ trì xử lý lại")
        text = _(
            "Bạn không đồng ý với trả lời trước, nên %(unit)s nhận và chủ trì xử lý lại từ đầu. Bạn được trả lời chậm nhất ngày %(due)s. "
            "Bạn chưa cần làm gì."
        )
    elif state == State.NEW:
        headline = _("Đã gửi, chờ tiếp nhận")
        text = _(
            "%(unit)s đang xem phản ánh của bạn. Nếu không tiếp nhận, hoặc cần bạn bổ sung, nơi này báo bạn trong vài ngày. "
            "Bạn được trả lời chậm nhất ngày %(due)s. Bạn chưa cần làm gì."
        )
    elif state == State.WAITING:
        headline = _("Chờ bạn bổ sung")
        said["until"] = day(petition.supply_due_at) if petition.supply_due_at else ""
        text = _(
            "%(unit)s cần bạn làm rõ hoặc gửi thêm, trước hết ngày %(until)s. Nếu bạn không bổ sung, phản ánh có thể không được tiếp nhận, "
            "hoặc được xử lý với những gì đã có. Hạn trả lời bạn vẫn là %(due)s."
        )
    elif state in (State.PROCESSING, State.CHECKING) and now > petition.due_at:
        headline, kind = _("Quá hạn trả lời"), "bad"
        said["until"] = day(petition.progress_due_at) if petition.progress_due_at else said["due"]
        text = _(
            "Hạn trả lời bạn là %(due)s, nay đã qua. %(unit)s phải báo tình hình xử lý cho bạn chậm nhất ngày %(until)s, "
            "rồi cứ 7 ngày một lần đến khi trả lời."
        )
    elif state == State.PROCESSING:
        headline = _("Đang xử lý")
        text = _("%(unit)s đã tiếp nhận và đang xử lý. Bạn được trả lời chậm nhất ngày %(due)s. Bạn chưa cần làm gì.")
    elif state == State.CHECKING:
        headline = _("Câu trả lời đang được duyệt")
        text = _("%(unit)s đã soạn câu trả lời, người có trách nhiệm đang xem lại trước khi gửi bạn. Hạn trả lời bạn là %(due)s.")
    elif state == State.ANSWERED:
        headline = _("Đã trả lời")
        said["at"] = day(petition.answered_at) if petition.answered_at else ""
        text = (
            _("%(unit)s đã trả lời bạn ngày %(at)s. Nếu vẫn không đồng ý, bạn có quyền khiếu nại theo Luật Khiếu nại.")
            if petition.unit_code == TOP
            else _("%(unit)s đã trả lời bạn ngày %(at)s. Nếu bạn không đồng ý, bạn gửi lại và Văn phòng Chính phủ chủ trì xử lý.")
        )
    elif state == State.REFUSED:
        headline = _("Không được tiếp nhận")
        said["reason"] = reason
        text = (
            _("%(unit)s không tiếp nhận phản ánh này. Lý do: %(reason)s")
            if reason
            else _("%(unit)s không tiếp nhận phản ánh này. Người gửi đọc lý do trên trang của phản ánh sau khi đăng nhập.")
        )
    elif state == State.WITHDRAWN:
        headline = _("Người gửi đã rút")
        text = _("Phản ánh này đã được rút nên không được xử lý nữa.")
    else:
        headline = _("Xử lý theo chế độ riêng")
        text = _(
            "Phản ánh này được chuyển xử lý theo quy định về văn bản mật, ngoài Cổng. Nội dung và tệp đã được xóa khỏi Cổng. "
            "Cơ quan liên hệ trực tiếp với người gửi."
        )
    return Situation(headline, text % said, kind, clocks(petition, now=now))


_KINDS = {
    State.NEW: "info",
    State.WAITING: "wait",
    State.PROCESSING: "info",
    State.CHECKING: "info",
    State.ANSWERED: "good",
    State.REFUSED: "bad",
    State.WITHDRAWN: "",
    State.SECRET: "",
}


def short_state(petition: Petition, *, now: datetime) -> tuple[str, str]:
    """The headline and the colour of its tag, for a line of a list."""
    found = situation(petition, unit="", now=now)
    return found.headline, found.tag_kind


def what_after_refusal(cause: str) -> str:
    """What one can do after a refusal, by its coded cause (``handling.REFUSALS``)."""
    return {
        "content": _("Nếu việc của bạn thuộc nội dung khác, bạn viết phản ánh mới và chọn đúng loại nội dung."),
        "unclear": _("Bạn viết phản ánh mới, nói rõ việc gì, ở đâu, khi nào, và gửi kèm ảnh hoặc giấy tờ nếu có."),
        "sender": _("Bạn viết phản ánh mới với đủ tên, địa chỉ, số điện thoại và thư điện tử."),
        "language": _("Bạn nhờ người viết lại bằng tiếng Việt rồi gửi phản ánh mới."),
        "complaint": _("Đơn khiếu nại, tố cáo gửi thẳng đến cơ quan có thẩm quyền theo Luật Khiếu nại, Luật Tố cáo. Hỏi đường: 1800 1096."),
        "answered": _("Bạn tìm câu trả lời ấy trong các trả lời đã công khai."),
        "silent": _("Khi có đủ điều cơ quan hỏi, bạn gửi phản ánh mới."),
    }.get(cause, _("Bạn có thể viết phản ánh mới, hoặc gọi miễn phí 1800 1096 để được hướng dẫn."))


# What happened ----------------------------------------------------------------------------------------------------------------


def _titles() -> dict[str, str]:
    return {
        "send": _("Gửi đến %(to)s"),
        "receive": _("%(unit)s tiếp nhận"),
        "refuse": _("%(unit)s không tiếp nhận"),
        "refuse_silent": _("%(unit)s không tiếp nhận vì không được bổ sung"),
        "ask_more": _("%(unit)s yêu cầu bạn bổ sung"),
        "supply": _("Bạn đã bổ sung"),
        "go_on": _("%(unit)s xử lý tiếp với những gì đã có"),
        "transfer": _("Chuyển đến %(to)s"),
        "send_back": _("Trả lại %(to)s"),
        "escalate": _("Báo cáo %(to)s chủ trì"),
        "take_over": _("%(to)s chủ trì xử lý"),
        "succeed": _("%(to)s kế tục cơ quan cũ, nhận xử lý tiếp"),
        "ask_opinion": _("Hỏi ý kiến %(to)s"),
        "give_opinion": _("%(unit)s đã cho ý kiến"),
        "submit": _("Câu trả lời đã soạn xong, chờ duyệt"),
        "return_answer": _("Câu trả lời được xem lại"),
        "approve": _("%(unit)s trả lời bạn"),
        "progress": _("%(unit)s báo tình hình xử lý"),
        "disagree": _("Bạn không đồng ý và gửi lại, %(to)s chủ trì"),
        "withdraw": _("Bạn đã rút phản ánh"),
        "seal_away": _("Chuyển xử lý theo chế độ riêng"),
        "publish": _("Câu hỏi và trả lời được công khai"),
        "recompute": _("Hạn trả lời được tính lại"),
        "postpone": _("Hạn bổ sung của bạn được lùi vì Cổng có sự cố"),
    }


def shown_events(events: Iterable[PetitionEvent]) -> list[PetitionEvent]:
    """The events that say something to the sender; the office's inner ones (who works on it, how it is classified) do not."""
    titles = _titles()
    return [event for event in events if event.name in titles]


def units_of(events: Iterable[PetitionEvent]) -> set[str]:
    """Codes of the agencies that appear in the timeline."""
    return {code for event in events for code in (event.unit_code, event.to_unit) if code}


def entries(petition: Petition, events: Sequence[PetitionEvent], names: Mapping[str, str], *, now: datetime) -> list[Entry]:
    """The timeline: what happened, where it stands, what comes."""
    titles = _titles()
    found = []
    for event in shown_events(events):
        said = {"unit": names.get(event.unit_code, event.unit_code), "to": names.get(event.to_unit or event.unit_code, event.to_unit)}
        text = _("Hạn trả lời bạn: %(day)s") % {"day": day(event.due_after)} if event.name in _WITH_DUE and event.due_after else ""
        found.append(Entry(titles[event.name] % said, "done", event.at, text))
    if petition.is_open:
        if not found or petition.state != State.NEW or petition.round > 1 or len(found) > 1:
            found.append(Entry(short_state(petition, now=now)[0], "now"))
        else:
            found.append(Entry(_("Chờ cơ quan tiếp nhận"), "now"))
        found.append(Entry(_("Trả lời bạn, chậm nhất ngày %(day)s") % {"day": day(petition.due_at)}, ""))
    elif found:
        found[-1] = Entry(found[-1].title, "now", found[-1].at, found[-1].text)
    return found


_WITH_DUE = frozenset({"send", "transfer", "disagree", "recompute"})
