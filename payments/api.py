"""Orders over the API: a ministry's or province's system asks the portal to take money for its own dossier (Rules art. 31.1c)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from payments.models import AskedOrder, FeeKind, Merchant
from payments.models.orders import MOST
from payments.services import asked as services
from payments.services.asked import AskRefused, Wanted
from payments.services.orders import Line, Payer
from payments.views.payplat import bill_of
from portal.api_support import ApiError, Moment, Text, errors
from portal.exchange.partners.doors import partner_auth
from portal.exchange.partners.models import Call, Partner
from portal.exchange.partners.services import note_call

router = Router(tags=["payments"])
Reference = Annotated[str, Field(pattern=r"^[0-9A-Za-z_]{1,64}$", description="Chosen by you: the same reference is the same order")]


class LineIn(Schema):
    """One line, in đồng."""

    name: Annotated[Text, Field(min_length=1, max_length=300)]
    kind: Literal["fee", "charge", "tax", "fine", "other"]
    unit_amount: Annotated[int, Field(ge=0, le=MOST)]
    number: Annotated[int, Field(ge=1, le=100_000)] = 1
    reduction: Annotated[int, Field(ge=0, le=MOST)] = 0
    reason: Annotated[Text, Field(max_length=500, description="Ground of the reduction")] = ""
    revenue_code: Annotated[str, Field(pattern=r"^([0-9]{4})?$", description="Of the budget's index")] = ""


class PayerIn(Schema):
    """Who owes; kept sealed, for voucher and receipt."""

    name: Annotated[Text, Field(min_length=1, max_length=300)]
    number: Annotated[Text, Field(max_length=20, description="Identity number or tax code")] = ""
    address: Annotated[Text, Field(max_length=500)] = ""


class OrderIn(Schema):
    """What is to be paid."""

    reference: Reference
    dossier_code: Annotated[Text, Field(max_length=60)]
    description: Annotated[Text, Field(min_length=1, max_length=300, description="Shown to whoever has the code: no personal data")]
    agency: Annotated[Text, Field(max_length=40, description="Code of the agency that is paid; its account is that of the catalogue")]
    amount: Annotated[int, Field(ge=1, le=MOST, description="Sum of the lines, in đồng")]
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=50)]
    payer: PayerIn
    expires_at: Annotated[Moment | None, Field(description="At most 90 days ahead; left out: a day")] = None


class OrderOut(Schema):
    """An order and what became of it. ``state``: ``waiting``, ``paid``, ``failed`` (run out or cancelled)."""

    reference: str
    code: str
    """The payment code, which people may type at ``/thanh-toan/``."""
    pay_url: str
    amount: int
    refunded: int
    state: str
    at: dt.datetime
    transaction: str
    institution: str
    expires_at: dt.datetime


class Outcome(Schema):
    """What a test order becomes."""

    outcome: Literal["paid", "failed"]


def _merchant(request: HttpRequest) -> Merchant:
    partner: Partner = request.auth  # type: ignore[attr-defined]
    found = Merchant.objects.select_related("partner").filter(partner=partner).first() if Call.PAYMENTS in partner.calls else None
    if found is None:
        raise ApiError("forbidden")
    note_call(partner, now=timezone.now())
    return found


def _out(asked: AskedOrder) -> dict[str, Any]:
    order, standing = asked.order, services.standing_of(asked)
    return {
        "reference": asked.reference,
        "code": order.code,
        "pay_url": services.page_of(asked),
        "amount": order.amount,
        "refunded": standing.refunded,
        "state": standing.state,
        "at": standing.at,
        "transaction": standing.transaction,
        "institution": standing.institution,
        "expires_at": order.expires_at,
    }


def _mine(request: HttpRequest, reference: str) -> AskedOrder:
    found = services.find(_merchant(request), reference)
    if found is None:
        raise ApiError("not_found")
    return found


def _refuse(refused: AskRefused) -> ApiError:
    return ApiError("key_used" if refused.code == "other_terms" else "invalid_request", detail=f"{refused.code}: {refused.message}")


@router.post(
    "/orders",
    response=OrderOut,
    auth=partner_auth,
    summary="Have money taken for a dossier of one's own",
    openapi_extra=errors("unauthorized", "forbidden", "too_large", "key_used"),
)
def make(request: HttpRequest, order: OrderIn) -> Any:
    """Make an order and get the address at which its payer pays. Sent again, the same order is answered; the same reference with other
    terms is refused (`key_used`). What becomes of it is told by the message `payments.order` and by asking here."""
    merchant, now = _merchant(request), timezone.now()
    lines = [
        Line(
            one.name, FeeKind(one.kind), one.unit_amount, one.number,
            reduction=one.reduction, reason=one.reason, revenue_code=one.revenue_code,
        )
        for one in order.lines
    ]  # fmt: skip
    wanted = Wanted(
        reference=order.reference,
        amount=order.amount,
        lines=lines,
        unit=order.agency,
        account="",
        dossier_code=order.dossier_code,
        description=order.description,
        payer=Payer(None, order.payer.name, order.payer.number, order.payer.address),
        lifetime=order.expires_at - now if order.expires_at else services.LIFETIME,
    )
    terms = services.terms_of(order.dict(exclude={"expires_at"}))
    try:
        return _out(services.ask(merchant=merchant, wanted=wanted, terms=terms, door=AskedOrder.API, now=now))
    except AskRefused as refused:
        raise _refuse(refused) from None


@router.get(
    "/orders/{reference}",
    response=OrderOut,
    auth=partner_auth,
    summary="What became of an order",
    openapi_extra=errors("unauthorized", "forbidden", "not_found"),
)
def look(request: HttpRequest, reference: Reference) -> Any:
    """One of one's own orders, of either door."""
    return _out(_mine(request, reference))


@router.post(
    "/orders/{reference}/cancel",
    response=OrderOut,
    auth=partner_auth,
    summary="Want it no longer",
    openapi_extra=errors("unauthorized", "forbidden", "not_found"),
)
def cancel(request: HttpRequest, reference: Reference) -> Any:
    """Cancel an order that is not paid; money that is on its way is owed back to its payer. Again: no change."""
    try:
        return _out(services.cancel(asked=_mine(request, reference), now=timezone.now()))
    except AskRefused as refused:
        raise _refuse(refused) from None


@router.post(
    "/orders/{reference}/play",
    response=OrderOut,
    auth=partner_auth,
    summary="Of a test system: as if it were paid, or not",
    openapi_extra=errors("unauthorized", "forbidden", "not_found"),
)
def play(request: HttpRequest, reference: Reference, said: Outcome) -> Any:
    """Only for systems that are being tried out: nothing is booked, and the system hears of it as of a true payment."""
    try:
        return _out(services.play(asked=_mine(request, reference), outcome=said.outcome, now=timezone.now()))
    except AskRefused as refused:
        raise _refuse(refused) from None


@router.get(
    "/orders/{reference}/receipt",
    response={200: bytes},
    auth=partner_auth,
    summary="The signed receipt (PDF)",
    openapi_extra=errors("unauthorized", "forbidden", "not_found"),
)
def receipt(request: HttpRequest, reference: Reference) -> HttpResponseBase:
    """The receipt sealed by the agency, or the institution's voucher where the money is neither phí nor lệ phí; `not_found` until it is
    made."""
    found = bill_of(_mine(request, reference), timezone.now())
    if found is None:
        raise ApiError("not_found", detail="not_yet")
    return found
