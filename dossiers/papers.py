"""Which papers one person is asked for: the papers of the terms under the conditions of the form version. Pure functions.

A rule of a form version names a paper by its ``kind``, or by the ``case`` in whose words the law wants it, and says when that is so::

    {"case": "…", "when": {"field": …, "in": […]}, "required": true}

Papers without a rule are wanted as the catalogue says: always, or left to the person where it names a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dossiers.conditions import Spec
from dossiers.forms import shown
from dossiers.terms import RequiredPaper
from procedures.conditions import atoms, holds


@dataclass(frozen=True)
class Wanted:
    """A paper as one person meets it."""

    paper: RequiredPaper
    required: bool
    """Without it the filing cannot be sent."""
    asked: bool
    """False: with these answers it is not wanted; what was given stays until it is removed."""
    reason: str = ""
    """Why it is asked for, in words; empty: of everybody, or nobody decides but the person."""

    @property
    def by_choice(self) -> bool:
        """Nobody can say whether it is wanted but the person themself."""
        return self.asked and not self.required and not self.reason


def rule_fits(rule: Mapping[str, Any], paper: RequiredPaper) -> bool:
    """Whether a rule speaks of a paper."""
    return rule["kind"] == paper.kind if "kind" in rule else rule["case"] == paper.case


def papers_of(papers: Sequence[RequiredPaper], rules: Iterable[Mapping[str, Any]]) -> list[RequiredPaper]:
    """The papers of the terms, then those that the form itself asks for: its rules with a ``label``."""
    own = [
        RequiredPaper(
            rule["kind"], rule["label"], rule.get("help", ""), required=bool(rule.get("required")), replaced_by=rule.get("replaced_by", "")
        )
        for rule in rules
        if "label" in rule
    ]
    return [*papers, *own]


def because(condition: Mapping[str, Any], fields: Iterable[Spec], answers: Mapping[str, Any]) -> str:
    """The answer that made a condition hold, in words: ``vì bạn trả lời “<question>”: <answer>``."""
    by_name = {spec["name"]: spec for spec in fields}
    holding = (one["field"] for one in atoms(condition) if "field" in one and holds(one, answers))
    spec = next((by_name[name] for name in holding if name in by_name), None)
    if spec is None or spec["kind"] == "group":
        return ""
    return _("vì bạn trả lời “%(question)s”: %(answer)s") % {
        "question": spec["label"],
        "answer": shown(spec, answers.get(spec["name"], "")),
    }


def wanted_papers(
    papers: Sequence[RequiredPaper], rules: Sequence[Mapping[str, Any]], fields: Sequence[Spec], answers: Mapping[str, Any]
) -> list[Wanted]:
    """The papers under these answers (those that count: `dossiers.conditions.Shape.counts`), in the order of the terms."""
    found = []
    for paper in papers_of(papers, rules):
        rule = next((rule for rule in rules if rule_fits(rule, paper)), None)
        if rule is None or "when" not in rule:
            found.append(Wanted(paper, paper.required, asked=True))
        elif holds(rule["when"], answers):
            found.append(Wanted(paper, rule.get("required", True), asked=True, reason=because(rule["when"], fields, answers)))
        else:
            found.append(Wanted(paper, required=False, asked=False))
    return found


@dataclass(frozen=True)
class Announced:
    """A paper as everybody is told of it before they begin."""

    paper: RequiredPaper
    question: str = ""
    """The question whose answer decides, and the answers with which it is wanted; empty: always."""
    answers: tuple[str, ...] = ()
    required: bool = True


def announced_papers(papers: Sequence[RequiredPaper], rules: Sequence[Mapping[str, Any]], fields: Sequence[Spec]) -> list[Announced]:
    """What may be asked for: papers everybody hands in, then those wanted with some answers."""
    always, sometimes = [], []
    by_name = {spec["name"]: spec for spec in fields}
    for paper in papers_of(papers, rules):
        rule = next((rule for rule in rules if rule_fits(rule, paper)), None)
        if rule is None or "when" not in rule:
            always += [Announced(paper)] if paper.required else []
            continue
        asked = next(one for one in atoms(rule["when"]) if "field" in one)
        spec = by_name[asked["field"]]
        # In words only what one question and its choices say; of a condition of several the first question is named.
        words = tuple(label for value, label in spec.get("choices", ()) if value in asked.get("in", ())) if "in" in rule["when"] else ()
        sometimes.append(Announced(paper, spec["label"], words, rule.get("required", True)))
    return [*always, *sometimes]
