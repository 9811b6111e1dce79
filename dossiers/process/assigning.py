"""Who gets a dossier, and the step in which it stands: the least loaded, who has the place, or by hand; who stands in for who is away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Max, Q
from django.utils import timezone

from accounts import queries as people
from accounts.officers.substitutes import substitutes_in
from dossiers.models import OPEN_STATES, Absence, Dossier, DossierStep, OfficerArea, Stage, State
from dossiers.process.documents import ROLES
from dossiers.services.common import concerns, lock_for_officer, position_of, why_not, write_event
from portal import audit
from portal.access import AccessDenied, Actor, require
from portal.access.roles import LEADERS
from portal.states import TransitionRefused

ASSIGN, TAKE, ARRANGE = "dossiers.assign", "dossiers.take_step", "dossiers.arrange_processes"
How = DossierStep.How
GOING = (State.RECEIVED, State.PROCESSING, State.INCOMPLETE, State.PAYMENT_DUE)
"""States in which somebody at the agency has the dossier."""
NOBODY = "Không còn ai khác giữ vai trò này trong cơ quan để giao."
DISTRIBUTE = LEADERS | {"reception"}
"""Who gives everybody's dossiers; who handles gives what is theirs, or nobody's."""


@dataclass(frozen=True)
class Candidate:
    """Somebody to whom a step can be given now."""

    position_id: UUID
    person_id: UUID
    label: str
    load: int = 0
    """Open dossiers that they have."""
    stands_in_for: str = ""


def away(unit_code: str, roles: Iterable[str], now: datetime) -> dict[UUID, tuple[UUID, str]]:
    """Who of a unit is away on this day, and who has their work: position → substitute's position and label (three queries).

    By an absence that the officer named, or by roles that were lent (`accounts.officers.substitutes`).
    """
    today = timezone.localdate(now)
    rows = Absence.objects.filter(unit_code=unit_code, starts_on__lte=today, ends_on__gte=today, ended_at__isnull=True)
    found = {row.position_id: (row.substitute_id, row.substitute_label) for row in rows.order_by("made_at")[:200]}
    wanted = set(roles)
    for lent in substitutes_in(unit_code, sorted(wanted), now):
        if wanted & set(lent.roles):
            found.setdefault(lent.absent.pk, (lent.substitute.pk, f"{lent.substitute.person.full_name}, {lent.substitute.title}"))
    return found


def stood_in_for(actor: Actor, now: datetime) -> set[UUID]:
    """The positions whose work an officer has today beside their own (one query)."""
    if actor.position_id is None:
        return set()
    today = timezone.localdate(now)
    rows = Absence.objects.filter(substitute_id=actor.position_id, starts_on__lte=today, ends_on__gte=today, ended_at__isnull=True)
    found = set(rows.values_list("position_id", flat=True)[:50])
    return found | {actor.substitutes} if actor.substitutes else found


def candidates(unit_code: str, roles: Iterable[str], now: datetime, *, but: UUID | None = None) -> list[Candidate]:
    """Who can be given a step of one of the roles in a unit now, the least loaded first; nobody who is away (six queries). ``but``: a
    dossier that is not counted, for it is the one to be given."""
    wanted = list(roles)
    holders = {one.position_id: one for one in people.holders(unit_code, wanted)}
    absent = away(unit_code, wanted, now)
    loads = dict(
        Dossier.objects.filter(unit_code=unit_code, state__in=GOING, officer_id__in=list(holders))
        .exclude(Q(stage=Stage.AWAITING_SIGNATURE) | Q(pk=but))
        .values_list("officer_id")
        .annotate(count=Count("pk"))
    )
    last = dict(
        DossierStep.objects.filter(unit_code=unit_code, officer_id__in=list(holders), finished_at__isnull=True)
        .values_list("officer_id")
        .annotate(last=Max("assigned_at"))
    )
    here = [Candidate(one.position_id, one.person_id, one.label, loads.get(one.position_id, 0)) for one in holders.values()]
    here = [one for one in here if one.position_id not in absent]
    return sorted(here, key=lambda one: (one.load, str(last.get(one.position_id) or ""), one.label, str(one.position_id)))


def present(position_id: UUID, unit_code: str, roles: Iterable[str], now: datetime) -> Candidate | None:
    """Who has the work of a position today: its holder, or where they are away their substitute; None where nobody can."""
    wanted = list(roles)
    holders = {one.position_id: one for one in people.holders(unit_code, wanted)}
    absent, seen, name = away(unit_code, wanted, now), set[UUID](), ""
    while position_id in absent and position_id not in seen:
        seen.add(position_id)
        if position_id in holders:
            name = name or holders[position_id].label
        position_id = absent[position_id][0]
    if position_id in seen or position_id not in holders:
        return None
    one = holders[position_id]
    return Candidate(one.position_id, one.person_id, one.label, stands_in_for=name)


def choose(dossier: Dossier, step: DossierStep, rule: str, area: str, before: UUID | None, now: datetime) -> tuple[Candidate | None, str]:
    """Who gets an open step by its rule, and how they were found. Nobody gets a dossier of their own.

    Loads are read one assignment of a unit after another, so that two dossiers at one moment do not both go to the same officer.
    """
    if rule == "hand":
        return None, How.NONE
    if rule == "same" and before is not None:
        found = present(before, step.unit_code, [step.role], now)
        if found is not None and not concerns(dossier, found.person_id):
            return found, How.SAME
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"assign:{step.unit_code}"])
    ready = candidates(step.unit_code, [step.role], now, but=dossier.pk)
    if rule == "area" and area:
        there = set(OfficerArea.objects.filter(unit_code=step.unit_code, area_code=area).values_list("position_id", flat=True))
        there = {one.position_id for position in there if (one := present(position, step.unit_code, [step.role], now)) is not None}
        for one in ready:
            if one.position_id in there and not concerns(dossier, one.person_id):
                return one, How.AREA
    found = next((one for one in ready if not concerns(dossier, one.person_id)), None)
    return found, How.LEAST_LOADED if found is not None else How.NONE


def give(dossier: Dossier, step: DossierStep | None, to: Candidate | None, how: str, now: datetime) -> None:
    """Put a step, and the dossier with it, into somebody's hands; the caller saves the dossier. A dossier to be signed stays with its
    officer: who signs is another's matter."""
    if step is not None:
        step.officer_id = to.position_id if to is not None else None
        step.officer_label = to.label[:200] if to is not None else ""
        step.assigned_at, step.assigned_how = (now, how) if to is not None else (None, How.NONE)
        step.save()
    if to is not None and (step is None or step.act != "sign"):
        dossier.officer_id, dossier.officer_label = to.position_id, to.label[:200]


