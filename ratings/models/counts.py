"""Counts of dossiers: what changes added, and what they add up to."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class _Measures(models.Model):
    """The measures of `ratings.cells`, a column each."""

    received = models.IntegerField(default=0)
    closed = models.IntegerField(default=0)
    early = models.IntegerField(default=0)
    on_time = models.IntegerField(default=0)
    late = models.IntegerField(default=0)
    undated = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    withdrawn = models.IntegerField(default=0)
    stopped = models.IntegerField(default=0)
    due = models.IntegerField(default=0)
    settled = models.IntegerField(default=0)
    supplemented = models.IntegerField(default=0)
    with_fee = models.IntegerField(default=0)
    paid_online = models.IntegerField(default=0)
    digitised = models.IntegerField(default=0)
    digitised_results = models.IntegerField(default=0)
    reused = models.IntegerField(default=0)

    class Meta:
        abstract = True


class DossierDelta(_Measures):
    """A change of counts on one day, written in the transaction that changed dossiers; folded into :class:`DossierCount` in seconds."""

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    unit_code = models.CharField(max_length=40, db_collation="C")
    procedure_code = models.CharField(max_length=40, db_collation="C")
    field_code = models.CharField(max_length=80, db_collation="C")
    channel = models.CharField(max_length=2, db_collation="C")
    service_level = models.CharField(max_length=20, db_collation="C")

    def __str__(self) -> str:
        return f"{self.day} {self.unit_code} {self.procedure_code}"


class DossierCount(_Measures):
    """Counts of a place (the country, an agency with all below it) in a period, by channel and level of service."""

    class Grain(models.TextChoices):
        """What is told apart beside place, period, channel and level; columns that a grain does not tell apart are empty."""

        TOTAL = "t", "Tất cả"
        FIELD = "f", "Lĩnh vực"
        """Of the country and the agencies of the first level only: below, the procedures of a field are few enough to add up."""
        PROCEDURE = "p", "Lĩnh vực và thủ tục"

    pk = models.CompositePrimaryKey("grain", "place", "period", "day", "field_code", "procedure_code", "channel", "service_level")
    grain = models.CharField(max_length=1, choices=Grain.choices, db_collation="C")
    place = models.CharField(max_length=40, db_collation="C")
    """Code of an agency, whatever its depth; empty: the whole country."""
    parent = models.CharField(max_length=40, db_collation="C")
    """The agency above it by code; empty for those of the first level, ``-`` for the country."""
    period = models.CharField(max_length=1, db_collation="C")
    """``a`` everything, ``y`` a year, ``m`` a month, ``d`` a day (`ratings.periods`)."""
    day = models.DateField()
    """Its first day."""
    field_code = models.CharField(max_length=80, db_collation="C")
    procedure_code = models.CharField(max_length=40, db_collation="C")
    channel = models.CharField(max_length=2, db_collation="C")
    service_level = models.CharField(max_length=20, db_collation="C")
    days = ArrayField(models.IntegerField(), null=True)
    """Of a month where it is thin: its days (`ratings.packing`). There is then no row by day."""

    class Meta:
        verbose_name = "số đếm hồ sơ"
        verbose_name_plural = "số đếm hồ sơ"
        indexes = [
            # Agencies below one side by side: all they do, one field, one procedure.
            models.Index(fields=["parent", "field_code", "period", "day"], name="counts_below", condition=models.Q(grain__in=["t", "f"])),
            models.Index(fields=["parent", "procedure_code", "period", "day"], name="counts_below_doing", condition=models.Q(grain="p")),
            # One procedure of the country, of a ministry or a province; a unit has few.
            models.Index(
                fields=["place", "procedure_code", "period", "day"],
                name="counts_of_one_procedure",
                condition=models.Q(grain="p", parent__in=["-", ""]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grain} {self.place} {self.period} {self.day}"
