"""What is done with a petition: asked of the sender, of other agencies, reported, answered."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q

from feedback.models.petitions import Petition
from portal.crypto.fields import SealedTextField


class Supplement(models.Model):
    """One time at which the sender was asked for more (art. 42.3b)."""

    petition = models.ForeignKey(Petition, on_delete=models.PROTECT, related_name="supplements")
    number = models.PositiveSmallIntegerField()
    question = SealedTextField(subject="petition_id", null=True)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    longer_until = models.DateTimeField(null=True)
    """What an incident of the portal gave the sender beside it (Rules art. 29.4); no recount takes it away."""
    answer = SealedTextField(subject="petition_id", null=True)
    given_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    """Given, or waited for no more."""

    class Meta:
        ordering = ["petition", "number"]
        constraints = [
            models.UniqueConstraint(fields=["petition", "number"], name="supplement_numbered"),
            models.UniqueConstraint(fields=["petition"], condition=Q(closed_at__isnull=True), name="supplement_one_open"),
        ]

    def __str__(self) -> str:
        return f"{self.petition_id} {self.number}"


class Opinion(models.Model):
    """What another agency was asked by the one in the lead, and what it says (art. 42.3đ, 43.2)."""

    class Stance(models.TextChoices):
        AGREES = "agrees", "Thống nhất với phương án"
        DISAGREES = "disagrees", "Không thống nhất"
        NOT_OURS = "not_ours", "Không thuộc thẩm quyền"

    petition = models.ForeignKey(Petition, on_delete=models.PROTECT, related_name="opinions")
    unit_code = models.CharField("cơ quan phối hợp", max_length=40, db_collation="C")
    agency_code = models.CharField(max_length=10, db_collation="C")
    asked_by_unit = models.CharField(max_length=40, db_collation="C")
    question = SealedTextField(subject="petition_id", null=True)
    asked_at = models.DateTimeField("hỏi lúc")
    due_at = models.DateTimeField("hạn cho ý kiến")
    stance = models.CharField("ý kiến", max_length=10, choices=Stance.choices, blank=True)
    words = SealedTextField(subject="petition_id", null=True)
    given_at = models.DateTimeField("cho ý kiến lúc", null=True)
    position_id = models.UUIDField(null=True)
    label = models.CharField(max_length=200, blank=True)
    called_off_at = models.DateTimeField(null=True)
    """Needed no more: the lead changed, or the petition ended."""

    class Meta:
        verbose_name = "ý kiến phối hợp"
        verbose_name_plural = "ý kiến phối hợp"
        ordering = ["petition", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["petition", "unit_code"],
                condition=Q(given_at__isnull=True, called_off_at__isnull=True),
                name="opinion_one_open_a_unit",
            ),
            models.CheckConstraint(condition=Q(given_at__isnull=True) | ~Q(stance=""), name="opinion_given_has_stance"),
        ]
        indexes = [
            models.Index(fields=["petition", "id"], name="opinions_of_petition"),
            models.Index(
                fields=["unit_code", "due_at", "id"], name="opinions_open", condition=Q(given_at__isnull=True, called_off_at__isnull=True)
            ),
            models.Index(fields=["unit_code", "-asked_at", "petition"], name="opinions_of_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.petition_id} {self.unit_code}"

    @property
    def is_open(self) -> bool:
        """Whether it is waited for."""
        return self.given_at is None and self.called_off_at is None


class ProgressReport(models.Model):
    """How things stand with a petition that is late, told to the sender (art. 44.1). Never changed."""

    petition = models.ForeignKey(Petition, on_delete=models.PROTECT, related_name="reports")
    at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    """Until when this one was to be made; None for one that nobody had to make."""
    words = SealedTextField(subject="petition_id", null=True)
    position_id = models.UUIDField(null=True)
    label = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["petition", "at", "id"]
        indexes = [models.Index(fields=["petition", "at", "id"], name="reports_of_petition")]
        triggers = [pgtrigger.Protect(name="report_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.petition_id} {self.at:%d/%m/%Y}"


class Answer(models.Model):
    """An answer on its way: drafted, checked by somebody else, returned or approved. What was approved is never changed."""

    DRAFT, SUBMITTED, RETURNED, APPROVED = "draft", "submitted", "returned", "approved"

    petition = models.ForeignKey(Petition, on_delete=models.PROTECT, related_name="answers")
    number = models.PositiveSmallIntegerField()
    round = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(
        max_length=10,
        choices=[(DRAFT, "Bản thảo"), (SUBMITTED, "Chờ duyệt"), (RETURNED, "Bị trả lại"), (APPROVED, "Đã trả lời")],
        default=DRAFT,
    )
    unit_code = models.CharField(max_length=40, db_collation="C")
    words = SealedTextField("trả lời", subject="petition_id", null=True)
    outcome_on = models.DateField("có kết quả xử lý ngày", null=True)
    """The day of the outcome: from it run the 2 working days in which the answer is entered (art. 44.2)."""
    result_due_at = models.DateTimeField(null=True)
    drafted_by = models.UUIDField(null=True)
    drafted_label = models.CharField(max_length=200, blank=True)
    drafted_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    checked_by = models.UUIDField(null=True)
    checked_label = models.CharField(max_length=200, blank=True)
    return_reason = SealedTextField(subject="petition_id", null=True)
    checked_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["petition", "number"]
        constraints = [
            models.UniqueConstraint(fields=["petition", "number"], name="answer_numbered"),
            models.UniqueConstraint(fields=["petition"], condition=Q(state__in=["draft", "submitted"]), name="answer_one_under_way"),
            models.CheckConstraint(
                condition=~Q(state__in=["returned", "approved"]) | Q(checked_by__isnull=False, checked_at__isnull=False),
                name="answer_checked_by_somebody",
            ),
            # Four eyes: who drafted does not approve.
            models.CheckConstraint(condition=~Q(state="approved") | ~Q(drafted_by=models.F("checked_by")), name="answer_four_eyes"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="answer_given_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("(OLD.state = 'approved')"),
            ),
            pgtrigger.Protect(name="answer_stays", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.petition_id} {self.number}"


class ReplyTemplate(models.Model):
    """Words that an agency uses again and again, in answers, refusals and requests."""

    class For(models.TextChoices):
        ANSWER = "answer", "Trả lời"
        REFUSE = "refuse", "Không tiếp nhận"
        ASK = "ask", "Yêu cầu bổ sung"
        PROGRESS = "progress", "Báo tình hình"

    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    use = models.CharField("dùng khi", max_length=10, choices=For.choices)
    name = models.CharField("tên mẫu", max_length=120)
    words = models.TextField("nội dung", max_length=10_000)
    is_active = models.BooleanField("đang dùng", default=True)

    class Meta:
        verbose_name = "mẫu trả lời"
        verbose_name_plural = "mẫu trả lời"
        ordering = ["unit_code", "use", "name", "id"]
        constraints = [models.UniqueConstraint(fields=["unit_code", "use", "name"], name="reply_template_named")]

    def __str__(self) -> str:
        return self.name


class SavedView(models.Model):
    """A filter of the queue that an officer keeps."""

    position_id = models.UUIDField()
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=500)

    class Meta:
        ordering = ["position_id", "name"]
        constraints = [models.UniqueConstraint(fields=["position_id", "name"], name="saved_view_named")]

    def __str__(self) -> str:
        return self.name


class SecretStub(models.Model):
    """What stays of a petition that touched state secrets: that there was one, when it left, by whose act (art. 44.3)."""

    petition = models.OneToOneField(Petition, on_delete=models.PROTECT, related_name="secret_stub")
    at = models.DateTimeField()
    position_id = models.UUIDField()
    label = models.CharField(max_length=200)
    basis = models.CharField(max_length=200)
    """Number and day of the paper that says so; nothing of its content."""
    files_destroyed = models.PositiveIntegerField(default=0)
    details: Any = models.JSONField(default=dict)

    class Meta:
        triggers = [pgtrigger.Protect(name="secret_stub_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.petition_id)


class WarnedStep(models.Model):
    """That somebody was told of the deadline of one step, so that nobody is told twice; the deadline of the answer stands in
    :attr:`Petition.warned`."""

    class Step(models.TextChoices):
        RECEIVE = "receive", "tiếp nhận, chuyển hoặc không tiếp nhận"
        TRANSFER = "transfer", "yêu cầu bổ sung hoặc chuyển cơ quan có thẩm quyền"
        REPORT = "report", "báo tình hình xử lý cho người gửi"
        ENTER = "enter", "duyệt trả lời để nhập kết quả"
        OPINION = "opinion", "cho ý kiến phối hợp"

    petition = models.ForeignKey(Petition, on_delete=models.PROTECT, related_name="+")
    step = models.CharField(max_length=10, choices=Step.choices)
    of = models.BigIntegerField(default=0)
    """The opinion or answer whose deadline it is; 0: the petition's own."""
    due_at = models.DateTimeField()
    level = models.PositiveSmallIntegerField()
    """2 due today, 3 late."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["petition", "step", "of", "due_at", "level"], name="step_warned_once")]

    def __str__(self) -> str:
        return f"{self.petition_id} {self.step} {self.level}"
