"""What every room's machine door shares: errors as RFC 9457, cursors, validators. Rooms write routers; ``portal.api`` mounts them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError

MAX_PAGE = 200


class Problem(Schema):
    """An error as RFC 9457 tells it; ``code`` is stable, the texts are for people and may change."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    errors: list[dict[str, Any]] = []


class ApiError(Exception):
    """An error that a client can do something about."""

    def __init__(self, status: int, code: str, title: str, detail: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.title, self.detail = status, code, title, detail


def problem(status: int, code: str, title: str, detail: str = "", errors: list[dict[str, Any]] | None = None) -> HttpResponse:
    """The answer for an error."""
    body = {"type": f"/api/v1/docs#{code}", "title": title, "status": status, "code": code}
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = errors
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type="application/problem+json")


class PortalAPI(NinjaAPI):
    """Ninja with our errors, and with validators on what anybody may read."""

    def create_response(self, request: HttpRequest, data: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Add a strong ETag and shared caching to successful reads; answer 304 where the client has it already."""
        response = super().create_response(request, data, *args, **kwargs)
        if request.method in ("GET", "HEAD") and response.status_code == 200:
            patch_cache_control(response, public=True, max_age=60)
            response["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
            return get_conditional_response(request, etag=response["ETag"], response=response) or response
        return response


def install_error_handlers(api: NinjaAPI) -> None:
    """Every error of the API leaves as a problem document; an unexpected one is Django's 500, logged."""

    @api.exception_handler(ApiError)
    def _known(request: HttpRequest, error: ApiError) -> HttpResponse:
        return problem(error.status, error.code, error.title, error.detail)

    @api.exception_handler(ValidationError)
    def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        fields = [{"field": ".".join(str(part) for part in one["loc"]), "message": one["msg"]} for one in error.errors]
        return problem(422, "invalid_request", "The request does not fit the description of this operation.", errors=fields)

    @api.exception_handler(HttpError)
    def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
        return problem(error.status_code, f"http_{error.status_code}", str(error))

    @api.exception_handler(Http404)
    @api.exception_handler(ObjectDoesNotExist)
    def _missing(request: HttpRequest, error: Exception) -> HttpResponse:
        return problem(404, "not_found", "There is nothing at this address.")


def encode_cursor(*parts: str) -> str:
    """The place after the last row of a page, opaque to clients."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def decode_cursor(text: str, length: int) -> list[str]:
    """The parts of a cursor we made. :class:`ApiError` ``bad_cursor`` for anything else."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(parts, list) or len(parts) != length or not all(isinstance(part, str) and "\x00" not in part for part in parts):
            raise ValueError
    except (ValueError, binascii.Error, RecursionError):
        raise ApiError(422, "bad_cursor", "The cursor was not made by this API.") from None
    return parts
