"""What people see of dossiers that are handled in other systems: their own, and one that is looked up by code and owner."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import queries as people
from accounts.identifiers import clean_phone
from dossiers.models import HERE, NationalDossier, NationalStep, State
from dossiers.national import ENDED_STATES, year_of
from dossiers.services.national import owner_index, phone_index
from dossiers.wording import Entry
from portal.access import Actor
from portal.catalogues import queries as catalogues
from portal.workdays import national_calendar, remaining_words
from procedures import queries as procedures


def reported_of(actor: Actor) -> QuerySet[NationalDossier]:
    """Dossiers handled elsewhere that belong to the party for whom the actor acts, newest first, as far as their mandate reaches."""
    rows = NationalDossier.objects.none()
    if not actor.is_citizen or actor.party_id is None:
        return rows
    index = owner_index(people.party(actor.party_id).number)
    if not index:
        return rows
    rows = NationalDossier.objects.filter(owner_blind=index, is_test=False).exclude(source=HERE).exclude(owner_blind="")
    if actor.procedures is not None:
        rows = rows.filter(procedure_code__in=sorted(actor.procedures))
    return rows.order_by("-submitted_at", "code")


def reported(actor: Actor, code: str) -> NationalDossier | None:
    """One of :func:`reported_of` by its code."""
    try:
        year = year_of(code)
    except ValueError:
        return None
    return reported_of(actor).filter(year=year, code=code).first()


def found(code: str, number: str, *, tried_by: str = "") -> NationalDossier | None:
    """The dossier of this code whose owner has this number or phone; a wrong number is answered like an unknown code (one query).

    ``tried_by``: a system that is being tried out, which finds what it sent itself and nothing of anybody's.
    """
    code = "".join(code.split()).upper()
    try:
        year = year_of(code)
    except ValueError:
        year = 0
    cleaned = re.sub(r"[\s.]", "", number)
    owned = Q(owner_blind=owner_index(cleaned or "-"))
    if phone := clean_phone(number):
        owned |= Q(phone_blind=phone_index(phone))
    rows = NationalDossier.objects.filter(owned, year=year, code=code)
    return (rows.filter(is_test=True, source=tried_by) if tried_by else rows.filter(is_test=False)).first()


@dataclass(frozen=True)
class Line:
    """A dossier handled elsewhere as its owner reads it."""

    row: NationalDossier
    name: str
    unit: str
    headline: str
    tag_kind: str
    deadline: datetime | None
    deadline_words: str
    deadline_kind: str


def lines(rows: Iterable[NationalDossier], *, now: datetime) -> list[Line]:
    """Rows with the names of their procedures and agencies (three queries, whatever their number)."""
    rows = list(rows)
    today = timezone.localdate(now)
    codes = {row.procedure_code for row in rows}
    in_force = procedures.in_force(today).filter(procedure__code__in=codes) if codes else None
    names = dict(in_force.values_list("procedure__code", "name")) if in_force is not None else {}
    if codes - set(names):
        names = procedures.last_names(codes - set(names)) | names
    units = catalogues.agency_names({unit for row in rows for unit in (row.unit_code, row.agency_code)}) if rows else {}
    return [_line(row, names, units, now) for row in rows]


def _line(row: NationalDossier, names: dict[str, str], units: dict[str, str], now: datetime) -> Line:
    headline, kind = _headline(row)
    due = row.due_at if row.state not in ENDED_STATES else None
    passed = due is not None and due < now
    return Line(
        row=row,
        name=names.get(row.procedure_code) or _("Thủ tục %(code)s") % {"code": row.procedure_code},
        unit=units.get(row.unit_code) or units.get(row.agency_code) or row.unit_code,
        headline=headline,
        tag_kind=kind,
        deadline=due,
        deadline_words=remaining_words(now, due, national_calendar()) if due else "",
        deadline_kind="bad" if passed else "good" if due else "",
    )


def _headline(row: NationalDossier) -> tuple[str, str]:
    words = {
        State.SUBMITTED: (_("Đã gửi, chờ tiếp nhận"), "info"),
        State.RECEIVED: (_("Đang giải quyết"), "wait"),
        State.REFUSED: (_("Không được tiếp nhận"), "bad"),
        State.PROCESSING: (_("Đang giải quyết"), "wait"),
        State.INCOMPLETE: (_("Chờ bạn bổ sung giấy tờ"), "wait"),
        State.PAYMENT_DUE: (_("Chờ bạn nộp phí, lệ phí"), "wait"),
        State.WITHDRAWN: (_("Đã rút"), ""),
        State.STOPPED: (_("Đã dừng giải quyết"), "bad"),
        State.DECIDED: (_("Kết quả đã ký"), "good"),
        State.RETURNED: (_("Đã trả kết quả"), "good"),
    }
    return words[State(row.state)]


def history(row: NationalDossier, *, with_words: bool) -> list[Entry]:
    """What happened, in order (one query). ``with_words``: with what the other system wrote of each step, for the owner alone."""
    said: list[tuple[Any, str]] = [
        (row.submitted_at, _("Hồ sơ đã nộp")),
        (row.received_at, _("Cơ quan đã tiếp nhận hồ sơ")),
        (row.supplement_asked_at, _("Cơ quan yêu cầu bổ sung giấy tờ")),
        (row.finished_at, _("Kết quả đã được ký")),
        (row.returned_at, _("Kết quả đã được trả")),
        (row.refused_at, _("Cơ quan không tiếp nhận hồ sơ")),
        (row.stopped_at, _("Cơ quan dừng giải quyết")),
        (row.withdrawn_at, _("Hồ sơ đã được rút")),
    ]
    entries = [Entry(title, "done", at) for at, title in said if at is not None]
    if row.source != HERE:
        for step in NationalStep.objects.filter(code=row.code, source=row.source).order_by("at", "id")[:100]:
            words = ": ".join(filter(None, (step.unit_words, step.words))) if with_words else ""
            title = _headline(NationalDossier(state=step.state))[0]
            entries.append(Entry(title, "done", step.at, words))
    return sorted(entries, key=lambda entry: entry.at or row.said_at)
