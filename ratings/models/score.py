"""The score: criteria as versioned rows, the published counts, the years that were frozen (Rules art. 30)."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from ratings.score.rules import FORMULAS, PeriodKind, WhenNothing


class DateRange(Func):
    """``daterange(from, to, '[]')``: the last day is in it."""

    function = "DATERANGE"
    output_field = DateRangeField()


class Criterion(models.Model):
    """One version of one criterion of the score; what it was in former times stays, so that a past year recomputes (Rules art. 30.3)."""

    class Formula(models.TextChoices):
        """Names of the functions in `ratings.score.rules`."""

        SHARE = "share", "Theo tỷ lệ"
        CAPPED = "capped", "Đủ điểm khi đạt ngưỡng"

    class Nothing(models.TextChoices):
        """What it gives where there was nothing to count."""

        ZERO = WhenNothing.ZERO.value, "0 điểm"
        FULL = WhenNothing.FULL.value, "Đủ điểm"
        OUT = WhenNothing.OUT.value, "Không tính"

    code = models.CharField("mã", max_length=10, db_collation="C")
    name = models.CharField("tiêu chí", max_length=200)
    group = models.CharField("nhóm", max_length=10, db_collation="C")
    """Code of the group, ``1`` to ``5``, with ``4a`` and ``4b``."""
    position = models.PositiveSmallIntegerField("thứ tự")
    points = models.DecimalField("điểm tối đa", max_digits=5, decimal_places=2)
    formula = models.CharField("cách tính", max_length=10, choices=Formula.choices)
    factor = models.DecimalField("ngưỡng đủ điểm", max_digits=5, decimal_places=4, default=Decimal(1))
    """The ratio from which on all points are given."""
    when_nothing = models.CharField("khi không phát sinh", max_length=4, choices=Nothing.choices, default=Nothing.ZERO)
    source = models.CharField("nguồn số liệu", max_length=40, blank=True, db_collation="C")
    """Name of a source in `ratings.score.sources`; empty: none yet, the criterion is left out and the total says so."""
    numerator = models.CharField("tử số", max_length=300)
    denominator = models.CharField("mẫu số", max_length=300)
    """In words, as the page explains it."""
    law = models.CharField("căn cứ", max_length=200)
    for_ministries = models.BooleanField("bộ, ngành", default=True)
    for_provinces = models.BooleanField("tỉnh, thành phố", default=True)
    for_units = models.BooleanField("đơn vị trực thuộc", default=True)
    valid_from = models.DateField("áp dụng từ")
    valid_to = models.DateField("đến hết", null=True, blank=True)

    class Meta:
        verbose_name = "tiêu chí chấm điểm"
        verbose_name_plural = "tiêu chí chấm điểm"
        ordering = ["position", "code", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["code", "valid_from"], name="criterion_version_once"),
            # Two open versions of one criterion would both count.
            models.UniqueConstraint(fields=["code"], condition=Q(valid_to=None), name="criterion_open_once"),
            ExclusionConstraint(
                name="criterion_no_overlap",
                expressions=[
                    ("code", RangeOperators.EQUAL),
                    (DateRange("valid_from", "valid_to", Value("[]")), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="criterion_days"),
            models.CheckConstraint(condition=Q(points__gte=0), name="criterion_points"),
            models.CheckConstraint(condition=Q(factor__gt=0) & Q(factor__lte=1), name="criterion_factor"),
            models.CheckConstraint(condition=Q(formula__in=sorted(FORMULAS)), name="criterion_formula"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ScoreCount(models.Model):
    """What one criterion counted of one agency in one period: what pages, API, open data and `recompute.py` read."""

    class Period(models.TextChoices):
        """Kinds of periods."""

        MONTH = PeriodKind.MONTH.value, "Tháng"
        QUARTER = PeriodKind.QUARTER.value, "Quý"
        YEAR = PeriodKind.YEAR.value, "Năm"

    pk = models.CompositePrimaryKey("period", "first", "agency", "criterion")
    period = models.CharField(max_length=1, choices=Period.choices, db_collation="C")
    first = models.DateField()
    """First day of the period."""
    agency = models.CharField(max_length=40, db_collation="C")
    """Code at any depth; counts of an agency hold those of all below it."""
    parent = models.CharField(max_length=40, db_collation="C")
    """The agency above it by code; empty for those of the first level: who is ranked with whom."""
    criterion = models.CharField(max_length=10, db_collation="C")
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name = "số đếm chấm điểm"
        verbose_name_plural = "số đếm chấm điểm"
        constraints = [models.CheckConstraint(condition=Q(denominator__gte=0), name="score_denominator")]
        indexes = [
            models.Index(fields=["period", "first", "parent", "agency", "criterion"], name="scores_side_by_side"),
            models.Index(fields=["agency", "period", "criterion", "first"], name="scores_of_an_agency"),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.first} {self.agency} {self.criterion}"
