"""Dossiers that officers enter for who came or wrote: what was filled in, what was scanned, cash, handing over, counts."""

from __future__ import annotations

import uuid
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import F, Q

from dossiers.models.dossier import Channel, Dossier
from dossiers.models.forms import FormVersion
from dossiers.models.papers import Origin
from dossiers.models.payments import PaymentDemand
from portal.crypto.fields import SealedJSONField, SealedTextField


class CounterFiling(models.Model):
    """A dossier on its way into the portal by an officer's hand. Its id becomes that of the dossier, and its key goes along."""

    class State(models.TextChoices):
        OPEN = "open", "Đang nhập"
        ENTERED = "entered", "Đã tiếp nhận vào hệ thống"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    position_id = models.UUIDField()
    officer_label = models.CharField("cán bộ nhập", max_length=200)
    channel = models.CharField("cách nộp", max_length=2, choices=[(one.value, one.label) for one in (Channel.COUNTER, Channel.POST)])
    for_unit = models.CharField("chuyển đến", max_length=40, blank=True, default="", db_default="", db_collation="C")
    """The agency that handles it, where that is another one: the procedure may be handed in anywhere (Decision 468/QĐ-TTg III.3)."""
    came_number = models.CharField("số bưu phẩm gửi đến", max_length=30, blank=True)
    """Of the letter it came in."""
    person_id = models.UUIDField()
    """Who came, or wrote."""
    party_id = models.UUIDField()
    """For whom: themself, or the party whose mandate they have."""
    mandate_id = models.UUIDField(null=True, blank=True)
    party_name = models.CharField("người nộp", max_length=300)
    procedure_code = models.CharField(max_length=40)
    procedure_name = models.CharField("thủ tục", max_length=500)
    procedure_version = models.ForeignKey("procedures.ProcedureVersion", on_delete=models.PROTECT, related_name="+")
    form_version = models.ForeignKey(FormVersion, on_delete=models.PROTECT, related_name="+")
    answers: Any = SealedJSONField(subject="id", default=dict)
    confirmed: Any = SealedJSONField(subject="id", null=True)
    """Tokens of unlikely findings that the person said are so."""
    state = models.CharField("tình trạng", max_length=10, choices=State.choices, default=State.OPEN)
    version = models.PositiveIntegerField(default=1)
    dossier = models.OneToOneField(Dossier, null=True, blank=True, on_delete=models.PROTECT, related_name="counter_filing")
    sheet = models.OneToOneField("documents.Document", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """The list of what was digitised, with the hash of every file, signed by the officer."""
    began_at = models.DateTimeField("bắt đầu")
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "hồ sơ nhập tại quầy"
        verbose_name_plural = "hồ sơ nhập tại quầy"
        constraints = [
            models.CheckConstraint(condition=Q(channel__in=["1", "3"]), name="dossiers_counter_channel"),
            models.CheckConstraint(
                condition=Q(state="open", dossier__isnull=True, ended_at__isnull=True)
                | Q(state="entered", dossier=F("id"), ended_at__isnull=False),
                name="dossiers_counter_ends_once",
            ),
            models.CheckConstraint(condition=~Q(for_unit=F("unit_code")), name="dossiers_counter_for_another_unit"),
            models.CheckConstraint(
                condition=Q(mandate_id__isnull=False) | Q(person_id=F("party_id")), name="dossiers_counter_for_another_by_mandate"
            ),
        ]
        indexes = [
            models.Index(fields=["unit_code", "-began_at", "id"], name="dossiers_counter_of_unit"),
            models.Index(fields=["changed_at"], condition=Q(state="open"), name="dossiers_counter_open"),
        ]
        triggers = [pgtrigger.Protect(name="counter_filing_stays", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__state="entered"))]

    def __str__(self) -> str:
        return str(self.id)


