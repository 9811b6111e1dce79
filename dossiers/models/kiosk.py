"""Kiosks of one-stop units: devices registered on the desk, and drafts handed over to a phone."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from portal.crypto.fields import BlindIndexField


class KioskDevice(models.Model):
    """A machine with a touch screen in a unit's hall. It knows itself by a random value in a cookie; here stands its keyed index alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    name = models.CharField("tên máy", max_length=100)
    """Where it stands, as the unit calls it."""
    pairing_index = BlindIndexField(blank=True)
    """Of the code that pairs it, until it was used or its time is over."""
    pairing_until = models.DateTimeField(null=True)
    token_index = BlindIndexField(blank=True)
    paired_at = models.DateTimeField("gắn lúc", null=True)
    withdrawn_at = models.DateTimeField("thu hồi lúc", null=True)
    registered_by_label = models.CharField("người đăng ký", max_length=200)
    registered_at = models.DateTimeField("đăng ký lúc")

    class Meta:
        verbose_name = "máy kiosk"
        verbose_name_plural = "máy kiosk"
        constraints = [
            models.UniqueConstraint(fields=["token_index"], condition=~Q(token_index=""), name="dossiers_kiosk_token"),
            models.UniqueConstraint(fields=["pairing_index"], condition=~Q(pairing_index=""), name="dossiers_kiosk_pairing"),
            models.CheckConstraint(
                name="dossiers_kiosk_withdrawn_opens_nothing",
                condition=Q(withdrawn_at__isnull=True) | Q(token_index="", pairing_index=""),
            ),
        ]
        indexes = [models.Index(fields=["unit_code", "-registered_at", "id"], name="dossiers_kiosk_of_unit")]

    def __str__(self) -> str:
        return self.name


class KioskHandover(models.Model):
    """A draft that somebody takes from a kiosk to their own phone: a link that works once, for minutes, for the draft's party alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token_index = BlindIndexField(unique=True)
    draft = models.ForeignKey("dossiers.Draft", on_delete=models.CASCADE, related_name="+")
    party_id = models.UUIDField()
    device = models.ForeignKey(KioskDevice, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    until = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(until__gt=models.F("made_at")), name="dossiers_kiosk_handover_is_dated")]
        indexes = [models.Index(fields=["until"], name="dossiers_kiosk_handover_until")]

    def __str__(self) -> str:
        return str(self.id)