def open_step(dossier: Dossier) -> DossierStep | None:
    """The step in which a dossier stands; None without a process (one query)."""
    return dossier.steps.filter(finished_at__isnull=True).select_related("process__version").first()


def roles_of(dossier: Dossier, step: DossierStep | None) -> tuple[str, ...]:
    """Whose the work on a dossier is now: of who holds one of these roles."""
    if step is not None:
        return (step.role,)
    return ("handling", "reception") if dossier.state == State.SUBMITTED else ("handling",)


def why_not_assigned(dossier: Dossier, step: DossierStep | None) -> str:
    """Why a dossier cannot be given to another officer now; empty where it can."""
    if dossier.state not in OPEN_STATES:
        return "Hồ sơ đã kết thúc nên không giao được."
    if dossier.awaits_signature or (step is not None and step.act == "sign"):
        return "Hồ sơ đang chờ ký. Muốn đổi người, hãy rút lại quyết định trước."
    return ""


class Hands:
    """In whose hands a dossier, or the step in which it stands, is for one officer at one moment; each thing is asked once."""

    def __init__(self, held: Dossier | DossierStep, actor: Actor, now: datetime) -> None:
        self.held, self.actor, self.now = held, actor, now

    @property
    def are_own(self) -> bool:
        """Whether the officer has it themself. No query."""
        return self.held.officer_id is not None and self.held.officer_id == self.actor.position_id

    @cached_property
    def are_stood_in_for(self) -> bool:
        """Whether the officer has the work of who has it today (one query)."""
        return self.held.officer_id is not None and self.held.officer_id in stood_in_for(self.actor, self.now)

    @cached_property
    def is_free(self) -> bool:
        """Whether nobody has the step (no query, or two or three)."""
        if self.held.officer_id is None:
            return True
        step = self.held
        if not isinstance(step, DossierStep) or (self.are_own and step.role in self.actor.roles and step.unit_code == self.actor.unit):
            return False
        return is_free(step)


def why_not_by(hands: Hands) -> str:
    """Why an officer who may give dossiers cannot give this one: it is a colleague's, and they do not distribute the work (no query for
    who does, else one)."""
    if hands.held.officer_id is None or hands.actor.roles & DISTRIBUTE or hands.are_own or hands.are_stood_in_for:
        return ""
    return f"Hồ sơ do {hands.held.officer_label} giải quyết. Bộ phận tiếp nhận hoặc lãnh đạo giao lại được."


