"""Whom one can act for: organisations, and the mandates by which a person acts for a party that is not themself."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import Person


@pghistory.track(exclude=["registry_checked_at", "registry_due_at"])
class Organisation(models.Model):
    """A legal person as the business registry knows it. ``id`` is also the subject of the key that encrypts what it is told.

    A party is a person or an organisation: their ids come from one space (random UUIDs), so a row that belongs to a party holds the id
    alone, and ``accounts.queries.party`` says who it is.
    """

    class Kind(models.TextChoices):
        """What it is, in the words of the national list of who may ask for a procedure."""

        ENTERPRISE = "enterprise", "Doanh nghiệp"
        COOPERATIVE = "cooperative", "Hợp tác xã"
        ORGANISATION = "organisation", "Tổ chức khác"

    class Status(models.TextChoices):
        """As the registry writes it."""

        ACTIVE = "active", "Đang hoạt động"
        SUSPENDED = "suspended", "Tạm ngừng kinh doanh"
        DISSOLVED = "dissolved", "Đã giải thể"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField("tên", max_length=300)
    name_key = models.CharField(max_length=300, editable=False)
    kind = models.CharField("loại", max_length=12, choices=Kind.choices)
    tax_code = models.CharField("mã số doanh nghiệp (mã số thuế)", max_length=14, unique=True)
    """Ten digits, a dependent unit with three more (Law on Enterprises 2020 art. 29)."""
    address = models.CharField("trụ sở chính", max_length=500, blank=True)
    residence_unit = models.CharField("xã, phường đặt trụ sở", max_length=5, blank=True)
    status = models.CharField("tình trạng", max_length=10, choices=Status.choices, default=Status.ACTIVE)
    registry_checked_at = models.DateTimeField("đối chiếu CSDL đăng ký doanh nghiệp lúc", null=True, blank=True)
    registry_due_at = models.DateTimeField(default=timezone.now, editable=False)
    """When the registry is to be asked again."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "tổ chức"
        verbose_name_plural = "tổ chức"
        ordering = ["name_key", "id"]
        indexes = [
            models.Index(fields=["name_key", "id"], name="organisation_by_name"),
            models.Index(fields=["registry_due_at"], name="organisation_by_due"),
        ]
        constraints = [models.CheckConstraint(condition=Q(tax_code__regex=r"^[0-9]{10}(-[0-9]{3})?$"), name="organisation_tax_code_form")]

    def __str__(self) -> str:
        return self.name


class MandateQuerySet(models.QuerySet["Mandate"]):
    """Mandates, and which of them hold."""

    def in_force(self, now: datetime) -> Self:
        """Accepted, begun, neither ended nor withdrawn, of an organisation that still exists; what a person gave rests while their account
        is locked because it may have been in other hands: who cannot withdraw it has not surely given it."""
        from accounts.models.owner import IN_OTHER_HANDS, AccountLock

        begun = Q(accepted_at__lte=now, valid_from__lte=now) & (Q(valid_to__isnull=True) | Q(valid_to__gt=now))
        shut = AccountLock.objects.filter(user__person=OuterRef("grantor_id"), opened_at__isnull=True, reason__in=IN_OTHER_HANDS)
        held = self.filter(begun, withdrawn_at__isnull=True).exclude(organisation__status=Organisation.Status.DISSOLVED)
        return held.exclude(Q(basis="given", grantor__isnull=False) & Exists(shut))


@pghistory.track()
class Mandate(models.Model):
    """The right of a person to act for a party: by birth, by office, or because it was given to them (Civil Code 2015 art. 134–141).

    Exactly one of ``grantor`` (a person) and ``organisation`` is the party. Never deleted: what was done under it must be explained.
    """

    class Basis(models.TextChoices):
        """What the right rests on."""

        PARENT = "parent", _("Cha, mẹ theo Cơ sở dữ liệu quốc gia về dân cư")
        LEGAL_REPRESENTATIVE = "legal", _("Người đại diện theo pháp luật")
        GIVEN = "given", _("Được ủy quyền")
        GUARDIAN = "guardian", _("Người giám hộ theo giấy tờ đã kiểm tra")
        SAME = "same", _("Tài khoản bằng giấy tờ trước đây của chính người này")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    grantor = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="mandates_over")
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="mandates")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="mandates", verbose_name="người đại diện")
    basis = models.CharField("căn cứ", max_length=10, choices=Basis.choices)
    procedures = ArrayField(models.CharField(max_length=40), null=True, blank=True, verbose_name="thủ tục")
    """Codes of the procedures it is for; null: all."""
    valid_from = models.DateTimeField("từ")
    valid_to = models.DateTimeField("đến", null=True, blank=True)
    given_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="người ủy quyền")
    given_at = models.DateTimeField("lập lúc", default=timezone.now)
    accepted_at = models.DateTimeField("nhận lúc", null=True, blank=True)
    """A registry's word needs no acceptance; what somebody gives does."""
    withdrawn_at = models.DateTimeField("chấm dứt lúc", null=True, blank=True)
    withdrawn_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="người chấm dứt")
    """Null where a registry no longer says so."""

    objects = MandateQuerySet.as_manager()

    class Meta:
        verbose_name = "quyền đại diện"
        verbose_name_plural = "quyền đại diện"
        ordering = ["given_at", "id"]
        indexes = [
            models.Index(fields=["person", "given_at", "id"], name="mandate_of_person", condition=Q(withdrawn_at__isnull=True)),
            models.Index(fields=["organisation", "given_at", "id"], name="mandate_of_organisation"),
            models.Index(fields=["grantor", "given_at", "id"], name="mandate_of_grantor"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(grantor__isnull=False, organisation__isnull=True) | Q(grantor__isnull=True, organisation__isnull=False),
                name="mandate_is_for_one_party",
            ),
            models.CheckConstraint(condition=Q(grantor__isnull=True) | ~Q(grantor=F("person")), name="mandate_is_for_another"),
            models.CheckConstraint(
                condition=Q(basis="parent", grantor__isnull=False, accepted_at__isnull=False)
                | Q(basis="legal", organisation__isnull=False, accepted_at__isnull=False)
                | Q(basis="given", given_by__isnull=False)
                | Q(basis="guardian", grantor__isnull=False, accepted_at__isnull=False)
                | Q(basis="same", grantor__isnull=False, accepted_at__isnull=False, valid_to__isnull=True),
                name="mandate_basis_fits",
            ),
            models.CheckConstraint(
                condition=Q(procedures__isnull=True) | Q(basis="given", procedures__len__gt=0), name="mandate_scope_fits"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="mandate_ends_after_it_begins"
            ),
            models.UniqueConstraint(
                fields=["person", "basis", "grantor", "organisation"],
                condition=Q(withdrawn_at__isnull=True),
                name="mandate_one_open",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def party_id(self) -> uuid.UUID:
        """Whom one acts for by it."""
        found = self.organisation_id or self.grantor_id
        assert found is not None
        return found

    @property
    def party_name(self) -> str:
        """The party's name (a query each unless ``grantor`` and ``organisation`` were fetched with it)."""
        party = self.organisation or self.grantor
        return str(party) if party is not None else ""
