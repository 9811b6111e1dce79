"""Who was given what in agencies: high-level accounts, contracts for counters, absences."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models.positions import Position
from portal.access.roles import TOP_AGENCY


@pghistory.track()
class HighLevelAccount(models.Model):
    """The account by which an agency, a bank or the public post hands out roles: granted by the Government Office (Rules art. 3.1, 48.1).

    It is bound to a certificate: the key registered for the position, held by the position's person. Its rights begin when that
    certificate first signs in (:attr:`opened_at`); until then nobody holds them. Never deleted, ended.
    """

    class Kind(models.TextChoices):
        """Whose it is."""

        AGENCY = "agency", "Cơ quan nhà nước"
        BANK = "bank", "Ngân hàng, trung gian thanh toán"
        POST = "post", "Doanh nghiệp bưu chính công ích"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("cấp cho", max_length=8, choices=Kind.choices)
    unit_code = models.CharField("mã cơ quan, tổ chức", max_length=40)
    name = models.CharField("tên cơ quan, tổ chức", max_length=300)
    """As it was on the day of granting."""
    position = models.ForeignKey(Position, on_delete=models.PROTECT, related_name="high_level_accounts", verbose_name="người giữ")
    grants = ArrayField(models.CharField(max_length=30), verbose_name="vai trò được cấp cho người khác")
    """The roles that it may hand out: nobody hands out others."""
    contract_number = models.CharField("số hợp đồng, văn bản", max_length=100, blank=True)
    valid_from = models.DateTimeField("từ")
    valid_to = models.DateTimeField("đến", null=True, blank=True)
    granted_by = models.ForeignKey(Position, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="người cấp")
    granted_at = models.DateTimeField("cấp lúc", default=timezone.now)
    opened_at = models.DateTimeField("mở bằng chứng thư số lúc", null=True, blank=True)
    certificate_serial = models.CharField("số hiệu chứng thư số", max_length=80, blank=True)
    ended_at = models.DateTimeField("thu hồi lúc", null=True, blank=True)
    ended_by = models.ForeignKey(Position, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="người thu hồi")
    end_reason = models.CharField("lý do thu hồi", max_length=1000, blank=True)

    class Meta:
        verbose_name = "tài khoản cấp cao"
        verbose_name_plural = "tài khoản cấp cao"
        ordering = ["-granted_at", "id"]
        indexes = [
            models.Index(fields=["-granted_at", "id"], name="high_account_by_time"),
            models.Index(fields=["unit_code"], name="high_account_by_unit"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="high_account_ends_after"),
            models.CheckConstraint(condition=Q(grants__len__gt=0), name="high_account_grants_something"),
            models.CheckConstraint(
                condition=Q(kind="agency") | (Q(valid_to__isnull=False) & ~Q(contract_number="")), name="high_account_by_contract"
            ),
            models.CheckConstraint(
                condition=Q(opened_at__isnull=True, certificate_serial="") | (Q(opened_at__isnull=False) & ~Q(certificate_serial="")),
                name="high_account_opened_by_certificate",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end_reason="") | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
                name="high_account_ended_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(grants__contains=["steering"]) | Q(unit_code=TOP_AGENCY) | Q(unit_code__startswith=TOP_AGENCY + "."),
                name="high_account_steering_at_the_top",
            ),
            models.UniqueConstraint(fields=["position"], condition=Q(ended_at__isnull=True), name="high_account_one_per_position"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.unit_code})"

    def is_held(self, *, now: datetime) -> bool:
        """Whether it has been opened and holds at ``now``."""
        return self.opened_at is not None and self.is_granted(now=now)

    def is_granted(self, *, now: datetime) -> bool:
        """Whether it was granted and has not ended, opened or not."""
        return self.ended_at is None and self.valid_from <= now and (self.valid_to is None or now < self.valid_to)


@pghistory.track()
class CounterContract(models.Model):
    """A contract by which people of the public post work an agency's counter, from one day to another (Reform III.4c; A-20)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit_code = models.CharField("cơ quan", max_length=40)
    company_code = models.CharField("mã doanh nghiệp bưu chính", max_length=40)
    number = models.CharField("số hợp đồng", max_length=100)
    valid_from = models.DateTimeField("từ")
    valid_to = models.DateTimeField("đến")
    made_by = models.ForeignKey(Position, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="người ghi")
    made_at = models.DateTimeField("ghi lúc", default=timezone.now)
    ended_at = models.DateTimeField("chấm dứt lúc", null=True, blank=True)
    ended_by = models.ForeignKey(Position, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="người chấm dứt")

    class Meta:
        verbose_name = "hợp đồng quầy tiếp nhận"
        verbose_name_plural = "hợp đồng quầy tiếp nhận"
        ordering = ["-made_at", "id"]
        indexes = [
            models.Index(fields=["unit_code", "-made_at", "id"], name="contract_by_unit"),
            models.Index(fields=["company_code", "-made_at", "id"], name="contract_by_company"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(valid_to__gt=F("valid_from")), name="contract_ends_after_it_begins"),
            models.CheckConstraint(condition=~Q(number=""), name="contract_has_a_number"),
        ]

    def __str__(self) -> str:
        return self.number

    def is_held(self, *, now: datetime) -> bool:
        """Whether it holds at ``now``."""
        return self.ended_at is None and self.valid_from <= now < self.valid_to


