"""Ways to sign in beside the one-time password and the officers' certificate: tries, and accounts at providers outside."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.devices import device_words
from accounts.models.people import Person
from accounts.models.sessions import Way
from accounts.models.sign_in import SignedChallenge
from portal.access import Assurance
from portal.crypto.fields import BlindIndexField, SealedTextField


class SignInTry(models.Model):
    """One try to sign in by a code that is compared here, for whatever number was typed: counted before it is looked at.

    The count never fails open, and it is the same for a number that nobody has.
    """

    way = models.CharField(max_length=12, choices=Way.choices)
    number_blind = BlindIndexField()
    browser_digest = models.CharField(max_length=64, blank=True)
    """Digest of the browser, where the owner of the number signed in with it before; else empty. It has a count of its own."""
    address_digest = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    was_right = models.BooleanField(default=False)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["number_blind", "way", "browser_digest", "-created_at"], name="try_by_number"),
            models.Index(fields=["address_digest", "-created_at"], name="try_by_address"),
            models.Index(fields=["created_at"], name="try_by_time"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class FailedSignIn(models.Model):
    """Tries to sign in that failed, for the owner's history: those of one day, way and device are one row.

    Written for whatever number was typed, alike for one that nobody has; what turns out to be nobody's leaves after two days
    (:mod:`accounts.services.failures`).
    """

    class Why(models.TextChoices):
        """What was wrong."""

        WRONG = "wrong", _("mã hoặc khóa không đúng")
        LOCKED = "locked", _("tài khoản đang khóa")

    number_blind = BlindIndexField()
    way = models.CharField(max_length=12, choices=Way.choices)
    why = models.CharField(max_length=8, choices=Why.choices)
    browser = models.CharField(max_length=40, blank=True)
    system = models.CharField(max_length=40, blank=True)
    network = models.CharField(max_length=60, blank=True)
    """The address it came from, the last part left out."""
    is_rest = models.BooleanField(default=False)
    """All that came from ever more devices on a day on which there were too many of them."""
    tries = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    is_somebodys = models.BooleanField(default=False)
    """Looked up, and kept as the history of sign-in is; before that nobody has looked."""

    class Meta:
        ordering = ["-last_at", "-id"]
        indexes = [
            models.Index(fields=["number_blind", "-last_at"], name="failed_by_number"),
            models.Index(fields=["last_at"], name="failed_by_time"),
            models.Index(fields=["last_at"], condition=Q(is_somebodys=False), name="failed_not_looked_up"),
        ]
        constraints = [models.CheckConstraint(condition=Q(tries__gte=1) & Q(last_at__gte=F("first_at")), name="failed_sign_in_is_whole")]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def device(self) -> str:
        """Browser and system, as a person knows them."""
        return gettext("Nhiều thiết bị khác") if self.is_rest else device_words(self.browser, self.system)


class IdentityProvider(models.Model):
    """Who vouches for people outside (Rules art. 9.3, 12.3): VNeID, the post, social insurance, … OpenID Connect, entered on the desk."""

    class Proof(models.TextChoices):
        """By what the portal proves itself there (OpenID Connect Core 9)."""

        POST = "client_secret_post", "Mật khẩu chung, trong nội dung (client_secret_post)"
        BASIC = "client_secret_basic", "Mật khẩu chung, trong tiêu đề (client_secret_basic)"
        KEY = "private_key_jwt", "Khóa ký của Cổng (private_key_jwt)"

    code = models.CharField("mã", max_length=12, primary_key=True)
    """Stands in our redirect address there: it never changes."""
    subject_id = models.UUIDField(default=uuid.uuid4, editable=False)
    """Whose key seals the secret."""
    name = models.CharField("tên", max_length=100)
    name_en = models.CharField("tên tiếng Anh", max_length=100, blank=True)
    about = models.CharField("một câu giới thiệu", max_length=200, blank=True)
    about_en = models.CharField("giới thiệu tiếng Anh", max_length=200, blank=True)
    issuer = models.CharField("địa chỉ nhà cung cấp (issuer)", max_length=300)
    client_id = models.CharField("client_id của Cổng tại đó", max_length=200)
    proof = models.CharField("Cổng chứng minh bằng", max_length=24, choices=Proof.choices)
    secret = SealedTextField(subject="subject_id", null=True)
    """The shared secret, or our private key (PEM)."""
    scopes = models.CharField("phạm vi hỏi (scope)", max_length=200, default="openid")
    number_claim = models.CharField("mục chứa số định danh", max_length=60)
    levels = models.JSONField("mức bảo đảm theo acr", default=dict)
    """``acr`` as it states it → what that is worth here (:class:`portal.access.Assurance`); what is not named is below medium."""
    place = models.PositiveSmallIntegerField("thứ tự", default=100)
    is_live = models.BooleanField("đang dùng", default=False)
    stopped_why = models.CharField("lý do ngừng", max_length=500, blank=True)
    added_at = models.DateTimeField("ghi lúc", default=timezone.now)
    endpoints = models.JSONField(null=True)
    """As its own description has them (:class:`portal.exchange.oidc.Endpoints`); null: not read yet, or not any more."""
    read_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    silent_since = models.DateTimeField(null=True)
    """Since when its description cannot be read."""
    fault = models.CharField(max_length=60, blank=True)
    """What was wrong with its last answer that could not be trusted, in a word."""
    fault_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "nhà cung cấp định danh"
        verbose_name_plural = "nhà cung cấp định danh"
        ordering = ["place", "code"]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z][a-z0-9-]{1,11}$"), name="identity_provider_code"),
            models.CheckConstraint(
                condition=Q(is_live=False) | Q(secret__isnull=False, stopped_why="") & ~Q(levels={}) & ~Q(issuer=""),
                name="identity_provider_live_is_whole",
            ),
            models.UniqueConstraint(fields=["issuer"], name="identity_provider_issuer_once"),
            models.CheckConstraint(
                condition=Q(fault="", fault_at=None) | ~Q(fault="") & Q(fault_at__isnull=False), name="identity_fault_is_whole"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """Its name in the language of the page."""
        return self.name_en if self.name_en and get_language() == "en" else self.name

    @property
    def sentence(self) -> str:
        """What is said of it, in the language of the page."""
        return self.about_en if self.about_en and get_language() == "en" else self.about

    @property
    def way(self) -> Way:
        """By what somebody is signed in who comes from there."""
        return Way.VNEID if self.code == VNEID else Way.OUTSIDE


VNEID = "vneid"
"""The one provider that the law names everywhere by its name (Decree 69/2024; Rules art. 9): counted and told apart from the others."""


class OutsideIdentity(models.Model):
    """An account of a person at a provider outside, linked after both were proved: the account there, and the one here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="outside_identities")
    provider = models.ForeignKey(IdentityProvider, on_delete=models.PROTECT, db_column="provider", related_name="+")
    subject_digest = models.CharField(max_length=64)
    """Keyed digest of the provider's own name for the account (``sub``)."""
    linked_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "tài khoản liên kết"
        verbose_name_plural = "tài khoản liên kết"
        ordering = ["person", "provider", "id"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "subject_digest"], name="outside_account_is_one_persons"),
            models.UniqueConstraint(fields=["person", "provider"], name="outside_account_once_a_person"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class OutsideSignIn(models.Model):
    """A sign-in by a provider outside under way: OpenID Connect with PKCE. The browser that began it holds the id in its session."""

    class State(models.TextChoices):
        """``begun`` → ``answered`` (code came back) → ``proved`` or ``refused`` → ``used``."""

        BEGUN = "begun"
        ANSWERED = "answered"
        PROVED = "proved"
        REFUSED = "refused"
        USED = "used"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(IdentityProvider, on_delete=models.PROTECT, db_column="provider", related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.BEGUN)
    wanted = models.PositiveSmallIntegerField(default=int(Assurance.MEDIUM))
    """The least assurance that serves here; the provider is asked for it."""
    nonce = models.CharField(max_length=64)
    verifier_sealed = models.TextField(blank=True)
    """PKCE; sealed, as the code that came back, and emptied when both have served."""
    code_sealed = models.TextField(blank=True)
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="+")
    """Whose account here has the identity number that the provider vouches for."""
    subject_digest = models.CharField(max_length=64, blank=True)
    assurance = models.PositiveSmallIntegerField(default=int(Assurance.NONE))
    """As the provider stated it."""
    is_linked = models.BooleanField(default=False)
    """Whether this account there was linked to the person before; else the account here is to be proved, too."""
    refusal = models.CharField(max_length=300, blank=True)
    fault = models.CharField(max_length=60, blank=True)
    """In a word, why what the provider answered could not be trusted; empty where it did nothing wrong."""
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["created_at"], name="outside_sign_in_by_time"),
            models.Index(fields=["provider", "-created_at"], condition=~Q(fault=""), name="outside_sign_in_faults"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["proved", "used"])
                | (Q(person__isnull=False, assurance__gte=int(Assurance.MEDIUM)) & ~Q(subject_digest="")),
                name="outside_proved_is_somebodys",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class CitizenSignIn(SignedChallenge):
    """A citizen's sign-in by certificate under way: a challenge that the certificate's key must sign (Rules art. 10, 11).

    By remote signing as the officers'; by a file that a token's program signed; or by a token in the TLS handshake, which proves the key
    by itself. Who signs in is not known before the certificate says it.
    """

    way = models.CharField(max_length=12, choices=Way.choices)
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="+")
    """Whose certificate it is; null until it is proved."""
    material = models.BinaryField(null=True)
    """The signed file, or the certificate of the handshake, until it has been checked."""

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["created_at"], name="citizen_sign_in_by_time")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["proved", "used"]) | Q(person__isnull=False), name="citizen_proved_is_somebodys"
            ),
            models.CheckConstraint(condition=Q(way__in=[Way.CERTIFICATE, Way.FILE, Way.TOKEN]), name="citizen_sign_in_by_certificate"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class PhoneChange(models.Model):
    """A new phone for one-time passwords, on its way: its code, the operators' word, a time in which the old channels can object."""

    class State(models.TextChoices):
        """``code`` → ``checking`` → ``waiting`` → ``done``; any of them → ``cancelled`` or ``refused``."""

        CODE = "code"
        CHECKING = "checking"
        WAITING = "waiting"
        DONE = "done"
        CANCELLED = "cancelled"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="phone_changes")
    phone = SealedTextField(subject="person_id", null=True)
    """The new one; emptied when it has become the person's, or never will."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.CODE)
    assurance = models.PositiveSmallIntegerField()
    """How surely the person was known in the session that asked for it: decides how long it waits."""
    code_hash = models.CharField(max_length=64, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    code_expires_at = models.DateTimeField()
    begun_at = models.DateTimeField(default=timezone.now)
    effective_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "đổi số điện thoại"
        verbose_name_plural = "đổi số điện thoại"
        ordering = ["-begun_at", "id"]
        indexes = [
            models.Index(fields=["person", "-begun_at"], name="phone_change_by_person"),
            models.Index(fields=["effective_at"], name="phone_change_due", condition=Q(state="waiting")),
            models.Index(fields=["begun_at"], name="phone_change_by_time"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(state__in=["code", "checking", "waiting"]), name="phone_change_one_under_way"
            ),
            models.CheckConstraint(condition=Q(tries__lte=5), name="phone_change_at_most_five_tries"),
            models.CheckConstraint(condition=Q(assurance__gte=int(Assurance.MEDIUM)), name="phone_change_by_who_is_known"),
            models.CheckConstraint(
                condition=Q(state__in=["code", "checking", "cancelled", "refused"]) | Q(effective_at__gt=F("begun_at")),
                name="phone_change_waits",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["code", "checking", "waiting"], ended_at__isnull=True)
                | Q(state__in=["done", "cancelled", "refused"], ended_at__isnull=False, phone__isnull=True, code_hash=""),
                name="phone_change_ended_keeps_nothing",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
