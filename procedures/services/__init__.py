"""What can be done to the catalogue: loading the curated data we ship, importing what others export."""

from procedures.services.loading import DATA, LoadReport, load_shipped, shipped_records
from procedures.services.records import BadRecord, padded_key

__all__ = ["DATA", "BadRecord", "LoadReport", "load_shipped", "padded_key", "shipped_records"]
