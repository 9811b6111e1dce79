"""What applicants read of a dossier: where it stands, what happened, what comes. No query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from dossiers.models import OPEN_STATES, Dossier, DossierEvent, PaymentDemand, Standing, State
from portal.ui.tags import dong
from portal.workdays import Calendar, national_calendar, remaining_words


@dataclass(frozen=True)
class Situation:
    """What a status page says first: what happens now, who has the dossier, how long it may take."""

    headline: str
    """The state in the applicant's words; the desk shows the national label."""
    explanation: str
    deadline: datetime | None
    deadline_words: str
    deadline_kind: str
    """``good``, ``wait`` on the last day, ``bad`` when it has passed: colours of the components."""
    tag_kind: str


def situation(dossier: Dossier, *, now: datetime, reason: str = "", calendar: Calendar | None = None) -> Situation:
    """The present situation of a dossier in words for its applicant (requirement D-12). No query.

    ``calendar`` is the handling unit's; without it the national one.
    """
    text: tuple[str, str, datetime | None]
    if dossier.state == State.SUBMITTED and dossier.awaits_payment:
        text = (
            _("Chờ bạn nộp phí, lệ phí"),
            _("Hồ sơ đã đến cơ quan. Cơ quan xem hồ sơ khi nhận được tiền, và trả lời bạn trong 8 giờ làm việc từ lúc đó."),
            dossier.pay_until,
        )
    elif dossier.state == State.PAYMENT_DUE:
        text = (
            _("Chờ bạn nộp phí, lệ phí"),
            _("Cơ quan cần bạn nộp tiền để giải quyết tiếp. Thời hạn giải quyết tạm dừng, chạy tiếp khi tiền về."),
            dossier.pay_until,
        )
    elif dossier.state == State.INCOMPLETE:
        after = _("Thời hạn giải quyết không chạy trong lúc chờ bạn.")
        before = _("Thời hạn giải quyết tính từ khi hồ sơ được tiếp nhận.")
        words = _("Cơ quan cần bạn bổ sung, tất cả trong một lần.")
        text = _("Chờ bạn bổ sung hồ sơ"), f"{words} {after if dossier.received_at else before}", dossier.supplement_until
    elif dossier.state == State.STOPPED:
        text = _("Đã dừng giải quyết"), _("Cơ quan dừng giải quyết hồ sơ này. Lý do: %(reason)s") % {"reason": reason}, None
    elif dossier.state == State.SUBMITTED:
        text = (
            _("Đã gửi, chờ tiếp nhận"),
            _("Cơ quan đang kiểm tra hồ sơ. Bạn chưa cần làm gì. Chúng tôi nhắn tin cho bạn khi hồ sơ được tiếp nhận."),
            dossier.response_due_at,
        )
    elif dossier.awaits_objection:
        words = _("Cơ quan cho bạn xem dự thảo kết quả trước khi quyết định. Bạn đồng ý, hoặc nêu điều chưa đúng.")
        text = _("Chờ bạn xem dự thảo kết quả"), words, None if dossier.paused_at else dossier.due_at
    elif dossier.awaits_signature:
        text = _("Đang ký kết quả"), _("Cơ quan đã giải quyết xong, kết quả đang chờ ký số. Bạn chưa cần làm gì."), None
    elif dossier.state in (State.RECEIVED, State.PROCESSING):
        words = _("Cán bộ đang giải quyết hồ sơ. Bạn chưa cần làm gì. Chúng tôi nhắn tin cho bạn khi có kết quả.")
        text = _("Đang giải quyết"), words, dossier.due_at
    elif dossier.state == State.DECIDED:
        text = _("Kết quả đã ký"), _("Kết quả đã được ký số và đang được trả. Bạn chưa cần làm gì."), None
    elif dossier.state == State.RETURNED:
        text = _("Đã có kết quả"), _("Kết quả đã có. Bạn mở, tải về và dùng như bản giấy."), None
    elif dossier.state == State.REFUSED:
        text = _("Không được tiếp nhận"), _("Cơ quan không tiếp nhận hồ sơ này. Lý do: %(reason)s") % {"reason": reason}, None
    elif dossier.state == State.WITHDRAWN:
        text = _("Đã rút"), _("Bạn đã rút hồ sơ này. Khi cần, bạn có thể nộp hồ sơ mới."), None
    else:
        label = str(State(dossier.state).label)
        text = label, label, dossier.due_at
    headline, explanation, deadline = text
    return Situation(
        headline=headline,
        explanation=explanation,
        deadline=deadline,
        deadline_words=remaining_words(now, deadline, calendar or national_calendar()) if deadline else "",
        deadline_kind=_deadline_kind(now, deadline) if deadline else "",
        tag_kind="wait"
        if dossier.awaits_payment or dossier.awaits_completion or dossier.awaits_objection
        else _TAGS.get(State(dossier.state), "wait"),
    )


