"""The desk of the catalogue, one subject a file."""

from procedures.admin import (
    announcing,
    catalogue,
    consulting,
    guidance,
    guides,
    imports,
    mistakes,
    quality,
    questions,
    reductions,
    reporting,
    search,
    serving,
)

__all__ = [
    "announcing",
    "catalogue",
    "consulting",
    "guidance",
    "guides",
    "imports",
    "mistakes",
    "quality",
    "questions",
    "reductions",
    "reporting",
    "search",
    "serving",
]
