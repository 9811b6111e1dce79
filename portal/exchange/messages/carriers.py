"""Ways by which an envelope reaches a partner: straight over HTTPS, through security servers (NDXP), or as a document of the national
document axis. One interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from portal.exchange import document_axis, edxml, http
from portal.exchange.errors import OutsideUnavailable
from portal.exchange.messages import envelopes
from portal.exchange.partners.models import PartnerLine

SERVICE = "partner"
TYPE = "application/jose"


@dataclass(frozen=True)
class Handed:
    """Whoever carries it has it and keeps it until the partner fetches it; the partner's receipt comes by itself later. ``number``: the
    carrier's own."""

    number: str


class Carrier(Protocol):
    """Carries the bytes of an envelope to where a line leads and brings back the bytes of the receipt, or says that it will come."""

    @property
    def life(self) -> timedelta:
        """How long an envelope must hold on this way."""
        ...

    def carry(self, line: PartnerLine, envelope: bytes, *, message: UUID) -> bytes | Handed:
        """Raises ``OutsideUnavailable`` (try again) or ``OutsideRefused`` (a clear no, with the protocol's word)."""
        ...


class Straight:
    """Point to point: POST to the partner's own door."""

    life = envelopes.LIFETIME

    def carry(self, line: PartnerLine, envelope: bytes, *, message: UUID) -> bytes:
        """As :class:`Carrier` says."""
        return http.post(SERVICE, f"{line.address}/messages", envelope, content_type=TYPE, headers={"X-Message-Id": str(message)})


class Axis:
    """NDXP: POST to our own security server, which finds the partner's by its member code and forwards to ``providerurl`` there. What goes
    over the axis is the same sealed envelope; the axis reads headers alone."""

    life = envelopes.LIFETIME

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


class DocumentAxis:
    """Trục liên thông văn bản quốc gia: the same sealed envelope goes as the file attached to a document (edXML). The axis reads the
    header: both agencies' codes, a number, a subject without anything of the content."""

    life = envelopes.STORED_LIFETIME

    def carry(self, line: PartnerLine, envelope: bytes, *, message: UUID) -> Handed:
        """As :class:`Carrier` says."""
        return Handed(hand_in(line.member, envelope, name=str(message), receiver=line.partner.name))


ORGAN_NAME = "Cổng Dịch vụ công quốc gia"
NOTATION = "TĐ-CDVCQG"
SUBJECT = "Trao đổi dữ liệu phục vụ giải quyết thủ tục hành chính"


def hand_in(organ: str, data: bytes, *, name: str, receiver: str) -> str:
    """Give the document axis bytes (an envelope, a receipt) for a member; the axis' number. Errors: ``document_axis.send``."""
    now = timezone.localtime()
    document = edxml.Document(
        sender=settings.DOCUMENT_AXIS_ORGAN,
        receivers=(organ,),
        number=name,
        notation=NOTATION,
        day=now.date(),
        subject=SUBJECT,
        attachments=(edxml.Attachment(f"{name}.jose", TYPE, data),),
    )
    return document_axis.send(edxml.write(document, sender_name=ORGAN_NAME, receiver_name=receiver, now=now), name=f"{name}.edxml")


CARRIERS: Mapping[str, Carrier] = {
    PartnerLine.Carrier.HTTP: Straight(),
    PartnerLine.Carrier.NDXP: Axis(),
    PartnerLine.Carrier.EDOC: DocumentAxis(),
}
"""By the line's ``carrier``."""
