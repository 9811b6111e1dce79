"""The desk of petitions, a concern a file."""

from feedback.admin import entering, settings

__all__ = ["entering", "settings"]
