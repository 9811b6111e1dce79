"""What can be done to the catalogue: loading the curated data we ship, importing what others export."""

from procedures.services.loading import DATA, LoadReport, load_shipped, shipped_records
from procedures.services.mistakes import handle_mistake, may_handle, report_mistake
from procedures.services.records import BadRecord, padded_key

__all__ = [
    "DATA",
    "BadRecord",
    "LoadReport",
    "handle_mistake",
    "load_shipped",
    "may_handle",
    "padded_key",
    "report_mistake",
    "shipped_records",
]
