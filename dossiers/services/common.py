"""What the verbs share: whose dossier it is, the lock, the move with its event."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from uuid import UUID

from accounts import queries as people
from dossiers.filling import Problem
from dossiers.models import TABLE, Dossier, DossierEvent, State
from dossiers.queries import handling_unit
from dossiers.services.kin import RELATIVE, with_relatives_named
from portal import audit
from portal.access import AccessDenied, Actor, Assurance, require, visible_to
from portal.crypto import same_index
from portal.notifications.services import notify
from portal.states import TransitionRefused
from portal.workdays import Calendar, moved

OWN = "Hồ sơ này là của bạn hoặc có tên bạn. Đồng nghiệp khác phải tiếp nhận, giải quyết và ký."
ELSEWHERE = "Hồ sơ này do hệ thống khác giải quyết. Tiến trình, yêu cầu và kết quả của hệ thống đó tự hiện ở đây."
STALE = "Hồ sơ đã thay đổi từ lúc bạn mở trang này. Trang dưới đây cho thấy tình trạng mới nhất; hãy xem lại rồi thực hiện nếu vẫn cần."


class NotYours(Exception):
    """The draft or dossier does not exist for this person. Pages answer 404: existence itself is private."""


class NotForParty(Exception):
    """The procedure is not for the party for whom one acts: for people only, or for organisations; or (``beyond_mandate``) the mandate does
    not reach it."""

    def __init__(self, *, beyond_mandate: bool = False) -> None:
        super().__init__()
        self.beyond_mandate = beyond_mandate


class FilingRefused(Exception):
    """The filing cannot be sent (or a paper not be taken) as it is; ``problems`` say why and where to mend it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{p.page}/{p.field}" for p in problems))
        self.problems = problems


class DraftChanged(Exception):
    """The draft is not what the page showed when the person confirmed: it is to be shown again, nothing was done."""


def filer(actor: Actor) -> UUID:
    """The person of a citizen's actor, signed in at least at medium assurance (Rules art. 11); else :class:`AccessDenied`."""
    if not actor.is_citizen or actor.person_id is None or actor.assurance < Assurance.MEDIUM:
        raise AccessDenied("dossiers.file")
    return actor.person_id


def party_of(actor: Actor, procedure_code: str) -> UUID:
    """The party for whom a citizen's actor files in a procedure; :class:`NotForParty` where their mandate does not reach it."""
    filer(actor)
    if actor.party_id is None:
        raise AccessDenied("dossiers.file")
    if not actor.may_act_in(procedure_code):
        raise NotForParty(beyond_mandate=True)
    return actor.party_id


def position_of(actor: Actor) -> UUID:
    """The position an officer acts in; :class:`AccessDenied` for anybody else."""
    if actor.position_id is None:
        raise AccessDenied("dossiers.read")
    return actor.position_id


def lock_for_officer(*, actor: Actor, dossier_id: UUID, act: str, seen_version: int, transition: str) -> Dossier:
    """The dossier, locked, for an officer's act.

    ``Dossier.DoesNotExist`` behind the door, :class:`AccessDenied` without the role, ``TransitionRefused`` when the page
    the officer decided on is out of date, or the dossier is the officer's own.
    """
    dossier = visible_to(actor, Dossier.objects.select_for_update(), "dossiers.read", "unit_code").get(pk=dossier_id)
    require(actor, act, dossier.unit_code)
    refuse_own(dossier, actor, transition)
    check_seen(dossier, seen_version, transition)
    return dossier


def concerns(dossier: Dossier, person_id: UUID | None) -> bool:
    """Whether a dossier is a person's own: they sent it, it is theirs or of somebody for whom they may act, or their identity number stands
    in it (three queries)."""
    if person_id is None:
        return False
    parties = {dossier.applicant_id, dossier.owner_id}
    if person_id in parties | {dossier.filed_by_id}:
        return True
    own = people.id_blind(person_id)
    if any(same_index(own, one) for one in dossier.id_blinds):
        return True
    return people.mandate_over(person_id, parties) is not None


def why_not(dossier: Dossier, person_id: UUID | None) -> str:
    """Why a person does not act for an agency on a dossier: another system has it, it is their own or a near relative's; empty where they
    may (three queries)."""
    if dossier.handled_by:
        return ELSEWHERE
    return why_nots(dossier, [person_id]).get(person_id, "") if person_id is not None else ""


def why_nots(dossier: Dossier, person_ids: Collection[UUID]) -> dict[UUID, str]:
    """Of some people those who do not act for an agency on a dossier, and why (three queries, however many they are)."""
    if dossier.handled_by:
        return dict.fromkeys(person_ids, ELSEWHERE)
    parties = {dossier.applicant_id, dossier.owner_id}
    own = {one for one in person_ids if one in parties | {dossier.filed_by_id}}
    rest = [one for one in person_ids if one not in own]
    if rest:
        blinds = people.id_blinds(rest)
        own |= {one for one, blind in blinds.items() if any(same_index(blind, named) for named in dossier.id_blinds)}
        own |= people.who_may_act([one for one in rest if one not in own], parties)
    related = with_relatives_named(dossier, [one for one in person_ids if one not in own])
    return {one: OWN if one in own else RELATIVE for one in own | related}


def refuse_own(dossier: Dossier, actor: Actor, transition: str) -> None:
    """Nobody acts for an agency on a dossier of their own, or of a near relative (Law on Cadres and Civil Servants 2008 art. 19;
    ``TransitionRefused``)."""
    if words := why_not(dossier, actor.person_id):
        raise TransitionRefused(transition, dossier.state, words)


