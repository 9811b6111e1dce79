"""The states of a petition and the edges between them: buttons, rights, events, notices and tests come from this table."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.states import StateTable, Transition


class State(models.TextChoices):
    """How far a petition has come (Rules art. 42–45)."""

    NEW = "new", _("Chờ tiếp nhận")
    WAITING = "waiting", _("Chờ người gửi bổ sung")
    PROCESSING = "processing", _("Đang xử lý")
    CHECKING = "checking", _("Chờ duyệt trả lời")
    ANSWERED = "answered", _("Đã trả lời")
    REFUSED = "refused", _("Không tiếp nhận")
    WITHDRAWN = "withdrawn", _("Người gửi đã rút")
    SECRET = "secret", _("Chuyển xử lý theo chế độ mật")


OPEN_STATES = (State.NEW.value, State.WAITING.value, State.PROCESSING.value, State.CHECKING.value)
"""Somebody must still do something."""
TOP = "G22"
"""The Government Office: takes the lead where art. 42.3đ says so."""


def _s(*states: State) -> frozenset[str]:
    return frozenset(state.value for state in states)


def _first_time(petition: Any) -> str:
    if petition.round > 1:
        return "Người gửi không đồng ý với trả lời trước: phải xử lý và trả lời lại, không từ chối tiếp nhận được."
    return ""


def _never_taken(petition: Any) -> str:
    return "" if petition.accepted_at is None else "Phản ánh đã được tiếp nhận: trả lời được bổ sung vào việc đang xử lý."


def _taken(petition: Any) -> str:
    return "" if petition.accepted_at is not None else "Phản ánh chưa được tiếp nhận."


def _not_at_top(petition: Any) -> str:
    if petition.unit_code == TOP:
        return "Văn phòng Chính phủ đã chủ trì phản ánh này."
    return ""


def _objectionable(petition: Any) -> str:
    if petition.answered_at is None:
        return "Phản ánh này chưa có trả lời."
    if petition.unit_code == TOP:
        return "Văn phòng Chính phủ đã chủ trì và trả lời phản ánh này. Bạn có thể khiếu nại theo Luật Khiếu nại."
    return ""


_TRIAGE = _s(State.NEW)
_WORK = _s(State.NEW, State.PROCESSING)

TABLE = StateTable(
    [state.value for state in State],
    [
        Transition("receive", "Tiếp nhận", _TRIAGE, State.PROCESSING.value, act="feedback.receive"),
        Transition("refuse", "Không tiếp nhận", _TRIAGE, State.REFUSED.value, act="feedback.receive", guard=_first_time),
        Transition("ask_more", "Yêu cầu bổ sung", _WORK, State.WAITING.value, act="feedback.ask"),
        Transition("supply", "Bổ sung", _s(State.WAITING), State.NEW.value, by_owner=True, guard=_never_taken),
        Transition("supply_on", "Bổ sung", _s(State.WAITING), State.PROCESSING.value, by_owner=True, guard=_taken),
        # Nobody answered, or the officer needs it no more: the work goes on with what there is.
        Transition("go_on", "Xử lý tiếp, không chờ bổ sung", _s(State.WAITING), State.PROCESSING.value, act="feedback.ask"),
        Transition(
            "refuse_silent", "Không tiếp nhận vì không bổ sung", _s(State.WAITING), State.REFUSED.value,
            act="feedback.receive", guard=_first_time,
        ),
        Transition("transfer", "Chuyển cơ quan khác", _WORK, State.NEW.value, act="feedback.transfer"),
        Transition("send_back", "Trả lại nơi chuyển đến", _TRIAGE, State.NEW.value, act="feedback.transfer"),
        Transition("escalate", "Báo cáo Văn phòng Chính phủ chủ trì", _WORK, State.NEW.value, act="feedback.transfer", guard=_not_at_top),
        Transition(
            "take_over", "Văn phòng Chính phủ chủ trì", _s(State.NEW, State.PROCESSING, State.CHECKING), State.PROCESSING.value,
            act="feedback.take_over", guard=_not_at_top,
        ),
        Transition("submit", "Trình duyệt trả lời", _s(State.PROCESSING), State.CHECKING.value, act="feedback.handle"),
        Transition("return_answer", "Trả lại để làm lại", _s(State.CHECKING), State.PROCESSING.value, act="feedback.check"),
        Transition("approve", "Duyệt và trả lời người gửi", _s(State.CHECKING), State.ANSWERED.value, act="feedback.check"),
        Transition("disagree", "Không đồng ý với trả lời", _s(State.ANSWERED), State.NEW.value, by_owner=True, guard=_objectionable),
        Transition(
            "withdraw", "Rút phản ánh, kiến nghị", _s(State.NEW, State.WAITING, State.PROCESSING), State.WITHDRAWN.value, by_owner=True
        ),
        Transition(
            "seal_away", "Chuyển xử lý theo chế độ mật",
            _s(State.NEW, State.WAITING, State.PROCESSING, State.CHECKING, State.ANSWERED, State.REFUSED, State.WITHDRAWN),
            State.SECRET.value, act="feedback.secret",
        ),
    ],
)  # fmt: skip
