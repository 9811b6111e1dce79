"""`make bench-catalogue-life`: what keeping the catalogue costs those who wait for it.

One base that 34 provinces localised is amended and published (wanted: 2 s, and seen within 5 s); the midnight on which the decisions on 300
such bases are due (60 s); the whole snapshot, streamed and compressed (10 s); 100 partners that ask each minute what has changed (0.5 %
of a core); the assistant's answer (95th percentile 300 ms). Everything is rolled back. ``WRITE=1`` puts the table into docs/performance.md.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import data
from bench.load import ROOT
from bench.pages import write

UNIT = "G15"
PARTNERS, POLLS, QUESTIONS = 100, 200, 150


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came of it."""
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=None, help="folder with national-list.csv and procedures.jsonl.gz")
    parser.add_argument("--bases", type=int, default=300, help="bases due at midnight")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args()
    about, env, _var = data.prepare(options.data)
    os.environ.update(env)
    import django

    django.setup()
    from django.db import transaction

    lines = ["| what | measured | wanted |", "|---|---|---|"]
    lines += [f"| {name} | {found} | {wanted} |" for name, found, wanted in (*_reading(), *_asking())]
    with transaction.atomic():
        lines += [f"| {name} | {found} | {wanted} |" for name, found, wanted in _publishing(options.bases)]
        transaction.set_rollback(True)
    table = "\n".join(lines)
    print(table)
    if options.write:
        write(
            "catalogue-life",
            f"Measured {dt.datetime.now(dt.UTC).date().isoformat()} on {about}; one process, nothing beside it.\n\n{table}",
        )


def _reading() -> list[tuple[str, str, str]]:
    """The snapshot, and partners that keep in step."""
    from django.test import Client
    from django.utils import timezone

    from procedures.services import snapshot

    day = timezone.localdate()
    seconds, size = timed(lambda: sum(len(piece) for piece in snapshot.packed(snapshot.in_lines(day))))
    client = Client()
    since = (timezone.now() - dt.timedelta(minutes=1)).isoformat()
    address = "/api/v1/procedures/changes"
    first = client.get(address, {"since": since})
    assert first.status_code == 200, first.content
    cpu = time.process_time()
    for _poll in range(POLLS):
        client.get(address, {"since": since}, headers={"If-None-Match": first.headers.get("ETag", "")})
    each = (time.process_time() - cpu) / POLLS
    return [
        ("the whole snapshot, compressed", f"{seconds:.1f} s, {size / 2**20:.1f} MiB", "10 s"),
        (f"{PARTNERS} partners asking each minute", f"{100 * PARTNERS * each / 60:.2f} % of a core ({1000 * each:.1f} ms each)", "0.5 %"),
    ]


def _asking() -> list[tuple[str, str, str]]:
    """The assistant on questions of people."""
    from django.utils import timezone

    from procedures.assistant.answering import reply

    with (ROOT / "bench" / "questions" / "held-out.tsv").open(encoding="utf-8") as stream:
        asked = [row["query"] for row in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)][:QUESTIONS]
    day = timezone.localdate()
    reply(asked[0], day=day)
    times = [timed(lambda question=question: reply(question, day=day))[0] for question in asked]  # type: ignore[misc]
    return [("an answer of the assistant, 95th percentile", f"{1000 * statistics.quantiles(times, n=20)[18]:.0f} ms", "300 ms")]


