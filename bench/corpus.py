"""`make bench-corpus`: what 100,000 texts of 300 words cost: memory of a process, time to take in a change, time of a question.

The texts are generated (seeded) from stretches of the shipped procedures, so that syllables and pairs are as common as in real ones. Each
question is a stretch of some text's title, half of them without diacritics, a third with a slip; another column says how often a text with
these words in its title stands among the first five: that the engine answers and does not only return. Compared: the index in memory at
three sizes, PostgreSQL behind the same face, and beside them PostgreSQL's own full text in plain SQL. ``WRITE=1`` puts the table into
docs/search.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import json
import multiprocessing
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench import data
from bench.load import ROOT
from bench.pages import write

TITLE, WORDS = 12, 300
SIZES = (10_000, 30_000, 100_000)
FIRST = 5
Ask = Callable[[str], list[str]]


def source() -> list[str]:
    """Every word of the shipped procedures, in their order."""
    words: list[str] = []

    def read(value: Any) -> None:
        if isinstance(value, str) and " " in value:
            words.extend(value.split())
        elif isinstance(value, list | dict):
            for one in value.values() if isinstance(value, dict) else value:
                read(one)

    for file in sorted((ROOT / "procedures" / "data").glob("*.json")):
        read(json.loads(file.read_text(encoding="utf-8")))
    return words


def texts(count: int) -> Iterator[tuple[str, str, str]]:
    """``(key, title, answer)``: stretches of three to twelve words each."""
    dice, words = random.Random(7), source()

    def stretch(length: int) -> str:
        out: list[str] = []
        while len(out) < length:
            start = dice.randrange(len(words) - 12)
            out += words[start : start + dice.randint(3, 12)]
        return " ".join(out[:length])

    for number in range(count):
        yield f"t{number}", stretch(TITLE), stretch(WORDS - TITLE)


def questions(count: int, number: int) -> list[tuple[str, frozenset[str]]]:
    """``(question, keys of the texts whose titles hold its words in their order)``."""
    from portal.text import search_key

    dice = random.Random(11)
    titles = [search_key(title) for _key, title, _answer in texts(count)]
    written = dict(enumerate(title for _key, title, _answer in texts(count)))
    asked = []
    for place in dice.sample(range(count), number):
        words = written[place].split()
        start = dice.randrange(4)
        q = said = " ".join(words[start : start + dice.randint(4, 8)])
        if dice.random() < 0.5:
            q = search_key(q)
        if dice.random() < 0.33:
            at = dice.randrange(1, len(q) - 1)
            q = q[: at - 1] + q[at] + q[at - 1] + q[at + 1 :]
        plain = search_key(said)
        asked.append((q, frozenset(f"t{other}" for other, title in enumerate(titles) if plain in title)))
    return asked


def memory_of_process() -> float:
    """Resident MB of this process."""
    return int(next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def described(kept: str, count: int) -> Any:
    """The corpus."""
    from portal.search import Corpus, Entry, Field, Kept

    return Corpus(
        name="bench",
        fields={"title": Field(1.0), "answer": Field(0.4, 0.75, longest=1_000)},
        entries=lambda: (Entry(key, {"title": title, "answer": answer}) for key, title, answer in texts(count)),
        rooms=(),
        kept=Kept(kept),
    )


def measured(ask: Ask, asked: list[tuple[str, frozenset[str]]]) -> tuple[float, float, float]:
    """p50 and p95 in ms, and the share that has a text with these words in its title among the first five."""
    for q, _keys in asked[:20]:
        ask(q)
    times, right = [], 0
    for q, keys in asked:
        started = time.perf_counter()
        found = ask(q)[:FIRST]
        times.append((time.perf_counter() - started) * 1000)
        right += not keys.isdisjoint(found)
    cuts = statistics.quantiles(times, n=20)
    return cuts[9], cuts[18], right / len(asked)


def in_memory(count: int, number: int, answers: Any) -> None:
    """In a process of its own: MB gained, seconds to make the index, times of questions."""
    import django

    django.setup()
    from portal.search import HeldEngine

    corpus, asked = described("memory", count), questions(count, number)
    before, started = memory_of_process(), time.perf_counter()
    engine = HeldEngine(corpus, corpus.entries(), *corpus.teach())
    seconds = time.perf_counter() - started
    figures = measured(lambda q: engine.find(q).keys, asked)
    answers.put((memory_of_process() - before, seconds, *figures))


def in_postgres(count: int, number: int, answers: Any) -> None:
    """The same of the corpus in PostgreSQL; further: seconds to build it and to count it, MB on disk, ms of one change."""
    import django

    django.setup()
    from django.db import connection

    from portal.search import Entry, put, rebuild
    from portal.search.models import StoredCorpus
    from portal.search.stored import StoredEngine, recount

    corpus, asked = described("postgres", count), questions(count, number)
    stored = StoredCorpus.objects.filter(name=corpus.name, size=count).first()
    built = 0.0
    if stored is None:
        started = time.perf_counter()
        rebuild(corpus)
        built = time.perf_counter() - started
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE search_storedentry, search_storedtoken")
    stored = StoredCorpus.objects.get(name=corpus.name)
    before = memory_of_process()
    engine = StoredEngine(corpus, *corpus.teach())
    figures = measured(lambda q: engine.find(q).keys, asked)
    gained = memory_of_process() - before
    changes = []
    for (key, _title, _answer), (_key, title, answer) in zip(texts(100), itertools.islice(texts(200), 100, 200), strict=False):
        started = time.perf_counter()
        put(corpus, [Entry(key, {"title": title, "answer": answer})])
        changes.append((time.perf_counter() - started) * 1000)
    started = time.perf_counter()
    recount(stored.pk)
    counted = time.perf_counter() - started
    with connection.cursor() as cursor:
        sizes = ["search_storedentry", "search_storedtoken", "search_entry_lexemes"]
        cursor.execute("SELECT " + ", ".join(f"pg_total_relation_size('{name}') / 1048576" for name in sizes))
        disk = cursor.fetchone()
    # As they were, for another run.
    put(corpus, [Entry(key, {"title": title, "answer": answer}) for key, title, answer in texts(100)])
    answers.put((gained, built, statistics.quantiles(changes, n=20)[18], counted, disk, *figures))


def plain(count: int, number: int, answers: Any) -> None:
    """PostgreSQL's own full text over the same texts without diacritics, titles heavier: any word of the question, the best by rank."""
    import django

    django.setup()
    from django.db import connection

    from portal.search.question import plain_syllables

    asked = questions(count, number)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("DROP TABLE IF EXISTS bench_plain")
        cursor.execute("CREATE TABLE bench_plain (key text, words tsvector)")
        with cursor.copy("COPY bench_plain FROM STDIN") as copy:  # type: ignore[attr-defined]
            for key, title, answer in texts(count):
                weighed = [f"{word}:{place}A" for place, word in enumerate(plain_syllables(title), start=1)]
                weighed += [f"{word}:{place}D" for place, word in enumerate(plain_syllables(answer), start=100)]
                copy.write_row((key, " ".join(weighed)))
        cursor.execute("CREATE INDEX ON bench_plain USING gin (words)")
        cursor.execute("VACUUM ANALYZE bench_plain")

    query = "SELECT key FROM bench_plain, to_tsquery('simple', %s) AS q WHERE words @@ q ORDER BY ts_rank(words, q) DESC LIMIT 5"

    def ask(q: str) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(query, [" | ".join(plain_syllables(q))])
            return [key for (key,) in cursor.fetchall()]

    figures = measured(ask, asked)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_plain")
    answers.put(figures)


