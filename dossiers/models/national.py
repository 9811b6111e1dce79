"""Every dossier of the country as one lean row, whoever handles it: what the synchronisation standard says, no answers, no files.

The table stands by itself, without foreign keys, and is partitioned by the year in the code: twenty million rows a year.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from dossiers.models.states import State
from portal.crypto.fields import BlindIndexField

OPEN = tuple(state.value for state in (State.SUBMITTED, State.RECEIVED, State.PROCESSING, State.INCOMPLETE, State.PAYMENT_DUE))
"""States in which something is still owed; the index of what is late holds these."""
HERE = ""
"""Source of the dossiers that are filed and handled here."""


class NationalDossier(models.Model):
    """One dossier as last reported: of two reports the one with the later date in it counts, then the later state (`dossiers.national`)."""

    pk = models.CompositePrimaryKey("year", "code")
    year = models.PositiveSmallIntegerField()
    """Of the date in the code; the partition."""
    code = models.CharField(max_length=60, db_collation="C")
    source = models.CharField(max_length=40, blank=True, db_collation="C")
    """The partner that reports it; empty: filed here."""
    is_test = models.BooleanField(default=False)
    """Sent by a partner that is being tried out: counts nowhere, is shown to nobody."""
    unit_code = models.CharField(max_length=40, db_collation="C")
    """The agency that handles it (DonViXuLy)."""
    agency_code = models.CharField(max_length=10, db_collation="C")
    procedure_code = models.CharField(max_length=40, db_collation="C")
    field_code = models.CharField(max_length=80, blank=True)
    channel = models.CharField(max_length=2)
    """KenhThucHien: ``1`` counter, ``2`` online, ``3`` post."""
    service_level = models.CharField(max_length=20, blank=True)
    """Of the online service on the day of filing; empty where it has none."""
    subject = models.CharField(max_length=1, blank=True)
    """LoaiDoiTuong: ``1`` citizen, ``2`` enterprise, ``3`` agency, ``4`` other organisation."""
    owner_blind = BlindIndexField(blank=True)
    phone_blind = BlindIndexField(blank=True)
    """Keyed indexes of the owner's number and phone: by them people find their own, nobody reads them back."""
    state = models.CharField(max_length=2, choices=State.choices)
    submitted_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    lawful_due_on = models.DateField(null=True)
    """Where no appointment is known: the last day of the longest time the law gives (`dossiers.national.lawful_day`), by the catalogue as
    it was when the row was written. Kept, so that what was counted for a row is taken off again as it was."""
    finished_at = models.DateTimeField(null=True)
    """NgayKetThucXuLy."""
    returned_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    supplements_before = models.PositiveSmallIntegerField(default=0)
    supplements_after = models.PositiveSmallIntegerField(default=0)
    supplement_asked_at = models.DateTimeField(null=True)
    """The first request after reception: while it is pending it counts as the end (Decision 766, 2.1)."""
    supplement_is_pending = models.BooleanField(default=False)
    supplement_days = models.PositiveSmallIntegerField(default=0)
    """Calendar days for which requests after reception waited: deducted."""
    paid_online = models.CharField(max_length=1, blank=True)
    """DuocThanhToanTrucTuyen as the standard has it; ``1`` here, ``2`` at the agency's gateway."""
    has_fee = models.BooleanField(default=False)
    has_digitised_papers = models.BooleanField(default=False)
    has_digitised_result = models.BooleanField(default=False)
    reuses_data = models.BooleanField(default=False)
    from_store = models.BooleanField(default=False)
    """A paper came out of the owner's document store here."""
    by_population = models.BooleanField(default=False)
    """The owner was known by VNeID, or the population database was asked."""
    said_at = models.DateTimeField()
    """The latest moment in the report that counts."""
    changed_at = models.DateTimeField()
    """When the row was written last."""

    class Meta:
        verbose_name = "hồ sơ toàn quốc"
        verbose_name_plural = "hồ sơ toàn quốc"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[state.value for state in State]), name="national_state_known"),
            models.CheckConstraint(condition=Q(channel__in=["1", "2", "3"]), name="national_channel_known"),
        ]
        indexes = [
            models.Index(fields=["owner_blind", "-submitted_at", "code"], name="national_of_owner", condition=~Q(owner_blind="")),
            models.Index(fields=["unit_code", "received_at", "code"], name="national_of_unit"),
            models.Index(fields=["changed_at", "code"], name="national_changed"),
            # What is late in an agency, the longest first: of what is open, so it stays small.
            models.Index(
                fields=["agency_code", "due_at", "code"],
                name="national_open_due",
                condition=Q(state__in=OPEN, is_test=False, due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class NationalStep(models.Model):
    """A step of a dossier that is handled elsewhere, as its system told it (CapNhatTienDoHoSoMC). May come before its dossier."""

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=60, db_collation="C")
    source = models.CharField(max_length=40, db_collation="C")
    at = models.DateTimeField()
    state = models.CharField(max_length=2, choices=State.choices)
    unit_words = models.CharField(max_length=200, blank=True)
    words = models.CharField(max_length=500, blank=True)
    """What was done, without names of people."""

    class Meta:
        ordering = ["code", "at", "id"]
        constraints = [models.UniqueConstraint(fields=["code", "source", "at", "state"], name="national_step_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.state}"
