"""A procedure's identity, the decisions that publish it, and its versions in force over periods."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce, Now

from procedures.models.base import CODE_RULE, Anywhere, Level, Subject, tracked

if TYPE_CHECKING:
    from procedures.models.parts import OnlineService

FOR_EVER = dt.date.max


@tracked
class Procedure(models.Model):
    """The identity behind all versions. Never deleted; an old code leads on through ``replaced_by``."""

    code = models.CharField("mã thủ tục", max_length=40, unique=True)
    replaced_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaces", verbose_name="được thay bởi"
    )
    featured_rank = models.PositiveSmallIntegerField("thứ tự nổi bật", null=True, blank=True)
    """What editors expect people to come for, 1 first; readings outweigh it in time (``services.rank_by_use``); null: nothing expected."""
    out_of_force_since = models.DateField("ngoài danh mục quốc gia từ", null=True, blank=True)
    """The day of the national list that no longer names this code: from then on it is not in force, whatever its versions say."""

    updated_at = models.DateTimeField("thay đổi lúc", db_default=Now(), editable=False)
    """When the procedure or any version of it was last written: triggers set it (``0004_updated_at``)."""

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
        indexes = [models.Index(fields=["updated_at", "id"], name="procedure_updated")]

    def __str__(self) -> str:
        return self.code


@tracked
class Decision(models.Model):
    """A published decision that introduces, amends or repeals procedures (Decree 63/2010 art. 13-15; Rules art. 14)."""

    class Kind(models.TextChoices):
        INTRODUCE = "introduce", "Ban hành mới"
        AMEND = "amend", "Sửa đổi, bổ sung"
        REPEAL = "repeal", "Bãi bỏ"

    number = models.CharField("số quyết định", max_length=80)
    issued_on = models.DateField("ngày ban hành", null=True, blank=True)
    agency = models.CharField("cơ quan công bố", max_length=300, blank=True)
    kind = models.CharField("loại", max_length=9, choices=Kind.choices, blank=True)
    """Blank: the source does not say."""

    class Meta:
        verbose_name = "quyết định công bố"
        verbose_name_plural = "quyết định công bố"
        ordering = ["-issued_on", "number"]
        constraints = [models.UniqueConstraint(fields=["number", "agency"], name="decision_once")]

    def __str__(self) -> str:
        return self.number


class DateRange(Func):
    """``daterange(from, to, '[)')``."""

    function = "DATERANGE"
    output_field = DateRangeField()


PART_WORDS = {
    "levels": "Cấp thực hiện",
    "subjects": "Đối tượng thực hiện",
    "steps": "Trình tự thực hiện",
    "channels": "Cách thức thực hiện",
    "time_limits": "Thời hạn giải quyết",
    "fees": "Phí, lệ phí",
    "documents": "Thành phần hồ sơ",
    "documents_note": "Ghi chú về thành phần hồ sơ",
    "results": "Kết quả thực hiện",
    "legal_bases": "Căn cứ pháp lý",
}
"""What officers call the parts that ``text_only``, ``missing`` and ``raw_parts`` name."""


@tracked
class ProcedureVersion(models.Model):
    """What is in force from ``effective_from`` until the day before ``effective_to`` (null: until further notice)."""

    class Origin(models.TextChoices):
        """Who wrote it: our editors, or a source read by an importer. What editors wrote no import changes."""

        CURATED = "curated", "Biên tập"
        IMPORT = "import", "Nhập từ nguồn"

    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="versions", verbose_name="thủ tục")
    effective_from = models.DateField("có hiệu lực từ")
    effective_to = models.DateField("hết hiệu lực từ", null=True, blank=True)
    holds_until = models.GeneratedField(
        expression=Coalesce("effective_to", Value(FOR_EVER, output_field=models.DateField())),
        output_field=models.DateField(),
        db_persist=True,
    )
    """``effective_to``, or the end of days: one comparison finds what is in force, and an index serves it among many old versions."""
    origin = models.CharField("nguồn gốc", max_length=7, choices=Origin.choices, default=Origin.CURATED)
    decision = models.ForeignKey(
        Decision, on_delete=models.PROTECT, null=True, blank=True, related_name="versions", verbose_name="quyết định công bố"
    )
    decision_number = models.CharField("số quyết định công bố", max_length=80, blank=True)
    name = models.TextField("tên thủ tục")
    summary = models.TextField("tóm tắt", blank=True)
    """Two or three plain sentences that answer before the law is quoted; blank where only an import wrote the version."""
    who = models.TextField("ai được yêu cầu", blank=True)
    conditions = models.TextField("yêu cầu, điều kiện", blank=True)
    deadline_to_ask = models.CharField("hạn phải đi làm", max_length=300, blank=True)
    """By when a person must ask ("trong 60 ngày từ ngày sinh"); not the agency's time limit."""
    field = models.CharField("lĩnh vực", max_length=200, blank=True)
    field_code = models.CharField("mã lĩnh vực", max_length=80, blank=True)
    service_group = models.CharField("nhóm dịch vụ", max_length=8, blank=True)
    """``S-01`` … ``S-10``: the groups of essential services the portal answers for."""
    regulation = models.CharField("loại thủ tục", max_length=200, blank=True)
    """Whether the law leaves details to ministries or provinces, in the source's words."""
    levels = ArrayField(models.CharField(max_length=12, choices=Level.choices), default=list, blank=True, verbose_name="cấp thực hiện")
    subjects = ArrayField(
        models.CharField(max_length=24, choices=Subject.choices), default=list, blank=True, verbose_name="đối tượng thực hiện"
    )
    issuing_agency = models.CharField("cơ quan ban hành", max_length=300, blank=True)
    issuing_code = models.CharField("mã cơ quan ban hành", max_length=40, blank=True)
    executing_agency = models.TextField("cơ quan thực hiện", blank=True)
    executing_codes = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name="mã cơ quan thực hiện")
    competent_agency = models.TextField("cơ quan có thẩm quyền", blank=True)
    competent_codes = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name="mã cơ quan có thẩm quyền")
    authorised_agency = models.TextField("cơ quan được ủy quyền", blank=True)
    coordinating_agency = models.TextField("cơ quan phối hợp", blank=True)
    place = models.TextField("địa chỉ tiếp nhận", blank=True)
    anywhere = models.CharField(
        "tiếp nhận không phụ thuộc địa giới hành chính", max_length=8, choices=Anywhere.choices, blank=True, default="", db_default=""
    )
    """How far from the competent agency it may be handed in; that agency handles it all the same (Decision 468/QĐ-TTg III.3, 4b)."""
    dossier_sets = models.PositiveSmallIntegerField("số bộ hồ sơ", default=1)
    related = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name="thủ tục liên quan")
    interlinked = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name="thủ tục liên thông")
    keywords = ArrayField(models.CharField(max_length=500), default=list, blank=True, verbose_name="từ khóa")
    english = models.JSONField("tiếng Anh", default=dict, blank=True)
    """The same in English where offered: lists as long and in the same order as the Vietnamese parts."""
    text_only = ArrayField(models.CharField(max_length=24), default=list, blank=True, verbose_name="phần chỉ có dạng chữ")
    """Parts that the source gives only as running text; they stand in ``raw_parts`` and were never guessed into rows."""
    raw_parts = models.JSONField("nguyên văn", default=dict, blank=True)
    """``{"channels": "…"}``: the source's text of each part in ``text_only`` that has no rows of its own."""
    missing = ArrayField(models.CharField(max_length=24), default=list, blank=True, verbose_name="phần nguồn không nêu")
    """Parts of which the source says nothing: no fee given is not the same as free of charge."""
    source = models.CharField("nguồn", max_length=300)
    checked_on = models.DateField("ngày đối chiếu")
    source_digest = models.CharField(max_length=64, blank=True, editable=False)
    """SHA-256 of the record this version was loaded from: loading twice changes nothing."""
    search_key = models.TextField(editable=False)
    """Code, name and keywords without diacritics, a space before each word: a word of a query matches the beginning of a word."""
    name_key = models.TextField(editable=False)
    sort_key = models.TextField(editable=False)
    popularity = models.PositiveSmallIntegerField("mức nhiều người đọc", default=0, db_default=0, editable=False)
    """0 to 1000: how much of the last weeks' readings, by their logarithm. ``services.rank_by_use`` sets it every night."""

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
            models.CheckConstraint(name="procedure_version_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(name="procedure_version_anywhere", condition=Q(anywhere__in=["", *Anywhere.values])),
        ]
        indexes = [
            GinIndex(fields=["search_key"], opclasses=["gin_trgm_ops"], name="procedure_version_search"),
            GinIndex(fields=["executing_codes"], name="procedure_version_executing"),
            models.Index(fields=["sort_key", "procedure"], name="procedure_version_order"),
            models.Index(fields=["holds_until", "effective_from"], name="procedure_version_in_force"),
            models.Index(fields=["-popularity", "sort_key", "procedure", "holds_until"], name="procedure_version_used"),
            models.Index(fields=["field_code", "-popularity", "sort_key", "holds_until"], name="procedure_version_field"),
            models.Index(fields=["issuing_code", "-popularity", "sort_key", "holds_until"], name="procedure_version_issuing"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def online_service(self) -> OnlineService | None:
        """The online service of the country, else the first of those of provinces; None: it cannot be filed online. No query where they
        are loaded."""
        return min(self.online_services.all(), key=lambda one: (len(one.localities), one.code), default=None)

    def is_in_force(self, day: dt.date) -> bool:
        """Whether this version holds on that day (of a procedure that the national list still names)."""
        return self.effective_from <= day and (self.effective_to is None or day < self.effective_to)
