"""What is done with slips: promised when a dossier ends, told of, answered once, their texts checked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import queries as people
from dossiers.exchange.elsewhere import reported
from dossiers.models import HERE, Dossier, NationalDossier
from dossiers.national import Facts, year_of
from dossiers.queries import own_dossiers
from dossiers.services.national import facts_of
from feedback.words import tidy
from portal import audit, crypto
from portal.access import AccessDenied, Actor, may, require
from portal.catalogues.queries import agency_names
from portal.languages import PREFIX
from portal.notifications.registry import contact_of
from portal.notifications.services import notify
from portal.text import readable
from procedures import queries as procedures
from ratings.models import Rating, Slip, SlipForm
from ratings.slips.rules import RATED_STATES, ends_rated, is_fresh, month_of
from ratings.words import to_show, why_hidden

SEE, CHECK, OVERSEE = "ratings.slips", "ratings.check_slips", "ratings.oversee_slips"
TOLD = "ratings.slip"
MAX_WORDS = 2000
SLICE = 100
"""Slips that are told of in one transaction."""
_TOKEN, _RANDOM = "DG", 20
"""A hundred bits of chance: nobody guesses one, and an SMS still holds it."""
_PURPOSE = "ratings.slip"


class SlipUsed(Exception):
    """The slip has been answered before, or is open no more. Nothing was kept."""


class SlipRefused(Exception):
    """What an officer asked for cannot be done; ``message`` says why, ``field`` what to mend."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


@dataclass(frozen=True)
class Answer:
    """What somebody says on a slip: a step from 1 to 5 for each of the five questions, and words."""

    steps: Sequence[int]
    words: str = ""


def form_on(day: dt.date) -> SlipForm | None:
    """The questions in force on a day (one query); None before there were any."""
    return SlipForm.objects.filter(valid_from__lte=day).order_by("-valid_from").first()


# Promised ------------------------------------------------------------------------------------------------------------------------


def promise(changes: Iterable[tuple[Facts | None, Facts]]) -> None:
    """Promise a slip to each dossier that a change ended (`rules.RATED_STATES`), in the transaction of the change: to those filed here, and
    to those handled elsewhere that ended within the last days and whose owner is a person with an account here. Of the others the portal
    knows nobody whom it could tell: their slip is made when the owner asks for it (:func:`slip_of`).

    Three queries for what ended here, two for what ended elsewhere, none else.
    """
    today = timezone.localdate()
    ended = {after.code: after for before, after in changes if ends_rated(before, after)}
    here = [code for code, facts in ended.items() if facts.source == HERE]
    elsewhere = [facts for facts in ended.values() if facts.source != HERE and facts.owner_blind and is_fresh(facts, today)]
    rows: list[Slip | None] = []
    if here:
        known = Dossier.objects.filter(code__in=here).values_list("code", "applicant_id", "officer_id")
        rows += [_slip(ended[str(code)], party=party, officer=officer) for code, party, officer in known]
    if elsewhere:
        owners = people.persons_by_blind({facts.owner_blind for facts in elsewhere})
        form = form_on(today) if owners else None
        rows += [_slip(facts, party=owners[facts.owner_blind], form=form) for facts in elsewhere if facts.owner_blind in owners]
    Slip.objects.bulk_create([row for row in rows if row is not None], ignore_conflicts=True)


def _slip(facts: Facts, *, party: UUID | None = None, officer: UUID | None = None, form: SlipForm | None = None) -> Slip | None:
    """The slip of a dossier that ended; None where no questions were in force. ``form``: those of today, where they are known."""
    ended_on = facts.ended_on or timezone.localdate()
    form = form or form_on(max(ended_on, timezone.localdate()))
    if form is None:
        return None
    return Slip(
        dossier_code=facts.code, party_id=party, outcome=facts.state, unit_code=facts.unit_code, procedure_code=facts.procedure_code,
        field_code=facts.field_code, officer_id=officer, channel=facts.channel, service_level=facts.service_level, ended_on=ended_on,
        open_until=ended_on + dt.timedelta(days=form.open_days),
    )  # fmt: skip


