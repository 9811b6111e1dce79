"""What a file is, by its first bytes. The name and the browser's word count for nothing."""

from __future__ import annotations

import io
import re

import filetype
from django.conf import settings
from PIL import Image

HEAD_BYTES = 64 * 1024
"""How much of the beginning is looked at before the file is taken: holds the header of any usual photo."""

HEIC, WORD, SIGNED = (
    "image/heic",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/pkcs7-signature",
)
ASIC_E, ASIC_S = "application/vnd.etsi.asic-e+zip", "application/vnd.etsi.asic-s+zip"
OLE, SVG, PACKED = "application/x-ole-storage", "image/svg+xml", "application/zip"
"""Known so that a sentence can say what to do instead: taken nowhere."""
PAPERS = frozenset({"image/jpeg", "image/png", "application/pdf", HEIC, WORD, SIGNED, ASIC_E, ASIC_S})
"""What may be a paper of a dossier."""
VIDEOS = frozenset({"video/mp4", "video/webm"})
"""What may be a film of a guide: containers that every browser plays by itself."""
SHOWN = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf"})
"""What browsers show; anything else is given as a download."""
ENDINGS = {
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "image/png": (".png",),
    "video/mp4": (".mp4", ".m4v"),
    "video/webm": (".webm",),
    "application/pdf": (".pdf",),
    HEIC: (".heic", ".heif"),
    WORD: (".docx",),
    SIGNED: (".p7s", ".p7m", ".p7c", ".pem"),
    ASIC_E: (".asice", ".sce"),
    ASIC_S: (".asics", ".scs"),
}
"""How names of such files end; the first is the usual one."""

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis"})
_CMS = re.compile(rb"\x30(?:\x80|[\x01-\x7f]|\x81.|\x82..|\x83...|\x84....)\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07[\x01-\x06]", re.DOTALL)
_CMS_TEXT = re.compile(rb"\s*-----BEGIN (?:PKCS7|CMS|PKCS #7 SIGNED DATA)-----")


def _packed(head: bytes) -> str:
    """What a ZIP is by its first entries: a container of signatures says it in the first one, a Word document by its folders."""
    for kind in (ASIC_E, ASIC_S):
        if head[30:38] == b"mimetype" and head[38:].startswith(kind.encode()):
            return kind
    names = []
    for at in re.finditer(b"PK\x03\x04", head):
        length = int.from_bytes(head[at.start() + 26 : at.start() + 28], "little")
        names.append(head[at.start() + 30 : at.start() + 30 + length])
    is_office = any(name in (b"[Content_Types].xml", b"_rels/.rels") or name.startswith(b"word/") for name in names)
    # The examiner reads the whole list; here the beginning must do.
    return WORD if is_office and not any(name.startswith((b"xl/", b"ppt/", b"visio/")) for name in names) else PACKED


def media_type(head: bytes) -> str:
    """Media type of a file by its head; empty when unknown (text, HTML and scripts are unknown on purpose)."""
    if head[4:8] == b"ftyp":
        size = min(int.from_bytes(head[:4], "big"), 256)
        if _HEIC_BRANDS & {head[at : at + 4] for at in range(8, size, 4) if at != 12}:
            return HEIC
    if head.startswith(b"PK\3\4"):
        return _packed(head)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return OLE
    if _CMS.match(head) or _CMS_TEXT.match(head):
        return SIGNED
    start = head[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(b"<") and (b"<svg" in start or b"www.w3.org/2000/svg" in start):
        return SVG
    kind = filetype.guess(head)
    return "" if kind is None else str(kind.mime)


def max_pixels() -> int:
    """Largest image that is taken, in pixels (``settings.MAX_IMAGE_PIXELS``; 64 million holds a telephone's 50-megapixel photo)."""
    return int(getattr(settings, "MAX_IMAGE_PIXELS", 64_000_000))


def pixels(head: bytes) -> int | None:
    """Width × height as the head says, or None when it does not hold the size. Decodes nothing."""
    try:
        with Image.open(io.BytesIO(head)) as image:
            return image.width * image.height
    except Image.DecompressionBombError:
        return 2**62
    except (OSError, SyntaxError, ValueError):
        return None
