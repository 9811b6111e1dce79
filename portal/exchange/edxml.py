"""Documents as the national document axis carries them: edXML of QCVN 102:2016/BTTTT. Only what an exchange of messages needs of it: who
sends, to whom, number and notation, day, subject, attached files in Base64. No personal data stands in the header.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from lxml import etree

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
XLINK = "http://www.w3.org/1999/xlink"
TYPE = "application/xml"
DOCUMENT_TYPE = "18"
"""Công văn."""
MOST_BYTES = 12 * 1024 * 1024


class NotReadable(Exception):
    """The bytes are no document of this form; says what is missing, nothing of what stands in it."""


@dataclass(frozen=True)
class Attachment:
    """A file that goes along."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True)
class Document:
    """A document. ``sender`` and ``receivers``: codes of agencies as the axis knows them; ``number`` and ``notation`` together name it
    at its sender's, ``day``: of issue."""

    sender: str
    receivers: tuple[str, ...]
    number: str
    notation: str
    day: date
    subject: str
    attachments: tuple[Attachment, ...]

    @property
    def name(self) -> str:
        """By which it is told from every other: sender, day, number and notation."""
        return f"{self.sender},{self.day:%Y/%m/%d},{self.number}/{self.notation}"


def write(document: Document, *, sender_name: str, receiver_name: str, now: datetime) -> bytes:
    """The bytes of a document. The names are those of the agencies; ``now``: when it set out."""
    prefixed = {"edXML": NAMESPACE}
    root = etree.Element(f"{{{NAMESPACE}}}edXML", nsmap={None: NAMESPACE})
    envelope = etree.SubElement(root, f"{{{NAMESPACE}}}edXMLEnvelope", nsmap=prefixed)
    header = _add(envelope, "edXMLHeader")
    message = _add(header, "MessageHeader")
    _party(_add(message, "From"), document.sender, sender_name)
    for code in document.receivers:
        _party(_add(message, "To"), code, receiver_name)
    code = _add(message, "Code")
    _add(code, "CodeNumber", document.number)
    _add(code, "CodeNotation", document.notation)
    issued = _add(message, "PromulgationInfo")
    _add(issued, "Place", "Hà Nội")
    _add(issued, "PromulgationDate", f"{document.day:%Y/%m/%d}")
    kind = _add(message, "DocumentType")
    _add(kind, "Type", DOCUMENT_TYPE)
    _add(kind, "TypeName", "Công văn")
    _add(message, "Subject", document.subject)
    _add(message, "Content", document.subject)
    _add(message, "DocumentId", document.name)
    traces = _add(header, "TraceHeaderList", version="1.0")
    trace = _add(traces, "TraceHeader")
    _add(trace, "OrganId", document.sender)
    _add(trace, "Timestamp", f"{now:%Y/%m/%d %H:%M:%S}")
    manifest = _add(_add(envelope, "edXMLBody"), "edXMLManifest", version="1.0")
    encoded = _add(root, "AttachmentEncoded")
    for one in document.attachments:
        number = str(uuid4())
        reference = etree.SubElement(manifest, f"{{{NAMESPACE}}}Reference", nsmap={"xlink": XLINK})
        reference.set(f"{{{XLINK}}}href", f"cid:{number}")
        _add(reference, "AttachmentName", one.name)
        _add(reference, "ContentType", one.content_type)
        _add(reference, "ContentId", f"cid:{number}")
        file = _add(encoded, "Attachment")
        _add(file, "ContentType", one.content_type)
        _add(file, "ContentId", number)
        _add(file, "AttachmentName", one.name)
        _add(file, "ContentTransferEncoded", base64.b64encode(one.data).decode())
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    return data


def _add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    made = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)
    if text:
        made.text = text
    return made


def _party(parent: etree._Element, code: str, name: str) -> None:
    _add(parent, "OrganId", code)
    _add(parent, "OrganizationInCharge", name)
    _add(parent, "OrganName", name)


def read(data: bytes) -> Document:
    """What stands in a document. Prefixes are as writers like them: elements count by their names. :class:`NotReadable`."""
    if len(data) > MOST_BYTES:
        raise NotReadable("too large")
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True)
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise NotReadable("no XML") from None
    if root.getroottree().docinfo.doctype:
        raise NotReadable("a document type is not taken")
    header = next(_all(root, "MessageHeader"), None)
    if header is None:
        raise NotReadable("no MessageHeader")
    sender = _text(next(_all(header, "From"), None), "OrganId")
    receivers = tuple(found for to in _all(header, "To") if (found := _text(to, "OrganId")))
    code = next(_all(header, "Code"), None)
    if not sender or not receivers:
        raise NotReadable("no From or To")
    try:
        issued = _text(next(_all(header, "PromulgationInfo"), None), "PromulgationDate")
        day = datetime.strptime(issued.replace("-", "/")[:10], "%Y/%m/%d").date()  # noqa: DTZ007
        files = tuple(
            Attachment(
                _text(one, "AttachmentName"),
                _text(one, "ContentType"),
                base64.b64decode("".join(_text(one, "ContentTransferEncoded").split()), validate=True),
            )
            for group in _all(root, "AttachmentEncoded")
            for one in _all(group, "Attachment")
        )
    except (ValueError, binascii.Error):
        raise NotReadable("PromulgationDate or an attachment") from None
    return Document(sender, receivers, _text(code, "CodeNumber"), _text(code, "CodeNotation"), day, _text(header, "Subject"), files)


def _all(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    return parent.iterfind(f".//{{*}}{name}")


def _text(parent: etree._Element | None, name: str) -> str:
    found = parent.find(f"{{*}}{name}") if parent is not None else None
    return (found.text or "").strip() if found is not None else ""
