"""The desk of ratings, a room a file."""

from ratings.admin import board, measured, score, slip_forms, slips, surveys, work, years

__all__ = ["board", "measured", "score", "slip_forms", "slips", "surveys", "work", "years"]
