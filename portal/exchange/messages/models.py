"""Messages to and from partners, what happened to each, who asked for which kinds, and how each partner's line is."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from portal.crypto import open_text
from portal.exchange.partners.models import Partner
from portal.states import StateTable, Transition

SEALED = "exchange.message"


class State(models.TextChoices):
    """Where a message stands; for both directions."""

    WAITING = "waiting", "Chờ"
    """Out: not with the partner yet. In: kept and receipted, not handled yet."""
    DELIVERED = "delivered", "Đã đến nơi"
    """Out alone: the partner's signed receipt says that it has the message."""
    ACKNOWLEDGED = "acknowledged", "Đã xử lý"
    """The receiver's signed receipt says that it has handled it."""
    REFUSED = "refused", "Bị từ chối"
    """The receiver's signed receipt says no, for good."""
    DEAD = "dead", "Thôi gửi"
    """Nobody tries any more: an officer must look."""


STATES = StateTable(
    State.values,
    [
        Transition("deliver", "Đến nơi", frozenset({State.WAITING}), State.DELIVERED),
        Transition("acknowledge", "Xử lý xong", frozenset({State.WAITING, State.DELIVERED}), State.ACKNOWLEDGED),
        Transition("refuse", "Từ chối", frozenset({State.WAITING, State.DELIVERED}), State.REFUSED),
        Transition("bury", "Thôi gửi", frozenset({State.WAITING}), State.DEAD),
        Transition("again", "Gửi lại", frozenset({State.DEAD, State.REFUSED}), State.WAITING, act="exchange.resend_message"),
    ],
)
"""The only ways in which a message moves."""


class Message(models.Model):
    """One message. ``number`` is the order in which messages were promised (out) or came (in); ``id`` is its name outside."""

    class Direction(models.TextChoices):
        """Which way."""

        OUT = "out", "Gửi đi"
        IN = "in", "Nhận về"

    number = models.BigAutoField(primary_key=True)
    id = models.UUIDField("Mã tin", default=uuid.uuid4, unique=True, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="messages", verbose_name="Hệ thống")
    direction = models.CharField("Chiều", max_length=3, choices=Direction.choices)
    kind = models.CharField("Loại", max_length=60)
    version = models.PositiveSmallIntegerField("Phiên bản", default=1)
    about = models.CharField("Về", max_length=100, blank=True, db_collation="C")
    """What it is about (the code of a dossier): of one subject nothing overtakes. Empty: in no order."""
    key = models.CharField("Khóa", max_length=200, db_collation="C")
    """The sender's own: the same key is the same message."""
    body_sealed = models.TextField(blank=True)
    """The exact text of the body, sealed; leaves some time after the message has ended."""
    digest = models.BinaryField(max_length=32)
    """SHA-256 of the exact bytes of the body, which both proofs name."""
    size = models.PositiveIntegerField("Số byte")
    state = models.CharField("Tình trạng", max_length=12, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField("Lập lúc", db_default=Now())
    attempts = models.PositiveIntegerField("Số lần thử", default=0)
    available_at = models.DateTimeField(db_default=Now())
    """Not tried before."""
    lease_until = models.DateTimeField(null=True)
    """A worker has it until then."""
    failed_since = models.DateTimeField(null=True)
    last_error = models.CharField("Lỗi gần nhất", max_length=200, blank=True)
    delivered_at = models.DateTimeField("Đến nơi lúc", null=True)
    ended_at = models.DateTimeField("Xong lúc", null=True)
    outcome = models.CharField("Kết quả", max_length=200, blank=True)
    """What the receiver said came of it: a word, or the code of its refusal. No personal data."""
    sender_proof = models.TextField(blank=True)
    """The JWS by which the sender states: this body (its digest), of this kind, to you, then."""
    receiver_proof = models.TextField(blank=True)
    """The JWS by which the receiver states: I have it, or what came of it."""
    carrier = models.CharField("Đường đi", max_length=20, blank=True)

    class Meta:
        verbose_name = "tin trao đổi"
        verbose_name_plural = "tin trao đổi"
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["partner", "direction", "key"], name="partner_message_once"),
            models.CheckConstraint(name="partner_message_state", condition=Q(state__in=State.values)),
            models.CheckConstraint(
                name="partner_message_proved",
                # What is said to be with the other side, or handled by it, is proved by its own signature.
                condition=Q(state__in=[State.WAITING, State.DEAD, State.REFUSED]) | ~Q(receiver_proof=""),
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "about", "number"], name="pmessage_lane", condition=Q(state=State.WAITING)),
            models.Index(fields=["partner", "available_at"], name="pmessage_due", condition=Q(state=State.WAITING)),
            models.Index(fields=["about", "-number"], name="pmessage_about", condition=~Q(about="")),
            models.Index(fields=["partner", "-number"], name="pmessage_partner"),
            models.Index(fields=["created_at"], name="pmessage_day"),
            models.Index(fields=["state", "-number"], name="pmessage_stuck", condition=Q(state__in=[State.DEAD, State.REFUSED])),
            models.Index(fields=["ended_at"], name="pmessage_bodies", condition=Q(ended_at__isnull=False) & ~Q(body_sealed="")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about or self.id}"

    @property
    def text(self) -> str:
        """The exact text of the body. Empty once it has been removed."""
        return open_text(self.body_sealed, context=SEALED) if self.body_sealed else ""

    @property
    def body(self) -> dict[str, Any]:
        """The body. ``ValueError`` once it has been removed."""
        found: dict[str, Any] = json.loads(self.text)
        return found


