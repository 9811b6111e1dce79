"""Small true files for the tests, made on the spot."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib

import pikepdf
from asn1crypto import cms
from PIL import Image

JPEG_AND_PDF = frozenset({"image/jpeg", "image/png", "application/pdf"})


def image(kind: str = "JPEG", size: tuple[int, int] = (64, 48)) -> bytes:
    """A picture with some structure, so that it does not compress to nothing."""
    out = io.BytesIO()
    picture = Image.radial_gradient("L").resize(size).convert("RGB")
    picture.save(out, kind)
    return out.getvalue()


def pdf(*extra: bytes) -> bytes:
    """A one-page PDF; ``extra`` are further objects, numbered from 10."""
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R >>",
        4: stream(b"BT /F1 12 Tf (Xin chao /JavaScript) Tj ET"),
    }
    objects.update(enumerate(extra, 10))
    body = b"%PDF-1.7\n"
    for number, content in objects.items():
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    return body + b"trailer\n<< /Root 1 0 R /Size %d >>\n%%%%EOF\n" % (max(objects) + 1)


def stream(content: bytes, extra: bytes = b"") -> bytes:
    """A compressed stream object."""
    packed = zlib.compress(content)
    return b"<< /Length %d /Filter /FlateDecode %b >>\nstream\n%b\nendstream" % (len(packed), extra, packed)


def revised(document: bytes, *objects: tuple[int, bytes]) -> bytes:
    """An incremental update of :func:`pdf`, as programs that sign or fill in append it, with a true cross-reference table."""
    body = document + b"\n"
    table = b""
    for number, content in objects:
        table += b"%d 1\n%010d 00000 n \n" % (number, len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(body)
    size = max(number for number, _ in objects) + 1
    trailer = b"xref\n%btrailer\n<< /Root 1 0 R /Size %d /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    return body + trailer % (table, size, document.rfind(b"xref\n0 "), start)


def tabled(*extra: bytes) -> bytes:
    """Like :func:`pdf`, with a true cross-reference table that lists everything."""
    whole = pdf(*extra)
    body, trailer = whole[: whole.rindex(b"trailer")], whole[whole.rindex(b"trailer") :].removesuffix(b"%%EOF\n")
    offsets = {int(body[:at].rsplit(b"\n", 1)[-1].split()[0]): body.rfind(b"\n", 0, at) + 1 for at in _places(body, b" 0 obj\n")}
    table = b"".join(
        b"%010d %05d %b \n" % ((offsets[number], 0, b"n") if number in offsets else (0, 65535, b"f")) for number in range(max(offsets) + 1)
    )
    return body + b"xref\n0 %d\n%b%bstartxref\n%d\n%%%%EOF\n" % (max(offsets) + 1, table, trailer, len(body))


def _places(data: bytes, what: bytes) -> list[int]:
    found, position = [], data.find(what)
    while position >= 0:
        found.append(position)
        position = data.find(what, position + 1)
    return found


def saved(*, add: object = None, pages: int = 2, **how: object) -> bytes:
    """A PDF as a good program writes it: fonts, text, a scanned page, a link; ``how`` goes to ``pikepdf.Pdf.save``."""
    document = pikepdf.new()
    scan = image("JPEG", (300, 400))
    for number in range(pages):
        picture = document.make_stream(
            scan, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=300, Height=400, ColorSpace=pikepdf.Name.DeviceRGB,
            BitsPerComponent=8, Filter=pikepdf.Name.DCTDecode,
        )  # fmt: skip
        noise = document.make_stream(os.urandom(2000))
        page = document.add_blank_page(page_size=(300, 400))
        page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=picture, JSon=noise))
        page.obj.Contents = document.make_stream(b"1 0 0 1 0 0 cm q 300 0 0 400 0 0 cm /Im0 Do Q %d Tf (speaks of scripts)" % number)
        link = pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String("https://example.org/"))
        page.obj.Annots = pikepdf.Array(
            [document.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=link))]
        )
    document.docinfo["/Title"] = "Giấy tờ (bản quét)"
    if add is not None:
        document.Root.Extra = document.make_indirect(add)
    out = io.BytesIO()
    document.save(out, **how)  # type: ignore[arg-type]
    return out.getvalue()


def zipped(entries: dict[str, bytes], *, stored: tuple[str, ...] = ()) -> bytes:
    """A ZIP of these entries in this order; those of ``stored`` are not packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, content in entries.items():
            one = zipfile.ZipInfo(name, (2026, 11, 20, 10, 0, 0))
            packed.writestr(one, content, zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED)
    return out.getvalue()


WORD_MAIN = (
    '<Override PartName="/word/document.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
)


def docx(more: dict[str, bytes] | None = None, *, types: str = WORD_MAIN) -> bytes:
    """A Word document; ``more`` are further parts, or others instead."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{types}</Types>'.encode(),
        "_rels/.rels": b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"'
        b' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
        b' Target="word/document.xml"/></Relationships>',
        "word/document.xml": b'<?xml version="1.0" encoding="UTF-8"?><w:document'
        b' xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Giay to</w:t></w:r></w:p></w:body>'
        b"</w:document>",
    }
    return zipped(parts | (more or {}))


def asic(papers: dict[str, bytes], *, kind: str = "application/vnd.etsi.asic-e+zip", signatures: dict[str, bytes] | None = None) -> bytes:
    """A container of signatures; the signature is an empty one where none is given."""
    given = {"META-INF/signature.p7s": b"0"} if signatures is None else signatures
    return zipped({"mimetype": kind.encode(), **papers, **given}, stored=("mimetype",))


def signed_data(content: bytes | None, *, signers: int = 1) -> bytes:
    """CMS signed data with that content in it (None: apart from it). The signature itself is nobody's."""
    signer = {
        "version": "v1",
        "sid": cms.SignerIdentifier("subject_key_identifier", b"12345678901234567890"),
        "digest_algorithm": {"algorithm": "sha256"},
        "signature_algorithm": {"algorithm": "sha256_rsa"},
        "signature": b"x" * 256,
    }
    held: dict[str, object] = {"content_type": "data"}
    if content is not None:
        held["content"] = content
    data = {
        "version": "v1",
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": held,
        "signer_infos": [signer] * signers,
    }
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(data)}).dump())


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def heic(width: int = 4032, height: int = 3024) -> bytes:
    """The boxes of a telephone's photo around bytes that nobody decodes here."""
    sizes = b"".join(_box(b"ispe", struct.pack(">III", 0, *size)) for size in ((512, 512), (width, height)))
    meta = bytes(4) + _box(b"hdlr", bytes(24)) + _box(b"iprp", _box(b"ipco", sizes))
    return _box(b"ftyp", b"heic" + bytes(4) + b"mif1heic") + _box(b"meta", meta) + _box(b"mdat", os.urandom(3000))
