"""The audit trail: acts, the links that chain them, the seals that sign the chain.

All three tables are append-only: triggers refuse UPDATE, DELETE and TRUNCATE (migration 0002).
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.fields.json import KeyTextTransform
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
            models.Index(fields=["target_id", "target", "id"], name="audit_by_target_id"),
            models.Index(fields=["person_id", "id"], name="audit_by_person"),
            models.Index(fields=["act", "id"], name="audit_by_act"),
            models.Index(fields=["request_id"], name="audit_by_request", condition=~models.Q(request_id="")),
            models.Index(KeyTextTransform("party", "details"), "id", name="audit_by_party", condition=models.Q(details__has_key="party")),
            models.Index(fields=["at", "id"], name="audit_by_time"),
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


class Check(models.Model):
    """One look through the whole trail, a slice at a time: asked for on the desk, or by night. Kept, so that each outcome can be read."""

    class State(models.TextChoices):
        """How far it is, or how it came out."""

        RUNNING = "running", "Đang kiểm tra"
        SOUND = "sound", "Nguyên vẹn"
        ALTERED = "altered", "Bị sửa"

    asked_at = models.DateTimeField("Lúc")
    asked_by = models.UUIDField("Vị trí công tác", null=True)
    """The position of who asked; null: the night's own."""
    state = models.CharField("Kết quả", max_length=8, choices=State.choices, default=State.RUNNING)
    upto = models.BigIntegerField()
    """The newest seal's place when it began: so far it looks."""
    seq = models.BigIntegerField("Đã xem", default=0)
    """The last link that was found as it was written."""
    head = models.CharField(max_length=64)
    """That link's hash, computed anew."""
    last_act = models.BigIntegerField(default=0)
    """So far acts were looked through for some that no link chains."""
    fault_seq = models.BigIntegerField(null=True)
    fault_act = models.BigIntegerField("Việc bị sửa", null=True)
    fault = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField("Xong lúc", null=True)

    class Meta:
        verbose_name = "lần kiểm tra nhật ký"
        verbose_name_plural = "lần kiểm tra nhật ký"
        ordering = ["-asked_at", "-id"]
        indexes = [models.Index(fields=["-asked_at", "-id"], name="audit_checks_by_time")]
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=models.Q(state="running"), name="audit_one_check_runs"),
            models.CheckConstraint(
                condition=models.Q(state="running", ended_at__isnull=True)
                | (~models.Q(state="running") & models.Q(ended_at__isnull=False)),
                name="audit_check_ends_with_its_outcome",
            ),
            models.CheckConstraint(
                condition=models.Q(state="altered", fault_seq__isnull=False)
                | (~models.Q(state="altered") & models.Q(fault_seq__isnull=True)),
                name="audit_check_names_the_fault",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"
