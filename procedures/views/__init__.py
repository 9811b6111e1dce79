"""Pages of the catalogue."""

from __future__ import annotations

from procedures.views.centres import centres
from procedures.views.consulting import consultation_list, consultation_page
from procedures.views.decisions import changes_page, decision_list, decision_page
from procedures.views.lists import agency_index, agency_page, event_index, event_page, field_index, field_page, procedure_list
from procedures.views.machines import opensearch, robots, sitemap
from procedures.views.mistakes import report_mistake
from procedures.views.posting import embedded, posting
from procedures.views.procedure import procedure_page
from procedures.views.registers import quality_page, service_register
from procedures.views.searching import search_page, suggestions

__all__ = [
    "agency_index",
    "agency_page",
    "centres",
    "changes_page",
    "consultation_list",
    "consultation_page",
    "decision_list",
    "decision_page",
    "embedded",
    "event_index",
    "event_page",
    "field_index",
    "field_page",
    "opensearch",
    "posting",
    "procedure_list",
    "procedure_page",
    "quality_page",
    "report_mistake",
    "robots",
    "search_page",
    "service_register",
    "sitemap",
    "suggestions",
]
