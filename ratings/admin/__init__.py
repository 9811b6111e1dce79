"""The desk of ratings, a room a file."""

from ratings.admin import board, score, slip_forms, slips, surveys, work, years

__all__ = ["board", "score", "slip_forms", "slips", "surveys", "work", "years"]
