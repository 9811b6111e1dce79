"""Institutions that are connected: how they are reached, what they ask for it, whether citizens see them."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q

from portal.crypto.fields import SealedTextField
from portal.states import StateTable, Transition


def _no_licence(row: Any) -> str:
    return "" if row.licence_number and row.licence_from else "Chưa ghi giấy phép của Ngân hàng Nhà nước."


def _not_tested(row: Any) -> str:
    return _no_licence(row) or ("" if row.is_tested else "Chưa đạt kiểm thử chung với cấu hình kết nối hiện tại.")


class Institution(models.Model):
    """A bank or intermediary with its connection (Rules art. 33.2, 35). ``code`` is that of the catalogue of institutions."""

    ENTERED, TESTING, OPEN, SUSPENDED, STOPPED = "entered", "testing", "open", "suspended", "stopped"
    STATES: ClassVar[dict[str, str]] = {
        ENTERED: "Mới khai báo",
        TESTING: "Đang kiểm thử chung",
        OPEN: "Đang phục vụ",
        SUSPENDED: "Tạm ngừng",
        STOPPED: "Đã dừng",
    }
    table: ClassVar[StateTable] = StateTable(
        STATES,
        [
            Transition("test", "Bắt đầu kiểm thử chung", frozenset({ENTERED, STOPPED}), TESTING, act="payments.decide", guard=_no_licence),
            Transition("open", "Mở cho người dân", frozenset({TESTING}), OPEN, act="payments.decide", guard=_not_tested),
            Transition("suspend", "Tạm ngừng", frozenset({OPEN}), SUSPENDED, act="payments.decide"),
            # Mended while suspended: its connection is tested again before citizens see it (Rules art. 33.7).
            Transition("readmit", "Cho cung cấp trở lại", frozenset({SUSPENDED}), OPEN, act="payments.decide", guard=_not_tested),
            Transition("stop", "Dừng hẳn", frozenset({ENTERED, TESTING, OPEN, SUSPENDED}), STOPPED, act="payments.decide"),
        ],
    )

    code = models.CharField("mã", max_length=40, primary_key=True, db_collation="C")
    name = models.CharField("tên", max_length=300)
    short_name = models.CharField("tên gọi tắt", max_length=60)
    adapter = models.CharField("kiểu kết nối", max_length=30)
    state = models.CharField("tình trạng", max_length=12, choices=list(STATES.items()), default=ENTERED)
    version = models.PositiveIntegerField(default=1)

    licence_number = models.CharField("số giấy phép của Ngân hàng Nhà nước", max_length=60, blank=True)
    licence_from = models.DateField("giấy phép có hiệu lực từ", null=True, blank=True)
    licence_to = models.DateField("giấy phép có hiệu lực đến", null=True, blank=True)

    fee_fixed = models.BigIntegerField("phí cố định (đồng)", default=0)
    fee_rate = models.PositiveIntegerField("phí theo số tiền (1 là 0,01%)", default=0)
    """In hundredths of a percent of the amount."""
    fee_least = models.BigIntegerField("phí tối thiểu (đồng)", default=0)
    fee_most = models.BigIntegerField("phí tối đa (đồng)", null=True, blank=True)
    least = models.BigIntegerField("số tiền nhỏ nhất (đồng)", default=1)
    most = models.BigIntegerField("số tiền lớn nhất (đồng)", null=True, blank=True)
    methods = models.CharField("cách trả tiền", max_length=300, blank=True)
    """What one pays with, as the chooser sees it: card, account, wallet, QR (Rules art. 35.4)."""
    process = models.TextField("quy trình thanh toán công bố", blank=True)
    website = models.URLField("trang công bố", blank=True)
    contact_name = models.CharField("đầu mối đối soát, tra soát", max_length=200, blank=True)
    contact_phone = models.CharField("điện thoại", max_length=40, blank=True)
    contact_email = models.EmailField("thư điện tử", blank=True)
    contact_hours = models.CharField("giờ làm việc", max_length=120, blank=True)

    merchant = models.CharField("mã đối tác", max_length=60, blank=True)
    access = models.CharField("mã truy cập", max_length=120, blank=True)
    endpoint = models.CharField("địa chỉ dịch vụ", max_length=300, blank=True)
    page = models.CharField("địa chỉ trang thanh toán", max_length=300, blank=True)
    files = models.CharField("địa chỉ tệp đối soát, chứng từ", max_length=300, blank=True)
    account_bank = models.CharField("ngân hàng của tài khoản chuyên thu", max_length=6, blank=True)
    account_number = models.CharField("số tài khoản chuyên thu", max_length=30, blank=True)
    account_holder = models.CharField("chủ tài khoản chuyên thu", max_length=200, blank=True)
    certificate = models.TextField("chứng thư ký thông điệp (PEM)", blank=True)
    subject_id = models.UUIDField(default=uuid.uuid4, editable=False)
    """Whose key seals the secrets."""
    secret = SealedTextField("khóa bí mật", subject="subject_id", null=True, blank=True)
    private_key = SealedTextField("khóa của Cổng (PEM)", subject="subject_id", null=True, blank=True)
    connection_changed_at = models.DateTimeField()
    tested_at = models.DateTimeField("đạt kiểm thử lúc", null=True, blank=True)

    class Meta:
        verbose_name = "đơn vị thanh toán"
        verbose_name_plural = "đơn vị thanh toán"
        ordering = ["short_name", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["entered", "testing", "open", "suspended", "stopped"]), name="institution_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["testing", "open", "suspended"]) | (~Q(licence_number="") & Q(licence_from__isnull=False)),
                name="institution_is_licensed",
            ),
            models.CheckConstraint(
                # A test that never was compares to nothing, and a check lets through what is not known.
                condition=~Q(state="open") | Q(tested_at__isnull=False, tested_at__gte=F("connection_changed_at")),
                name="institution_open_is_tested",
            ),
            models.CheckConstraint(
                condition=Q(licence_to__isnull=True) | Q(licence_to__gte=F("licence_from")), name="institution_licence_dates"
            ),
            models.CheckConstraint(
                condition=Q(fee_fixed__gte=0, fee_least__gte=0, least__gte=1)
                & (Q(fee_most__isnull=True) | Q(fee_most__gte=F("fee_least")))
                & (Q(most__isnull=True) | Q(most__gte=F("least"))),
                name="institution_fees_and_limits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.short_name} ({self.code})"

    @property
    def is_tested(self) -> bool:
        """Whether the joint test was passed with the connection as it is now (Rules art. 35.2)."""
        return self.tested_at is not None and self.tested_at >= self.connection_changed_at


class InstitutionEvent(models.Model):
    """What was decided about an institution, by whom, why (Rules art. 33.7). Never changed."""

    id = models.BigAutoField(primary_key=True)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField("lúc")
    name = models.CharField("việc", max_length=30)
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField("tình trạng", max_length=12)
    reason = models.TextField("lý do", blank=True)
    position_id = models.UUIDField(null=True)
    label = models.CharField("người thực hiện", max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["institution", "id"], name="payments_inst_events")]
        triggers = [pgtrigger.Protect(name="inst_event_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.name}"


class JointTest(models.Model):
    """One check of the joint test with its evidence, found by the machine in what happened (Rules art. 35.2). Never changed."""

    id = models.BigAutoField(primary_key=True)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="tests")
    check_name = models.CharField(max_length=30)
    passed = models.BooleanField()
    evidence = models.JSONField(default=dict)
    """What shows it: ids and digests of rows, no personal data."""
    at = models.DateTimeField()
    position_id = models.UUIDField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["institution", "-at"], name="payments_joint_tests")]
        triggers = [pgtrigger.Protect(name="joint_test_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.check_name}"
