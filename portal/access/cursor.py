"""Long lists of the desk by cursor: the next page begins after the last row seen, however far down; nothing is counted to the end."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.http import HttpRequest

AFTER, BEFORE = "sau", "truoc"
"""In the address: the row after which, or before which, the page lies."""
COUNTED = 1000
"""Rows are counted so far; then it says "more than"."""


def bounded(found: QuerySet[Any]) -> list[Any]:
    """Ids of what a search finds, at most :data:`COUNTED` and one: by the indexes of what is searched for, whatever the planner expects.

    It takes a rare word for one of fifty, and then walks through the list in its order until enough have turned up, which they never do.
    What is common is left to it: there the walk is short.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off")
        ids = list(found.order_by().values_list("pk", flat=True)[: COUNTED + 1])
        cursor.execute("SET LOCAL enable_seqscan = on; SET LOCAL enable_indexscan = on; SET LOCAL enable_indexonlyscan = on")
    return ids


class CursorChangeList(ChangeList):
    """A list ordered by one key that is never null, then by the row's id in the same direction."""

    by_cursor = True

    def get_filters_params(self, params: Any = None) -> Any:
        """The place in the list is no filter."""
        found = super().get_filters_params(params)
        for name in (AFTER, BEFORE):
            found.pop(name, None)
        return found

    def get_results(self, request: HttpRequest) -> None:
        """One page and the links to its neighbours: one query for the rows, one that counts to :data:`COUNTED`."""
        first, descending = self._key()
        rows: QuerySet[Any] = self.queryset.annotate(cursor_key=first)
        if self.query:
            matches = bounded(self.queryset)
            counted = len(matches)
            if counted <= COUNTED:
                rows = self.root_queryset.filter(pk__in=matches).annotate(cursor_key=first)
        else:
            counted = self.queryset.order_by()[: COUNTED + 1].count()
        backwards = BEFORE in request.GET
        token = request.GET.get(BEFORE if backwards else AFTER, "")
        if token:
            rows = rows.filter(self._beyond(rows, token, ascending=descending == backwards))
        sign = "-" if descending != backwards else ""
        found = list(rows.order_by(f"{sign}cursor_key", f"{sign}pk")[: self.list_per_page + 1])
        more, found = len(found) > self.list_per_page, found[: self.list_per_page]
        if backwards:
            found.reverse()
        self.result_list, self.result_count = found, min(counted, COUNTED)  # type: ignore[assignment]  # a list serves as well
        self.is_counted = counted <= COUNTED
        self.next_url = self._link(AFTER, found[-1]) if found and (more or backwards) else ""
        self.previous_url = self._link(BEFORE, found[0]) if found and (more if backwards else bool(token)) else ""
        self.first_url = self.get_query_string(remove=[AFTER, BEFORE, PAGE_VAR]) if token else ""
        self.show_full_result_count, self.full_result_count = False, None  # type: ignore[assignment]
        self.show_admin_actions, self.can_show_all, self.multi_page = True, False, False

    def _key(self) -> tuple[Any, bool]:
        """What the list is ordered by first, and whether the greatest stands on top."""
        ordering: Any = self.queryset.query.order_by[0]
        if isinstance(ordering, str):
            return F(ordering.removeprefix("-")), ordering.startswith("-")
        if isinstance(ordering, OrderBy):
            return ordering.expression, ordering.descending
        return ordering, False

    def _link(self, name: str, row: Any) -> str:
        text = json.dumps([row.cursor_key, str(row.pk)], cls=DjangoJSONEncoder)
        # The encoder rounds a time to milliseconds; a place in a list must be exact.
        if hasattr(row.cursor_key, "isoformat"):
            text = json.dumps([row.cursor_key.isoformat(), str(row.pk)])
        token = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        return self.get_query_string({name: token}, remove=[AFTER if name == BEFORE else BEFORE, PAGE_VAR])

    def _beyond(self, rows: QuerySet[Any], token: str, *, ascending: bool) -> Q:
        """The condition on what lies beyond a row; ``IncorrectLookupParameters`` for a token that is none."""
        try:
            key, pk = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
            key = rows.query.annotations["cursor_key"].output_field.to_python(key)
            pk = self.model._meta.pk.to_python(pk)
        except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error, ValidationError) as error:
            raise IncorrectLookupParameters(error) from error
        if key is None or pk is None:
            raise IncorrectLookupParameters
        side = "gt" if ascending else "lt"
        # The first half is for the index, which knows nothing of "or".
        return Q(**{f"cursor_key__{side}e": key}) & (Q(**{f"cursor_key__{side}": key}) | Q(**{f"pk__{side}": pk}))
