"""The audit trail: acts, the links that chain them, the seals that sign the chain.

All three tables are append-only: triggers refuse UPDATE, DELETE and TRUNCATE (migration 0002).
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Now


class Xid8Field(models.Field):  # type: ignore[type-arg]
    """PostgreSQL's 64-bit transaction id, an int in Python."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return value if value is None or hasattr(value, "as_sql") else str(value)


class CurrentXid(models.Func):
    """The id of the running transaction."""

    function = "pg_current_xact_id"
    arity = 0
    output_field = Xid8Field()


class Act(models.Model):
    """One act of somebody on something. Written in the act's own transaction; no personal data, only ids."""

    id = models.BigAutoField(primary_key=True)
    xid = Xid8Field(db_default=CurrentXid(), editable=False)
    at = models.DateTimeField("Lúc", db_default=Now())
    """Start of the transaction, by the database's clock."""
    act = models.CharField("Việc", max_length=80)
    target = models.CharField("Đối tượng", max_length=80, blank=True)
    target_id = models.CharField("Mã đối tượng", max_length=80, blank=True)
    unit = models.CharField("Đơn vị", max_length=40, blank=True)
    acting_as = models.CharField("Tư cách", max_length=16)
    user_id = models.UUIDField("Tài khoản", null=True)
    person_id = models.UUIDField("Người", null=True)
    position_id = models.UUIDField("Vị trí công tác", null=True)
    request_id = models.CharField("Mã yêu cầu", max_length=64, blank=True)
    details = models.JSONField("Chi tiết", default=dict)

    class Meta:
        verbose_name = "việc đã ghi vết"
        verbose_name_plural = "Nhật ký việc đã làm"
        indexes = [
            models.Index(fields=["target", "target_id", "id"], name="audit_by_target"),
            models.Index(fields=["person_id", "id"], name="audit_by_person"),
            models.Index(fields=["unit", "-id"], name="audit_by_unit", opclasses=["varchar_pattern_ops", "int8_ops"]),
        ]

    def __str__(self) -> str:
        from portal.audit.words import act_words, target_words

        return " · ".join(filter(None, (act_words(self.act), f"{target_words(self.target)} {self.target_id}".strip())))


class Pending(models.Model):
    """Acts not chained yet: filled by a trigger on insert, emptied by the sealer. Keeps the sealer's search small."""

    act = models.OneToOneField(Act, on_delete=models.DO_NOTHING, primary_key=True, db_constraint=False)
    xid = Xid8Field()
    """The act's, so that the order is read here alone: millions wait after a pause."""

    class Meta:
        indexes = [models.Index(fields=["xid", "act"], name="audit_pending_in_order")]

    def __str__(self) -> str:
        return str(self.pk)


class Link(models.Model):
    """An act's place in the chain and the hash of all up to it."""

    seq = models.BigIntegerField(primary_key=True)
    """1, 2, 3 … without a gap."""
    act = models.OneToOneField(Act, on_delete=models.DO_NOTHING, db_constraint=False)
    """No foreign-key constraint: a row that vanished must be found by the check, not be hidden by a cascade."""
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.seq} {self.hash[:12]}"


class Seal(models.Model):
    """The head of the chain at a moment, signed with Ed25519."""

    seq = models.BigIntegerField(primary_key=True)
    hash = models.CharField(max_length=64)
    at = models.DateTimeField()
    key_id = models.CharField(max_length=16)
    """First 16 hex digits of the SHA-256 of the public key."""
    signature = models.CharField(max_length=128)

    def __str__(self) -> str:
        return f"{self.seq} {self.hash[:12]}"
