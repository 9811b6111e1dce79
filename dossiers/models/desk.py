"""What officers keep of their work: filters, what they have looked at, acts on many dossiers, and who their near relatives are."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from dossiers.models.dossier import Dossier
from portal.crypto.fields import BlindIndexField, SealedJSONField


class DeskView(models.Model):
    """A filter of the list of dossiers that an officer keeps."""

    position_id = models.UUIDField()
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=500)

    class Meta:
        ordering = ["position_id", "name"]
        constraints = [models.UniqueConstraint(fields=["position_id", "name"], name="dossiers_desk_view_named")]

    def __str__(self) -> str:
        return self.name


class DeskLook(models.Model):
    """The last time that an officer looked at a dossier: what came after it is shown as new."""

    dossier = models.ForeignKey(Dossier, on_delete=models.CASCADE, related_name="looks")
    position_id = models.UUIDField()
    event_id = models.BigIntegerField()
    """The newest event that stood there."""
    papers = models.PositiveIntegerField()
    """How many papers there were."""
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dossier", "position_id"], name="dossiers_desk_look_once")]
        indexes = [models.Index(fields=["at"], name="dossiers_desk_look_old")]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.position_id}"


class BulkAct(models.Model):
    """One act of an officer on many dossiers; the worker carries it out, each dossier by itself (`dossiers.desk_pages.bulk`)."""

    class Kind(models.TextChoices):
        """What is done to each."""

        RECEIVE = "receive", "Tiếp nhận"
        ASSIGN = "assign", "Giao, chuyển người giải quyết"
        DECIDE = "decide", "Quyết định và trình ký"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("việc", max_length=20, choices=Kind.choices)
    position_id = models.UUIDField()
    substitutes = models.UUIDField(null=True)
    """In whose place the officer acted; null: in their own."""
    assurance = models.PositiveSmallIntegerField()
    """How surely the officer's session proved them when they sent it."""
    unit_code = models.CharField(max_length=40, db_collation="C")
    label = models.CharField(max_length=200)
    to_position_id = models.UUIDField(null=True)
    """To whom it is given (null: each to the least loaded), or who signs."""
    note = models.CharField(max_length=300, blank=True)
    """Why it is given, as colleagues read it."""
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(kind="decide") | Q(to_position_id__isnull=False), name="dossiers_bulk_act_has_signer"),
        ]
        indexes = [models.Index(fields=["position_id", "-made_at"], name="dossiers_bulk_act_of_officer")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class BulkRow(models.Model):
    """One dossier of such an act, and what became of it: written in the transaction of the act itself."""

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", "Đang chờ"
        DONE = "done", "Xong"
        REFUSED = "refused", "Chưa làm"

    bulk = models.ForeignKey(BulkAct, on_delete=models.CASCADE, related_name="rows")
    place = models.PositiveIntegerField()
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+")
    seen_version = models.PositiveIntegerField()
    given: Any = SealedJSONField(subject="dossier_id", null=True)
    """What the officer wrote for all of them; gone once the row is done."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    words = models.CharField(max_length=400, blank=True)
    """Why it was not done, or what came of it (a number in the register)."""
    at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["bulk", "dossier"], name="dossiers_bulk_row_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", at=None) | (~Q(state="waiting") & Q(at__isnull=False)), name="dossiers_bulk_row_ends"
            ),
        ]
        indexes = [models.Index(fields=["bulk", "place"], name="dossiers_bulk_row_to_do", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.bulk_id} {self.place}"


class OfficerKin(models.Model):
    """Keyed indexes of the numbers of an officer's parents, spouse and children: whose dossiers they neither handle nor sign."""

    person_id = models.UUIDField(primary_key=True)
    blinds = ArrayField(BlindIndexField(), default=list)
    asked_at = models.DateTimeField()
    """When the population registry was last to be asked."""
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.person_id)
