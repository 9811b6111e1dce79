"""The check of a file's content: what is dangerous or broken goes to quarantine.

Built in: the EICAR test string, PDFs with scripts, launch actions, embedded files or a password, images that do not
decode. Where ``settings.CLAMAV_ADDRESS`` is set ("host:port" or "unix:/path"), ClamAV looks too (INSTREAM).
"""

from __future__ import annotations

import contextlib
import io
import re
import socket
import warnings
import zlib
from collections.abc import Iterable, Iterator

from django.conf import settings
from PIL import Image, ImageFile

from portal.files import sniff

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!" + b"$H+H*"
CLAMAV_CHUNK = 256 * 1024
CLAMAV_TIMEOUT_SECONDS = 20.0
INFLATED_BYTES = 32 * 1024 * 1024
"""How much of a PDF's packed objects is unpacked to look for names; more is not a citizen's paper."""


class ScannerUnavailable(Exception):
    """The outside scanner did not answer, or answered nonsense: try again later."""


_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_END = rb"(?![A-Za-z0-9_.\-])"
_ACTIVE = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA)" + _END)
_ACTIVE_LONG = re.compile(rb"/(JavaScript|Launch|EmbeddedFiles?|RichMedia)" + _END)
"""Names that do not arise by chance in packed bytes."""
_STREAM = re.compile(rb"stream\r?\n")
_PACKED = re.compile(rb"/Type\s*/ObjStm" + _END)
_FILTER = re.compile(rb"/Filter" + _END)
_FLATE = re.compile(rb"/Filter\s*(?:\[\s*)?/FlateDecode\s*(?:\]|/|>)")
_PREDICTED = re.compile(rb"/Predictor\s+(?!1[^0-9])[0-9]")


def _unescape(data: bytes) -> bytes:
    """PDF names may be written ``/J#61vaScript``."""
    return _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), data)


def _unpacked(dictionary: bytes, body: bytes, limit: int) -> tuple[bytes, str]:
    """Content of an object stream, and a verdict when it hides from us."""
    if not _FILTER.search(dictionary):
        return body, ""
    if not _FLATE.search(dictionary) or _PREDICTED.search(dictionary):
        return b"", "pdf.obscured"
    unpacker = zlib.decompressobj()
    try:
        objects = unpacker.decompress(body, limit)
    except zlib.error:
        return b"", "pdf.broken"
    return objects, "pdf.too_packed" if unpacker.unconsumed_tail else ""


def _pdf(data: bytes) -> str:
    """Verdict on a PDF: names of actions anywhere outside streams and inside object streams; long ones in raw bytes too.

    One pass, linear in the size. It follows no cross-reference table, so it also sees objects that a reader would ignore.
    """
    left = INFLATED_BYTES
    plain: list[bytes] = []
    position = 0
    while match := _STREAM.search(data, position):
        before = data[position : match.start()]
        plain.append(before)
        end = data.find(b"endstream", match.end())
        end = len(data) if end < 0 else end
        dictionary = _unescape(before)
        if _PACKED.search(dictionary):
            objects, verdict = _unpacked(dictionary, data[match.end() : end], left)
            if verdict:
                return verdict
            plain.append(objects)
            left = max(1, left - len(objects))
        position = end + len(b"endstream")
    plain.append(data[position:])
    names = _unescape(b"\n".join(plain))
    if re.search(rb"/Encrypt" + _END, names):
        return "pdf.encrypted"
    found = _ACTIVE.search(names) or _ACTIVE_LONG.search(_unescape(data))
    return f"pdf.{found[1].decode().lower()}" if found else ""


@contextlib.contextmanager
def _nothing_forgiven() -> Iterator[None]:
    """Pillow reads broken images whole here: WeasyPrint, in the same process, tells it globally to forgive them."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _image(data: bytes) -> str:
    """Verdict on an image: it must decode whole, within the bound of pixels."""
    try:
        with warnings.catch_warnings(), _nothing_forgiven():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as image:
                if image.width * image.height > sniff.max_pixels():
                    return "image.too_big"
                # JPEG: decode at an eighth of the size; the whole stream is still read.
                image.draft("RGB", (max(1, image.width // 8), max(1, image.height // 8)))
                image.load()
    except Image.DecompressionBombError:
        return "image.too_big"
    except Exception:  # a decoder fed with hostile bytes raises anything
        return "image.broken"
    return ""


def built_in(data: bytes, media_type: str) -> str:
    """Code of what the built-in checks found, or an empty string."""
    if EICAR in data:
        return "virus.eicar"
    if media_type == "application/pdf":
        return _pdf(data)
    if media_type.startswith("image/"):
        return _image(data)
    return ""


def _connect(address: str) -> socket.socket:
    if address.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(CLAMAV_TIMEOUT_SECONDS)
        connection.connect(address.removeprefix("unix:"))
        return connection
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=CLAMAV_TIMEOUT_SECONDS)


def clamav(content: Iterable[bytes]) -> str:
    """ClamAV's verdict by INSTREAM: ``virus.clamav:<name>`` or an empty string. Raises :class:`ScannerUnavailable`."""
    address = str(getattr(settings, "CLAMAV_ADDRESS", ""))
    if not address:
        return ""
    try:
        with _connect(address) as connection:
            connection.sendall(b"zINSTREAM\0")
            for piece in content:
                for start in range(0, len(piece), CLAMAV_CHUNK):
                    part = piece[start : start + CLAMAV_CHUNK]
                    connection.sendall(len(part).to_bytes(4, "big") + part)
            connection.sendall(b"\0\0\0\0")
            answer = b""
            while b"\0" not in answer and len(answer) < 4096:
                more = connection.recv(4096)
                if not more:
                    break
                answer += more
    except (OSError, ValueError) as error:
        raise ScannerUnavailable(type(error).__name__) from error
    text = answer.rstrip(b"\0\n").decode("utf-8", "replace")
    if text.endswith("FOUND"):
        name = re.sub(r"[^A-Za-z0-9._\-]", "_", text.removeprefix("stream:").removesuffix("FOUND").strip())
        return f"virus.clamav:{name}"[:60]
    if text.endswith("OK"):
        return ""
    raise ScannerUnavailable("unexpected answer")


def check(data: bytes, media_type: str) -> str:
    """All checks, the cheap ones first. Code of the finding, or an empty string. Raises :class:`ScannerUnavailable`."""
    return built_in(data, media_type) or clamav([data])
