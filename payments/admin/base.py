"""What the desk's pages about money share: the door. Pages and acts are the house's (``portal.access.desk``)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from payments.access import OPERATE, OVERSEE, READ, may_see, seen_by
from payments.models import Institution
from portal.access import actor_of, may
from portal.access.desk import (
    DeskModelAdmin,
    Facts,
    Page,
    PlainForm,
    ReasonForm,
    Rows,
    Way,
    moment,
    seen_version,
    state_cell,
    two_lines,
)
from portal.catalogues.queries import agency_label

__all__ = [
    "Facts",
    "MoneyModelAdmin",
    "Page",
    "PlainForm",
    "ReasonForm",
    "Rows",
    "Way",
    "agency_label",
    "institution_name",
    "moment",
    "seen_version",
    "state_cell",
    "two_lines",
]


class MoneyModelAdmin(DeskModelAdmin):
    """Rows that an agency's accountants, an institution's operators and VPCP see, each their own (``payments.access``)."""

    unit_column = "payee_unit"
    institution_column = "institution_id"
    """Columns with the codes; empty where the model has none."""
    field_names: ClassVar[dict[str, str]] = {"files": "file_base"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The door. Ordered by the list itself."""
        return seen_by(
            actor_of(request), self.model._default_manager.all(), unit=self.unit_column, institution=self.institution_column
        ).order_by(*self.get_ordering(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return (
            may(actor, OVERSEE)
            or (bool(self.unit_column) and may(actor, READ, actor.unit))
            or (bool(self.institution_column) and may(actor, OPERATE, actor.unit))
        )

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        if obj is None:
            return self.has_module_permission(request)
        unit = getattr(obj, self.unit_column) if self.unit_column else ""
        institution = getattr(obj, self.institution_column) if self.institution_column else ""
        return may_see(actor_of(request), unit=unit or "", institution=institution or "")


def institution_name(code: str) -> str:
    """What people call an institution (one query); the code where it is not known here, a dash for none."""
    return Institution.objects.filter(pk=code).values_list("short_name", flat=True).first() or code or "–"
