"""Accounts that people have at systems of ministries and provinces, linked with the one here by identity number (requirement A-18; Reform
III.2a, V.2d). The agency says which accounts there are; nothing is linked before the person agrees."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models.people import Person
from accounts.models.provider import OidcClient
from portal.crypto.fields import BlindIndexField, SealedJSONField, SealedTextField


class AccountFile(models.Model):
    """A list of accounts that exist at a system, as its agency gave it; read slice by slice. The same file again is this one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(OidcClient, on_delete=models.PROTECT, related_name="+", verbose_name="hệ thống")
    unit_code = models.CharField("cơ quan", max_length=40)
    name = models.CharField("tên tệp", max_length=200)
    digest = models.CharField(max_length=64)
    """Of the rows as they were read (SHA-256)."""
    rows = models.PositiveIntegerField("số dòng")
    given_by = models.UUIDField(null=True)
    """Position of the officer; null: an operator's command."""
    given_at = models.DateTimeField("nhận lúc", default=timezone.now)
    done_at = models.DateTimeField("đọc xong lúc", null=True)

    class Meta:
        verbose_name = "danh sách tài khoản cần liên kết"
        verbose_name_plural = "danh sách tài khoản cần liên kết"
        ordering = ["-given_at", "id"]
        indexes = [models.Index(fields=["unit_code", "-given_at", "id"], name="account_file_by_unit")]
        constraints = [models.UniqueConstraint(fields=["client", "digest"], name="account_file_once")]

    def __str__(self) -> str:
        return self.name


class AccountOffer(models.Model):
    """An account at a system that is said to be the person's who has a number; linked when they agree, as long as they like."""

    class State(models.TextChoices):
        """``offered`` → ``linked`` or ``declined``; ``linked`` → ``ended``; ``offered`` → ``withdrawn`` (by the agency)."""

        OFFERED = "offered", "chờ người dân đồng ý"
        LINKED = "linked", "đã liên kết"
        DECLINED = "declined", "người dân không đồng ý"
        ENDED = "ended", "người dân đã bỏ liên kết"
        WITHDRAWN = "withdrawn", "cơ quan đã rút"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(OidcClient, on_delete=models.PROTECT, related_name="+")
    file = models.ForeignKey(AccountFile, null=True, on_delete=models.SET_NULL, related_name="+")
    number_blind = BlindIndexField(editable=False)
    """Blind index of the number, as :attr:`Person.id_blind` has it; also of who has no account here yet."""
    account = SealedTextField(subject="id")
    """The account's name there: told to that system again, to nobody else."""
    account_digest = models.CharField(max_length=64)
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="+")
    """Who agreed, or did not; null: nobody has answered."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.OFFERED)
    offered_at = models.DateTimeField(default=timezone.now)
    shown_at = models.DateTimeField(null=True)
    """When it was put before the person at a sign-in: once."""
    answered_at = models.DateTimeField(null=True)
    syncs = models.BooleanField(default=False, db_default=False)
    """The person agreed that name and contact are kept in step, both ways."""
    proposed = SealedJSONField(subject="id", null=True)
    """What the system says of the person that is other here (``name``, ``phone``, ``email``), until they have looked at it."""
    told_digest = models.CharField(max_length=64, blank=True, db_default="")
    """Keyed digest of what the system was told last."""
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-offered_at", "id"]
        indexes = [
            models.Index(fields=["number_blind", "-offered_at"], condition=Q(state="offered"), name="account_offer_open"),
            models.Index(fields=["person", "client"], condition=Q(state="linked"), name="account_linked"),
            models.Index(fields=["client", "number_blind"], name="account_offer_by_number"),
            models.Index(fields=["offered_at"], condition=Q(person__isnull=True), name="account_offer_unanswered"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "account_digest"], condition=Q(state__in=["offered", "linked"]), name="account_is_one_numbers"
            ),
            models.UniqueConstraint(
                fields=["client", "number_blind"], condition=Q(state__in=["offered", "linked"]), name="number_has_one_account"
            ),
            models.UniqueConstraint(fields=["client", "person"], condition=Q(state="linked"), name="person_has_one_account_there"),
            models.CheckConstraint(
                condition=Q(state__in=["offered", "withdrawn"]) | Q(person__isnull=False, answered_at__isnull=False),
                name="account_answer_is_somebodys",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["ended", "withdrawn"], ended_at__isnull=False)
                | Q(state__in=["offered", "linked", "declined"], ended_at__isnull=True),
                name="account_end_is_whole",
            ),
            models.CheckConstraint(condition=Q(syncs=False) | Q(person__isnull=False), name="account_sync_is_somebodys"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class AccountFileRow(models.Model):
    """What became of one row of a list."""

    class Outcome(models.TextChoices):
        """``waiting`` until it was read."""

        WAITING = "waiting", "chưa đọc đến"
        OFFERED = "offered", "đã mời người dân liên kết"
        UNKNOWN = "unknown", "số định danh chưa có tài khoản trên Cổng; sẽ mời khi có"
        ALREADY = "already", "đã mời từ trước"
        LINKED = "linked", "đã liên kết từ trước"
        DECLINED = "declined", "người dân đã không đồng ý hoặc đã bỏ liên kết"
        WRONG_NUMBER = "wrong_number", "số định danh không đúng"
        NO_ACCOUNT = "no_account", "thiếu tên tài khoản, hoặc tên quá dài"
        TWICE = "twice", "số định danh hoặc tài khoản lặp lại trong tệp"
        DIFFERS = "differs", "khác với lần trước: số định danh hoặc tài khoản này đã gắn với dòng khác"

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(AccountFile, on_delete=models.CASCADE, related_name="lines")
    line = models.PositiveIntegerField()
    """As a spreadsheet numbers it."""
    sealed = models.TextField(blank=True)
    """Number and account, until they were read."""
    outcome = models.CharField(max_length=12, choices=Outcome.choices, default=Outcome.WAITING)
    offer = models.ForeignKey(AccountOffer, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["file", "line"]
        indexes = [
            models.Index(fields=["file", "line"], condition=Q(outcome="waiting"), name="account_rows_waiting"),
            models.Index(fields=["file", "outcome", "line"], name="account_rows_by_outcome"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["file", "line"], name="account_row_once"),
            models.CheckConstraint(condition=Q(outcome="waiting") | Q(sealed=""), name="account_row_read_keeps_nothing"),
        ]

    def __str__(self) -> str:
        return str(self.line)
