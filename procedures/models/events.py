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
