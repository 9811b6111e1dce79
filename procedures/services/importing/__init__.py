"""Importing the catalogue from what others export: procedures as JSON lines, Word exports, the national list.

A source is read to its end into a staging table before anything of it counts; then the good rows go in together and the bad ones are
reported. A second time changes nothing. What editors wrote no import changes.
"""

from procedures.services.importing.national import import_national_list
from procedures.services.importing.report import Progress, Refused, Report, Unreadable
from procedures.services.importing.run import import_exports, import_procedures

__all__ = ["Progress", "Refused", "Report", "Unreadable", "import_exports", "import_national_list", "import_procedures"]
