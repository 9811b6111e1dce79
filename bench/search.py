"""`make bench-search`: how often a right procedure stands among the first five, for three engines on the same questions.

The questions are in ``bench/questions``: ``tuning.tsv`` (looked at while words were written), ``held-out.tsv`` and ``everyday.tsv`` (by
others, who knew neither words nor engine; never looked at). What the first asks as well is left out of the others. ``QUESTIONS=file`` adds
a file of ``query⇥accepted_codes``. A provincial copy that bears the name of a right procedure is right.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import os
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from bench import data
from bench.load import ROOT
from bench.pages import write
from portal.text import search_key

FIRST = 5
OURS, NAMES_ALONE = "this engine", "BM25 with pairs over names"
Asked = tuple[str, str, frozenset[str]]


def questions(path: Path, kind: str = "") -> list[Asked]:
    """``(kind, question, codes)`` of a file."""
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        (row.get("kind") or kind, row["query"], frozenset((row.get("codes") or row["accepted_codes"]).replace(" ", "").split(",")))
        for row in rows
    ]


def main() -> None:
    """Load, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with national-list.csv and procedures.jsonl.gz")
    parser.add_argument("--questions", type=Path, default=None, help="another file of questions")
    parser.add_argument("--misses", action="store_true", help="print the tuning questions that found nothing right")
    parser.add_argument("--write", action="store_true", help="put the table into docs/search.md")
    options = parser.parse_args()
    about, env, _var = data.prepare(options.data)
    os.environ.update(env)
    import django

    django.setup()
    sets = {
        "tuning": questions(ROOT / "bench" / "questions" / "tuning.tsv"),
        "held out": questions(ROOT / "bench" / "questions" / "held-out.tsv"),
        "everyday": questions(ROOT / "bench" / "questions" / "everyday.tsv"),
    }
    seen = {search_key(question) for _kind, question, _codes in sets["tuning"]}
    for name in ("held out", "everyday"):
        sets[name] = [one for one in sets[name] if search_key(one[1]) not in seen]
    if options.questions:
        sets[options.questions.stem] = questions(options.questions, "long")
    engines = _engines()
    rows = ["| engine | " + " | ".join(f"{name}, {kind}" for name, kind in _columns(sets)) + " | p95 ms |"]
    rows.append("|---|" + "---|" * (len(_columns(sets)) + 1))
    hits: dict[tuple[str, str, str], list[bool]] = {}
    for label, ask in engines.items():
        cells, times = [], []
        for name, kind in _columns(sets):
            asked = [one for one in sets[name] if one[0] == kind]
            right = []
            for _kind, question, codes in asked:
                started = time.perf_counter()
                found = ask(question)[:FIRST]
                times.append((time.perf_counter() - started) * 1000)
                hit = bool(_widened(codes) & set(found))
                right.append(hit)
                if options.misses and not hit and label == OURS and name == "tuning":
                    print(f"{kind}\t{question}\t{','.join(sorted(codes))}\t{','.join(found)}")
            hits[label, name, kind] = right
            cells.append(_share(right))
        rows.append(f"| {label} | " + " | ".join(cells) + f" | {statistics.quantiles(times, n=20)[18]:.1f} |")
        print(rows[-1], flush=True)
    table = "\n".join([*rows, "", *_by_difficulty(hits, sets)])
    print(table)
    if options.write:
        write("questions", f"Measured {dt.datetime.now(dt.UTC).date().isoformat()} on {about}.\n\n{table}", "search.md")


def _share(right: list[bool]) -> str:
    return f"{100 * sum(right) / max(1, len(right)):.1f} % ({sum(right)}/{len(right)})"


def _by_difficulty(hits: dict[tuple[str, str, str], list[bool]], sets: dict[str, list[Asked]]) -> list[str]:
    """How this engine does where names alone are enough, and where they are not: any other mix of the two can be reckoned from it."""
    rows = [f"| {OURS}, where BM25 over names | " + " | ".join(f"{name}, {kind}" for name, kind in _columns(sets)) + " |"]
    rows.append("|---|" + "---|" * len(_columns(sets)))
    for found in (True, False):
        cells = []
        for name, kind in _columns(sets):
            pairs = zip(hits[NAMES_ALONE, name, kind], hits[OURS, name, kind], strict=True)
            cells.append(_share([ours for plain, ours in pairs if plain is found]))
        rows.append(f"| {'finds it' if found else 'does not'} | " + " | ".join(cells) + " |")
    return rows


def _columns(sets: dict[str, list[Asked]]) -> list[tuple[str, str]]:
    return [(name, kind) for name, asked in sets.items() for kind in ("long", "short") if any(one[0] == kind for one in asked)]


_names: dict[str, frozenset[str]] = {}


def _widened(codes: frozenset[str]) -> frozenset[str]:
    """The codes and those of other procedures with the same name."""
    return frozenset().union(codes, *(_names.get(code, frozenset()) for code in codes))


def _engines() -> dict[str, Callable[[str], list[str]]]:
    from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector, TrigramWordSimilarity
    from django.db.models import Value
    from django.utils import timezone

    from portal.search import HeldEngine
    from portal.search.index import Index
    from portal.search.question import pairs, plain_syllables
    from procedures import queries
    from procedures.search import PROCEDURES, entry

    day = timezone.localdate()
    documents = queries.search_rows(day)
    same: dict[str, set[str]] = {}
    for row in documents:
        same.setdefault(" ".join(plain_syllables(row["name"])), set()).add(row["code"])
    for row in documents:
        _names[row["code"]] = frozenset(same[" ".join(plain_syllables(row["name"]))])
    engine = HeldEngine(PROCEDURES, map(entry, documents), *PROCEDURES.teach())
    titles = Index({"name": (1.0, 0.75, [plain_syllables(row["name"]) for row in documents])}, len(documents))
    codes = [row["code"] for row in documents]

    def bm25(question: str) -> list[str]:
        syllables = plain_syllables(question)
        scores = titles.score(dict.fromkeys([*syllables, *pairs(syllables)], 1.0))
        return [codes[number] for number in (-scores).argsort(kind="stable")[:FIRST]]

    def postgres(question: str) -> list[str]:
        words = re.findall(r"\w+", " ".join(plain_syllables(question)))
        query = SearchQuery(" | ".join(words), search_type="raw", config="simple")
        rows = queries.in_force(day).annotate(
            rank=SearchRank(SearchVector("search_key", config="simple"), query, normalization=Value(1))
            + TrigramWordSimilarity(" ".join(words), "name_key")
        )
        return list(rows.order_by("-rank").values_list("procedure__code", flat=True)[:FIRST])

    return {
        "PostgreSQL full text and trigrams": postgres,
        NAMES_ALONE: bm25,
        OURS: lambda question: engine.find(question, limit=FIRST).codes,
    }


if __name__ == "__main__":
    main()
