"""How often people read each procedure, by day: figures of pages, none of persons."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from procedures.models.version import Procedure

USE_WINDOW_DAYS = 28
"""The days before today whose readings count: whole weeks, so that no weekday counts twice."""


class ProcedureUse(models.Model):
    """Readings of one procedure's page on one day. It holds nobody: no address, no session, no time of day."""

    procedure = models.ForeignKey(Procedure, on_delete=models.CASCADE, related_name="uses", verbose_name="thủ tục")
    day = models.DateField("ngày")
    count = models.PositiveIntegerField("lượt đọc")

    class Meta:
        verbose_name = "lượt đọc thủ tục"
        verbose_name_plural = "lượt đọc thủ tục"
        ordering = ["-day", "procedure"]
        constraints = [
            models.UniqueConstraint(fields=["procedure", "day"], name="procedure_use_once_a_day"),
            models.CheckConstraint(name="procedure_use_counts", condition=Q(count__gte=1)),
        ]
        # The unique index serves one procedure's days; this one the sums over the last weeks and the removal of old days.
        indexes = [models.Index(fields=["day", "procedure"], name="procedure_use_by_day")]

    def __str__(self) -> str:
        return f"{self.procedure_id} {self.day}"
