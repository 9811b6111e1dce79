"""Shared catalogues: every entry has an owner and dates, is amended by a successor and never deleted (Rules art. 6, 49).

Seven of the nine live here; the other two, procedures and online services, are rooms of their own. A relation between entries is
kept to the row it was written with and read by code: a parent that was amended keeps its children.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from functools import lru_cache
from typing import Any, ClassVar

import pghistory
import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from portal.text import search_key, sort_key
from portal.workdays import OFFICE_HOURS, Calendar, national_calendar

PROVINCIAL_MERGER = dt.date(2025, 7, 1)
"""First day of 34 provinces without districts (Resolution 202/2025/QH15)."""


@lru_cache(maxsize=4096)
def _keys(name: str) -> tuple[str, str]:
    """The sort and search keys of a name; the same few names belong to many places."""
    return sort_key(name)[:1000], search_key(name)[:300]


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

    code = models.CharField("mã", max_length=80)
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
    updated_at = models.DateTimeField("thay đổi lúc", auto_now_add=True, editable=False)
    """When the row was written or, later, closed: the database sets it."""

    objects = EntryQuerySet.as_manager()

    facts: ClassVar[tuple[str, ...]] = ("name", "owner_code", "is_demo", "source")
    """Fields that an amendment may change; sub-classes add theirs."""
    code_form: ClassVar[str] = ""
    """The rule for codes; the database holds it too."""
    code_words: ClassVar[str] = ""
    """The same rule for people."""

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
        indexes = [
            models.Index(fields=["sort_key", "code"], name="%(class)s_order"),
            models.Index(fields=["search_key"], name="%(class)s_name"),
            models.Index(fields=["updated_at", "id"], name="%(class)s_changed"),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="facts_never_change",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["effective_to", "successor", "updated_at"]),
            ),
            pgtrigger.Trigger(
                name="touched",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                func="NEW.updated_at = clock_timestamp(); RETURN NEW;",
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
        self.sort_key, self.search_key = _keys(self.name)

    def clean(self) -> None:
        """The code follows its rule and nothing lies in itself; sub-classes add what their columns owe one another."""
        if self.code_form and not re.fullmatch(self.code_form, self.code):
            _refuse("code", self.code_words)
        parent = getattr(self, "parent", None)
        if parent is not None and parent.code == self.code and type(parent) is type(self):
            _refuse("parent", "Một mục không thể nằm dưới chính nó.")

    def values(self) -> dict[str, Any]:
        """The facts of this row, as an amendment would state them."""
        return {name: getattr(self, name) for name in self.facts}

    def continues(self, older: CatalogueEntry) -> bool:
        """Whether this row, under the code of an older one that ended, is the same thing under newer facts."""
        return True


def _tracked() -> Any:
    """History by trigger: every change, and every row somebody entered; a row that was shipped is its own first record."""
    return pghistory.track(pghistory.InsertEvent(condition=pgtrigger.Q(new__origin="desk")), pghistory.UpdateEvent())


def _parent(verbose_name: str) -> Any:
    return models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=verbose_name)


def _refuse(field: str, message: str) -> None:
    raise ValidationError({field: message})


@_tracked()
class AdministrativeUnit(CatalogueEntry):
    """A province (two digits), a district until 30 June 2025 (three) or a commune (five), by the statistics office's code.

    Codes were given anew on 1 July 2025: the same five digits may name another commune before and after. :class:`Succession` says
    what became of each.
    """

    class Level(models.TextChoices):
        """The levels of local administration; the district ended with June 2025."""

        PROVINCE = "province", "Cấp tỉnh"
        DISTRICT = "district", "Cấp huyện (đến 30/6/2025)"
        COMMUNE = "commune", "Cấp xã"

    full_name = models.CharField("tên đầy đủ", max_length=300)
    name_en = models.CharField("tên tiếng Anh", max_length=300, blank=True)
    level = models.CharField("cấp", max_length=10, choices=Level.choices)
    parent = _parent("thuộc")

    facts = (*CatalogueEntry.facts, "full_name", "name_en", "level", "parent")
    DIGITS: ClassVar[dict[str, int]] = {"province": 2, "district": 3, "commune": 5}

    class Meta(CatalogueEntry.Meta):
        verbose_name = "đơn vị hành chính"
        verbose_name_plural = "đơn vị hành chính"
        constraints = [
            *CatalogueEntry.Meta.constraints,
            models.CheckConstraint(
                condition=Q(level="province", code__regex=r"^\d{2}$", parent__isnull=True)
                | Q(level="district", code__regex=r"^\d{3}$", parent__isnull=False)
                | Q(level="commune", code__regex=r"^\d{5}$", parent__isnull=False),
                name="administrativeunit_code_fits_level",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    def clean(self) -> None:
        """The code has as many digits as its level asks for, and only a province stands alone."""
        super().clean()
        digits = self.DIGITS.get(self.level)
        if digits and not re.fullmatch(rf"\d{{{digits}}}", self.code):
            _refuse("code", f"Mã đơn vị {self.get_level_display().lower()} gồm {digits} chữ số.")
        if (self.level == self.Level.PROVINCE) != (self.parent is None):
            _refuse("parent", "Đơn vị cấp tỉnh không thuộc đơn vị nào; cấp xã phải ghi mã tỉnh mà nó thuộc về.")

    @staticmethod
    def had_districts(day: dt.date) -> bool:
        """Whether districts stood between province and commune on that day."""
        return day < PROVINCIAL_MERGER

    def continues(self, older: CatalogueEntry) -> bool:
        """Only a unit of the same name: the codes of 1 July 2025 mean other places."""
        return self.name == older.name


@pghistory.track(pghistory.InsertEvent(condition=pgtrigger.Q(new__origin="desk")), pghistory.UpdateEvent())
class Succession(models.Model):
    """What became of an administrative unit on a day: it went whole into another, or in parts into several."""

    class Share(models.TextChoices):
        """How much of the old unit went into the new one."""

        WHOLE = "whole", "Toàn bộ"
        PART = "part", "Một phần"

    old = models.ForeignKey(AdministrativeUnit, on_delete=models.PROTECT, related_name="succeeded_by", verbose_name="đơn vị cũ")
    new = models.ForeignKey(AdministrativeUnit, on_delete=models.PROTECT, related_name="succeeds", verbose_name="đơn vị mới")
    effective_on = models.DateField("từ ngày")
    share = models.CharField("phần", max_length=5, choices=Share.choices)
    is_main = models.BooleanField("nơi đến chính", default=True)
    """Where a whole unit went, and the one to offer first for a unit that was split."""
    origin = models.CharField(max_length=8, choices=CatalogueEntry.Origin.choices, default=CatalogueEntry.Origin.DESK, editable=False)
    source = models.CharField("căn cứ", max_length=300, blank=True)
    created_at = models.DateTimeField("ghi lúc", auto_now_add=True)

    class Meta:
        verbose_name = "chuyển tiếp đơn vị hành chính"
        verbose_name_plural = "chuyển tiếp đơn vị hành chính"
        ordering = ("effective_on", "old_id", "-is_main", "new_id")
        constraints = [
            models.UniqueConstraint(fields=["old", "new"], name="succession_once"),
            models.UniqueConstraint(fields=["old"], condition=Q(share="whole"), name="succession_whole_once"),
            models.CheckConstraint(condition=Q(share="part") | Q(is_main=True), name="succession_whole_is_main"),
            models.CheckConstraint(condition=~Q(old=F("new")), name="succession_not_itself"),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"


@_tracked()
class Agency(CatalogueEntry):
    """A State agency by its identifier code (Decision 20/2020/QĐ-TTg): ``H26`` and below it ``H26.101``."""

    class Level(models.TextChoices):
        """Where the agency stands."""

        MINISTRY = "ministry", "Bộ, cơ quan ngang bộ"
        CENTRAL = "central", "Cơ quan khác ở trung ương"
        PROVINCE = "province", "Cấp tỉnh"
        COMMUNE = "commune", "Cấp xã"
        UNIT = "unit", "Đơn vị trực thuộc"

    level = models.CharField("cấp", max_length=10, choices=Level.choices)
    parent = _parent("trực thuộc")
    administrative_unit = models.ForeignKey(
        AdministrativeUnit, on_delete=models.PROTECT, null=True, blank=True, related_name="agencies", verbose_name="địa bàn"
    )
    address = models.CharField("địa chỉ", max_length=300, blank=True)
    hotline = models.CharField("đường dây nóng", max_length=30, blank=True)
    phone = models.CharField("điện thoại", max_length=30, blank=True)
    email = models.EmailField("thư điện tử", blank=True)
    website = models.CharField("trang thông tin điện tử", max_length=200, blank=True)
    working_hours = models.JSONField("giờ làm việc", null=True, blank=True)
    """Seven lists (Monday first) of ``["07:00", "11:30"]``; null means the national office hours."""

    latitude = models.DecimalField("vĩ độ", max_digits=8, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField("kinh độ", max_digits=9, decimal_places=6, null=True, blank=True)
    """Where its office stands (WGS 84), where the agency entered it: the map leads to the very door."""

    facts = (
        *CatalogueEntry.facts, "level", "parent", "administrative_unit", "address", "hotline", "phone", "email", "website", "working_hours",
        "latitude", "longitude",
    )  # fmt: skip
    code_form = r"[A-Z]\d{2}(\.\d{1,3}){0,3}"
    code_words = "Mã định danh gồm một chữ cái in hoa, hai chữ số và tối đa ba nhóm số sau dấu chấm, ví dụ H26.101."

    class Meta(CatalogueEntry.Meta):
        verbose_name = "cơ quan"
        verbose_name_plural = "cơ quan"
        constraints = [
            *CatalogueEntry.Meta.constraints,
            models.CheckConstraint(condition=Q(code__regex=r"^[A-Z]\d{2}(\.\d{1,3}){0,3}$"), name="agency_code_form"),
            # Within the country's land and islands; half a place is none.
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__isnull=False, longitude__isnull=False, latitude__range=("6", "24"), longitude__range=("102", "118")),
                name="agency_stands_in_the_country",
            ),
        ]

    def clean(self) -> None:
        """The identifier code has the form of the Decision, fits the level and stands below its parent's."""
        super().clean()
        first = (
            {self.Level.MINISTRY: "G", self.Level.PROVINCE: "H"}.get(self.Level(self.level)) if self.level in self.Level.values else None
        )
        if first and (self.code[0] != first or "." in self.code):
            _refuse("code", f"Mã định danh {self.get_level_display().lower()} bắt đầu bằng {first} và không có nhóm số sau dấu chấm.")
        if (self.latitude is None) != (self.longitude is None):
            _refuse("longitude", "Hãy ghi cả vĩ độ và kinh độ, hoặc để trống cả hai.")
        if self.latitude is not None and self.longitude is not None and not (6 <= self.latitude <= 24 and 102 <= self.longitude <= 118):
            _refuse("latitude", "Tọa độ phải nằm trong lãnh thổ Việt Nam, ví dụ 21.028511 và 105.852000.")
        above = self.code.rpartition(".")[0]
        if self.parent is not None and above and not (above + ".").startswith(self.parent.code + "."):
            _refuse("parent", f"Mã {self.code} không nằm dưới mã của cơ quan cấp trên {self.parent.code}.")
        try:
            self.calendar()
        except (TypeError, ValueError):
            _refuse("working_hours", 'Giờ làm việc gồm bảy danh sách từ thứ Hai, mỗi buổi ghi như ["07:00", "11:30"].')

    def calendar(self) -> Calendar:
        """When this agency's offices work: its own hours where it has declared them, on the national calendar of days off."""
        national = national_calendar()
        if self.working_hours is None:
            return national
        if len(self.working_hours) != 7:
            raise ValueError("working hours name the seven days of a week")
        week = tuple(
            tuple((dt.time.fromisoformat(opens), dt.time.fromisoformat(closes)) for opens, closes in day) for day in self.working_hours
        )
        return Calendar(
            opening=week, days_off=national.days_off, worked_days=national.worked_days, worked_hours=next(filter(None, week), OFFICE_HOURS)
        )


