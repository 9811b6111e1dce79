"""What every room's machine door shares: errors as RFC 9457, cursors, validators. Rooms write routers; ``portal.api`` mounts them.

An answer is for who asked and for nobody else (``no-store``) unless its route says ``@public_answer``.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from http.client import responses
from typing import Annotated, Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import http_date
from ninja import NinjaAPI, Schema
from ninja.decorators import decorate_view
from ninja.errors import HttpError, ValidationError
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints

MAX_PAGE = 200
API_ROOT = "/api/v1/"
PROBLEM_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Code:
    """A stable code of an error: its status, what it says to machines' authors in English and on the page of the API in Vietnamese."""

    status: int
    title: str
    words: str


CODES = {
    "bad_request": Code(400, "The request cannot be read.", "Yêu cầu không đọc được: sai tên máy chủ, sai cách viết."),
    "unauthorized": Code(
        401,
        "The name and password, or the session, are not known.",
        "Tên, mật khẩu hoặc phiên không đúng, đã hết hạn, hoặc hệ thống đang bị tạm ngừng kết nối.",
    ),
    "forbidden": Code(403, "Your system may not call this.", "Hệ thống của bạn chưa được cấp quyền gọi địa chỉ này."),
    "not_found": Code(404, "There is nothing at this address.", "Không có gì ở địa chỉ này, hoặc không còn hiệu lực vào ngày được hỏi."),
    "method_not_allowed": Code(
        405, "This address does not know the method.", "Địa chỉ này không nhận phương thức đó; phương thức được nhận ghi ở Allow."
    ),
    "not_acceptable": Code(406, "The answer is JSON, which Accept does not take.", "Cổng chỉ trả lời bằng JSON; Accept không nhận JSON."),
    "closed": Code(
        409,
        "It was answered before, or is open no more.",
        "Đã được trả lời rồi, hoặc không còn mở.",
    ),
    "replaced": Code(410, "This code was replaced.", "Mã đã được thay; chi tiết lỗi là địa chỉ mới."),
    "too_large": Code(413, "The request is larger than this address takes.", "Yêu cầu lớn hơn mức cho phép; hãy chia nhỏ rồi gửi lại."),
    "invalid_request": Code(
        422, "The request does not fit the description of this operation.", "Tham số không đúng kiểu; danh sách lỗi theo từng tham số."
    ),
    "bad_cursor": Code(422, "The cursor was not made by this API.", "Con trỏ trang không do API này tạo ra."),
    "key_used": Code(
        422,
        "Another request came under this Idempotency-Key before.",
        "Idempotency-Key này đã dùng cho một yêu cầu khác; mỗi yêu cầu dùng một khóa riêng.",
    ),
    "envelope": Code(
        422,
        "The envelope is not taken; the detail begins with the reason's own word.",
        "Phong bì (JWE/JWS) không nhận được; chi tiết bắt đầu bằng một từ chỉ lý do.",
    ),
    "too_many_requests": Code(
        429, "Too many requests; Retry-After says how long to wait.", "Quá nhiều yêu cầu; chờ số giây ghi ở Retry-After rồi gửi lại."
    ),
    "server_error": Code(500, "Something is broken here; it was noted.", "Cổng gặp sự cố; sự cố đã được ghi lại."),
    "unavailable": Code(
        503,
        "The portal does not answer for now; Retry-After says how long to wait.",
        "Cổng chưa trả lời được; chờ số giây ghi ở Retry-After.",
    ),
}
"""Every error that leaves the API."""
EVERYWHERE = ("bad_request", "method_not_allowed", "not_acceptable", "invalid_request", "too_many_requests", "server_error", "unavailable")
"""Errors that any operation may answer with."""

Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
"""Text that a database can hold: PostgreSQL knows no NUL."""
Cursor = Annotated[str, Field(json_schema_extra={"format": "cursor"}, description="`next` of the page before")]
"""Where a page begins: empty, or what :func:`encode_cursor` made for the page before; :func:`decode_cursor` refuses all else."""
MAX_CURSOR = 400

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


def _written_as(form: re.Pattern[str], example: str) -> BeforeValidator:
    def check(value: Any) -> Any:
        if isinstance(value, str) and not form.fullmatch(value):
            raise ValueError(f"write it as {example}")
        return value

    return BeforeValidator(check)


Day = Annotated[dt.date, _written_as(_DAY, "2026-11-20")]
"""A day as RFC 3339 writes it: pydantic alone would take a number of seconds too."""


_FIRST, _LAST = dt.datetime.min.replace(tzinfo=dt.UTC), dt.datetime.max.replace(tzinfo=dt.UTC)


