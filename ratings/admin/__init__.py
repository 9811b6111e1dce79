"""The desk of ratings, a room a file."""

from ratings.admin import board, score, slips, surveys, years

__all__ = ["board", "score", "slips", "surveys", "years"]