@transaction.atomic
def tell(*, now: dt.datetime) -> int:
    """Tell applicants of the slips of their dossiers, a slice, oldest first; how many slips were done with.

    Each gets a token that stands in the notice alone. What was answered meanwhile, or is open no more, is told to nobody.
    """
    slips = list(Slip.objects.select_for_update(skip_locked=True).filter(told_at=None).order_by("ended_on", "id")[:SLICE])
    today = timezone.localdate(now)
    units = agency_names({slip.unit_code for slip in slips}) if slips else {}
    names = procedures.last_names({slip.procedure_code for slip in slips}) if slips else {}
    for slip in slips:
        if slip.party_id is not None and slip.is_open(today):
            token = readable.new_code(_TOKEN, _RANDOM)
            slip.token_index = crypto.blind_index(_PURPOSE, token)
            english = PREFIX if contact_of(slip.party_id).language == "en" else ""
            notify(
                party_id=slip.party_id,
                template=TOLD,
                context={
                    "code": slip.dossier_code,
                    "unit": units.get(slip.unit_code, slip.unit_code),
                    "procedure": names.get(slip.procedure_code, slip.procedure_code),
                    "until": f"{slip.open_until:%d/%m/%Y}",
                },
                key=f"{TOLD}:{slip.pk}",
                link=f"{english}/danh-gia/phieu/{token}/",
                queue="bulk",
                expires_at=timezone.make_aware(dt.datetime.combine(slip.open_until + dt.timedelta(days=1), dt.time())),
            )
        slip.told_at, slip.party_id = now, None
        slip.save(update_fields=["told_at", "party_id", "token_index"])
    return len(slips)


# Found ---------------------------------------------------------------------------------------------------------------------------


def slip_by_token(typed: str) -> Slip | None:
    """The slip that has this token (one query; none for what cannot be one)."""
    token = readable.clean_code(typed[:60], _TOKEN, _RANDOM)
    return Slip.objects.filter(token_index=crypto.blind_index(_PURPOSE, token)).first() if token else None


def slip_of(actor: Actor, code: str, *, now: dt.datetime) -> Slip | None:
    """The slip of a dossier of one's own, filed here or handled elsewhere; None where there is none, or the dossier is another's."""
    dossier = own_dossiers(actor).filter(code=code).first()
    row = NationalDossier.objects.filter(year=year_of(code), code=code).first() if dossier is not None else reported(actor, code)
    if row is None:
        return None
    facts = facts_of(row)
    # One that ended before there were slips, or elsewhere. Nobody is told: they are here.
    made = _slip(facts, officer=dossier.officer_id if dossier is not None else None) if ends_rated(None, facts) else None
    if made is not None and made.is_open(timezone.localdate(now)):
        made.told_at = now
        Slip.objects.bulk_create([made], ignore_conflicts=True)
    return Slip.objects.filter(dossier_code=code).first()


def is_offered(code: str, state: str, ended_on: dt.date, *, today: dt.date) -> bool:
    """Whether the owner of a dossier is led to its slip: until it is used or its days are over (one query, or two)."""
    if state not in RATED_STATES:
        return False
    slip = Slip.objects.filter(dossier_code=code).first()
    if slip is not None:
        return slip.is_open(today)
    form = form_on(today)
    return form is not None and today <= ended_on + dt.timedelta(days=form.open_days)


# Answered ------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def answer(*, slip_id: UUID, form: SlipForm, said: Answer, now: dt.datetime) -> None:
    """Keep what was said on a dossier's slip, once. :class:`SlipUsed` where somebody was quicker, or its days are over."""
    slip = Slip.objects.select_for_update().get(pk=slip_id)
    today = timezone.localdate(now)
    if not slip.is_open(today):
        raise SlipUsed
    slip.used_on = today
    slip.save(update_fields=["used_on"])
    _rating(
        Rating(
            source=Rating.Source.DOSSIER, unit_code=slip.unit_code, procedure_code=slip.procedure_code, field_code=slip.field_code,
            officer_id=slip.officer_id, channel=slip.channel, service_level=slip.service_level,
        ),
        form, said, today,
    )  # fmt: skip


