"""Old papers made live in bulk: batches, their scans and rows, what a second person looked at, claims, what is in force (D-26)."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dossiers.models.store import StorePaper
from portal.crypto.fields import BlindIndexField, SealedJSONField, SealedTextField
from portal.states import StateTable, Transition

READ, ENTER, CHECK, SIGN, CONFIRM, DECLARE = (
    "dossiers.read_old",
    "dossiers.digitise_old",
    "dossiers.check_old",
    "dossiers.sign_old",
    "dossiers.confirm_old",
    "dossiers.declare_old",
)


class IssuerLevel(models.TextChoices):
    """Which level of administration issued the paper on its day: the district, too, which ended on 30 June 2025."""

    CENTRAL = "central", "Bộ, ngành trung ương"
    PROVINCE = "province", "Cấp tỉnh"
    DISTRICT = "district", "Cấp huyện (đến 30/6/2025)"
    COMMUNE = "commune", "Cấp xã"


class OldBatch(models.Model):
    """Old papers of one kind that are digitised together: at most as many as one authorisation signs."""

    TYPING, CHECKING, CHECKED, SIGNING, DONE, DROPPED = "typing", "checking", "checked", "signing", "done", "dropped"
    STATES: ClassVar[dict[str, str]] = {
        TYPING: "Đang nhập",
        CHECKING: "Chờ người thứ hai kiểm tra mẫu",
        CHECKED: "Chờ ký",
        SIGNING: "Đang ký",
        DONE: "Đã ký xong",
        DROPPED: "Đã bỏ",
    }
    table: ClassVar[StateTable] = StateTable(
        STATES,
        [
            Transition("submit", "Chuyển kiểm tra", frozenset({TYPING}), CHECKING, act=ENTER),
            Transition("send_back", "Trả cả lô để nhập lại", frozenset({CHECKING}), TYPING, act=CHECK),
            Transition("pass", "Mẫu đúng, trình ký", frozenset({CHECKING}), CHECKED, act=CHECK),
            Transition("sign", "Ký cả lô", frozenset({CHECKED}), SIGNING, act=SIGN),
            Transition("return", "Lãnh đạo trả lại", frozenset({CHECKED}), TYPING, act=SIGN),
            Transition("finish", "Ký xong", frozenset({SIGNING}), DONE),
            Transition("drop", "Bỏ lô", frozenset({TYPING}), DROPPED, act=ENTER),
        ],
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    """Also the subject under whose key the scans lie until the batch is done."""
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    level = models.CharField("cấp đã cấp giấy", max_length=10, choices=IssuerLevel.choices)
    kind = models.CharField("mã loại giấy tờ", max_length=60)
    """Of the shared catalogue (`dossiers.store.kinds`)."""
    title = models.CharField("loại giấy tờ", max_length=300)
    state = models.CharField("tình trạng", max_length=10, choices=list(STATES.items()), default=TYPING)
    version = models.PositiveIntegerField(default=1)
    source_sha256 = models.CharField(max_length=64, blank=True)
    """Of the table with its part of the rows: the same table again is the same batch. Empty without a table."""
    note = models.CharField(max_length=300, blank=True)
    """What presses: why it was sent back."""
    position_id = models.UUIDField()
    person_id = models.UUIDField()
    """Who began it: counts as having typed it."""
    officer_label = models.CharField("cán bộ nhập", max_length=200)
    sample_size = models.PositiveIntegerField(default=0)
    bad_allowed = models.PositiveIntegerField(default=0)
    """By the rule of the day on which the sample was drawn (`dossiers/data/old_papers/sampling.json`)."""
    round = models.PositiveSmallIntegerField(default=0)
    """How many samples were drawn."""
    checker_id = models.UUIDField(null=True)
    """The person who checked the sample that counts."""
    checker_label = models.CharField("người kiểm tra", max_length=200, blank=True)
    signing = models.ForeignKey("documents.SigningBatch", null=True, on_delete=models.PROTECT, related_name="+")
    """The authorisation of the last try."""
    signed_count = models.PositiveIntegerField("đã ký", default=0)
    began_at = models.DateTimeField("bắt đầu")
    checked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "lô giấy tờ cũ"
        verbose_name_plural = "lô giấy tờ cũ"
        constraints = [
            models.CheckConstraint(
                name="dossiers_old_batch_checked_before_signed",
                condition=~Q(state__in=["checked", "signing", "done"]) | Q(checker_id__isnull=False, checked_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["unit_code", "source_sha256"],
                condition=~Q(source_sha256="") & ~Q(state="dropped"),
                name="dossiers_old_batch_once",
            ),
        ]
        indexes = [
            models.Index(fields=["unit_code", "-began_at", "id"], name="dossiers_old_batch_of_unit"),
            models.Index(fields=["level", "unit_code"], include=["signed_count"], name="dossiers_old_batch_count"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def state_words(self) -> str:
        """The state as a page shows it."""
        return self.STATES[self.state]


class OldScan(models.Model):
    """One file of scans as it was given: of one paper, of several behind each other, or only of pages that rows name."""

    class State(models.TextChoices):
        WAITING = "waiting", "Chờ đọc"
        READ = "read", "Đã đọc"
        BAD = "bad", "Không đọc được"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = models.ForeignKey(OldBatch, on_delete=models.CASCADE, related_name="scans")
    name = SealedTextField(subject="batch_id", null=True)
    """With its folder; rows name it so."""
    file = models.OneToOneField("files.StoredFile", on_delete=models.PROTECT, related_name="+")
    splits = models.BooleanField()
    """Whether blank pages in it part papers, each a row of its own: no table names it."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    problem = models.CharField(max_length=300, blank=True)
    added_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["batch", "added_at", "id"], name="dossiers_old_scans")]

    def __str__(self) -> str:
        return str(self.id)


