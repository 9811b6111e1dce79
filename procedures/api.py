"""The machine's door to the catalogue of procedures (C-18): list, search, one procedure as it holds on a day."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from ninja import Router, Schema
from ninja.params import Query
from pydantic import Field

from portal.api_support import (
    API_ROOT,
    MAX_PAGE,
    ApiError,
    Cursor,
    Day,
    Moment,
    Text,
    decode_cursor,
    decode_moment,
    encode_cursor,
    encode_moment,
    errors,
    public_answer,
)  # fmt: skip
from portal.search import MAX_QUESTION
from procedures import queries
from procedures.models import Level, ProcedureVersion, Subject
from procedures.search import current_engine, version_ids
from procedures.services import snapshot

router = Router(tags=["procedures"])


class ProcedureLine(Schema):
    """A procedure in a list."""

    code: str
    name: str
    field: str
    field_code: str
    levels: list[str]
    subjects: list[str]
    issuing_agency: str
    executing_agency: str
    online: bool
    effective_from: dt.date
    decision_number: str


class ProcedurePage(Schema):
    """One page of a list; ``next`` is the cursor of the next page, null on the last."""

    items: list[ProcedureLine]
    next: str | None


class ChangeLine(Schema):
    """A procedure that was written since the moment asked about."""

    code: str
    updated_at: dt.datetime
    state: str
    """``in_force``, ``replaced`` (see ``replaced_by``) or ``ended``: today nothing stands behind the code."""
    replaced_by: str | None


class ChangePage(Schema):
    """One page of changes, oldest first; ``next`` is the cursor of the next page, null on the last."""

    items: list[ChangeLine]
    next: str | None


class Fee(Schema):
    """One fee line; ``amount`` null: set elsewhere, the condition says by whom."""

    kind: str
    name: str
    amount: int | None
    currency: str
    currency_amount: Decimal | None
    per: str
    condition: str
    exemption: str


class Limit(Schema):
    """One time limit of a channel with its fees; ``text`` where the source gives only words."""

    amount: str | None
    unit: str
    text: str
    fees: list[Fee]


class ChannelOut(Schema):
    """One way of filing."""

    kind: str
    note: str
    limits: list[Limit]


class DocumentOut(Schema):
    """One required document."""

    case: str
    mode: str
    name: str
    note: str
    originals: int
    copies: int
    required: bool
    paper_kind: str
    replaced_by_result: str
    form: str


class StepOut(Schema):
    """One step."""

    case: str
    title: str
    text: str


class ResultOut(Schema):
    """What one gets."""

    code: str
    name: str


class LegalBasisOut(Schema):
    """One legal text."""

    number: str
    title: str
    issued_on: dt.date | None


class ProcedureOut(ProcedureLine):
    """A procedure whole, as it holds on the day asked for."""

    effective_to: dt.date | None
    summary: str
    who: str
    conditions: str
    deadline_to_ask: str
    dossier_sets: int
    competent_agency: str
    authorised_agency: str
    coordinating_agency: str
    anywhere: str
    """How far from the competent agency it may be handed in: ``province``, ``country``, or empty."""
    related: list[str]
    interlinked: list[str]
    text_only: list[str]
    raw_parts: dict[str, str]
    missing: list[str]
    english: dict[str, Any]
    steps: list[StepOut]
    channels: list[ChannelOut]
    documents: list[DocumentOut]
    results: list[ResultOut]
    legal_bases: list[LegalBasisOut]
    source: str
    checked_on: dt.date


class VersionLine(Schema):
    """One version: from which day to the day before which it holds."""

    effective_from: dt.date
    effective_to: dt.date | None
    decision_number: str
    name: str


def _line(version: ProcedureVersion, *, online: bool) -> dict[str, Any]:
    names = ("name", "field", "field_code", "levels", "subjects", "issuing_agency", "executing_agency", "effective_from", "decision_number")
    return {"code": version.procedure.code, "online": online, **{name: getattr(version, name) for name in names}}


@router.get("", response=ProcedurePage, summary="Procedures in force, searched or narrowed", openapi_extra=errors("bad_cursor"))
@public_answer
def list_procedures(
    request: HttpRequest,
    q: Annotated[Text, Field(max_length=MAX_QUESTION, description="words, with or without diacritics; best first")] = "",
    field: Annotated[Text, Field(max_length=40, description="code of a field")] = "",
    agency: Annotated[Text, Field(max_length=40, description="code of an agency that issues or executes")] = "",
    level: Annotated[Level | Literal[""], Field(description="level of the agency that takes it")] = "",
    subject: Annotated[Subject | Literal[""], Field(description="who may ask for it")] = "",
    limit: int = Query(50, ge=1, le=MAX_PAGE),
    cursor: Cursor = "",
) -> dict[str, Any]:
    """Without ``q`` in the order of codes, each page one query from the cursor on; with ``q`` best first."""
    day = timezone.localdate()
    rows: QuerySet[ProcedureVersion] = queries.in_given_order(version_ids(current_engine().find(q)), day) if q else queries.in_force(day)
    if field:
        rows = rows.filter(field_code=field)
    if agency:
        rows = rows.filter(pk__in=queries.of_agency(agency, day).order_by().values("pk"))
    rows = queries.narrowed(rows, subject=subject, level=level)
    if q:
        [after] = decode_cursor(cursor, 1) if cursor else ["0"]
        if not after.isdecimal() or len(after) > 6:
            raise ApiError("bad_cursor")
        start = int(after)
        found = list(rows[start : start + limit + 1])
        following = encode_cursor(str(start + limit))
    else:
        [after] = decode_cursor(cursor, 1) if cursor else [""]
        found = list(rows.filter(procedure__code__gt=after).order_by("procedure__code")[: limit + 1])
        following = encode_cursor(found[limit - 1].procedure.code) if len(found) > limit else ""
    return {
        "items": [_line(version, online=bool(getattr(version, "online", False))) for version in found[:limit]],
        "next": following if len(found) > limit else None,
    }


@router.get("/changes", response=ChangePage, summary="Procedures written since a moment", openapi_extra=errors("bad_cursor"))
@public_answer
def list_changes(
    request: HttpRequest, updated_since: Moment, limit: int = Query(100, ge=1, le=MAX_PAGE), cursor: Cursor = ""
) -> dict[str, Any]:
    """Every procedure of which anything was written since then, ended ones too, oldest change first; read each by its code.

    Ask again from a minute before the newest ``updated_at`` you have: a change is dated when written and seen when its
    transaction ends.
    """
    after = decode_moment(cursor) if cursor else None
    found = list(queries.changed_since(updated_since, timezone.localdate(), after=after)[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return {
        "items": [
            {
                "code": row.code,
                "updated_at": row.updated_at,
                "state": "replaced" if row.replaced_by else "in_force" if row.is_in_force else "ended",
                "replaced_by": row.replaced_by.code if row.replaced_by else None,
            }
            for row in found[:limit]
        ],
        "next": encode_moment(last.updated_at, last.pk) if last else None,
    }


@router.get("/snapshot", summary="Everything in force, whole, as compressed JSON Lines", response={200: None, 304: None})
def read_snapshot(request: HttpRequest) -> HttpResponseBase:
    """``application/gzip``: one record a line, by code. ``If-None-Match`` with the ``ETag`` of the last one: 304 while nothing
    was written since. ``X-Snapshot-At`` is the moment from which ``/changes`` goes on.
    """
    now = timezone.now()
    day = timezone.localdate(now)
    etag = f'W/"{snapshot.mark(day)}"'
    held = get_conditional_response(request, etag=etag)
    if held is not None:
        return held
    response = StreamingHttpResponse(snapshot.packed(snapshot.in_lines(day)), content_type="application/gzip")
    response["ETag"] = etag
    response["X-Snapshot-At"] = now.isoformat(timespec="seconds")
    response["Cache-Control"] = "public, max-age=60"
    response["Content-Disposition"] = f'attachment; filename="procedures-{day:%Y%m%d}.jsonl.gz"'
    return response


@router.get("/{code}/versions", response=list[VersionLine], summary="Every version of a procedure", openapi_extra=errors("not_found"))
@public_answer
def list_versions(request: HttpRequest, code: Text) -> list[dict[str, Any]]:
    """Newest first; read each by its code and a day within its period."""
    names = ("effective_from", "effective_to", "decision_number", "name")
    found = list(queries.periods(code).values(*names)) if len(code) <= 40 else []
    if not found:
        raise ApiError("not_found", "No procedure with this code is known.")
    return found


@router.get("/{code}", response=ProcedureOut, summary="One procedure as it holds on a day", openapi_extra=errors("not_found", "replaced"))
@public_answer
def read_procedure(request: HttpRequest, code: Text, on: Day | None = None) -> dict[str, Any]:
    """404 ``not_found`` where the code is unknown or not in force on that day; 410 ``replaced`` names the successor."""
    version = queries.procedure_on(code, on or timezone.localdate()) if len(code) <= 40 else None
    if version is None:
        heir = queries.successor(code) if len(code) <= 40 else None
        if heir:
            raise ApiError("replaced", detail=f"{API_ROOT}procedures/{heir}")
        raise ApiError("not_found", "No procedure with this code is in force on that day.")
    names = (
        "effective_to", "summary", "who", "conditions", "deadline_to_ask", "dossier_sets", "competent_agency", "authorised_agency",
        "coordinating_agency", "anywhere", "related", "interlinked", "text_only", "raw_parts", "missing", "english", "source",
        "checked_on",
    )  # fmt: skip
    channels = [
        {
            "kind": channel.kind,
            "note": channel.note,
            "limits": [
                {
                    "amount": None if limit.amount is None else f"{limit.amount.normalize():f}",
                    "unit": limit.unit,
                    "text": limit.text,
                    "fees": [_values(fee, Fee) for fee in limit.fees.all()],
                }
                for limit in channel.limits.all()
            ],
        }
        for channel in version.channels.all()
    ]
    return {
        **_line(version, online=any(not one.is_closed for one in version.online_services.all())),
        **{name: getattr(version, name) for name in names},
        "channels": channels,
        "steps": [_values(step, StepOut) for step in version.steps.all()],
        "documents": [_values(document, DocumentOut) for document in version.documents.all()],
        "results": [_values(result, ResultOut) for result in version.results.all()],
        "legal_bases": [_values(basis, LegalBasisOut) for basis in version.legal_bases.all()],
    }


def _values(row: Any, schema: type[Schema]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in schema.model_fields}
