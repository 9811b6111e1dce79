"""The ten states of a dossier in the national synchronisation standard, and the edges that have a service and a screen."""

from __future__ import annotations

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


# States 5, 6 and 8 exist in the standard; their edges come with their screens (issues on supplements and payment).
TABLE = StateTable(
    [state.value for state in State],
    [
        Transition("receive", "Tiếp nhận hồ sơ", frozenset({State.SUBMITTED.value}), State.RECEIVED.value, act="dossiers.receive"),
        Transition("start", "Chuyển xử lý", frozenset({State.RECEIVED.value}), State.PROCESSING.value),
        Transition("refuse", "Từ chối tiếp nhận", frozenset({State.SUBMITTED.value}), State.REFUSED.value, act="dossiers.refuse"),
        Transition("decide", "Quyết định và trình ký", frozenset({State.PROCESSING.value}), State.DECIDED.value, act="dossiers.decide"),
        Transition("return_result", "Trả kết quả", frozenset({State.DECIDED.value}), State.RETURNED.value),
        Transition("withdraw", "Rút hồ sơ", frozenset({State.SUBMITTED.value}), State.WITHDRAWN.value, by_owner=True),
    ],
)
