"""The desk of the catalogue, one subject a file."""

from procedures.admin import catalogue, imports, mistakes, reductions, search

__all__ = ["catalogue", "imports", "mistakes", "reductions", "search"]
