"""The double-entry ledger: entries and postings, append-only, balanced by the database; balances of past days kept and recomputable."""

from __future__ import annotations

import uuid

import pgtrigger
from django.db import models
from django.db.models import Q


class Account(models.Model):
    """One account. Assets and what agencies are out of pocket stand as debits (positive), what is owed or earned as credits (negative)."""

    class Type(models.TextChoices):
        """What it holds."""

        INSTITUTION = "institution", "Tiền tại đơn vị thanh toán"
        TREASURY = "treasury", "Tiền tại tài khoản của cơ quan"
        REVENUE = "revenue", "Khoản thu của cơ quan"
        PAYERS = "payers", "Phải trả lại người nộp"
        REFUNDS = "refunds", "Cơ quan phải hoàn"
        CASH = "cash", "Tiền mặt tại quầy"

    id = models.AutoField(primary_key=True)
    type = models.CharField("loại tài khoản", max_length=12, choices=Type.choices)
    institution_code = models.CharField("đơn vị thanh toán", max_length=40, blank=True, db_collation="C")
    unit_code = models.CharField("cơ quan", max_length=40, blank=True, db_collation="C")
    kind = models.CharField("loại giao dịch", max_length=20, blank=True)
    is_test = models.BooleanField("kiểm thử chung", default=False)
    """Money of joint tests is real to the institution and counts in no total."""

    class Meta:
        verbose_name = "tài khoản sổ"
        verbose_name_plural = "tài khoản sổ thu nộp"
        ordering = ["type", "institution_code", "unit_code", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["type", "institution_code", "unit_code", "kind", "is_test"], name="account_once"),
            models.CheckConstraint(
                condition=(Q(type__in=["institution", "payers"], unit_code="", kind="") & ~Q(institution_code=""))
                | (Q(type__in=["treasury", "refunds", "cash"], institution_code="", kind="") & ~Q(unit_code=""))
                | (Q(type="revenue", institution_code="") & ~Q(unit_code="") & ~Q(kind="")),
                name="account_names",
            ),
        ]
        indexes = [models.Index(fields=["unit_code"], name="accounts_of_unit")]
        triggers = [pgtrigger.Protect(name="account_is_final", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return " ".join(part for part in (self.type, self.institution_code, self.unit_code, self.kind) if part)


class Entry(models.Model):
    """One booking: why, when, what it rests on. A mistake is corrected by another entry, never by a change."""

    class Event(models.TextChoices):
        """What is booked."""

        COLLECTED = "collected", "Thu tiền"
        PAID_OUT = "paid_out", "Đơn vị thanh toán chuyển cho cơ quan"
        REFUNDED = "refunded", "Đơn vị thanh toán hoàn tiền"
        REFUND_DECIDED = "refund_decided", "Cơ quan quyết định hoàn"
        REFUND_PAID = "refund_paid", "Cơ quan đã hoàn"
        CORRECTED = "corrected", "Điều chỉnh"
        CASH_TAKEN = "cash_taken", "Thu tiền mặt tại quầy"
        CASH_RETURNED = "cash_returned", "Trả lại tiền mặt"
        CASH_HANDED_IN = "cash_handed_in", "Nộp tiền mặt vào tài khoản của cơ quan"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=120, unique=True)
    """Names the occasion: nothing is booked twice."""
    event = models.CharField("nghiệp vụ", max_length=16, choices=Event.choices)
    day = models.DateField("ngày ghi sổ")
    """The day on which it was booked in Vietnam. Always today: a past day never changes."""
    at = models.DateTimeField("lúc")
    target = models.CharField(max_length=60)
    """``collection:<id>``, ``refund:<id>``, ``payout:<id>``, ``case:<id>``, ``order:<id>`` (cash), ``cash:<unit>``."""
    note = models.CharField("diễn giải", max_length=300, blank=True)
    position_id = models.UUIDField(null=True)
    xid = models.BigIntegerField(editable=False, default=0)
    """Transaction in which it was made, set by the database."""

    class Meta:
        verbose_name = "bút toán"
        verbose_name_plural = "bút toán"
        indexes = [
            models.Index(fields=["day"], name="entries_of_day"),
            models.Index(fields=["-at", "id"], name="entries_newest"),
            models.Index(fields=["target"], name="entries_by_target"),
        ]
        triggers = [
            pgtrigger.Protect(name="entry_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="entry_knows_its_transaction",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="NEW.xid = pg_current_xact_id()::text::bigint; RETURN NEW;",
            ),
            pgtrigger.Trigger(
                name="entry_has_two_sides",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                level=pgtrigger.Row,
                timing=pgtrigger.Deferred,
                func=(
                    "IF (SELECT count(*) < 2 OR sum(amount) <> 0 FROM payments_posting WHERE entry_id = NEW.id)"
                    " THEN RAISE EXCEPTION 'entry % does not balance', NEW.id USING ERRCODE = 'check_violation'; END IF; RETURN NULL;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.key}"


class Posting(models.Model):
    """One side of an entry: debit positive, credit negative."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="postings")
    day = models.DateField()
    """The entry's, so that the sum of an account and day needs one index."""
    amount = models.BigIntegerField()

    class Meta:
        verbose_name = "vế bút toán"
        verbose_name_plural = "bút toán sổ thu nộp"
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="posting_is_of_something")]
        indexes = [
            models.Index(fields=["account", "day"], include=["amount"], name="postings_of_account_and_day"),
            models.Index(fields=["account", "-id"], name="postings_of_account_newest"),
        ]
        triggers = [
            pgtrigger.Protect(name="posting_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            # No side is added to an old entry: then it would not balance, or another day's sums would change.
            pgtrigger.Trigger(
                name="posting_belongs_to_its_entry",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                level=pgtrigger.Row,
                timing=pgtrigger.Deferred,
                func=(
                    "IF (SELECT e.xid <> pg_current_xact_id()::text::bigint OR NEW.day <> e.day FROM payments_entry e"
                    " WHERE e.id = NEW.entry_id) OR (SELECT sum(amount) <> 0 FROM payments_posting WHERE entry_id = NEW.entry_id)"
                    " THEN RAISE EXCEPTION 'posting does not belong to a new balanced entry' USING ERRCODE = 'check_violation'; END IF;"
                    " RETURN NULL;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount}"


class DayBalance(models.Model):
    """Sums of an account on a day that is over. Derived: ``manage.py recompute_ledger`` makes each again and compares."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="balances")
    day = models.DateField()
    debit = models.BigIntegerField()
    credit = models.BigIntegerField()
    """As a positive number."""
    entries = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "day"], name="balance_once"),
            models.CheckConstraint(condition=Q(debit__gte=0, credit__gte=0), name="balance_sums"),
        ]
        indexes = [models.Index(fields=["day"], name="balances_of_day")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day}"
