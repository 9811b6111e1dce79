"""How much each part of a procedure and each pair of syllables counts: the editors' data, by what is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from procedures.models import SearchWeight


@dataclass(frozen=True)
class Weights:
    """Weights in use. Immutable."""

    fields: Mapping[str, float]
    """Of each part that is searched."""
    every_pair: float
    """Of two neighbouring syllables, a single one weighing 1."""
    pairs: Mapping[str, float]
    """Factors of single pairs beside that, by token."""

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, Decimal]] = ()) -> Weights:
        """From ``(kind, key, value)`` rows; what no row names weighs as it was shipped."""
        weights = cls({}, 1.0, {})
        for kind, key, value in (*((one.kind, key, one.value) for key, one in SearchWeight.SHIPPED.items()), *rows):
            weights = weights.with_value(kind, key, value)
        return weights

    def with_value(self, kind: str, key: str, value: Decimal) -> Weights:
        """The same but for one weight."""
        number = float(value)
        if kind == SearchWeight.Kind.FIELD:
            return replace(self, fields={**self.fields, key: number})
        if kind == SearchWeight.Kind.PAIR:
            return replace(self, pairs={**self.pairs, key.replace(" ", "_"): number})
        return replace(self, every_pair=number)

    def applied(self, tokens: Mapping[str, float]) -> Mapping[str, float]:
        """What a question asks for, its pairs weighing what editors laid down."""
        if self.every_pair == 1 and not self.pairs:
            return tokens
        return {
            token: weight * self.every_pair * self.pairs.get(token, 1.0) if "_" in token else weight for token, weight in tokens.items()
        }
