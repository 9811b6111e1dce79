"""Requests to complete a dossier: one row for each time, with everything that is missing, each thing tied to a field or a paper."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import F, Q

from dossiers.models.dossier import Dossier
from portal.crypto.fields import SealedJSONField, SealedTextField


class SupplementRequest(models.Model):
    """One time at which the applicant was asked to complete (Decree 61/2018 art. 17; state 5 of the national standard)."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Chờ lãnh đạo duyệt"
        DECLINED = "declined", "Lãnh đạo không duyệt"
        OPEN = "open", "Chờ người nộp bổ sung"
        ANSWERED = "answered", "Đã bổ sung"
        CALLED_OFF = "called_off", "Đã rút yêu cầu"
        MISSED = "missed", "Quá hạn, chưa bổ sung"
        ENDED = "ended", "Hồ sơ kết thúc trước khi bổ sung"

    class Clock(models.TextChoices):
        """What becomes of the agency's time."""

        PAUSE = "pause", "Tạm dừng, chạy tiếp khi bổ sung xong"
        RESTART = "restart", "Tính lại từ đầu khi bổ sung xong"

    class Missed(models.TextChoices):
        """What follows when nobody answers in time."""

        STOP = "stop", "Dừng giải quyết (trước tiếp nhận: không tiếp nhận)"
        LEAVE = "leave", "Trở lại cán bộ để giải quyết tiếp"

    id = models.BigAutoField(primary_key=True)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="supplements")
    number = models.PositiveSmallIntegerField()
    number_after = models.PositiveSmallIntegerField()
    """Which one after reception it is; 0: before."""
    state = models.CharField(max_length=10, choices=State.choices)
    clock = models.CharField(max_length=10, choices=Clock.choices)
    when_missed = models.CharField(max_length=10, choices=Missed.choices)
    days = models.PositiveSmallIntegerField()
    """Working days the applicant has."""
    words: Any = SealedTextField(subject="dossier_id", null=True)
    """What the officer adds for the applicant."""
    asked_by = models.UUIDField()
    """Position of the officer who wrote it."""
    asked_label = models.CharField(max_length=200)
    written_at = models.DateTimeField()
    approved_by = models.UUIDField(null=True, blank=True)
    """Position of the leader who let it go out, where one had to."""
    approved_label = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    remind_at = models.DateTimeField(null=True, blank=True)
    """When the parties are reminded; null: not at all, or they have been."""
    due_before = models.DateTimeField(null=True, blank=True)
    """The agency's deadline when it was asked: the appointment, before reception the time to answer."""
    response_due_before = models.DateTimeField(null=True, blank=True)
    typed: Any = SealedJSONField(subject="dossier_id", null=True)
    """What the applicant has typed so far, valid or not."""
    explanation: Any = SealedTextField(subject="dossier_id", null=True)
    """What the applicant says beside the things asked for."""
    closed_at = models.DateTimeField(null=True, blank=True)
    slip = models.OneToOneField("dossiers.DossierDocument", null=True, on_delete=models.PROTECT, related_name="supplement")
    """The sealed slip 02 that was issued with it."""

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["dossier", "number"], name="dossiers_supplement_number"),
            models.UniqueConstraint(
                fields=["dossier"], condition=Q(state__in=["proposed", "open"]), name="dossiers_one_supplement_is_open"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "declined", "open", "answered", "called_off", "missed", "ended"]),
                name="dossiers_supplement_state",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "declined"], asked_at__isnull=True)
                | Q(state="ended")
                | Q(asked_at__isnull=False, until__isnull=False, until__gt=F("asked_at")),
                name="dossiers_supplement_times",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "open"], closed_at__isnull=True)
                | (~Q(state__in=["proposed", "open"]) & Q(closed_at__isnull=False, remind_at__isnull=True)),
                name="dossiers_supplement_closed_has_time",
            ),
            # The law knows one request after reception; another goes out with a leader's name only.
            models.CheckConstraint(
                condition=Q(number_after__lte=1) | Q(asked_at__isnull=True) | Q(approved_by__isnull=False),
                name="dossiers_second_supplement_approved",
            ),
            models.CheckConstraint(
                condition=Q(clock__in=["pause", "restart"], when_missed__in=["stop", "leave"], days__gte=1, days__lte=90),
                name="dossiers_supplement_policy",
            ),
        ]
        indexes = [models.Index(fields=["remind_at"], name="dossiers_supplement_remind", condition=Q(remind_at__isnull=False))]
        triggers = [pgtrigger.Protect(name="supplement_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.number}"

    @property
    def is_after_reception(self) -> bool:
        """Whether the dossier had been received."""
        return self.number_after > 0


class SupplementDefect(models.Model):
    """One thing that is missing or wrong: where, why (a code of `dossiers.supplements.policies`), and in words what to do."""

    class Kind(models.TextChoices):
        FIELD = "field", "Mục của tờ khai"
        PAPER = "paper", "Giấy tờ"
        NEW_PAPER = "new_paper", "Giấy tờ khác"

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(SupplementRequest, on_delete=models.PROTECT, related_name="defects")
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=60)
    """Name of the field, or kind of the paper."""
    label = models.CharField(max_length=500)
    reason = models.CharField(max_length=10)
    reason_label = models.CharField(max_length=200)
    replaces = models.BooleanField(default=False)
    """Whether what is sent takes the place of what was sent before."""
    words: Any = SealedTextField(subject="dossier_id", null=True)
    was: Any = SealedTextField(subject="dossier_id", null=True)
    """What stood there when it was answered, as people read it."""
    became: Any = SealedTextField(subject="dossier_id", null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["request", "kind", "name"], name="dossiers_defect_once"),
            models.CheckConstraint(condition=Q(kind__in=["field", "paper", "new_paper"]), name="dossiers_defect_kind"),
        ]
        triggers = [pgtrigger.Protect(name="defect_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.request_id} {self.name}"
