"""Electronic forms are data: a published version never changes, a dossier keeps the version it was filled in."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models

from dossiers.conditions import conditions_of
from dossiers.form_documents import FIELD_KINDS, check_fields, faults
from procedures.conditions import atoms

__all__ = ["FIELD_KINDS", "FormVersion", "check_document", "check_fields", "check_payment"]

PAYMENT_KEYS = frozenset({"when", "days", "unpaid", "refund", "kind", "revenue"})


def check_payment(payment: Any) -> None:
    """``ValidationError`` when what a form says of paying is not known or cannot be done; nothing said is right, too."""
    if not isinstance(payment, dict) or (payment and set(payment) != PAYMENT_KEYS):
        raise ValidationError(f"Việc nộp tiền (payment) phải nêu: {', '.join(sorted(PAYMENT_KEYS))}.")
    if not payment:
        return
    choices = {"when": ("filing", "asked"), "unpaid": ("continue", "stop"), "refund": ("all", "none")}
    for name, known in choices.items():
        if payment[name] not in known:
            raise ValidationError(f"Việc nộp tiền: “{name}” là một trong {', '.join(known)}, không phải {payment[name]!r}.")
    if type(payment["days"]) is not int or not 1 <= payment["days"] <= 60:
        raise ValidationError("Việc nộp tiền: thời hạn (days) từ 1 đến 60 ngày làm việc.")
    revenue = payment["revenue"]
    if not isinstance(revenue, dict) or not all(isinstance(code, str) and re.fullmatch(r"[0-9]{4}", code) for code in revenue.values()):
        raise ValidationError("Việc nộp tiền: tiểu mục (revenue) là bốn chữ số theo tên khoản thu.")


def check_document(document: Any) -> None:
    """Refuse a document that could not be filled in; ``ValidationError`` says field by field what is wrong."""
    if wrong := faults(document):
        raise ValidationError([str(fault) for fault in wrong])
    check_payment(document.get("payment") or {})


class FormVersion(models.Model):
    """One version of the electronic form of a procedure. Requirement D-03."""

    procedure_code = models.CharField(max_length=40)
    service = models.CharField(max_length=48, blank=True, default="", db_default="")
    """Code of the online service that it belongs to (``procedures.OnlineService``); empty: published before forms belonged to one.
    A service without a form of its own is filed by the country's."""
    number = models.PositiveIntegerField()
    document: Any = models.JSONField(default=dict, db_default={}, blank=True)
    """As it was written (``data/form.schema.json``); empty where it is nothing but plain fields and rules, and of before."""
    fields = models.JSONField(validators=[check_fields])
    """The plain fields that the document became: what is evaluated, filled in and read (`dossiers.form_documents`)."""
    papers = models.JSONField(default=list, blank=True)
    """In which case a paper is wanted (`dossiers.papers`)."""
    charges = models.JSONField(default=list, blank=True)
    """Which fee lines apply, how often, and who is exempt (`procedures.fees`)."""
    payment: Any = models.JSONField(default=dict, blank=True, validators=[check_payment])
    """When and how it is paid (`dossiers.paying`); empty: not on the portal unless an officer asks."""
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
    def as_document(self) -> dict[str, Any]:
        """The form as a document, also where none was kept."""
        if self.document:
            return dict(self.document)
        parts = {"fields": self.fields, "papers": self.papers, "charges": self.charges, "payment": self.payment}
        return {key: value for key, value in parts.items() if value}

    @property
    def parts(self) -> list[Mapping[str, Any]]:
        """The parts of an interlinked procedure's composed form (`dossiers.interlinked.composing.Part`); empty: a form of its own."""
        found: list[Mapping[str, Any]] = (self.document or {}).get("parts", [])
        return found

    @property
    def pages(self) -> list[Mapping[str, Any]]:
        """The pages on which it is filled in, one after the other; empty: all on one, what decides asked first.

        A form that one page and its deciding choices could not hold together gets one page that answers to what is typed.
        """
        pages: list[Mapping[str, Any]] = (self.document or {}).get("pages", [])
        return pages or ([ONE_PAGE] if _needs_a_page(self.fields) else [])


ONE_PAGE: Mapping[str, Any] = {"name": "khai", "title": "Tờ khai"}


def _needs_a_page(fields: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a form goes beyond choices that are asked first and a rest that is then shown at once."""
    choices = {spec["name"] for spec in fields if spec["kind"] == "choice"}
    return any(
        spec["kind"] in ("group", "ward") or "value" in spec or "required_when" in spec or not _asks_choices_only(spec, choices)
        for spec in fields
    )


def _asks_choices_only(spec: Mapping[str, Any], choices: Collection[str]) -> bool:
    asked = [one for condition in conditions_of(spec) for one in atoms(condition) if "field" in one]
    return all("in" in one and one["field"] in choices for one in asked)
