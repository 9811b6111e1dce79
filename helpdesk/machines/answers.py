"""What a machine may say: where a dossier is, which papers a procedure wants. The words are those of the pages."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from dossiers.exchange import elsewhere
from dossiers.models import HERE, Dossier, NationalDossier
from dossiers.national import year_of
from portal.notifications.registry import contact_of
from procedures import queries as procedures
from procedures.views.sheet import sheet

PAPERS = 12
"""Named at most; the page has all."""


@dataclass(frozen=True)
class DossierAnswer:
    """Where a dossier is. ``full``: for who asked from the phone registered with it; else state and dates."""

    row: NationalDossier
    full: bool
    words: str


def clean(code: str) -> str:
    """A dossier's code as it is kept."""
    return "".join(code.split()).upper()[:60]


def state_of(code: str, phone: str, *, now: dt.datetime) -> DossierAnswer | None:
    """Where the dossier of a code is; in full to the registered phone only, to everybody else its state and dates. None: no such code."""
    code = clean(code)
    row = elsewhere.found(code, phone) if phone else None
    full = row is not None or (phone != "" and _is_phone_of_own(code, phone))
    if row is None:
        try:
            row = NationalDossier.objects.filter(year=year_of(code), code=code, is_test=False).first()
        except ValueError:
            row = None
    if row is None:
        return None
    return DossierAnswer(row, full, _words(row, full=full, now=now))


def full_state(dossier: Dossier, *, now: dt.datetime) -> str:
    """All of it, for the registered phone of a dossier that is handled here."""
    return _words(NationalDossier.objects.get(year=year_of(dossier.code or ""), code=dossier.code), full=True, now=now)


def _words(row: NationalDossier, *, full: bool, now: dt.datetime) -> str:
    [line] = elsewhere.lines([row], now=now)
    dates = [f"nộp {_day(row.submitted_at)}"] if row.submitted_at else []
    if line.deadline is not None:
        dates.append(f"hẹn trả {_day(line.deadline)}")
    elif row.finished_at is not None:
        dates.append(f"có kết quả {_day(row.finished_at)}")
    words = f"Hồ sơ {row.code}, {line.name}, tại {line.unit}: {line.headline}" if full else f"Hồ sơ {row.code}: {line.headline}"
    words += f" ({', '.join(dates)})." if dates else "."
    if full:
        history = elsewhere.history(row, with_words=True)
        if history and history[-1].at is not None:
            words += f" Mới nhất {_day(history[-1].at)}: {history[-1].title}."
        if line.deadline_words:
            words += f" {line.deadline_words[0].upper()}{line.deadline_words[1:]}."
    return words


def _is_phone_of_own(code: str, phone: str) -> bool:
    """Whether a phone is the registered one of the party whose dossier is handled here (two queries)."""
    found = Dossier.objects.filter(code=code).values_list("applicant_id", "owner_id").first()
    return found is not None and any(contact_of(party).phone == phone for party in set(found))


def owner_of(row: NationalDossier) -> Dossier | None:
    """The dossier itself, where it is handled here: its applicant's phone is known."""
    return Dossier.objects.filter(code=row.code).first() if row.source == HERE else None


def papers_of(code: str, *, day: dt.date) -> str | None:
    """Which papers a procedure in force wants, as its page lists them, and where the page is. None: no such code."""
    version = procedures.procedure_on("".join(code.split()).upper()[:40], day)
    if version is None:
        return None
    shown = sheet(version)
    names = [f"{number}. {' '.join(paper.name.split())}" for number, paper in enumerate(shown.papers[:PAPERS], start=1)]
    more = f" và {len(shown.papers) - PAPERS} giấy tờ khác" if len(shown.papers) > PAPERS else ""
    listed = "; ".join(names) + more if names else "không yêu cầu giấy tờ"
    return f"{version.procedure.code} {shown.name}: {listed}. {settings.SITE_URL}/thu-tuc/{version.procedure.code}/"


def _day(moment: dt.datetime | None) -> str:
    return f"{timezone.localtime(moment):%d/%m/%Y}" if moment is not None else ""
