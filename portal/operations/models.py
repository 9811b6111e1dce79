"""What the watch over the portal keeps: figures by the minute and hour, rules, alarms, security events."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class Figure(models.Model):
    """One figure of a minute or, folded, of an hour."""

    MINUTE, HOUR = 1, 60
    name = models.CharField("Số đo", max_length=60)
    label = models.CharField("Của", max_length=120, blank=True, default="")
    span = models.PositiveSmallIntegerField("Khoảng (phút)")
    at = models.DateTimeField("Từ lúc")
    """Where the span begins."""
    value = models.FloatField("Giá trị")
    """Of what is counted the sum; of what is measured the mean."""
    highest = models.FloatField("Cao nhất")
    """The highest minute of the span."""
    adds = models.BooleanField("Cộng dồn")
    """Counted (spans add up) or measured."""

    class Meta:
        verbose_name = "số đo"
        verbose_name_plural = "Tình trạng hệ thống"
        ordering: ClassVar = ["-at", "name", "label"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["span", "name", "label", "at"], name="figure_once"),
            models.CheckConstraint(condition=Q(span__in=[1, 60]), name="figure_span"),
        ]
        indexes: ClassVar = [models.Index(fields=["span", "at"], name="figure_by_time")]

    def __str__(self) -> str:
        return f"{self.name} {self.label}".strip()


class AlarmRule(models.Model):
    """When people are told: a figure beyond a limit for some minutes. Shipped (`data/rules.json`), changed on the desk."""

    class Grade(models.TextChoices):
        URGENT = "urgent", "Khẩn"
        SERIOUS = "serious", "Nghiêm trọng"
        NOTICE = "notice", "Lưu ý"

    key = models.CharField("Mã", max_length=60, primary_key=True, db_collation="C")
    label = models.CharField("Cảnh báo", max_length=200)
    figure = models.CharField("Số đo", max_length=60)
    is_below = models.BooleanField("Khi thấp hơn ngưỡng", default=False)
    limit = models.FloatField("Ngưỡng")
    minutes = models.PositiveSmallIntegerField("Liên tục trong (phút)", default=1)
    grade = models.CharField("Mức", max_length=8, choices=Grade.choices, default=Grade.SERIOUS)
    roles = ArrayField(models.CharField(max_length=40), verbose_name="Báo cho")
    """Roles of the Government Office that are told, and of the agency whose thing it is."""
    channels = ArrayField(models.CharField(max_length=8), verbose_name="Bằng")
    escalate_minutes = models.PositiveSmallIntegerField("Báo lên sau (phút)", default=15)
    """Not acknowledged for so long: those of ``escalate_roles`` are told too; 0: never."""
    escalate_roles = ArrayField(models.CharField(max_length=40), verbose_name="Báo lên cho", default=list, blank=True)
    advice = models.CharField("Việc cần làm", max_length=500, blank=True)
    is_on = models.BooleanField("Đang dùng", default=True)

    class Meta:
        verbose_name = "luật cảnh báo"
        verbose_name_plural = "Luật cảnh báo"
        ordering: ClassVar = ["key"]
        constraints: ClassVar = [models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=60), name="alarm_rule_minutes")]

    def __str__(self) -> str:
        return self.label


class Alarm(models.Model):
    """One cause that people must know of, from the first sight to the end; a cause that comes again within the hour is the same alarm."""

    rule = models.ForeignKey(AlarmRule, on_delete=models.PROTECT, related_name="alarms", verbose_name="Luật")
    cause = models.CharField("Nguyên nhân", max_length=120, blank=True, default="")
    """The label of the figure: which queue, connection, door."""
    units = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    """Agencies whose thing it is: they are told as well."""
    times = models.PositiveBigIntegerField("Số lần", default=1)
    value = models.FloatField("Giá trị gần nhất", default=0)
    raised_at = models.DateTimeField("Từ lúc")
    last_at = models.DateTimeField("Lần cuối")
    told_at = models.DateTimeField("Đã báo lúc", null=True)
    told_over_at = models.DateTimeField("Đã báo hết lúc", null=True)
    acknowledged_at = models.DateTimeField("Nhận việc lúc", null=True)
    acknowledged_by = models.UUIDField("Người nhận việc", null=True)
    """Their position."""
    escalated_at = models.DateTimeField("Báo lên lúc", null=True)
    closed_at = models.DateTimeField("Hết lúc", null=True)

    class Meta:
        verbose_name = "cảnh báo"
        verbose_name_plural = "Cảnh báo"
        ordering: ClassVar = ["-raised_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "cause"], condition=Q(closed_at__isnull=True), name="alarm_open_once"),
            models.CheckConstraint(condition=Q(last_at__gte=F("raised_at")), name="alarm_times"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["rule", "cause", "-last_at"], name="alarm_by_cause"),
            models.Index(fields=["-raised_at", "-id"], name="alarm_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.rule.label}: {self.cause}" if self.cause else self.rule.label


class Silence(models.Model):
    """For a while nobody is told of a cause; it is kept and shown all the same."""

    rule = models.ForeignKey(AlarmRule, on_delete=models.CASCADE, related_name="silences")
    cause = models.CharField(max_length=120, blank=True, default="")
    until = models.DateTimeField()
    reason = models.CharField(max_length=300)
    set_by = models.UUIDField(null=True)
    set_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["rule", "cause"], name="silence_once")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.cause}".strip()


class SecurityEvent(models.Model):
    """What looked like an attack at one door in one minute, handed on to who watches the state's networks."""

    kind = models.CharField("Loại", max_length=40)
    cause = models.CharField("Ở đâu", max_length=120, blank=True, default="")
    at = models.DateTimeField("Phút")
    times = models.PositiveBigIntegerField("Số lần")
    sources = models.JSONField("Từ địa chỉ", default=dict)
    """Addresses with how often each, the most frequent five."""
    handed_at = models.DateTimeField("Chuyển đi lúc", null=True)
    """Promised to the outbox, which delivers until it is taken."""
    taken_at = models.DateTimeField("Bên nhận đã nhận lúc", null=True)

    class Meta:
        verbose_name = "sự kiện an toàn"
        verbose_name_plural = "Sự kiện an toàn"
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "cause", "at"], name="security_event_once")]
        indexes: ClassVar = [
            models.Index(fields=["-at", "-id"], name="security_event_by_time"),
            models.Index(fields=["at"], name="security_event_to_hand_on", condition=Q(handed_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.cause}".strip()


__all__ = ["Alarm", "AlarmRule", "Figure", "SecurityEvent", "Silence"]
