"""The modern door of the register: up to 1,000 rows a call, answered row by row."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import Header, Query, Router, Schema
from pydantic import Field

from dossiers.exchange import elsewhere, intake
from dossiers.exchange.reading import MODERN, STEP, read_modern, read_modern_step
from dossiers.handled import files
from portal.api_support import ApiError, Text, errors
from portal.exchange.partners import services
from portal.exchange.partners.doors import partner_auth
from portal.exchange.partners.models import Call, Partner
from portal.files.errors import FileRefused
from portal.files.models import FileState
from portal.files.responses import send_file
from portal.limits import take

router = Router(tags=["dossiers"])
PER_CODE, PER_SYSTEM = 10, 3600
"""Questions about one code, and of one system about all, an hour."""


def _described(about: dict[str, str]) -> str:
    return "; ".join(f"`{name}`: {words}" for name, words in about.items())


class Batch(Schema):
    """What one call reports."""

    rows: Annotated[
        list[dict[str, Any]],
        Field(
            max_length=intake.MOST_ROWS,
            description=f"Dossiers; empty where there are only steps. Fields (others are refused): {_described(MODERN)}",
        ),
    ]
    steps: Annotated[
        list[dict[str, Any]],
        Field(max_length=intake.MOST_ROWS, description=f"Steps, also of dossiers that come later. Fields: {_described(STEP)}"),
    ] = []


class ProblemOut(Schema):
    """Why a row was refused."""

    field: str
    code: str
    words: str


class RowOut(Schema):
    """What became of a row: ``new``, ``changed``, ``same``, ``older`` (something later is known), ``taken`` (a step), ``refused``."""

    code: str
    outcome: str
    problems: list[ProblemOut]


class BatchOut(Schema):
    """The answers in the order of what was sent. What is answered is kept for good."""

    rows: list[RowOut]
    steps: list[RowOut]
    counts: dict[str, int]
    """By outcome."""


ResultTitle = Annotated[Text, Query(min_length=1, max_length=200)]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        pattern=r"^[\x21-\x7e]*$",
        description="Chosen by you for this request: sent again within 24 hours, the first answer is given again.",
    ),
]


@router.post(
    "/batch",
    response=BatchOut,
    auth=partner_auth,
    summary="Report dossiers and steps of one's own systems",
    openapi_extra=errors("unauthorized", "forbidden", "too_large", "key_used"),
)
def take_batch(request: HttpRequest, batch: Batch, idempotency_key: IdempotencyKey = "") -> Any:
    """Good rows go in while bad ones are answered with their reasons; at most 1,000 rows and steps together. Everything is one
    transaction: an answer means that it is kept, no answer means that it may be sent again and nothing happens twice."""
    partner: Partner = request.auth  # type: ignore[attr-defined]
    if Call.DOSSIERS not in partner.calls:
        raise ApiError("forbidden")
    if len(batch.rows) + len(batch.steps) > intake.MOST_ROWS:
        raise ApiError("invalid_request", f"At most {intake.MOST_ROWS} rows and steps together.")
    now = timezone.now()

    def do() -> dict[str, Any]:
        rows, steps = intake.take(
            partner, rows=batch.rows, steps=batch.steps, row_reader=read_modern, step_reader=read_modern_step, now=now
        )
        counts: dict[str, int] = {}
        for answer in (*rows, *steps):
            counts[answer.outcome] = counts.get(answer.outcome, 0) + 1
        return {"rows": [_out(answer) for answer in rows], "steps": [_out(answer) for answer in steps], "counts": counts}

    if not idempotency_key:
        return do()
    try:
        return services.once(partner=partner, key=idempotency_key, body=request.body, now=now, do=do)
    except services.OtherRequest:
        raise ApiError("key_used") from None


class FindIn(Schema):
    """What somebody asks about."""

    code: Annotated[Text, Field(min_length=1, max_length=60)]
    number: Annotated[Text, Field(min_length=1, max_length=30, description="Identity number, tax code or phone of the dossier's owner")]


class FoundOut(Schema):
    """How a dossier stands, without anything of its people."""

    code: str
    procedure_code: str
    procedure: str
    agency: str
    state: str
    """TrangThaiHoSo of the national standard, ``1`` to ``10``."""
    words: str
    due_at: dt.datetime | None
    history: list[dict[str, Any]]
    """What happened, in order: ``title`` and ``at``."""


@router.post(
    "/find",
    response=FoundOut,
    auth=partner_auth,
    summary="How one dossier stands, asked by its owner through your app",
    openapi_extra=errors("unauthorized", "forbidden", "not_found"),
)
def find(request: HttpRequest, asked: FindIn) -> Any:
    """For apps of provinces and accounts on social networks: by the code and a number of its owner, as on the portal's own page. A wrong
    number and an unknown code are answered alike, and of one code few are tried."""
    partner: Partner = request.auth  # type: ignore[attr-defined]
    if Call.STATUS not in partner.calls:
        raise ApiError("forbidden")
    now = timezone.now()
    services.note_call(partner, now=now)
    for bucket, name, most in (("dossiers.find-code", asked.code.upper(), PER_CODE), ("dossiers.find-partner", partner.code, PER_SYSTEM)):
        grant = take(bucket, name, capacity=most, refill_per_second=most / 3600)
        if not grant.allowed:
            raise ApiError("too_many_requests", retry_after=max(1, int(grant.retry_after)))
    row = elsewhere.found(asked.code, asked.number, tried_by=partner.code if partner.is_test else "")
    if row is None:
        raise ApiError("not_found")
    [line] = elsewhere.lines([row], now=now)
    return {
        "code": row.code,
        "procedure_code": row.procedure_code,
        "procedure": line.name,
        "agency": line.unit,
        "state": row.state,
        "words": line.headline,
        "due_at": line.deadline,
        "history": [{"title": one.title, "at": one.at.isoformat() if one.at else None} for one in elsewhere.history(row, with_words=False)],
    }


class ResultOut(Schema):
    """A file of a result that was kept; name its `id` in the report of state 9 or 10."""

    id: str
    sha256: str


def _handling(request: HttpRequest) -> Partner:
    partner: Partner = request.auth  # type: ignore[attr-defined]
    if Call.HANDLED not in partner.calls:
        raise ApiError("forbidden")
    services.note_call(partner, now=timezone.now())
    return partner


@router.get(
    "/handled/{code}/papers/{paper_id}",
    url_name="handled_paper",
    response={200: bytes},
    auth=partner_auth,
    summary="Fetch a paper of a dossier that your system handles",
    openapi_extra=errors("unauthorized", "forbidden", "not_found"),
)
def handled_paper(request: HttpRequest, code: Text, paper_id: UUID) -> HttpResponseBase:
    """The file as its applicant sent it. `unavailable` while it is being checked, `not_found` where that found it unsafe."""
    found = files.paper_for(_handling(request), code, paper_id)
    if found is None or found.file.state not in (FileState.CLEAN, FileState.UPLOADED):
        raise ApiError("not_found")
    if found.file.state == FileState.UPLOADED:
        raise ApiError("unavailable", retry_after=30)
    return send_file(found.file, name=str(found.file.name or ""), inline=False, trusted=True)


@router.post(
    "/handled/{code}/results",
    response=ResultOut,
    auth=partner_auth,
    summary="Hand in a file of the result of a dossier that your system handles",
    openapi_extra=errors("unauthorized", "forbidden", "not_found", "too_large"),
)
def handled_result(request: HttpRequest, code: Text, title: ResultTitle, name: ResultTitle) -> Any:
    """The body is the file itself: PDF, JPEG or PNG, up to 8 MB. The same bytes sent again are the same file."""
    partner = _handling(request)
    try:
        made = files.take_result(partner=partner, code=code, title=title, name=name, data=request.body, now=timezone.now())
    except FileRefused as refused:
        raise ApiError("invalid_request", detail=refused.message) from None
    if made is None:
        raise ApiError("not_found")
    return {"id": str(made.pk), "sha256": made.sha256}


def _out(answer: intake.Answer) -> dict[str, Any]:
    problems = [{"field": one.field, "code": one.code, "words": one.words} for one in answer.problems]
    return {"code": answer.code, "outcome": answer.outcome, "problems": problems}
