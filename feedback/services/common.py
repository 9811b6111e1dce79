"""What the verbs share: the lock, the move with its event, the stay at an agency with its clocks, telling the sender."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts import queries as people
from dossiers.queries import unit_calendar
from feedback import figures
from feedback.access import seen_by
from feedback.models import TABLE, Holding, Opinion, Petition, PetitionEvent
from feedback.rules import progress_due, sender_due, unit_clocks
from feedback.services.reaching import tell_of_nobody
from feedback.terms import limits_at
from portal import audit, outbox
from portal.access import AccessDenied, ActingAs, Actor, Assurance, belonging_to, require
from portal.documents.units import unit_name
from portal.notifications.registry import contact_of
from portal.notifications.services import notify
from portal.workdays import national_calendar

OWN = "Phản ánh này do bạn gửi. Đồng nghiệp khác phải tiếp nhận, xử lý và duyệt."
STALE = "Phản ánh đã thay đổi từ lúc bạn mở trang này. Trang dưới đây cho thấy tình trạng mới nhất; hãy xem lại rồi làm nếu vẫn cần."


class NotYours(Exception):
    """The petition or draft does not exist for this person. Pages answer 404."""


class PetitionRefused(Exception):
    """It cannot be done so. ``message`` is for the person; ``field`` names what to mend, where one does; ``status`` is what a page
    answers: 422, or 409 where the petition is not any more what the person saw. ``more``: what else is to be mended, by field."""

    def __init__(self, message: str, field: str = "", *, status: int = 422, more: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.status = status
        self.more = dict(more or {})

    @property
    def in_full(self) -> str:
        """Everything that is to be mended, for where there are no fields to say it beside."""
        return " ".join([self.message, *self.more.values()])


def refuse_all(problems: Mapping[str, str]) -> None:
    """Refuse with all that is wrong, by field; nothing where nothing is."""
    if problems:
        (field, message), *others = problems.items()
        raise PetitionRefused(message, field, more=dict(others))


def writer(actor: Actor) -> UUID:
    """The party for whom a citizen's actor writes, signed in at least at medium assurance (Rules art. 11, 39.3); else
    :class:`AccessDenied`.

    A mandate that is limited to some procedures does not reach petitions.
    """
    if not actor.is_citizen or actor.party_id is None or actor.assurance < Assurance.MEDIUM or actor.procedures is not None:
        raise AccessDenied("feedback.send")
    return actor.party_id


def agency_of(unit_code: str) -> str:
    """The ministry or province that a unit belongs to: the first part of its code."""
    return unit_code.split(".")[0]


def lock_for_officer(*, actor: Actor, petition_id: UUID, act: str, seen: int | None = None, unit: str = "") -> Petition:
    """The petition, locked, for an officer's act at the agency that holds it (or at ``unit``).

    ``Petition.DoesNotExist`` behind the door, :class:`AccessDenied` without the right, :class:`PetitionRefused` where the page that the
    officer decided on is out of date, or the petition is the officer's own.
    """
    petition = seen_by(actor, Petition.objects.select_for_update(of=("self",))).get(pk=petition_id)
    require(actor, act, unit or petition.unit_code)
    if actor.person_id is not None and actor.person_id in (petition.party_id, petition.sent_by):
        raise PetitionRefused(OWN)
    if actor.position_id is not None and actor.position_id == petition.reporter_position_id:
        raise PetitionRefused(OWN)
    check_seen(petition, seen)
    return petition


def lock_own(*, actor: Actor, petition_id: UUID, seen: int | None = None) -> Petition:
    """The petition, locked, for its sender; :class:`NotYours` for everybody else."""
    writer(actor)
    petition = belonging_to(actor, Petition.objects.select_for_update(of=("self",)), "party_id").filter(pk=petition_id).first()
    if petition is None:
        raise NotYours
    check_seen(petition, seen)
    return petition


def check_seen(petition: Petition, seen: int | None) -> None:
    """Refuse an act that was chosen on a page showing an older version."""
    if seen is not None and seen != petition.version:
        raise PetitionRefused(STALE, status=409)


def move(petition: Petition, transition: str) -> str:
    """Move along one edge (unsaved); :class:`PetitionRefused` where the table says no. Returns the state before."""
    before = petition.state
    reason = TABLE.refusal(petition, transition)
    if reason:
        raise PetitionRefused(reason.replace("Hồ sơ", "Phản ánh"), status=409)
    TABLE.move(petition, transition)
    return before


def keep(
    petition: Petition,
    name: str,
    *,
    before: str,
    was: figures.Facts | None,
    actor: Actor,
    now: datetime,
    note: str = "",
    to_unit: str = "",
    from_unit: str = "",
    due_before: datetime | None = None,
    **details: Any,
) -> PetitionEvent:
    """Save the changed petition with its event, the act in the audit trail and what it changes in the figures.

    ``was``: :func:`feedback.figures.facts_of` from before the change; None for a petition that is new.
    """
    if was is not None:
        petition.version += 1
    petition.save(force_insert=was is None)
    figures.note_difference(was, figures.facts_of(petition))
    return write_event(
        petition,
        name,
        before=before,
        actor=actor,
        now=now,
        note=note,
        to_unit=to_unit,
        from_unit=from_unit,
        due_before=due_before,
        **details,
    )


def write_event(
    petition: Petition,
    name: str,
    *,
    before: str,
    actor: Actor,
    now: datetime,
    note: str = "",
    to_unit: str = "",
    from_unit: str = "",
    due_before: datetime | None = None,
    **details: Any,
) -> PetitionEvent:
    """An event and its act in the audit trail; ``details`` are codes and moments, never words of people."""
    event = PetitionEvent.objects.create(
        petition=petition,
        at=now,
        name=name,
        from_state=before,
        to_state=petition.state,
        unit_code=from_unit or petition.unit_code,
        to_unit=to_unit,
        acting_as=actor.acting_as.value,
        person_id=actor.person_id,
        party_id=actor.party_id,
        mandate_id=actor.mandate_id,
        position_id=actor.position_id,
        label=actor.label[:200] if not actor.is_citizen else "",
        note=note or None,
        details=details,
        due_before=due_before,
        due_after=petition.due_at,
    )
    audit.record(
        actor=actor,
        act=f"feedback.{name}",
        target="feedback.petition",
        target_id=str(petition.pk),
        unit=from_unit or petition.unit_code,
        details={"code": petition.code, "from": before, "to": petition.state, **({"to_unit": to_unit} if to_unit else {})},
    )
    return event


def start_clocks(petition: Petition, *, received_at: datetime) -> None:
    """Set the sender's clock from a first receipt (unsaved)."""
    limits, national = limits_at(received_at), national_calendar()
    petition.received_at = received_at
    petition.due_at = sender_due(received_at, limits, national)
    petition.progress_due_at = progress_due(petition.due_at, None, limits, national)
    petition.warned = 0


