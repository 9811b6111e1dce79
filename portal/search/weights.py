"""How much each field of a corpus and each pair of syllables counts, by what is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

EVERY_PAIR, FIELD, PAIR = "all", "field", "pair"
"""Kinds of weights: of all pairs, of a field, of two certain syllables beside that of all pairs."""


@dataclass(frozen=True)
class Weights:
    """Weights in use. Immutable."""

    fields: Mapping[str, float]
    """Of each field that is searched."""
    every_pair: float = 1.0
    """Of two neighbouring syllables, a single one weighing 1."""
    pairs: Mapping[str, float] = field(default_factory=dict)
    """Factors of single pairs beside that, by token."""

    def with_rows(self, rows: Iterable[tuple[str, str, Decimal]]) -> Weights:
        """The same but for ``(kind, key, value)`` rows."""
        weights = self
        for kind, key, value in rows:
            weights = weights.with_value(kind, key, value)
        return weights

    def with_value(self, kind: str, key: str, value: Decimal) -> Weights:
        """The same but for one weight; ``key``: the field, or the two syllables of a pair parted by a space."""
        number = float(value)
        if kind == FIELD:
            return replace(self, fields={**self.fields, key: number})
        if kind == PAIR:
            return replace(self, pairs={**self.pairs, key.replace(" ", "_"): number})
        return replace(self, every_pair=number)

    def applied(self, tokens: Mapping[str, float]) -> Mapping[str, float]:
        """What a question asks for, its pairs weighing what editors laid down."""
        if self.every_pair == 1 and not self.pairs:
            return tokens
        return {
            token: weight * self.every_pair * self.pairs.get(token, 1.0) if "_" in token else weight for token, weight in tokens.items()
        }
