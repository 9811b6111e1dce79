"""Take a number in a register of the agency, and give it back."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from dossiers.models import Dossier, RegisterEntry
from dossiers.registers import NUMBER, BadNumber, Register, RegisterNumber, next_number, read_number, refuse_disorder


def _taken(unit_code: str, register: str, year: int) -> QuerySet[RegisterEntry]:
    return RegisterEntry.objects.filter(unit_code=unit_code, register=register, year=year, freed_at__isnull=True)


def _as_number(entry: RegisterEntry | None) -> RegisterNumber | None:
    return RegisterNumber(entry.year, entry.number, entry.book) if entry is not None else None


def suggested_number(*, unit_code: str, register: Register, now: datetime) -> RegisterNumber:
    """The number that the officer will most likely give: the one after the last of the year (one query, by the unique index)."""
    year = next_number(None, now=now).year
    return next_number(_as_number(_taken(unit_code, register.code, year).order_by("-number").first()), now=now)


def hold(unit_code: str, register: Register) -> None:
    """Stand in line for a register of an agency until the transaction ends. Whoever locks a dossier, too, does that first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"register:{unit_code}:{register.code}"])


def take_number(*, dossier: Dossier, register: Register, number: str, book: str, now: datetime) -> RegisterNumber:
    """Enter the dossier under a number of the year. Call inside the decision's transaction.

    Officers of one agency stand in line for its register until the transaction ends, so that numbers and books stay in order. Raises
    :class:`BadNumber`: not a number, of another year, given to another dossier, or in a book out of order.
    """
    given = read_number(number, book, now=now, label=register.number_label)
    hold(dossier.unit_code, register)
    taken = _taken(dossier.unit_code, register.code, given.year)
    other = taken.filter(number=given.number).select_related("dossier").first()
    if other is not None:
        follows = suggested_number(unit_code=dossier.unit_code, register=register, now=now)
        raise BadNumber(NUMBER, f"Số {given.number_words} đã cấp cho hồ sơ {other.dossier.code}. Số tiếp theo là {follows.number_words}.")
    refuse_disorder(
        given,
        before=_as_number(taken.filter(number__lt=given.number).order_by("-number").first()),
        after=_as_number(taken.filter(number__gt=given.number).order_by("number").first()),
    )
    RegisterEntry.objects.create(
        unit_code=dossier.unit_code,
        register=register.code,
        year=given.year,
        number=given.number,
        book=given.book,
        dossier=dossier,
        taken_at=now,
    )
    return given


def free_number(*, dossier: Dossier, now: datetime) -> None:
    """Let another dossier have the number: the decision was taken back before anything was signed. The row stays."""
    for entry in RegisterEntry.objects.select_for_update().filter(dossier=dossier, freed_at__isnull=True):
        entry.freed_at = max(now, entry.taken_at)
        entry.save(update_fields=["freed_at"])


def number_given(dossier: Dossier) -> RegisterNumber | None:
    """The number that the dossier's standing decision has in the register (one query); None where it has none."""
    return _as_number(RegisterEntry.objects.filter(dossier=dossier, freed_at__isnull=True).first())
