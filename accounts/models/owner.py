"""What owners ask of their accounts, and what happens to these: locks, complaints, copies of their data, leaving."""

from __future__ import annotations

import secrets
import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import Person, User
from portal.access import Assurance
from portal.crypto.fields import SealedJSONField, SealedTextField
from portal.states import StateTable, Transition

IN_OTHER_HANDS = ("owner", "office")
"""Reasons of a lock (:class:`AccountLock.Reason`) by which somebody else may have used the account."""
SUPPORT_UNIT = "G22"
"""The Government Office: its people answer for accounts (Rules art. 13.1, support)."""


class AccountLock(models.Model):
    """A time in which an account is closed to sign-in: why, and what proof opens it. Never deleted. One at most is open.

    While it is, ``User.is_active`` is false (a trigger refuses else), so that every way in and every session ends with it.
    """

    class Reason(models.TextChoices):
        """Who or what locked it."""

        OWNER = "owner", _("Chủ tài khoản báo bị chiếm")
        IDLE = "idle", _("Hai năm không hoạt động")
        OFFICE = "office", _("Cổng khóa để bảo vệ")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="locks")
    reason = models.CharField("vì", max_length=10, choices=Reason.choices)
    needs = models.PositiveSmallIntegerField("mở bằng")
    """How surely the owner must prove who they are to open it (``portal.access.Assurance``)."""
    locked_at = models.DateTimeField("khóa lúc", default=timezone.now)
    locked_by = models.UUIDField(null=True)
    """Position of the officer who locked it; null: the owner, or time."""
    opened_at = models.DateTimeField("mở lúc", null=True)
    opened_by = models.CharField(max_length=20, blank=True)
    """By what proof: ``code`` to the phone, ``certificate``, ``vneid``, ``office``."""

    class Meta:
        verbose_name = "lần khóa tài khoản"
        verbose_name_plural = "lần khóa tài khoản"
        ordering = ["-locked_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(opened_at__isnull=True), name="account_lock_one_open"),
            models.CheckConstraint(condition=Q(needs__in=[int(Assurance.MEDIUM), int(Assurance.HIGH)]), name="account_lock_needs_a_proof"),
            models.CheckConstraint(
                condition=Q(opened_at__isnull=True, opened_by="") | (Q(opened_at__gte=F("locked_at")) & ~Q(opened_by="")),
                name="account_lock_opened_by_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.reason}"


_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_code() -> str:
    """A code that nobody guesses and everybody can read out: 58 random bits, none of the letters that look like digits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(12))


class AccountComplaint(models.Model):
    """Somebody says that an account's identity data are wrong, or that it is misused (Rules art. 13.1).

    Two clocks, in plain hours: from ``received_at`` to ``told_at`` (both parties told), from ``taken_at`` (formal receipt) to ``ended_at``
    (the outcome told). What was said is sealed with a key of its own (``id``). Whoever has the code sees how it stands.
    """

    class Kind(models.TextChoices):
        """What it is about."""

        WRONG_DATA = "wrong_data", _("Thông tin định danh của tôi không đúng")
        MISUSE = "misuse", _("Có người dùng tài khoản của tôi")
        IMPOSTOR = "impostor", _("Có tài khoản mang tên tôi mà tôi không lập")
        SHUT_OUT = "shut_out", _("Tôi không vào được tài khoản của mình")

    NEW, TAKEN, ENDED = "new", "taken", "ended"
    STATES: ClassVar[dict[str, Any]] = {NEW: _("Chờ tiếp nhận"), TAKEN: _("Đang xử lý"), ENDED: _("Đã có kết quả")}
    table: ClassVar[StateTable] = StateTable(
        STATES,
        [
            Transition("take", "Tiếp nhận và báo các bên", frozenset({NEW}), TAKEN, act="accounts.handle_complaints"),
            Transition("end", "Trả lời kết quả", frozenset({TAKEN}), ENDED, act="accounts.handle_complaints"),
        ],
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField("mã", max_length=12, unique=True, default=new_code, editable=False)
    kind = models.CharField("về", max_length=12, choices=Kind.choices)
    unit_code = models.CharField("nơi xử lý", max_length=40, default=SUPPORT_UNIT, db_collation="C")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="complaints")
    """Who complains, where they were signed in."""
    account = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="complaints_about")
    """Whose account it is about, where there is one."""
    said: Any = SealedJSONField(subject="id")
    """``name``, ``number``, ``phone``, ``email``, ``text``, ``fields``: as they wrote it."""
    state = models.CharField("tình trạng", max_length=10, choices=list(STATES.items()), default=NEW)
    received_at = models.DateTimeField("nhận lúc")
    taken_at = models.DateTimeField("tiếp nhận chính thức", null=True)
    told_at = models.DateTimeField("đã báo các bên", null=True)
    ended_at = models.DateTimeField("trả lời lúc", null=True)
    officer_id = models.UUIDField(null=True)
    """Position of who took it on."""
    upheld = models.BooleanField("đúng như khiếu nại", null=True)
    outcome: Any = SealedTextField(subject="id", null=True)
    tell_escalated_at = models.DateTimeField(null=True)
    answer_escalated_at = models.DateTimeField(null=True)
    """When the Government Office's leaders were told that a clock had run out."""
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = "khiếu nại về tài khoản"
        verbose_name_plural = "khiếu nại về tài khoản"
        ordering = ["-received_at", "id"]
        indexes = [
            models.Index(fields=["unit_code", "-received_at", "id"], name="complaint_by_unit"),
            models.Index(fields=["received_at"], name="complaint_to_tell", condition=Q(told_at=None, tell_escalated_at=None)),
            models.Index(
                fields=["taken_at"],
                name="complaint_to_answer",
                condition=Q(ended_at=None, taken_at__isnull=False, answer_escalated_at=None),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="new", taken_at=None, told_at=None, ended_at=None, officer_id=None)
                | Q(state="taken", taken_at__isnull=False, told_at__isnull=False, ended_at=None, officer_id__isnull=False)
                | Q(state="ended", taken_at__isnull=False, told_at__isnull=False, ended_at__isnull=False, officer_id__isnull=False),
                name="complaint_state_has_its_times",
            ),
            models.CheckConstraint(
                condition=Q(state="ended", upheld__isnull=False, outcome__isnull=False)
                | (~Q(state="ended") & Q(upheld__isnull=True, outcome__isnull=True)),
                name="complaint_ended_has_outcome",
            ),
            models.CheckConstraint(
                condition=(Q(taken_at=None) | Q(taken_at__gte=F("received_at")))
                & (Q(told_at=None) | Q(told_at__gte=F("received_at")))
                & (Q(ended_at=None) | Q(ended_at__gte=F("taken_at"))),
                name="complaint_times_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.code_shown

    @property
    def code_shown(self) -> str:
        """The code in groups of four."""
        return "-".join(self.code[at : at + 4] for at in (0, 4, 8))

    @property
    def state_words(self) -> str:
        """The state as a page shows it."""
        return str(self.STATES[self.state])


class DataCopy(models.Model):
    """A copy of everything the portal knows of a party, or of one thing of theirs, made on wish by the worker, kept some days (A-13)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party_id = models.UUIDField()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    """Who asked; for an organisation its legal representative."""
    about = models.CharField(max_length=80, blank=True, default="", db_default="")
    """The thing it is a copy of, as the room that has it names it (``dossier:<id>``); empty: of everything."""
    asked_at = models.DateTimeField(default=timezone.now)
    made_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    """When its files are removed."""
    json_file = models.ForeignKey("files.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    pdf_file = models.ForeignKey("files.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    zip_file = models.ForeignKey("files.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    """Of one thing: all of it in one archive."""
    removed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "bản sao dữ liệu"
        verbose_name_plural = "bản sao dữ liệu"
        ordering = ["-asked_at", "id"]
        indexes = [
            models.Index(fields=["party_id", "-asked_at"], name="data_copy_by_party"),
            models.Index(fields=["until"], name="data_copy_to_remove", condition=Q(removed_at=None, until__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["party_id", "person", "about"], condition=Q(made_at=None, removed_at=None), name="data_copy_one_under_way"
            ),
            models.CheckConstraint(
                condition=Q(made_at=None, until=None, json_file=None, pdf_file=None, zip_file=None)
                | Q(about="", made_at__isnull=False, until__isnull=False, json_file__isnull=False, pdf_file__isnull=False, zip_file=None)
                | (Q(made_at__isnull=False, until__isnull=False, json_file=None, pdf_file=None, zip_file__isnull=False) & ~Q(about="")),
                name="data_copy_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_ready(self) -> bool:
        """Whether it can be taken."""
        return self.made_at is not None and self.removed_at is None


class AccountClosing(models.Model):
    """An owner wants to leave: after some days, in which they can come back, what is theirs is erased."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="closings")
    asked_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    called_off_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "đề nghị đóng tài khoản"
        verbose_name_plural = "đề nghị đóng tài khoản"
        ordering = ["-asked_at", "id"]
        indexes = [models.Index(fields=["due_at"], name="closing_by_due", condition=Q(called_off_at=None, done_at=None))]
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(called_off_at=None, done_at=None), name="closing_one_open"),
            models.CheckConstraint(condition=Q(called_off_at=None) | Q(done_at=None), name="closing_ends_one_way"),
            models.CheckConstraint(condition=Q(due_at__gt=F("asked_at")), name="closing_has_days_to_think"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
