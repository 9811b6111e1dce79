"""From a template to PDF bytes. Runs in the worker; nothing but our own static files can be read while a page is laid out."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import segno
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.safestring import SafeString, mark_safe

from portal.documents import proofs
from portal.documents.models import Document
from portal.documents.pages import with_pages
from portal.documents.units import unit_name

STATIC_BASE = "https://static.invalid/"
"""Base address of PDF templates: ``.invalid`` never resolves, and the fetcher maps it to the project's static folder."""


PICTURES_BASE = "https://pictures.invalid/"
"""Base address of what an upper room has drawn into its documents (:func:`register_pictures`)."""

Pictures = Callable[[Document], Mapping[str, bytes]]
_pictures: dict[str, Pictures] = {}


def register_pictures(kind: str, function: Pictures) -> None:
    """Let an upper room have pictures drawn into a kind of document: from the document to names (``1.jpg``) and contents, fetched when it
    is laid out. Its template names them as ``https://pictures.invalid/1.jpg``. Only what we drew ourselves, never a stranger's file."""
    known = _pictures.get(kind)
    if known is not None and known is not function:
        raise ValueError(f"pictures of {kind} are registered twice")
    _pictures[kind] = function


class ResourceRefused(Exception):
    """A template asked for something that is not one of our static files. The rendering stops: better no document than half a one."""


def static_file(url: str) -> Path:
    """The file of the project's static folder behind an address under :data:`STATIC_BASE`; :class:`ResourceRefused` for others."""
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.netloc != "static.invalid":
        raise ResourceRefused(f"not a static file of ours: {parts.scheme}://{parts.netloc}")
    root = (settings.BASE_DIR / "static").resolve()
    path = (root / unquote(parts.path).lstrip("/")).resolve()
    if root not in path.parents or not path.is_file():
        raise ResourceRefused(f"no such static file: {parts.path}")
    return path


def proof_url(document: Document) -> str:
    """Public address of the proof page, as printed into the QR code."""
    return settings.SITE_URL + reverse("documents:proof", args=[document.token])


def qr_svg(text: str) -> SafeString:
    """A QR code as inline SVG, one module = one unit, error correction M (15 %): it survives a fold or a stamp."""
    out = BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", xmldecl=False, svgns=True, border=2, omitsize=True)
    return mark_safe(out.getvalue().decode("utf-8"))  # noqa: S308 - segno's own output, the text is inside as pixels


def document_html(document: Document, *, at: datetime) -> str:
    """The HTML that becomes the PDF. The document's context gives the variables; ours win over equal names."""
    variables: dict[str, Any] = {
        **document.context,
        "short_mark": proofs.short_mark(document.token),
        "printed_number": proofs.in_threes(document.context.get(proofs.NUMBER, "")),
        "document": document,
        "rendered_at": timezone.localtime(at),
        "unit_name": unit_name(document.unit_code),
        "signer_label": document.signer_label,
        "proof_url": proof_url(document),
        "qr": qr_svg(proof_url(document)),
    }
    with translation.override("vi"):
        return render_to_string(document.template, variables)


def html_to_pdf(html: str, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """Lay out HTML as tagged PDF with embedded fonts (PDF/UA-1). :class:`ResourceRefused` if it reaches outside.

    ``pictures``: what stands under :data:`PICTURES_BASE`, by name."""
    drawn = dict(pictures or {})
    # WeasyPrint loads Pango: only the worker pays for it.
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class StaticFetcher(URLFetcher):  # type: ignore[misc]
        """Knows no network and no file system, only :func:`static_file` and the pictures that were given."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
            if url.startswith(PICTURES_BASE):
                name = url.removeprefix(PICTURES_BASE)
                if name not in drawn:
                    raise ResourceRefused(f"no such picture: {name}")
                return URLFetcherResponse(url, drawn[name], {"Content-Type": mimetypes.guess_type(name)[0] or "image/jpeg"})
            path = static_file(url)
            media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": media_type})

    try:
        return HTML(string=html, base_url=STATIC_BASE, url_fetcher=StaticFetcher(fail_on_errors=True)).write_pdf(pdf_variant="pdf/ua-1")
    except FatalURLFetchingError as error:
        raise ResourceRefused(str(error.__cause__ or error)) from error


def render_pdf(document: Document, *, at: datetime) -> bytes:
    """The document as an unsigned PDF, behind the pages that its kind brings (:mod:`portal.documents.pages`)."""
    pictures = _pictures[document.kind](document) if document.kind in _pictures else {}
    return with_pages(document, html_to_pdf(document_html(document, at=at), pictures))
