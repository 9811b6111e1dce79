"""Places that people hold in agencies."""

from __future__ import annotations

import uuid
from datetime import datetime

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models.people import Person
from portal.access.roles import ROLES
from portal.crypto.fields import SealedTextField


@pghistory.track(exclude=["credential"])
class Position(models.Model):
    """A person's place in an agency: unit, roles and dates (Rules art. 3.1, 16.1, 41, 48). Never deleted, ended by date."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="positions", verbose_name="cán bộ")
    unit_code = models.CharField("mã cơ quan", max_length=40)
    title = models.CharField("chức danh", max_length=200)
    roles = ArrayField(models.CharField(max_length=30, choices=ROLES), verbose_name="vai trò")
    credential = SealedTextField("chứng thư ký số", subject="person_id", null=True)
    """Identifier of the officer's key at the signing service; sealed, for it may contain their personal number. None: no key."""
    valid_from = models.DateTimeField("từ", default=timezone.now)
    valid_to = models.DateTimeField("đến", null=True, blank=True)

    class Meta:
        verbose_name = "chức danh"
        verbose_name_plural = "chức danh"
        ordering = ["unit_code", "title", "id"]
        indexes = [models.Index(fields=["unit_code", "title", "id"], name="position_by_unit")]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="position_ends_after_it_begins"
            ),
            models.UniqueConstraint(
                fields=["person", "unit_code"], condition=Q(valid_to__isnull=True), name="position_one_open_per_person_and_unit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.unit_code})"

    def is_held(self, *, now: datetime) -> bool:
        """Whether the position is in force at ``now``."""
        return self.valid_from <= now and (self.valid_to is None or now < self.valid_to)
