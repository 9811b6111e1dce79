"""Counts of the work on the desk (R-11, R-15, R-16): of officers, counters and places; of steps; of what was asked for again.

Folded from what happened (`ratings.work.counting`), by month and by year. A place is the country (``""``) or an agency with all below it.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

MONTH, YEAR = "m", "y"


class WorkCount(models.Model):
    """What an officer, a counter or a place did in a period. What was undone is taken off again, in the period in which it was done."""

    class Kind(models.TextChoices):
        """Whose work."""

        OFFICER = "o", "Cán bộ"
        COUNTER = "c", "Quầy"
        PLACE = "p", "Cơ quan"

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=1, choices=Kind.choices, db_collation="C")
    place = models.CharField(max_length=40, blank=True, db_collation="C")
    """Of officers and counters the unit itself; of places the place, with all below it."""
    parent = models.CharField(max_length=40, blank=True, db_collation="C")
    """Of a place the agency above by code; empty for those of the first level, ``-`` for the country and for what is no place."""
    key = models.CharField(max_length=36, blank=True, db_collation="C")
    """The officer's position, the number of the counter; empty for a place."""
    period = models.CharField(max_length=1, db_collation="C")
    first = models.DateField()
    """First day of the period."""
    received = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    answered = models.IntegerField(default=0)
    """Online filings that were answered: received, returned or refused."""
    answered_in_time = models.IntegerField(default=0)
    """Of these: within eight working hours."""
    requests = models.IntegerField(default=0)
    """Requests to complete that went out."""
    resolved = models.IntegerField(default=0)
    """Ended with a signed result, or stopped; of officers: who was in charge."""
    late = models.IntegerField(default=0)
    """Of these: after the day of the appointment, or returned more than once after reception."""
    called = models.IntegerField(default=0)
    waited_seconds = models.BigIntegerField(default=0)
    waited_over = models.IntegerField(default=0)
    served = models.IntegerField(default=0)
    handled_seconds = models.BigIntegerField(default=0)
    handled_over = models.IntegerField(default=0)

    class Meta:
        verbose_name = "việc của cán bộ, bước chậm, giấy tờ hay thiếu"
        verbose_name_plural = "việc của cán bộ, bước chậm, giấy tờ hay thiếu"
        constraints = [
            models.UniqueConstraint(fields=["kind", "place", "period", "first", "key"], name="work_count_cell"),
            models.CheckConstraint(condition=Q(kind__in=["o", "c", "p"], period__in=["m", "y"]), name="work_count_known"),
        ]
        indexes = [
            models.Index(fields=["parent", "period", "first"], name="work_counts_below", condition=Q(kind="p")),
            # How many officers of an agency received anything in a year.
            models.Index(fields=["first", "place"], name="work_receivers", condition=Q(kind="o", period="y", received__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.place} {self.key} {self.period} {self.first}"


class StepCount(models.Model):
    """How long dossiers of a procedure stood in a step (`ratings.work.reading.Step`), in working time of their units."""

    id = models.BigAutoField(primary_key=True)
    place = models.CharField(max_length=40, blank=True, db_collation="C")
    period = models.CharField(max_length=1, db_collation="C")
    first = models.DateField()
    procedure_code = models.CharField(max_length=40, db_collation="C")
    step = models.CharField(max_length=10, db_collation="C")
    number = models.IntegerField(default=0)
    """Times a dossier left the step."""
    seconds = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "period", "first", "procedure_code", "step"], name="step_count_cell")]

    def __str__(self) -> str:
        return f"{self.place} {self.period} {self.first} {self.procedure_code} {self.step}"


class ReturnCount(models.Model):
    """How often a paper or a field of a procedure was asked for again, and why: a code of the catalogue of reasons."""

    id = models.BigAutoField(primary_key=True)
    place = models.CharField(max_length=40, blank=True, db_collation="C")
    period = models.CharField(max_length=1, db_collation="C")
    first = models.DateField()
    procedure_code = models.CharField(max_length=40, db_collation="C")
    kind = models.CharField(max_length=10, db_collation="C")
    name = models.CharField(max_length=60, db_collation="C")
    reason = models.CharField(max_length=10, db_collation="C")
    label = models.CharField(max_length=500)
    """What the paper or field was called when it was asked for last."""
    asked = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["place", "period", "first", "procedure_code", "kind", "name", "reason"], name="return_count_cell"
            )
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.period} {self.first} {self.procedure_code} {self.name} {self.reason}"


class OfficerRating(models.Model):
    """How often each step was chosen on slips of dossiers that an officer was in charge of, by question, in a year (R-15)."""

    id = models.BigAutoField(primary_key=True)
    unit_code = models.CharField(max_length=40, db_collation="C")
    officer_id = models.UUIDField()
    """Position of the officer."""
    year = models.DateField()
    """First day of the year. No finer: few slips in a month would tell who said what."""
    question = models.CharField(max_length=20, db_collation="C")
    s1 = models.IntegerField(default=0)
    s2 = models.IntegerField(default=0)
    s3 = models.IntegerField(default=0)
    s4 = models.IntegerField(default=0)
    s5 = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit_code", "year", "officer_id", "question"], name="officer_rating_cell")]

    def __str__(self) -> str:
        return f"{self.officer_id} {self.year} {self.question}"


class CountedUntil(models.Model):
    """Up to which day the numbers of counters are counted; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    counters_on = models.DateField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="counted_until_is_one")]

    def __str__(self) -> str:
        return str(self.counters_on)