def _apart(what: Callable[[int, int, Any], None], count: int, number: int) -> Any:
    answers: Any = multiprocessing.get_context("spawn").Queue()
    process = multiprocessing.get_context("spawn").Process(target=what, args=(count, number, answers))
    process.start()
    found = answers.get()
    process.join()
    return found


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="texts of the largest corpus")
    parser.add_argument("--questions", type=int, default=400)
    parser.add_argument("--keep", action="store_true", help="leave the corpus in the database for another run")
    parser.add_argument("--write", action="store_true", help="put the table into docs/search.md")
    options = parser.parse_args()
    _about, env, _var = data.prepare(None)
    os.environ.update(env)
    rows = [
        "| texts of 300 words | engine | MB a web process | a change is taken in | p50 ms | p95 ms | right among the first five |",
        "|---|---|---|---|---|---|---|",
    ]
    for count in [size for size in SIZES if size < options.most] + [options.most]:
        gained, seconds, p50, p95, right = _apart(in_memory, count, options.questions)
        rows.append(f"| {count:,} | memory | {gained:,.0f} | {seconds:.1f} s | {p50:.1f} | {p95:.1f} | {100 * right:.1f} % |")
        print(rows[-1], flush=True)
    gained, built, changed, counted, disk, p50, p95, right = _apart(in_postgres, options.most, options.questions)
    change = f"{changed:.0f} ms (p95)"
    rows.append(f"| {options.most:,} | PostgreSQL | {gained:,.0f} | {change} | {p50:.1f} | {p95:.1f} | {100 * right:.1f} % |")
    print(rows[-1], flush=True)
    p50, p95, right = _apart(plain, options.most, options.questions if options.most < 50_000 else options.questions // 4)
    rows.append(f"| {options.most:,} | plain SQL (`tsvector`, `ts_rank`) | 0 | | {p50:.1f} | {p95:.1f} | {100 * right:.1f} % |")
    print(rows[-1], flush=True)
    of = f"{disk[0]:,} MB with its index ({disk[2]:,} MB), {disk[1]:,} MB of words"
    made = f"are built in {built:.0f} s, " if built else ""
    after = f"In PostgreSQL {options.most:,} texts {made}are counted anew in {counted:.0f} s, and take {of}."
    print(after)
    if not options.keep:
        _forget()
    if options.write:
        stamp = f"Measured {dt.datetime.now(dt.UTC).date().isoformat()}, {os.cpu_count()} cores, one question at a time."
        write("corpus", "\n".join([stamp, "", *rows, "", after]), "search.md")


def _forget() -> None:
    import django

    django.setup()
    from portal.search.models import StoredCorpus, StoredEntry, StoredToken

    stored = StoredCorpus.objects.filter(name="bench")
    for model in (StoredEntry, StoredToken):
        model.objects.filter(corpus__in=stored)._raw_delete("default")  # type: ignore[attr-defined]
    stored.delete()


if __name__ == "__main__":
    main()