class OldPaper(models.Model):
    """One old paper: a row of the table, or what lay between two blank pages. Its id is the subject of everything that is kept of it."""

    WAITING, BAD, GOOD, ISSUED, SIGNED, LANDED = "waiting", "bad", "good", "issued", "signed", "landed"
    STATES: ClassVar[dict[str, str]] = {
        WAITING: "Chờ đọc bản quét",
        BAD: "Có lỗi",
        GOOD: "Đủ thông tin",
        ISSUED: "Chờ ký",
        SIGNED: "Đã ký, chờ chủ giấy tờ",
        LANDED: "Trong kho của chủ giấy tờ",
    }
    LIVE = (GOOD, ISSUED, SIGNED, LANDED)
    table: ClassVar[StateTable] = StateTable(
        STATES,
        [
            Transition("find", "Đủ thông tin", frozenset({WAITING, BAD, GOOD}), GOOD),
            Transition("fault", "Có lỗi", frozenset({WAITING, BAD, GOOD}), BAD),
            Transition("issue", "Trình ký", frozenset({GOOD}), ISSUED, act=SIGN),
            Transition("sign", "Đã ký", frozenset({ISSUED}), SIGNED),
            Transition("land", "Vào kho", frozenset({SIGNED}), LANDED),
        ],
    )

    class Verdict(models.TextChoices):
        NONE = "", "Chưa kiểm tra"
        RIGHT = "right", "Đúng"
        WRONG = "wrong", "Sai"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = models.ForeignKey(OldBatch, on_delete=models.CASCADE, related_name="papers")
    number = models.PositiveIntegerField("dòng")
    """As the table's program numbers it; of split scans, in their order."""
    scan = models.ForeignKey(OldScan, null=True, on_delete=models.SET_NULL, related_name="papers")
    first_page = models.PositiveIntegerField(null=True)
    last_page = models.PositiveIntegerField(null=True)
    """Of the scan, from 1; null: all of it."""
    state = models.CharField("tình trạng", max_length=10, choices=list(STATES.items()), default=WAITING)
    problem = models.CharField("lỗi", max_length=300, blank=True)
    typed: Any = SealedJSONField(subject="id", null=True)
    """What the row says (`dossiers.digitising.fields`): number, days, owner. Erased with its key."""
    owner_blind = BlindIndexField(blank=True)
    """Of the owner's identity number; empty where the paper bears none."""
    match_blind = BlindIndexField(blank=True)
    """Of name, birth day and place, where there is no number: by it the owner finds it."""
    paper_blind = BlindIndexField(blank=True)
    """Of agency, kind, number and day: the same paper is digitised once."""
    issued_on = models.DateField("ngày cấp", null=True)
    valid_until = models.DateField(null=True)
    person_id = models.UUIDField()
    """Who typed it: never the one who checks it."""
    in_sample = models.BooleanField("trong mẫu", default=False)
    verdict = models.CharField("kiểm tra", max_length=5, choices=Verdict.choices, blank=True)
    verdict_words = models.CharField(max_length=300, blank=True)
    checked_by = models.UUIDField(null=True)
    document = models.OneToOneField("documents.Document", null=True, on_delete=models.PROTECT, related_name="+")
    store_paper = models.OneToOneField(StorePaper, null=True, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    """When its owner was looked for last."""

    class Meta:
        verbose_name = "giấy tờ cũ"
        verbose_name_plural = "giấy tờ cũ"
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="dossiers_old_row_once"),
            models.UniqueConstraint(
                fields=["paper_blind"],
                condition=Q(state__in=["good", "issued", "signed", "landed"]) & ~Q(paper_blind=""),
                name="dossiers_old_paper_once",
            ),
            models.CheckConstraint(name="dossiers_old_bad_says_why", condition=~Q(state="bad") | ~Q(problem="")),
            models.CheckConstraint(
                name="dossiers_old_live_is_found", condition=~Q(state__in=["good", "issued", "signed", "landed"]) | ~Q(paper_blind="")
            ),
            models.CheckConstraint(name="dossiers_old_two_people", condition=Q(checked_by__isnull=True) | ~Q(checked_by=F("person_id"))),
            models.CheckConstraint(
                name="dossiers_old_issued_has_document",
                condition=Q(state__in=["issued", "signed", "landed"], document__isnull=False)
                | Q(state__in=["waiting", "bad", "good"], document__isnull=True),
            ),
            models.CheckConstraint(
                name="dossiers_old_landed_in_a_store",
                condition=Q(state="landed", store_paper__isnull=False) | ~Q(state="landed") & Q(store_paper__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["match_blind"], condition=Q(state="signed") & ~Q(match_blind=""), name="dossiers_old_unclaimed"),
            models.Index(fields=["owner_blind"], condition=Q(state="signed") & ~Q(owner_blind=""), name="dossiers_old_awaited"),
            models.Index(fields=["looked_at", "id"], condition=Q(state="signed") & ~Q(owner_blind=""), name="dossiers_old_look_again"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="old_paper_signed_stays",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__state__in=["signed", "landed"]),
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def state_words(self) -> str:
        """The state as a page shows it."""
        return self.STATES[self.state]


class OldPage(models.Model):
    """One page of an old paper as an upright picture that our own reader made. Erased once the signed document holds it."""

    paper = models.ForeignKey(OldPaper, on_delete=models.CASCADE, related_name="pages")
    position = models.PositiveIntegerField()
    file = models.OneToOneField("files.StoredFile", on_delete=models.PROTECT, related_name="+")
    text = SealedTextField(subject="paper_id", null=True)
    """What a machine read; an aid for who types, and for who searches the signed PDF."""
    is_read = models.BooleanField(default=False)
    """Whether reading has ended, with text or without."""

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["paper", "position"], name="dossiers_old_page_place")]

    def __str__(self) -> str:
        return f"{self.paper_id} #{self.position}"


