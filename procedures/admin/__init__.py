"""The desk of the catalogue, one subject a file."""

from procedures.admin import announcing, catalogue, imports, mistakes, reductions, search

__all__ = ["announcing", "catalogue", "imports", "mistakes", "reductions", "search"]
