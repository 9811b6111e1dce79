"""Ways to sign in beside the one-time password and the officers' certificate: tries, and accounts at providers outside."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models.people import Person
from accounts.models.sessions import Way
from portal.access import Assurance


class SignInTry(models.Model):
    """One try to sign in by a code that is compared here, for whatever number was typed: counted before it is looked at.

    The count never fails open, and it is the same for a number that nobody has.
    """

    way = models.CharField(max_length=12, choices=Way.choices)
    number_blind = models.CharField(max_length=64)
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


class Provider(models.TextChoices):
    """Who vouches for people outside (Rules art. 9.3)."""

    VNEID = "vneid", "VNeID"


class OutsideIdentity(models.Model):
    """An account of a person at a provider outside, linked after both were proved: the account there, and the one here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="outside_identities")
    provider = models.CharField(max_length=12, choices=Provider.choices)
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
    provider = models.CharField(max_length=12, choices=Provider.choices)
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
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["created_at"], name="outside_sign_in_by_time")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["proved", "used"])
                | (Q(person__isnull=False, assurance__gte=int(Assurance.MEDIUM)) & ~Q(subject_digest="")),
                name="outside_proved_is_somebodys",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