class CounterPaper(models.Model):
    """One file, or one paper that stays paper, of a dossier entered at the counter: its class, and what it says of itself."""

    class How(models.TextChoices):
        """Why it is digitised, or that it is not (Decree 45/2020/NĐ-CP art. 25; Decision 468/QĐ-TTg III.1a)."""

        MUST = "must", "Phải số hóa"
        WISH = "wish", "Số hóa theo yêu cầu"
        PAPER = "paper", "Giữ bản giấy, không số hóa"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    filing = models.ForeignKey(CounterFiling, on_delete=models.CASCADE, related_name="papers")
    kind = models.CharField(max_length=60)
    label = models.CharField(max_length=500)
    how = models.CharField(max_length=6, choices=How.choices)
    file = models.OneToOneField("files.StoredFile", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField(default=0)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.UPLOADED)
    from_store = models.ForeignKey("dossiers.StorePaper", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    pages = models.PositiveSmallIntegerField(default=1)
    charge = models.PositiveIntegerField(default=0)
    """In đồng, for digitising it at its owner's wish."""
    number: Any = SealedTextField(subject="filing_id", null=True)
    issuer = models.CharField(max_length=300, blank=True)
    issued_on = models.DateField(null=True, blank=True)
    paper = models.OneToOneField("dossiers.Paper", null=True, blank=True, on_delete=models.PROTECT, related_name="indexed")
    """The dossier's, once it was entered."""
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["position", "added_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(how="paper", file__isnull=True) | (~Q(how="paper") & Q(file__isnull=False)),
                name="dossiers_counter_paper_has_file",
            ),
            models.CheckConstraint(condition=Q(charge=0) | Q(how="wish"), name="dossiers_counter_only_wishes_cost"),
            models.CheckConstraint(condition=Q(pages__gte=1), name="dossiers_counter_paper_pages"),
            models.CheckConstraint(
                condition=Q(origin="uploaded", from_store__isnull=True) | Q(origin="reused", from_store__isnull=False),
                name="dossiers_counter_paper_source",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class DigitisingRate(models.Model):
    """What digitising a page at its owner's wish costs in an agency and those below it, from a day on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    amount = models.PositiveIntegerField("mức thu một trang (đồng)")
    basis = models.CharField("căn cứ", max_length=300)
    valid_from = models.DateField("áp dụng từ")
    label = models.CharField("người ghi", max_length=200)
    noted_at = models.DateTimeField("ghi lúc")

    class Meta:
        verbose_name = "mức thu số hóa theo yêu cầu"
        verbose_name_plural = "mức thu số hóa theo yêu cầu"
        constraints = [models.UniqueConstraint(fields=["unit_code", "valid_from"], name="dossiers_rate_once_a_day")]
        triggers = [pgtrigger.Protect(name="rate_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.unit_code} {self.valid_from}"


class CashReceipt(models.Model):
    """Cash that an officer took, or gave back by a counter-entry. Only ever added."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField("số")
    """Gapless within a unit and year."""
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="cash")
    demand = models.ForeignKey(PaymentDemand, on_delete=models.PROTECT, related_name="cash")
    amount = models.BigIntegerField("số tiền")
    """In đồng; below nought in a counter-entry."""
    payer_name: Any = SealedTextField(subject="dossier_id")
    reverses = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by")
    reason: Any = SealedTextField(subject="dossier_id", null=True)
    document = models.OneToOneField("documents.Document", on_delete=models.PROTECT, related_name="+")
    """The receipt as it is printed, under the agency's seal."""
    position_id = models.UUIDField()
    officer_label = models.CharField("cán bộ thu", max_length=200)
    taken_at = models.DateTimeField("lúc")

    class Meta:
        verbose_name = "biên lai thu tiền mặt"
        verbose_name_plural = "biên lai thu tiền mặt"
        constraints = [
            models.UniqueConstraint(fields=["unit_code", "year", "number"], name="dossiers_cash_number"),
            models.UniqueConstraint(fields=["demand"], condition=Q(reverses__isnull=True), name="dossiers_cash_once_a_demand"),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True, amount__gte=1) | Q(reverses__isnull=False, amount__lte=-1, reason__isnull=False),
                name="dossiers_cash_or_counter_entry",
            ),
        ]
        indexes = [models.Index(fields=["unit_code", "-taken_at", "id"], name="dossiers_cash_of_unit")]
        triggers = [pgtrigger.Protect(name="cash_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.unit_code} {self.number}/{self.year}"

    @property
    def number_words(self) -> str:
        """The number as receipts write it: ``0000012/2026``."""
        return f"{self.number:07d}/{self.year}"


class CashBook(models.Model):
    """The last number given in a unit and year; raised in the act alone."""

    pk = models.CompositePrimaryKey("unit_code", "year")
    unit_code = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.unit_code} {self.year}: {self.last}"


class Handover(models.Model):
    """A dossier that one agency hands to another, with the clock as it is: sent under its seal, taken or not by the other (D-25)."""

    class State(models.TextChoices):
        SENT = "sent", "Chờ đơn vị nhận"
        TAKEN = "taken", "Đã nhận"
        DECLINED = "declined", "Không nhận"
        RECALLED = "recalled", "Đã rút lại"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="handovers")
    code = models.CharField("mã hồ sơ", max_length=60)
    procedure_name = models.CharField("thủ tục", max_length=500)
    from_unit = models.CharField("đơn vị giao", max_length=40, db_collation="C")
    to_unit = models.CharField("đơn vị nhận", max_length=40, db_collation="C")
    state = models.CharField("tình trạng", max_length=10, choices=State.choices, default=State.SENT)
    dossier_version = models.PositiveIntegerField()
    """Of the dossier as it was handed over: another one is another dossier than was signed for."""
    reason: Any = SealedTextField(subject="dossier_id")
    paper_along: Any = SealedTextField(subject="dossier_id", null=True)
    """What travels on paper, because it was not digitised."""
    is_electronic = models.BooleanField()
    """Whether nothing travels on paper."""
    due_at = models.DateTimeField("hẹn trả kết quả", null=True)
    """The appointment as it is; handing over does not move it."""
    sheet = models.OneToOneField("documents.Document", on_delete=models.PROTECT, related_name="+")
    """What was handed over, under the seal of the agency that hands over."""
    answer = models.OneToOneField("documents.Document", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """That it was taken, under the seal of the agency that took it."""
    sent_by = models.UUIDField()
    sent_label = models.CharField("người giao", max_length=200)
    sent_at = models.DateTimeField("giao lúc")
    ended_by = models.UUIDField(null=True, blank=True)
    ended_label = models.CharField("người nhận", max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why: Any = SealedTextField(subject="dossier_id", null=True)

    class Meta:
        verbose_name = "giao nhận hồ sơ giữa đơn vị"
        verbose_name_plural = "giao nhận hồ sơ giữa đơn vị"
        constraints = [
            models.UniqueConstraint(fields=["dossier"], condition=Q(state="sent"), name="dossiers_handover_one_open"),
            models.CheckConstraint(condition=~Q(from_unit=F("to_unit")), name="dossiers_handover_to_another"),
            models.CheckConstraint(
                condition=Q(state="sent", ended_at__isnull=True) | (~Q(state="sent") & Q(ended_at__isnull=False, ended_by__isnull=False)),
                name="dossiers_handover_ends_once",
            ),
            models.CheckConstraint(
                condition=Q(is_electronic=True, paper_along__isnull=True) | Q(is_electronic=False, paper_along__isnull=False),
                name="dossiers_handover_paper",
            ),
        ]
        indexes = [
            models.Index(fields=["to_unit", "-sent_at", "id"], name="dossiers_handover_to"),
            models.Index(fields=["from_unit", "-sent_at", "id"], name="dossiers_handover_from"),
        ]
        triggers = [pgtrigger.Protect(name="handover_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.code} {self.from_unit} → {self.to_unit}"


class CounterCount(models.Model):
    """What counters did in a month, counted by the acts: how dossiers came, what was digitised, what was handed over how."""

    pk = models.CompositePrimaryKey("unit_code", "month")
    unit_code = models.CharField(max_length=40, db_collation="C")
    month = models.DateField()
    """Its first day."""
    counter = models.PositiveIntegerField(default=0)
    """Dossiers entered for who came."""
    post = models.PositiveIntegerField(default=0)
    """Dossiers entered for who wrote."""
    digitised = models.PositiveIntegerField(default=0)
    """Papers that had to be digitised, and were."""
    on_request = models.PositiveIntegerField(default=0)
    """Papers digitised at their owners' wish."""
    on_paper = models.PositiveIntegerField(default=0)
    """Papers that stayed paper."""
    reused = models.PositiveIntegerField(default=0)
    """Papers that were found in the store instead."""
    handed = models.PositiveIntegerField(default=0)
    """Dossiers that another agency took over."""
    handed_electronic = models.PositiveIntegerField(default=0)
    """Of these: without paper."""

    def __str__(self) -> str:
        return f"{self.unit_code} {self.month}"
