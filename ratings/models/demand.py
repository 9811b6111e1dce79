"""Demand that is expected: what was forecast on a day for the four weeks after it, and what came."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class DemandForecast(models.Model):
    """Filings that a unit is expected to receive on each of the 28 days from ``first_day`` on; of one procedure, or of all (empty).

    The newest of each unit is shown; one of every fourth week stays, so that it can be said how wrong they were.
    """

    class Model(models.TextChoices):
        """Where the course of the days comes from (`ratings.demand.model`)."""

        OWN = "o", "Theo số của chính nó"
        UNIT = "u", "Theo diễn biến của đơn vị"
        ABOVE = "a", "Theo diễn biến của cơ quan cấp trên"

    id = models.BigAutoField(primary_key=True)
    unit_code = models.CharField(max_length=40, blank=True, db_collation="C")
    """With all below it; empty: the country."""
    parent = models.CharField(max_length=40, blank=True, db_collation="C")
    """The agency above by code; empty for those of the first level, ``-`` for the country."""
    procedure_code = models.CharField(max_length=40, blank=True, db_collation="C")
    first_day = models.DateField()
    """The day it was made: nothing of it was known."""
    model = models.CharField(max_length=1, choices=Model.choices)
    version = models.CharField(max_length=20, db_collation="C")
    expected = ArrayField(models.FloatField())
    low = ArrayField(models.FloatField())
    high = ArrayField(models.FloatField())
    """Eight of ten days should lie within."""
    naive = ArrayField(models.FloatField())
    """What the same weekday of the last known week received."""
    before = models.IntegerField()
    """What the 28 days before received."""
    came = ArrayField(models.IntegerField(), null=True)
    """What has come since, once the days are over."""
    squared_error = models.FloatField(null=True)
    """Sum over the days of the squared difference of expected and came."""
    naive_squared_error = models.FloatField(null=True)
    checked_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = "dự báo nhu cầu"
        verbose_name_plural = "dự báo nhu cầu"
        constraints = [
            models.UniqueConstraint(fields=["unit_code", "first_day", "procedure_code"], name="demand_forecast_once"),
            models.CheckConstraint(
                condition=Q(expected__len=28, low__len=28, high__len=28, naive__len=28), name="demand_forecast_four_weeks"
            ),
            models.CheckConstraint(
                condition=Q(came=None, squared_error=None) | Q(came__len=28, squared_error__isnull=False), name="demand_forecast_checked"
            ),
        ]
        indexes = [
            models.Index(fields=["parent", "first_day"], name="demand_forecasts_below", condition=Q(procedure_code="")),
        ]

    def __str__(self) -> str:
        return f"{self.unit_code} {self.procedure_code} {self.first_day}"


class DemandRun(models.Model):
    """One night's forecasts: how far they have come."""

    day = models.DateField(primary_key=True)
    version = models.CharField(max_length=20, db_collation="C")
    after_unit = models.CharField(max_length=40, null=True, db_collation="C")
    """The last unit that was forecast; the next slice goes on behind it. None: not even the country, whose code is empty."""
    units = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-day"]
        constraints = [
            models.CheckConstraint(condition=Q(finished_at=None) | Q(finished_at__gte=F("began_at")), name="demand_run_times"),
        ]

    def __str__(self) -> str:
        return f"{self.day}"
