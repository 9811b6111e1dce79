"""Counting the queries of a page, without the one that goes by the clock."""

from __future__ import annotations

from django.test.utils import CaptureQueriesContext as _CaptureQueriesContext


class CaptureQueriesContext(_CaptureQueriesContext):
    """Django's, without the look at what has changed: a process takes one every half second, whatever page comes by just then."""

    @property
    def captured_queries(self) -> list[dict[str, str]]:
        """The queries of the block that the page itself asked for."""
        return [query for query in super().captured_queries if "FROM caching_change GROUP BY room" not in query["sql"]]
