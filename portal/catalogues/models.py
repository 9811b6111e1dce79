"""Shared catalogues: every entry has an owner and dates, is amended by a successor and never deleted (Rules art. 6, 49)."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q

from portal.text import search_key, sort_key
from portal.workdays import OFFICE_HOURS, Calendar, national_calendar


class EntryQuerySet(models.QuerySet):
    """Entries of any catalogue."""

    def current(self) -> EntryQuerySet:
        """The newest version of each code that nobody has disabled, whether it holds already or from a coming day."""
        return self.filter(effective_to__isnull=True)

    def on(self, day: dt.date) -> EntryQuerySet:
        """What holds on a day: at most one row of each code."""
        return self.filter(effective_from__lte=day).filter(Q(effective_to__isnull=True) | Q(effective_to__gt=day))


class CatalogueEntry(models.Model):
    """What all catalogues share. A row's facts never change: to amend is to close the row and add its successor."""

    class Origin(models.TextChoices):
        """Who wrote the row: the files that come with the portal, or somebody at the desk (then a reload leaves it alone)."""

        SHIPPED = "shipped", "Đi kèm phần mềm"
        DESK = "desk", "Nhập tại bàn làm việc"

    code = models.CharField("mã", max_length=40)
    name = models.CharField("tên", max_length=300)
    owner_code = models.CharField("mã cơ quan chủ quản danh mục", max_length=40)
    effective_from = models.DateField("có hiệu lực từ ngày")
    effective_to = models.DateField("hết hiệu lực từ ngày", null=True, blank=True)
    """First day on which the row no longer holds."""
    successor = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="predecessors", verbose_name="thay bằng"
    )
    is_demo = models.BooleanField("dữ liệu minh họa", default=False)
    """Code or contacts are made up for demonstrations."""
    origin = models.CharField("nguồn nhập", max_length=8, choices=Origin.choices, default=Origin.DESK)
    source = models.CharField("căn cứ", max_length=300, blank=True)
    sort_key = models.CharField(max_length=1000, editable=False)
    search_key = models.CharField(max_length=300, editable=False)
    created_at = models.DateTimeField("ghi lúc", auto_now_add=True)

    objects = EntryQuerySet.as_manager()

    facts: ClassVar[tuple[str, ...]] = ("name", "owner_code", "is_demo", "source")
    """Fields that an amendment may change; sub-classes add theirs."""

    class Meta:
        abstract = True
        ordering = ("sort_key", "code")
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=Q(effective_to__isnull=True), name="%(class)s_one_current"),
            models.UniqueConstraint(
                fields=["code", "effective_from"],
                condition=Q(effective_to__isnull=True) | Q(effective_to__gt=F("effective_from")),
                name="%(class)s_one_a_day",
            ),
            models.CheckConstraint(
                condition=Q(effective_to__isnull=True) | Q(effective_to__gte=F("effective_from")), name="%(class)s_dates_in_order"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="facts_never_change",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["effective_to", "successor"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Derive the keys; the rest is the database's business."""
        self.derive()
        super().save(*args, **kwargs)

    def derive(self) -> None:
        """Fill the sort and search keys from the name."""
        self.sort_key = sort_key(self.name)[:1000]
        self.search_key = search_key(self.name)[:300]

    def values(self) -> dict[str, Any]:
        """The facts of this row, as an amendment would state them."""
        return {name: getattr(self, name) for name in self.facts}


@pghistory.track()
class AdministrativeUnit(CatalogueEntry):
    """A province (two digits) or a commune (five), by the statistics office's code. No districts since 1 July 2025."""

    class Level(models.TextChoices):
        """The two levels of local administration."""

        PROVINCE = "province", "Cấp tỉnh"
        COMMUNE = "commune", "Cấp xã"

    full_name = models.CharField("tên đầy đủ", max_length=300)
    name_en = models.CharField("tên tiếng Anh", max_length=300, blank=True)
    level = models.CharField("cấp", max_length=10, choices=Level.choices)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name="thuộc")

    facts = (*CatalogueEntry.facts, "full_name", "name_en", "level", "parent")

    class Meta(CatalogueEntry.Meta):
        verbose_name = "đơn vị hành chính"
        verbose_name_plural = "đơn vị hành chính"
        constraints = [
            *CatalogueEntry.Meta.constraints,
            models.CheckConstraint(
                condition=Q(level="province", code__regex=r"^\d{2}$", parent__isnull=True)
                | Q(level="commune", code__regex=r"^\d{5}$", parent__isnull=False),
                name="administrativeunit_code_fits_level",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name


@pghistory.track()
class Agency(CatalogueEntry):
    """A State agency by its identifier code (Decision 20/2020/QĐ-TTg): ``H26`` and below it ``H26.101``."""

    class Level(models.TextChoices):
        """Where the agency stands."""

        MINISTRY = "ministry", "Bộ, cơ quan ngang bộ"
        PROVINCE = "province", "Cấp tỉnh"
        COMMUNE = "commune", "Cấp xã"
        UNIT = "unit", "Đơn vị trực thuộc"

    level = models.CharField("cấp", max_length=10, choices=Level.choices)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name="trực thuộc")
    administrative_unit = models.ForeignKey(
        AdministrativeUnit, on_delete=models.PROTECT, null=True, blank=True, related_name="agencies", verbose_name="địa bàn"
    )
    address = models.CharField("địa chỉ", max_length=300, blank=True)
    hotline = models.CharField("đường dây nóng", max_length=30, blank=True)
    email = models.EmailField("thư điện tử", blank=True)
    working_hours = models.JSONField("giờ làm việc", null=True, blank=True)
    """Seven lists (Monday first) of ``["07:00", "11:30"]``; null means the national office hours."""

    facts = (*CatalogueEntry.facts, "level", "parent", "administrative_unit", "address", "hotline", "email", "working_hours")

    class Meta(CatalogueEntry.Meta):
        verbose_name = "cơ quan"
        verbose_name_plural = "cơ quan"
        constraints = [
            *CatalogueEntry.Meta.constraints,
            models.CheckConstraint(condition=Q(code__regex=r"^[A-Z]\d{2}(\.\d{1,3}){0,3}$"), name="agency_code_form"),
        ]

    def calendar(self) -> Calendar:
        """When this agency's offices work: its own hours where it has declared them, on the national calendar of days off."""
        national = national_calendar()
        if self.working_hours is None:
            return national
        week = tuple(
            tuple((dt.time.fromisoformat(opens), dt.time.fromisoformat(closes)) for opens, closes in day) for day in self.working_hours
        )
        return Calendar(
            opening=week, days_off=national.days_off, worked_days=national.worked_days, worked_hours=next(filter(None, week), OFFICE_HOURS)
        )


@pghistory.track()
class PaperKind(CatalogueEntry):
    """A kind of paper with its national code; a kind may be the result of a procedure (Decision 468/QĐ-TTg III.1b)."""

    is_result = models.BooleanField("là kết quả của một thủ tục", default=False)

    facts = (*CatalogueEntry.facts, "is_result")

    class Meta(CatalogueEntry.Meta):
        verbose_name = "loại giấy tờ"
        verbose_name_plural = "loại giấy tờ"
