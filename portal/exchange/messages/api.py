"""The door of messages: sealed envelopes in, signed receipts back; how a message stands; which kinds one wants."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema

from portal.api_support import ApiError, errors, public_answer
from portal.exchange.messages import delivery, door, keys, subscribing
from portal.exchange.messages.carriers import TYPE
from portal.exchange.messages.envelopes import EnvelopeRefused
from portal.exchange.messages.models import Message
from portal.exchange.messages.registry import kinds
from portal.exchange.partners import services
from portal.exchange.partners.doors import partner_auth
from portal.exchange.partners.models import Call, Partner

router = Router(tags=["messages"])
STATUSES = {"too_large": "too_large", "not_allowed": "forbidden"}
_SEALED = {"requestBody": {"required": True, "content": {TYPE: {"schema": {"type": "string"}}}}}


class StandingOut(Schema):
    """How a message stands; ``receipt``: our signed receipt of it (JWS), for one that you sent."""

    id: str
    direction: str
    kind: str
    about: str
    state: str
    outcome: str
    receipt: str = ""


class WaitingOut(Schema):
    """A message that waits for you. `envelope`: a compact JWE, as it would have been posted to your door."""

    id: str
    kind: str
    about: str
    envelope: str


class WaitingPage(Schema):
    """The oldest first; of one subject in order. `more`: others wait behind them."""

    messages: list[WaitingOut]
    more: bool


class KindOut(Schema):
    """A kind of messages that may be sent: what one must be allowed to call, and the versions that are read."""

    kind: str
    call: str
    versions: list[int]


class Subscriptions(Schema):
    """The kinds that you want to be sent."""

    kinds: list[str]


def _partner(request: HttpRequest) -> Partner:
    partner: Partner = request.auth  # type: ignore[attr-defined]
    if Call.MESSAGES not in partner.calls:
        raise ApiError("forbidden")
    return partner


def _refuse(refused: EnvelopeRefused) -> ApiError:
    return ApiError(STATUSES.get(refused.code, "envelope"), detail=f"{refused.code}: {refused.words}")


def _standing(row: Message, receipt: str) -> dict[str, Any]:
    number = row.key if row.direction == Message.Direction.IN else str(row.id)
    return {
        "id": number, "direction": row.direction, "kind": row.kind, "about": row.about, "state": row.state, "outcome": row.outcome,
        "receipt": receipt,
    }  # fmt: skip


@router.get("/keys", summary="The portal's public keys")
@public_answer
def portal_keys(request: HttpRequest) -> dict[str, Any]:
    """A JWK set: seal to the newest with `use` `enc`, check our signatures by those with `sig`. Ask again for an unknown `kid`."""
    return {"keys": keys.public_keys()}


@router.get("/kinds", response=list[KindOut], summary="Kinds of messages that are taken")
@public_answer
def known_kinds(request: HttpRequest) -> list[dict[str, Any]]:
    """What may be sent."""
    return [{"kind": one.kind, "call": one.call, "versions": sorted(one.versions)} for one in kinds()]


@router.get("/subscriptions", response=Subscriptions, auth=partner_auth, openapi_extra=errors("unauthorized", "forbidden"))
def subscriptions(request: HttpRequest) -> dict[str, Any]:
    """The kinds that you want to be sent."""
    return {"kinds": subscribing.kinds_of(_partner(request))}


@router.put("/subscriptions", response=Subscriptions, auth=partner_auth, openapi_extra=errors("unauthorized", "forbidden"))
def subscribe(request: HttpRequest, wanted: Subscriptions) -> dict[str, Any]:
    """Say which kinds you want, all of them; those left out are sent no more."""
    try:
        return {"kinds": subscribing.subscribe(partner=_partner(request), kinds=wanted.kinds, now=timezone.now())}
    except ValueError as error:
        raise ApiError("invalid_request", detail=str(error)) from None


@router.post(
    "",
    auth=partner_auth,
    summary="Send a message",
    openapi_extra={
        **_SEALED,
        "responses": {
            **errors("unauthorized", "forbidden", "too_large", "envelope")["responses"],
            "200": {"description": "Our signed receipt (JWS): the message is kept", "content": {TYPE: {"schema": {"type": "string"}}}},
        },
    },
)
def send(request: HttpRequest) -> HttpResponse:
    """A compact JWE, sealed to a key of `/messages/keys`; inside `{"statement": "<JWS>", "body": "<JSON text>"}`. A receipt means: kept
    for good. Without one send it again in a new envelope with the same `id`."""
    partner, now = _partner(request), timezone.now()
    if request.content_type != TYPE:
        raise ApiError("envelope", detail=f"form: Content-Type must be {TYPE}.")
    try:
        receipt, _ = door.take(partner=partner, envelope=request.body, now=now)
    except EnvelopeRefused as refused:
        services.note_call(partner, now=now, refused={refused.code: 1})
        raise _refuse(refused) from None
    services.note_call(partner, now=now, rows_in=1)
    return HttpResponse(receipt, content_type=TYPE)


@router.post(
    "/receipts",
    auth=partner_auth,
    response=StandingOut,
    summary="Say what came of a message of ours",
    openapi_extra={**_SEALED, **errors("unauthorized", "forbidden", "not_found", "too_large", "envelope")},
)
def receipts(request: HttpRequest) -> dict[str, Any]:
    """A compact JWS with `typ` `portal-receipt+jwt`, `outcome` `handled` or `refused`: later than the receipt that you gave at once."""
    partner = _partner(request)
    try:
        row = door.take_receipt(partner=partner, receipt=request.body, now=timezone.now())
    except EnvelopeRefused as refused:
        raise _refuse(refused) from None
    if row is None:
        raise ApiError("not_found")
    return _standing(row, "")


@router.get(
    "/waiting",
    auth=partner_auth,
    response=WaitingPage,
    summary="Fetch what waits for you",
    openapi_extra=errors("unauthorized", "forbidden", "envelope"),
)
def waiting(request: HttpRequest, most: Annotated[int, Query(ge=1, le=delivery.MOST_PULLED)] = 20) -> dict[str, Any]:
    """For a system without an address of its own. What you fetched comes again, under the same `id` in a new envelope, until your signed
    receipt of it is at `/messages/receipts`: `taken`, `handled` or `refused`. Take them in their order. `envelope` says `has_line` where
    your messages are sent to your address, `no_key` where no key with `use` `enc` holds."""
    partner = _partner(request)
    try:
        given, more = delivery.pull(partner.pk, now=timezone.now(), most=most)
    except delivery.NotPulled as no:
        raise ApiError("envelope", detail=f"{no.code}: nothing is fetched here.") from None
    services.note_call(partner, now=timezone.now())
    return {"messages": [{"id": str(row.id), "kind": row.kind, "about": row.about, "envelope": text} for row, text in given], "more": more}


@router.get("/{number}", auth=partner_auth, response=StandingOut, openapi_extra=errors("unauthorized", "forbidden", "not_found"))
def standing(request: HttpRequest, number: str) -> dict[str, Any]:
    """How a message stands, by its `id`: `waiting`, `delivered`, `acknowledged`, `refused`, `dead`."""
    found = door.standing(partner=_partner(request), number=number, now=timezone.now())
    if found is None:
        raise ApiError("not_found")
    return _standing(found[1], found[0])