def hold(petition: Petition, *, unit_code: str, how: str, now: datetime, from_unit: str = "", received_at: datetime | None = None) -> None:
    """Give the petition (unsaved, but for its holdings) to an agency, whose own clocks start with its receipt."""
    received = received_at or now
    set_unit_clocks(petition, unit_code=unit_code, received_at=received)
    petition.accepted_at, petition.handler_position_id, petition.supply_due_at = None, None, None
    petition.warned = 0
    if not petition._state.adding:
        Holding.objects.filter(petition=petition, ended_at__isnull=True).update(ended_at=now)


def set_unit_clocks(petition: Petition, *, unit_code: str, received_at: datetime) -> None:
    """The clocks of an agency that received the petition at a moment (unsaved)."""
    clocks = unit_clocks(received_at, limits_at(petition.received_at), unit_calendar(unit_code))
    petition.unit_code, petition.agency_code = unit_code, agency_of(unit_code)
    petition.unit_received_at, petition.unit_due_at = received_at, clocks.answer
    petition.refuse_due_at, petition.ask_due_at, petition.transfer_due_at = clocks.refuse, clocks.ask, clocks.transfer


def note_holding(petition: Petition, *, how: str, from_unit: str = "", accepted_at: datetime | None = None) -> Holding:
    """The row of the stay that began (after the petition is saved); who can mend it is told where nobody there would see it."""
    tell_of_nobody(petition=petition, unit=petition.unit_code)
    return Holding.objects.create(
        petition=petition,
        number=petition.holdings.count() + 1,
        unit_code=petition.unit_code,
        from_unit=from_unit,
        how=how,
        received_at=petition.unit_received_at,
        due_at=petition.unit_due_at,
        accepted_at=accepted_at,
    )


