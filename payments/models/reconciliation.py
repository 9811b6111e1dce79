"""Daily reconciliation: what other sides wrote (statements), what came of comparing (runs, totals), what was paid out, signed, closed."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from payments.models.institutions import Institution
from payments.models.ledger import Entry
from portal.states import StateTable, Transition


class Statement(models.Model):
    """One file of one side about one day. The same file is one row; a corrected one replaces it, both are kept (Rules art. 34.2, 34.4)."""

    class Side(models.TextChoices):
        """Whose word it is."""

        INSTITUTION = "institution", "Đơn vị thanh toán"
        AGENCY = "agency", "Cơ quan"
        BENEFICIARY = "beneficiary", "Tài khoản thụ hưởng"

    class Source(models.TextChoices):
        """How it came."""

        FETCHED = "fetched", "Cổng tự lấy"
        UPLOADED = "uploaded", "Tải lên"

    LOADING, STANDING, REPLACED, REFUSED = "loading", "standing", "replaced", "refused"
    STATES: ClassVar[dict[str, str]] = {
        LOADING: "Đang nạp",
        STANDING: "Đang dùng",
        REPLACED: "Đã có tệp thay thế",
        REFUSED: "Không dùng được",
    }
    table: ClassVar[StateTable] = StateTable(
        STATES,
        [
            Transition("stand", "Dùng", frozenset({LOADING, REPLACED}), STANDING),
            Transition("replace", "Thay thế", frozenset({STANDING}), REPLACED),
            Transition("refuse", "Không dùng được", frozenset({LOADING}), REFUSED),
        ],
    )

    id = models.BigAutoField("số", primary_key=True)
    side = models.CharField("bên", max_length=12, choices=Side.choices)
    institution = models.ForeignKey(
        Institution, null=True, on_delete=models.PROTECT, related_name="statements", verbose_name="đơn vị thanh toán"
    )
    unit_code = models.CharField("cơ quan", max_length=40, blank=True, db_collation="C")
    account = models.CharField("tài khoản", max_length=40, blank=True)
    day = models.DateField("ngày")
    format = models.CharField(max_length=10)
    digest = models.CharField("mã băm SHA-256", max_length=64)
    rows = models.PositiveIntegerField("số giao dịch", default=0)
    total = models.BigIntegerField("tổng đã thu", default=0)
    refunded = models.BigIntegerField("tổng đã hoàn", default=0)
    bad_rows = models.PositiveIntegerField("dòng không dùng được", default=0)
    problems: Any = models.JSONField(default=list)
    """Rows that cannot be used: ``[number, reason]``, the first thousand; of a file that is refused ``[0, reason]``."""
    state = models.CharField("tình trạng", max_length=10, choices=list(STATES.items()), default=LOADING)
    source = models.CharField("cách nhận", max_length=10, choices=Source.choices)
    subject_id = models.UUIDField(default=uuid.uuid4, editable=False)
    """Whose key seals the file."""
    file = models.ForeignKey("files.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField("nhận lúc")
    stood_at = models.DateTimeField(null=True)
    label = models.CharField("người tải lên", max_length=200, blank=True)
    position_id = models.UUIDField(null=True)

    class Meta:
        verbose_name = "tệp đối soát"
        verbose_name_plural = "tệp đối soát"
        constraints = [
            models.UniqueConstraint(
                fields=["side", "institution", "unit_code", "account", "day", "digest"], nulls_distinct=False, name="statement_once"
            ),
            models.UniqueConstraint(
                fields=["side", "institution", "unit_code", "account", "day"],
                condition=Q(state="standing"),
                name="statement_one_stands",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(side="institution", institution__isnull=False, unit_code="")
                | (Q(side__in=["agency", "beneficiary"], institution__isnull=True) & ~Q(unit_code="")),
                name="statement_of_one_side",
            ),
            models.CheckConstraint(condition=Q(state__in=["loading", "standing", "replaced", "refused"]), name="statement_state_known"),
        ]
        indexes = [
            models.Index(fields=["-day", "-id"], name="statements_newest"),
            models.Index(fields=["institution", "-day", "-id"], name="statements_of_institution"),
            models.Index(fields=["unit_code", "-day", "-id"], name="statements_of_unit"),
            models.Index(fields=["side", "day"], name="statements_standing", condition=Q(state="standing")),
            models.Index(fields=["taken_at"], name="statements_loading", condition=Q(state="loading")),
        ]
        triggers = [
            pgtrigger.Protect(name="statement_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="statement_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "((NEW.side, NEW.institution_id, NEW.unit_code, NEW.account, NEW.day, NEW.digest)"
                    " IS DISTINCT FROM (OLD.side, OLD.institution_id, OLD.unit_code, OLD.account, OLD.day, OLD.digest)"
                    " OR (OLD.state <> 'loading'"
                    " AND (NEW.rows, NEW.total, NEW.refunded) IS DISTINCT FROM (OLD.rows, OLD.total, OLD.refunded)))"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.institution_id or self.unit_code} {self.day}"

    @property
    def is_early(self) -> bool:
        """Whether it was taken before its day was over: it is not the whole of it."""
        return timezone.localdate(self.taken_at) <= self.day

    @property
    def whose(self) -> str:
        """Code of the side: institution or agency."""
        return self.institution_id or self.unit_code


class StatementRow(models.Model):
    """One movement of a statement, as its side wrote it. Lean: a day has a million of them, loaded by ``COPY``."""

    class Kind(models.TextChoices):
        """Whether money came, went back, or did not come."""

        PAID = "paid", "đã thu"
        REFUNDED = "refunded", "đã hoàn"
        FAILED = "failed", "không thành công"

    id = models.BigAutoField(primary_key=True)
    # The statement is never deleted, and checking a million rows one by one costs more than loading them.
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="lines", db_constraint=False, db_index=False)
    number = models.PositiveIntegerField("dòng")
    kind = models.CharField("trạng thái", max_length=8, choices=Kind.choices)
    reference = models.CharField("mã tham chiếu", max_length=64, blank=True)
    institution_ref = models.CharField("mã giao dịch", max_length=64)
    bank_ref = models.CharField(max_length=64, blank=True)
    amount = models.BigIntegerField("số tiền")
    at = models.DateTimeField("lúc")
    unit_code = models.CharField("cơ quan", max_length=64, blank=True)
    transaction_kind = models.CharField("loại giao dịch", max_length=64, blank=True)
    institution_code = models.CharField(max_length=64, blank=True)
    """Where the money was taken, in what an agency wrote."""
    account = models.CharField("tài khoản thụ hưởng", max_length=64, blank=True)
    end_to_end = models.CharField(max_length=64, blank=True)
    """Of a beneficiary account's credit: ``<institution>.<YYYYMMDD>.<unit>``."""

    class Meta:
        verbose_name = "dòng của tệp đối soát"
        verbose_name_plural = "dòng của tệp đối soát"
        constraints = [models.UniqueConstraint(fields=["statement", "number"], name="statement_row_number")]
        indexes = [models.Index(fields=["reference"], name="statement_rows_by_reference")]
        triggers = [
            pgtrigger.Protect(name="statement_row_is_final", operation=pgtrigger.Update),
            # Half-loaded rows of a file that turns out to be broken go; nothing else does.
            pgtrigger.Trigger(
                name="statement_row_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func=(
                    "IF (SELECT state FROM payments_statement WHERE id = OLD.statement_id) <> 'loading'"
                    " THEN RAISE EXCEPTION 'pgtrigger: rows of a statement stay'; END IF; RETURN OLD;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.statement_id}:{self.number}"


class Run(models.Model):
    """One reconciliation of one institution and day; each step is a transaction, so a run that was killed goes on where it stood."""

    STEPS: ClassVar[tuple[str, ...]] = ("settle", "compare", "revenue", "payouts", "vanished", "unknown")

    id = models.BigAutoField("số", primary_key=True)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="runs", verbose_name="đơn vị thanh toán")
    day = models.DateField("ngày đối soát")
    number = models.PositiveIntegerField("lần")
    step = models.CharField(max_length=12, default=STEPS[0])
    """What comes next; empty when it has finished."""
    place = models.BigIntegerField(default=0)
    """Within a step that goes row by row: the last one done."""
    statement = models.ForeignKey(Statement, null=True, on_delete=models.PROTECT, related_name="runs")
    """The institution's file that was compared; none where it gave none."""
    totals: Any = models.JSONField(default=dict)
    started_at = models.DateTimeField("bắt đầu")
    finished_at = models.DateTimeField("xong", null=True)
    touched_at = models.DateTimeField()
    """Last sign of life: a run that went silent is taken up again."""
    label = models.CharField("người chạy", max_length=200, blank=True)
    position_id = models.UUIDField(null=True)

    class Meta:
        verbose_name = "lần đối soát"
        verbose_name_plural = "lần đối soát"
        constraints = [
            models.UniqueConstraint(fields=["institution", "day", "number"], name="run_number"),
            models.UniqueConstraint(fields=["institution", "day"], condition=Q(finished_at__isnull=True), name="run_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(step="", finished_at__isnull=False) | (~Q(step="") & Q(finished_at__isnull=True)), name="run_ended_has_time"
            ),
        ]
        indexes = [
            models.Index(fields=["-day", "-id"], name="runs_newest"),
            models.Index(fields=["institution", "-day", "-id"], name="runs_of_institution"),
            models.Index(fields=["touched_at"], name="runs_open", condition=Q(finished_at__isnull=True)),
        ]
        triggers = [
            pgtrigger.Protect(name="run_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="run_ended_is_final", operation=pgtrigger.Update, condition=pgtrigger.Condition("(OLD.finished_at IS NOT NULL)")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.day} #{self.number}"

    @property
    def is_done(self) -> bool:
        """Whether it has come to its end."""
        return self.finished_at is not None

    @property
    def is_early(self) -> bool:
        """Whether its day was not over when it began: what it says is of the day so far."""
        return timezone.localdate(self.started_at) <= self.day


class RunTotal(models.Model):
    """Sums of a run for one agency and kind of transaction; the agency's own are empty where it gave no file (Rules art. 34.3)."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="sums")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    day = models.DateField("ngày")
    unit_code = models.CharField("cơ quan", max_length=40, blank=True, db_collation="C")
    kind = models.CharField("loại giao dịch", max_length=64, blank=True)
    ours_count = models.PositiveIntegerField(default=0)
    ours = models.BigIntegerField("tại Cổng", default=0)
    """Taken for orders and owed back alike: what the institution says it took."""
    owed_back = models.BigIntegerField("phải trả lại", default=0)
    theirs_count = models.PositiveIntegerField(default=0)
    theirs = models.BigIntegerField("tại đơn vị thanh toán", default=0)
    agency_count = models.PositiveIntegerField(null=True)
    agency = models.BigIntegerField("tại cơ quan", null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "unit_code", "kind"], name="run_total_once")]
        indexes = [models.Index(fields=["unit_code", "-day"], name="run_totals_of_unit")]
        triggers = [pgtrigger.Protect(name="run_total_is_final", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.run_id} {self.unit_code} {self.kind}"


class DayRevenue(models.Model):
    """What was taken on a day by beneficiary account and budget code, made anew by every run of the day; final once its month is closed."""

    id = models.BigAutoField(primary_key=True)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", verbose_name="đơn vị thanh toán")
    day = models.DateField("ngày")
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    account = models.CharField("tài khoản thụ hưởng", max_length=40, blank=True)
    treasury_office = models.CharField("mã Kho bạc", max_length=4, blank=True)
    kind = models.CharField("loại giao dịch", max_length=20)
    revenue_code = models.CharField("mã nội dung kinh tế", max_length=4, blank=True)
    payments = models.PositiveIntegerField("số khoản")
    amount = models.BigIntegerField("số tiền")

    class Meta:
        verbose_name = "khoản thu theo tài khoản"
        verbose_name_plural = "khoản thu theo tài khoản, mã nội dung kinh tế"
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "day", "unit_code", "account", "treasury_office", "kind", "revenue_code"], name="day_revenue_once"
            )
        ]
        indexes = [
            models.Index(fields=["day", "unit_code"], name="day_revenue_of_day"),
            models.Index(fields=["unit_code", "day"], name="day_revenue_of_unit"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="day_revenue_of_closed_month",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=(
                    "DECLARE r payments_dayrevenue; BEGIN r = CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;"
                    " IF EXISTS (SELECT FROM payments_closedmonth m WHERE m.month = date_trunc('month', r.day)::date"
                    " AND (m.unit_code = '' OR r.unit_code = m.unit_code OR r.unit_code LIKE m.unit_code || '.%'))"
                    " THEN RAISE EXCEPTION 'pgtrigger: the month is closed'; END IF; RETURN r; END;"
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit_code} {self.day} {self.revenue_code}"


class Settlement(models.Model):
    """What an institution owes an agency for one day, until when, and when it came (Rules art. 33.4a)."""

    id = models.BigAutoField("số", primary_key=True)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="settlements", verbose_name="đơn vị thanh toán")
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    day = models.DateField("ngày thu")
    due_day = models.DateField("hạn chuyển")
    expected = models.BigIntegerField("phải chuyển")
    paid = models.BigIntegerField("đã chuyển", default=0)
    paid_day = models.DateField("chuyển đủ ngày", null=True)
    late_days = models.PositiveIntegerField("số ngày muộn", default=0)
    penalty = models.BigIntegerField("tiền phạt chậm nộp", default=0)
    rate = models.PositiveIntegerField("mức phạt", null=True)
    """That of the agency on the due day; none where it set none."""

    class Meta:
        verbose_name = "quyết toán ngày"
        verbose_name_plural = "quyết toán theo ngày"
        constraints = [
            models.UniqueConstraint(fields=["institution", "unit_code", "day"], name="settlement_once"),
            models.CheckConstraint(condition=Q(expected__gte=0, paid__gte=0, penalty__gte=0), name="settlement_amounts"),
        ]
        indexes = [
            models.Index(fields=["institution", "-day", "-id"], name="settlements_of_institution"),
            models.Index(fields=["unit_code", "-day", "-id"], name="settlements_of_unit"),
            models.Index(fields=["-day", "-id"], name="settlements_newest"),
            models.Index(fields=["-day", "-id"], name="settlements_late", condition=Q(late_days__gt=0)),
            models.Index(fields=["due_day"], name="settlements_unpaid", condition=Q(paid__lt=F("expected"))),
        ]
        triggers = [pgtrigger.Protect(name="settlement_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.unit_code} {self.day}"


class Payout(models.Model):
    """Money of one settlement day that arrived on the agency's account, by its bank's or treasury's statement. Booked once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=140, unique=True)
    """Account and the bank's number of the credit."""
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="payouts", verbose_name="đơn vị thanh toán")
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    settlement_day = models.DateField("của ngày thu")
    value_day = models.DateField("ngày có tiền")
    amount = models.BigIntegerField("số tiền")
    account = models.CharField("tài khoản", max_length=40)
    bank_ref = models.CharField("mã giao dịch ngân hàng", max_length=64)
    entry = models.ForeignKey(Entry, null=True, on_delete=models.PROTECT, related_name="+")
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="payouts")

    class Meta:
        verbose_name = "lần chuyển tiền"
        verbose_name_plural = "lần chuyển tiền"
        constraints = [models.CheckConstraint(condition=Q(amount__gte=1), name="payout_amount")]
        indexes = [models.Index(fields=["institution", "unit_code", "settlement_day"], name="payouts_of_settlement")]
        triggers = [
            pgtrigger.Protect(name="payout_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="payout_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "((NEW.key, NEW.institution_id, NEW.unit_code, NEW.settlement_day, NEW.value_day, NEW.amount)"
                    " IS DISTINCT FROM (OLD.key, OLD.institution_id, OLD.unit_code, OLD.settlement_day, OLD.value_day, OLD.amount)"
                    " OR (OLD.entry_id IS NOT NULL AND NEW.entry_id IS DISTINCT FROM OLD.entry_id))"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.key


class PenaltyRate(models.Model):
    """The agency's own rate for late settlement, from a day on (Rules art. 33.4a leaves it to the agencies). Never changed."""

    id = models.BigAutoField(primary_key=True)
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    """Holds for the units below, too, as far as they have none of their own."""
    effective_from = models.DateField("áp dụng từ ngày")
    rate = models.PositiveIntegerField("mức phạt một ngày (phần mười vạn)")
    """Hundred-thousandths of the late amount a day: 30 is 0.03 %."""
    basis = models.CharField("căn cứ", max_length=300)
    entered_at = models.DateTimeField()
    label = models.CharField("người ghi", max_length=200, blank=True)
    position_id = models.UUIDField(null=True)

    class Meta:
        verbose_name = "mức phạt chậm nộp"
        verbose_name_plural = "mức phạt chậm nộp"
        constraints = [
            models.UniqueConstraint(fields=["unit_code", "effective_from"], name="penalty_rate_once"),
            models.CheckConstraint(condition=Q(rate__lte=10_000), name="penalty_rate_bounds"),
        ]
        triggers = [pgtrigger.Protect(name="penalty_rate_is_final", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.unit_code} {self.effective_from}"


class Minutes(models.Model):
    """Minutes of a run between an agency (or VPCP for all) and the institution: one content, signed by a person of each side."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField("số biên bản", max_length=60, unique=True)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="minutes")
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    """The agency that signs; the units below it are in the sums. ``scope`` is empty where VPCP signs for all."""
    scope = models.CharField(max_length=40, blank=True, db_collation="C")
    content: Any = models.JSONField(default=dict)
    """Sums and differences as they were when the minutes were made."""
    agency_document = models.ForeignKey("documents.Document", on_delete=models.PROTECT, related_name="+")
    institution_document = models.ForeignKey("documents.Document", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField("lập lúc")
    label = models.CharField("người lập", max_length=200)
    position_id = models.UUIDField(null=True)

    class Meta:
        verbose_name = "biên bản đối soát"
        verbose_name_plural = "biên bản đối soát"
        constraints = [models.UniqueConstraint(fields=["run", "unit_code"], name="minutes_once")]
        triggers = [pgtrigger.Protect(name="minutes_are_final", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.number


class ClosedMonth(models.Model):
    """A month that is over for an agency and the units below, or (``unit_code`` empty, by VPCP) for all. Its sums stay as they were."""

    id = models.BigAutoField(primary_key=True)
    unit_code = models.CharField("cơ quan", max_length=40, blank=True, db_collation="C")
    month = models.DateField("tháng")
    """Its first day."""
    totals: Any = models.JSONField(default=dict)
    closed_at = models.DateTimeField("khóa lúc")
    label = models.CharField("người khóa", max_length=200)
    position_id = models.UUIDField(null=True)

    class Meta:
        verbose_name = "tháng đã khóa"
        verbose_name_plural = "tháng đã khóa"
        constraints = [
            models.UniqueConstraint(fields=["unit_code", "month"], name="month_closed_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="closed_month_is_a_month"),
        ]
        triggers = [pgtrigger.Protect(name="closed_month_is_final", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.unit_code} {self.month:%m/%Y}"
