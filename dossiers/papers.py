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
from dossiers.terms import RequiredPaper
from procedures.conditions import holds


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


def because(condition: Mapping[str, Any], fields: Iterable[Spec], answers: Mapping[str, str]) -> str:
    """The answer that made a condition hold, in words: ``vì bạn trả lời “<question>”: <answer>``."""
    spec = next((spec for spec in fields if spec["name"] == condition["field"]), None)
    if spec is None:
        return ""
    answer = answers.get(spec["name"], "")
    words = dict(spec["choices"]).get(answer, answer) if spec["kind"] == "choice" else answer
    return _("vì bạn trả lời “%(question)s”: %(answer)s") % {"question": spec["label"], "answer": words}


def wanted_papers(
    papers: Sequence[RequiredPaper], rules: Sequence[Mapping[str, Any]], fields: Sequence[Spec], answers: Mapping[str, str]
) -> list[Wanted]:
    """The papers under these answers (those that count: :func:`dossiers.conditions.counting`), in the order of the terms."""
    found = []
    for paper in papers:
        rule = next((rule for rule in rules if rule_fits(rule, paper)), None)
        if rule is None:
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
    for paper in papers:
        rule = next((rule for rule in rules if rule_fits(rule, paper)), None)
        if rule is None:
            always += [Announced(paper)] if paper.required else []
            continue
        spec = next(spec for spec in fields if spec["name"] == rule["when"]["field"])
        words = tuple(label for value, label in spec["choices"] if value in rule["when"]["in"])
        sometimes.append(Announced(paper, spec["label"], words, rule.get("required", True)))
    return [*always, *sometimes]
