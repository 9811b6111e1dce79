"""Single sign-on (Rules art. 11.2, 12): systems that sign people in here, what people let them know, and where they are signed in by it.

The protocol is OpenID Connect (:mod:`accounts.provider`). No token stands here as it is: a digest finds it.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.parties import Organisation
from accounts.models.people import Person
from accounts.models.sessions import UserSession


class OidcClient(models.Model):
    """A system of an agency that signs people in through the portal. ``id`` is its ``client_id``; people read ``name``."""

    class Proof(models.TextChoices):
        """By what it proves itself: never by a password that both sides know."""

        KEY = "private_key_jwt", "Khóa ký (private_key_jwt)"
        CERTIFICATE = "self_signed_tls_client_auth", "Chứng thư số trong kết nối TLS (mutual TLS)"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField("tên hệ thống", max_length=200)
    unit_code = models.CharField("cơ quan", max_length=40)
    sector = models.CharField(max_length=200, editable=False)
    """Host of its addresses on the day it was registered: people have one name (``sub``) in it, another in every other one. It stays when
    addresses change, so nobody becomes a stranger there."""
    redirect_uris = ArrayField(models.CharField(max_length=500), verbose_name="địa chỉ nhận kết quả đăng nhập")
    post_logout_uris = ArrayField(models.CharField(max_length=500), default=list, blank=True, verbose_name="địa chỉ về sau khi đăng xuất")
    logout_uri = models.CharField("địa chỉ nhận tin đăng xuất", max_length=500, blank=True)
    """Where it is told that somebody signed out (back-channel logout); empty: nowhere, so its sessions must be short."""
    scopes = ArrayField(models.CharField(max_length=20), verbose_name="được biết")
    proof = models.CharField("chứng minh bằng", max_length=30, choices=Proof.choices)
    contacts = models.TextField("đầu mối", blank=True)
    is_test = models.BooleanField("thử nghiệm", default=True)
    """Signs in only who works for its agency, wherever the portal holds real people."""
    created_at = models.DateTimeField("đăng ký lúc", default=timezone.now)
    suspended_at = models.DateTimeField("tạm ngừng từ", null=True, blank=True)
    suspended_why = models.CharField("lý do tạm ngừng", max_length=1000, blank=True)

    class Meta:
        verbose_name = "hệ thống đăng nhập một lần"
        verbose_name_plural = "hệ thống đăng nhập một lần"
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["unit_code", "name"], name="oidc_client_by_unit")]
        constraints = [
            models.CheckConstraint(condition=Q(redirect_uris__len__gt=0, scopes__contains=["openid"]), name="oidc_client_is_whole"),
            models.CheckConstraint(
                condition=Q(suspended_at__isnull=True, suspended_why="") | Q(suspended_at__isnull=False) & ~Q(suspended_why=""),
                name="oidc_client_suspended_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OidcClientKey(models.Model):
    """What a system proves itself by: a public key, or a certificate of its own. Two hold at a time, for the change."""

    id = models.BigAutoField(primary_key=True)
    client = models.ForeignKey(OidcClient, on_delete=models.CASCADE, related_name="keys")
    kid = models.CharField(max_length=100)
    """As its assertions name the key; of a certificate the digest of its bytes (SHA-256, ``x5t#S256``)."""
    public = models.JSONField()
    """The public key (JWK), or of a certificate what is shown of it."""
    added_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["added_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["client", "kid"], condition=Q(ended_at__isnull=True), name="oidc_client_key_once"),
        ]

    def __str__(self) -> str:
        return self.kid


class SeenAssertion(models.Model):
    """An assertion that a system has proved itself by: it serves once."""

    digest = models.BinaryField(primary_key=True, max_length=32)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["expires_at"]
        indexes = [models.Index(fields=["expires_at"], name="assertion_by_time")]

    def __str__(self) -> str:
        return "assertion"


class SigningKey(models.Model):
    """A key that signs what the portal states about people. It is published before it signs, and for a while after it has.

    ``id`` is also the subject of the key that seals its private half: master keys rotate under it without anybody's doing.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    private = models.BinaryField(null=True)
    """PEM (PKCS 8), sealed; gone when the key has left."""
    public = models.JSONField()
    made_at = models.DateTimeField(default=timezone.now)
    signs_from = models.DateTimeField(null=True)
    signs_until = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    """When it was published no more."""

    class Meta:
        verbose_name = "khóa ký đăng nhập một lần"
        verbose_name_plural = "khóa ký đăng nhập một lần"
        ordering = ["made_at", "id"]
        constraints = [
            models.UniqueConstraint(models.Value(1), condition=Q(signs_from__isnull=False, signs_until__isnull=True), name="one_key_signs"),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(private__isnull=True) & (Q(signs_from__isnull=True) | Q(signs_until__isnull=False)),
                name="signing_key_left_is_gone",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class SignInConsent(models.Model):
    """What a person lets a system know, remembered until they take it back. For an organisation they act for, apart from themself."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.CASCADE, related_name="+")
    client = models.ForeignKey(OidcClient, on_delete=models.PROTECT, related_name="consents")
    scopes = ArrayField(models.CharField(max_length=20))
    given_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["given_at", "id"]
        indexes = [models.Index(fields=["person", "-used_at"], name="sign_in_consent_of_person")]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "client", "organisation"],
                condition=Q(withdrawn_at__isnull=True),
                name="sign_in_consent_one_open",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class SignInGrant(models.Model):
    """Somebody signed in to a system through the portal: ``id`` is the ``sid`` of that session there. All tokens hang on it.

    It lives no longer than the session here that it came from.
    """

    class End(models.TextChoices):
        """Why it is over."""

        SIGNED_OUT = "signed_out", _("Đăng xuất khỏi Cổng")
        THERE = "there", _("Đăng xuất tại hệ thống đó")
        ELSEWHERE = "elsewhere", _("Bạn kết thúc từ Cổng")
        WITHDRAWN = "withdrawn", _("Bạn rút đồng ý")
        REVOKED = "revoked", _("Hệ thống đó trả lại quyền")
        STOLEN = "stolen", _("Mã dùng lại lần thứ hai, nghi bị lộ")
        SUSPENDED = "suspended", _("Hệ thống đó bị tạm ngừng")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(OidcClient, on_delete=models.PROTECT, related_name="grants")
    session = models.ForeignKey(UserSession, on_delete=models.CASCADE, related_name="grants")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.CASCADE, related_name="+")
    """For which organisation they act there."""
    scopes = ArrayField(models.CharField(max_length=20))
    acr = models.CharField(max_length=60)
    amr = ArrayField(models.CharField(max_length=10), default=list)
    auth_time = models.DateTimeField()
    code_digest = models.BinaryField(max_length=32, unique=True)
    """SHA-256 of the code it began with: one that comes again ends it."""
    nonce = models.CharField(max_length=255, blank=True)
    redirect_uri = models.CharField(max_length=500)
    challenge = models.CharField(max_length=128)
    """PKCE, S256."""
    asked_at = models.DateTimeField(default=timezone.now)
    begun_at = models.DateTimeField(null=True)
    """When the system took its code; before that there is no session there."""
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=12, choices=End.choices, blank=True)
    told_at = models.DateTimeField(null=True)
    """When the system took our word that it is over."""

    class Meta:
        ordering = ["-asked_at", "id"]
        indexes = [
            models.Index(fields=["session"], condition=Q(ended_at__isnull=True), name="grant_open_of_session"),
            models.Index(fields=["person", "-asked_at"], name="grant_of_person"),
            models.Index(fields=["client", "-asked_at"], name="grant_of_client"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by="", told_at__isnull=True) | Q(ended_at__isnull=False) & ~Q(ended_by=""),
                name="grant_end_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class SignInToken(models.Model):
    """An access token (minutes) or a refresh token (serves once, then the next one) of a grant, as its digest."""

    class Kind(models.TextChoices):
        """What it is for."""

        ACCESS = "access"
        REFRESH = "refresh"

    digest = models.BinaryField(primary_key=True, max_length=32)
    grant = models.ForeignKey(SignInGrant, on_delete=models.CASCADE, related_name="tokens")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    scopes = ArrayField(models.CharField(max_length=20))
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    """Of a refresh token: when the next one was given for it. Of whatever comes again one of two is a thief."""
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]
        indexes = [models.Index(fields=["expires_at"], name="sign_in_token_by_time")]
        constraints = [
            models.CheckConstraint(condition=Q(used_at__isnull=True) | Q(kind="refresh"), name="sign_in_token_used_is_refresh"),
        ]

    def __str__(self) -> str:
        return self.kind
