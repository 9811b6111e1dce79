"""Electronic forms are data: a published version never changes, a dossier keeps the version it was filled in."""

from __future__ import annotations

import re
from typing import Any

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models

FIELD_KINDS = ("name", "text", "long_text", "date", "choice", "number")
"""What a field can ask for; each kind is one Django form field in `dossiers.forms`."""

_FIELD_KEYS = {"name", "label", "kind", "required", "help", "choices", "max_length", "prefill"}


def check_fields(fields: Any) -> None:
    """Refuse a list of fields that the dynamic form could not show; ``ValidationError`` names the field and the fault."""
    if not isinstance(fields, list) or not fields:
        raise ValidationError("fields must be a list with at least one field")
    seen: set[str] = {"unit_code", "csrfmiddlewaretoken", "act", "draft"}  # names the pages themselves use
    for field in fields:
        if not isinstance(field, dict) or set(field) - _FIELD_KEYS:
            raise ValidationError(f"unknown keys in {field!r}")
        name = field.get("name", "")
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,49}", name) or name in seen:
            raise ValidationError(f"bad or repeated field name {name!r}")
        seen.add(name)
        if field.get("kind") not in FIELD_KINDS or not field.get("label"):
            raise ValidationError(f"field {name} needs a label and a kind out of {FIELD_KINDS}")
        choices = field.get("choices") or []
        if (field["kind"] == "choice") != bool(choices) or any(len(pair) != 2 for pair in choices):
            raise ValidationError(f"field {name}: choices belong to the kind choice, as pairs of value and label")


class FormVersion(models.Model):
    """One version of the electronic form of a procedure. Requirement D-03 (the designer comes later, on this table)."""

    procedure_code = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    fields = models.JSONField(validators=[check_fields])
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["procedure_code", "number"], name="dossiers_form_number_once"),
        ]
        triggers = [
            # Dossiers point at the version they were filled in: what a citizen saw must still be readable in ten years.
            pgtrigger.Protect(
                name="form_published_is_final",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__published_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.procedure_code} v{self.number}"

    @property
    def asked(self) -> list[dict[str, Any]]:
        """Fields a person fills in."""
        return [field for field in self.fields if not field.get("prefill")]

    @property
    def known(self) -> list[dict[str, Any]]:
        """Fields the portal already knows from a registry; shown, never asked (requirement D-02)."""
        return [field for field in self.fields if field.get("prefill")]