@transaction.atomic
def assign(
    *, actor: Actor, dossier_id: UUID, seen_version: int, position_id: UUID | None, reason: str = "", now: datetime
) -> tuple[Dossier, Candidate]:
    """Give an open dossier, and the step in which it stands, to an officer of its agency; None: to the least loaded. Who is away hands on
    to their substitute. Nobody is told outside, and the clock does not notice: nothing changes for the applicant.

    ``TransitionRefused`` in words: somebody was quicker, it is a colleague's, the officer does not hold the role (any more), has it
    already, or it concerns them or a near relative.
    """
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act=ASSIGN, seen_version=seen_version, transition="assign")
    step = open_step(dossier)

    def refuse(words: str) -> TransitionRefused:
        return TransitionRefused("assign", dossier.state, words)

    if refusal := why_not_assigned(dossier, step) or why_not_by(Hands(step or dossier, actor, now)):
        raise refuse(refusal)
    roles, holder = roles_of(dossier, step), step.officer_id if step is not None else dossier.officer_id
    to: Candidate | None
    if position_id is None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"assign:{dossier.unit_code}"])
        ready = [one for one in candidates(dossier.unit_code, roles, now) if one.position_id != holder]
        to, how = next((one for one in ready if not why_not(dossier, one.person_id)), None), How.LEAST_LOADED
        if to is None:
            raise refuse(NOBODY)
    else:
        to, how = present(position_id, dossier.unit_code, roles, now), How.HAND
        if to is None:
            raise refuse(f"Người được chọn không (còn) giữ vai trò “{ROLES[roles[0]]}” trong cơ quan.")
        if to.position_id == holder:
            raise refuse(f"Hồ sơ đã do {to.label} giải quyết.")
        if why_not(dossier, to.person_id):
            raise refuse(f"Hồ sơ là của {to.label}, của người thân hoặc có tên họ. Hãy chọn người khác.")
    before = step.officer_label if step is not None else dossier.officer_label
    give(dossier, step, to, how, now)
    words = f"{before or 'Chưa giao'} → {to.label}"
    words += f" (thay {to.stands_in_for})" if to.stands_in_for else ""
    _moved(dossier, "assign", actor=actor, now=now, note=f"{words}. {reason.strip()}" if reason.strip() else words)
    return dossier, to


@transaction.atomic
def take(*, actor: Actor, dossier_id: UUID, seen_version: int, now: datetime) -> Dossier:
    """Take a step that nobody has, whose officer is away and is stood in for, or whose officer holds the role no more.

    :class:`AccessDenied` without the step's role; ``TransitionRefused`` when somebody was quicker.
    """
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act=TAKE, seen_version=seen_version, transition="take_step")
    step = open_step(dossier)
    if step is None or why_not_assigned(dossier, step):
        raise TransitionRefused("take_step", dossier.state, why_not_assigned(dossier, step) or "Hồ sơ không theo quy trình nào.")
    if step.role not in actor.roles:
        raise AccessDenied(TAKE)
    hands = Hands(step, actor, now)
    if not hands.is_free and not hands.are_stood_in_for:
        raise TransitionRefused("take_step", dossier.state, f"Bước này đang do {step.officer_label} giữ. Lãnh đạo phân công lại được.")
    mine = Candidate(position_of(actor), actor.person_id or position_of(actor), label_of(actor))
    give(dossier, step, mine, How.TAKEN, now)
    _moved(dossier, "take_step", actor=actor, now=now, note=step.label)
    return dossier


def label_of(actor: Actor) -> str:
    """How an officer's name stands in lists of who has what (one query)."""
    position = position_of(actor)
    return people.officer_labels([position]).get(position, actor.label)


def is_free(step: DossierStep) -> bool:
    """Whether nobody has a step: it was given to nobody, or its officer holds the role no more (no query, or two or three)."""
    if step.officer_id is None:
        return True
    return step.officer_id not in {one.position_id for one in people.holders(step.unit_code, [step.role])}


def _moved(dossier: Dossier, name: str, *, actor: Actor, now: datetime, note: str) -> None:
    dossier.version += 1
    dossier.save()
    write_event(dossier, name, before=dossier.state, actor=actor, now=now, note=note)


# Absence -------------------------------------------------------------------------------------------------------------------------


