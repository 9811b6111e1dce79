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
    if dossier.awaits_approval:
        return "Đề nghị yêu cầu bổ sung lần nữa đang chờ lãnh đạo. Lãnh đạo duyệt hoặc không duyệt trước."
    if dossier.awaits_objection:
        return "Dự thảo kết quả đang cho người nộp xem. Chờ trả lời, chờ hết hạn, hoặc rút dự thảo trước."
    return "Hồ sơ đã được quyết định và đang chờ ký. Muốn sửa, hãy rút lại quyết định trước." if dossier.stage else ""


def _awaiting(dossier: Any) -> str:
    return "" if dossier.awaits_signature else "Hồ sơ không (còn) chờ ký. Tải lại trang để xem tình trạng mới nhất."


def _shown(dossier: Any) -> str:
    return "" if dossier.awaits_objection else "Dự thảo này không còn chờ trả lời. Trang dưới đây cho thấy tình trạng mới nhất."


def _proposed(dossier: Any) -> str:
    return "" if dossier.awaits_approval else "Không (còn) đề nghị nào chờ duyệt. Tải lại trang để xem tình trạng mới nhất."


def _first_request(dossier: Any) -> str:
    if dossier.supplements_after:
        return "Sau tiếp nhận đã yêu cầu bổ sung một lần. Lần nữa phải được lãnh đạo duyệt, và hồ sơ tính là quá hạn."
    return _paid_for(dossier) or _undecided(dossier)


def _another_request(dossier: Any) -> str:
    if not dossier.supplements_after:
        return "Chưa yêu cầu bổ sung lần nào sau tiếp nhận, nên không phải xin duyệt."
    return _undecided(dossier)


def _once(dossier: Any) -> str:
    if dossier.reappointed_at:
        return "Đã xin lỗi và hẹn lại một lần; chỉ được hẹn lại một lần."
    return _undecided(dossier)


def _extendable(dossier: Any) -> str:
    if dossier.extended_at:
        return "Đã gia hạn một lần; chỉ được gia hạn một lần."
    if dossier.reappointed_at:
        return "Đã xin lỗi và hẹn lại nên không gia hạn được nữa."
    return _undecided(dossier)


def _nothing_followed(dossier: Any) -> str:
    if dossier.supplements_after or dossier.reappointed_at or dossier.extended_at:
        return "Sau khi tiếp nhận đã có yêu cầu bổ sung, gia hạn hoặc hẹn lại, nên không hoàn tác được nữa."
    return _undecided(dossier)


def _is_received(dossier: Any) -> str:
    return "" if dossier.received_at else "Hồ sơ chưa được tiếp nhận."


def _not_received(dossier: Any) -> str:
    return "Hồ sơ đã được tiếp nhận." if dossier.received_at else ""


