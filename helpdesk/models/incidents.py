"""Incidents, and the deadlines of applicants that they moved (Rules art. 29.4)."""

from __future__ import annotations

import uuid

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class Service(models.TextChoices):
    """What can fail; which deadlines hang on it: ``helpdesk.services.moving.REACHES``."""

    PORTAL = "portal", "Toàn Cổng"
    SIGN_IN = "sign_in", "Đăng nhập"
    FILING = "filing", "Nộp, bổ sung hồ sơ"
    PAYMENTS = "payments", "Thanh toán trực tuyến"
    PETITIONS = "petitions", "Phản ánh, kiến nghị"
    PARTNER = "partner", "Hệ thống của một cơ quan"


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent())
class Incident(models.Model):
    """A time in which a service did not work. Its times may be corrected; deadlines follow."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField("sự cố", max_length=200)
    title_en = models.CharField("bằng tiếng Anh", max_length=200, blank=True)
    services = ArrayField(models.CharField(max_length=10, choices=Service.choices), verbose_name="dịch vụ")
    unit_code = models.CharField("cơ quan có hệ thống gặp sự cố", max_length=40, blank=True, db_collation="C")
    """Of a partner's system: dossiers of this agency and those below it; empty: everybody's."""
    began_at = models.DateTimeField("bắt đầu")
    ended_at = models.DateTimeField("kết thúc", null=True, blank=True)
    """Null: it goes on."""
    cause = models.TextField("nguyên nhân, cách khắc phục", max_length=5000, blank=True)
    recorded_at = models.DateTimeField("ghi lúc")
    recorded_by = models.CharField("người ghi", max_length=300)
    withdrawn_at = models.DateTimeField("thôi lúc", null=True, blank=True)
    """Recorded by mistake: it moves nothing any more."""
    settled_at = models.DateTimeField(null=True, blank=True)
    """When all deadlines stood where its present times put them; null: the worker has still to look."""

    class Meta:
        verbose_name = "sự cố"
        verbose_name_plural = "sự cố"
        ordering = ["-began_at", "-id"]
        constraints = [
            models.CheckConstraint(name="helpdesk_incident_times", condition=Q(ended_at__isnull=True) | Q(ended_at__gt=F("began_at"))),
            models.CheckConstraint(name="helpdesk_incident_of_something", condition=Q(services__len__gte=1)),
            models.CheckConstraint(name="helpdesk_incident_partner_named", condition=~Q(services__contains=["partner"]) | ~Q(unit_code="")),
        ]
        indexes = [
            models.Index(fields=["-began_at", "-id"], name="helpdesk_incidents"),
            models.Index(fields=["recorded_at"], name="helpdesk_unsettled", condition=Q(settled_at__isnull=True)),
        ]
        triggers = [pgtrigger.Protect(name="incident_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.title


class Moved(models.Model):
    """One deadline of an applicant that incidents moved: what it was before any of them, where it stands."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField("hạn", max_length=20)
    """``supplement payment shown_result draft petition``: a source of ``helpdesk.services.moving``."""
    object_id = models.CharField(max_length=40)
    """The row that keeps the deadline."""
    code = models.CharField("mã", max_length=60, blank=True)
    unit_code = models.CharField("cơ quan", max_length=40, blank=True, db_collation="C")
    first = models.DateTimeField("hạn trước sự cố")
    now = models.DateTimeField("hạn sau sự cố")
    incidents = ArrayField(models.UUIDField(), default=list)
    """Those that it fell into."""
    changed_at = models.DateTimeField("lùi lúc")

    class Meta:
        verbose_name = "hạn được lùi"
        verbose_name_plural = "hạn được lùi"
        ordering = ["-changed_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="helpdesk_moved_once"),
            models.CheckConstraint(name="helpdesk_never_earlier", condition=Q(now__gte=F("first"))),
        ]
        indexes = [models.Index(fields=["kind", "first"], name="helpdesk_moved_first")]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"
