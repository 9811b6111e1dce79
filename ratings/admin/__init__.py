"""The desk of ratings, a room a file."""

from ratings.admin import years

__all__ = ["years"]
