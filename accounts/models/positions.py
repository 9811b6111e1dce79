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
    """A person's place in an agency or institution, with dates (Rules art. 3.1, 16.1, 41, 48). Never deleted, ended by date.

    What it may do are its roles, each with dates and a giver of its own (:class:`PositionRole`).
    """

    class Place(models.TextChoices):
        """Where a position is held."""

        AGENCY = "agency", "Cơ quan nhà nước"
        INSTITUTION = "institution", "Tổ chức (ngân hàng, bưu chính)"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="positions", verbose_name="cán bộ")
    place = models.CharField("nơi giữ chức danh", max_length=12, choices=Place.choices, default=Place.AGENCY, db_default=Place.AGENCY.value)
    unit_code = models.CharField("mã cơ quan, tổ chức", max_length=40)
    title = models.CharField("chức danh", max_length=200)
    credential = SealedTextField("chứng thư ký số", subject="person_id", null=True)
    """Identifier of the officer's key at the signing service; sealed, for it may contain their personal number. None: no key."""
    token_serial = models.CharField("số hiệu chứng thư trên USB Token", max_length=80, blank=True, default="", db_default="")
    """Serial number, lower-case hexadecimal, of the certificate on the officer's token, which signs in and nothing else. Empty: none."""
    valid_from = models.DateTimeField("từ", default=timezone.now)
    valid_to = models.DateTimeField("đến", null=True, blank=True)
    given_by = models.ForeignKey("accounts.Position", null=True, on_delete=models.PROTECT, related_name="+", verbose_name="người giao")
    """The position of who made it; null: the system."""
    ended_by = models.ForeignKey("accounts.Position", null=True, on_delete=models.PROTECT, related_name="+", verbose_name="người chấm dứt")
    contract = models.ForeignKey(
        "accounts.CounterContract", null=True, on_delete=models.PROTECT, related_name="positions", verbose_name="theo hợp đồng"
    )
    """Of people who are not the agency's: by which contract they work its counter."""

    class Meta:
        verbose_name = "chức danh"
        verbose_name_plural = "chức danh"
        ordering = ["unit_code", "title", "id"]
        indexes = [models.Index(fields=["unit_code", "title", "id"], name="position_by_unit")]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="position_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(contract__isnull=True) | Q(valid_to__isnull=False, place="agency"), name="position_by_contract_is_dated"
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

    def roles_at(self, now: datetime) -> list[str]:
        """The roles in force at ``now``, in the order of the alphabet (one query, none where ``given_roles`` was fetched before)."""
        return sorted({one.role for one in self.given_roles.all() if one.is_held(now=now)})


@pghistory.track()
class PositionRole(models.Model):
    """A role of a position, from when, until when, given by whom (Rules art. 16.1, 41). Never deleted, ended by date."""

    position = models.ForeignKey(Position, on_delete=models.PROTECT, related_name="given_roles", verbose_name="chức danh")
    role = models.CharField("vai trò", max_length=30, choices=ROLES)
    valid_from = models.DateTimeField("từ")
    valid_to = models.DateTimeField("đến", null=True, blank=True)
    given_by = models.ForeignKey(Position, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="người giao")
    """The position of who gave it; null: the system, with the first accounts of an agency."""
    ended_by = models.ForeignKey(Position, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="người thu hồi")
    grants = ArrayField(models.CharField(max_length=30), null=True, blank=True, verbose_name="được cấp cho người khác")
    """Of an administrator: the roles they may hand out; null for all other roles."""

    class Meta:
        verbose_name = "vai trò"
        verbose_name_plural = "vai trò"
        ordering = ["position", "role", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="role_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(role__in=["administrator", "institution_administrator"], grants__isnull=False)
                | (~Q(role__in=["administrator", "institution_administrator"]) & Q(grants__isnull=True)),
                name="role_grants_of_administrators",
            ),
            models.UniqueConstraint(fields=["position", "role"], condition=Q(valid_to__isnull=True), name="role_one_open_per_position"),
        ]

    def __str__(self) -> str:
        return f"{self.position_id} {self.role}"

    def is_held(self, *, now: datetime) -> bool:
        """Whether the role is in force at ``now``."""
        return self.valid_from <= now and (self.valid_to is None or now < self.valid_to)
