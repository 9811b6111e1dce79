"""The electronic process of a procedure: the library, what agencies publish, where each dossier stands, whom it was given to (D-09)."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from dossiers.models.dossier import Dossier
from portal.crypto.fields import SealedTextField


class ProcessTemplate(models.Model):
    """A process that agencies may begin with: shipped, belongs to no procedure. What agencies took from it stays as they took it."""

    slug = models.SlugField(primary_key=True, max_length=60)
    name = models.CharField("tên", max_length=200)
    document: Any = models.JSONField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ProcessVersion(models.Model):
    """One version of a procedure's process at an agency and those below it. What a dossier began by it goes on by."""

    procedure_code = models.CharField("mã thủ tục", max_length=40)
    unit_code = models.CharField("cơ quan", max_length=40, blank=True, db_collation="C")
    """Whose process it is; those below an agency without one of their own go by it. Empty: everybody's, as it was shipped."""
    number = models.PositiveIntegerField("phiên bản")
    name = models.CharField("tên", max_length=200)
    document: Any = models.JSONField()
    """As `dossiers.process.documents` reads it."""
    published_at = models.DateTimeField("công khai lúc")
    published_by = models.UUIDField(null=True, blank=True)
    """Position of the officer who published it; null: shipped."""
    published_label = models.CharField("người công khai", max_length=200, blank=True)
    ended_at = models.DateTimeField("thôi dùng lúc", null=True, blank=True)
    """From then on nothing begins by it."""

    class Meta:
        verbose_name = "quy trình điện tử"
        verbose_name_plural = "quy trình điện tử"
        constraints = [
            models.UniqueConstraint(fields=["procedure_code", "unit_code", "number"], name="dossiers_process_number"),
            models.UniqueConstraint(
                fields=["procedure_code", "unit_code"], condition=Q(ended_at__isnull=True), name="dossiers_one_process_holds"
            ),
        ]
        indexes = [models.Index(fields=["unit_code", "procedure_code", "id"], name="dossiers_process_list")]
        triggers = [
            pgtrigger.Protect(name="process_stays", operation=pgtrigger.Delete),
            # A dossier that began by it goes on by it, whatever is published later.
            pgtrigger.Protect(
                name="process_published_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.document IS DISTINCT FROM NEW.document OR OLD.number IS DISTINCT FROM NEW.number"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.number}"


class DossierProcess(models.Model):
    """A dossier's way through one version of a process: from its reception to its end."""

    class Ending(models.TextChoices):
        NONE = "", "–"
        DONE = "done", "Đã xong"
        UNDONE = "undone", "Hoàn tác tiếp nhận"
        STOPPED = "stopped", "Hồ sơ kết thúc trước"

    id = models.BigAutoField(primary_key=True)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="processes")
    version = models.ForeignKey(ProcessVersion, on_delete=models.PROTECT, related_name="+")
    whole = models.DurationField()
    """The whole limit in working time, as it was at reception: of it steps have their shares."""
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=10, choices=Ending.choices, default=Ending.NONE, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dossier"], condition=Q(ended_at__isnull=True), name="dossiers_one_process_runs"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ending="") | Q(ended_at__isnull=False, ending__in=["done", "undone", "stopped"]),
                name="dossiers_process_ended_how",
            ),
        ]
        triggers = [pgtrigger.Protect(name="dossier_process_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.version_id}"


class DossierStep(models.Model):
    """One stay of a dossier in a step: who has it, since when, until when; how it ended. One is open at a time."""

    class Outcome(models.TextChoices):
        OPEN = "", "Đang làm"
        PASSED = "passed", "Đã chuyển"
        RETURNED = "returned", "Đã trả lại"
        ENDED = "ended", "Hồ sơ kết thúc"

    class How(models.TextChoices):
        """How the officer was found."""

        NONE = "", "Chưa giao"
        SAME = "same", "Tiếp tục người đang giữ"
        LEAST_LOADED = "least_loaded", "Người ít việc nhất"
        AREA = "area", "Theo địa bàn"
        HAND = "hand", "Phân công"
        TAKEN = "taken", "Tự nhận"
        SIGNER = "signer", "Người được trình ký"

    id = models.BigAutoField(primary_key=True)
    process = models.ForeignKey(DossierProcess, on_delete=models.PROTECT, related_name="steps")
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="steps")
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60)
    label = models.CharField("bước", max_length=200)
    role = models.CharField(max_length=30)
    act = models.CharField(max_length=20, blank=True)
    """The act on the dossier by which it is passed; empty: handed over by hand."""
    officer_id = models.UUIDField(null=True, blank=True)
    """Position of who has it; null: nobody yet."""
    officer_label = models.CharField("cán bộ", max_length=200, blank=True)
    assigned_at = models.DateTimeField(null=True, blank=True)
    assigned_how = models.CharField(max_length=20, choices=How.choices, default=How.NONE, blank=True)
    started_at = models.DateTimeField("nhận lúc")
    allotted = models.DurationField()
    """Its share of the limit, in working time."""
    due_base = models.DateTimeField()
    """The dossier's appointment that figures measured by when it began: what that moves by, this moves by."""
    due_at = models.DateTimeField("hạn của bước")
    finished_at = models.DateTimeField("xong lúc", null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN, blank=True)
    finished_by = models.UUIDField(null=True, blank=True)
    finished_label = models.CharField(max_length=200, blank=True)
    is_late = models.BooleanField(null=True)
    note: Any = SealedTextField(subject="dossier_id", null=True)

    class Meta:
        verbose_name = "việc theo bước"
        verbose_name_plural = "việc theo bước"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["process", "number"], name="dossiers_step_number"),
            models.UniqueConstraint(fields=["dossier"], condition=Q(finished_at__isnull=True), name="dossiers_one_step_is_open"),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, outcome="", is_late__isnull=True)
                | Q(finished_at__isnull=False, outcome__in=["passed", "returned", "ended"], is_late__isnull=False),
                name="dossiers_step_finished_how",
            ),
            models.CheckConstraint(
                condition=Q(officer_id__isnull=True, assigned_at__isnull=True, assigned_how="")
                | (Q(officer_id__isnull=False, assigned_at__isnull=False) & ~Q(assigned_how="")),
                name="dossiers_step_assigned_how",
            ),
        ]
        indexes = [
            models.Index(fields=["unit_code", "due_at", "id"], condition=Q(finished_at__isnull=True), name="dossiers_step_unit"),
            models.Index(fields=["officer_id", "due_at", "id"], condition=Q(finished_at__isnull=True), name="dossiers_step_officer"),
            models.Index(fields=["unit_code", "finished_at"], condition=Q(finished_at__isnull=False), name="dossiers_step_done"),
        ]
        triggers = [pgtrigger.Protect(name="step_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.number} {self.name}"


class DossierOpinion(models.Model):
    """What another agency was asked about a dossier, and what it said: kept as data, shown again before another is asked (D-31)."""

    class Verdict(models.TextChoices):
        NONE = "", "–"
        AGREE = "agree", "Đồng ý"
        CONDITIONS = "conditions", "Đồng ý, kèm điều kiện"
        DISAGREE = "disagree", "Không đồng ý"
        NOT_OURS = "not_ours", "Không thuộc thẩm quyền"

    id = models.BigAutoField(primary_key=True)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="opinions")
    step = models.ForeignKey(DossierStep, null=True, blank=True, on_delete=models.PROTECT, related_name="opinions")
    party_id = models.UUIDField()
    """Whose dossier it is: by that and by the matter it is found again."""
    matter = models.CharField(max_length=60)
    """What it is about, as the process names it; `khac` for what an officer thought of."""
    label = models.CharField("về việc", max_length=200)
    asked_unit = models.CharField("cơ quan được hỏi", max_length=40, db_collation="C")
    asked_by_unit = models.CharField("cơ quan hỏi", max_length=40)
    asked_by = models.UUIDField()
    asked_label = models.CharField(max_length=200)
    question: Any = SealedTextField(subject="dossier_id", null=True)
    papers = ArrayField(models.UUIDField(), default=list)
    """Papers of the dossier that the agency asked may open."""
    asked_at = models.DateTimeField("hỏi lúc")
    due_at = models.DateTimeField("hạn trả lời")
    verdict = models.CharField("ý kiến", max_length=20, choices=Verdict.choices, default=Verdict.NONE, blank=True)
    answer: Any = SealedTextField(subject="dossier_id", null=True)
    answered_at = models.DateTimeField("trả lời lúc", null=True, blank=True)
    answered_by = models.UUIDField(null=True, blank=True)
    answered_label = models.CharField(max_length=200, blank=True)
    reusable_until = models.DateField(null=True, blank=True)
    """Until when it may stand in for another; null: not at all."""
    taken_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """The opinion of another dossier that was used again in place of asking."""
    called_off_at = models.DateTimeField(null=True, blank=True)
    called_off_note: Any = SealedTextField(subject="dossier_id", null=True)

    class Meta:
        verbose_name = "ý kiến về hồ sơ"
        verbose_name_plural = "ý kiến về hồ sơ"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "matter", "asked_unit"],
                condition=Q(answered_at__isnull=True, called_off_at__isnull=True),
                name="dossiers_opinion_asked_once",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, verdict="")
                | (Q(answered_at__isnull=False, called_off_at__isnull=True, answered_by__isnull=False) & ~Q(verdict="")),
                name="dossiers_opinion_answered",
            ),
            models.CheckConstraint(condition=Q(due_at__gte=F("asked_at")), name="dossiers_opinion_due"),
        ]
        indexes = [
            models.Index(
                fields=["asked_unit", "due_at", "id"],
                condition=Q(answered_at__isnull=True, called_off_at__isnull=True),
                name="dossiers_opinion_waits",
            ),
            models.Index(fields=["due_at", "id"], name="dossiers_opinion_list"),
            models.Index(fields=["party_id", "-answered_at"], condition=Q(answered_at__isnull=False), name="dossiers_opinion_again"),
        ]
        triggers = [
            pgtrigger.Protect(name="opinion_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="opinion_given_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.answered_at IS NOT NULL"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.matter} {self.asked_unit}"

    @property
    def is_open(self) -> bool:
        """Whether it is waited for."""
        return self.answered_at is None and self.called_off_at is None


class Absence(models.Model):
    """Days on which an officer is away, and the colleague of the same roles who has their work meanwhile."""

    id = models.BigAutoField(primary_key=True)
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    position_id = models.UUIDField()
    label = models.CharField("người vắng mặt", max_length=200)
    substitute_id = models.UUIDField()
    substitute_label = models.CharField("người làm thay", max_length=200)
    reason = models.CharField("lý do", max_length=300, blank=True)
    starts_on = models.DateField("từ ngày")
    ends_on = models.DateField("đến hết ngày")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    """When it was called off, or ended early."""

    class Meta:
        verbose_name = "vắng mặt, người làm thay"
        verbose_name_plural = "vắng mặt, người làm thay"
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="dossiers_absence_days"),
            models.CheckConstraint(condition=~Q(position_id=F("substitute_id")), name="dossiers_absence_another"),
        ]
        indexes = [
            models.Index(fields=["unit_code", "starts_on", "id"], name="dossiers_absence_unit"),
            models.Index(fields=["substitute_id", "ends_on"], condition=Q(ended_at__isnull=True), name="dossiers_absence_for"),
        ]
        triggers = [pgtrigger.Protect(name="absence_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.label} {self.starts_on}"


class OfficerArea(models.Model):
    """That an officer of a unit has the dossiers of a place (where the process assigns by area)."""

    id = models.BigAutoField(primary_key=True)
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    position_id = models.UUIDField()
    label = models.CharField("cán bộ", max_length=200)
    area_code = models.CharField("mã địa bàn", max_length=20)
    area_name = models.CharField("địa bàn", max_length=200)

    class Meta:
        verbose_name = "địa bàn phụ trách"
        verbose_name_plural = "địa bàn phụ trách"
        constraints = [models.UniqueConstraint(fields=["unit_code", "area_code", "position_id"], name="dossiers_area_once")]
        indexes = [models.Index(fields=["unit_code", "area_name", "id"], name="dossiers_area_list")]

    def __str__(self) -> str:
        return f"{self.area_name}: {self.label}"
