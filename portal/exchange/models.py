"""How data services outside are asked by configuration, and what they answered last."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from portal.crypto import open_text, seal_text

CREDENTIAL, ANSWER = "exchange.service_credential", "exchange.service_answer"


class ServiceSetup(models.Model):
    """One data service asked through the general adapter: where, how, what its answer means. Its credential is sealed."""

    class Sign(models.TextChoices):
        """How the portal says who it is."""

        NONE = "none", "Không"
        BEARER = "bearer", "Bearer"
        HEADER = "header", "Tiêu đề riêng"

    code = models.CharField("mã", max_length=40, primary_key=True, db_collation="C")
    name = models.CharField("tên", max_length=200)
    base = models.CharField("địa chỉ", max_length=300, blank=True)
    """Empty: nobody has connected it yet."""
    document: Any = models.JSONField("cách hỏi", default=dict)
    """Method, path, parameters, mappings: ``portal.exchange.data_services.documents``."""
    sign = models.CharField("xưng danh bằng", max_length=6, choices=Sign.choices, default=Sign.BEARER)
    sign_header = models.CharField("tên tiêu đề", max_length=60, blank=True)
    credential_sealed = models.TextField(blank=True)
    deadline_ms = models.PositiveIntegerField("chờ nhiều nhất (mili giây)", default=3000)
    fresh_seconds = models.PositiveIntegerField("không hỏi lại trong (giây)", default=0)
    keep_seconds = models.PositiveIntegerField("giữ để dùng khi không hỏi được (giây)", default=0)
    is_active = models.BooleanField("đang dùng", default=True)
    changed_at = models.DateTimeField("sửa lúc")

    class Meta:
        verbose_name = "dịch vụ dữ liệu"
        verbose_name_plural = "dịch vụ dữ liệu"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(deadline_ms__gte=100, deadline_ms__lte=30_000), name="service_deadline"),
            models.CheckConstraint(condition=Q(sign__in=["none", "bearer", "header"]), name="service_sign_known"),
            models.CheckConstraint(condition=Q(keep_seconds__lte=30 * 86_400, fresh_seconds__lte=86_400), name="service_keeping"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def credential(self) -> str:
        """What the portal says to be known; empty for none."""
        return open_text(self.credential_sealed, context=CREDENTIAL) if self.credential_sealed else ""

    @credential.setter
    def credential(self, value: str) -> None:
        self.credential_sealed = seal_text(value, context=CREDENTIAL) if value else ""


class ServiceAnswer(models.Model):
    """The last answer to a question, sealed; dropped once nobody may use it any more."""

    id = models.BigAutoField(primary_key=True)
    setup = models.ForeignKey(ServiceSetup, on_delete=models.CASCADE, related_name="answers")
    question = models.BinaryField(max_length=32)
    """Keyed digest of what was asked."""
    sealed = models.TextField()
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["setup", "question"], name="service_answer_once")]
        indexes = [models.Index(fields=["until"], name="service_answer_until")]

    def __str__(self) -> str:
        return f"{self.setup_id} {self.at:%Y-%m-%d}"
