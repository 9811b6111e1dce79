"""Results that go out by the public post: who wants one where, the parcel, where it is, what it costs (requirement D-14)."""

from __future__ import annotations

import uuid
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dossiers.models.dossier import Dossier
from portal.crypto.fields import SealedTextField


class PostTariff(models.Model):
    """What the public post said last that a parcel costs in a zone."""

    zone = models.CharField(max_length=10, primary_key=True)
    """``province``: within one; ``country``: from one into another."""
    amount = models.PositiveIntegerField()
    """In đồng."""
    days = models.PositiveSmallIntegerField()
    said_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.zone


def _supported(what: str) -> models.CheckConstraint:
    """Nobody is paid more than a parcel costs, and nothing without a text."""
    granted = Q(support=0, support_basis="") | (Q(support__gt=0, support__lte=F("amount")) & ~Q(support_basis=""))
    return models.CheckConstraint(condition=granted, name=f"dossiers_{what}_support")


class ReturnWish(models.Model):
    """Where somebody wants the paper of a result brought. Its id is that of the draft, and so of the dossier."""

    id = models.UUIDField(primary_key=True, editable=False)
    recipient: Any = SealedTextField(subject="id")
    phone: Any = SealedTextField(subject="id")
    """As +84…"""
    address: Any = SealedTextField(subject="id")
    """House, street, with commune and province: as it is written on the parcel."""
    street: Any = SealedTextField(subject="id")
    ward = models.CharField(max_length=5)
    """Code of the commune."""
    zone = models.CharField(max_length=10)
    amount = models.PositiveIntegerField()
    """In đồng, as it was shown to whoever chose it: the whole of it, whoever pays."""
    support = models.PositiveIntegerField(default=0)
    """Đồng of it that the agency pays, because the dossier was filed online (Framework II.1b)."""
    support_basis = models.CharField(max_length=300, blank=True)
    """The text that grants it; empty: nothing."""
    chosen_at = models.DateTimeField()
    chosen_by = models.UUIDField(null=True)
    """The person; null: an officer wrote it down at the counter."""
    position_id = models.UUIDField(null=True)
    """Position of that officer."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(zone__in=["province", "country"]), name="dossiers_wish_zone"),
            models.CheckConstraint(condition=Q(chosen_by__isnull=False) | Q(position_id__isnull=False), name="dossiers_wish_is_somebodys"),
            _supported("wish"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def to_pay(self) -> int:
        """What remains for who receives it, in đồng."""
        return self.amount - self.support

    @property
    def basis(self) -> str:
        """The text that grants the support."""
        return self.support_basis


class Parcel(models.Model):
    """A paper result on its way by the public post."""

    class State(models.TextChoices):
        """As the post tells it; the first is ours."""

        WAITING = "waiting", _("Chờ bưu chính nhận yêu cầu")
        REGISTERED = "registered", _("Chờ bưu tá đến lấy tại cơ quan")
        ACCEPTED = "accepted", _("Bưu tá đã nhận")
        MOVING = "moving", _("Đang chuyển")
        DELIVERED = "delivered", _("Đã phát")
        RETURNED = "returned", _("Không phát được, trả lại cơ quan")
        CANCELLED = "cancelled", _("Đã hủy")
        REFUSED = "refused", _("Bưu chính không nhận")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dossier = models.OneToOneField(Dossier, on_delete=models.PROTECT, related_name="parcel")
    unit_code = models.CharField(max_length=40, db_collation="C")
    """The agency that hands it over."""
    state = models.CharField("tình trạng", max_length=12, choices=State.choices, default=State.WAITING)
    number = models.CharField("số bưu phẩm", max_length=13, blank=True)
    amount = models.PositiveIntegerField("cước")
    """In đồng: as shown when it was chosen, then as the post says; what is left of it is paid to whoever brings it."""
    support = models.PositiveIntegerField("cơ quan trả", default=0)
    """Đồng of it that the post charges the agency."""
    support_basis = models.CharField("căn cứ hỗ trợ", max_length=300, blank=True)
    made_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    """When its state last changed."""
    ask_at = models.DateTimeField(null=True)
    """When the post is to be asked where it is; null: it has arrived, or has no number yet."""
    asks = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "bưu phẩm trả kết quả"
        verbose_name_plural = "bưu phẩm trả kết quả"
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="dossiers_parcel_number"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "refused"], number="") | (~Q(state__in=["waiting", "refused"]) & ~Q(number="")),
                name="dossiers_parcel_has_a_number",
            ),
            _supported("parcel"),
        ]
        indexes = [
            models.Index(fields=["unit_code", "-made_at", "id"], name="dossiers_parcel_of_unit"),
            models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="dossiers_parcel_to_ask"),
            models.Index(fields=["unit_code", "made_at"], condition=Q(support__gt=0), name="dossiers_parcel_supported"),
        ]
        triggers = [pgtrigger.Protect(name="parcel_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.number or str(self.id)

    @property
    def to_pay(self) -> int:
        """What whoever brings it takes, in đồng."""
        return self.amount - self.support

    @property
    def basis(self) -> str:
        """The text that grants the support."""
        return self.support_basis


class ParcelStep(models.Model):
    """One thing that happened to a parcel, as the post told it."""

    parcel = models.ForeignKey(Parcel, on_delete=models.PROTECT, related_name="steps")
    at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=Parcel.State.choices)
    place = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["parcel", "at", "state"], name="dossiers_parcel_step_once")]

    def __str__(self) -> str:
        return f"{self.parcel_id} {self.state}"
