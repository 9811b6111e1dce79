"""Reads hostile files, in a process of its own: ``python -I examine.py <media type> <largest image in pixels>``.

The file comes by standard input; "ready" and the verdict go out, a line each (an empty verdict: nothing found). The process
has no secrets in its environment, can open neither file nor connection while it reads, and is ended by the system when it
takes too much time or memory: `portal.files.scan` starts it. It knows nothing of Django.

A PDF is read twice. `qpdf` (by ``pikepdf``) reads it as a program that shows it would, through every filter and object
stream. Our own reading follows no cross-reference table: it begins at every ``obj`` and at every ``stream``, so that
what another program might find in a damaged or doubly written file is looked at, too.
"""

from __future__ import annotations

import io
import re
import resource
import sys
import warnings
import zlib

CPU_SECONDS = 10
MEMORY_BYTES = {"application/pdf": 768 * 1024 * 1024, "image": 1280 * 1024 * 1024}
"""Address space; an image at the bound of pixels takes four bytes for each."""
INFLATED_BYTES = 32 * 1024 * 1024
"""How much one stream of packed objects may hold; more is not a citizen's paper."""

_WHITE = rb"[\0\t\n\f\r ]"
_GAP = rb"(?:[\0\t\n\f\r ]|%[^\r\n]*[\r\n])"
_DELIMITER = rb"[\0\t\n\f\r ()<>\[\]{}/%]"
_END = rb"(?![A-Za-z0-9_.\-])"
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_LONG = re.compile(
    rb"/(JavaScript|Launch|EmbeddedFiles?|RichMedia|FileAttachment|SubmitForm|ImportData|GoTo[ER]|Encrypt)" + _END,
)
"""Names that do not arise by chance in packed bytes."""
_SHORT = (b"JS", b"XFA")
_SHORT_HINT = re.compile(rb"/(?:JS|XFA|EF)" + _END)
_HINT = re.compile(rb"/(?:JS|XFA|EF|ObjStm|First)" + _END)
"""Without these names there is nothing to be learnt from reading word by word, which takes time."""
_BEGIN = re.compile(rb"[0-9]" + _GAP + rb"+[0-9]+" + _GAP + rb"*obj|trailer")
_STREAM = re.compile(rb"(?<!end)stream" + _WHITE + rb"*")
_TOKEN = re.compile(
    rb"%[^\r\n]*|\(|/[^\0\t\n\f\r ()<>\[\]{}/%]*|(?:(?<=" + _DELIMITER + rb")|\A)(?:endobj|endstream|stream)(?=" + _DELIMITER + rb"|\Z)"
)
_IN_STRING = re.compile(rb"[()]|\\.?", re.DOTALL)
_PAIR = re.compile(_GAP + rb"*[0-9]+" + _GAP + rb"+[0-9]+(?:" + _GAP + rb"|\Z)")
_CODERS = frozenset(
    b"ASCIIHexDecode AHx ASCII85Decode A85 LZWDecode LZW RunLengthDecode RL Crypt JBIG2Decode CCITTFaxDecode DCTDecode JPXDecode"
    b" Predictor".split()
)
"""What nobody does to a stream of objects but to hide them."""


def _unescape(data: bytes) -> bytes:
    """PDF names may be written ``/J#61vaScript``."""
    return _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), data)


def _code(name: bytes) -> str:
    return f"pdf.{'encrypted' if name == b'Encrypt' else name.decode().lower()}"


def _after_string(data: bytes, position: int) -> int:
    """Where the string ends whose opening bracket stands before ``position``."""
    depth = 1
    while depth and (mark := _IN_STRING.search(data, position)):
        depth += {b"(": 1, b")": -1}.get(mark[0], 0)
        position = mark.end()
    return len(data) if depth else position


def _names(data: bytes, position: int) -> tuple[set[bytes], int]:
    """The names of one object from ``position`` on, outside strings and comments, and where its stream begins (-1: it has none)."""
    names: set[bytes] = set()
    while token := _TOKEN.search(data, position):
        text, position = token[0], token.end()
        if text == b"(":
            position = _after_string(data, position)
        elif text.startswith(b"/"):
            names.add(_unescape(text[1:]))
        elif text == b"stream":
            return names, position
        elif not text.startswith(b"%"):
            break
    return names, -1


def _short(names: set[bytes]) -> str:
    """Verdict on names that mean something only where they stand as names."""
    for name in _SHORT:
        if name in names:
            return _code(name)
    # A file specification with content: the stream itself need not say what it is.
    return "pdf.embeddedfile" if b"EF" in names and names & {b"F", b"UF", b"Filespec"} else ""


def _active(text: bytes) -> str:
    """Verdict on objects written one after the other."""
    plain = _unescape(text)
    if found := _LONG.search(plain):
        return _code(found[1])
    if not _SHORT_HINT.search(plain):
        return ""
    position = 0
    names: set[bytes] = set()
    while token := _TOKEN.search(text, position):
        position = _after_string(text, token.end()) if token[0] == b"(" else token.end()
        if token[0].startswith(b"/"):
            names.add(_unescape(token[0][1:]))
    return _short(names)


