"""Small true files for the tests, made on the spot."""

from __future__ import annotations

import io
import zlib

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