_TAGS = {
    State.SUBMITTED: "info",
    State.RETURNED: "good",
    State.REFUSED: "bad",
    State.STOPPED: "bad",
    State.WITHDRAWN: "",
}


def _deadline_kind(now: datetime, deadline: datetime) -> str:
    if deadline < now:
        return "bad"
    return "wait" if timezone.localdate(deadline) == timezone.localdate(now) else "good"


@dataclass(frozen=True)
class Entry:
    """One line of the timeline component: past (``done``), present (``now``) or to come (empty)."""

    title: str
    state: str
    at: datetime | None = None
    text: str = ""


def _titles() -> dict[str, str]:
    return {
        "submit": _("Bạn đã gửi hồ sơ"),
        "receive": _("Cơ quan đã tiếp nhận hồ sơ"),
        "start": _("Cán bộ đang xử lý"),
        "refuse": _("Cơ quan không tiếp nhận hồ sơ"),
        "resend": _("Bạn đã sửa và gửi lại hồ sơ"),
        "show_draft": _("Cơ quan cho bạn xem dự thảo kết quả"),
        "call_off_draft": _("Cơ quan đã rút dự thảo kết quả"),
        "agree_draft": _("Bạn đồng ý với dự thảo kết quả"),
        "object_draft": _("Bạn không đồng ý với dự thảo kết quả"),
        "draft_unanswered": _("Hết hạn xem dự thảo kết quả, bạn không có ý kiến"),
        "decide": _("Đã giải quyết xong, chờ ký kết quả"),
        "take_back": _("Cơ quan xem lại kết quả trước khi ký"),
        "decline": _("Cơ quan xem lại kết quả trước khi ký"),
        "sign": _("Kết quả đã được ký số"),
        "return_result": _("Đã có kết quả"),
        "withdraw": _("Bạn đã rút hồ sơ"),
        "ask_payment": _("Cơ quan yêu cầu bạn nộp phí, lệ phí"),
        "call_off_payment": _("Cơ quan rút yêu cầu nộp tiền: bạn không phải nộp khoản này"),
        "paid": _("Đã nhận được tiền"),
        "unpaid": _("Quá hạn nộp tiền, chưa nhận được"),
        "stop_unpaid": _("Cơ quan dừng giải quyết vì quá hạn nộp tiền"),
        "refunded": _("Tiền đã được hoàn"),
        "ask_supplement": _("Cơ quan yêu cầu bạn bổ sung hồ sơ"),
        "approve_supplement": _("Cơ quan yêu cầu bạn bổ sung hồ sơ lần nữa; hồ sơ tính là quá hạn của cơ quan"),
        "call_off_supplement": _("Cơ quan rút yêu cầu bổ sung: bạn không phải làm gì"),
        "call_off_first_supplement": _("Cơ quan rút yêu cầu bổ sung: bạn không phải làm gì"),
        "complete": _("Bạn đã bổ sung hồ sơ"),
        "complete_first": _("Bạn đã bổ sung hồ sơ"),
        "unanswered": _("Quá hạn bổ sung, cơ quan giải quyết tiếp"),
        "unanswered_first": _("Quá hạn bổ sung, cơ quan xem lại hồ sơ"),
        "stop_unanswered": _("Cơ quan dừng giải quyết vì quá hạn bổ sung"),
        "refuse_unanswered": _("Không được tiếp nhận vì quá hạn bổ sung"),
        "stop": _("Cơ quan dừng giải quyết"),
        "undo_receive": _("Cơ quan hoàn tác việc tiếp nhận nhầm; hồ sơ chờ tiếp nhận lại"),
        "undo_refuse": _("Cơ quan hoàn tác việc từ chối nhầm; hồ sơ chờ tiếp nhận"),
        "due_moved": _("Hạn được tính lại vì ngày nghỉ, ngày làm việc đã thay đổi"),
        "term_moved": _("Hạn của bạn được lùi vì Cổng có sự cố"),
        "take_over": _("Đơn vị khác nhận giải quyết tiếp, ngày hẹn không thay đổi"),
        "extend": _("Cơ quan gia hạn giải quyết theo quy định"),
        "reappoint": _("Cơ quan xin lỗi và hẹn lại ngày trả kết quả"),
        "ask_opinion": _("Cơ quan hỏi ý kiến cơ quan khác; thời hạn vẫn chạy"),
        "answer_opinion": _("Cơ quan được hỏi đã cho ý kiến"),
        "reported": _("Cơ quan báo tiến độ"),
        "paper_unsafe": _("Một tệp giấy tờ không an toàn, cơ quan không mở được"),
    }