class OldClaim(models.Model):
    """Somebody says that an old paper without an identity number is theirs; an officer who sees the paper decides."""

    class State(models.TextChoices):
        OPEN = "open", _("Chờ cơ quan xác nhận")
        CONFIRMED = "confirmed", _("Đã xác nhận, giấy tờ trong kho")
        REFUSED = "refused", _("Không được xác nhận")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    paper = models.ForeignKey(OldPaper, on_delete=models.PROTECT, related_name="claims")
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    person_id = models.UUIDField()
    words = SealedTextField(subject="person_id", null=True)
    """What they know of the paper: its number, where it lies."""
    state = models.CharField("tình trạng", max_length=10, choices=State.choices, default=State.OPEN)
    claimed_at = models.DateTimeField("nhận lúc")
    position_id = models.UUIDField(null=True)
    officer_label = models.CharField("cán bộ", max_length=200, blank=True)
    reason = models.CharField("lý do", max_length=300, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "yêu cầu nhận giấy tờ cũ"
        verbose_name_plural = "yêu cầu nhận giấy tờ cũ"
        constraints = [
            models.UniqueConstraint(fields=["paper", "person_id"], condition=Q(state="open"), name="dossiers_old_claim_once"),
            models.UniqueConstraint(fields=["paper"], condition=Q(state="confirmed"), name="dossiers_old_claim_one_owner"),
            models.CheckConstraint(
                name="dossiers_old_claim_decided",
                condition=Q(state="open", decided_at__isnull=True)
                | Q(state="confirmed", decided_at__isnull=False)
                | Q(state="refused", decided_at__isnull=False) & ~Q(reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["unit_code", "-claimed_at", "id"], name="dossiers_old_claims_of_unit"),
            models.Index(fields=["person_id", "-claimed_at"], name="dossiers_old_claims_of_person"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class OldDeclaration(models.Model):
    """How many old papers an agency holds that are in force, by the level that issued them. A later one counts; none is changed."""

    id = models.BigAutoField(primary_key=True)
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    level = models.CharField("cấp đã cấp giấy", max_length=10, choices=IssuerLevel.choices)
    in_force = models.PositiveIntegerField("số giấy tờ còn hiệu lực")
    as_of = models.DateField("tính đến ngày")
    basis = models.CharField("căn cứ", max_length=300)
    """The register or stocktaking from which it is."""
    position_id = models.UUIDField()
    officer_label = models.CharField("cán bộ", max_length=200)
    declared_at = models.DateTimeField("khai lúc")

    class Meta:
        verbose_name = "khai báo giấy tờ cũ còn hiệu lực"
        verbose_name_plural = "khai báo giấy tờ cũ còn hiệu lực"
        indexes = [
            models.Index(fields=["level", "unit_code", "-id"], include=["in_force"], name="dossiers_old_declared"),
            models.Index(fields=["unit_code", "-declared_at", "id"], name="dossiers_old_declared_by"),
        ]
        triggers = [pgtrigger.Protect(name="old_declaration_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.unit_code} {self.level}"