class SubstitutionQuerySet(models.QuerySet["Substitution"]):
    """Substitutions, and which of them hold."""

    def in_force(self, now: datetime) -> Self:
        """Begun and not over, both positions still held."""
        for_now = self.filter(valid_from__lte=now, valid_to__gt=now, ended_at__isnull=True)
        for name in ("position", "substitute"):
            held = Q(**{f"{name}__valid_to__isnull": True}) | Q(**{f"{name}__valid_to__gt": now})
            for_now = for_now.filter(held, **{f"{name}__valid_from__lte": now})
        return for_now


@pghistory.track()
class Substitution(models.Model):
    """Roles of a position lent to another one while its holder is away: from one moment to another, seen in the trail as a substitute's.

    What the absent position loses, its substitute loses with it; a substitute lends nothing on.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    position = models.ForeignKey(Position, on_delete=models.PROTECT, related_name="substitutions", verbose_name="chức danh vắng mặt")
    substitute = models.ForeignKey(Position, on_delete=models.PROTECT, related_name="substitutes_for", verbose_name="người làm thay")
    roles = ArrayField(models.CharField(max_length=30), verbose_name="vai trò")
    reason = models.CharField("lý do", max_length=300)
    valid_from = models.DateTimeField("từ")
    valid_to = models.DateTimeField("đến")
    given_by = models.ForeignKey(Position, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="người giao")
    given_at = models.DateTimeField("giao lúc", default=timezone.now)
    ended_at = models.DateTimeField("chấm dứt lúc", null=True, blank=True)
    ended_by = models.ForeignKey(Position, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="người chấm dứt")

    objects = SubstitutionQuerySet.as_manager()

    class Meta:
        verbose_name = "làm thay"
        verbose_name_plural = "làm thay"
        ordering = ["-valid_from", "id"]
        indexes = [
            models.Index(fields=["position", "-valid_from", "id"], name="substitution_of_position"),
            models.Index(fields=["substitute", "valid_to"], name="substitution_by_substitute"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(valid_to__gt=F("valid_from")), name="substitution_ends_after_it_begins"),
            models.CheckConstraint(condition=~Q(position=F("substitute")), name="substitution_by_another"),
            models.CheckConstraint(condition=Q(roles__len__gt=0), name="substitution_lends_something"),
            models.CheckConstraint(
                condition=~Q(roles__overlap=["administrator", "institution_administrator"]), name="substitution_lends_no_granting"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    def is_held(self, *, now: datetime) -> bool:
        """Whether it holds at ``now``, as far as its own dates say."""
        return self.ended_at is None and self.valid_from <= now < self.valid_to
