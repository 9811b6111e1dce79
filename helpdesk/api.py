"""Asking for help through another app: for province apps and agencies' accounts on social networks (Framework II.2b; Rules art. 54). The
same tickets, desk and answers as on the portal's own page."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from ninja import Header, Router, Schema
from pydantic import Field

from accounts.identifiers import clean_phone
from helpdesk.codes import clean_ticket_code
from helpdesk.models import Ticket
from helpdesk.services import tickets
from helpdesk.services.common import HelpdeskRefused
from helpdesk.views.tickets import PER_CODE, state_words
from portal.access import ANONYMOUS
from portal.api_support import ApiError, Text, errors
from portal.exchange.partners import services
from portal.exchange.partners.doors import partner_auth
from portal.exchange.partners.models import Call, Partner
from portal.limits import take

router = Router(tags=["support"])
PER_SYSTEM, PER_CONTACT = 1200, 5
"""Requests that one system hands in within an hour, and those of one phone or address."""
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="Chosen by you for this request: sent again within 24 hours, the first answer is given again.",
    ),
]
Words = Annotated[Text, Field(min_length=1, max_length=tickets.MOST_WORDS)]
Contact = Annotated[Text, Field(min_length=1, max_length=200, description="The phone or e-mail address that was given")]


class KindOut(Schema):
    """What people are stuck with."""

    code: str
    name: str
    name_en: str


class TicketIn(Schema):
    """A request. `channels`: by what the person wants the answer: `app` (you fetch it and show it), `sms`, `email`."""

    kind: Annotated[Text, Field(max_length=40)]
    words: Words
    name: Annotated[Text, Field(max_length=tickets.MOST_NAME)] = ""
    phone: Annotated[Text, Field(max_length=20)] = ""
    email: Annotated[Text, Field(max_length=200)] = ""
    channels: Annotated[list[Literal["app", "sms", "email"]], Field(min_length=1, max_length=3)]
    language: Literal["vi", "en"] = "vi"


class OpenedOut(Schema):
    """The code that the person keeps; empty with `kept` `false`: your system is being tried out, nothing was kept."""

    code: str
    kept: bool


class FindIn(Schema):
    """Whose request."""

    code: Annotated[Text, Field(min_length=1, max_length=30)]
    contact: Contact


class AddIn(FindIn):
    """What the person writes further."""

    words: Words


class AnswerOut(Schema):
    """An answer of the helpdesk."""

    at: dt.datetime
    words: str


class StandingOut(Schema):
    """How a request stands: `new`, `working`, `answered`, `handed_over` (it is a petition now), `closed`. `answers`: of a request that was
    handed in through your system and asked to be answered by `app`."""

    code: str
    state: str
    words: str
    changed_at: dt.datetime
    answers: list[AnswerOut]


def _calling(request: HttpRequest) -> Partner:
    partner: Partner = request.auth  # type: ignore[attr-defined]
    if Call.SUPPORT not in partner.calls:
        raise ApiError("forbidden")
    services.note_call(partner, now=timezone.now())
    return partner


def _within(*limits: tuple[str, str, int]) -> None:
    for bucket, name, most in limits:
        grant = take(bucket, name, capacity=most, refill_per_second=most / 3600)
        if not grant.allowed:
            raise ApiError("too_many_requests", retry_after=max(1, int(grant.retry_after)))


def _refused(refused: HelpdeskRefused) -> ApiError:
    return ApiError("invalid_request", detail=" ".join(f"{name}: {words}" for name, words in refused.faults.items())[:1000])


@router.get(
    "/kinds", response=list[KindOut], auth=partner_auth, summary="Kinds of trouble", openapi_extra=errors("unauthorized", "forbidden")
)
def kinds(request: HttpRequest) -> Any:
    """Those that can be chosen, in their order."""
    _calling(request)
    return [{"code": row.code, "name": row.name, "name_en": row.name_en} for row in tickets.kinds()]


@router.post(
    "/tickets",
    response=OpenedOut,
    auth=partner_auth,
    summary="Ask for help",
    openapi_extra=errors("unauthorized", "forbidden", "key_used"),
)
def open_ticket(request: HttpRequest, asked: TicketIn, idempotency_key: Key) -> Any:
    """The helpdesk answers by the channels chosen. A phone or an e-mail address is needed: with the code it is the right to see how it
    stands."""
    partner, now = _calling(request), timezone.now()
    _within(("helpdesk.api", partner.code, PER_SYSTEM))

    def do() -> dict[str, Any]:
        said = asked.dict()
        if wrong := tickets.faults_of(has_account=False, through=partner.code, **{k: v for k, v in said.items() if k != "language"}):
            raise HelpdeskRefused(wrong)
        contact = clean_phone(asked.phone) or asked.email.strip().lower()
        _within(("helpdesk.api-contact", tickets.digest_of(contact), PER_CONTACT))
        if partner.is_test:
            return {"code": "", "kept": False}
        row = tickets.open_ticket(actor=ANONYMOUS, source=Ticket.Source.APP, now=now, through=partner.code, **said)
        return {"code": row.code, "kept": True}

    try:
        with transaction.atomic():
            return services.once(partner=partner, key=idempotency_key, body=request.body, now=now, do=do)
    except services.OtherRequest:
        raise ApiError("key_used") from None
    except HelpdeskRefused as refused:
        raise _refused(refused) from None


@router.post(
    "/tickets/find",
    response=StandingOut,
    auth=partner_auth,
    summary="How a request for help stands",
    openapi_extra=errors("unauthorized", "forbidden", "not_found"),
)
def find(request: HttpRequest, asked: FindIn) -> Any:
    """By the code and the contact that was given, as on the portal's own page. Wrong ones are answered like an unknown code, and of one
    code few are tried."""
    partner = _calling(request)
    return _standing(partner, _found(partner, asked))


@router.post(
    "/tickets/words",
    response=StandingOut,
    auth=partner_auth,
    summary="Write further about a request for help",
    openapi_extra=errors("unauthorized", "forbidden", "not_found", "closed"),
)
def add_words(request: HttpRequest, asked: AddIn) -> Any:
    """One that was answered is worked on again; `closed` where it has become a petition."""
    partner = _calling(request)
    row = _found(partner, asked)
    if row.state == Ticket.State.HANDED_OVER:
        raise ApiError("closed")
    if not partner.is_test:
        row = tickets.write_further(ticket_id=row.pk, words=asked.words, now=timezone.now())
    return _standing(partner, row)


def _found(partner: Partner, asked: FindIn) -> Ticket:
    code = clean_ticket_code(asked.code)
    _within(("helpdesk.api-find", partner.code, PER_SYSTEM), *([("helpdesk.follow-code", code, PER_CODE)] if code else []))
    row = tickets.found(code, asked.contact)
    # What is being tried out sees nobody's.
    if row is None or partner.is_test:
        raise ApiError("not_found")
    return row


def _standing(partner: Partner, row: Ticket) -> dict[str, Any]:
    own = row.through == partner.code and "app" in row.channels
    answers = [{"at": step.at, "words": step.words or ""} for step in row.steps.filter(name="answer")] if own else []
    return {"code": row.code, "state": row.state, "words": str(state_words(row)), "changed_at": row.changed_at, "answers": answers}
