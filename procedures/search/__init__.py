"""What the search (``portal.search``) knows of procedures, what the State answers elsewhere, and what another weight would do."""

from procedures.search.corpus import PROCEDURES, current_engine, entry, version_ids
from procedures.search.elsewhere import Elsewhere, elsewhere
from procedures.search.trial import trial

__all__ = ["PROCEDURES", "Elsewhere", "current_engine", "elsewhere", "entry", "trial", "version_ids"]