_PROCESSING = frozenset({State.PROCESSING.value})
_PAYING = frozenset({State.PAYMENT_DUE.value})
_INCOMPLETE = frozenset({State.INCOMPLETE.value})
_OWNERS = frozenset({State.SUBMITTED.value, State.PAYMENT_DUE.value, State.INCOMPLETE.value})
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
        # Before reception a request is the answer that is owed within eight working hours; what it asked for comes back to reception.
        Transition(
            "ask_supplement",
            "Yêu cầu bổ sung",
            frozenset({State.SUBMITTED.value, State.PROCESSING.value}),
            State.INCOMPLETE.value,
            act="dossiers.ask_supplement",
            guard=_first_request,
        ),
        Transition(
            "propose_supplement",
            "Đề nghị yêu cầu bổ sung lần nữa",
            _PROCESSING,
            State.PROCESSING.value,
            act="dossiers.ask_supplement",
            guard=_another_request,
        ),
        Transition(
            "approve_supplement",
            "Duyệt yêu cầu bổ sung lần nữa",
            _PROCESSING,
            State.INCOMPLETE.value,
            act="dossiers.approve_supplement",
            guard=_proposed,
        ),
        Transition(
            "decline_supplement",
            "Không duyệt yêu cầu bổ sung",
            _PROCESSING,
            State.PROCESSING.value,
            act="dossiers.approve_supplement",
            guard=_proposed,
        ),
        # Asked by mistake: as if it had not been asked, the clock included.
        Transition(
            "call_off_supplement",
            "Rút yêu cầu bổ sung",
            _INCOMPLETE,
            State.PROCESSING.value,
            act="dossiers.ask_supplement",
            guard=_is_received,
        ),
        Transition(
            "call_off_first_supplement",
            "Rút yêu cầu bổ sung",
            _INCOMPLETE,
            State.SUBMITTED.value,
            act="dossiers.ask_supplement",
            guard=_not_received,
        ),
        Transition("complete", "Đã bổ sung", _INCOMPLETE, State.PROCESSING.value, by_owner=True, guard=_is_received),
        Transition("complete_first", "Đã bổ sung", _INCOMPLETE, State.SUBMITTED.value, by_owner=True, guard=_not_received),
        Transition("unanswered", "Quá hạn bổ sung: cán bộ giải quyết tiếp", _INCOMPLETE, State.PROCESSING.value, guard=_is_received),
        Transition("unanswered_first", "Quá hạn bổ sung: cán bộ xem lại", _INCOMPLETE, State.SUBMITTED.value, guard=_not_received),
        Transition("stop_unanswered", "Dừng giải quyết: quá hạn bổ sung", _INCOMPLETE, State.STOPPED.value, guard=_is_received),
        # What was never received cannot be stopped: in the standard it is one that was not received.
        Transition("refuse_unanswered", "Không tiếp nhận: quá hạn bổ sung", _INCOMPLETE, State.REFUSED.value, guard=_not_received),
        Transition("stop", "Dừng giải quyết", _PROCESSING, State.STOPPED.value, act="dossiers.stop", guard=_undecided),
        # Where the law of the procedure lets it: not the agency's own delay, which is an apology.
        Transition("extend", "Gia hạn giải quyết", _PROCESSING, State.PROCESSING.value, act="dossiers.extend", guard=_extendable),
        Transition("reappoint", "Xin lỗi và hẹn lại ngày trả", _PROCESSING, State.PROCESSING.value, act="dossiers.reappoint", guard=_once),
        # Corrections: what was done by mistake stays written, and what undoes it is written after it.
        Transition(
            "undo_receive",
            "Hoàn tác việc tiếp nhận nhầm",
            frozenset({State.RECEIVED.value, State.PROCESSING.value}),
            State.SUBMITTED.value,
            act="dossiers.undo",
            guard=_nothing_followed,
        ),
        Transition(
            "undo_refuse", "Hoàn tác việc từ chối nhầm", frozenset({State.REFUSED.value}), State.SUBMITTED.value, act="dossiers.undo"
        ),
        # Until the other agency takes it, it is here; the appointment stays what it was (`dossiers.services.handing`).
        Transition("hand_over", "Chuyển cho đơn vị khác", _PROCESSING, State.PROCESSING.value, act="dossiers.hand_over", guard=_undecided),
        Transition("take_over", "Nhận hồ sơ từ đơn vị khác", _PROCESSING, State.PROCESSING.value),
        # Where the result template has its applicant see a draft before it is decided (`dossiers.following.objections`).
        Transition(
            "show_draft", "Cho người nộp xem dự thảo", _PROCESSING, State.PROCESSING.value, act="dossiers.show_draft", guard=_undecided
        ),
        Transition("call_off_draft", "Rút dự thảo kết quả", _PROCESSING, State.PROCESSING.value, act="dossiers.show_draft", guard=_shown),
        Transition("agree_draft", "Đồng ý với dự thảo kết quả", _PROCESSING, State.PROCESSING.value, by_owner=True, guard=_shown),
        Transition("object_draft", "Không đồng ý với dự thảo kết quả", _PROCESSING, State.PROCESSING.value, by_owner=True, guard=_shown),
        Transition("draft_unanswered", "Hết hạn xem dự thảo, không có ý kiến", _PROCESSING, State.PROCESSING.value, guard=_shown),
        Transition("decide", "Quyết định và trình ký", _PROCESSING, State.PROCESSING.value, act="dossiers.decide", guard=_undecided),
        Transition("take_back", "Rút lại quyết định", _PROCESSING, State.PROCESSING.value, act="dossiers.take_back", guard=_awaiting),
        Transition("decline", "Không ký, trả lại cán bộ", _PROCESSING, State.PROCESSING.value, act="dossiers.sign", guard=_awaiting),
        Transition("sign", "Ký kết quả", _PROCESSING, State.DECIDED.value, guard=_awaiting),
        Transition("return_result", "Trả kết quả", frozenset({State.DECIDED.value}), State.RETURNED.value),
        # Taken back into the form and sent again under the same code, as long as nobody has received it.
        Transition(
            "resend",
            "Sửa và gửi lại hồ sơ",
            frozenset({State.SUBMITTED.value}),
            State.SUBMITTED.value,
            by_owner=True,
            guard=_not_received,
        ),
        Transition("withdraw", "Rút hồ sơ", _OWNERS, State.WITHDRAWN.value, by_owner=True),
    ],
)
