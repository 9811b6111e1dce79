"""What a file is, by its first bytes. The name and the browser's word count for nothing."""

from __future__ import annotations

import io

import filetype
from django.conf import settings
from PIL import Image

HEAD_BYTES = 64 * 1024
"""How much of the beginning is looked at before the file is taken: holds the header of any usual photo."""


def media_type(head: bytes) -> str:
    """Media type of a file by its head; empty when unknown (text, SVG, HTML and scripts are unknown on purpose)."""
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
