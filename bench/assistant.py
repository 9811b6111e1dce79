"""`make bench-assistant DATA=folder`: how often the assistant answers by the right source, asks back, does not know, or is wrong.

``bench/questions/assistant.tsv``: ``health`` are questions of ``questions-answers-health.csv`` in the data folder in other words, each
with the row it is another wording of; ``nothing`` are questions that nothing here answers, of which every second was read while the
thresholds were laid down. ``bench/questions/assistant-blind.tsv``: 137 and 100 of both kinds by somebody who had seen neither engine nor
words: these decide. ``bench/questions/held-out.tsv``: questions about procedures by people who knew neither words nor engine.
``QUESTIONS=file`` adds a file of ``kind⇥query⇥expects`` (``health`` rows, ``procedure`` codes, ``nothing``).
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench import data
from bench.load import ROOT
from bench.pages import write

QUESTIONS = ROOT / "bench" / "questions"
FILE = "questions-answers-health.csv"
UNIT = "G18"


@dataclass
class Count:
    """What came of the questions of one kind."""

    asked: int = 0
    right: int = 0
    wrong: int = 0
    back: int = 0
    back_right: int = 0
    refused: int = 0
    times: list[float] = field(default_factory=list)

    def row(self, name: str) -> str:
        """A line of the table."""
        share = (f"{100 * one / max(1, self.asked):.1f} %" for one in (self.right, self.wrong, self.back, self.back_right, self.refused))
        return f"| {name} | {self.asked} | {' | '.join(share)} | {statistics.quantiles(self.times, n=20)[18]:.0f} |"


def asked_of(path: Path) -> list[tuple[str, str, str]]:
    """``(kind, question, what is expected)`` of a file."""
    with path.open(encoding="utf-8") as stream:
        return [(row["kind"], row["query"], row["expects"]) for row in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)]


def sets(more: Path | None, *, with_health: bool) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """The questions by name."""
    mine = asked_of(QUESTIONS / "assistant.tsv")
    nothing = [one for one in mine if one[0] == "nothing"]
    if with_health:
        yield "answered questions, reworded", [one for one in mine if one[0] == "health"]
    yield "nothing here answers, read", nothing[::2]
    yield "nothing here answers, not read", nothing[1::2]
    others = asked_of(QUESTIONS / "assistant-blind.tsv")
    if with_health:
        yield "answered questions, reworded by somebody who has not seen the engine", [one for one in others if one[0] == "health"]
    yield "nothing here answers, by the same", [one for one in others if one[0] == "nothing"]
    with (QUESTIONS / "held-out.tsv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    yield "procedures, held out", [("procedure", row["query"], row["codes"]) for row in rows]
    if more is not None:
        for kind in ("health", "procedure", "nothing"):
            if found := [one for one in asked_of(more) if one[0] == kind]:
                yield f"{more.stem}, {kind}", found


def main() -> None:
    """Load, publish, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=None, help=f"folder with national-list.csv, procedures.jsonl.gz and {FILE}")
    parser.add_argument("--questions", type=Path, default=None, help="another file of questions")
    parser.add_argument("--misses", action="store_true", help="print what was answered wrongly")
    parser.add_argument("--write", action="store_true", help="put the table into docs/search.md")
    options = parser.parse_args()
    about, env, _var = data.prepare(options.data)
    os.environ.update(env)
    import django

    django.setup()
    from django.utils import timezone

    from procedures.assistant.answering import PROCEDURE, reply

    answers = _published(options.data / FILE) if options.data is not None and (options.data / FILE).exists() else {}
    day = timezone.localdate()
    reply("đăng ký khai sinh", day=day)
    rows = [
        "| questions | asked | right | wrong | asked back | of these with the right one | not known | p95 ms |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, asked in sets(options.questions, with_health=bool(answers)):
        count = Count()
        for kind, question, expects in asked:
            started = time.perf_counter()
            found = reply(question, day=day)
            count.times.append((time.perf_counter() - started) * 1000)
            count.asked += 1
            wanted = {answers.get(expects, "-")} if kind == "health" else set(expects.replace(" ", "").split(",")) - {"-"}
            said = found.title if kind == "health" else found.procedure
            if found.kind == "answer":
                right = said in wanted
                count.right += right
                count.wrong += not right
                if options.misses and not right:
                    print(f"{kind}\t{question}\t{found.title}")
            elif found.kind == "which":
                count.back += 1
                named = (choice.title if kind == "health" else choice.value.removeprefix(PROCEDURE) for choice in found.choices)
                count.back_right += any(one in wanted for one in named)
            else:
                count.refused += 1
        rows.append(count.row(name))
        print(rows[-1], flush=True)
    table = "\n".join(rows)
    if options.write:
        write("assistant", f"Measured {dt.datetime.now(dt.UTC).date().isoformat()} on {about}.\n\n{table}", "search.md")


def _published(path: Path) -> dict[str, str]:
    """The questions of the file, entered, checked and published; row of the file → the question that it became."""
    from django.utils import timezone

    from portal.access import SYSTEM
    from portal.catalogues import tables
    from procedures.models import CommonQuestion
    from procedures.publishing import plain
    from procedures.questions import services
    from procedures.questions.loading import load

    content, now = path.read_bytes(), timezone.now()
    print(load(actor=SYSTEM, unit_code=UNIT, name=path.name, content=content, now=now))
    for transition, state in (("check", "entered"), ("publish", "checked")):
        ids = CommonQuestion.objects.filter(unit_code=UNIT, state=state).values_list("pk", flat=True)
        services.act_on_many(actor=SYSTEM, row_ids=list(ids), transition=transition, now=now)
    by_answer = dict(CommonQuestion.objects.filter(unit_code=UNIT, state="published").values_list("answer", "question"))
    table = tables.read(path.name, content)
    place = table.header.index("answer")
    return {str(number): by_answer.get(plain(cells[place]), "") for number, cells in table.rows}


if __name__ == "__main__":
    main()
