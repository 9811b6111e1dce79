"""The desk of ratings, a room a file."""

from ratings.admin import board, years

__all__ = ["board", "years"]