def _publishing(bases: int) -> list[tuple[str, str, str]]:
    """Amended bases with a localisation in every province: one now, many at midnight."""
    from django.utils import timezone

    from portal.catalogues import queries as catalogues
    from procedures import queries
    from procedures.models import LocalConfirmation, Localisation, ProcedureVersion

    now = timezone.now()
    day = timezone.localdate(now)
    chosen = queries.in_force(day).filter(issuing_code=UNIT).exclude(missing__len__gt=0).order_by("pk")
    codes = list(chosen.values_list("procedure__code", flat=True)[: bases + 1])
    if len(codes) < bases + 1:
        # One ministry has not so many whole ones: those of others are announced as if they were its own.
        more = queries.in_force(day).exclude(procedure__code__in=codes).order_by("pk").values_list("procedure__code", flat=True)
        codes += list(more[: bases + 1 - len(codes)])
        ProcedureVersion.objects.filter(procedure__code__in=codes, effective_to=None).update(issuing_code=UNIT)
    provinces = [unit.code for unit in catalogues.provinces()]
    versions = queries.in_force(day).filter(procedure__code__in=codes).values_list("pk", flat=True)
    rows = (Localisation(version_id=pk, province_code=code, place="Nơi riêng của tỉnh") for pk in versions for code in provinces)
    Localisation.objects.bulk_create(rows, batch_size=2000, ignore_conflicts=True)
    one = _ready(codes[:1], "1", now)
    seconds, _row = timed(lambda: _move(one, "publish", now))
    begun = time.perf_counter()
    shown = queries.version_at(codes[0], day + dt.timedelta(days=1))
    assert shown is not None and shown.summary.startswith("Sửa đổi")
    seen = time.perf_counter() - begun
    for number in range(0, bases, 10):
        row = _ready(codes[1 + number : 11 + number], f"m{number}", now)
        _move(row, "publish", now, publish_at=now + dt.timedelta(hours=1))
    midnight, done = timed(lambda: _due(now + dt.timedelta(hours=2)))
    asked = LocalConfirmation.objects.filter(version__procedure__code__in=codes).count()
    return [
        (f"one base with {len(provinces)} localisations published", f"{seconds:.2f} s, read back in {seen:.2f} s", "2 s, seen in 5 s"),
        (f"midnight with {bases} bases", f"{midnight:.1f} s, {done} decisions, {asked:,} provinces asked", "60 s"),
    ]


def _ready(codes: list[str], number: str, now: dt.datetime) -> Any:
    """A decision on these procedures, checked."""
    from django.utils import timezone

    from portal.access import SYSTEM
    from procedures.models import AnnouncedChange, Announcement
    from procedures.services import announcing

    day = timezone.localdate(now)
    row = announcing.begin_announcement(
        actor=SYSTEM, unit_code=UNIT, now=now, number=f"{number}/QĐ-ĐO", signed_on=day, signer="Đo", summary="Đo",
        effective_on=day + dt.timedelta(days=1), law="", law_effective_on=None, source="",
    )  # fmt: skip
    for code in codes:
        record = {**announcing.base_of(row, code)}
        record["summary"] = f"Sửa đổi. {record.get('summary', '')}"
        for part, filler in (("missing", []), ("text_only", [])):
            record[part] = filler
        announcing.put_change(actor=SYSTEM, announcement_id=row.pk, seen=row.seen, kind="amend", code=code, record=record, now=now)
        row.refresh_from_db()
    # What the real list lacks is not what is measured: the state is set, as a check of a whole record would.
    Announcement.objects.filter(pk=row.pk).update(state=Announcement.State.CHECKED)
    assert AnnouncedChange.objects.filter(announcement=row).count() == len(codes)
    row.refresh_from_db()
    return row


def _move(row: Any, transition: str, now: dt.datetime, **more: Any) -> Any:
    """One act on a decision by the portal itself."""
    from unittest.mock import patch

    from portal.access import SYSTEM
    from procedures.services import announcing

    looked_at = announcing.faults_of
    # The checks are made and cost what they cost; what they find in a list that is not typed to its end stops nothing here.
    with patch.object(announcing, "faults_of", lambda row: looked_at(row)[:0]):
        return announcing.move_announcement(actor=SYSTEM, announcement_id=row.pk, transition=transition, seen=row.seen, now=now, **more)


def _due(now: dt.datetime) -> int:
    """What a minute's run publishes."""
    from unittest.mock import patch

    from procedures import publishing
    from procedures.services import announcing

    looked_at = announcing.faults_of
    with patch.object(announcing, "faults_of", lambda row: looked_at(row)[:0]):
        return publishing.publish_due(now)


if __name__ == "__main__":
    main()
