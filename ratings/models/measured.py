"""What the measuring system of the Ministry (EMC) says of agencies, beside what the portal counts (Framework II.7)."""

from __future__ import annotations

import uuid

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q

from ratings.measured.terms import Figure


@pghistory.track()
class MeasureTolerance(models.Model):
    """How far a measured figure may lie from the portal's before it is named: data of the Government Office."""

    figure = models.CharField("chỉ số", max_length=30, primary_key=True, choices=Figure.choices)
    absolute = models.DecimalField("chênh lệch cho phép", max_digits=12, decimal_places=2)
    """In the figure's own unit."""
    per_cent = models.DecimalField("chênh lệch cho phép (%)", max_digits=5, decimal_places=2)
    """Of the portal's figure; the larger of both allowances holds."""

    class Meta:
        verbose_name = "chênh lệch cho phép"
        verbose_name_plural = "chênh lệch cho phép"
        ordering = ["figure"]
        constraints = [
            models.CheckConstraint(condition=Q(absolute__gte=0, per_cent__gte=0, per_cent__lte=100), name="tolerance_in_range"),
        ]

    def __str__(self) -> str:
        return str(self.get_figure_display())


class MeasuredFile(models.Model):
    """One file of what was measured in a span, as it was taken, with what the portal counted at that moment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField("tệp", max_length=200)
    first = models.DateField("từ ngày")
    last = models.DateField("đến hết ngày")
    digest = models.CharField(max_length=64)
    taken_at = models.DateTimeField("nạp lúc")
    taken_by = models.UUIDField(null=True)
    """Position of who brought it."""
    taken_by_label = models.CharField("người nạp", max_length=200, blank=True)
    figures = models.PositiveIntegerField("số được so", default=0)
    differing = models.PositiveIntegerField("số khác nhau", default=0)

    class Meta:
        verbose_name = "đối chiếu số đo"
        verbose_name_plural = "đối chiếu số đo"
        ordering = ["-taken_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["digest", "first", "last"], name="measured_file_once"),
            models.CheckConstraint(condition=Q(last__gte=F("first")), name="measured_file_days"),
            models.CheckConstraint(condition=Q(differing__lte=F("figures")), name="measured_file_counts"),
        ]
        triggers = [pgtrigger.Protect(name="measured_file_stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.name} ({self.first:%d/%m/%Y} – {self.last:%d/%m/%Y})"


class MeasuredFigure(models.Model):
    """One figure of one agency: as measured, as the portal counts it, and whether they differ by more than is allowed."""

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(MeasuredFile, on_delete=models.PROTECT, related_name="lines")
    row = models.PositiveIntegerField()
    """In the file."""
    agency = models.CharField(max_length=40, db_collation="C")
    figure = models.CharField(max_length=30, choices=Figure.choices)
    measured = models.DecimalField(max_digits=14, decimal_places=2)
    counted = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    """None: the portal counts nothing of this agency."""
    allowed = models.DecimalField(max_digits=14, decimal_places=2)
    differs = models.BooleanField()

    class Meta:
        verbose_name = "số đo"
        verbose_name_plural = "số đo"
        constraints = [models.UniqueConstraint(fields=["file", "agency", "figure"], name="measured_figure_once")]
        indexes = [models.Index(fields=["file", "-differs", "row", "id"], name="measured_figures_of")]
        triggers = [pgtrigger.Protect(name="measured_figure_stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.agency} {self.figure}"