def _inflate(data: bytes, position: int, limit: int) -> tuple[bytes, str]:
    """What is packed from ``position`` on, as far as it can be unpacked, and a verdict on the packing."""
    start = position
    while data[start : start + 1] in (b"\0", b"\t", b"\n", b"\f", b"\r", b" "):
        start += 1
    unpacker = zlib.decompressobj()
    out = bytearray()
    view = memoryview(data)
    try:
        while not unpacker.eof and start < len(data) and len(out) < limit:
            out += unpacker.decompress(unpacker.unconsumed_tail or view[start : start + 65536], limit - len(out))
            if not unpacker.unconsumed_tail:
                start += 65536
    except zlib.error:
        return bytes(out), "pdf.broken"
    if unpacker.eof:
        return bytes(out), ""
    return bytes(out), "pdf.too_packed" if len(out) >= limit else "pdf.broken"


def _packed(data: bytes, names: set[bytes], position: int) -> str:
    """Verdict on what stands in a stream that holds objects."""
    if not names & {b"Filter", b"FlateDecode", b"Fl"}:
        end = data.find(b"endstream", position)
        return _active(data[position : end if end >= 0 else len(data)])
    text, verdict = _inflate(data, position, INFLATED_BYTES)
    if found := _active(text):
        return found
    if names & _CODERS or not names & {b"FlateDecode", b"Fl"}:
        return "pdf.obscured"
    return verdict


def _as_written(data: bytes) -> str:
    """Verdict by our own reading: every place where a program could begin to read an object."""
    doubts = ""
    plain = _unescape(data)
    if found := _LONG.search(plain):
        return _code(found[1])
    for begin in _BEGIN.finditer(data) if _HINT.search(plain) else ():
        names, stream = _names(data, begin.end())
        if verdict := _short(names):
            return verdict
        # Some programs ask an object stream for its numbers only, not for its type.
        if stream >= 0 and (b"ObjStm" in names or {b"N", b"First"} <= names):
            verdict = _packed(data, names, stream)
            if verdict and verdict not in DOUBTS:
                return verdict
            doubts = doubts or verdict
    for begin in _STREAM.finditer(data):
        # Whatever its dictionary says: packed, and it begins like a stream of objects.
        head = data[begin.end() : begin.end() + 2]
        if len(head) < 2 or head[0] & 15 != 8 or int.from_bytes(head, "big") % 31:
            continue
        if _PAIR.match(_inflate(data, begin.end(), 512)[0]):
            found = _LONG.search(_unescape(_inflate(data, begin.end(), INFLATED_BYTES)[0]))
            if found:
                return _code(found[1])
    return doubts


DOUBTS = ("pdf.broken", "pdf.too_packed", "pdf.obscured")


def _as_shown(data: bytes) -> str:
    """Verdict by the parser: every object that it finds, in object streams and behind filters, too."""
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as document:
            if document.is_encrypted:
                return "pdf.encrypted"
            if not len(document.pages):
                return "pdf.broken"
            written = [document.trailer.unparse()]
            for item in document.objects:
                if isinstance(item, pikepdf.Stream):
                    if item.stream_dict.get("/Type") == pikepdf.Name.ObjStm:
                        written.append(item.read_bytes())
                    written.append(item.stream_dict.unparse())
                else:
                    written.append(item.unparse(resolved=True))
    except pikepdf.PasswordError:
        return "pdf.encrypted"
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, NotImplementedError, OverflowError):
        return "pdf.broken"
    for text in written:
        if verdict := _active(text):
            return verdict
    return ""


def pdf(data: bytes) -> str:
    """Verdict on a PDF: what acts, hides, or cannot be read; empty for a paper."""
    written = _as_written(data)
    if written and written not in DOUBTS:
        return written
    return _as_shown(data) or written


def image(data: bytes, max_pixels: int) -> str:
    """Verdict on an image: it must decode whole, within the bound of pixels."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as picture:
                if picture.width * picture.height > max_pixels:
                    return "image.too_big"
                # JPEG: decode at an eighth of the size; the whole stream is still read.
                picture.draft("RGB", (max(1, picture.width // 8), max(1, picture.height // 8)))
                picture.load()
    except Image.DecompressionBombError:
        return "image.too_big"
    except MemoryError:
        return "image.too_complex"
    except Exception:  # a decoder fed with hostile bytes raises anything
        return "image.broken"
    return ""


def _shut_in(kind: str) -> None:
    """Limits that hold for the rest of this process. Everything needed is loaded: no further file can be opened."""
    memory = MEMORY_BYTES[kind]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 2))
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(limit, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def main() -> None:
    """One file."""
    media_type, max_pixels = sys.argv[1], int(sys.argv[2])
    kind = "application/pdf" if media_type == "application/pdf" else "image"
    if kind == "image":
        from PIL import Image

        Image.init()
    else:
        import pikepdf  # noqa: F401  loaded before the doors close
    _shut_in(kind)
    _say("ready")
    try:
        data = sys.stdin.buffer.read()
        _say(pdf(data) if kind == "application/pdf" else image(data, max_pixels))
    except MemoryError:
        _say("pdf.too_complex" if kind == "application/pdf" else "image.too_complex")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
