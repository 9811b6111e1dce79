"""What the decision of a procedure ends in: what the officer writes, the register, the paper, who signs it. All of it is its result
template (`dossiers.result_documents`), in the version that stood when the dossier was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Case, F, When
from django.utils import timezone

from accounts.identifiers import clean_id_number
from dossiers.conditions import Spec, shape, shown_fields
from dossiers.forms import DecisionForm, shown
from dossiers.models import Dossier, ResultVersion
from dossiers.registers import Register, RegisterNumber
from dossiers.result_documents import FACTS, Value, drawn
from dossiers.result_documents.checking import officer_fields
from dossiers.slips import signer
from portal.access.roles import LEADERS
from portal.crypto import blind_index
from portal.documents.units import unit_name
from portal.text import search_key
from procedures.conditions import holds

RESULT = "dossiers.result"
"""Kind of document of every result."""
TEMPLATE = "documents/result.html"


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
    """The result of one procedure, as one version of its template has it."""

    procedure_code: str
    document: Mapping[str, Any]
    number: int = 0
    """Of the version; 0: not published."""
    signer_roles: frozenset[str] = LEADERS
    """Roles that may sign it. Whoever prepared the decision never signs it, whatever their roles."""

    @property
    def title(self) -> str:
        """What the document is called, for everybody."""
        return str(self.document["title"])

    @property
    def register(self) -> Register | None:
        """The register of the agency in which it gets a number, if any; its own where none is named."""
        said = self.document.get("register")
        if said is None:
            return None
        code = said.get("code") or self.procedure_code.lower()[:20]
        return Register(code, number_label=said["label"], has_books=bool(said.get("books")))

    @property
    def fields(self) -> list[Spec]:
        """What the officer writes beside the number, in the language of the citizens' forms; conditions look at ``answer.<field>``."""
        return list(officer_fields(self.document))

    @property
    def signer_words(self) -> str:
        """Who signs, as sentences name them."""
        return str(self.document["signature"]["who"])

    def valid_until(self, values: Mapping[str, str], decided_on: date) -> date | None:
        """The last day on which the result holds, from what the officer wrote and the day of the decision; None: it does not expire."""
        said = self.document.get("valid")
        if said is None:
            return None
        if "until" in said:
            text = values.get(said["until"], "")
            return date.fromisoformat(text) if text else None
        years = values.get(said["years"], "") if isinstance(said["years"], str) else said["years"]
        return years_after(decided_on, int(years)) if years else None


def years_after(day: date, years: int) -> date:
    """So many years after a day; what began on a 29 February ends on a 28th."""
    return day.replace(year=day.year + years, day=min(day.day, 28) if day.month == 2 else day.day)


def outcome_of(procedure_code: str) -> Outcome | None:
    """What the procedure ends in today; None where it has no result template (one query)."""
    found = ResultVersion.objects.filter(procedure_code=procedure_code).order_by("-number").first()
    return Outcome(procedure_code, found.document, found.number) if found is not None else None


def outcome_for(dossier: Dossier) -> Outcome | None:
    """What a dossier ends in, whatever was published since: the version that stood when it was sent. Where none stood then, the first
    that came after it, so that who filed before there was a template is answered too. One query, the first time for this ``dossier``."""
    known: tuple[datetime, Outcome | None] | None = dossier.__dict__.get("_outcome")
    if known is None or known[0] != dossier.submitted_at:
        known = dossier.__dict__["_outcome"] = (dossier.submitted_at, _outcome_for(dossier))
    return known[1]


def _outcome_for(dossier: Dossier) -> Outcome | None:
    # The newest of those of then; of those that came later the first.
    then = Case(When(published_at__lte=dossier.submitted_at, then=F("number")), default=-F("number"))
    found = ResultVersion.objects.filter(procedure_code=dossier.procedure_code).annotate(then=then).order_by("-then").first()
    return Outcome(dossier.procedure_code, found.document, found.number) if found is not None else None


def ending_kinds() -> dict[str, Callable[[Mapping[str, str], date], date | None]]:
    """Code of each procedure whose results expire today → how the last day is reckoned (one query)."""
    rows = ResultVersion.objects.filter(document__has_key="valid").order_by("procedure_code", "-number").distinct("procedure_code")
    return {row.procedure_code: Outcome(row.procedure_code, row.document).valid_until for row in rows}


