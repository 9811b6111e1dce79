"""A decision on its way into the public catalogue: entered, checked by a second officer, published at a moment (Rules art. 15–20)."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from portal.states import StateTable, Transition
from procedures.models.base import tracked
from procedures.models.version import Decision, ProcedureVersion


@tracked
class Announcement(models.Model):
    """What one decision announces. Signed, published and in force are three days of their own."""

    class State(models.TextChoices):
        ENTERING = "entering", "Đang nhập"
        CHECKING = "checking", "Chờ kiểm tra"
        CHECKED = "checked", "Chờ công khai"
        PUBLISHED = "published", "Đã công khai"
        WITHDRAWN = "withdrawn", "Đã rút"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit_code = models.CharField("cơ quan công bố", max_length=40, db_collation="C")
    """A ministry, a province, or an agency that answers for procedures of its own (Rules art. 15.1)."""
    number = models.CharField("số quyết định", max_length=80)
    signed_on = models.DateField("ngày ký")
    signer = models.CharField("người ký", max_length=200)
    effective_on = models.DateField("ngày có hiệu lực")
    law = models.CharField("văn bản quy định thủ tục", max_length=300, blank=True)
    law_effective_on = models.DateField("văn bản có hiệu lực từ", null=True, blank=True)
    summary = models.CharField("trích yếu", max_length=500)
    source = models.CharField("nơi đăng quyết định đã ký", max_length=300, blank=True)
    state = models.CharField("tình trạng", max_length=9, choices=State.choices, default=State.ENTERING)
    due_at = models.DateTimeField("hạn công khai")
    """By when the law wants it in public: ten working days after signing, five for a province (Decree 63/2010 art. 24)."""
    publish_at = models.DateTimeField("công khai lúc", null=True, blank=True)
    """The moment chosen by who publishes; the portal publishes by itself then."""
    published_at = models.DateTimeField("đã công khai lúc", null=True, blank=True)
    in_time = models.BooleanField("công khai đúng hạn", null=True, blank=True)
    signed_in_time = models.BooleanField("ký đúng hạn", null=True, blank=True)
    """Twenty working days before the law takes effect, five for a province; null: no law behind it takes effect on a day."""
    editors = ArrayField(models.UUIDField(), default=list, blank=True, editable=False)
    """Who entered anything: none of them checks."""
    entered_by = models.CharField("người nhập", max_length=300)
    checked_by = models.CharField("người kiểm tra", max_length=300, blank=True)
    published_by = models.CharField("người công khai", max_length=300, blank=True)
    note = models.CharField("ghi chú khi trả lại, khi rút", max_length=1000, blank=True)
    seen = models.PositiveIntegerField("lần sửa", default=1, editable=False)
    """Raised by every change: who saw an older one sees the newest before they go on."""
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, null=True, blank=True, related_name="announcement")
    created_at = models.DateTimeField("nhập lúc")

    class Meta:
        verbose_name = "quyết định đang nhập và công khai"
        verbose_name_plural = "nhập và công khai quyết định"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["unit_code", "number"], name="announcement_once", condition=~Q(state="withdrawn")),
            models.CheckConstraint(
                name="announcement_published_has_its_day",
                condition=Q(state__in=["published", "withdrawn"]) | Q(published_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["unit_code", "-created_at"], name="announcement_unit"),
            models.Index(fields=["state", "publish_at"], name="announcement_state"),
            models.Index(fields=["-published_at", "-id"], name="announcement_published", condition=Q(state="published")),
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.unit_code})"


@tracked
class AnnouncedChange(models.Model):
    """What a decision does to one procedure."""

    class Kind(models.TextChoices):
        NEW = "new", "Mới ban hành"
        AMEND = "amend", "Sửa đổi, bổ sung"
        REPEAL = "repeal", "Bãi bỏ"
        INTERLINK = "interlink", "Liên thông"
        LOCALISE = "localise", "Nội dung của địa phương"

    announcement = models.ForeignKey(Announcement, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField("loại thay đổi", max_length=9, choices=Kind.choices)
    procedure_code = models.CharField("mã thủ tục", max_length=40)
    name = models.TextField("tên thủ tục")
    record = models.JSONField("nội dung", default=dict, blank=True)
    """The procedure as it will be (``procedures/data/README.md``); of a localisation what the province lays down; of a repeal nothing."""
    based_on = models.CharField("nội dung gốc", max_length=64, blank=True, editable=False)
    """Digest of what was in force when the change was begun: another decision in between is found by it."""
    parts = ArrayField(models.CharField(max_length=24), default=list, blank=True, verbose_name="phần thay đổi")
    applied_at = models.DateTimeField("vào cơ sở dữ liệu lúc", null=True, blank=True)
    version = models.ForeignKey(ProcedureVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The version that it made, or ended."""

    class Meta:
        verbose_name = "thủ tục trong quyết định"
        verbose_name_plural = "thủ tục trong quyết định"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["announcement", "procedure_code"], name="announced_change_once"),
        ]
        indexes = [models.Index(fields=["procedure_code"], name="announced_change_procedure")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.procedure_code}"


@tracked
class LocalConfirmation(models.Model):
    """A province is asked whether what it laid down still holds now that the base was amended (Rules art. 18.2)."""

    class State(models.TextChoices):
        WAITING = "waiting", "Chờ xác nhận"
        CONFIRMED = "confirmed", "Đã xác nhận"
        DROPPED = "dropped", "Theo nội dung chung"

    version = models.ForeignKey(ProcedureVersion, on_delete=models.CASCADE, related_name="confirmations", verbose_name="nội dung mới")
    province_code = models.CharField("mã tỉnh, thành phố", max_length=2)
    unit_code = models.CharField("cơ quan xác nhận", max_length=40, db_collation="C")
    earlier = models.JSONField("nội dung địa phương trước đó")
    """Columns of the localisation of the version before."""
    state = models.CharField("tình trạng", max_length=9, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField("hỏi lúc")
    answered_at = models.DateTimeField("trả lời lúc", null=True, blank=True)
    answered_by = models.CharField("người trả lời", max_length=300, blank=True)
    decision_number = models.CharField("số quyết định của địa phương", max_length=80, blank=True)

    class Meta:
        verbose_name = "nội dung địa phương chờ xác nhận"
        verbose_name_plural = "nội dung địa phương chờ xác nhận"
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "province_code"], name="local_confirmation_once"),
            models.CheckConstraint(name="local_confirmation_answered", condition=Q(state="waiting") | Q(answered_at__isnull=False)),
        ]
        indexes = [models.Index(fields=["unit_code", "state"], name="local_confirmation_unit")]

    def __str__(self) -> str:
        return f"{self.province_code}: {self.version}"


ANNOUNCEMENTS = StateTable(
    Announcement.State.values,
    [
        Transition("send", "Gửi kiểm tra", frozenset({"entering"}), "checking", act="procedures.announce.enter"),
        Transition("return", "Trả lại để sửa", frozenset({"checking", "checked"}), "entering", act="procedures.announce.check"),
        Transition("check", "Xác nhận đúng quyết định", frozenset({"checking"}), "checked", act="procedures.announce.check"),
        Transition("publish", "Công khai", frozenset({"checked"}), "published", act="procedures.announce.publish"),
        Transition(
            "withdraw",
            "Rút",
            frozenset({"entering", "checking", "checked", "published"}),
            "withdrawn",
            act="procedures.announce.publish",
        ),
    ],
)
