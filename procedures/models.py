"""Administrative procedures and what the law says of each, typed part by part (Decree 63/2010 art. 8.2; Rules art. 14, 24.1a).

A procedure is an identity (its code). What it says is a version in force over a period; a version's parts are rows of their own.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeVar

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, Value

M = TypeVar("M", bound=type[models.Model])


def tracked(model: M) -> M:
    """Keep every insert, update and deletion in history: parts are deleted and written anew when a version changes."""
    return pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())(model)


CODE_RULE = r"^(\d\.\d{6}|DV\.[GH]\d{2}(\.\d+)*\.\d{2})$"
"""A national code ``1.001193``, or ``DV.<unit>.NN`` for a utility's procedure that has none."""


class Level(models.TextChoices):
    """Where the procedure is carried out; districts ended on 30 June 2025."""

    MINISTRY = "ministry", "Cấp bộ"
    PROVINCE = "province", "Cấp tỉnh"
    COMMUNE = "commune", "Cấp xã"
    OTHER = "other", "Cơ quan khác"


class Subject(models.TextChoices):
    """Who may ask for it: the national list of subjects."""

    CITIZEN = "citizen", "Công dân Việt Nam"
    OVERSEAS = "overseas", "Người Việt Nam định cư ở nước ngoài"
    FOREIGNER = "foreigner", "Người nước ngoài"
    OFFICIAL = "official", "Cán bộ, công chức, viên chức"
    ENTERPRISE = "enterprise", "Doanh nghiệp"
    FOREIGN_ENTERPRISE = "foreign_enterprise", "Doanh nghiệp có vốn đầu tư nước ngoài"
    ORGANISATION = "organisation", "Tổ chức (không bao gồm doanh nghiệp, hợp tác xã)"
    FOREIGN_ORGANISATION = "foreign_organisation", "Tổ chức nước ngoài"
    COOPERATIVE = "cooperative", "Hợp tác xã"


class TimeUnit(models.TextChoices):
    """Units of a time limit; the values are those of ``portal.workdays.Unit``."""

    HOUR = "hour", "giờ"
    WORKING_DAY = "working_day", "ngày làm việc"
    DAY = "day", "ngày"
    MONTH = "month", "tháng"


@tracked
class Procedure(models.Model):
    """The identity behind all versions. Never deleted; an old code leads on through ``replaced_by``."""

    code = models.CharField("mã thủ tục", max_length=40, unique=True)
    replaced_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaces", verbose_name="được thay bởi"
    )
    featured_rank = models.PositiveSmallIntegerField("thứ tự nổi bật", null=True, blank=True)
    """Editors' order on the home page until figures of use exist; null: not there."""

    class Meta:
        verbose_name = "thủ tục hành chính"
        verbose_name_plural = "thủ tục hành chính"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(name="procedure_code_rule", condition=Q(code__regex=CODE_RULE)),
            models.CheckConstraint(
                name="procedure_not_replaced_by_itself", condition=Q(replaced_by__isnull=True) | ~Q(replaced_by=F("id"))
            ),
        ]

    def __str__(self) -> str:
        return self.code


class DateRange(Func):
    """``daterange(from, to, '[)')``."""

    function = "DATERANGE"
    output_field = DateRangeField()


