"""People, their logins and the positions they hold.

``User`` is one natural person's login. ``Person`` is the person, with or without a login (a child has none).
``Position`` is person × unit × roles × dates. A session carries as whom its user acts (:mod:`accounts.sessions`).
"""

from __future__ import annotations

import uuid
from datetime import datetime

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from portal.access.roles import ROLES
from portal.crypto.fields import SealedTextField


class UserManager(BaseUserManager["User"]):
    """Users are made by services only; there is no createsuperuser."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=username)


class User(AbstractBaseUser):
    """One natural person's login. No username; a password only for the first VPCP account."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True, null=True, blank=True)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects = UserManager()

    class Meta:
        ordering = ["date_joined", "id"]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_staff(self) -> bool:
        """Never by a flag: the desk asks ``portal.access``."""
        return False

    @property
    def is_superuser(self) -> bool:
        """There is none."""
        return False

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Django's permission tables are not used: see ``portal.access``."""
        return False

    def has_perms(self, perms: list[str], obj: object = None) -> bool:
        """As :meth:`has_perm`."""
        return False

    def has_module_perms(self, app_label: str) -> bool:
        """As :meth:`has_perm`."""
        return False


class Sex(models.TextChoices):
    """As the civil-status books write it."""

    FEMALE = "female", "Nữ"
    MALE = "male", "Nam"


@pghistory.track(exclude=["id_number", "birth_date", "phone", "address", "registry_due_at"])
class Person(models.Model):
    """A natural person. ``id`` is also the subject of the key that encrypts their personal data.

    The name stays readable for officers, with a diacritic-free key; the rest is sealed. When the key is destroyed, name, search key and
    blind index are blanked too, in history as well (:mod:`accounts.services.erasure`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(User, null=True, blank=True, on_delete=models.PROTECT, related_name="person")
    full_name = models.CharField("họ và tên", max_length=200)
    name_key = models.CharField(max_length=200, editable=False)
    id_number = SealedTextField("số định danh cá nhân", subject="id", null=True)
    id_blind = models.CharField(max_length=64, unique=True, null=True, editable=False)
    birth_date = SealedTextField("ngày sinh", subject="id", null=True)
    sex = models.CharField("giới tính", max_length=6, choices=Sex.choices, blank=True)
    phone = SealedTextField("điện thoại", subject="id", null=True)
    address = SealedTextField("nơi cư trú", subject="id", null=True)
    residence_unit = models.CharField("xã, phường cư trú", max_length=5, blank=True)
    registry_checked_at = models.DateTimeField("đối chiếu CSDL dân cư lúc", null=True, blank=True)
    registry_matches = models.BooleanField("khớp CSDL dân cư", null=True)
    registry_due_at = models.DateTimeField(null=True, db_default=Now(), editable=False)
    """When the registry is to be asked (again); null: never, the person was erased."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "người dân"
        verbose_name_plural = "người dân"
        ordering = ["name_key", "id"]
        indexes = [
            models.Index(fields=["name_key", "id"], name="person_by_name"),
            models.Index(fields=["registry_due_at"], name="person_by_registry_due"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(registry_checked_at__isnull=True, registry_matches__isnull=True)
                | Q(registry_checked_at__isnull=False, registry_matches__isnull=False),
                name="person_registry_check_is_whole",
            )
        ]

    def __str__(self) -> str:
        return self.full_name or "(dữ liệu đã xóa)"


