"""A draft: what was typed so far for a party, valid or not."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from dossiers.models.forms import FormVersion
from portal.crypto.fields import SealedJSONField


class Draft(models.Model):
    """One unfinished filing. Its id becomes the id of the dossier, so the key of its answers and files goes along."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party_id = models.UUIDField()
    """Whose it is: a person, a child or an organisation (``accounts.queries.party``). Whoever acts for it works on the same draft."""
    changed_by = models.UUIDField()
    """The person who changed it last: two people of one organisation must not write over each other unseen."""
    worked_on_by = ArrayField(models.UUIDField(), default=list, db_default=[])
    """Everybody who has changed it: they are told what becomes of it."""
    procedure_code = models.CharField(max_length=40)
    form_version = models.ForeignKey(FormVersion, on_delete=models.PROTECT, related_name="+")
    procedure_version = models.ForeignKey("procedures.ProcedureVersion", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    """The law it stands under; None in drafts of before this was written down."""
    begun_form_version = models.ForeignKey(FormVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    begun_procedure_version = models.ForeignKey(
        "procedures.ProcedureVersion", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    """Form and law under which it was begun, once it was carried over to others: the person is told what changed since."""
    unit_code = models.CharField(max_length=40, blank=True)
    answers: Any = SealedJSONField(subject="id", default=dict)
    """Strings as typed, valid or not: nothing a person typed is lost because it is wrong."""
    confirmed: Any = SealedJSONField(subject="id", null=True)
    """Tokens of unlikely findings that the person said are so (`dossiers.answer_rules.Finding`)."""
    touched: Any = SealedJSONField(subject="id", null=True)
    """What fields were before their last changes, in which version, by whom and when: several devices are merged by field
    (`dossiers.services.filling_in`)."""
    version = models.PositiveIntegerField(default=1, db_default=1)
    """Raised by every change of answers, office or papers: what is sent or thrown away is what was seen."""
    last_page = models.CharField(max_length=20, default="to-khai")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    warned_at = models.DateTimeField(null=True)
    """When its owner was told that it will be put away; counts while it is later than the last change (`dossiers.keeping`)."""
    removed_at = models.DateTimeField(null=True)
    """When it was put away: in no list, its content sealed as it was, until it is erased or its owner wants it back."""

    reminded_at = models.DateTimeField(null=True)
    """When its owner was reminded that it waits: once."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["party_id", "procedure_code"], condition=Q(removed_at__isnull=True), name="dossiers_one_draft_per_party"
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True)
                | (Q(warned_at__isnull=False, warned_at__gt=F("updated_at")) & Q(removed_at__gte=F("warned_at") + timedelta(days=14))),
                name="dossiers_draft_removed_after_a_warning",
            ),
        ]
        indexes = [
            models.Index(fields=["party_id", "-updated_at"], name="dossiers_draft_mine"),
            models.Index(
                fields=["updated_at"],
                condition=Q(removed_at__isnull=True) & (Q(warned_at__isnull=True) | Q(warned_at__lte=F("updated_at"))),
                name="dossiers_draft_not_warned",
            ),
            models.Index(fields=["warned_at"], condition=Q(removed_at__isnull=True, warned_at__isnull=False), name="dossiers_draft_warned"),
            models.Index(
                fields=["updated_at"],
                condition=Q(removed_at__isnull=True, reminded_at__isnull=True),
                name="dossiers_draft_not_reminded",
            ),
            models.Index(fields=["removed_at"], condition=Q(removed_at__isnull=False), name="dossiers_draft_removed"),
        ]

    def __str__(self) -> str:
        return str(self.id)