def check_seen(dossier: Dossier, seen_version: int, transition: str) -> None:
    """Refuse an act that was chosen on a page showing an older version of the dossier."""
    if dossier.version != seen_version:
        raise TransitionRefused(transition, dossier.state, STALE)


def grounded(reason: str, basis: str) -> str:
    """A reason with its legal ground, as the applicant reads both."""
    return f"{reason.strip().rstrip('.')}. Căn cứ: {basis.strip()}" if basis.strip() else reason.strip()


def move_appointment(dossier: Dossier, now: datetime, calendar: Calendar) -> None:
    """The clock of the locked dossier runs on: its appointment is later by the working time for which it stood still, and so is the one
    that figures measure by. The first one stays what it was; the caller saves."""
    if dossier.due_at is None or dossier.paused_at is None:
        return
    until = max(now, dossier.paused_at)
    dossier.due_at = moved(dossier.due_at, dossier.paused_at, until, calendar)
    if dossier.due_counted is not None:
        dossier.due_counted = moved(dossier.due_counted, dossier.paused_at, until, calendar)


def advance(
    dossier: Dossier,
    transition: str,
    *,
    actor: Actor,
    now: datetime,
    note: str = "",
    then: Callable[[], None] | None = None,
    saved_with_the_next: bool = False,
) -> DossierEvent:
    """Move the locked dossier along one edge, save it, write the event and the audit act. The caller set the times.

    ``then`` sets what the edge's guard looks at, after it has looked. ``saved_with_the_next``: another edge follows at once in the same
    transaction, so that nobody ever sees the dossier in between; both are written as events, the row once.
    """
    before = dossier.state
    TABLE.move(dossier, transition)
    if then is not None:
        then()
    dossier.version += 1
    if not saved_with_the_next:
        dossier.save()
    if before == State.SUBMITTED != dossier.state:
        from dossiers.following.editing import end_edit  # which leans on this module

        end_edit(dossier)
    return write_event(dossier, transition, before=before, actor=actor, now=now, note=note)


def write_event(dossier: Dossier, name: str, *, before: str, actor: Actor, now: datetime, note: str = "") -> DossierEvent:
    """The event of the dossier and the act in the audit trail, in the current transaction."""
    event = DossierEvent.objects.create(
        dossier=dossier,
        at=now,
        name=name,
        from_state=before,
        to_state=dossier.state,
        acting_as=actor.acting_as.value,
        person_id=actor.person_id,
        party_id=actor.party_id,
        mandate_id=actor.mandate_id,
        position_id=actor.position_id,
        label=actor.label if not actor.is_citizen else "",
        unit_code=dossier.unit_code,
        note=note or None,
        due_before=dossier.due_as_loaded,
        due_at=dossier.due_at,
    )
    dossier.due_as_loaded = dossier.due_at
    dossier.newest_event = event.pk
    audit.record(
        actor=actor,
        act=f"dossiers.{name}",
        target="dossiers.dossier",
        target_id=str(dossier.pk),
        unit=dossier.unit_code,
        details={"code": dossier.code or "", "from": before, "to": dossier.state},
    )
    return event


def notify_parties(dossier: Dossier, template: str, *, about: str = "", **more: str) -> None:
    """Tell applicant, owner and who worked on it for them by the registered template, each once for the occasion; in the act's transaction.

    What stands in an inbox is the party's: whoever acted for another is told outside the account, and only as long as they may act for
    it, so that nothing of the party comes to them, or stays with them, when their mandate has ended.

    The occasion is the newest event of the dossier: two notices of one kind about two events both arrive. ``about``
    names another occasion (the id of a file or document), for what is told without an event of its own: repeating it
    tells nobody twice, whatever has happened to the dossier since.
    """
    unit = handling_unit(dossier.unit_code)
    occasion = about or f"event-{dossier.newest_event or dossier.events.order_by('-id').values_list('id', flat=True)[0]}"
    parties = {dossier.applicant_id, dossier.owner_id}
    helpers = people.who_may_act({*dossier.worked_on_by, dossier.filed_by_id} - parties, parties, dossier.procedure_code)
    for party_id in sorted(parties | helpers):
        notify(
            party_id=party_id,
            in_inbox=party_id in parties,
            template=template,
            context={
                # Whoever acts for somebody else may act for several.
                "code": f"{dossier.code} ({dossier.owner_name})" if party_id in helpers else dossier.code or "",
                "procedure": dossier.procedure_name,
                "unit": unit.name if unit else dossier.unit_code,
                **more,
            },
            key=f"{template}:{occasion}",
            link=f"/ho-so/{dossier.code}/",
        )


def tell_owner(
    *,
    party_id: UUID,
    people_ids: Iterable[UUID],
    procedure_code: str,
    template: str,
    what: tuple[str, str],
    key: str,
    link: str,
    **more: str,
) -> None:
    """Tell a party in its account, and by what it chose; those of ``people_ids`` who may act for it are told outside theirs.

    ``what``: name and value of the place of the text that says what it is about; whoever acts for another reads whose it is.
    """
    helpers = people.who_may_act(set(people_ids) - {party_id}, {party_id}, procedure_code)
    owner = people.party(party_id).name if helpers else ""
    for told in sorted({party_id} | helpers):
        notify(
            party_id=told,
            in_inbox=told == party_id,
            template=template,
            context={what[0]: f"{what[1]} ({owner})" if told in helpers else what[1], **more},
            key=key,
            link=link,
            queue="bulk",
        )
