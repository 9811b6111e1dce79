"""The desk of petitions, a concern a file."""

from feedback.admin import entering, overview, publishing, settings

__all__ = ["entering", "overview", "publishing", "settings"]
