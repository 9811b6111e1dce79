"""`make bench-hostile`: random, hostile and enormous questions over HTTP, one at a time, each beside a bare view of as many bytes.

No answer may be an error of ours (5xx) and none may take longer than 200 ms; ``WRITE=1`` puts the figures into docs/performance.md.
The generator of questions also serves the tests.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import psycopg

from bench import data
from bench.asking import HEAD, Answer, ask, row
from bench.copies import copied
from bench.load import gunicorn
from bench.pages import write

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxy 0123456789.,;'\"<>%_\\/()[]{}|&*^$#@!\x00\u0301\u200b😀"
ATTACKS = (
    "' OR 1=1 --", "<script>alert(1)</script>", "{{7*7}}", "%00", "../../etc/passwd", "SELECT pg_sleep(9)", "\\", "%", "_",
    "a" * 200, "1." * 99,
    "()" * 99, "\u202e", "ﷺ" * 60, "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 20,
)  # fmt: skip
SEARCH, SUGGESTIONS = b"/tim-kiem/", b"/tim-kiem/goi-y/"
FILTERS = ("doi-tuong", "su-kien", "linh-vuc", "co-quan", "cap", "muc-do", "dia-phuong", "khong-co")
VALUES = ("", "0", "99", "cong-dan", "xa", "toan-trinh", "G12", "a-b.c_d", "ệ" * 80, "A" * 81, "' OR ''='", "\x00", "<b>", "%s%n", "１２")
PAGES = ("0", "-1", "2", "999999999", "9" * 40, "9" * 3_000, "1e9", "nan", "½", "１２", "0x10", "", "last", "\x00", "1\r\n2", "[]")
BROKEN = (
    b"%", b"%%", b"%z", b"%zz%", b"%u1ea1", b"%00", b"%c0%af", b"%ed%a0%80", b"%ff%fe", b"%f5%80%80%80", b"%e1%ba", b"%0d%0aX:%20y",
    b"\xff\xfe", b"\xe1\xba", b"\xc4\x91\xc4\x83ng", b"\x00", b"\x01\x7f", b"\t", b"a b", b"\r\nX: y", b"#", b"?", b";q=2", b"\\",
)  # fmt: skip
"""Pieces of an address that no browser sends: percent signs that encode nothing, what is not UTF-8, raw bytes."""
LIMIT_MS = 200.0


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


def queries(dice: random.Random, syllables: Sequence[str], count: int) -> Iterator[bytes]:
    """``count`` queries of an address: half of them hostile questions, the others enormous, too long, broken, repeated, nonsense."""
    plain = hostile(dice, syllables, count)

    def words(most: int) -> str:
        return " ".join(dice.choices(syllables, k=dice.randint(2, most)))

    for number in range(count):
        q = next(plain)
        kind = number % 10
        if kind < 5:
            yield b"q=" + quote(q).encode()
        elif kind == 5:
            # As much as a request line takes; the page reads the first 200 characters.
            yield b"q=" + quote(" ".join(dice.choices(syllables, k=900)))[:3_000].encode()
        elif kind == 6:
            yield b"q=" + quote(q + " " + words(9)).encode() + b"x" * dice.choice([4_100, 9_000, 70_000])
        elif kind == 7:
            pieces = [quote(words(4)).encode(), *dice.choices(BROKEN, k=dice.randint(1, 9))]
            dice.shuffle(pieces)
            yield b"q=" + b"".join(pieces)
        elif kind == 8:
            name = dice.choice(["q", "trang", "linh-vuc", "a"])
            yield b"&".join([b"q=" + quote(words(4)).encode()] + [f"{name}={n % 10}".encode() for n in range(dice.choice([2, 90, 400]))])
        else:
            chosen = {name: dice.choice(VALUES) for name in dice.sample(FILTERS, dice.randint(0, 4))} | {"trang": dice.choice(PAGES)}
            yield "&".join(f"{name}={quote(value)}" for name, value in [("q", words(4)), *chosen.items()]).encode()


def targets(dice: random.Random, syllables: Sequence[str], count: int) -> Iterator[bytes]:
    """``count`` addresses, half of them of the search page and half of suggestions, every fifth of them in English."""
    for number, query in enumerate(queries(dice, syllables, count)):
        # Every ten queries the other address: each gets all kinds of them.
        page = (SEARCH, SUGGESTIONS)[number // 10 % 2]
        yield (b"/en" if dice.random() < 0.2 else b"") + page + b"?" + query


def measure(port: int, syllables: Sequence[str], count: int) -> dict[str, list[Answer]]:
    """The answers of the two pages and of the bare view, which is asked after each of them."""
    answers: dict[str, list[Answer]] = {"search": [], "suggestion": [], "bare view": []}
    for _turn in range(20):
        # Each web process makes its index at its first question: that is not what is measured.
        for target in (SEARCH + b"?q=dang+ky", SUGGESTIONS + b"?q=dang+ky", b"/bare/20000/"):
            ask(port, target)
    for target in targets(random.Random(13), syllables, count):
        answer = ask(port, target)
        answers["suggestion" if SUGGESTIONS in target else "search"].append(answer)
        answers["bare view"].append(ask(port, b"/bare/%d/" % answer.size))
    return answers


def slowest(port: int, answers: Sequence[Answer]) -> list[tuple[Answer, float]]:
    """The ten slowest above the limit, each with the best of three further answers: what was slow by chance is fast then."""
    late = sorted((answer for answer in answers if answer.ms > LIMIT_MS), key=lambda answer: -answer.ms)[:10]
    return [(answer, min(ask(port, answer.target).ms for _turn in range(3))) for answer in late]


def main() -> None:
    """Prepare, ask, print; fails where an answer was a 5xx or is late each time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--data", type=Path, default=None, help="folder with national-list.csv and procedures.jsonl.gz")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args()
    about, env, _var = data.prepare(options.data)
    # In a copy: the portal notes questions that find nothing.
    with copied(env["DATABASE_URL"], "hostile") as database, gunicorn({**env, "DATABASE_URL": database, "PAGE_CACHE_MB": "0"}) as url:
        with psycopg.connect(database) as connection:
            names = connection.execute("SELECT name FROM procedures_procedureversion ORDER BY id").fetchall()
        syllables = sorted({syllable for (name,) in names for syllable in name.lower().split()})
        port = int(url.rpartition(":")[2])
        answers = measure(port, syllables, options.count)
        pages = [answer for name in ("search", "suggestion") for answer in answers[name]]
        late = slowest(port, pages)
    table = "\n".join([*HEAD, *(row(name, some) for name, some in answers.items())])
    if late:
        again = max(again for _answer, again in late)
        table += f"\n\nThe ten slowest answers above {LIMIT_MS:.0f} ms, each asked three more times: at best {again:.0f} ms or less."
    print(table)
    for answer, again in late:
        print(f"{answer.status}, {answer.ms:.0f} ms, again {again:.0f} ms: {repr(answer.target)[:80]}")
    errors = [answer for answer in pages if answer.status >= 500]
    for answer in errors[:10]:
        print(f"{answer.status}: {repr(answer.target)[:200]}")
    if options.write:
        stamp = f"Measured {dt.datetime.now(dt.UTC).date().isoformat()} on {about}; {os.cpu_count()} cores shared with whoever asks."
        write("hostile", f"{stamp}\n\n{table}")
    if errors or any(again > LIMIT_MS for _answer, again in late):
        raise SystemExit(f"{len(errors)} errors, {sum(again > LIMIT_MS for _answer, again in late)} answers always late")


if __name__ == "__main__":
    main()