@tracked
class ProcedureVersion(models.Model):
    """What is in force from ``effective_from`` until the day before ``effective_to`` (null: until further notice)."""

    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="versions", verbose_name="thủ tục")
    effective_from = models.DateField("có hiệu lực từ")
    effective_to = models.DateField("hết hiệu lực từ", null=True, blank=True)
    decision_number = models.CharField("số quyết định công bố", max_length=80)
    name = models.CharField("tên thủ tục", max_length=500)
    summary = models.TextField("tóm tắt")
    """Two or three plain sentences that answer before the law is quoted."""
    who = models.TextField("ai được yêu cầu", blank=True)
    conditions = models.TextField("yêu cầu, điều kiện", blank=True)
    deadline_to_ask = models.CharField("hạn phải đi làm", max_length=300, blank=True)
    """By when a person must ask ("trong 60 ngày từ ngày sinh"); not the agency's time limit."""
    field = models.CharField("lĩnh vực", max_length=200)
    levels = ArrayField(models.CharField(max_length=12, choices=Level.choices), verbose_name="cấp thực hiện")
    subjects = ArrayField(models.CharField(max_length=24, choices=Subject.choices), verbose_name="đối tượng thực hiện")
    issuing_agency = models.CharField("cơ quan ban hành", max_length=300)
    executing_agency = models.CharField("cơ quan thực hiện", max_length=500)
    authorised_agency = models.CharField("cơ quan được ủy quyền", max_length=500, blank=True)
    coordinating_agency = models.CharField("cơ quan phối hợp", max_length=500, blank=True)
    dossier_sets = models.PositiveSmallIntegerField("số bộ hồ sơ", default=1)
    keywords = ArrayField(models.CharField(max_length=100), default=list, blank=True, verbose_name="từ khóa")
    source = models.CharField("nguồn", max_length=300)
    checked_on = models.DateField("ngày đối chiếu")
    source_digest = models.CharField(max_length=64, blank=True, editable=False)
    """SHA-256 of the shipped record this version was loaded from: loading twice changes nothing."""
    search_key = models.TextField(editable=False)
    """Code, name and keywords without diacritics, a space before each word: a word of a query matches the beginning of a word."""
    name_key = models.CharField(max_length=500, editable=False)
    sort_key = models.TextField(editable=False)

    class Meta:
        verbose_name = "phiên bản thủ tục"
        verbose_name_plural = "phiên bản thủ tục"
        ordering = ["procedure", "-effective_from"]
        constraints = [
            ExclusionConstraint(
                name="procedure_version_no_overlap",
                expressions=[
                    ("procedure", RangeOperators.EQUAL),
                    (DateRange("effective_from", "effective_to", Value("[)")), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="procedure_version_period", condition=Q(effective_to__isnull=True) | Q(effective_to__gt=F("effective_from"))
            ),
        ]
        indexes = [GinIndex(fields=["search_key"], opclasses=["gin_trgm_ops"], name="procedure_version_search")]

    def __str__(self) -> str:
        return self.name

    def is_in_force(self, day: dt.date) -> bool:
        """Whether this version holds on that day."""
        return self.effective_from <= day and (self.effective_to is None or day < self.effective_to)


class Part(models.Model):
    """What the parts of a version share: an order of their own."""

    position = models.PositiveSmallIntegerField("thứ tự")

    class Meta:
        abstract = True
        ordering = ["position"]

    def __str__(self) -> str:
        return str(getattr(self, "name", "") or getattr(self, "title", "") or self.position)


def _in_order(owner: str, name: str) -> list[models.BaseConstraint]:
    return [models.UniqueConstraint(fields=[owner, "position"], name=f"{name}_position", deferrable=models.Deferrable.DEFERRED)]


@tracked
class Step(Part):
    """One step, in order, within its case."""

    version = models.ForeignKey(ProcedureVersion, on_delete=models.CASCADE, related_name="steps")
    case = models.CharField("trường hợp", max_length=300, blank=True)
    title = models.CharField("tên bước", max_length=200)
    text = models.TextField("nội dung")

    class Meta(Part.Meta):
        verbose_name = "bước thực hiện"
        verbose_name_plural = "trình tự thực hiện"
        constraints = _in_order("version", "step")


@tracked
class Channel(Part):
    """One way of filing with its time limit. Where the law gives only words they stay words in ``time_text``."""

    class Kind(models.TextChoices):
        ONLINE = "online", "Trực tuyến"
        DIRECT = "direct", "Trực tiếp"
        POSTAL = "postal", "Qua bưu chính"

    version = models.ForeignKey(ProcedureVersion, on_delete=models.CASCADE, related_name="channels")
    kind = models.CharField("cách nộp", max_length=8, choices=Kind.choices)
    time_amount = models.DecimalField("thời hạn", max_digits=7, decimal_places=2, null=True, blank=True)
    time_unit = models.CharField("đơn vị", max_length=12, choices=TimeUnit.choices, blank=True)
    time_text = models.CharField("thời hạn bằng lời", max_length=500, blank=True)
    note = models.TextField("ghi chú", blank=True)

    class Meta(Part.Meta):
        verbose_name = "cách thức thực hiện"
        verbose_name_plural = "cách thức thực hiện"
        constraints = [
            *_in_order("version", "channel"),
            models.CheckConstraint(
                name="channel_time_is_number_with_unit",
                condition=Q(time_amount__isnull=True, time_unit="") | (Q(time_amount__gte=0) & ~Q(time_unit="")),
            ),
        ]


@tracked
class FeeLine(Part):
    """One fee of a channel. ``amount`` in đồng: 0 is free of charge, null is set elsewhere (``condition`` says where)."""

    class Kind(models.TextChoices):
        FEE = "fee", "Phí"
        CHARGE = "charge", "Lệ phí"
        OTHER = "other", "Khoản thu khác"

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="fees")
    kind = models.CharField("loại", max_length=8, choices=Kind.choices)
    name = models.CharField("khoản", max_length=200)
    amount = models.PositiveBigIntegerField("số tiền (đồng)", null=True, blank=True)
    per = models.CharField("tính trên", max_length=60, blank=True)
    condition = models.CharField("áp dụng khi", max_length=500, blank=True)

    class Meta(Part.Meta):
        verbose_name = "phí, lệ phí"
        verbose_name_plural = "phí, lệ phí"
        constraints = [
            *_in_order("channel", "fee_line"),
            models.CheckConstraint(name="fee_line_without_amount_says_why", condition=Q(amount__isnull=False) | ~Q(condition="")),
        ]


@tracked
class RequiredDocument(Part):
    """One paper of the dossier, to be handed in or shown (Decree 63/2010 art. 3), within its case."""

    class Mode(models.TextChoices):
        SUBMIT = "submit", "Nộp"
        PRESENT = "present", "Xuất trình"

    version = models.ForeignKey(ProcedureVersion, on_delete=models.CASCADE, related_name="documents")
    case = models.CharField("trường hợp", max_length=300, blank=True)
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
    form = models.CharField("mẫu đơn, tờ khai", max_length=200, blank=True)

    class Meta(Part.Meta):
        verbose_name = "thành phần hồ sơ"
        verbose_name_plural = "thành phần hồ sơ"
        constraints = _in_order("version", "required_document")


@tracked
class Result(Part):
    """What one gets, with its code in the catalogue of results."""

    version = models.ForeignKey(ProcedureVersion, on_delete=models.CASCADE, related_name="results")
    name = models.CharField("kết quả", max_length=300)
    code = models.CharField("mã kết quả", max_length=40, blank=True)

    class Meta(Part.Meta):
        verbose_name = "kết quả thực hiện"
        verbose_name_plural = "kết quả thực hiện"
        constraints = _in_order("version", "result")


@tracked
class LegalBasis(Part):
    """One legal text the procedure rests on."""

    version = models.ForeignKey(ProcedureVersion, on_delete=models.CASCADE, related_name="legal_bases")
    number = models.CharField("số ký hiệu", max_length=80)
    title = models.CharField("trích yếu", max_length=500)
    issued_on = models.DateField("ngày ban hành", null=True, blank=True)

    class Meta(Part.Meta):
        verbose_name = "căn cứ pháp lý"
        verbose_name_plural = "căn cứ pháp lý"
        constraints = _in_order("version", "legal_basis")


@tracked
class OnlineService(models.Model):
    """The online service on this version (``<code>.NN``): its level, the assurance it asks, the form that opens."""

    class ServiceLevel(models.TextChoices):
        FULL = "full", "Toàn trình"
        PART = "part", "Một phần"

    version = models.OneToOneField(ProcedureVersion, on_delete=models.CASCADE, related_name="online_service")
    code = models.CharField("mã dịch vụ", max_length=48)
    level = models.CharField("mức độ", max_length=4, choices=ServiceLevel.choices)
    assurance = models.PositiveSmallIntegerField("mức độ bảo đảm của danh tính", default=2)
    """The least ``portal.access.Assurance`` with which one may file."""
    form_key = models.CharField("biểu mẫu điện tử", max_length=80)
    """Names the electronic form in ``dossiers``."""

    class Meta:
        verbose_name = "dịch vụ công trực tuyến"
        verbose_name_plural = "dịch vụ công trực tuyến"
        constraints = [models.UniqueConstraint(fields=["version", "code"], name="online_service_code")]

    def __str__(self) -> str:
        return self.code


@tracked
class LifeEvent(models.Model):
    """Something that happens in a life or a business, and the procedures it brings (the official groups, domain facts §10.2)."""

    slug = models.SlugField("địa chỉ", unique=True)
    name = models.CharField("tên", max_length=100)
    description = models.CharField("mô tả", max_length=300, blank=True)
    icon = models.CharField("biểu tượng", max_length=20, blank=True)
    position = models.PositiveSmallIntegerField("thứ tự")
    procedures: Any = models.ManyToManyField(Procedure, through="LifeEventEntry", related_name="life_events")

    class Meta:
        verbose_name = "sự kiện"
        verbose_name_plural = "sự kiện"
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name


@tracked
class LifeEventEntry(Part):
    """A procedure's place in a life event."""

    event = models.ForeignKey(LifeEvent, on_delete=models.CASCADE, related_name="entries")
    procedure = models.ForeignKey(Procedure, on_delete=models.CASCADE, related_name="entries")

    class Meta(Part.Meta):
        constraints = [
            *_in_order("event", "life_event_entry"),
            models.UniqueConstraint(fields=["event", "procedure"], name="life_event_entry_once"),
        ]
