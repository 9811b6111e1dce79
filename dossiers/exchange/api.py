"""The modern door of the register: up to 1,000 rows a call, answered row by row."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Header, Router, Schema
from pydantic import Field

from dossiers.exchange import intake
from dossiers.exchange.reading import MODERN, STEP, read_modern, read_modern_step
from portal.api_support import ApiError, errors
from portal.exchange.partners import services
from portal.exchange.partners.doors import partner_auth
from portal.exchange.partners.models import Call, Partner

router = Router(tags=["dossiers"])


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


def _out(answer: intake.Answer) -> dict[str, Any]:
    problems = [{"field": one.field, "code": one.code, "words": one.words} for one in answer.problems]
    return {"code": answer.code, "outcome": answer.outcome, "problems": problems}
