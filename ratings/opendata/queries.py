"""What can be asked of the open data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from ratings.models import OpenEdition, OpenFile, OpenPart
from ratings.opendata.datasets import BUNDLES, DATASETS, ENDINGS, Dataset
from ratings.opendata.making import first_of


@dataclass(frozen=True)
class Listed:
    """One edition of one dataset with its files, in the order of :data:`ENDINGS`."""

    dataset: Dataset
    edition: OpenEdition
    files: tuple[OpenFile, ...]

    @property
    def rows(self) -> int:
        """How many rows each of its files holds."""
        return int(self.edition.tables[self.dataset.slug]["rows"])

    @property
    def is_given_out(self) -> bool:
        """Whether its files can be fetched still."""
        return all(file.file_id is not None for file in self.files)


def editions() -> QuerySet[OpenEdition]:
    """What is published, the newest first."""
    return OpenEdition.objects.filter(state=OpenEdition.PUBLISHED).defer("steps").order_by("-first", "kind", "bundle", "-number")


def newest(bundle: str = "", period: str = "") -> QuerySet[OpenEdition]:
    """Of each month and year the newest edition."""
    rows = OpenEdition.objects.filter(state=OpenEdition.PUBLISHED).defer("steps")
    if bundle:
        rows = rows.filter(bundle=bundle)
    if period:
        rows = rows.filter(period=period)
    return rows.order_by("bundle", "kind", "-first", "-number").distinct("bundle", "kind", "first")


def newest_of_each() -> QuerySet[OpenEdition]:
    """Of each bundle the newest month and the newest year."""
    rows = OpenEdition.objects.filter(state=OpenEdition.PUBLISHED).defer("steps")
    return rows.order_by("bundle", "kind", "-first", "-number").distinct("bundle", "kind")


def listed(rows: Iterable[OpenEdition], dataset: Dataset | None = None) -> list[Listed]:
    """Editions with their files (one query): of one dataset, or of each of the bundle."""
    found = list(rows)
    by_table: defaultdict[tuple[Any, str], list[OpenFile]] = defaultdict(list)
    for file in OpenFile.objects.filter(edition__in=found) if found else ():
        by_table[file.edition_id, file.dataset].append(file)
    order = list(ENDINGS)
    return [
        Listed(one, row, tuple(sorted(by_table[row.pk, one.slug], key=lambda file: order.index(file.ending))))
        for row in found
        for one in ((dataset,) if dataset is not None else BUNDLES[row.bundle])
    ]


def file_of(slug: str, period: str, ending: str, number: str = "") -> OpenFile | None:
    """The file behind an address, of the newest edition or of the one named; None where there is none any more (one query)."""
    if slug not in DATASETS or first_of(period) is None or (number and not (number.isascii() and number.isdigit() and len(number) < 5)):
        return None
    rows = OpenFile.objects.filter(
        edition__bundle=DATASETS[slug].bundle, edition__period=period, edition__state=OpenEdition.PUBLISHED, dataset=slug, ending=ending
    )
    if number:
        rows = rows.filter(edition__number=int(number))
    return rows.select_related("file", "edition").order_by("-edition__number").first()


def changed_at() -> datetime | None:
    """When something was published last."""
    return OpenEdition.objects.filter(state=OpenEdition.PUBLISHED).order_by("-made_at").values_list("made_at", flat=True).first()


def part(edition: OpenEdition, slug: str, number: int) -> OpenPart | None:
    """Some rows of an edition (one query)."""
    return OpenPart.objects.filter(edition=edition, dataset=slug, number=number).first()