NOTED = frozenset({"reported", "paper_unsafe", "refunded", "due_moved", "term_moved", "ask_opinion", "answer_opinion", "take_over"})
"""Events that say something of a dossier and do not move it on."""
_OF_MONEY = frozenset({"paid", "unpaid"})
"""Events that move a dossier on which waits for money in state 6, and else only say something."""


_WITHIN = frozenset({"propose_supplement", "decline_supplement", "pass_step", "return_step", "take_step", "assign", "call_off_opinion",
                     "reuse_opinion", "hand_over"})  # fmt: skip
"""Events within the agency: applicants are told when something comes of them."""
ENDINGS = ("refuse", "stop_unpaid", "stop_unanswered", "refuse_unanswered", "stop")
"""Events whose note says why a dossier ended without a result."""
_SAID = frozenset({"reported", "ask_payment", "call_off_payment", "refunded", "ask_supplement", "approve_supplement", "call_off_supplement",
                   "call_off_first_supplement", "complete", "complete_first", "undo_receive", "undo_refuse", "extend", "reappoint",
                   "resend", "show_draft", "call_off_draft", "object_draft", "term_moved"})  # fmt: skip


def is_noted(event: DossierEvent) -> bool:
    """Whether an event left the dossier where it was."""
    return event.name in NOTED or (event.name in _OF_MONEY and event.from_state == event.to_state)


_USUAL_WAY = ("submit", "receive", "start", "decide", "sign", "return_result")


def _beside(event: DossierEvent) -> str:
    """What is said beside an event: who received the dossier, why money is asked for, how much came."""
    if event.name == "receive":
        return event.label
    return str(event.note or "") if event.name in _OF_MONEY | _SAID else ""


def entries_for_applicant(dossier: Dossier, history: Sequence[DossierEvent]) -> list[Entry]:
    """The timeline as the applicant reads it: what happened, what happens now, and the usual steps to come. No query."""
    titles = _titles()
    is_open = dossier.state in OPEN_STATES or dossier.state == State.DECIDED
    history = [event for event in history if event.name not in _WITHIN]
    # Where the dossier is now was set by its last move, not by what was noted since.
    last_move = max((index for index, event in enumerate(history) if not is_noted(event)), default=-1)
    entries = [
        Entry(
            titles.get(event.name, event.name),
            "now" if is_open and index == last_move else "done",
            event.at,
            _beside(event),
        )
        for index, event in enumerate(history)
    ]
    if is_open:
        passed = {event.name for event in history}
        if dossier.decided_at is None:
            passed.discard("decide")  # it was taken back
        if dossier.received_at is None:
            passed -= {"receive", "start"}  # it was a mistake
        if dossier.awaits_payment:
            entries.append(Entry(_("Bạn nộp phí, lệ phí"), ""))
        if dossier.awaits_objection:
            entries.append(Entry(_("Bạn xem dự thảo kết quả"), ""))
        if dossier.awaits_completion:
            entries.append(Entry(_("Bạn bổ sung hồ sơ"), ""))
        to_come = {
            "receive": _("Cơ quan tiếp nhận"),
            "start": _("Xử lý"),
            "decide": _("Giải quyết"),
            "sign": _("Ký kết quả"),
            "return_result": _("Trả kết quả"),
        }
        entries += [Entry(to_come[step], "") for step in _USUAL_WAY if step not in passed]
    return entries


def money_back(dossier: Dossier, demands: Sequence[PaymentDemand]) -> list[str]:
    """What becomes of the money when a dossier is withdrawn or refused now, for whoever does it. No query."""
    refund = (dossier.form_version.payment or {}).get("refund", "none")
    due = sum(demand.amount for demand in demands if demand.standing == Standing.DUE)
    paid = sum(demand.amount - demand.order.refunded for demand in demands if demand.standing == Standing.PAID)
    said = []
    if due:
        said.append(_("Khoản %(amount)s chưa nộp được hủy, không phải nộp nữa.") % {"amount": dong(due)})
    if paid and refund == "all":
        said.append(_("%(amount)s đã nộp được cơ quan hoàn lại; người nộp được báo khi tiền về.") % {"amount": dong(paid)})
    elif paid:
        said.append(_("%(amount)s đã nộp không được hoàn lại, theo quy định của thủ tục này.") % {"amount": dong(paid)})
    return said