def _in_utc(moment: dt.datetime) -> dt.datetime:
    """PostgreSQL knows no zone further away than 16 hours, RFC 3339 writes any up to 24; what lies beyond all years is their end."""
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError:
        return _FIRST if moment.year == 1 else _LAST


Moment = Annotated[AwareDatetime, _written_as(_MOMENT, "2026-11-20T00:00:00+07:00"), AfterValidator(_in_utc)]
"""A moment as RFC 3339 writes it, with its time zone; in UTC."""


class Problem(Schema):
    """An error as RFC 9457 tells it; ``code`` is stable, the texts are for people and may change."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    errors: list[dict[str, Any]] = []


class ApiError(Exception):
    """An error that a client can do something about. ``code``: one of ``CODES``; ``title`` where more can be said than its own;
    ``retry_after``: seconds to wait."""

    def __init__(self, code: str, title: str = "", detail: str = "", *, retry_after: int = 0) -> None:
        super().__init__(code)
        self.code, self.title, self.detail, self.retry_after = code, title, detail, retry_after


def only(request: HttpRequest, *names: str) -> None:
    """Refuse parameters that an operation does not know: whoever misspells one would take figures of something else for what was asked."""
    unknown = sorted(set(request.GET) - set(names))
    if unknown:
        told = ", ".join(f"`{name[:40]}`" for name in unknown[:5])
        known = ", ".join(f"`{name}`" for name in names)
        raise ApiError("invalid_request", detail=f"Not a parameter of this operation: {told}. It knows {known}.")


def problem(code: str, title: str = "", detail: str = "", errors: list[dict[str, Any]] | None = None) -> HttpResponse:
    """The answer for an error, ``code`` being one of ``CODES``."""
    known = CODES[code]
    body = {"type": f"{API_ROOT}docs#{code}", "title": title or known.title, "status": known.status, "code": code}
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = errors
    response = HttpResponse(json.dumps(body, ensure_ascii=False), status=known.status, content_type=PROBLEM_TYPE)
    if known.status == 401:
        response["WWW-Authenticate"] = 'Basic realm="api", charset="UTF-8", Bearer'
    patch_cache_control(response, no_store=True)
    return response


def is_api(request: HttpRequest) -> bool:
    """Whether a machine asks: what fails before or outside an operation is told to it as a problem document too."""
    return request.path.startswith(API_ROOT) and request.path != f"{API_ROOT}docs"


def errors(*codes: str) -> dict[str, Any]:
    """For ``openapi_extra`` of an operation: the errors it answers with beside those that any operation may (``EVERYWHERE``)."""
    return {"responses": _described(codes)}


def _described(codes: tuple[str, ...]) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(CODES[code].status, []).append(code)
    return {
        str(status): {
            "description": f"{responses[status]}. " + " ".join(f"`{code}`: {CODES[code].title}" for code in found),
            "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, found in by_status.items()
    }


def _publicly(run: Callable[..., HttpResponse], *, max_age: int = 60) -> Callable[..., HttpResponse]:
    @wraps(run)
    def wrapped(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        response = run(request, **kwargs)
        if response.status_code != 200:
            return response
        patch_cache_control(response, public=True, max_age=max_age)
        response["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        return get_conditional_response(request, etag=response["ETag"], response=response) or response

    return wrapped


public_answer = decorate_view(_publicly)
"""Below ``@router.get``: anybody may read the answer and any cache keep it for a minute; 304 where the client has it."""
fresh_answer = decorate_view(partial(_publicly, max_age=2))
"""The same for what must be seen within seconds."""


@dataclass(frozen=True)
class Deprecation:
    """An operation that will go: since when nobody should begin with it, when it is there no more, what to call instead."""

    since: dt.datetime
    sunset: dt.datetime
    instead: str

    def mark(self, response: HttpResponse) -> None:
        """RFC 9745 and RFC 8594, on every answer of the operation."""
        response["Deprecation"] = f"@{int(self.since.timestamp())}"
        response["Sunset"] = http_date(self.sunset.timestamp())
        response["Link"] = f'<{self.instead}>; rel="successor-version"'


class PortalAPI(NinjaAPI):
    """Ninja with our errors, for every way in which a request can fail, and with nothing kept that was not said to be public."""

    deprecations: Mapping[tuple[str, str], Deprecation] = {}
    """By method and path as the description writes it (``GET``, ``/api/v1/things/{code}``); whoever mounts the API fills it from data."""

    @property
    def urls(self) -> tuple[list[Any], str, str]:
        """The addresses, each guarded."""
        patterns, app, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                view = _publicly(pattern.callback) if pattern.name == "openapi-json" else pattern.callback
                pattern.callback = _guarded(view, self)
        return patterns, app, namespace

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        """The description, with the errors of every operation and the 304 of those that have an ETag."""
        schema = super().get_openapi_schema(**kwargs)
        problems = Problem.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
        schema["components"]["schemas"]["Problem"] = problems
        for path, methods in schema["paths"].items():
            for method, operation in methods.items():
                if (method.upper(), path) in self.deprecations:
                    operation["deprecated"] = True
                for parameter in operation["parameters"]:
                    _sayable(parameter["schema"])
                said = operation["responses"] = {str(status): answer for status, answer in operation["responses"].items()}
                own = [code for code in CODES if f"`{code}`" in "".join(answer["description"] for answer in said.values())]
                for status, told in _described(tuple(dict.fromkeys((*EVERYWHERE, *own)))).items():
                    # An operation whose protocol has errors of its own says so itself; ours may come beside them.
                    others = said.get(status, {}).get("content", {})
                    if others and PROBLEM_TYPE not in others:
                        said[status] = {**said[status], "content": {**others, **told["content"]}}
                    else:
                        said[status] = told
                said["304"] = {"description": "Not Modified: what If-None-Match names is still what there is."}
                operation["responses"] = dict(sorted(said.items()))
        return schema


def _sayable(schema: dict[str, Any]) -> None:
    """An address says a value or leaves it out; it cannot say null."""
    kinds = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(kinds) == 1:
        del schema["anyOf"]
        schema |= kinds[0]
    if schema.get("default", ...) is None:
        del schema["default"]


def _described_path(request: HttpRequest) -> str:
    """The path of a request as the description writes it."""
    route = request.resolver_match.route if request.resolver_match else ""
    return "/" + re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", route)


def _guarded(view: Callable[..., HttpResponse], api: PortalAPI) -> Callable[..., HttpResponse]:
    """What no operation sees: a method that it does not know, an answer that the client would not take. HEAD is GET without the body."""

    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if request.method == "HEAD":
            request.method = "GET"
        if request.method == "GET" and not (request.accepts("application/json") or request.accepts(PROBLEM_TYPE)):
            return problem("not_acceptable")
        response = view(request, **kwargs)
        if response.status_code == 405:
            allowed = sorted({*response["Allow"].replace(" ", "").split(","), "HEAD"})
            response = problem("method_not_allowed")
            response["Allow"] = ", ".join(allowed)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, no_store=True)
        if api.deprecations and (leaving := api.deprecations.get((request.method or "", _described_path(request)))):
            leaving.mark(response)
        return response

    guarded.csrf_exempt = True  # type: ignore[attr-defined]
    return guarded


def install_error_handlers(api: NinjaAPI) -> None:
    """Every error of the API leaves as a problem document; an unexpected one is ``portal.home.views.server_error``'s, logged."""

    @api.exception_handler(ApiError)
    def _known(request: HttpRequest, error: ApiError) -> HttpResponse:
        answer = problem(error.code, error.title, error.detail)
        if error.retry_after:
            answer["Retry-After"] = str(error.retry_after)
        return answer

    @api.exception_handler(ValidationError)
    def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        fields = [{"field": ".".join(str(part) for part in one["loc"]), "message": one["msg"]} for one in error.errors]
        return problem("invalid_request", errors=fields)

    @api.exception_handler(HttpError)
    def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
        code = next((code for code, known in CODES.items() if known.status == error.status_code), "bad_request")
        return problem(code, detail=str(error))

    @api.exception_handler(Http404)
    @api.exception_handler(ObjectDoesNotExist)
    def _missing(request: HttpRequest, error: Exception) -> HttpResponse:
        return problem("not_found")


def encode_cursor(*parts: str) -> str:
    """The place after the last row of a page, opaque to clients."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def decode_cursor(text: str, length: int) -> list[str]:
    """The parts of a cursor we made. :class:`ApiError` ``bad_cursor`` for anything else."""
    try:
        if len(text) > MAX_CURSOR:
            raise ValueError
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(parts, list) or len(parts) != length or not all(isinstance(part, str) and "\x00" not in part for part in parts):
            raise ValueError
    except (ValueError, binascii.Error, RecursionError):
        raise ApiError("bad_cursor") from None
    return parts


def encode_moment(moment: dt.datetime, key: int) -> str:
    """The place after a row of a list of changes."""
    return encode_cursor(moment.isoformat(), str(key))


def decode_moment(text: str) -> tuple[dt.datetime, int]:
    """Moment and key of a cursor of :func:`encode_moment`. :class:`ApiError` ``bad_cursor`` for anything else."""
    moment, key = decode_cursor(text, 2)
    try:
        at, number = dt.datetime.fromisoformat(moment), int(key)
        if at.tzinfo is None or not 0 < number < 2**63:
            raise ValueError
    except ValueError:
        raise ApiError("bad_cursor") from None
    return _in_utc(at), number
