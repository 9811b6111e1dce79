"""What can be done to the shared catalogues: add, amend, disable, load what is shipped, import. Nothing is ever deleted (Rules art. 49)."""

from portal.catalogues.services.entries import EDIT, EntryRefused, add, amend, disable, record_succession
from portal.catalogues.services.imports import Problem, Report, apply, check, export, import_table, upload
from portal.catalogues.services.shipped import DATA, load_shipped

__all__ = [
    "DATA", "EDIT", "EntryRefused", "Problem", "Report", "add", "amend", "apply", "check", "disable", "export", "import_table",
    "load_shipped", "record_succession", "upload",
]  # fmt: skip
