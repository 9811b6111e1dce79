"""Reads hostile files, in a process of its own: ``python -I examine.py <media type> <largest image in pixels>``.

The file comes by standard input; "ready" and the verdict go out, a line each (an empty verdict: nothing found). The process
has no secrets in its environment, can open neither file nor connection while it reads, and is ended by the system when it
takes too much time or memory: `portal.files.scan` starts it. It knows nothing of Django.

A PDF is read twice. `qpdf` (by ``pikepdf``) reads it as a program that shows it would, through every filter and object
stream. Our own reading follows no cross-reference table: it begins at every ``obj`` and at every ``stream``, so that
what another program might find in a damaged or doubly written file is looked at, too.

A packed file (Word, a container of signatures) is a ZIP that reads the same to every program: entries one after the other, each
listed once, nothing before, between or behind them, within bounds of number, size and ratio. What is signed is read like a file of its own.
"""

from __future__ import annotations

import io
import re
import resource
import struct
import sys
import warnings
import zipfile
import zlib
from collections.abc import Callable, Sequence
from xml.parsers import expat

CPU_SECONDS = 10
MEMORY_BYTES = {"application/pdf": 768 * 1024 * 1024, "image": 1280 * 1024 * 1024}
"""Address space; an image at the bound of pixels takes four bytes for each. What holds other files has an image's."""
INFLATED_BYTES = 32 * 1024 * 1024
"""How much one stream of packed objects may hold; more is not a citizen's paper."""
ZIP_ENTRIES = 1000
ZIP_BYTES = 128 * 1024 * 1024
"""All that a packed file holds, unpacked."""
ZIP_RATIO, ZIP_RATIO_FROM = 200, 4 * 1024 * 1024
"""An entry larger than the second may not be packed more tightly than the first."""
DESCRIPTOR_BYTES = 24
"""At most so much stands between two entries of a ZIP that was written to a pipe."""

PDF_TYPE, WORD_TYPE, SIGNED_TYPE = (
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/pkcs7-signature",
)
ASIC_TYPES = ("application/vnd.etsi.asic-e+zip", "application/vnd.etsi.asic-s+zip")
_ZIP, _OLE = b"PK\3\4", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

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
    if _is_also_zip(data):
        return "pdf.polyglot"
    return _as_shown(data) or written


def _is_also_zip(data: bytes) -> bool:
    """Whether a program that unpacks would find a list of entries at the end: the file is two things at once."""
    start = max(0, len(data) - 65557)
    place = data.rfind(b"PK\5\6", start)
    while place >= 0:
        size = int.from_bytes(data[place + 12 : place + 16], "little")
        if 46 <= size <= place and data[place - size : place - size + 4] == b"PK\1\2":
            return True
        place = data.rfind(b"PK\5\6", start, place)
    return False


def image(data: bytes, max_pixels: int) -> str:
    """Verdict on an image: it must decode whole, within the bound of pixels."""
    from PIL import Image

    if _is_also_zip(data):
        return "image.polyglot"
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


