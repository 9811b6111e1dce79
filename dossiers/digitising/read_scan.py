"""Takes a scan apart, in a process of its own: ``python -I read_scan.py <media type> <largest picture in pixels>``.

The file comes by standard input. Out go "ready", then for each page one line of JSON (``blank``, ``size``) and a JPEG of ``size`` bytes,
then "end"; or "bad" and a code. As `portal.files.examine` it has no secrets in its environment, can open neither file nor connection
while it reads, is ended by the system when it takes too much, and knows nothing of Django. What comes out is a picture drawn here, never
a part of what came in.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from typing import Any

CPU_SECONDS = 25
MEMORY_BYTES = 1536 * 1024 * 1024
MOST_PAGES = 60
"""Of one file: it is read within the life of a task."""
DPI = 200
MOST_PIXELS = 12_000_000
"""Of a page that is drawn: A3 at 200 dpi and a little."""
QUALITY = 75
MARGIN = 0.04
"""Part of each side where a scanner leaves shadows and holes."""
INK = 0.0008
"""A page with less of its middle darker than its paper is blank: one short line of type is more."""
DARKER = 55
"""Steps of grey below the paper's own."""


def is_blank(picture: Any) -> bool:
    """Whether a page bears nothing: by how much of its middle is darker than its paper."""
    width, height = picture.size
    across, down = int(width * MARGIN), int(height * MARGIN)
    middle = picture.convert("L").crop((across, down, width - across, height - down))
    middle.thumbnail((1000, 1000))
    counts = middle.histogram()
    paper = max(range(256), key=counts.__getitem__)
    return bool(sum(counts[: max(0, paper - DARKER)]) < INK * sum(counts))


def _out(picture: Any) -> None:
    """One page."""
    if picture.width * picture.height > MOST_PIXELS:
        shrink = (MOST_PIXELS / (picture.width * picture.height)) ** 0.5
        picture = picture.resize((max(1, int(picture.width * shrink)), max(1, int(picture.height * shrink))))
    packed = io.BytesIO()
    picture.convert("RGB").save(packed, "JPEG", quality=QUALITY, dpi=(DPI, DPI))
    data = packed.getvalue()
    sys.stdout.buffer.write(json.dumps({"blank": is_blank(picture), "size": len(data)}).encode() + b"\n" + data)


def pdf(data: bytes) -> str:
    """Each page as it is shown; a code where that cannot be."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        return "unreadable"
    number = len(document)
    if number > MOST_PAGES:
        return "too_many_pages"
    for at in range(number):
        try:
            page = document[at]
            points = max(1.0, page.get_width() * page.get_height())
            scale = min(DPI / 72, (MOST_PIXELS / points) ** 0.5)
            _out(page.render(scale=scale).to_pil())
            page.close()
        except pypdfium2.PdfiumError:
            return "unreadable"
    return "" if number else "unreadable"


def image(data: bytes, max_pixels: int) -> str:
    """The only page of a photo, turned as its camera says."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = max_pixels
    try:
        picture = Image.open(io.BytesIO(data))
        if picture.width * picture.height > max_pixels:
            return "too_complex"
        picture.load()
        _out(ImageOps.exif_transpose(picture))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return "unreadable"
    return ""


def _shut_in() -> None:
    """Limits that hold for the rest of this process. Everything needed is loaded: no further file can be opened."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 2))
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(limit, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def main() -> None:
    """One file."""
    media_type, max_pixels = sys.argv[1], int(sys.argv[2])
    # All that reading needs is loaded before the doors close.
    from PIL import Image, ImageOps  # noqa: F401

    Image.init()
    if media_type == "application/pdf":
        import pypdfium2  # noqa: F401
    _shut_in()
    sys.stdout.buffer.write(b"ready\n")
    sys.stdout.flush()
    try:
        data = sys.stdin.buffer.read()
        code = pdf(data) if media_type == "application/pdf" else image(data, max_pixels)
    except MemoryError:
        code = "too_complex"
    sys.stdout.buffer.write(f"bad {code}\n".encode() if code else b"end\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