def accept(petition: Petition, *, actor: Actor, now: datetime) -> None:
    """Note that the agency that holds it takes it on (unsaved, but for its holding)."""
    petition.accepted_at = now
    if petition.handler_position_id is None and actor.acting_as is ActingAs.POSITION:
        petition.handler_position_id = actor.position_id
    Holding.objects.filter(petition=petition, ended_at__isnull=True).update(accepted_at=now)


def end(petition: Petition, *, now: datetime) -> None:
    """Note that nothing more is to be done (unsaved, but for what was asked of others)."""
    petition.ended_at, petition.progress_due_at, petition.supply_due_at = now, None, None
    Holding.objects.filter(petition=petition, ended_at__isnull=True).update(ended_at=now)
    petition.supplements.filter(closed_at__isnull=True).update(closed_at=now)
    call_off_opinions(petition, now=now)


def call_off_opinions(petition: Petition, *, now: datetime) -> None:
    """What was asked of other agencies is needed no more."""
    Opinion.objects.filter(petition=petition, given_at__isnull=True, called_off_at__isnull=True).update(called_off_at=now)


def day(moment: datetime) -> str:
    """A deadline as a day, as people are told it."""
    return f"{timezone.localtime(moment):%d/%m/%Y}"


def tell(petition: Petition, template: str, *, occasion: object = "", link: str = "", **more: str) -> None:
    """Tell whoever sent it, once for an occasion (the newest event, if none is named): a party of the portal by what it chose, an agency's
    officer who reported in their own inbox, somebody without an account at the address they gave. What is told names code, agency and
    days; what was written stays on the page behind the sign-in.

    ``link``: a path that everybody may open, in place of the petition's own page.
    """
    at = occasion or f"event-{petition.events.order_by('-id').values_list('id', flat=True)[0]}"
    key = f"{template}:{petition.pk}:{at}"
    context = {"code": petition.code, "unit": unit_name(petition.unit_code), "due": day(petition.due_at), **more}
    if petition.party_id is not None:
        link = link or f"/phan-anh-kien-nghi/{petition.code}/"
        notify(party_id=petition.party_id, template=template, context=context, key=key, link=link)
        _tell_where_asked(petition, template=template, context=context, key=key, link=link)
        for person_id in set(petition.told_to) - {petition.party_id}:
            if people.mandate_over(person_id, {petition.party_id}) is not None:
                notify(party_id=person_id, in_inbox=False, template=template, context=context, key=key, link=link)
    elif petition.reporter_position_id is not None:
        person = people.position_person(petition.reporter_position_id)
        if person is not None:
            link = link or f"/quan-tri/feedback/procedurereport/{petition.pk}/change/"
            notify(party_id=person, template=template, context=context, key=key, link=link, channels=("inbox", "email"))
    else:
        # Each way by itself: a mail server that is down keeps no SMS back.
        for channel in [channel for channel, name in (("sms", "phone"), ("email", "email")) if (petition.sender or {}).get(name)]:
            outbox.put(
                "feedback.tell_writer",
                key=f"{key}:{channel}",
                payload={"petition": str(petition.pk), "template": template, "context": context, "link": link, "channel": channel},
            )


def _tell_where_asked(petition: Petition, *, template: str, context: Mapping[str, str], key: str, link: str) -> None:
    """A letter to the address that was given for this petition, where it is not the account's: "Trả lời bạn ở đâu?" was asked of it."""
    given = str((petition.sender or {}).get("email") or "")
    if petition.party_id is not None and given and given.lower() != contact_of(petition.party_id).email.lower():
        notify(
            party_id=petition.party_id,
            template=template,
            context=context,
            key=f"{key}:given",
            link=link,
            channels=("email",),
            address=given,
        )
