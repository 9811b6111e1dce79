"""The desk of ratings, a room a file."""

from ratings.admin import board, slips, surveys, years

__all__ = ["board", "slips", "surveys", "years"]
