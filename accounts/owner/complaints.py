"""Complaints about wrong identity data or misuse of an account: filed by anybody, taken on, answered, escalated (A-10; Rules art. 13.1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import queries
from accounts.models import AccountComplaint, AccountLock, Person
from accounts.models.owner import SUPPORT_UNIT
from accounts.owner import clocks, locks
from accounts.services import people
from accounts.services.people import ask_registry
from portal import audit
from portal.access import SYSTEM, AccessDenied, Actor, Assurance, require, visible_to
from portal.crypto import blind_index
from portal.notifications.services import notify

HANDLE = "accounts.handle_complaints"
HANDLERS = frozenset({"administrator", "steering"})
LEADERS = frozenset({"steering"})


class ComplaintRefused(Exception):
    """What an officer meant to do does not go; ``message`` says why, ``field`` what to mend."""

    def __init__(self, message: str, field: str = "", status: int = 422) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.status = status


@transaction.atomic
def file(*, kind: str, said: Mapping[str, Any], actor: Actor, now: datetime) -> AccountComplaint:
    """Take a complaint. Whose account it is about is found by the number they wrote, their own where they are signed in.

    Alike for every number: nobody learns whether there is an account. The first clock runs from ``now``.
    """
    person = Person.objects.filter(pk=actor.person_id).first() if actor.person_id is not None else None
    number = said.get("number") or ""
    about = Person.objects.filter(id_blind=blind_index("id_number", number)).first() if number else person
    made = AccountComplaint.objects.create(kind=kind, person=person, account=about, said=dict(said), received_at=now)
    _note(actor, made, "accounts.complain", kind=kind)
    if person is not None:
        notify(
            party_id=person.pk,
            template="accounts.complaint_received",
            context=_context(made, clocks.tell(received_at=now, told_at=None, now=now).due),
            key=f"complaint:{made.pk}:received",
            channels=("inbox",),
            link=_link(made),
        )
    _tell_officers(made, "accounts.complaint_new", "new", HANDLERS, made.received_at + clocks.TELL_WITHIN)
    return made


def _link(made: AccountComplaint) -> str:
    return reverse("account-complaint", args=[made.code])


def _context(made: AccountComplaint, due: datetime) -> dict[str, str]:
    return {"code": made.code_shown, "due": f"{timezone.localtime(due):%H:%M %d/%m/%Y}"}


def _tell_officers(made: AccountComplaint, template: str, occasion: str, roles: frozenset[str], due: datetime) -> None:
    for holder in queries.holders(SUPPORT_UNIT, roles):
        notify(
            party_id=holder.person_id,
            template=template,
            context=_context(made, due),
            key=f"complaint:{made.pk}:{occasion}",
            link=reverse("admin:accounts_accountcomplaint_change", args=[made.pk]),
        )


def _tell_parties(made: AccountComplaint, word: str, due: datetime) -> None:
    """Who complained, by their account or by the phone and address they gave; whose account it is, where that is somebody else."""
    notify(
        party_id=made.person_id or made.pk,
        template=f"accounts.complaint_{word}",
        context=_context(made, due),
        key=f"complaint:{made.pk}:{word}",
        link=_link(made),
    )
    if made.account_id is not None and made.account_id != made.person_id:
        notify(
            party_id=made.account_id,
            template=f"accounts.complaint_about_{word}",
            context=_context(made, due),
            key=f"complaint:{made.pk}:about-{word}",
            link=_link(made),
        )


def seen_by(actor: Actor) -> QuerySet[AccountComplaint]:
    """The complaints that an officer may see."""
    return visible_to(actor, AccountComplaint.objects.all(), HANDLE, "unit_code")


@transaction.atomic
def note_read(*, actor: Actor, row: AccountComplaint) -> None:
    """An officer opened a complaint: who looked is itself an act (requirement O-07), and whose account it is about sees it, too."""
    _note(actor, row, "accounts.read_complaint")
    if row.account_id is not None:
        people.note_read(actor=actor, people=[row.account_id], unit=row.unit_code)


def _locked(actor: Actor, complaint_id: UUID, seen: int | None) -> AccountComplaint:
    """The row for an officer who may act on it and is no party to it. ``AccountComplaint.DoesNotExist`` behind the door."""
    row = AccountComplaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
    require(actor, HANDLE, row.unit_code)
    if actor.person_id in (row.person_id, row.account_id):
        raise AccessDenied(HANDLE)
    if seen is not None and seen != row.version:
        raise ComplaintRefused("Khiếu nại vừa được người khác xử lý. Bạn tải lại trang để xem.", status=409)
    return row


def _move(row: AccountComplaint, name: str) -> None:
    from portal.states import TransitionRefused

    try:
        AccountComplaint.table.move(row, name)
    except TransitionRefused:
        raise ComplaintRefused("Khiếu nại đã chuyển sang bước khác. Bạn tải lại trang để xem.", status=409) from None
    row.version += 1


@transaction.atomic
def take_on(*, actor: Actor, complaint_id: UUID, seen: int | None = None, now: datetime) -> AccountComplaint:
    """Formal receipt: both parties are told, the second clock runs. For wrong data the registry is asked again.

    Raises :class:`ComplaintRefused`.
    """
    row = _locked(actor, complaint_id, seen)
    _move(row, "take")
    row.taken_at = row.told_at = max(now, row.received_at)
    row.officer_id = actor.position_id
    row.save()
    _note(actor, row, "accounts.take_complaint")
    _tell_parties(row, "taken", row.taken_at + clocks.ANSWER_WITHIN)
    if row.account_id is not None and row.kind == AccountComplaint.Kind.WRONG_DATA:
        ask_registry(person_id=row.account_id, occasion=f"complaint:{row.code}", now=now)
    return row


@transaction.atomic
def end(*, actor: Actor, complaint_id: UUID, upheld: bool, outcome: str, seen: int | None = None, now: datetime) -> AccountComplaint:
    """The outcome: right or not, and what was done. Both parties are told at once. Raises :class:`ComplaintRefused`."""
    if not outcome.strip():
        raise ComplaintRefused("Bạn hãy ghi kết quả.", "outcome")
    row = _locked(actor, complaint_id, seen)
    _move(row, "end")
    assert row.taken_at is not None
    row.ended_at, row.upheld, row.outcome = max(now, row.taken_at), upheld, outcome.strip()
    row.save()
    _note(actor, row, "accounts.end_complaint", upheld=str(upheld))
    _tell_parties(row, "ended", row.ended_at)
    return row


@transaction.atomic
def lock_account(*, actor: Actor, complaint_id: UUID, needs: Assurance, now: datetime) -> AccountLock:
    """Lock the account that a complaint is about, to protect its owner, while it is looked into. Raises :class:`ComplaintRefused`."""
    row = _locked(actor, complaint_id, None)
    user_id = row.account.user_id if row.account is not None else None
    made = locks.lock(user_id=user_id, reason=AccountLock.Reason.OFFICE, needs=needs, actor=actor, now=now) if user_id is not None else None
    if made is None:
        raise ComplaintRefused("Khiếu nại này không gắn với tài khoản nào đang dùng.")
    return made


@transaction.atomic
def unlock_account(*, actor: Actor, complaint_id: UUID, now: datetime) -> None:
    """Open it, after the officer has made sure who the person is. Raises :class:`ComplaintRefused`."""
    row = _locked(actor, complaint_id, None)
    user_id = row.account.user_id if row.account is not None else None
    if row.state != AccountComplaint.TAKEN:
        raise ComplaintRefused("Bạn tiếp nhận khiếu nại trước, rồi mới mở khóa.")
    if user_id is None:
        raise ComplaintRefused("Khiếu nại này không gắn với tài khoản nào.")
    try:
        locks.unlock(user_id=user_id, proof=Assurance.HIGH, by="office", actor=actor, now=now)
    except locks.NotLocked:
        raise ComplaintRefused("Tài khoản này không bị khóa.") from None


@transaction.atomic
def escalate(*, now: datetime, limit: int = 200) -> int:
    """Tell the Government Office's leaders of clocks that have run out, once each; how many."""
    late = AccountComplaint.objects.select_for_update(of=("self",), skip_locked=True)
    untold = late.filter(told_at=None, tell_escalated_at=None, received_at__lt=now - clocks.TELL_WITHIN).order_by("received_at")
    unanswered = late.filter(ended_at=None, answer_escalated_at=None, taken_at__lt=now - clocks.ANSWER_WITHIN).order_by("taken_at")
    done = 0
    for row in untold[:limit]:
        AccountComplaint.objects.filter(pk=row.pk).update(tell_escalated_at=now)
        _note(SYSTEM, row, "accounts.escalate_complaint", clock="tell")
        _tell_officers(row, "accounts.complaint_late", "late-tell", LEADERS, row.received_at + clocks.TELL_WITHIN)
        done += 1
    for row in unanswered[:limit]:
        assert row.taken_at is not None
        AccountComplaint.objects.filter(pk=row.pk).update(answer_escalated_at=now)
        _note(SYSTEM, row, "accounts.escalate_complaint", clock="answer")
        _tell_officers(row, "accounts.complaint_late", "late-answer", LEADERS, row.taken_at + clocks.ANSWER_WITHIN)
        done += 1
    return done


def _note(actor: Actor, row: AccountComplaint, act: str, **details: str) -> None:
    audit.record(actor=actor, act=act, target="accounts.accountcomplaint", target_id=str(row.pk), unit=row.unit_code, details=dict(details))


def by_code(typed: str) -> AccountComplaint | None:
    """A complaint by its code as typed; None for one that nobody has (one query)."""
    code = "".join(sign for sign in typed.upper() if sign.isalnum())
    return AccountComplaint.objects.filter(code=code).first() if len(code) == 12 and code.isascii() else None
