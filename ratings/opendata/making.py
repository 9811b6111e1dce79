"""Editions are made step by step: rows into parts, parts into files, then all of a bundle is published in one transaction.

Each step is a transaction of its own. Whoever is killed in the middle leaves a step undone, and the next one does it; nobody ever sees
half a file.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Max

from portal.access import SYSTEM
from portal.files import services as files
from ratings.models import OpenEdition, OpenFile, OpenPart
from ratings.opendata import formats, sources
from ratings.opendata.datasets import BUNDLES, DATASETS, ENDINGS
from ratings.score.frozen import is_frozen

PART = 2_000
"""Rows of a part: what a page of the API unpacks."""
RECENT = 3
"""Months that are made anew as long as late reports change them."""
SECONDS = 8
"""After so long a task begins no further step: the longest takes half a minute, and a task must end in time."""
MAX_BYTES = 2 * 1024**3
_KEY = re.compile(r"(20\d\d)(?:-(0[1-9]|1[0-2]))?", re.ASCII)


def first_of(period: str) -> tuple[str, date] | None:
    """Kind and first day of the month or year that an address names; None where it names none."""
    found = _KEY.fullmatch(period)
    if found is None:
        return None
    return ("m", date(int(found[1]), int(found[2]), 1)) if found[2] else ("y", date(int(found[1]), 1, 1))


# What is due -------------------------------------------------------------------------------------------------------------------


def due(today: date) -> list[tuple[str, str]]:
    """What is to be made tonight, the newest first: what never was, and the last months and the last year, which late reports change."""
    known = set(OpenEdition.objects.filter(state=OpenEdition.PUBLISHED).values_list("bundle", "period").distinct())
    found = []
    for bundle in BUNDLES:
        for period in sources.periods(bundle, today):
            if (bundle, period) not in known or _may_change(period, today):
                found.append((bundle, period))
    return sorted(found, key=lambda one: one[1], reverse=True)


def _may_change(period: str, today: date) -> bool:
    kind, first = first_of(period) or ("", today)
    if kind == "y":
        return first.year == today.year - 1 and not is_frozen(first.year)
    return (today.year - first.year) * 12 + today.month - first.month <= RECENT


def begin(bundle: str, period: str, *, now: datetime) -> OpenEdition:
    """Begin an edition, or go on with the one that is being made."""
    kind, first = first_of(period) or ("", None)
    if first is None:
        raise ValueError(period)
    given = {"kind": kind, "first": first, "started_at": now}
    edition, _new = OpenEdition.objects.get_or_create(bundle=bundle, period=period, state=OpenEdition.MAKING, defaults=given)
    return edition


def begin_due(today: date, *, now: datetime, most: int | None = None) -> int:
    """Begin all that is due; how many editions."""
    found = due(today)[:most]
    for bundle, period in found:
        begin(bundle, period, now=now)
    return len(found)


def go_on(*, now: datetime, seconds: float = SECONDS, only: UUID | None = None) -> int:
    """Do steps of what is being made, the newest period first; how many are done. An edition that another worker has in hand is let be."""
    began, done = time.monotonic(), 0
    rows = OpenEdition.objects.filter(state=OpenEdition.MAKING)
    for pk in list((rows.filter(pk=only) if only else rows.order_by("-first", "kind", "bundle")).values_list("pk", flat=True)):
        while _step(pk, now):
            done += 1
            if time.monotonic() - began > seconds:
                return done
    return done


# Steps -------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def _step(pk: UUID, now: datetime) -> bool:
    """One step; False where there is none any more, or another does it."""
    edition = OpenEdition.objects.select_for_update(skip_locked=True).filter(pk=pk, state=OpenEdition.MAKING).first()
    if edition is None:
        return False
    with connection.cursor() as cursor:
        # A slice of a large province reads more than a page may.
        cursor.execute("SET LOCAL statement_timeout = '30s'")
    if not edition.steps:
        edition.steps = _plan(edition)
    what, *given = edition.steps[edition.step]
    if what == "rows":
        _rows(edition, *given)
    elif what == "compare":
        if _compare(edition):
            # As it was: nothing to tell.
            edition.delete()
            return False
    elif what == "file":
        _file(edition, *given)
    else:
        _publish(edition, now)
        return False
    edition.step += 1
    edition.save()
    return True


def _plan(edition: OpenEdition) -> list[list[str]]:
    datasets = BUNDLES[edition.bundle]
    steps = [["rows", dataset.slug, part] for dataset in datasets for part in sources.SOURCES[dataset.slug].slices(edition)]
    steps.append(["compare"])
    steps += [["file", dataset.slug, ending] for dataset in datasets for ending in ENDINGS]
    return [*steps, ["publish"]]


def _rows(edition: OpenEdition, slug: str, slice_: str) -> None:
    number = OpenPart.objects.filter(edition=edition, dataset=slug).aggregate(last=Max("number"))["last"] or 0
    rows = sources.SOURCES[slug].rows(edition, slice_)
    while some := list(islice(rows, PART)):
        number += 1
        text = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in some)
        packed = zlib.compress(text.encode())
        OpenPart.objects.create(edition=edition, dataset=slug, slice=slice_, number=number, rows=len(some), packed=packed)


def _compare(edition: OpenEdition) -> bool:
    """Note the digest of each table; whether all are those of the edition before."""
    counted = dict(OpenPart.objects.filter(edition=edition).values_list("dataset").annotate(parts=Count("pk")).order_by())
    for dataset in BUNDLES[edition.bundle]:
        digest, rows = hashlib.sha256(), 0
        if dataset.slug in counted:
            for part in edition.parts.filter(dataset=dataset.slug).order_by("number").iterator(chunk_size=20):
                digest.update(zlib.decompress(bytes(part.packed)))
                rows += part.rows
        edition.tables[dataset.slug] = {"rows": rows, "sha256": digest.hexdigest()}
    before = _last(edition)
    return before is not None and before.tables == edition.tables


def _last(edition: OpenEdition) -> OpenEdition | None:
    rows = OpenEdition.objects.filter(bundle=edition.bundle, period=edition.period, state=OpenEdition.PUBLISHED)
    return rows.order_by("-number").first()


def _file(edition: OpenEdition, slug: str, ending: str) -> None:
    """From the parts into the file room, piece by piece."""
    parts = edition.parts.filter(dataset=slug).order_by("number").iterator(chunk_size=20)
    rows: Iterator[Any] = (sources.unpacked(part) for part in parts)
    stored = files.store_pieces(
        subject=edition.pk,
        pieces=formats.pieces(DATASETS[slug], ending, rows),
        name=file_name(slug, edition.period, ending),
        purpose="ratings.open_data",
        media_type=ENDINGS[ending].partition(";")[0],
        max_bytes=MAX_BYTES,
        actor=SYSTEM,
    )
    OpenFile.objects.create(edition=edition, dataset=slug, ending=ending, file=stored, size=stored.size, sha256=stored.sha256)


def file_name(slug: str, period: str, ending: str) -> str:
    """What a file is called on a reader's disk."""
    return f"{slug}-{period}.{ending}"


def _publish(edition: OpenEdition, now: datetime) -> None:
    """All tables of the bundle at once, with the next number; the parts of the edition before go, and its files where they are not kept."""
    before = _last(edition)
    edition.number = (before.number or 0) + 1 if before is not None else 1
    edition.state, edition.made_at = OpenEdition.PUBLISHED, now
    edition.save()
    if before is None:
        return
    OpenPart.objects.filter(edition=before).delete()
    withdrawn = [dataset.slug for dataset in BUNDLES[edition.bundle] if not dataset.keeps_old]
    for old in OpenFile.objects.filter(edition=before, dataset__in=withdrawn, file__isnull=False).select_related("file"):
        stored = old.file
        OpenFile.objects.filter(pk=old.pk).update(file=None)
        if stored is not None:
            files.erase(file=stored, actor=SYSTEM)
