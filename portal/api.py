"""The API: rooms bring their routers, one description of all of them, one page to read it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dossiers.exchange.api import router as dossiers
from helpdesk.api import router as support
from payments.api import router as payments
from portal.api_support import CODES, PortalAPI, install_error_handlers
from portal.caching import public_page
from portal.catalogues.api import router as catalogues
from portal.exchange.developers.changes import deprecations
from portal.exchange.messages.api import router as messages
from portal.exchange.partners.api import router as oauth
from procedures.api import router as procedures
from ratings.api import router as statistics
from ratings.api import steering_router as steering
from ratings.opendata.api import router as open_data
from ratings.outside import router as opinions
from ratings.score.api import router as scores

api = PortalAPI(
    title="Cổng Dịch vụ công Quốc gia",
    version="1",
    description="Procedures, shared catalogues, statistics, scores, open data. Errors are RFC 9457 problem documents with stable codes;"
    " reads carry an ETag.",
    docs_url=None,
    urls_namespace="api",
)
api.deprecations = deprecations()
install_error_handlers(api)
api.add_router("/procedures", procedures)
api.add_router("/catalogues", catalogues)
api.add_router("/dossiers", dossiers)
api.add_router("/opinions", opinions)
api.add_router("/support", support)
api.add_router("/payments", payments)
api.add_router("/statistics", statistics)
api.add_router("/steering", steering)
api.add_router("/oauth", oauth)
api.add_router("/messages", messages)
api.add_router("/scores", scores)
api.add_router("/open-data", open_data)


@public_page(max_age=300, rooms=())
def docs(request: HttpRequest) -> HttpResponse:
    """The description as a page, made from the same OpenAPI document that machines read."""
    schema: dict[str, Any] = api.get_openapi_schema()
    operations = [
        {"method": method.upper(), "path": path, **operation}
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    return render(request, "api/docs.html", {"schema": schema, "operations": operations, "codes": CODES.items()})
