"""The login and the person behind it."""

from __future__ import annotations

import uuid
from datetime import date

import pghistory
import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.owner import idle
from portal.crypto.fields import BlindIndexField, SealedTextField


def first_look() -> date:
    """When a login that begins today is looked at for the first time."""
    return idle.first_look(timezone.localdate())


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
    last_active_on = models.DateField(default=timezone.localdate)
    """The day on which somebody last did something in a session of this login."""
    idle_next_on = models.DateField(null=True, default=first_look)
    """When to look whether it stands idle (Rules art. 13.2); null: locked, so nobody looks."""
    idle_notices = models.PositiveSmallIntegerField(default=0, db_default=0)
    """How many times its owner was told that it will be locked."""

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects = UserManager()

    class Meta:
        ordering = ["date_joined", "id"]
        indexes = [models.Index(fields=["idle_next_on"], name="user_idle_next", condition=Q(is_active=True))]
        constraints = [models.CheckConstraint(condition=Q(idle_notices__lte=2), name="user_two_idle_notices")]
        triggers = [
            pgtrigger.Trigger(
                name="locked_stays_shut",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(old__is_active=False, new__is_active=True),
                func="IF EXISTS (SELECT 1 FROM accounts_accountlock WHERE user_id = NEW.id AND opened_at IS NULL) THEN"
                " RAISE EXCEPTION 'the account is locked'; END IF; RETURN NEW;",
            )
        ]

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
    id_blind = BlindIndexField(unique=True, null=True, editable=False)
    birth_date = SealedTextField("ngày sinh", subject="id", null=True)
    sex = models.CharField("giới tính", max_length=6, choices=Sex.choices, blank=True)
    phone = SealedTextField("điện thoại", subject="id", null=True)
    address = SealedTextField("nơi cư trú", subject="id", null=True)
    residence_unit = models.CharField("xã, phường cư trú", max_length=5, blank=True)
    identity_level = models.PositiveSmallIntegerField("mức độ bảo đảm danh tính", default=0, db_default=0)
    """How surely we know who the account is (``portal.access.Assurance``); how surely a sign-in proved it is the session's affair."""
    identity_proved_by = models.CharField("chứng minh danh tính bằng", max_length=12, blank=True, db_default="")
    """The way of registration (``Registration.Way``), or ``entered``: taken over from records that were compared elsewhere."""
    identity_proved_at = models.DateTimeField("chứng minh danh tính lúc", null=True, blank=True)
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
            ),
            # Rules art. 9.4: no account is below medium.
            models.CheckConstraint(condition=Q(user__isnull=True) | Q(identity_level__gte=2), name="person_with_login_is_medium"),
            models.CheckConstraint(
                condition=Q(identity_level=0) | Q(identity_proved_at__isnull=False) & ~Q(identity_proved_by=""),
                name="person_level_was_proved",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or "(dữ liệu đã xóa)"
