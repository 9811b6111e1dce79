"""What the score counts of dossiers, kept: what changes added, and what they add up to (`ratings.score.tally`)."""

from __future__ import annotations

from django.db import models


class _Measures(models.Model):
    """The measures of `ratings.score.tally`, a column each."""

    received = models.IntegerField(default=0)
    online = models.IntegerField(default=0)
    with_fee = models.IntegerField(default=0)
    paid_online = models.IntegerField(default=0)
    resulted = models.IntegerField(default=0)
    electronic = models.IntegerField(default=0)
    digitised = models.IntegerField(default=0)
    reused = models.IntegerField(default=0)
    stored = models.IntegerField(default=0)
    population = models.IntegerField(default=0)

    class Meta:
        abstract = True


class ScoreDelta(_Measures):
    """A change of the tally, written in the transaction that changed dossiers; folded into :class:`ScoreTally` in seconds."""

    id = models.BigAutoField(primary_key=True)
    month = models.DateField()
    unit_code = models.CharField(max_length=40, db_collation="C")
    procedure_code = models.CharField(max_length=40, db_collation="C")
    late_from = models.DateField()

    def __str__(self) -> str:
        return f"{self.month} {self.unit_code} {self.procedure_code}"


class ScoreTally(_Measures):
    """Dossiers received in a month, of a unit by the day from which they are late, of an agency by procedure."""

    class Grain(models.TextChoices):
        """What is told apart; columns that a grain does not tell apart hold what means none."""

        UNIT = "u", "Đơn vị"
        """A unit at whatever depth, what it handles itself, by ``late_from``."""
        PROCEDURE = "p", "Thủ tục của bộ, tỉnh"
        """A ministry or province with all below it, by procedure."""

    pk = models.CompositePrimaryKey("grain", "month", "place", "procedure_code", "late_from")
    grain = models.CharField(max_length=1, choices=Grain.choices, db_collation="C")
    month = models.DateField()
    """First day of the month of reception."""
    place = models.CharField(max_length=40, db_collation="C")
    procedure_code = models.CharField(max_length=40, db_collation="C")
    late_from = models.DateField()
    """The first day at whose end criterion 2.1 counts them as late; the end of days: never."""

    class Meta:
        verbose_name = "số đếm hồ sơ để chấm điểm"
        verbose_name_plural = "số đếm hồ sơ để chấm điểm"

    def __str__(self) -> str:
        return f"{self.grain} {self.place} {self.month}"