@_tracked()
class Sector(CatalogueEntry):
    """A sector or field of administration: ``G15-HT01`` by its ministry's code, ``LV.ho-tich`` where none is known."""

    name_en = models.CharField("tên tiếng Anh", max_length=300, blank=True)
    parent = _parent("thuộc ngành, lĩnh vực")
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="sectors", verbose_name="cơ quan quản lý"
    )

    facts = (*CatalogueEntry.facts, "name_en", "parent", "agency")
    code_form = r"[GH]\d{2}-[A-ZĐ]{1,4}\d{1,4}|LV\.[a-z0-9]+(-[a-z0-9]+)*"
    code_words = "Mã lĩnh vực có dạng G15-HT01 hoặc LV.ho-tich."

    class Meta(CatalogueEntry.Meta):
        verbose_name = "ngành, lĩnh vực"
        verbose_name_plural = "ngành, lĩnh vực"
        constraints = [
            *CatalogueEntry.Meta.constraints,
            models.CheckConstraint(
                condition=Q(code__regex=r"^([GH]\d{2}-[A-ZĐ]{1,4}\d{1,4}|LV\.[a-z0-9]+(-[a-z0-9]+)*)$"), name="sector_code_form"
            ),
        ]


@_tracked()
class ResultKind(CatalogueEntry):
    """A kind of result of procedures, ``KQ.G15.000031``."""

    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="result_kinds", verbose_name="cơ quan ban hành"
    )

    facts = (*CatalogueEntry.facts, "agency")
    code_form = r"KQ\.[A-Z]\d{2}\.\d{6}"
    code_words = "Mã kết quả có dạng KQ.G15.000031."

    class Meta(CatalogueEntry.Meta):
        verbose_name = "loại kết quả"
        verbose_name_plural = "loại kết quả"
        constraints = [
            *CatalogueEntry.Meta.constraints,
            models.CheckConstraint(condition=Q(code__regex=r"^KQ\.[A-Z]\d{2}\.\d{6}$"), name="resultkind_code_form"),
        ]


