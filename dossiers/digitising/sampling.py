"""How many papers of a batch a second person looks at, and which: by a rule that is data, dated."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

RULES = Path(__file__).resolve().parent.parent / "data" / "old_papers" / "sampling.json"
T = TypeVar("T")


@dataclass(frozen=True)
class Rule:
    """From a day on: this share, at least so many, and so many of them may be wrong."""

    valid_from: date
    share_percent: int
    least: int
    bad_allowed: int


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """The shipped rules, the oldest first."""
    found = [
        Rule(date.fromisoformat(row["valid_from"]), int(row["share_percent"]), int(row["least"]), int(row["bad_allowed"]))
        for row in json.loads(RULES.read_text())
    ]
    if any(not (0 < rule.share_percent <= 100 and rule.least >= 1 and 0 <= rule.bad_allowed < rule.least) for rule in found):
        raise ValueError(f"{RULES.name}: a rule that checks nothing")
    return tuple(sorted(found, key=lambda rule: rule.valid_from))


def rule_on(day: date) -> Rule:
    """The rule of a day; the first one before there was any."""
    found = [rule for rule in rules() if rule.valid_from <= day]
    return found[-1] if found else rules()[0]


def sample_size(papers: int, rule: Rule) -> int:
    """How many of so many papers are looked at: the share rounded up, at least ``least``, never more than there are."""
    return min(papers, max(rule.least, -(-papers * rule.share_percent // 100)))


def draw(papers: Sequence[T], size: int) -> list[T]:
    """So many of them, by chance that nobody can foresee: who types knows not what will be looked at."""
    return random.SystemRandom().sample(list(papers), size)
