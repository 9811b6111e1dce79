"""Tickets of people who are stuck: taken from the page, a letter, a call or an SMS; answered by the channels they chose (Rules art. 54)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.identifiers import clean_phone
from feedback.services.common import PetitionRefused
from feedback.services.entering import enter_one
from helpdesk.codes import new_ticket_code
from helpdesk.models import Ticket, TicketStep, TroubleCount, TroubleKind
from helpdesk.models.tickets import TICKETS, WORK
from helpdesk.services.common import STALE, HelpdeskRefused
from portal import audit
from portal.access import SYSTEM, AccessDenied, Actor, may, require
from portal.notifications.services import notify
from portal.states import TransitionRefused
from portal.text import nfc
from procedures.questions import services as questions

MOST_WORDS = 5_000
"""Characters: a page or two; what is longer is a petition."""
MOST_NAME = 200
CHANNELS = ("account", "sms", "email", "app")
QUEUES = {"first": "helpdesk.first", "technical": "helpdesk.technical"}
"""Who may act on what stands in a queue."""
SHORT = 320
"""Characters of an answer that go into one SMS."""


def tidy(text: str) -> str:
    """Text as it is kept."""
    return nfc(text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")).strip()


def kinds() -> list[TroubleKind]:
    """Those that can be chosen, in their order (one query)."""
    return list(TroubleKind.objects.filter(in_use=True))


def faults_of(
    *, kind: str, words: str, name: str, phone: str, email: str, channels: list[str], has_account: bool, through: str = ""
) -> dict[str, str]:
    """What is wrong with what somebody typed, by field; empty: nothing. ``through``: the partner's system that hands it in."""
    found = {}
    if not TroubleKind.objects.filter(pk=kind, in_use=True).exists():
        found["kind"] = _("Bạn hãy chọn điều bạn vướng.")
    if not tidy(words):
        found["words"] = _("Bạn hãy viết bạn vướng ở đâu.")
    elif len(tidy(words)) > MOST_WORDS:
        found["words"] = _("Dài quá %(n)d ký tự. Bạn viết gọn lại.") % {"n": MOST_WORDS}
    if len(name) > MOST_NAME:
        found["name"] = _("Tên dài quá.")
    if phone.strip() and not clean_phone(phone):
        found["phone"] = _("Số điện thoại di động gồm 10 chữ số.")
    if email.strip() and not is_email(email):
        found["email"] = _("Địa chỉ thư điện tử không đúng, ví dụ ten@vidu.vn.")
    if not channels or not set(channels) <= set(CHANNELS):
        found["channels"] = _("Bạn hãy chọn cách nhận trả lời.")
    elif "account" in channels and not has_account:
        found["channels"] = _("Đăng nhập để nhận trả lời trong tài khoản.")
    elif "app" in channels and not through:
        found["channels"] = _("Bạn hãy chọn cách nhận trả lời.")
    if through and not phone.strip() and not email.strip():
        found.setdefault("phone", _("Ghi số điện thoại để nhận trả lời bằng tin nhắn."))
    if "sms" in channels and not phone.strip():
        found.setdefault("phone", _("Ghi số điện thoại để nhận trả lời bằng tin nhắn."))
    if "email" in channels and not email.strip():
        found.setdefault("email", _("Ghi địa chỉ thư điện tử để nhận trả lời bằng thư."))
    return found


def is_email(text: str) -> bool:
    """Whether a text is an address of a letter."""
    try:
        validate_email(text.strip())
    except ValidationError:
        return False
    return len(text.strip()) <= 200


@transaction.atomic
def open_ticket(
    *, actor: Actor, kind: str, words: str, source: str, now: dt.datetime, name: str = "", phone: str = "", email: str = "",
    channels: list[str], language: str = "vi", through: str = "",
) -> Ticket:  # fmt: skip
    """Take a ticket down and say its code by the channels chosen. From the desk (``source`` ``phone``) with the desk's right only;
    ``through``: the partner's system that hands it in.

    :class:`HelpdeskRefused`, ``AccessDenied``.
    """
    party_id = actor.party_id if actor.is_citizen else None
    if source == Ticket.Source.PHONE:
        require(actor, WORK)
    if wrong := faults_of(
        kind=kind, words=words, name=name, phone=phone, email=email, channels=channels, has_account=party_id is not None, through=through
    ):
        raise HelpdeskRefused(wrong)
    row = TroubleKind.objects.get(pk=kind)
    contact = {"name": " ".join(tidy(name).split()), "phone": clean_phone(phone), "email": email.strip()}
    return _open(
        row, words=tidy(words), contact=contact, channels=[one for one in CHANNELS if one in channels], source=source, party_id=party_id,
        language=language, actor=actor, now=now, through=through,
    )  # fmt: skip


