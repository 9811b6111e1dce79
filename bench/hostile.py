"""Questions that nobody means: random, hostile and enormous ones, for tests and benchmarks."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxy 0123456789.,;'\"<>%_\\/()[]{}|&*^$#@!\x00\u0301\u200b😀"
ATTACKS = (
    "' OR 1=1 --", "<script>alert(1)</script>", "{{7*7}}", "%00", "../../etc/passwd", "SELECT pg_sleep(9)", "\\", "%", "_",
    "a" * 200, "1." * 99,
    "()" * 99, "\u202e", "ﷺ" * 60, "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 20,
)  # fmt: skip


def hostile(dice: random.Random, syllables: Sequence[str], count: int) -> Iterator[str]:
    """``count`` questions of at most 200 characters (what the page reads), from letters, real syllables, no words at all, and attacks."""
    for number in range(count):
        kind = number % 5
        if kind == 0:
            q = "".join(dice.choices(LETTERS, k=dice.randint(1, 200)))
        elif kind == 1:
            q = " ".join(dice.choices(syllables, k=dice.randint(1, 60)))
        elif kind == 2:
            q = " ".join("".join(dice.choices("bcdghklmnpqrstvx", k=8)) for _ in range(22))
        elif kind == 3:
            q = " ".join("".join(dice.sample(word, len(word))) for word in dice.choices(syllables, k=30))
        else:
            q = dice.choice(ATTACKS)
        yield q[:200]