class AbsenceRefused(Exception):
    """It cannot be so; ``message`` is for the officer, ``field`` names what to mend."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


SUBSTITUTE = "dossiers.name_substitute"
FARTHEST = 366


def possible_substitutes(unit_code: str, position_id: UUID, role_names: Iterable[str]) -> list[people.Holder]:
    """Colleagues of the unit who hold every role in the process that the position holds (a few queries)."""
    wanted = sorted(set(role_names) & set(ROLES))
    by_role = [{one.position_id: one for one in people.holders(unit_code, [role])} for role in wanted]
    if not by_role:
        return []
    own = people.position_person(position_id)
    return [one for key, one in by_role[0].items() if all(key in rest for rest in by_role[1:]) and one.person_id != own]


@transaction.atomic
def name_substitute(*, actor: Actor, substitute_id: UUID, starts_on: date, ends_on: date, reason: str, now: datetime) -> Absence:
    """An officer who will be away names who has their work meanwhile: a colleague of the unit with the same roles, who needs no others.

    New work of these days goes to the substitute, and what the officer has the substitute may go on with. :class:`AbsenceRefused`.
    """
    position = position_of(actor)
    require(actor, SUBSTITUTE, actor.unit)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"absence:{actor.unit}"])
    today = timezone.localdate(now)
    if starts_on < today or (ends_on - today).days > FARTHEST:
        raise AbsenceRefused("Ngày vắng mặt từ hôm nay đến một năm sau.", "starts_on")
    if ends_on < starts_on:
        raise AbsenceRefused("Ngày cuối phải từ ngày đầu trở đi.", "ends_on")
    ready = {one.position_id: one for one in possible_substitutes(actor.unit, position, actor.roles)}
    if substitute_id not in ready:
        raise AbsenceRefused("Người làm thay phải là đồng nghiệp trong đơn vị, giữ đủ các vai trò của bạn.", "substitute")
    rows = Absence.objects.filter(unit_code=actor.unit, ended_at__isnull=True, starts_on__lte=ends_on, ends_on__gte=starts_on)
    if rows.filter(position_id=position).exists():
        raise AbsenceRefused("Bạn đã khai vắng mặt trong những ngày này. Bạn chấm dứt lần khai đó trước.", "starts_on")
    if rows.filter(position_id=substitute_id).exists():
        raise AbsenceRefused("Người này cũng vắng mặt trong những ngày đó.", "substitute")
    absence = Absence.objects.create(
        unit_code=actor.unit,
        position_id=position,
        label=label_of(actor)[:200],
        substitute_id=substitute_id,
        substitute_label=ready[substitute_id].label[:200],
        reason=reason.strip(),
        starts_on=starts_on,
        ends_on=ends_on,
        made_at=now,
    )
    _note(actor, "dossiers.name_substitute", absence)
    return absence


@transaction.atomic
def end_absence(*, actor: Actor, absence_id: int, now: datetime) -> Absence:
    """The officer is back, or does not go: their work is theirs again. Their own, or by who arranges the unit's work. Twice is the same as
    once."""
    absence = Absence.objects.select_for_update().get(pk=absence_id)
    if absence.position_id != actor.position_id:
        require(actor, ARRANGE, absence.unit_code)
    if absence.ended_at is None:
        absence.ended_at = now
        absence.save(update_fields=["ended_at"])
        _note(actor, "dossiers.end_absence", absence)
    return absence


@transaction.atomic
def keep_areas(*, actor: Actor, unit_code: str, position_id: UUID, areas: Mapping[str, str]) -> int:
    """Say which places an officer of a unit has (code → name), in place of those they had: how many. :class:`AbsenceRefused`."""
    require(actor, ARRANGE, unit_code)
    label = people.officer_labels([position_id]).get(position_id)
    if label is None or position_id not in {one.position_id for one in people.holders(unit_code, ROLES)}:
        raise AbsenceRefused("Người này không (còn) giữ vai trò nào về hồ sơ trong đơn vị.", "officer")
    OfficerArea.objects.filter(Q(unit_code=unit_code), position_id=position_id).delete()
    OfficerArea.objects.bulk_create(
        [
            OfficerArea(unit_code=unit_code, position_id=position_id, label=label[:200], area_code=code, area_name=name)
            for code, name in areas.items()
        ]
    )
    audit.record(
        actor=actor,
        act="dossiers.keep_areas",
        target="dossiers.officerarea",
        target_id=str(position_id),
        unit=unit_code,
        details={"areas": sorted(areas)},
    )
    return len(areas)


def _note(actor: Actor, act: str, absence: Absence) -> None:
    audit.record(
        actor=actor,
        act=act,
        target="dossiers.absence",
        target_id=str(absence.pk),
        unit=absence.unit_code,
        details={"substitute": str(absence.substitute_id), "from": f"{absence.starts_on}", "to": f"{absence.ends_on}"},
    )
