"""Sessions: where a person is signed in, by what, how surely, and how it ended. The list of one's devices and the history of sign-in."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.devices import device_words
from accounts.models.people import User
from portal.access import Assurance


class Way(models.TextChoices):
    """By what somebody signs in (Rules art. 10, 11)."""

    CODE = "code", _("Mật khẩu một lần gửi đến điện thoại")
    APP = "app", _("Ứng dụng tạo mã")
    PASSKEY = "passkey", _("Khóa truy cập")
    VNEID = "vneid", _("VNeID")
    OUTSIDE = "outside", _("Tài khoản liên kết ở hệ thống khác")
    CERTIFICATE = "certificate", _("Chứng thư số (ký số từ xa)")
    TOKEN = "token", _("USB Token")
    FILE = "file", _("Tệp ký số")


HIGH_WAYS = (Way.PASSKEY, Way.VNEID, Way.OUTSIDE, Way.CERTIFICATE, Way.TOKEN, Way.FILE)
"""Ways that can prove a person at high assurance; VNeID and other providers where they say so themselves."""
OFFICE_WAYS = (Way.CERTIFICATE, Way.TOKEN, Way.FILE, Way.PASSKEY)
"""Ways that can prove somebody who acts for an agency: a certificate of the State's, however it is shown, or a passkey that was bound after
one (A-17)."""


class UserSession(models.Model):
    """One session of a login, from its beginning to its end; kept as the history of sign-in for :data:`…housekeeping.SESSIONS_KEPT`.

    The row is read with every page in the query that reads the person: ended here, a session opens nothing any more, wherever it is.
    """

    class End(models.TextChoices):
        """Who or what ended it."""

        SIGNED_OUT = "signed_out", _("Bạn đăng xuất")
        ELSEWHERE = "elsewhere", _("Bạn kết thúc từ một phiên khác")
        REPLACED = "replaced", _("Đăng nhập lại trong cùng trình duyệt")
        IDLE = "idle", _("Lâu không dùng")
        LIMIT = "limit", _("Đến thời gian dài nhất của một phiên")
        LOCKED = "locked", _("Tài khoản bị khóa")
        JOINED = "joined", _("Tài khoản gộp vào tài khoản bằng số định danh")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    session_key = models.CharField(max_length=40, blank=True)
    """Key of Django's session while it lives: what ends here ends there. Empty afterwards."""
    way = models.CharField(max_length=12, choices=Way.choices, blank=True)
    raised_by = models.CharField(max_length=12, choices=Way.choices, blank=True)
    """By what the assurance was raised later (step-up); empty where it never was."""
    assurance = models.PositiveSmallIntegerField(default=int(Assurance.NONE))
    for_office = models.BooleanField(default=False, db_default=False)
    """Whether it was proved by a certificate under the State's roots, or by a passkey bound in such a session: by nothing else does anybody
    act for an agency, however surely VNeID or a public authority's certificate proved them (A-17; Rules art. 12)."""
    browser = models.CharField(max_length=40, blank=True)
    system = models.CharField(max_length=40, blank=True)
    network = models.CharField(max_length=60, blank=True)
    """The address it was begun from, the last part left out."""
    begun_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    """When it was last used, to within minutes."""
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=12, choices=End.choices, blank=True)

    class Meta:
        verbose_name = "phiên đăng nhập"
        verbose_name_plural = "phiên đăng nhập"
        ordering = ["-begun_at", "id"]
        indexes = [
            models.Index(fields=["user", "-begun_at", "id"], name="session_by_user"),
            models.Index(fields=["seen_at"], condition=Q(ended_at__isnull=True), name="session_open_by_use"),
            models.Index(fields=["begun_at"], name="session_by_time"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by="") | (Q(ended_at__isnull=False, session_key="") & ~Q(ended_by="")),
                name="session_end_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(assurance=int(Assurance.NONE))
                | (Q(assurance=int(Assurance.MEDIUM)) & ~Q(way=""))
                | (Q(assurance=int(Assurance.HIGH)) & (Q(way__in=HIGH_WAYS) | Q(raised_by__in=HIGH_WAYS))),
                name="session_no_surer_than_its_way",
            ),
            models.CheckConstraint(
                condition=Q(for_office=False)
                | (Q(assurance=int(Assurance.HIGH)) & (Q(way__in=OFFICE_WAYS) | Q(raised_by__in=OFFICE_WAYS))),
                name="session_for_office_by_its_ways",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def device(self) -> str:
        """Browser and system, as a person knows them."""
        return device_words(self.browser, self.system)
