"""The desk of the catalogue, one subject a file."""

from procedures.admin import announcing, catalogue, consulting, imports, mistakes, quality, questions, reductions, search, serving

__all__ = ["announcing", "catalogue", "consulting", "imports", "mistakes", "quality", "questions", "reductions", "search", "serving"]
