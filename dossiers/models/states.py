"""The ten states of a dossier in the national synchronisation standard, and the edges that have a service and a screen."""

from __future__ import annotations

from typing import Any

from django.db import models

from portal.states import StateTable, Transition


class State(models.TextChoices):
    """TrangThaiHoSo of the synchronisation standard (domain.md §3.2). The value is the national code."""

    SUBMITTED = "1", "Mới đăng ký"
    RECEIVED = "2", "Được tiếp nhận"
    REFUSED = "3", "Không được tiếp nhận"
    PROCESSING = "4", "Đang xử lý"
    INCOMPLETE = "5", "Yêu cầu bổ sung giấy tờ"
    PAYMENT_DUE = "6", "Yêu cầu thực hiện nghĩa vụ tài chính"
    WITHDRAWN = "7", "Công dân yêu cầu rút hồ sơ"
    STOPPED = "8", "Dừng xử lý"
    DECIDED = "9", "Đã xử lý xong"
    RETURNED = "10", "Đã trả kết quả"


class Standing(models.TextChoices):
    """How a dossier stands with the money that its applicant owes: of what was asked for last."""

    NONE = "none", "Không phải nộp"
    DUE = "due", "Chờ nộp tiền"
    PAID = "paid", "Đã nộp tiền"
    UNPAID = "unpaid", "Chưa nộp tiền"
    REFUNDED = "refunded", "Đã hoàn tiền"


def _paid_for(dossier: Any) -> str:
    if dossier.payment != Standing.DUE:
        return ""
    return "Hồ sơ đang chờ người nộp trả phí, lệ phí. Tiếp nhận được khi tiền đã về hoặc khi quá hạn nộp; từ chối thì được ngay."


def _undecided(dossier: Any) -> str:
    return "Hồ sơ đã được quyết định và đang chờ ký. Muốn sửa, hãy rút lại quyết định trước." if dossier.stage else ""


def _awaiting(dossier: Any) -> str:
    return "" if dossier.stage else "Hồ sơ không (còn) chờ ký. Tải lại trang để xem tình trạng mới nhất."


_PROCESSING = frozenset({State.PROCESSING.value})
_PAYING = frozenset({State.PAYMENT_DUE.value})
_OWNERS = frozenset({State.SUBMITTED.value, State.PAYMENT_DUE.value})
# State 5 exists in the standard; its edges come with their screens (issue on supplements).
# In the standard 9 means "signed": from the decision to the signature a dossier stays in 4, in the stage "awaiting signature".
TABLE = StateTable(
    [state.value for state in State],
    [
        Transition(
            "receive", "Tiếp nhận hồ sơ", frozenset({State.SUBMITTED.value}), State.RECEIVED.value, act="dossiers.receive", guard=_paid_for
        ),
        Transition("start", "Chuyển xử lý", frozenset({State.RECEIVED.value}), State.PROCESSING.value),
        Transition("refuse", "Từ chối tiếp nhận", frozenset({State.SUBMITTED.value}), State.REFUSED.value, act="dossiers.refuse"),
        Transition(
            "ask_payment", "Yêu cầu nộp phí, lệ phí", _PROCESSING, State.PAYMENT_DUE.value, act="dossiers.ask_payment", guard=_undecided
        ),
        # Asked by mistake, or of the wrong amount: as long as nobody has paid.
        Transition("call_off_payment", "Rút yêu cầu nộp tiền", _PAYING, State.PROCESSING.value, act="dossiers.ask_payment"),
        Transition("paid", "Đã nộp phí, lệ phí", _PAYING, State.PROCESSING.value),
        Transition("unpaid", "Quá hạn nộp phí, lệ phí: giải quyết tiếp", _PAYING, State.PROCESSING.value),
        Transition("stop_unpaid", "Dừng giải quyết: quá hạn nộp phí, lệ phí", _PAYING, State.STOPPED.value),
        Transition("decide", "Quyết định và trình ký", _PROCESSING, State.PROCESSING.value, act="dossiers.decide", guard=_undecided),
        Transition("take_back", "Rút lại quyết định", _PROCESSING, State.PROCESSING.value, act="dossiers.take_back", guard=_awaiting),
        Transition("decline", "Không ký, trả lại cán bộ", _PROCESSING, State.PROCESSING.value, act="dossiers.sign", guard=_awaiting),
        Transition("sign", "Ký kết quả", _PROCESSING, State.DECIDED.value, guard=_awaiting),
        Transition("return_result", "Trả kết quả", frozenset({State.DECIDED.value}), State.RETURNED.value),
        Transition("withdraw", "Rút hồ sơ", _OWNERS, State.WITHDRAWN.value, by_owner=True),
    ],
)
