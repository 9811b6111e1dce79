"""How a file leaves the house."""

from __future__ import annotations

import logging
from urllib.parse import quote

from django.http import Http404, StreamingHttpResponse

from portal.files import services as files
from portal.files import sniff
from portal.files.errors import FileUnreadable
from portal.files.models import StoredFile

log = logging.getLogger(__name__)


def send_file(stored: StoredFile, *, name: str, inline: bool, trusted: bool = False, unchecked: bool = False) -> StreamingHttpResponse:
    """A private file to one who may have it: decrypted as it leaves, never cached, never able to run anything.

    ``unchecked`` shows a person their own file before its check has finished; unreadable files are a 404. ``trusted`` is for
    PDFs we made ourselves: a browser's PDF viewer does not work within ``sandbox``.
    """
    try:
        content = files.open_plain(stored, unchecked=unchecked)
    except FileUnreadable as error:
        log.warning("file not given out", extra={"file_id": str(stored.id), "why": type(error).__name__})
        raise Http404 from error
    response = StreamingHttpResponse(content, content_type=stored.media_type)
    plain = name.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_").replace("?", "_")
    # What a browser cannot show (HEIC, Word, signed files) is given to keep, whoever asks.
    kind = "inline" if inline and stored.media_type in sniff.SHOWN else "attachment"
    response["Content-Disposition"] = f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    response["Content-Length"] = str(stored.size)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = (
        "default-src 'none'; object-src 'self'; frame-ancestors 'none'" if trusted else "default-src 'none'; img-src 'self'; sandbox"
    )
    return response