@_tracked()
class PaperKind(CatalogueEntry):
    """A kind of paper with its national code; a kind may be the result of a procedure (Decision 468/QĐ-TTg III.1b)."""

    is_result = models.BooleanField("là kết quả của một thủ tục", default=False)
    result_kind = models.ForeignKey(
        ResultKind, on_delete=models.PROTECT, null=True, blank=True, related_name="paper_kinds", verbose_name="loại kết quả"
    )

    facts = (*CatalogueEntry.facts, "is_result", "result_kind")

    class Meta(CatalogueEntry.Meta):
        verbose_name = "loại giấy tờ"
        verbose_name_plural = "loại giấy tờ"
        constraints = [
            *CatalogueEntry.Meta.constraints,
            models.CheckConstraint(condition=Q(is_result=True) | Q(result_kind__isnull=True), name="paperkind_result_is_result"),
        ]

    def clean(self) -> None:
        """Only a kind that is a result names the kind of result."""
        super().clean()
        if self.result_kind is not None and not self.is_result:
            _refuse("is_result", "Giấy tờ ghi loại kết quả thì phải là kết quả của một thủ tục.")


@_tracked()
class PaymentInstitution(CatalogueEntry):
    """A bank, by its six-digit number in the national card system, or an intermediary that pays on a person's behalf."""

    class Kind(models.TextChoices):
        """What it is licensed as."""

        BANK = "bank", "Ngân hàng"
        INTERMEDIARY = "intermediary", "Trung gian thanh toán"

    kind = models.CharField("loại", max_length=12, choices=Kind.choices)
    short_name = models.CharField("tên gọi tắt", max_length=60, blank=True)
    swift = models.CharField("mã SWIFT", max_length=11, blank=True)

    facts = (*CatalogueEntry.facts, "kind", "short_name", "swift")

    class Meta(CatalogueEntry.Meta):
        verbose_name = "ngân hàng, trung gian thanh toán"
        verbose_name_plural = "ngân hàng, trung gian thanh toán"
        constraints = [
            *CatalogueEntry.Meta.constraints,
            models.CheckConstraint(
                condition=Q(kind="bank", code__regex=r"^\d{6}$") | Q(kind="intermediary", code__regex=r"^TG\.[a-z0-9-]+$"),
                name="paymentinstitution_code_form",
            ),
            models.CheckConstraint(
                condition=Q(swift="") | Q(swift__regex=r"^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$"), name="paymentinstitution_swift"
            ),
        ]

    def clean(self) -> None:
        """A bank is named by its number, an intermediary by a name of ours."""
        super().clean()
        if self.kind == self.Kind.BANK and not re.fullmatch(r"\d{6}", self.code):
            _refuse("code", "Mã ngân hàng gồm sáu chữ số.")
        if self.kind == self.Kind.INTERMEDIARY and not re.fullmatch(r"TG\.[a-z0-9-]+", self.code):
            _refuse("code", "Mã trung gian thanh toán có dạng TG.ten-goi.")
        if self.swift and not re.fullmatch(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", self.swift):
            _refuse("swift", "Mã SWIFT gồm 8 hoặc 11 chữ in hoa và chữ số.")


@_tracked()
class BankAccount(CatalogueEntry):
    """An account into which an agency is paid: at the State Treasury (with its office's number) or at a bank."""

    class Kind(models.TextChoices):
        """Who keeps the account."""

        TREASURY = "treasury", "Kho bạc Nhà nước"
        BANK = "bank", "Ngân hàng"

    kind = models.CharField("nơi mở", max_length=8, choices=Kind.choices)
    number = models.CharField("số tài khoản", max_length=30)
    holder = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="bank_accounts", verbose_name="cơ quan thụ hưởng")
    institution = models.ForeignKey(
        PaymentInstitution, on_delete=models.PROTECT, null=True, blank=True, related_name="bank_accounts", verbose_name="ngân hàng"
    )
    treasury_office = models.CharField("mã Kho bạc", max_length=4, blank=True)

    facts = (*CatalogueEntry.facts, "kind", "number", "holder", "institution", "treasury_office")

    class Meta(CatalogueEntry.Meta):
        verbose_name = "tài khoản kho bạc, ngân hàng"
        verbose_name_plural = "tài khoản kho bạc, ngân hàng"
        constraints = [
            *CatalogueEntry.Meta.constraints,
            models.CheckConstraint(
                condition=Q(kind="treasury", treasury_office__regex=r"^\d{4}$", institution__isnull=True)
                | Q(kind="bank", treasury_office="", institution__isnull=False),
                name="bankaccount_kept_somewhere",
            ),
            models.CheckConstraint(condition=Q(number__regex=r"^[0-9][0-9.\-]{3,29}$"), name="bankaccount_number"),
        ]

    def clean(self) -> None:
        """An account is kept at the Treasury or at a bank, never at both."""
        super().clean()
        if not re.fullmatch(r"[0-9][0-9.\-]{3,29}", self.number):
            _refuse("number", "Số tài khoản gồm từ 4 đến 30 chữ số, có thể có dấu chấm hoặc gạch ngang.")
        if self.kind == self.Kind.TREASURY and (self.institution is not None or not re.fullmatch(r"\d{4}", self.treasury_office)):
            _refuse("treasury_office", "Tài khoản kho bạc ghi mã Kho bạc bốn chữ số và không ghi ngân hàng.")
        if self.kind == self.Kind.BANK and (self.institution is None or self.treasury_office):
            _refuse("institution", "Tài khoản ngân hàng ghi mã ngân hàng và không ghi mã Kho bạc.")


