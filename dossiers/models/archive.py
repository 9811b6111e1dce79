"""What the archive keeps and disposes of: terms by kind of dossier, what is held back, disposals with what was in them."""

from __future__ import annotations

import uuid
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import F, Q

from dossiers.models.dossier import Dossier
from portal.crypto.fields import SealedTextField

LONGEST_YEARS = 100
"""More is a slip of the pen: what is kept for longer is kept for ever."""


class ArchiveTerm(models.Model):
    """How long dossiers of one procedure are kept by an agency and those below it, as its archivist entered it. A change is a new row."""

    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    procedure_code = models.CharField("mã thủ tục", max_length=40, db_collation="C")
    years = models.PositiveSmallIntegerField("số năm", null=True, blank=True)
    """Whole years after the year in which the dossier ended; null: for ever."""
    basis = models.CharField("căn cứ", max_length=300)
    """Document and entry of the table that says so."""
    position_id = models.UUIDField()
    label = models.CharField("người ghi", max_length=200)
    set_at = models.DateTimeField("ghi lúc")
    ended_at = models.DateTimeField("thôi dùng lúc", null=True, blank=True)
    ended_label = models.CharField("người thôi dùng", max_length=200, blank=True)

    class Meta:
        verbose_name = "thời hạn lưu trữ hồ sơ"
        verbose_name_plural = "thời hạn lưu trữ hồ sơ"
        ordering = ["procedure_code", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit_code", "procedure_code"], condition=Q(ended_at__isnull=True), name="dossiers_one_archive_term"
            ),
            models.CheckConstraint(
                condition=Q(years__isnull=True) | Q(years__gte=1, years__lte=LONGEST_YEARS), name="dossiers_archive_term_years"
            ),
            models.CheckConstraint(condition=~Q(basis=""), name="dossiers_archive_term_has_basis"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_label="") | Q(ended_at__gte=F("set_at")), name="dossiers_archive_term_times"
            ),
        ]
        indexes = [models.Index(fields=["procedure_code", "id"], name="dossiers_archive_terms")]
        triggers = [
            pgtrigger.Protect(name="archive_term_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="archive_term_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "(OLD.ended_at IS NOT NULL OR NEW.years IS DISTINCT FROM OLD.years OR NEW.unit_code <> OLD.unit_code"
                    " OR NEW.procedure_code <> OLD.procedure_code OR NEW.basis <> OLD.basis)"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_code} {self.procedure_code}"

    @property
    def words(self) -> str:
        """The term as it is read."""
        return "Vĩnh viễn" if self.years is None else f"{self.years} năm"


class ArchiveHold(models.Model):
    """Why a dossier is kept back whatever its term: until somebody lifts it."""

    class Kind(models.TextChoices):
        COMPLAINT = "complaint", "Khiếu nại, tố cáo"
        COURT = "court", "Tòa án, điều tra"
        AUDIT = "audit", "Thanh tra, kiểm toán"
        PETITION = "petition", "Phản ánh, kiến nghị"
        OTHER = "other", "Lý do khác"

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="holds", verbose_name="hồ sơ")
    kind = models.CharField("lý do", max_length=10, choices=Kind.choices)
    note: Any = SealedTextField(subject="dossier_id")
    """Which case: it may name people."""
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    """The dossier's."""
    position_id = models.UUIDField()
    label = models.CharField("người ghi", max_length=200)
    placed_at = models.DateTimeField("ghi lúc")
    lifted_at = models.DateTimeField("thôi giữ lúc", null=True, blank=True)
    lifted_label = models.CharField("người thôi giữ", max_length=200, blank=True)

    class Meta:
        verbose_name = "hồ sơ giữ lại"
        verbose_name_plural = "hồ sơ giữ lại"
        ordering = ["-placed_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["dossier", "kind"], condition=Q(lifted_at__isnull=True), name="dossiers_hold_once_a_kind"),
            models.CheckConstraint(condition=Q(lifted_at__isnull=True) | Q(lifted_at__gte=F("placed_at")), name="dossiers_hold_times"),
        ]
        indexes = [models.Index(fields=["unit_code", "-placed_at", "-id"], name="dossiers_holds_of_unit")]
        triggers = [pgtrigger.Protect(name="hold_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.kind}"


class Disposal(models.Model):
    """One disposal of dossiers that an agency ended in one year: proposed by one archivist, confirmed by another, with a sealed minute."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Chờ người thứ hai xác nhận"
        CONFIRMED = "confirmed", "Đang hủy"
        DONE = "done", "Đã hủy, có biên bản"
        CALLED_OFF = "called_off", "Không hủy"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    """Whose dossiers: perhaps an agency that is no more."""
    archive_unit = models.CharField("lưu trữ", max_length=40, db_collation="C")
    """Whose archive disposes of them and seals the minute."""
    year = models.PositiveSmallIntegerField("năm kết thúc")
    basis = models.CharField("căn cứ", max_length=300)
    """Decision, minutes of the council, by which it is disposed of."""
    state = models.CharField("tình trạng", max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.UUIDField()
    """Position."""
    proposed_person = models.UUIDField()
    proposed_label = models.CharField("người đề xuất", max_length=200)
    proposed_at = models.DateTimeField("đề xuất lúc")
    confirmed_by = models.UUIDField(null=True, blank=True)
    confirmed_person = models.UUIDField(null=True, blank=True)
    confirmed_label = models.CharField("người xác nhận", max_length=200, blank=True)
    confirmed_at = models.DateTimeField("xác nhận lúc", null=True, blank=True)
    ended_at = models.DateTimeField("xong lúc", null=True, blank=True)
    ended_label = models.CharField(max_length=200, blank=True)
    """Who called it off."""
    ended_why = models.CharField("vì sao không hủy", max_length=300, blank=True)
    document = models.OneToOneField("documents.Document", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """The minute (biên bản hủy)."""

    class Meta:
        verbose_name = "đợt hủy hồ sơ hết thời hạn"
        verbose_name_plural = "đợt hủy hồ sơ hết thời hạn"
        ordering = ["-proposed_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit_code", "year"], condition=Q(state__in=["proposed", "confirmed"]), name="dossiers_disposal_one_under_way"
            ),
            # Four eyes: never the same person, in whatever position.
            models.CheckConstraint(
                condition=Q(confirmed_person__isnull=True)
                | (~Q(confirmed_person=F("proposed_person")) & ~Q(confirmed_by=F("proposed_by"))),
                name="dossiers_disposal_by_two",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "called_off"], confirmed_at__isnull=True, confirmed_person__isnull=True)
                | Q(state__in=["confirmed", "done"], confirmed_at__isnull=False, confirmed_person__isnull=False),
                name="dossiers_disposal_confirmed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "confirmed"], ended_at__isnull=True, document__isnull=True)
                | Q(state="called_off", ended_at__isnull=False, document__isnull=True)
                | Q(state="done", ended_at__isnull=False, document__isnull=False),
                name="dossiers_disposal_done_has_minute",
            ),
            models.CheckConstraint(condition=~Q(basis=""), name="dossiers_disposal_has_basis"),
        ]
        indexes = [models.Index(fields=["unit_code", "-proposed_at", "-id"], name="dossiers_disposals_of_unit")]
        triggers = [
            pgtrigger.Protect(name="disposal_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="disposal_ended_is_final", operation=pgtrigger.Update, condition=pgtrigger.Q(old__state__in=["done", "called_off"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_code} {self.year}"


class DisposalItem(models.Model):
    """One dossier of a disposal: what stands of it in the minute, and what became of it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Chờ hủy"
        DISPOSED = "disposed", "Đã hủy"
        KEPT = "kept", "Giữ lại"

    disposal = models.ForeignKey(Disposal, on_delete=models.PROTECT, related_name="items")
    place = models.PositiveIntegerField()
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="disposals")
    ended_on = models.DateField("kết thúc ngày")
    years = models.PositiveSmallIntegerField("thời hạn (năm)")
    basis = models.CharField("căn cứ thời hạn", max_length=300)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    why = models.CharField("vì sao giữ lại", max_length=300, blank=True)
    files = models.PositiveIntegerField("số tệp đã xóa", default=0)
    at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["disposal", "dossier"], name="dossiers_disposal_item_once"),
            models.UniqueConstraint(fields=["dossier"], condition=Q(state="disposed"), name="dossiers_disposed_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", at__isnull=True, why="")
                | Q(state="disposed", at__isnull=False, why="")
                | (Q(state="kept", at__isnull=False) & ~Q(why="")),
                name="dossiers_disposal_item_has_end",
            ),
        ]
        indexes = [
            models.Index(fields=["disposal", "place"], name="dossiers_disposal_items"),
            models.Index(fields=["disposal", "place"], condition=Q(state="waiting"), name="dossiers_disposal_waiting"),
        ]
        triggers = [
            pgtrigger.Protect(name="disposal_item_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="disposal_item_is_final", operation=pgtrigger.Update, condition=pgtrigger.Q(old__state__in=["disposed", "kept"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.disposal_id} {self.place}"


class ArchivedDossier(Dossier):
    """The same rows, as the archive looks at them: those that have ended."""

    class Meta:
        proxy = True
        verbose_name = "hồ sơ đã kết thúc"
        verbose_name_plural = "hồ sơ đã kết thúc (lưu trữ)"
