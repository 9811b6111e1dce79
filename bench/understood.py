"""How well comments are understood: ``python -m bench.understood file.csv`` (``text,topic,mood``); 1 where a target is missed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ratings.understood.judging import judge, macro_f1, report

TOPICS, MOODS = 0.65, 0.70
"""Least macro-F1 on comments written by somebody who does not know the method."""


def main() -> int:
    """Judge a file and say the figures; ``--wrong`` also the comments that were read otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--wrong", action="store_true")
    asked = parser.parse_args()
    try:
        judged = judge(asked.file)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{asked.file}: {error}\n")
        return 2
    if asked.wrong:
        for one in judged:
            if (one.topic, one.mood) != (one.read_topic, one.read_mood):
                sys.stdout.write(f"{one.topic}/{one.mood} read as {one.read_topic}/{one.read_mood}: {one.text}\n")
    sys.stdout.write("\n".join(report(judged)) + "\n")
    topics = macro_f1([(one.topic, one.read_topic) for one in judged])
    moods = macro_f1([(one.mood, one.read_mood) for one in judged])
    return int(topics < TOPICS or moods < MOODS)


if __name__ == "__main__":
    sys.exit(main())
