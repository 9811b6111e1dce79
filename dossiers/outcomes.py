"""What the decision of a procedure ends in: its document, who signs it, in which register it is entered. Registered per procedure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.identifiers import clean_id_number
from dossiers import slips
from portal.access.roles import LEADERS
from portal.crypto import blind_index
from portal.text import search_key


@dataclass(frozen=True)
class Outcome:
    """The result of one procedure."""

    kind: str
    """Kind of document (``portal.documents``)."""
    title: str
    template: str
    context: Callable[..., dict[str, Any]]
    """``(dossier, *, registration_number, book, signer_label)`` → what stands in the document, plain values."""
    register: str
    """The register of the agency in which it gets a number."""
    signer_roles: frozenset[str] = LEADERS
    """Roles that may sign it. Whoever prepared the decision never signs it, whatever their roles."""
    signer_words: str = "lãnh đạo cơ quan"
    subject_name: str = ""
    """Field of the form with the name of the person it is about."""
    identity_numbers: tuple[str, ...] = ()
    """Fields of the form with identity numbers of people it names: search, and who may not act on it."""


_outcomes: dict[str, Outcome] = {}


def register_outcome(procedure_code: str, outcome: Outcome) -> None:
    """Say what a procedure ends in, once, in ``ready()``."""
    if _outcomes.get(procedure_code, outcome) != outcome:
        raise ValueError(f"the outcome of {procedure_code} is registered twice, differently")
    _outcomes[procedure_code] = outcome


def outcome_of(procedure_code: str) -> Outcome | None:
    """What the procedure ends in; None where nobody registered it."""
    return _outcomes.get(procedure_code)


BIRTH = Outcome(
    kind=slips.BIRTH_CERTIFICATE,
    title="Giấy khai sinh",
    template="documents/birth_certificate.html",
    context=slips.birth_certificate_context,
    register="birth",
    # Law on Civil Status 2014 art. 16.2: the civil-status officer reports, the chairman of the commune's committee issues.
    signer_words="lãnh đạo Ủy ban nhân dân cấp xã",
    subject_name="child_name",
    identity_numbers=("mother_id_number", "father_id_number", "requester_id_number"),
)


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
