"""Pages for nobody in particular: kept by whoever asks, emptied by what they show.

``public_page`` marks a view; ``PageCache`` (a middleware) keeps what it answered, in this process and for the others in Redis,
until one of the rooms that the page shows has changed. What changed stands in PostgreSQL (``changes``), written by triggers
in the transaction of the change.
"""

from portal.caching.changes import Marks, marks
from portal.caching.public import CATALOGUE, SHARED_SECONDS, STALE_SECONDS, keep_out, public_page
from portal.caching.remembered import Remembered

__all__ = ["CATALOGUE", "SHARED_SECONDS", "STALE_SECONDS", "Marks", "Remembered", "keep_out", "marks", "public_page"]
