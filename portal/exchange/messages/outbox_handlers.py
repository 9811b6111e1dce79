"""The outbox's part: look at once whether something can go to a partner."""

from __future__ import annotations

from portal.exchange.messages import axis, delivery
from portal.exchange.messages.arrival import AXIS_RECEIPT
from portal.exchange.messages.services import DELIVER
from portal.outbox import Message, handler

RUN_SECONDS = 2.0


@handler(DELIVER, queue="soon", lease_seconds=40, parallel=True)
def deliver(message: Message) -> None:
    """What failed or was not reached is found by the sweep (``tasks.look``): this row has done its part."""
    delivery.work(message.payload["partner"], seconds=RUN_SECONDS)


@handler(AXIS_RECEIPT, queue="soon", lease_seconds=40, parallel=True)
def axis_receipt(message: Message) -> None:
    """Our receipt goes back by the document axis."""
    axis.send_receipt(message.payload["message"])