def open_from_message(
    *, words: str, contact: Mapping[str, str], channels: list[str], source: str, now: dt.datetime, digest: str = ""
) -> Ticket:
    """Take down what came by letter or SMS, in the handler's transaction; the desk chooses its kind."""
    kind = TroubleKind.objects.get(pk="other")
    return _open(
        kind, words=tidy(words)[:MOST_WORDS] or "–", contact=contact, channels=channels, source=source, party_id=None, language="vi",
        actor=SYSTEM, now=now, digest=digest,
    )  # fmt: skip


def _open(
    kind: TroubleKind, *, words: str, contact: Mapping[str, str], channels: list[str], source: str, party_id: UUID | None, language: str,
    actor: Actor, now: dt.datetime, digest: str = "", through: str = "",
) -> Ticket:  # fmt: skip
    ticket = Ticket.objects.create(
        id=uuid4(), code=new_ticket_code(), kind=kind, queue=kind.queue, source=source, language=language, words=words,
        contact=dict(contact), channels=channels, party_id=party_id, address_digest=digest, created_at=now, changed_at=now,
        through=through,
    )  # fmt: skip
    _count(kind, now, 1)
    _step(ticket, "send", before="", actor=actor, now=now, words=None)
    _tell(ticket, "helpdesk.taken", key="taken")
    return ticket


def digest_of(address: str) -> str:
    """The keyed digest of a sender's address."""
    return salted_hmac("helpdesk.address", address.strip().lower(), algorithm="sha256").hexdigest()


def add_words(*, ticket: Ticket, words: str, now: dt.datetime) -> None:
    """A further letter about a locked ticket; one that was answered or closed is worked on again."""
    before = ticket.state
    if before in (Ticket.State.ANSWERED, Ticket.State.CLOSED):
        TICKETS.move(ticket, "again")
    ticket.version, ticket.changed_at = ticket.version + 1, now
    ticket.save()
    _step(ticket, "added", before=before, actor=SYSTEM, now=now, words=tidy(words)[:MOST_WORDS] or "–")


@transaction.atomic
def write_further(*, ticket_id: UUID, words: str, now: dt.datetime) -> Ticket:
    """What who asked writes further, through the system that handed it in (:func:`add_words`)."""
    row = Ticket.objects.select_for_update(of=("self",)).select_related("kind").get(pk=ticket_id)
    add_words(ticket=row, words=words, now=now)
    return row


def found(code: str, contact: str) -> Ticket | None:
    """The ticket of a code whose asker has this phone or e-mail address; wrong ones are answered like an unknown code (one query)."""
    row = Ticket.objects.select_related("kind").filter(code=code).first() if code else None
    if row is None:
        return None
    known = row.contact or {}
    phone = clean_phone(contact)
    same_phone = bool(phone) and phone == known.get("phone")
    same_mail = bool(contact.strip()) and contact.strip().lower() == str(known.get("email", "")).lower()
    return row if same_phone or same_mail else None


# At the desk ---------------------------------------------------------------------------------------------------------------------


def may_act_on(actor: Actor, ticket: Ticket) -> bool:
    """Whether the officer works in the ticket's queue."""
    return may(actor, WORK) and may(actor, QUEUES[ticket.queue])


def _locked(actor: Actor, ticket_id: UUID, seen_version: int | None) -> Ticket:
    require(actor, WORK)
    ticket = Ticket.objects.select_for_update(of=("self",)).select_related("kind").get(pk=ticket_id)
    if not may_act_on(actor, ticket):
        raise AccessDenied(QUEUES[ticket.queue])
    if seen_version is not None and seen_version != ticket.version:
        raise TransitionRefused("", ticket.state, STALE)
    return ticket


