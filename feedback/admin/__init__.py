"""The desk of petitions, a concern a file."""

from feedback.admin import entering, opinions, overview, petitions, publishing, settings

__all__ = ["entering", "opinions", "overview", "petitions", "publishing", "settings"]