@pghistory.track(exclude=["credential"])
class Position(models.Model):
    """A person's place in an agency: unit, roles and dates (Rules art. 3.1, 16.1, 41, 48). Never deleted, ended by date."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="positions", verbose_name="cán bộ")
    unit_code = models.CharField("mã cơ quan", max_length=40)
    title = models.CharField("chức danh", max_length=200)
    roles = ArrayField(models.CharField(max_length=30, choices=ROLES), verbose_name="vai trò")
    credential = SealedTextField("chứng thư ký số", subject="person_id", null=True)
    """Identifier of the officer's key at the signing service; sealed, for it may contain their personal number. None: no key."""
    valid_from = models.DateTimeField("từ", default=timezone.now)
    valid_to = models.DateTimeField("đến", null=True, blank=True)

    class Meta:
        verbose_name = "chức danh"
        verbose_name_plural = "chức danh"
        ordering = ["unit_code", "title", "id"]
        indexes = [models.Index(fields=["unit_code", "title", "id"], name="position_by_unit")]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="position_ends_after_it_begins"
            ),
            models.UniqueConstraint(
                fields=["person", "unit_code"], condition=Q(valid_to__isnull=True), name="position_one_open_per_person_and_unit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.unit_code})"

    def is_held(self, *, now: datetime) -> bool:
        """Whether the position is in force at ``now``."""
        return self.valid_from <= now and (self.valid_to is None or now < self.valid_to)


class OneTimePassword(models.Model):
    """A request for a one-time password, made alike for every number that was typed, whether anybody has it or not.

    The page that asks looks nobody up: the worker finds the person by ``number_blind`` and, when there is one, puts them here and
    replaces the random ``code_hash``, which no code fits, by the hash of the code it sends. So neither words nor status nor time tell
    who has an account. Requests and tries are counted in these rows: the count never fails open.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number_blind = models.CharField(max_length=64, db_default="")
    """Blind index of the number that was typed, as :attr:`Person.id_blind` has it."""
    address_digest = models.CharField(max_length=64, db_default="", blank=True)
    """Keyed digest of the address the request came from; empty when the server knows none."""
    browser_digest = models.CharField(max_length=64, db_default="", blank=True)
    """Digest of the browser, where the owner of the number signed in with it before (:class:`KnownBrowser`); else empty."""
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="+")
    """Whom the code was sent to; null until the worker has sent it, and for ever where nobody has the number."""
    code_hash = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["person", "-created_at"], name="otp_by_person"),
            models.Index(fields=["number_blind", "browser_digest", "-created_at"], name="otp_by_number"),
            models.Index(fields=["address_digest", "-created_at"], condition=Q(browser_digest=""), name="otp_by_address"),
            models.Index(fields=["created_at"], name="otp_by_time"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(tries__lte=5), name="otp_at_most_five_tries"),
            models.CheckConstraint(condition=Q(used_at__isnull=True) | Q(person__isnull=False), name="otp_used_is_somebodys"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class KnownBrowser(models.Model):
    """A browser in which a person has signed in before: it has a count of one-time passwords of its own.

    So a stranger who uses up what a number may ask for does not lock its owner out of the machine they always use.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    """Keyed digest of the random value in the browser's cookie."""
    last_used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "digest"], name="known_browser_once_a_person")]
        indexes = [models.Index(fields=["last_used_at"], name="known_browser_by_time")]

    def __str__(self) -> str:
        return str(self.pk)


class CertificateSignIn(models.Model):
    """An officer's sign-in under way: a challenge that the certificate's key must sign (Rules art. 11, 12.1).

    The browser that began it holds the id in its session; the worker asks the signing service and checks the certificate. Who signs
    in is not known before the certificate says it: nobody is asked for a number, so nobody can ask whether a number is an officer's.
    """

    class State(models.TextChoices):
        """``begun`` → ``answered`` (code came back) → ``proved`` or ``refused`` → ``used``."""

        BEGUN = "begun"
        ANSWERED = "answered"
        PROVED = "proved"
        REFUSED = "refused"
        USED = "used"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    position = models.ForeignKey(Position, null=True, on_delete=models.CASCADE, related_name="+")
    """Whose certificate signed; null until it is proved."""
    challenge = models.BinaryField(max_length=64)
    code_sealed = models.TextField(blank=True)
    """What came back from the signing service; serves once. Sealed, like the next two, and emptied when it has served."""
    activation_sealed = models.TextField(db_default="", blank=True)
    """Activation data bought with the code: kept, so that a silent service costs the officer no second authorisation."""
    credential_sealed = models.TextField(db_default="", blank=True)
    """Identifier of the key that the officer chose at the signing service."""
    activation_expires_at = models.DateTimeField(null=True)
    signature = models.BinaryField(null=True)
    """The signature over the challenge, once it is there: a silent revocation service asks for no second one."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.BEGUN)
    refusal = models.CharField(max_length=300, blank=True)
    certificate_serial = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["created_at"], name="certificate_sign_in_by_time")]
        constraints = [
            models.CheckConstraint(condition=~Q(state__in=["proved", "used"]) | Q(position__isnull=False), name="proved_is_somebodys"),
        ]

    def __str__(self) -> str:
        return str(self.id)
