"""Classes of retention of messages (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {
    "Message": {"*": "message_proof", "body_sealed": "message_body"},
    "MessageStep": "message_proof",
    "AxisDocument": "technical",
    "PortalKey": "key",
    "Connection": "technical",
    "ConnectionEvent": "figures",
    "Subscription": "authority",
}
