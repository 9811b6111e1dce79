"""Pages of the catalogue."""

from __future__ import annotations

from procedures.views.decisions import changes_page, decision_list, decision_page
from procedures.views.lists import agency_index, agency_page, event_index, event_page, field_index, field_page, procedure_list
from procedures.views.machines import opensearch, robots, sitemap
from procedures.views.mistakes import report_mistake
from procedures.views.procedure import procedure_page
from procedures.views.searching import search_page, suggestions

__all__ = [
    "agency_index",
    "agency_page",
    "changes_page",
    "decision_list",
    "decision_page",
    "event_index",
    "event_page",
    "field_index",
    "field_page",
    "opensearch",
    "procedure_list",
    "procedure_page",
    "report_mistake",
    "robots",
    "search_page",
    "sitemap",
    "suggestions",
]
