"""Messages between the portal and the systems of partners: signed, sealed, in order for each subject, with the proofs of both sides.

What a room above needs::

    from portal.exchange.messages import MessageRefused, receives, send, subscribers

    # In a service, within its transaction. A second call with the same partner and key changes nothing.
    send(partner="H26", kind="dossier.filed", about=dossier.code, body={"code": dossier.code, ...}, key=f"filed:{dossier.pk}")

    # To everybody who asked for this kind (``Subscription``; the desk and the partner's own API keep them).
    for partner in subscribers("catalogue.changed"):
        send(partner=partner, kind="catalogue.changed", body={...}, key=f"notice:{notice.pk}")

    # In ``<app>/message_handlers.py``, which is found at start. Runs once, in the transaction that notes it as handled.
    @receives("dossier.state", call="dossiers")
    def state_came(message):
        message.partner, message.about, message.version, message.body   # body: the JSON object
        if not known:
            raise MessageRefused("unknown_dossier", "No dossier of yours has this code.")
        return "taken"        # a word without personal data, shown on the desk and in the receipt

What stands behind a name: states ``models.states``; sealing and signing ``envelopes``; ways out ``carriers``; sending ``delivery``;
coming in ``arrival``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portal.exchange.messages.models import Message, State
    from portal.exchange.messages.registry import MessageRefused, receives
    from portal.exchange.messages.services import send, subscribers

__all__ = ["Message", "MessageRefused", "State", "receives", "send", "subscribers"]

_HOMES = {
    "Message": "portal.exchange.messages.models",
    "State": "portal.exchange.messages.models",
    "MessageRefused": "portal.exchange.messages.registry",
    "receives": "portal.exchange.messages.registry",
    "send": "portal.exchange.messages.services",
    "subscribers": "portal.exchange.messages.services",
}


def __getattr__(name: str) -> Any:
    # Late, because models need ready apps.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(name)
