"""Life and business events: the groups by which people who do not know a procedure's name find it."""

from __future__ import annotations

from typing import Any

from django.db import models

from procedures.models.base import Part, in_order, tracked
from procedures.models.version import Procedure


@tracked
class LifeEvent(models.Model):
    """Something that happens in a life or a business, and the procedures it brings (the official groups, domain facts §10.2-10.3)."""

    class Audience(models.TextChoices):
        CITIZEN = "citizen", "Công dân"
        ORGANISATION = "organisation", "Doanh nghiệp, tổ chức"

    slug = models.SlugField("địa chỉ", unique=True)
    audience = models.CharField("dành cho", max_length=12, choices=Audience.choices, default=Audience.CITIZEN)
    name = models.CharField("tên", max_length=100)
    description = models.CharField("mô tả", max_length=300, blank=True)
    english = models.JSONField("tiếng Anh", default=dict, blank=True)
    """``{"name", "description"}`` where offered."""
    icon = models.CharField("biểu tượng", max_length=20, blank=True)
    position = models.PositiveSmallIntegerField("thứ tự")
    procedures: Any = models.ManyToManyField(Procedure, through="LifeEventEntry", related_name="life_events")

    class Meta:
        verbose_name = "sự kiện"
        verbose_name_plural = "sự kiện"
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name


@tracked
class LifeEventEntry(Part):
    """A procedure's place in a life event."""

    event = models.ForeignKey(LifeEvent, on_delete=models.CASCADE, related_name="entries")
    procedure = models.ForeignKey(Procedure, on_delete=models.CASCADE, related_name="entries")

    class Meta(Part.Meta):
        constraints = [
            *in_order("event", "life_event_entry"),
            models.UniqueConstraint(fields=["event", "procedure"], name="life_event_entry_once"),
        ]


class NextStep(models.Model):
    """What usually comes next: after the result of one procedure, another (`data/next-steps.json`)."""

    after = models.ForeignKey(Procedure, on_delete=models.CASCADE, related_name="next_steps")
    then = models.ForeignKey(Procedure, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField("thứ tự")
    days = models.PositiveSmallIntegerField("sau mấy ngày")
    """Days after the result on which one is told of it."""
    why = models.CharField("vì sao", max_length=200)
    why_en = models.CharField("vì sao (tiếng Anh)", max_length=200, blank=True)
    law = models.CharField("căn cứ", max_length=200, blank=True)

    class Meta:
        verbose_name = "bước thường làm tiếp"
        verbose_name_plural = "bước thường làm tiếp"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["after", "then"], name="next_step_once"),
            models.CheckConstraint(condition=~models.Q(after=models.F("then")), name="next_step_is_another"),
        ]

    def __str__(self) -> str:
        return f"{self.after_id} → {self.then_id}"
