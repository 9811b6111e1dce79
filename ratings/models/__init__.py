"""Tables of ratings, a room a file."""

from ratings.models.counts import DossierCount, DossierDelta

__all__ = ["DossierCount", "DossierDelta"]
