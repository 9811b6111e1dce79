"""Guidance: a few plain questions that lead to what one person needs for a procedure (Scheme III.2a, VI.2đ; requirement C-14)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from procedures.models.base import tracked
from procedures.models.publication import Publication, life_constraints
from procedures.models.version import Procedure


@tracked
class GuidanceTree(Publication):
    """The questions of one procedure as data (``procedures/data/guidance.schema.json``)."""

    class Origin(models.TextChoices):
        SHIPPED = "shipped", "có sẵn"
        DESK = "desk", "cán bộ"

    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="guidance", verbose_name="thủ tục")
    document = models.JSONField("câu hỏi và kết quả", default=dict)
    origin = models.CharField("nguồn", max_length=7, choices=Origin.choices, default=Origin.DESK, editable=False)

    class Meta:
        verbose_name = "hướng dẫn theo câu hỏi"
        verbose_name_plural = "hướng dẫn theo câu hỏi"
        ordering = ["-entered_at", "-id"]
        constraints = [
            *life_constraints("guidance_tree"),
            models.UniqueConstraint(fields=["procedure"], condition=Q(state="published"), name="guidance_tree_shown_once"),
            models.UniqueConstraint(fields=["procedure"], condition=Q(state__in=["entered", "checked"]), name="guidance_tree_open_once"),
        ]
        indexes = [models.Index(fields=["unit_code", "-entered_at", "-id"], name="guidance_tree_unit")]

    def __str__(self) -> str:
        return f"{self.procedure.code}"
