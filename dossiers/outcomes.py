"""What the decision of a procedure ends in: what the officer writes, the register, the document, who signs it. Registered per procedure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from accounts.identifiers import clean_id_number
from dossiers.conditions import Spec, shape
from dossiers.forms import DecisionForm, shown
from dossiers.models import Dossier
from dossiers.models.forms import check_fields
from dossiers.registers import Register, RegisterNumber
from portal.access.roles import LEADERS
from portal.crypto import blind_index
from portal.documents.proofs import Content, register_content
from portal.text import search_key


@dataclass(frozen=True)
class Decision:
    """A decision as its document is made from it."""

    dossier: Dossier
    values: Mapping[str, str]
    """What the officer wrote into the outcome's own fields."""
    number: RegisterNumber | None
    """What it got in the register; None where the outcome has none."""
    signer_label: str
    """``<name>, <title>`` of who is asked to sign."""


@dataclass(frozen=True)
class Outcome:
    """The result of one procedure."""

    kind: str
    """Kind of document (``portal.documents``)."""
    title: str
    template: str
    context: Callable[[Decision], dict[str, Any]]
    """What stands in the document, plain values."""
    content: Content
    """What is printed of it, for comparing a print."""
    register: Register | None = None
    """The register of the agency in which it gets a number, if any."""
    fields: tuple[Spec, ...] = ()
    """What the officer writes beside the number, in the language of the citizens' forms (`dossiers.conditions`). Facts are the
    answers of the dossier: ``{"fact": "answer.<field>", "in": [...]}``."""
    beforehand: Mapping[str, str] = field(default_factory=dict)
    """Field of the decision → field of the declaration whose answer stands in it beforehand."""
    signer_roles: frozenset[str] = LEADERS
    """Roles that may sign it. Whoever prepared the decision never signs it, whatever their roles."""
    signer_words: str = "lãnh đạo cơ quan"
    valid_until: Callable[[Mapping[str, str], date], date] | None = None
    """The last day on which the result holds, from what the officer wrote and the day of the decision; None: it does not expire."""
    subject_name: str = ""
    """Field of the form with the name of the person it is about."""
    identity_numbers: tuple[str, ...] = ()
    """Fields of the form with identity numbers of people it names: search, and who may not act on it."""


_outcomes: dict[str, Outcome] = {}


def register_outcome(procedure_code: str, outcome: Outcome) -> None:
    """Say what a procedure ends in, once, in ``ready()``. ``ValidationError`` when a field of the decision could not be shown."""
    if _outcomes.get(procedure_code, outcome) != outcome:
        raise ValueError(f"the outcome of {procedure_code} is registered twice, differently")
    if outcome.fields:
        check_fields([dict(spec) for spec in outcome.fields])
    register_content(outcome.kind, outcome.content)
    _outcomes[procedure_code] = outcome


def outcome_of(procedure_code: str) -> Outcome | None:
    """What the procedure ends in; None where nobody registered it."""
    return _outcomes.get(procedure_code)


def ending_kinds() -> dict[str, Callable[[Mapping[str, str], date], date]]:
    """Code of each procedure whose results expire → how the last day is reckoned (``Outcome.valid_until``)."""
    return {code: outcome.valid_until for code, outcome in _outcomes.items() if outcome.valid_until is not None}


def decision_form(outcome: Outcome, dossier: Dossier, data: Mapping[str, Any] | None = None, **more: Any) -> DecisionForm:
    """What the officer fills in to decide this dossier: the fields that its answers call for. ``more``: see :class:`DecisionForm`."""
    answers = {name: str(value) for name, value in (dossier.answers or {}).items()}
    specs = shape(outcome.fields, {}, {f"answer.{name}": value for name, value in answers.items()}).fields
    initial = {spec["name"]: spec["default"] for spec in specs if "default" in spec}
    kinds = {spec["name"]: spec for spec in specs}
    for name, source in outcome.beforehand.items():
        if name in kinds and answers.get(source):
            # A day stands as people write it; the label of a choice is not its value.
            initial[name] = shown(kinds[name], answers[source]) if kinds[name]["kind"] == "date" else answers[source]
    return DecisionForm(specs, data, register=outcome.register, initial={**initial, **more.pop("initial", {})}, **more)


def decision_shown(outcome: Outcome, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Labels and values of what the officer wrote, as people read them."""
    return [(spec["label"], shown(spec, values[spec["name"]])) for spec in outcome.fields if values.get(spec["name"])]


def finding_columns(procedure_code: str, answers: Mapping[str, Any], *, known_numbers: Iterable[str]) -> dict[str, Any]:
    """What officers find a dossier by, beside code and owner: the person it is about, and blind indexes of the numbers it names.

    ``known_numbers``: identity numbers of applicant and owner. Values for the columns of :class:`Dossier`, in a stable order.
    """
    outcome = outcome_of(procedure_code)
    subject = str(answers.get(outcome.subject_name) or "") if outcome is not None else ""
    named = [str(answers.get(field) or "") for field in outcome.identity_numbers] if outcome is not None else []
    numbers = {number for text in (*known_numbers, *named) if (number := clean_id_number(text))}
    return {
        "subject_name": subject,
        "subject_name_key": search_key(subject),
        "id_blinds": sorted(blind_index("id_number", number) for number in numbers),
    }
