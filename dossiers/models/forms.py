"""Electronic forms are data: a published version never changes, a dossier keeps the version it was filled in."""

from __future__ import annotations

import re
from typing import Any

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models

from dossiers.answer_rules import NEEDS, other_fields
from dossiers.conditions import conditions_of
from procedures.fees import RULE_KEYS as CHARGE_KEYS

FIELD_KINDS = ("name", "text", "long_text", "date", "choice", "number", "id_number")
"""What a field can ask for; each kind is one Django form field in `dossiers.forms`."""

PAPER_KEYS = frozenset({"kind", "case", "when", "required"})
"""What a rule of papers may say (`dossiers.papers`)."""
_FIELD_KEYS = {
    *("name", "label", "kind", "required", "required_with", "help", "choices", "max_length", "section", "default", "rules"),
    *("prefill", "prefill_when", "when", "choices_when", "suggest", "min", "max"),
}
_PAGE_NAMES = {"unit_code", "csrfmiddlewaretoken", "act", "draft", "last", "seen", "part", "confirm", "version"}
"""Names that the pages themselves use in their forms."""


def check_fields(fields: Any) -> None:
    """Refuse a list of fields that the dynamic form could not show; ``ValidationError`` names the field and the fault."""
    if not isinstance(fields, list) or not fields:
        raise ValidationError("fields must be a list with at least one field")
    seen: dict[str, Any] = {}
    for field in fields:
        if not isinstance(field, dict) or set(field) - _FIELD_KEYS:
            raise ValidationError(f"unknown keys in {field!r}")
        name = field.get("name", "")
        if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]{0,49}", name) or name in seen or name in _PAGE_NAMES:
            raise ValidationError(f"bad or repeated field name {name!r}")
        if field.get("kind") not in FIELD_KINDS or not field.get("label"):
            raise ValidationError(f"field {name} needs a label and a kind out of {FIELD_KINDS}")
        choices = field.get("choices") or []
        if (field["kind"] == "choice") != bool(choices) or any(len(pair) != 2 for pair in choices):
            raise ValidationError(f"field {name}: choices belong to the kind choice, as pairs of value and label")
        for condition in conditions_of(field):
            _check_condition(name, condition, seen)
        if field["kind"] != "number" and {"min", "max"} & set(field):
            raise ValidationError(f"field {name}: least and largest belong to numbers")
        if "prefill_when" in field and "prefill" not in field:
            raise ValidationError(f"field {name}: prefill_when without prefill")
        if set(field.get("choices_when", {})) - {pair[0] for pair in choices}:
            raise ValidationError(f"field {name}: choices_when names a choice that is not there")
        seen[name] = field
    for field in fields:
        _check_relations(field, seen)


def _check_condition(name: str, condition: Any, before: dict[str, Any]) -> None:
    """A condition asks for an answer of an earlier choice, or for a fact; anything else could never be decided."""
    if not isinstance(condition, dict) or set(condition) not in ({"field", "in"}, {"fact", "in"}) or not isinstance(condition["in"], list):
        raise ValidationError(f"field {name}: a condition is a field or a fact, and the values it may have")
    if "field" in condition:
        other = before.get(condition["field"])
        if other is None or other["kind"] != "choice":
            raise ValidationError(f"field {name}: a condition asks for an earlier choice, not for {condition['field']!r}")
        if set(condition["in"]) - {pair[0] for pair in other["choices"]}:
            raise ValidationError(f"field {name}: a condition asks for a choice that {condition['field']} does not offer")


def _check_relations(field: dict[str, Any], fields: dict[str, Any]) -> None:
    """Rules are known, have what they need, and name fields of this form."""
    name, others = field["name"], list(field.get("required_with", []))
    for rule in field.get("rules", []):
        if rule.get("rule") not in NEEDS or set(rule) - {"rule"} != NEEDS[rule["rule"]]:
            raise ValidationError(f"field {name}: unknown rule or wrong arguments in {rule!r}")
        others += other_fields(rule)
    if missing := set(others) - set(fields):
        raise ValidationError(f"field {name} names fields that are not there: {sorted(missing)}")


def check_rules(fields: list[dict[str, Any]], papers: Any, charges: Any) -> None:
    """``ValidationError`` when a rule of papers or charges names what is not in the form, or says it in another way."""
    by_name = {field["name"]: field for field in fields}
    for rule in [*papers, *charges]:
        if not isinstance(rule, dict):
            raise ValidationError(f"a rule is an object, not {rule!r}")
    for rule in papers:
        if set(rule) - PAPER_KEYS or "when" not in rule or ("kind" in rule) == ("case" in rule):
            raise ValidationError(f"a rule of papers names a kind or a case, and when: {rule!r}")
        if "field" not in rule["when"]:
            raise ValidationError(f"a paper is wanted by what the person answers: {rule!r}")
        _check_condition("papers", rule["when"], by_name)
    for rule in charges:
        if set(rule) - CHARGE_KEYS or not rule.get("name"):
            raise ValidationError(f"a rule of charges names its fee line: {rule!r}")
        if "exempt" in rule and ("when" not in rule or not rule["exempt"] or {"times", "unit"} & set(rule)):
            raise ValidationError(f"a rule of exemption says when, and why nothing is taken: {rule!r}")
        if "when" in rule:
            _check_condition("charges", rule["when"], by_name)
        if "times" in rule and by_name.get(rule["times"], {}).get("kind") != "number":
            raise ValidationError(f"a charge is multiplied by a number, not by {rule['times']!r}")


PAYMENT_KEYS = frozenset({"when", "days", "unpaid", "refund", "kind", "revenue"})


def check_payment(payment: Any) -> None:
    """``ValidationError`` when what a form says of paying is not known or cannot be done; nothing said is right, too."""
    if not isinstance(payment, dict) or (payment and set(payment) != PAYMENT_KEYS):
        raise ValidationError(f"payment says {sorted(PAYMENT_KEYS)}, not {payment!r}")
    if not payment:
        return
    choices = {"when": ("filing", "asked"), "unpaid": ("continue", "stop"), "refund": ("all", "none")}
    for name, known in choices.items():
        if payment[name] not in known:
            raise ValidationError(f"payment: {name} is one of {known}, not {payment[name]!r}")
    if type(payment["days"]) is not int or not 1 <= payment["days"] <= 60:
        raise ValidationError("payment: days are working days, 1 to 60")
    revenue = payment["revenue"]
    if not isinstance(revenue, dict) or not all(isinstance(code, str) and re.fullmatch(r"[0-9]{4}", code) for code in revenue.values()):
        raise ValidationError("payment: revenue is the four digits of the budget's index by the name of the fee line")


class FormVersion(models.Model):
    """One version of the electronic form of a procedure. Requirement D-03 (the designer comes later, on this table)."""

    procedure_code = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    fields = models.JSONField(validators=[check_fields])
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
