"""How a person is told: their e-mail address, and by which channels for which kind of notices. The phone is the register's (``Person``)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.parties import Organisation
from accounts.models.people import Person
from portal.crypto.fields import SealedTextField


class EmailAddress(models.Model):
    """One address of a person: waiting to be verified by its link, or verified. At most one of each.

    An address that letters came back from counts no more until it is verified again. The row leaves with the person's erasure.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="email_addresses")
    address = SealedTextField(subject="person_id", null=True)
    token_digest = models.CharField(max_length=64, unique=True, null=True)
    """SHA-256 of what stands in the link: it serves once, for this address only, until ``token_expires_at``."""
    token_expires_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    bounced_at = models.DateTimeField(null=True)
    bounce = models.CharField(max_length=80, blank=True)
    """The status with which letters came back."""
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "địa chỉ thư điện tử"
        verbose_name_plural = "địa chỉ thư điện tử"
        indexes = [models.Index(fields=["token_expires_at"], name="email_waiting_until", condition=Q(verified_at__isnull=True))]
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(verified_at__isnull=False), name="email_one_verified_per_person"),
            models.UniqueConstraint(fields=["person"], condition=Q(verified_at__isnull=True), name="email_one_waiting_per_person"),
            models.CheckConstraint(
                condition=Q(verified_at__isnull=True, token_digest__isnull=False, token_expires_at__isnull=False)
                | Q(verified_at__isnull=False, token_digest__isnull=True, token_expires_at__isnull=True),
                name="email_waits_with_a_token",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def counts(self) -> bool:
        """Whether letters go there."""
        return self.verified_at is not None and self.bounced_at is None


class ContactChoice(models.Model):
    """What a person chose. Without a row: Vietnamese, and every channel for every kind."""

    class Language(models.TextChoices):
        """Languages of notices."""

        VIETNAMESE = "vi", _("Tiếng Việt")
        ENGLISH = "en", _("Tiếng Anh")

    person = models.OneToOneField(Person, primary_key=True, on_delete=models.CASCADE, related_name="contact_choice")
    language = models.CharField(max_length=2, choices=Language.choices, default=Language.VIETNAMESE)
    channels = models.JSONField(default=dict)
    """Kind → channels outside the account; a kind that is not named here takes all."""

    class Meta:
        verbose_name = "cách nhận thông báo"
        verbose_name_plural = "cách nhận thông báo"

    def __str__(self) -> str:
        return str(self.pk)


class OrganisationChoice(models.Model):
    """Kinds of reminders that an organisation does not want, by whoever acts for it. Without a row: all of them, in its account."""

    organisation = models.OneToOneField(Organisation, primary_key=True, on_delete=models.CASCADE, related_name="contact_choice")
    off = models.JSONField(default=list)
    """Kinds that are switched off."""

    class Meta:
        verbose_name = "tổ chức thôi nhận nhắc"
        verbose_name_plural = "tổ chức thôi nhận nhắc"

    def __str__(self) -> str:
        return str(self.pk)
