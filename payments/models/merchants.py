"""Systems of ministries and provinces that have their payers pay here (the third way of Rules art. 31.1), and what they asked for."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from payments.models.orders import Order
from portal.crypto.fields import SealedTextField
from portal.exchange.partners.models import Partner


class Merchant(models.Model):
    """What a partner agreed with the payment platform: its code there, the secret that signs, where it hears of money."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partner = models.OneToOneField(Partner, on_delete=models.PROTECT, related_name="merchant", verbose_name="hệ thống kết nối")
    code = models.CharField("mã đối tác", max_length=50, unique=True, db_collation="C")
    """``MaDoiTac`` of PayPlat."""
    secret = SealedTextField("khóa bí mật", subject="id", null=True)
    """Both sides reckon ``MaXacThuc`` with it, so that it must be read again: sealed, shown once."""
    confirm_url = models.CharField("địa chỉ nhận xác nhận", max_length=500, blank=True)
    return_url = models.CharField("trang trở về của người nộp", max_length=500, blank=True)
    kind = models.CharField("loại giao dịch", max_length=20, default="LGD.01")
    created_at = models.DateTimeField("khai báo lúc")
    changed_at = models.DateTimeField("sửa lúc")

    class Meta:
        verbose_name = "hệ thống thu qua Cổng"
        verbose_name_plural = "hệ thống thu qua Cổng"
        ordering = ["code"]
        constraints = [models.CheckConstraint(condition=Q(code__regex=r"^[0-9A-Za-z._-]{1,50}$"), name="merchant_code_form")]

    def __str__(self) -> str:
        return self.code


class AskedOrder(models.Model):
    """An order that another system asked for, by its reference there: the same reference is the same order."""

    PAYPLAT, API = "payplat", "api"
    DOORS: ClassVar[list[tuple[str, str]]] = [(PAYPLAT, "PayPlat 1.0.6"), (API, "API")]

    id = models.BigAutoField(primary_key=True)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="asked")
    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="asked")
    reference = models.CharField("mã tham chiếu", max_length=64, db_collation="C")
    door = models.CharField("qua", max_length=8, choices=DOORS)
    terms = models.BinaryField(max_length=32)
    """SHA-256 of what was asked: the same reference with other terms is refused."""
    played = models.CharField(max_length=10, blank=True)
    """What somebody who tries their system out had become of it; only of test orders, whose money nobody books."""
    told = models.CharField("đã báo", max_length=10, blank=True)
    told_at = models.DateTimeField("đã báo lúc", null=True)

    class Meta:
        verbose_name = "khoản thu hộ hệ thống khác"
        verbose_name_plural = "khoản thu hộ hệ thống khác"
        constraints = [
            models.UniqueConstraint(fields=["merchant", "reference"], name="asked_once_by_reference"),
            models.CheckConstraint(condition=Q(door__in=["payplat", "api"]), name="asked_door_known"),
            models.CheckConstraint(
                condition=Q(told="", told_at__isnull=True) | (~Q(told="") & Q(told_at__isnull=False)), name="asked_told"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="asked_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="asked_terms_are_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "((NEW.merchant_id, NEW.order_id, NEW.reference, NEW.door, NEW.terms)"
                    " IS DISTINCT FROM (OLD.merchant_id, OLD.order_id, OLD.reference, OLD.door, OLD.terms))"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.reference