def heic(data: bytes, max_pixels: int) -> str:
    """Verdict on a HEIC photo. Nothing here decodes it: its boxes must fill the file, name its size, and keep to the bound of pixels."""
    place, boxes = 0, dict[bytes, bytes]()
    while place < len(data):
        size, head = int.from_bytes(data[place : place + 4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(data[place + 8 : place + 16], "big"), 16
        size = size or len(data) - place
        if size < head or place + size > len(data) or len(data) - place < head:
            return "image.broken"
        boxes.setdefault(data[place + 4 : place + 8], data[place + head : place + size])
        place += size
    meta = boxes.get(b"meta", b"")
    sizes = [struct.unpack(">II", meta[at.end() + 4 : at.end() + 12]) for at in re.finditer(b"ispe", meta) if at.end() + 12 <= len(meta)]
    if next(iter(boxes), b"") != b"ftyp" or not sizes or not all(width and height for width, height in sizes):
        return "image.broken"
    if max(width * height for width, height in sizes) > max_pixels:
        return "image.too_big"
    return "image.polyglot" if _is_also_zip(data) else ""


class _Found(Exception):
    """The verdict, wherever in a packed file it was found."""


def _unpacked(data: bytes) -> dict[str, bytes]:
    """The entries of a ZIP by their names; :class:`_Found` where another program could read others, or too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            entries = packed.infolist()
            _sound(data, entries, packed.start_dir, len(packed.comment))
            found = {}
            for one in entries:
                if not one.is_dir():
                    with packed.open(one) as content:
                        found[one.filename] = content.read(one.file_size + 1)
            return found
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, KeyError, RuntimeError, OSError, OverflowError):
        raise _Found("zip.broken") from None


def _sound(data: bytes, entries: Sequence[zipfile.ZipInfo], start_of_list: int, comment: int) -> None:
    if len(entries) > ZIP_ENTRIES or sum(one.file_size for one in entries) > ZIP_BYTES:
        raise _Found("zip.bomb")
    names = {one.filename.casefold() for one in entries}
    if len(names) < len(entries) or comment or data[-22:-18] != b"PK\5\6":
        raise _Found("zip.obscured")
    place, room = 0, 0
    for one in sorted(entries, key=lambda one: one.header_offset):
        if one.flag_bits & 0x2041:
            raise _Found("zip.encrypted")
        if one.file_size > ZIP_RATIO_FROM and one.file_size > ZIP_RATIO * one.compress_size:
            raise _Found("zip.bomb")
        parts = one.orig_filename.split("/")
        odd = {"", "..", "."} & set(parts[:-1]) or "\\" in one.orig_filename or "\0" in one.orig_filename or len(one.orig_filename) > 255
        if odd or one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _Found("zip.obscured")
        if not place <= one.header_offset <= place + room:
            raise _Found("zip.obscured")
        name, extra = struct.unpack("<HH", data[one.header_offset + 26 : one.header_offset + 30])
        place, room = one.header_offset + 30 + name + extra + one.compress_size, DESCRIPTOR_BYTES if one.flag_bits & 8 else 0
    if not place <= start_of_list <= place + room:
        raise _Found("zip.obscured")


def _xml(text: bytes, *, start: Callable[[str, dict[str, str]], None] | None = None, words: Callable[[str], None] | None = None) -> None:
    """Read XML; :class:`_Found` where it declares entities or is none. Names come without their namespace."""
    parser = expat.ParserCreate(namespace_separator=" ")

    def doctype(*_: object) -> None:
        raise _Found("zip.obscured")

    def begin(name: str, attributes: dict[str, str]) -> None:
        if start is not None:
            start(name.rpartition(" ")[2], {key.rpartition(" ")[2]: value for key, value in attributes.items()})

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = begin
    if words is not None:
        parser.CharacterDataHandler = words
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, ValueError, LookupError, OSError):
        raise _Found("zip.broken") from None


_WORD_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_RELATED = {
    "vbaproject": "word.macros",
    "wordvbadata": "word.macros",
    "keymapcustomizations": "word.macros",
    "oleobject": "word.embedded",
    "package": "word.embedded",
    "afchunk": "word.embedded",
    "control": "word.active",
    "activexcontrolbinary": "word.active",
    "attachedtemplate": "word.outside",
    "subdocument": "word.outside",
}
"""Kinds of relationships (the last word of their type) by which a Word document brings more than itself."""
_DDE = re.compile(r"(?<![a-z])dde(?:auto)?(?![a-z])", re.IGNORECASE)
_INCLUDED = re.compile(r"(?<![a-z])include(?:picture|text)\s+\"?\s*(?:[a-z]+:|\\\\|//)", re.IGNORECASE)


def word(data: bytes) -> str:
    """Verdict on a Word document (.docx): what runs, brings other files along, or fetches from elsewhere when it is opened."""
    try:
        files = _unpacked(data)
        kinds: set[str] = set()
        _xml(files.get("[Content_Types].xml", b""), start=lambda _name, values: kinds.add(values.get("ContentType", "")))
        if any("macroenabled" in kind.lower() or "vbaproject" in kind.lower() for kind in kinds):
            return "word.macros"
        if _WORD_MAIN not in kinds:
            return "word.broken"
        for name, text in files.items():
            _word_part(f"/{name.lower()}", text)
    except _Found as found:
        return str(found).replace("zip.broken", "word.broken")
    return ""


def _word_part(name: str, text: bytes) -> None:
    if "vbaproject" in name or "vbadata" in name:
        raise _Found("word.macros")
    if "/activex/" in name:
        raise _Found("word.active")
    if "/embeddings/" in name or text.startswith((_OLE, _ZIP, b"MZ", b"\x7fELF", b"{\\rtf")):
        raise _Found("word.embedded")
    if name.endswith(".rels"):
        _xml(text, start=_related)
    elif name.endswith((".xml", ".svg")):
        _word_text(text)
    elif re.search(rb"<\s*(?:script|svg|html)", text[:1024], re.IGNORECASE):
        raise _Found("word.active")


def _related(name: str, values: dict[str, str]) -> None:
    if name != "Relationship":
        return
    kind = values.get("Type", "").rpartition("/")[2].lower()
    if found := _RELATED.get(kind):
        raise _Found(found)
    # A link waits to be followed by a person; everything else is fetched by opening.
    harmless = kind == "hyperlink" and values.get("Target", "").strip().lower().startswith(("http://", "https://", "mailto:", "#"))
    if values.get("TargetMode", "").lower() == "external" and not harmless:
        raise _Found("word.outside")


def _word_text(text: bytes) -> None:
    """The instructions of fields, however they are cut into runs."""
    instructions: list[str] = []
    inside = False

    def start(name: str, values: dict[str, str]) -> None:
        nonlocal inside
        if name.lower() == "script" or any(key.lower().startswith("on") and key.lower() in ("onload", "onclick") for key in values):
            raise _Found("word.active")
        inside = name in ("instrText", "delInstrText")
        if name == "fldSimple":
            instructions.append("\n" + values.get("instr", ""))
        elif name == "fldChar":
            instructions.append("\n")

    def words(part: str) -> None:
        if inside:
            instructions.append(part)

    _xml(text, start=start, words=words)
    said = "".join(instructions)
    if _DDE.search(said):
        raise _Found("word.active")
    if _INCLUDED.search(said):
        raise _Found("word.outside")


def container(data: bytes, max_pixels: int) -> str:
    """Verdict on a container of signatures (ASiC): what was signed is a paper by itself, and somebody signed it."""
    try:
        # "mimetype" comes first and is not packed, so that anybody can see at a fixed place what the file is.
        files = _unpacked(data)
        if data[30:38] != b"mimetype" or data[8:10] != b"\0\0" or files["mimetype"] not in [kind.encode() for kind in ASIC_TYPES]:
            return "signed.broken"
        papers, signatures = [], 0
        for name, text in files.items():
            if name.upper().startswith("META-INF/"):
                if not name.lower().endswith((".xml", ".p7s", ".tst", ".ers")):
                    return "signed.content"
                if name.lower().endswith(".xml"):
                    _xml(text)
                signatures += "signature" in name.rpartition("/")[2].lower() and name.lower().endswith((".xml", ".p7s"))
            elif name != "mimetype":
                papers.append(text)
        if not signatures:
            return "signed.unsigned"
        if not papers or (files["mimetype"] == ASIC_TYPES[1].encode() and len(papers) > 1):
            return "signed.broken"
    except _Found as found:
        return str(found).replace("zip.broken", "signed.broken")
    return next((verdict for text in papers if (verdict := _inner(text, max_pixels))), "")


def signed(data: bytes, max_pixels: int) -> str:
    """Verdict on a signature by itself (PKCS#7, CMS, CAdES): signed data, and what it holds, if it holds it, is a paper."""
    from asn1crypto import cms, core, pem

    try:
        if pem.detect(data):
            _kind, _headers, data = pem.unarmor(data)
        content = cms.ContentInfo.load(data, strict=True)
        if content["content_type"].native in ("enveloped_data", "encrypted_data", "signed_and_enveloped_data"):
            return "signed.encrypted"
        if content["content_type"].native != "signed_data":
            return "signed.broken"
        if not len(content["content"]["signer_infos"]):
            return "signed.unsigned"
        held = content["content"]["encap_content_info"]["content"]
        inner = b"" if held is core.VOID or held.native is None else held.native
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError, AttributeError):
        return "signed.broken"
    if not isinstance(inner, bytes):
        return "signed.content"
    return _inner(inner, max_pixels) if inner else ""


def _inner(data: bytes, max_pixels: int) -> str:
    """Verdict on what was signed: a paper as it could be sent without a signature. Nothing is packed twice."""
    if data.startswith((b"%PDF-", b"\xef\xbb\xbf%PDF-")):
        return pdf(data)
    if data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return image(data, max_pixels)
    if data[4:8] == b"ftyp":
        return heic(data, max_pixels)
    return word(data) if data.startswith(_ZIP) else "signed.content"


VIDEO_TYPES = ("video/mp4", "video/webm")


def examine(data: bytes, media_type: str, max_pixels: int) -> str:
    """Verdict on a file of that type; empty: nothing found."""
    if media_type == PDF_TYPE:
        return pdf(data)
    if media_type == WORD_TYPE:
        return word(data)
    if media_type in ASIC_TYPES:
        return container(data, max_pixels)
    if media_type == SIGNED_TYPE:
        return signed(data, max_pixels)
    if media_type in VIDEO_TYPES:
        return film(data, media_type)
    return heic(data, max_pixels) if media_type == "image/heic" else image(data, max_pixels)


def film(data: bytes, media_type: str) -> str:
    """Verdict on a film by its container, which is not decoded: boxes of MP4 that fill the file, or one segment of WebM behind its head."""
    if media_type == "video/webm":
        whole = data.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in data[:64] and b"\x18\x53\x80\x67" in data[:512]
        return "" if whole else "file.broken"
    at = 0
    seen: list[bytes] = []
    while at < len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        elif size == 0:
            size = len(data) - at
        if size < 8 or at + size > len(data) or len(seen) > 10_000:
            return "file.broken"
        seen.append(kind)
        at += size
    return "" if seen[:1] == [b"ftyp"] and b"moov" in seen else "file.broken"


def family(media_type: str) -> str:
    """The first word of a verdict that says nothing of the content: it took too much."""
    return "pdf" if media_type == PDF_TYPE else "image" if media_type.startswith("image/") else "file"


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
    # All that reading needs is loaded before the doors close.
    if media_type.startswith("image/") or media_type not in (PDF_TYPE, WORD_TYPE):
        from PIL import Image

        Image.init()
    if media_type == PDF_TYPE or not media_type.startswith("image/"):
        import pikepdf  # noqa: F401
    if media_type == SIGNED_TYPE:
        from asn1crypto import cms, pem  # noqa: F401
    "".encode("cp437")
    _shut_in(PDF_TYPE if media_type == PDF_TYPE else "image")
    _say("ready")
    try:
        data = sys.stdin.buffer.read()
        _say(examine(data, media_type, max_pixels))
    except MemoryError:
        _say(family(media_type) + ".too_complex")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
