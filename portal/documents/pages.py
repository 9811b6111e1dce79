"""Pages that stand before what a template makes: the scans of an original that a document certifies.

An upper room says which files they are (:func:`register_pages`); only files whose check found nothing are taken. Runs in the worker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO

from portal.documents.models import Document
from portal.files import services as files
from portal.files.models import FileState, StoredFile

Pages = Callable[[Document], Iterable[StoredFile]]
_pages: dict[str, Pages] = {}
A4 = (595.28, 841.89)
"""Points. A photo is fitted into it, as it would be printed."""


def register_pages(kind: str, function: Pages) -> None:
    """Let an upper room say, of a kind of document, which files' pages stand before its own, in their order."""
    known = _pages.get(kind)
    if known is not None and known is not function:
        raise ValueError(f"pages of {kind} are registered twice")
    _pages[kind] = function


def count(file: StoredFile) -> int:
    """How many pages a clean file has: those of a PDF, one of a picture. ``ValueError`` for one that was not found clean."""
    if file.state != FileState.CLEAN:
        raise ValueError("only a file whose check found nothing is opened")
    if file.media_type != "application/pdf":
        return 1
    # Loaded only where a scan is opened: every process knows this room.
    import pikepdf

    with pikepdf.open(BytesIO(files.read_bytes(file))) as opened:
        return len(opened.pages)


def with_pages(document: Document, pdf: bytes) -> bytes:
    """The PDF that a template made, behind the pages of the files that its kind brings; unchanged where there are none."""
    find = _pages.get(document.kind)
    found = list(find(document)) if find is not None else []
    if not found:
        return pdf
    if any(file.state != FileState.CLEAN for file in found):
        raise ValueError("only files whose check found nothing become pages")
    import pikepdf

    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as whole:
        at = 0
        for file in found:
            data = files.read_bytes(file)
            with pikepdf.open(BytesIO(data if file.media_type == "application/pdf" else _page_of(data))) as scan:
                for page in scan.pages:
                    whole.pages.insert(at, page)
                    # Links, scripts and forms of a scan have nothing to do in a paper of the State's.
                    for key in ("/Annots", "/AA"):
                        if key in whole.pages[at].obj:
                            del whole.pages[at].obj[key]
                    at += 1
        whole.save(out)
    return out.getvalue()


def _page_of(picture: bytes) -> bytes:
    """A picture as one page, upright as its camera says, no larger than A4."""
    from PIL import Image, ImageOps

    with Image.open(BytesIO(picture)) as opened:
        upright = ImageOps.exif_transpose(opened) or opened
        plain = upright.convert("RGB")
    # So many points to the inch that the longer side fills the page.
    dots = max(plain.width / (A4[0] / 72), plain.height / (A4[1] / 72), 72.0)
    out = BytesIO()
    plain.save(out, "PDF", resolution=dots)
    return out.getvalue()