@_tracked()
class RevenueKind(CatalogueEntry):
    """A kind of budget revenue: four digits of the budget's index (Circular 324/2016/TT-BTC), as ``2771`` for civil status fees."""

    parent = _parent("thuộc mục")

    facts = (*CatalogueEntry.facts, "parent")
    code_form = r"\d{4}"
    code_words = "Mã khoản thu gồm bốn chữ số của mục lục ngân sách."

    class Meta(CatalogueEntry.Meta):
        verbose_name = "khoản thu ngân sách"
        verbose_name_plural = "khoản thu ngân sách"
        constraints = [
            *CatalogueEntry.Meta.constraints,
            models.CheckConstraint(condition=Q(code__regex=r"^\d{4}$"), name="revenuekind_code_form"),
        ]


@_tracked()
class TransactionKind(CatalogueEntry):
    """A kind of payment transaction in VPCP's one catalogue (Rules art. 34.1), as ``LGD.01`` for fees of public services."""

    facts = CatalogueEntry.facts
    code_form = r"LGD\.\d{2}"
    code_words = "Mã loại giao dịch có dạng LGD.01."

    class Meta(CatalogueEntry.Meta):
        verbose_name = "loại giao dịch thanh toán"
        verbose_name_plural = "loại giao dịch thanh toán"
        constraints = [
            *CatalogueEntry.Meta.constraints,
            models.CheckConstraint(condition=Q(code__regex=r"^LGD\.\d{2}$"), name="transactionkind_code_form"),
        ]


class ShippedFile(models.Model):
    """Which state of a file that comes with the portal was brought in last, so that an unchanged one costs one query."""

    name = models.CharField(max_length=80, primary_key=True)
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class CatalogueImport(models.Model):
    """A file somebody uploaded: checked first, applied by a second act. Its bytes go when it is applied."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    catalogue = models.CharField("danh mục", max_length=40)
    file_name = models.CharField("tệp", max_length=200)
    digest = models.CharField("SHA-256", max_length=64)
    content = models.BinaryField(null=True)
    report = models.JSONField("kết quả kiểm tra")
    unit = models.CharField("đơn vị", max_length=80)
    position_id = models.UUIDField("vị trí công tác", null=True)
    created_at = models.DateTimeField("tải lên lúc", auto_now_add=True)
    applied_at = models.DateTimeField("ghi vào lúc", null=True)

    class Meta:
        verbose_name = "lần nhập danh mục"
        verbose_name_plural = "các lần nhập danh mục"
        ordering = ("-created_at", "id")
        indexes = [models.Index(fields=["catalogue", "-created_at"], name="catalogueimport_newest")]

    def __str__(self) -> str:
        return self.file_name
