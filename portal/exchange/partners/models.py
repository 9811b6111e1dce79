"""Partners, their passwords and sessions, and what they did by day."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Call(models.TextChoices):
    """What a partner may be allowed to call."""

    DOSSIERS = "dossiers", "Gửi hồ sơ, tiến độ hồ sơ"
    LOOKUP = "lookup", "Tra cứu hồ sơ của mình"
    CATALOGUES = "catalogues", "Lấy thủ tục, danh mục"
    MESSAGES = "messages", "Gửi và nhận tin ký số"


class Partner(models.Model):
    """A system of a ministry or province: VPCP registers it, it may be taken back at once."""

    code = models.CharField("Mã", max_length=40, primary_key=True, db_collation="C")
    """Also the name it signs in with, and the source of the rows that it reports."""
    name = models.CharField("Tên", max_length=200)
    units = ArrayField(models.CharField(max_length=40), verbose_name="Mã cơ quan")
    """For these and all below them it may speak."""
    calls = ArrayField(models.CharField(max_length=20, choices=Call.choices), verbose_name="Được gọi")
    contacts = models.TextField("Đầu mối", blank=True)
    is_test = models.BooleanField("Thử nghiệm", default=False)
    """What it sends counts nowhere and is shown to nobody."""
    calls_per_minute = models.PositiveIntegerField("Số lần gọi mỗi phút", default=3000)
    created_at = models.DateTimeField("Đăng ký lúc")
    suspended_at = models.DateTimeField("Tạm ngừng từ", null=True, blank=True)
    suspended_why = models.CharField("Lý do tạm ngừng", max_length=1000, blank=True)
    alarmed_at = models.DateTimeField("Báo động lúc", null=True, blank=True)
    """When so many wrong passwords came that somebody may be trying to get in."""

    class Meta:
        verbose_name = "hệ thống kết nối"
        verbose_name_plural = "hệ thống kết nối"
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class Secret(models.Model):
    """A password of a partner: made here of 256 random bits, shown once, kept as its digest. Two hold at a time, for the change."""

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="secrets")
    digest = models.BinaryField(max_length=32)
    """SHA-256: what is random through and through needs no slow digest."""
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.created_at:%Y-%m-%d}"


class PartnerSession(models.Model):
    """A session of the national format: a token that is kept as its digest, half an hour long."""

    digest = models.BinaryField(max_length=32, primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="sessions")
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["partner", "expires_at"], name="partner_sessions")]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.expires_at:%H:%M}"


class WrongPassword(models.Model):
    """A password that was wrong; counted in PostgreSQL, for this must not fail open."""

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="wrong_passwords")
    address = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["partner", "at"], name="partner_wrong")]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.at:%H:%M}"


class PartnerDay(models.Model):
    """What a partner did on a day (of Vietnam)."""

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    calls = models.PositiveBigIntegerField(default=0)
    rows_in = models.PositiveBigIntegerField(default=0)
    """Rows that were acknowledged, also those that said nothing new."""
    rows_refused = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "day"], name="partner_day_once")]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.day}"


class PartnerRefusal(models.Model):
    """Why rows of a partner were refused on a day."""

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="refusals")
    day = models.DateField()
    reason = models.CharField(max_length=40)
    rows = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "day", "reason"], name="partner_refusal_once")]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.day} {self.reason}"


class KeptAnswer(models.Model):
    """What was answered to a request with an ``Idempotency-Key``: sent again within a day, the same is answered and nothing is done."""

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="answers")
    key = models.CharField(max_length=200, db_collation="C")
    digest = models.BinaryField(max_length=32)
    """SHA-256 of the request's bytes."""
    answer = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "key"], name="partner_answer_once")]
        indexes = [models.Index(fields=["at"], name="partner_answer_age")]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.key}"