@transaction.atomic
def answer_at_counter(
    *, form_id: UUID, unit_code: str, procedure_code: str, field_code: str, form: SlipForm, said: Answer, now: dt.datetime
) -> None:
    """Keep what was said on the slip of a unit, or of a service. ``form_id`` came with the form: sent twice it counts once."""
    source = Rating.Source.SERVICE if procedure_code else Rating.Source.UNIT
    row = Rating(pk=form_id, source=source, unit_code=unit_code, procedure_code=procedure_code, field_code=field_code)
    try:
        with transaction.atomic():
            _rating(row, form, said, timezone.localdate(now))
    except IntegrityError as error:
        raise SlipUsed from error


def _rating(row: Rating, form: SlipForm, said: Answer, today: dt.date) -> None:
    text = tidy(said.words)[:MAX_WORDS]
    row.form, row.day, row.month = form, today, month_of(today)
    row.q1, row.q2, row.q3, row.q4, row.q5 = said.steps
    row.words, row.words_state = text or None, Rating.Words.WAITING if text else Rating.Words.NONE
    row.save(force_insert=True)


# Checked -------------------------------------------------------------------------------------------------------------------------


def may_check(actor: Actor, rating: Rating) -> bool:
    """Whether an officer may read and check the text: of the unit concerned or above it, and not the one who was rated. What is said of a
    service without a unit is checked by the Government Office."""
    if rating.officer_id is not None and rating.officer_id == actor.position_id:
        return False
    return may(actor, CHECK, rating.unit_code) if rating.unit_code else may(actor, OVERSEE)


def _lock(rating_id: UUID, actor: Actor) -> Rating:
    rating = Rating.objects.select_for_update().get(pk=rating_id)
    if not may_check(actor, rating):
        raise AccessDenied(CHECK)
    if rating.words is None:
        raise SlipRefused("Phiếu này không có ý kiến bằng lời.")
    return rating


@transaction.atomic
def show_words(*, actor: Actor, rating_id: UUID, text: str, now: dt.datetime) -> Rating:
    """Let others of the unit read the text, as the checking officer leaves it. What still tells who somebody is, is refused."""
    rating = _lock(rating_id, actor)
    text = to_show(text, longest=MAX_WORDS, refused=SlipRefused)
    rating.words_state, rating.shown_words, rating.hidden_why = Rating.Words.SHOWN, text, ""
    return _checked(rating, actor, "show_words", now)


@transaction.atomic
def hide_words(*, actor: Actor, rating_id: UUID, reason: str, now: dt.datetime) -> Rating:
    """Let nobody else read the text, for a reason; the steps count all the same."""
    rating = _lock(rating_id, actor)
    rating.hidden_why = why_hidden(reason, refused=SlipRefused)
    rating.words_state, rating.shown_words = Rating.Words.HIDDEN, ""
    return _checked(rating, actor, "hide_words", now)


def _checked(rating: Rating, actor: Actor, verb: str, now: dt.datetime) -> Rating:
    rating.checked_by, rating.checked_at = actor.position_id, now
    rating.save(update_fields=["words_state", "shown_words", "hidden_why", "checked_by", "checked_at"])
    audit.record(actor=actor, act=f"ratings.{verb}", target="ratings.rating", target_id=str(rating.pk), unit=rating.unit_code or actor.unit)
    return rating


@transaction.atomic
def note_look(*, actor: Actor, rating: Rating) -> None:
    """Write down that an officer read an unchecked text (O-07)."""
    require(actor, CHECK if rating.unit_code else OVERSEE, rating.unit_code)
    audit.record(actor=actor, act="ratings.read_words", target="ratings.rating", target_id=str(rating.pk), unit=rating.unit_code)
