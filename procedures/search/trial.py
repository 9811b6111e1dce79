"""What another weight would do to the answers of one question, before it is laid down."""

from __future__ import annotations

from decimal import Decimal

from procedures.models import SearchWeight
from procedures.search.corpus import current_engine

SHOWN = 5


def trial(question: str, weight: SearchWeight, value: Decimal) -> tuple[list[str], list[str]]:
    """Codes of the first answers as things are, and as they would be if ``weight`` were ``value``."""
    engine = current_engine()
    other = engine.taught(engine.words, engine.weights.with_value(weight.kind, weight.key, value))
    return engine.find(question, limit=SHOWN).codes, other.find(question, limit=SHOWN).codes
