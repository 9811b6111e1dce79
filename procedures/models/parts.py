"""The typed parts of a version: steps, channels with time limits and fees, papers, results, legal bases, online service."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from procedures.models.base import Part, TimeUnit, in_order, tracked
from procedures.models.version import ProcedureVersion


@tracked
class Step(Part):
    """One step, in order, within its case."""

    version = models.ForeignKey(ProcedureVersion, on_delete=models.CASCADE, related_name="steps")
    case = models.TextField("trường hợp", blank=True)
    title = models.CharField("tên bước", max_length=200, blank=True)
    """Blank where the source has only running text."""
    text = models.TextField("nội dung")

    class Meta(Part.Meta):
        verbose_name = "bước thực hiện"
        verbose_name_plural = "trình tự thực hiện"
        constraints = in_order("version", "step")


class FeesOfChannel:
    """All fee lines of a channel, limit by limit. Reads what was prefetched (``limits__fees``)."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    def all(self) -> list[FeeLine]:
        """The lines in order."""
        return [fee for limit in self.channel.limits.all() for fee in limit.fees.all()]


@tracked
class Channel(Part):
    """One way of filing. Its time limits are rows of their own; the first is the one that holds unless a case says otherwise."""

    class Kind(models.TextChoices):
        ONLINE = "online", "Trực tuyến"
        DIRECT = "direct", "Trực tiếp"
        POSTAL = "postal", "Qua bưu chính"

    version = models.ForeignKey(ProcedureVersion, on_delete=models.CASCADE, related_name="channels")
    kind = models.CharField("cách nộp", max_length=8, choices=Kind.choices)
    note = models.TextField("ghi chú", blank=True)

    class Meta(Part.Meta):
        verbose_name = "cách thức thực hiện"
        verbose_name_plural = "cách thức thực hiện"
        constraints = [
            *in_order("version", "channel"),
            models.UniqueConstraint(fields=["version", "kind"], name="channel_kind_once"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def main_limit(self) -> TimeLimit | None:
        """The first time limit."""
        return next(iter(self.limits.all()), None)

    @property
    def time_amount(self) -> Decimal | None:
        """Amount of the first time limit; None: only words."""
        return self.main_limit.amount if self.main_limit else None

    @property
    def time_unit(self) -> str:
        """Unit of the first time limit."""
        return self.main_limit.unit if self.main_limit else ""

    @property
    def time_text(self) -> str:
        """The first time limit in words."""
        return self.main_limit.text if self.main_limit else ""

    @property
    def fees(self) -> FeesOfChannel:
        """The fee lines of all its time limits."""
        return FeesOfChannel(self)


@tracked
class TimeLimit(Part):
    """One time limit of a channel: a number with its unit, or words where the law gives only words."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="limits")
    amount = models.DecimalField("thời hạn", max_digits=7, decimal_places=2, null=True, blank=True)
    unit = models.CharField("đơn vị", max_length=12, choices=TimeUnit.choices, blank=True)
    text = models.TextField("thời hạn bằng lời", blank=True)
    note = models.TextField("áp dụng khi", blank=True)
    """The case it holds for, or what the source adds; blank on a limit that always holds."""

    class Meta(Part.Meta):
        verbose_name = "thời hạn giải quyết"
        verbose_name_plural = "thời hạn giải quyết"
        constraints = [
            *in_order("channel", "time_limit"),
            models.CheckConstraint(
                name="time_limit_is_number_with_unit",
                condition=Q(amount__isnull=True, unit="") | (Q(amount__gte=0) & ~Q(unit="")),
            ),
        ]

    # The names under which a channel shows its first limit, so that one template filter words both.
    @property
    def time_amount(self) -> Decimal | None:
        """Amount, as a channel names it."""
        return self.amount

    @property
    def time_unit(self) -> str:
        """Unit, as a channel names it."""
        return self.unit

    @property
    def time_text(self) -> str:
        """Words, as a channel names them."""
        return self.text


@tracked
class FeeLine(Part):
    """One fee under a time limit. ``amount`` in đồng: 0 is free of charge; without any amount ``condition`` says who sets it."""

    class Kind(models.TextChoices):
        FEE = "fee", "Phí"
        CHARGE = "charge", "Lệ phí"
        OTHER = "other", "Khoản thu khác"

    limit = models.ForeignKey(TimeLimit, on_delete=models.CASCADE, related_name="fees")
    kind = models.CharField("loại", max_length=8, choices=Kind.choices)
    name = models.CharField("khoản", max_length=300)
    amount = models.PositiveBigIntegerField("số tiền (đồng)", null=True, blank=True)
    currency = models.CharField("ngoại tệ", max_length=3, blank=True)
    """ISO 4217 code where the law sets the fee in foreign money; blank: đồng."""
    currency_amount = models.DecimalField("số tiền ngoại tệ", max_digits=12, decimal_places=2, null=True, blank=True)
    per = models.CharField("tính trên", max_length=60, blank=True)
    condition = models.TextField("áp dụng khi", blank=True)
    exemption = models.TextField("miễn, giảm", blank=True)

    class Meta(Part.Meta):
        verbose_name = "phí, lệ phí"
        verbose_name_plural = "phí, lệ phí"
        constraints = [
            *in_order("limit", "fee_line"),
            models.CheckConstraint(
                name="fee_line_without_amount_says_why",
                condition=Q(amount__isnull=False) | Q(currency_amount__isnull=False) | ~Q(condition=""),
            ),
            models.CheckConstraint(
                name="fee_line_in_one_currency",
                condition=Q(currency="", currency_amount__isnull=True)
                | (Q(amount__isnull=True, currency_amount__gte=0) & Q(currency__regex=r"^[A-Z]{3}$") & ~Q(currency="VND")),
            ),
        ]


@tracked
class RequiredDocument(Part):
    """One paper of the dossier, to be handed in or shown (Decree 63/2010 art. 3), within its case."""

    class Mode(models.TextChoices):
        SUBMIT = "submit", "Nộp"
        PRESENT = "present", "Xuất trình"

    version = models.ForeignKey(ProcedureVersion, on_delete=models.CASCADE, related_name="documents")
    case = models.TextField("trường hợp", blank=True)
    mode = models.CharField("nộp hay xuất trình", max_length=8, choices=Mode.choices, default=Mode.SUBMIT)
    name = models.TextField("tên giấy tờ")
    note = models.TextField("ghi chú", blank=True)
    originals = models.PositiveSmallIntegerField("bản chính", default=0)
    copies = models.PositiveSmallIntegerField("bản sao", default=0)
    required = models.BooleanField("bắt buộc", default=True)
    """False: only in its case, or only where the databases do not have it."""
    paper_kind = models.CharField("mã loại giấy tờ", max_length=60, blank=True)
    replaced_by_result = models.CharField("kết quả thay thế", max_length=60, blank=True)
    """Code of the result of another procedure that makes this paper unnecessary."""
    form = models.CharField("mẫu đơn, tờ khai", max_length=300, blank=True)
    form_file = models.TextField("tệp mẫu đơn", blank=True)
    """File names of the official forms as the source lists them, one a line."""

    class Meta(Part.Meta):
        verbose_name = "thành phần hồ sơ"
        verbose_name_plural = "thành phần hồ sơ"
        constraints = in_order("version", "required_document")


@tracked
class Result(Part):
    """What one gets, with its code in the catalogue of results."""

    version = models.ForeignKey(ProcedureVersion, on_delete=models.CASCADE, related_name="results")
    name = models.TextField("kết quả")
    code = models.CharField("mã kết quả", max_length=40, blank=True)

    class Meta(Part.Meta):
        verbose_name = "kết quả thực hiện"
        verbose_name_plural = "kết quả thực hiện"
        constraints = in_order("version", "result")


@tracked
class LegalBasis(Part):
    """One legal text the procedure rests on."""

    version = models.ForeignKey(ProcedureVersion, on_delete=models.CASCADE, related_name="legal_bases")
    number = models.CharField("số ký hiệu", max_length=80)
    title = models.TextField("trích yếu")
    issued_on = models.DateField("ngày ban hành", null=True, blank=True)
    agency = models.CharField("cơ quan ban hành", max_length=300, blank=True)

    class Meta(Part.Meta):
        verbose_name = "căn cứ pháp lý"
        verbose_name_plural = "căn cứ pháp lý"
        constraints = in_order("version", "legal_basis")


@tracked
class OnlineService(models.Model):
    """An online service on this version (``<code>.NN``): who provides it, where, how far it goes, the assurance it asks (Rules art. 14.3).

    Where a version has several, each province is served by its own, else by the one that runs everywhere.
    """

    class ServiceLevel(models.TextChoices):
        FULL = "full", "Toàn trình"
        PART = "part", "Một phần"

    version = models.ForeignKey(ProcedureVersion, on_delete=models.CASCADE, related_name="online_services")
    code = models.CharField("mã dịch vụ", max_length=48)
    level = models.CharField("mức độ", max_length=4, choices=ServiceLevel.choices)
    localities = ArrayField(models.CharField(max_length=2), default=list, blank=True, verbose_name="nơi áp dụng")
    """Two-digit codes of the provinces where it runs; empty: everywhere."""
    provider = models.CharField("cơ quan cung cấp", max_length=40, blank=True, default="", db_default="")
    """Code of the agency that provides it; empty: those that carry the procedure out."""
    assurance = models.PositiveSmallIntegerField("mức độ bảo đảm của danh tính", default=2)
    """The least ``portal.access.Assurance`` with which one may file."""
    form_key = models.CharField("biểu mẫu điện tử", max_length=80)
    """Names the electronic form in ``dossiers``."""

    class Meta:
        verbose_name = "dịch vụ công trực tuyến"
        verbose_name_plural = "dịch vụ công trực tuyến"
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["version", "code"], name="online_service_code")]

    def __str__(self) -> str:
        return self.code

    @property
    def is_closed(self) -> bool:
        """Whether one may not file through it now: suspended, stopped, or not yet open; of rows from ``queries.with_closures``."""
        return bool(getattr(self, "closed", False))

    def serves(self, province: str) -> bool:
        """Whether it runs in a province, by its two digits."""
        return not self.localities or province in self.localities