def decision_form(outcome: Outcome, dossier: Dossier, data: Mapping[str, Any] | None = None, **more: Any) -> DecisionForm:
    """What the officer fills in to decide this dossier: the fields that its answers call for. ``more``: see :class:`DecisionForm`."""
    answers = dossier.answers or {}
    counted = {f"answer.{name}": value for name, value in answers.items()}
    there = [spec for spec in outcome.fields if holds(spec.get("when"), counted)]
    plain = [{key: value for key, value in spec.items() if key not in ("when", "prefill")} for spec in there]
    specs = shape(plain, {}, {}).fields
    initial = {spec["name"]: spec["default"] for spec in specs if "default" in spec}
    for spec in there:
        value = counted.get(spec.get("prefill", ""), "")
        if isinstance(value, str) and value:
            # A day stands as people write it; the label of a choice is not its value.
            initial[spec["name"]] = shown(spec, value) if spec["kind"] == "date" else value
    return DecisionForm(specs, data, register=outcome.register, initial={**initial, **more.pop("initial", {})}, **more)


def decision_shown(outcome: Outcome, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Labels and values of what the officer wrote, as people read them."""
    return [(spec["label"], shown(spec, values[spec["name"]])) for spec in outcome.fields if values.get(spec["name"])]


def result_context(outcome: Outcome, decision: Decision) -> dict[str, Any]:
    """What stands in the document of a decision: plain values, so that it reads the same whatever happens to template and catalogue."""
    dossier = decision.dossier
    answers: dict[str, Value] = {
        f"answer.{spec['name']}": Value(spec, (dossier.answers or {}).get(spec["name"], ""))
        for spec in shown_fields(dossier.form_version.fields, dossier.answers or {})
    }
    return drawn_context(outcome, answers, decision)


def drawn_context(outcome: Outcome, answers: Mapping[str, Value], decision: Decision) -> dict[str, Any]:
    """The same with the answers given: of a dossier, or made up to try a template."""
    dossier, number, by = decision.dossier, decision.number, signer(decision.signer_label)
    day = timezone.localdate(dossier.decided_at)
    last = outcome.valid_until(decision.values, day)
    facts = {
        "dossier.code": dossier.code or "",
        "dossier.procedure": dossier.procedure_name,
        "dossier.filer": dossier.filed_by_name,
        "dossier.owner": dossier.owner_name,
        "dossier.sent_on": timezone.localdate(dossier.submitted_at).isoformat(),
        "unit.name": unit_name(dossier.unit_code),
        "register.number": number.number_words if number is not None else "",
        "register.short": str(number.number) if number is not None else "",
        "register.book": number.book_words if number is not None else "",
        "result.decided_on": day.isoformat(),
        "result.valid_until": last.isoformat() if last is not None else "",
        "signer.name": by["signer_name"],
        "signer.title": by["signer_title"],
    }
    written = {f"decision.{spec['name']}": Value(spec, decision.values.get(spec["name"], "")) for spec in outcome.fields}
    own = {name: Value({"kind": FACTS[name][1]}, value) for name, value in facts.items()}
    signature = {"capacity": "", "place": "right", **outcome.document["signature"]}
    blocks = drawn(outcome.document, {**answers, **written, **own})
    if not any(block["kind"] == "title" for block in blocks):
        # None of its titles is for this case: a paper without a name is none.
        blocks = [{"kind": "title", "heading": "", "text": outcome.title}, *blocks]
    return {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "code": dossier.code or "",
        "result_version": outcome.number,
        "dated": bool(outcome.document.get("dated")),
        "blocks": blocks,
        "signature": signature,
        **by,
    }


def finding_columns(procedure_code: str, answers: Mapping[str, Any], *, known_numbers: Iterable[str]) -> dict[str, Any]:
    """What officers find a dossier by, beside code and owner: the person it is about, and blind indexes of the numbers it names.

    ``known_numbers``: identity numbers of applicant and owner. Values for the columns of :class:`Dossier`, in a stable order (one query).
    """
    outcome = outcome_of(procedure_code)
    document = outcome.document if outcome is not None else {}
    subject = str(answers.get(document.get("subject", "")) or "")
    named = [str(answers.get(field) or "") for field in document.get("identity_numbers", ())]
    numbers = {number for text in (*known_numbers, *named) if (number := clean_id_number(text))}
    return {
        "subject_name": subject,
        "subject_name_key": search_key(subject),
        "id_blinds": sorted(blind_index("id_number", number) for number in numbers),
    }