@transaction.atomic
def take(*, actor: Actor, ticket_id: UUID, now: dt.datetime, seen_version: int | None = None) -> Ticket:
    """Begin to work on it."""
    ticket = _locked(actor, ticket_id, seen_version)
    return _move(ticket, "take", actor=actor, now=now)


@transaction.atomic
def answer(*, actor: Actor, ticket_id: UUID, words: str, now: dt.datetime, seen_version: int | None = None) -> Ticket:
    """Answer, by every channel that was chosen."""
    ticket, said = _locked(actor, ticket_id, seen_version), tidy(words)
    if not said or len(said) > MOST_WORDS:
        raise HelpdeskRefused({"words": f"Trả lời từ 1 đến {MOST_WORDS} ký tự."})
    ticket.answered_at = now
    step = _move(ticket, "answer", actor=actor, now=now, words=said)
    shown = said if len(said) <= SHORT else said[: SHORT - 1].rstrip() + "…"
    _tell(ticket, "helpdesk.answered", key=f"answered-{ticket.version}", answer=said, short=" ".join(shown.split()))
    return step


@transaction.atomic
def pass_on(
    *, actor: Actor, ticket_id: UUID, queue: str, kind: str, note: str, now: dt.datetime, seen_version: int | None = None
) -> Ticket:
    """Give it to the other queue, or to its right kind."""
    ticket = _locked(actor, ticket_id, seen_version)
    row = TroubleKind.objects.filter(pk=kind).first()
    if queue not in QUEUES or row is None:
        raise HelpdeskRefused({"queue": "Hãy chọn hàng đợi và loại vướng mắc."})
    if TICKETS.refusal(ticket, "close"):
        raise TransitionRefused("pass", ticket.state, STALE)
    if row.pk != ticket.kind_id:
        _count(ticket.kind, ticket.created_at, -1)
        _count(row, ticket.created_at, 1)
    ticket.queue, ticket.kind = queue, row
    ticket.version, ticket.changed_at = ticket.version + 1, now
    ticket.handler_position_id, ticket.handler_label = None, ""
    ticket.save()
    _step(ticket, "pass", before=ticket.state, actor=actor, now=now, words=tidy(note)[:MOST_WORDS] or None)
    return ticket


@transaction.atomic
def close(*, actor: Actor, ticket_id: UUID, reason: str, now: dt.datetime, seen_version: int | None = None) -> Ticket:
    """Close what needs no answer (sent twice, no request), with the reason; nobody is told."""
    ticket = _locked(actor, ticket_id, seen_version)
    if not tidy(reason):
        raise HelpdeskRefused({"why": "Hãy ghi lý do."})
    return _move(ticket, "close", actor=actor, now=now, words=tidy(reason)[:MOST_WORDS])


@transaction.atomic
def reopen(*, actor: Actor, ticket_id: UUID, now: dt.datetime, seen_version: int | None = None) -> Ticket:
    """Who asked called again: it is worked on once more."""
    return _move(_locked(actor, ticket_id, seen_version), "again", actor=actor, now=now)


@transaction.atomic
def hand_over(
    *, actor: Actor, ticket_id: UUID, kind: str, subject: str, name: str, address: str, now: dt.datetime, seen_version: int | None = None
) -> Ticket:
    """Make a petition of it, in one act: it is about what an agency did. Needs the right to receive petitions too (``AccessDenied``).

    What the petition's room says is wrong is told by its field (:class:`HelpdeskRefused`).
    """
    ticket = _locked(actor, ticket_id, seen_version)
    if TICKETS.refusal(ticket, "hand_over"):
        raise TransitionRefused("hand_over", ticket.state, STALE)
    contact = ticket.contact or {}
    sender = {
        "name": name or contact.get("name", ""),
        "address": address,
        "phone": contact.get("phone", ""),
        "email": contact.get("email", ""),
    }
    try:
        petition = enter_one(
            # It came to us in writing or by word of mouth; there is no paper to attach.
            actor=actor, unit_code=actor.unit, source="email" if ticket.source == Ticket.Source.MAIL else "phone",
            came_on=timezone.localdate(ticket.created_at), kind=kind, subject=subject, words=ticket.words or "", sender=sender, now=now,
        )  # fmt: skip
    except PetitionRefused as refused:
        raise HelpdeskRefused({refused.field: refused.message, **refused.more}) from refused
    ticket.petition_code = petition.code
    _move(ticket, "hand_over", actor=actor, now=now, words=petition.code)
    _tell(ticket, "helpdesk.handed_over", key="handed-over", petition=petition.code)
    return ticket


