"""Ways by which an envelope reaches a partner: straight over HTTPS, or through the security servers of the national axis. One interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from django.conf import settings

from portal.exchange import http
from portal.exchange.errors import OutsideUnavailable
from portal.exchange.partners.models import PartnerLine

SERVICE = "partner"
TYPE = "application/jose"


class Carrier(Protocol):
    """Carries the bytes of an envelope to where a line leads and brings back the bytes of the receipt."""

    def carry(self, line: PartnerLine, envelope: bytes, *, message: UUID) -> bytes:
        """Raises ``OutsideUnavailable`` (try again) or ``OutsideRefused`` (a clear no, with the protocol's word)."""
        ...


class Straight:
    """Point to point: POST to the partner's own door."""

    def carry(self, line: PartnerLine, envelope: bytes, *, message: UUID) -> bytes:
        """As :class:`Carrier` says."""
        return http.post(SERVICE, f"{line.address}/messages", envelope, content_type=TYPE, headers={"X-Message-Id": str(message)})


class Axis:
    """NDXP: POST to our own security server, which finds the partner's by its member code and forwards to ``providerurl`` there. What goes
    over the axis is the same sealed envelope; the axis reads headers alone."""

    def carry(self, line: PartnerLine, envelope: bytes, *, message: UUID) -> bytes:
        """As :class:`Carrier` says."""
        if not settings.NDXP_SERVER_URL or not settings.NDXP_MEMBER:
            raise OutsideUnavailable(SERVICE, "not_configured")
        headers = {
            "dstcode": line.member,
            "srccode": settings.NDXP_MEMBER,
            "providerurl": f"{line.address}/messages",
            "X-Message-Id": str(message),
        }
        return http.post(SERVICE, settings.NDXP_SERVER_URL, envelope, content_type=TYPE, headers=headers)


CARRIERS: Mapping[str, Carrier] = {PartnerLine.Carrier.HTTP: Straight(), PartnerLine.Carrier.NDXP: Axis()}
"""By the line's ``carrier``."""
