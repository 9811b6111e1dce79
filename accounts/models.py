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


@pghistory.track(exclude=["id_number", "birth_date", "phone", "address"])
class Person(models.Model):
    """A natural person. ``id`` is also the subject of the key that encrypts their personal data.

    The name stays readable for officers, with a diacritic-free key; the rest is sealed.
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
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "người dân"
        verbose_name_plural = "người dân"
        ordering = ["name_key", "id"]
        indexes = [models.Index(fields=["name_key", "id"], name="person_by_name")]
        constraints = [
            models.CheckConstraint(
                condition=Q(registry_checked_at__isnull=True, registry_matches__isnull=True)
                | Q(registry_checked_at__isnull=False, registry_matches__isnull=False),
                name="person_registry_check_is_whole",
            )
        ]

    def __str__(self) -> str:
        return self.full_name


@pghistory.track()
class Position(models.Model):
    """A person's place in an agency: unit, roles and dates (Rules art. 3.1, 16.1, 41, 48). Never deleted, ended by date."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="positions", verbose_name="cán bộ")
    unit_code = models.CharField("mã cơ quan", max_length=40)
    title = models.CharField("chức danh", max_length=200)
    roles = ArrayField(models.CharField(max_length=30, choices=ROLES), verbose_name="vai trò")
    credential_id = models.CharField("chứng thư ký số", max_length=100, blank=True)
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
    """A one-time password sent by SMS. Tries are counted here, in the database: the count never fails open."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    code_hash = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["person", "-created_at"], name="otp_by_person")]
        constraints = [models.CheckConstraint(condition=Q(tries__lte=5), name="otp_at_most_five_tries")]

    def __str__(self) -> str:
        return str(self.id)


class CertificateSignIn(models.Model):
    """An officer's sign-in under way: a challenge that the certificate's key must sign (Rules art. 11, 12.1).

    The browser that began it holds the id in its session; the worker asks the signing service and checks the certificate.
    """

    class State(models.TextChoices):
        """``begun`` → ``answered`` (code came back) → ``proved`` or ``refused`` → ``used``."""

        BEGUN = "begun"
        ANSWERED = "answered"
        PROVED = "proved"
        REFUSED = "refused"
        USED = "used"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    position = models.ForeignKey(Position, on_delete=models.CASCADE, related_name="+")
    challenge = models.BinaryField(max_length=64)
    code_sealed = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.BEGUN)
    refusal = models.CharField(max_length=300, blank=True)
    certificate_serial = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return str(self.id)
