"""Copies certified from originals (Decree 45/2020/NĐ-CP art. 10; Decree 23/2015/NĐ-CP): the register, its book, the agency's wording."""

from __future__ import annotations

import uuid
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q

from portal.crypto.fields import SealedTextField


class CopyWording(models.Model):
    """The words by which an agency certifies, from a day on; where it has none, those of the nearest agency above it hold."""

    id = models.BigAutoField(primary_key=True)
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    valid_from = models.DateField("áp dụng từ")
    words = models.TextField("lời chứng", max_length=4000)
    """With places (`dossiers.copies.rules.PLACES`)."""
    basis = models.CharField("căn cứ", max_length=300)
    entered_by_label = models.CharField("người ghi", max_length=200)
    entered_at = models.DateTimeField("ghi lúc")

    class Meta:
        verbose_name = "lời chứng bản sao"
        verbose_name_plural = "lời chứng bản sao"
        constraints = [models.UniqueConstraint(fields=["unit_code", "valid_from"], name="dossiers_copy_wording_of_day")]
        triggers = [pgtrigger.Protect(name="copy_wording_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.unit_code} {self.valid_from}"


class CopyBook(models.Model):
    """The last number of an agency's register of certified copies in a year; raised in the act alone, under its lock."""

    pk = models.CompositePrimaryKey("unit_code", "year")
    unit_code = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.unit_code} {self.year}: {self.last}"


class CertifiedCopy(models.Model):
    """One copy certified from an original: prepared at the counter, numbered when it goes to the signer, signed and sealed.

    A number stays in the register whatever becomes of it: what was given up or was wrong is an entry that says so.
    """

    class State(models.TextChoices):
        PREPARING = "preparing", "Đang quét, đối chiếu"
        AWAITING = "awaiting", "Chờ ký chứng thực"
        CERTIFIED = "certified", "Đã chứng thực"
        VOID = "void", "Đã hủy số khi chưa ký"
        REVOKED = "revoked", "Đã thu hồi"

    class Form(models.TextChoices):
        ELECTRONIC = "electronic", "Điện tử"
        PAPER = "paper", "Bản giấy"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    state = models.CharField("tình trạng", max_length=10, choices=State.choices, default=State.PREPARING)
    form = models.CharField("hình thức", max_length=10, choices=Form.choices, default=Form.ELECTRONIC)
    version = models.PositiveIntegerField(default=1)
    year = models.PositiveSmallIntegerField(null=True)
    number = models.PositiveIntegerField("số chứng thực", null=True)
    """Gapless within a unit and year, both forms together."""
    party_id = models.UUIDField(null=True)
    """Whose store it lands in: a person, or an organisation; null for paper."""
    requester_name: Any = SealedTextField(subject="id")
    """Who asked, as the register writes them."""
    title = models.CharField("giấy tờ", max_length=300)
    """What kind of paper, in the catalogue's words where it has some; public with the QR code, so nobody's data."""
    kind = models.CharField(max_length=60, blank=True)
    """Code of the shared catalogue; empty for what it does not know."""
    original_number: Any = SealedTextField(subject="id", null=True)
    original_issuer = models.CharField("nơi cấp bản chính", max_length=300, blank=True)
    original_issued_on = models.DateField("ngày cấp bản chính", null=True)
    pages = models.PositiveIntegerField("số trang", default=0)
    copies = models.PositiveSmallIntegerField("số bản", default=1)
    """How many were certified under the number; one where it is electronic."""
    charge = models.PositiveIntegerField("phí", default=0)
    """In đồng."""
    charge_lines: Any = models.JSONField(default=list)
    receipt_number = models.CharField("biên lai", max_length=20, blank=True)
    """As in the book of cash receipts (`CashBook`); empty where nothing is charged."""
    receipt = models.OneToOneField("documents.Document", null=True, on_delete=models.PROTECT, related_name="+")
    wording = models.ForeignKey(CopyWording, null=True, on_delete=models.PROTECT, related_name="+")
    document = models.OneToOneField("documents.Document", null=True, on_delete=models.PROTECT, related_name="+")
    replaces = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")
    """The entry whose mistake this one mends, free of charge."""
    signer_position_id = models.UUIDField(null=True)
    signer_label = models.CharField("người ký", max_length=200, blank=True)
    position_id = models.UUIDField()
    officer_label = models.CharField("cán bộ lập", max_length=200)
    began_at = models.DateTimeField("bắt đầu")
    numbered_at = models.DateTimeField(null=True)
    certified_on = models.DateField("ngày chứng thực", null=True)
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField("lý do hủy, thu hồi", max_length=300, blank=True)
    """Public where the copy was revoked: no personal data."""
    ended_by_label = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "bản sao chứng thực"
        verbose_name_plural = "sổ chứng thực bản sao"
        constraints = [
            models.UniqueConstraint(fields=["unit_code", "year", "number"], name="dossiers_copy_number"),
            models.CheckConstraint(
                name="dossiers_copy_numbered",
                condition=Q(state="preparing", number__isnull=True, year__isnull=True)
                | ~Q(state="preparing") & Q(number__gte=1, year__isnull=False, numbered_at__isnull=False, pages__gte=1),
            ),
            models.CheckConstraint(
                name="dossiers_copy_form",
                condition=Q(form="paper", party_id__isnull=True, document__isnull=True)
                | Q(form="electronic", party_id__isnull=False, copies=1),
            ),
            models.CheckConstraint(
                name="dossiers_copy_certified_is_dated",
                condition=Q(state__in=["certified", "revoked"], certified_on__isnull=False)
                | Q(state__in=["preparing", "awaiting", "void"], certified_on__isnull=True),
            ),
            models.CheckConstraint(
                name="dossiers_copy_ended_says_why",
                condition=(Q(state__in=["void", "revoked"], ended_at__isnull=False) & ~Q(ended_why=""))
                | (~Q(state__in=["void", "revoked"]) & Q(ended_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["unit_code", "-began_at", "id"], name="dossiers_copies_of_unit"),
            models.Index(fields=["certified_on", "unit_code"], name="dossiers_copies_counted", condition=Q(certified_on__isnull=False)),
        ]
        triggers = [
            pgtrigger.Protect(name="copy_number_stays", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__number__isnull=False)),
            pgtrigger.Protect(
                name="copy_register_is_not_rewritten",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__number__isnull=False)
                & (
                    pgtrigger.Q(old__number__df=pgtrigger.F("new__number"))
                    | pgtrigger.Q(old__year__df=pgtrigger.F("new__year"))
                    | pgtrigger.Q(old__unit_code__df=pgtrigger.F("new__unit_code"))
                    | pgtrigger.Q(old__party_id__df=pgtrigger.F("new__party_id"))
                    | pgtrigger.Q(old__title__df=pgtrigger.F("new__title"))
                    | pgtrigger.Q(old__pages__df=pgtrigger.F("new__pages"))
                    | pgtrigger.Q(old__charge__df=pgtrigger.F("new__charge"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number_words or 'chưa có số'}: {self.title}"

    @property
    def number_words(self) -> str:
        """The number as the register writes it: ``125/2026``; empty before it has one."""
        return f"{self.number}/{self.year}" if self.number else ""


class CopyScan(models.Model):
    """One file of an original as the counter scanned it."""

    copy = models.ForeignKey(CertifiedCopy, on_delete=models.PROTECT, related_name="scans")
    file = models.OneToOneField("files.StoredFile", on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["copy", "position"], name="dossiers_copy_scan_place")]

    def __str__(self) -> str:
        return f"{self.copy_id} #{self.position}"
