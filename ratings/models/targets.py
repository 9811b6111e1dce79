"""The numeric targets as versioned rows, and the counts they need that no other room keeps (Reform II.2; Scheme II.2)."""

from __future__ import annotations

import pghistory
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from ratings.board.rules import FIRST_YEAR, LAST_YEAR, Level, Unit


def check_steps(value: object) -> None:
    """Years and numbers: ``{"2024": 30, "2025": 70}``."""
    is_well = isinstance(value, dict) and value and all(
        isinstance(year, str) and year.isascii() and year.isdigit() and FIRST_YEAR <= int(year) <= LAST_YEAR
        and isinstance(number, int | float) and not isinstance(number, bool) and number >= 0
        for year, number in value.items()
    )  # fmt: skip
    if not is_well:
        raise ValidationError("Các mức gồm năm và số, ví dụ 2024: 30.")


@pghistory.track()
class Target(models.Model):
    """One version of one target. What is to be reached by the end of a year stays so afterwards, until a later year says more."""

    code = models.CharField("mã", max_length=40, db_collation="C")
    name = models.CharField("chỉ tiêu", max_length=200)
    level = models.CharField("áp dụng cho", max_length=10, choices=Level.choices, default=Level.ANY)
    """Whose dossiers it is about."""
    unit = models.CharField("đơn vị tính", max_length=10, choices=Unit.choices, default=Unit.PER_CENT)
    steps = models.JSONField("mức theo năm", validators=[check_steps])
    """By year what is to be reached by its end."""
    source = models.CharField("nguồn số liệu", max_length=40, blank=True, db_collation="C")
    """Name of a source in `ratings.board.sources`; empty: nothing counts it yet, and the board says so."""
    law = models.CharField("căn cứ", max_length=200)
    note = models.CharField("ghi chú", max_length=500, blank=True)
    position = models.PositiveSmallIntegerField("thứ tự", default=100)
    valid_from = models.DateField("áp dụng từ")
    valid_to = models.DateField("đến hết", null=True, blank=True)

    class Meta:
        verbose_name = "chỉ tiêu"
        verbose_name_plural = "chỉ tiêu"
        ordering = ["position", "code", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["code", "valid_from"], name="target_version_once"),
            # Two open versions of one target would contradict each other.
            models.UniqueConstraint(fields=["code"], condition=Q(valid_to=None), name="target_open_once"),
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="target_days"),
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z0-9]+(-[a-z0-9]+)*$"), name="target_code"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(law=""), name="target_says_what_and_why"),
            models.CheckConstraint(condition=~Q(steps={}), name="target_has_steps"),
            models.CheckConstraint(condition=Q(level__in=Level.values) & Q(unit__in=Unit.values), name="target_kinds"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class LevelCount(models.Model):
    """Counts of the units of one level of administration, within a ministry or province, in a month or a year: counted every few minutes
    from the kept statistics (`ratings.board.counting`), since no single place there holds a level."""

    id = models.BigAutoField(primary_key=True)
    period = models.CharField(max_length=1, db_collation="C")
    """``m`` a month, ``y`` a year (`ratings.periods`)."""
    first = models.DateField()
    agency = models.CharField(max_length=10, db_collation="C")
    """The ministry or province, by code."""
    level = models.CharField(max_length=10, db_collation="C")
    """Of the units that handle: ``central``, ``province``, ``commune``; empty where the catalogue does not say."""
    received = models.IntegerField()
    received_online = models.IntegerField()
    end_to_end = models.IntegerField()
    with_result = models.IntegerField()
    digitised = models.IntegerField()
    digitised_results = models.IntegerField()
    reused = models.IntegerField()
    on_time = models.IntegerField()
    dated = models.IntegerField()
    units = models.IntegerField()
    """Units that received or resolved anything."""
    units_digitising = models.IntegerField()
    """Of these: with a digitised result."""
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name = "bảng điều hành"
        verbose_name_plural = "bảng điều hành"
        constraints = [
            models.UniqueConstraint(fields=["period", "first", "agency", "level"], name="level_count_once"),
            models.CheckConstraint(condition=Q(units_digitising__lte=F("units")), name="level_units"),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.first} {self.agency} {self.level or '-'}"


class AccountCount(models.Model):
    """Accounts that there are, by the month in which they were opened, by kind, by how surely their owners are known, and by all the ways
    in that they have: counted anew every night, so that adding up the months gives how many there were (Scheme II.2)."""

    pk = models.CompositePrimaryKey("month", "kind", "identity", "ways")
    month = models.DateField()
    kind = models.CharField(max_length=12, db_collation="C")
    """As `accounts.counts.Opened` has it."""
    identity = models.PositiveSmallIntegerField()
    """How surely it is known whose they are (`portal.access.Assurance`); another scale than what their ways in can prove."""
    ways = models.CharField(max_length=60, blank=True, db_collation="C")
    """All of them, joined (`accounts.counts.SIGN`): what each account has exactly, so that any sum can be made of it."""
    number = models.IntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name = "số tài khoản"
        verbose_name_plural = "số tài khoản"
        constraints = [models.CheckConstraint(condition=Q(number__gt=0), name="account_number")]

    def __str__(self) -> str:
        return f"{self.month} {self.kind} {self.identity} {self.ways}"
