"""Whom at an agency to ask about its money, as the agency publishes it (Rules art. 33.1)."""

from __future__ import annotations

import uuid

from django.db import models


class SettlementContact(models.Model):
    """One contact of an agency for one purpose: a desk with phone and office hours, not a person's private number."""

    class Purpose(models.TextChoices):
        """What for."""

        SETTLEMENT = "settlement", "Thanh quyết toán"
        TRACING = "tracing", "Tra soát"
        COMPLAINTS = "complaints", "Khiếu nại"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    purpose = models.CharField("mục đích", max_length=12, choices=Purpose.choices)
    name = models.CharField("đầu mối", max_length=200)
    phone = models.CharField("điện thoại", max_length=40, blank=True)
    email = models.EmailField("thư điện tử", blank=True)
    hours = models.CharField("giờ làm việc", max_length=120, blank=True)
    changed_at = models.DateTimeField("cập nhật lúc")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "đầu mối của cơ quan"
        verbose_name_plural = "đầu mối của cơ quan"
        ordering = ["unit_code", "purpose"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit_code", "purpose"], condition=models.Q(withdrawn_at__isnull=True), name="contact_once_for_each_purpose"
            ),
            models.CheckConstraint(condition=~models.Q(phone="") | ~models.Q(email=""), name="contact_can_be_reached"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_code} {self.get_purpose_display()}"
