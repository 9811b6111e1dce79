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
    PAYMENTS = "payments", "Thu tiền qua Cổng"
    FEEDBACK = "feedback", "Trao đổi phản ánh, kiến nghị"
    COUNTS = "counts", "Lấy số liệu điều hành"
    HANDLED = "handled", "Nhận và giải quyết hồ sơ nộp trên Cổng"
    STATUS = "status", "Tra cứu hộ người dân tình trạng một hồ sơ"
    OPINIONS = "opinions", "Gửi hộ người dân đánh giá, trả lời khảo sát"
    ACCOUNTS = "accounts", "Đồng bộ tài khoản đã liên kết"
    SUPPORT = "support", "Gửi hộ người dân yêu cầu hỗ trợ"


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
    is_third_party = models.BooleanField("Ngoài cơ quan nhà nước", default=False, db_default=False)
    """No body of the State: gets nothing but what VPCP's recorded consent names (Scheme III.3i)."""
    owner_id = models.UUIDField(null=True, blank=True)
    """The person who made it by themself on the developers' page, to try things out; VPCP's own have none."""

    class Meta:
        verbose_name = "hệ thống kết nối"
        verbose_name_plural = "hệ thống kết nối"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(name="partner_own_is_test", condition=models.Q(owner_id__isnull=True) | models.Q(is_test=True)),
            models.UniqueConstraint(fields=["owner_id"], name="partner_one_sandbox_each"),
        ]

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


class PartnerKey(models.Model):
    """A public key or certificate of a partner, with its dates: by ``sig`` it signs, to ``enc`` we seal, by ``tls`` it is known in the
    handshake."""

    class Use(models.TextChoices):
        """What for."""

        SIGN = "sig", "Ký"
        SEAL = "enc", "Mã hóa"
        TLS = "tls", "Bắt tay TLS"

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="keys")
    use = models.CharField("Dùng để", max_length=3, choices=Use.choices)
    kid = models.CharField("Tên khóa", max_length=100, db_collation="C")
    """Of a certificate: its thumbprint (``x5t#S256``)."""
    public = models.JSONField(default=dict)
    """The JWK; of ``tls`` the subject alone."""
    subject = models.CharField("Chủ thể", max_length=300, blank=True)
    not_before = models.DateTimeField("Có hiệu lực từ", null=True)
    not_after = models.DateTimeField("Hết hạn", null=True)
    """Of a certificate; a bare key has none."""
    added_at = models.DateTimeField("Đăng ký lúc")
    revoked_at = models.DateTimeField("Thu hồi lúc", null=True)
    revoked_why = models.CharField("Lý do thu hồi", max_length=300, blank=True)

    class Meta:
        ordering = ["use", "-added_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["partner", "use", "kid"], name="partner_key_once")]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.use} {self.kid}"


class PartnerContact(models.Model):
    """Whom to reach at a partner; who wants alarms hears when the line is lost and when it is back (Rules art. 52)."""

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="people")
    name = models.CharField("Họ tên, chức vụ", max_length=200)
    phone = models.CharField("Điện thoại", max_length=16, blank=True)
    """E.164."""
    email = models.EmailField("Thư điện tử", blank=True)
    wants_alarms = models.BooleanField("Nhận báo mất kết nối, thay đổi máy chủ", default=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.pk}"


class PartnerConsent(models.Model):
    """VPCP's written consent that a third party gets data: what for, by which calls, from when until when (Scheme III.3i). Never changed:
    another is recorded, or this one is withdrawn."""

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="consents")
    number = models.CharField("Số văn bản", max_length=100)
    dated = models.DateField("Ngày văn bản")
    calls = ArrayField(models.CharField(max_length=20, choices=Call.choices), verbose_name="Đồng ý cho")
    purpose = models.CharField("Để làm gì", max_length=1000)
    begins_on = models.DateField("Từ ngày")
    ends_on = models.DateField("Hết ngày", null=True)
    recorded_at = models.DateTimeField("Ghi lúc")
    recorded_by = models.CharField("Người ghi", max_length=300)
    withdrawn_at = models.DateTimeField("Rút lại lúc", null=True)
    withdrawn_why = models.CharField("Lý do rút lại", max_length=1000, blank=True)

    class Meta:
        ordering = ["-recorded_at", "-id"]
        indexes = [models.Index(fields=["partner", "-recorded_at"], name="partner_consents")]
        constraints = [
            models.CheckConstraint(
                name="partner_consent_days", condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("begins_on"))
            ),
            models.CheckConstraint(name="partner_consent_names_calls", condition=~models.Q(calls=[])),
            models.CheckConstraint(
                name="partner_consent_withdrawn_why", condition=models.Q(withdrawn_at__isnull=True) | ~models.Q(withdrawn_why="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.number}"


class PartnerLine(models.Model):
    """By which way, to which server a partner is reached, from a day on. A change takes effect three working days after notice at the
    earliest (Rules art. 50)."""

    class Carrier(models.TextChoices):
        """The way."""

        HTTP = "http", "Trực tiếp (HTTPS)"
        NDXP = "ndxp", "Nền tảng tích hợp, chia sẻ dữ liệu quốc gia (NDXP)"
        EDOC = "edoc", "Trục liên thông văn bản quốc gia"

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="lines")
    carrier = models.CharField("Đường đi", max_length=8, choices=Carrier.choices)
    address = models.CharField("Địa chỉ nhận tin", max_length=500, blank=True)
    """Of the partner's door; behind a security server: the address that the server forwards to (``providerurl``); empty on the document
    axis, which knows its members by code alone."""
    member = models.CharField("Mã trên trục", max_length=200, blank=True)
    """How the axis calls it: ``VN:GOV:000.00.00.H26:motcua`` (``dstcode``); on the document axis the agency's code (``OrganId``)."""
    zone = models.CharField("Vùng mạng", max_length=200, blank=True)
    server = models.CharField("Máy chủ bảo mật", max_length=300, blank=True)
    """What the agency keeps of its security server: name, address, software, who runs it."""
    noticed_at = models.DateTimeField("Báo lúc")
    effective_from = models.DateTimeField("Có hiệu lực từ")
    withdrawn_at = models.DateTimeField("Rút lại lúc", null=True)

    class Meta:
        ordering = ["-effective_from", "-id"]
        indexes = [models.Index(fields=["partner", "-effective_from"], name="partner_lines")]
        constraints = [
            models.CheckConstraint(name="partner_line_forward", condition=models.Q(effective_from__gte=models.F("noticed_at"))),
        ]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.carrier} {self.effective_from:%Y-%m-%d}"


class PartnerToken(models.Model):
    """A token of client credentials: kept as its digest, a quarter of an hour long; bound to a certificate where there was one."""

    digest = models.BinaryField(max_length=32, primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="tokens")
    scopes = ArrayField(models.CharField(max_length=20))
    thumbprint = models.CharField(max_length=64, blank=True)
    key = models.ForeignKey(PartnerKey, on_delete=models.CASCADE, null=True, related_name="+")
    """By what it was asked for: revoked, the token holds no longer."""
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["expires_at"], name="partner_tokens_age"),
            models.Index(fields=["partner"], name="partner_tokens_of"),
        ]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.expires_at:%H:%M}"


class SeenName(models.Model):
    """A name (``jti``) that a signed statement of a partner had: it serves once."""

    digest = models.BinaryField(max_length=32, primary_key=True)
    """SHA-256 of partner, purpose and name."""
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["until"], name="partner_seen_age")]

    def __str__(self) -> str:
        return f"{self.until:%H:%M}"


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