class MessageStep(models.Model):
    """One thing that happened to a message: its way is told by these, from end to end."""

    class What(models.TextChoices):
        """What happened."""

        PROMISED = "promised", "Ghi vào hàng đợi"
        ARRIVED = "arrived", "Nhận, kiểm tra chữ ký, đã trả biên nhận"
        FAILED = "failed", "Gửi không được"
        HANDED = "handed", "Đã giao cho trục, chờ biên nhận của bên nhận"
        DELIVERED = "delivered", "Đến nơi, có biên nhận đã ký"
        ACKNOWLEDGED = "acknowledged", "Xử lý xong"
        REFUSED = "refused", "Bị từ chối"
        DEAD = "dead", "Thôi gửi"
        AGAIN = "again", "Cán bộ cho gửi lại"
        REPEATED = "repeated", "Bên gửi gửi lại tin đã nhận"

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField(db_default=Now())
    what = models.CharField(max_length=12, choices=What.choices)
    code = models.CharField(max_length=200, blank=True)
    """A word of ours or of the protocol: no personal data."""

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.message_id} {self.what}"


class AxisDocument(models.Model):
    """A document that came to us over the national document axis, and what became of it: each one counts once, however often the axis
    lists or delivers it."""

    id = models.BigAutoField(primary_key=True)
    number = models.CharField("Mã trên trục", max_length=100, unique=True, db_collation="C")
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, null=True, related_name="axis_documents")
    """By its sender's code; None where nobody is known by that."""
    digest = models.BinaryField(max_length=32)
    """SHA-256 of what was attached: the same bytes again are the same message, delivered twice."""
    came_at = models.DateTimeField()
    taken = models.BooleanField(default=False)
    outcome = models.CharField(max_length=60)
    """A word of ours; no personal data."""
    answered_at = models.DateTimeField(null=True)
    """The axis knows what became of it."""

    class Meta:
        indexes = [
            models.Index(fields=["partner", "digest"], name="paxis_same"),
            models.Index(fields=["came_at"], name="paxis_age"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.outcome}"


class Subscription(models.Model):
    """A partner asked for messages of a kind."""

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="subscriptions")
    kind = models.CharField("Loại tin", max_length=60)
    since = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "partner"], name="partner_subscription_once")]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.kind}"


class PortalKey(models.Model):
    """A key of the portal itself: by ``sig`` we sign, what is sealed to ``enc`` we open. Published in a JWK set."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    use = models.CharField(max_length=3)
    algorithm = models.CharField(max_length=30)
    public = models.JSONField()
    private_sealed = models.TextField()
    made_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)
    """Signs no more from then on; what was sealed to it is opened still, until it has left."""
    left_at = models.DateTimeField(null=True)
    """Published no more; the public part stays, so that old proofs can be checked."""

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(fields=["use"], name="portal_key_in_use", condition=Q(replaced_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.use} {self.id}"


class Connection(models.Model):
    """How the line to a partner is: counted by what came of each try."""

    partner = models.OneToOneField(Partner, on_delete=models.CASCADE, primary_key=True, related_name="connection")
    failures = models.PositiveIntegerField("Lần không được liên tiếp", default=0)
    failing_since = models.DateTimeField(null=True)
    rest_until = models.DateTimeField(null=True)
    """Left alone until then; after that one try at a time."""
    last_ok_at = models.DateTimeField("Gửi được lần cuối", null=True)
    last_error = models.CharField("Lỗi gần nhất", max_length=60, blank=True)
    lost_at = models.DateTimeField("Mất kết nối từ", null=True)

    def __str__(self) -> str:
        return f"{self.partner_id}"


class ConnectionEvent(models.Model):
    """A line was lost or is back; those concerned are told (Rules art. 52)."""

    class What(models.TextChoices):
        """Which."""

        LOST = "lost", "Mất kết nối"
        BACK = "back", "Kết nối lại"

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="connection_events")
    what = models.CharField(max_length=4, choices=What.choices)
    at = models.DateTimeField()
    since = models.DateTimeField()
    """Lost: the first failure. Back: when it was lost."""
    error = models.CharField(max_length=60, blank=True)
    waiting = models.PositiveIntegerField(default=0)
    """How many messages waited then."""

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["partner", "-id"], name="pconnection_events")]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.what} {self.at:%Y-%m-%d %H:%M}"


class WatchedPartner(Partner):
    """A partner as its agency watches it: its line, keys, people, what waits (Rules art. 48.4)."""

    class Meta:
        proxy = True
        verbose_name = "kết nối"
        verbose_name_plural = "Theo dõi kết nối"