@transaction.atomic
def offer(*, actor: Actor, ticket_id: UUID, question: str, answer_words: str, now: dt.datetime) -> Any:
    """Offer an answer to the house's questions and answers, as a draft that others check: written anew, without the person (Rules art. 22).

    ``AccessDenied`` without the right to write there; ``procedures.publishing.Refused`` for what is wrong with the texts.
    """
    ticket = _locked(actor, ticket_id, None)
    if ticket.state != Ticket.State.ANSWERED:
        raise HelpdeskRefused({"": "Chỉ đề xuất từ yêu cầu đã trả lời."})
    if ticket.offered_at is not None:
        raise HelpdeskRefused({"": "Yêu cầu này đã được đề xuất vào hỏi đáp."})
    row = questions.enter(
        actor=actor, unit_code=actor.unit, now=now, question=question, answer=answer_words, topic=ticket.kind.name,
        source="Hỗ trợ người dùng Cổng",
    )  # fmt: skip
    ticket.offered_at, ticket.version = now, ticket.version + 1
    ticket.save()
    _step(ticket, "offer", before=ticket.state, actor=actor, now=now, words=None)
    return row


# Within ------------------------------------------------------------------------------------------------------------------------------


def _move(ticket: Ticket, transition: str, *, actor: Actor, now: dt.datetime, words: str | None = None) -> Ticket:
    before = ticket.state
    TICKETS.move(ticket, transition)
    ticket.version, ticket.changed_at = ticket.version + 1, now
    ticket.handler_position_id, ticket.handler_label = actor.position_id, actor.label
    ticket.save()
    _step(ticket, transition, before=before, actor=actor, now=now, words=words)
    return ticket


def _step(ticket: Ticket, name: str, *, before: str, actor: Actor, now: dt.datetime, words: str | None) -> None:
    TicketStep.objects.create(
        ticket=ticket,
        at=now,
        name=name,
        from_state=before,
        to_state=ticket.state,
        words=words,
        label=actor.label if actor.is_officer else "",
    )
    details = {"from": before, "to": ticket.state, "queue": ticket.queue, "kind": ticket.kind_id}
    audit.record(actor=actor, act=f"helpdesk.{name}", target="helpdesk.ticket", target_id=str(ticket.pk), details=details)


def _count(kind: TroubleKind, at: dt.datetime, number: int) -> None:
    month = timezone.localdate(at).replace(day=1)
    TroubleCount.objects.get_or_create(kind=kind, month=month)
    TroubleCount.objects.filter(kind=kind, month=month).update(number=F("number") + number)


def _tell(ticket: Ticket, template: str, *, key: str, **more: str) -> None:
    """By each channel that was chosen; whoever has no account at the address they gave. The notice is sealed with the ticket's key."""
    contact, names = ticket.contact or {}, {"code": ticket.code, "answer": "", "short": "", "petition": "", **more}
    link = "/en/ho-tro/theo-doi/" if ticket.language == "en" else "/ho-tro/theo-doi/"
    if "account" in ticket.channels and ticket.party_id is not None:
        notify(
            party_id=ticket.party_id,
            template=template,
            context=names,
            key=f"{template}:{ticket.pk}:{key}",
            channels=("inbox",),
            link="/ho-tro/cua-toi/",
        )
    for channel, where in (("sms", contact.get("phone")), ("email", contact.get("email"))):
        if channel in ticket.channels and where:
            notify(
                party_id=ticket.pk, template=template, context=names, key=f"{template}:{ticket.pk}:{key}", channels=(channel,),
                address=where, link=link,
            )  # fmt: skip
