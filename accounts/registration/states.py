"""How a registration goes on. Every way ends in an account, a refusal with its reason, or by running out."""

from __future__ import annotations

from accounts.models import Registration
from portal.states import StateTable, Transition

State = Registration.State
_ASKED = frozenset({State.CHECKING, State.WAITING})
OPEN = frozenset(State) - {State.DONE, State.REFUSED, State.LAPSED}

TABLE = StateTable(
    list(State),
    [
        Transition("ask", "Đối chiếu", frozenset({State.CODE, State.SIGNING}), State.CHECKING, by_owner=True),
        Transition("wait", "Chờ cơ sở dữ liệu trả lời", frozenset({State.CHECKING}), State.WAITING),
        Transition("promise_code", "Gửi mật khẩu một lần", _ASKED, State.CODE),
        Transition("to_counter", "Chờ đối chiếu giấy tờ tại quầy", _ASKED, State.COUNTER),
        Transition("to_slip", "Chờ người dân nhận tài khoản", _ASKED, State.SLIP),
        Transition(
            "accept",
            "Đã đối chiếu giấy tờ, mở tài khoản",
            frozenset({State.COUNTER}),
            State.DONE,
            act="accounts.register_at_counter",
        ),
        Transition("finish", "Mở tài khoản", _ASKED | {State.CODE, State.SLIP}, State.DONE),
        Transition(
            "turn_away",
            "Từ chối",
            frozenset({State.COUNTER}),
            State.REFUSED,
            act="accounts.register_at_counter",
        ),
        Transition("refuse", "Không khớp", _ASKED | {State.SIGNING}, State.REFUSED),
        Transition("lapse", "Quá hạn", OPEN, State.LAPSED),
    ],
)
