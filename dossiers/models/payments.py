"""What the applicant of a dossier is asked to pay: one row for each time, with the order that `payments` made of it."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from dossiers.models.dossier import Dossier
from dossiers.models.states import Standing


class PaymentDemand(models.Model):
    """One time at which money was asked for (Decree 61/2018; state 6 of the national standard, and what is due with the filing)."""

    class Why(models.TextChoices):
        FILING = "filing", "Nộp cùng hồ sơ"
        ASKED = "asked", "Cơ quan yêu cầu"

    class Unpaid(models.TextChoices):
        """What happens when nobody pays in time."""

        CONTINUE = "continue", "Giải quyết tiếp"
        STOP = "stop", "Dừng giải quyết"

    id = models.BigAutoField(primary_key=True)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="demands")
    number = models.PositiveSmallIntegerField()
    why = models.CharField(max_length=10, choices=Why.choices)
    order = models.OneToOneField("payments.Order", on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    """In đồng, as the order has it."""
    standing = models.CharField(max_length=10, choices=Standing.choices, default=Standing.DUE)
    when_unpaid = models.CharField(max_length=10, choices=Unpaid.choices)
    asked_at = models.DateTimeField()
    until = models.DateTimeField()
    remind_at = models.DateTimeField(null=True, blank=True)
    """When the parties are reminded; null: not at all, or they have been."""
    settled_at = models.DateTimeField(null=True, blank=True)
    """When it was known that the money had been taken."""
    closed_at = models.DateTimeField(null=True, blank=True)
    """When it was answered: paid, run out, or called off."""

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["dossier", "number"], name="dossiers_demand_number"),
            models.UniqueConstraint(fields=["dossier"], condition=Q(standing="due"), name="dossiers_one_demand_is_due"),
            models.CheckConstraint(condition=Q(amount__gte=1), name="dossiers_demand_amount"),
            models.CheckConstraint(condition=Q(standing__in=["due", "paid", "unpaid", "refunded"]), name="dossiers_demand_standing"),
            models.CheckConstraint(
                condition=~Q(standing__in=["paid", "refunded"]) | Q(settled_at__isnull=False), name="dossiers_demand_paid_has_time"
            ),
            models.CheckConstraint(
                condition=Q(standing="due", closed_at__isnull=True)
                | (~Q(standing="due") & Q(closed_at__isnull=False, remind_at__isnull=True)),
                name="dossiers_demand_closed_has_time",
            ),
            models.CheckConstraint(condition=Q(until__gte=models.F("asked_at")), name="dossiers_demand_times"),
        ]
        indexes = [
            models.Index(fields=["remind_at"], name="dossiers_demands_to_remind", condition=Q(remind_at__isnull=False)),
            models.Index(fields=["until"], name="dossiers_demands_due", condition=Q(standing="due")),
        ]
        triggers = [pgtrigger.Protect(name="demand_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.number}"

    @property
    def address(self) -> str:
        """Where it is paid, and where its voucher lies."""
        return f"/thanh-toan/{self.order.code}/"
