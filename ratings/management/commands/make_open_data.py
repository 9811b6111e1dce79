"""`manage.py make_open_data [--month 2026-10]`: make what is due of the open data now, or one month or year."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ratings.models import OpenEdition
from ratings.opendata import making, sources
from ratings.opendata.datasets import BUNDLES


class Command(BaseCommand):
    """Begins, and goes on until nothing is left."""

    help = "Make the files of the open data that are due; with --month those of one month (2026-10) or year (2026)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """``--month``."""
        parser.add_argument("--month", help="One month, as 2026-10, or a year, as 2026.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Each step in a transaction of its own."""
        now, month = timezone.now(), options["month"]
        today = timezone.localdate(now)
        if month:
            bundles = [bundle for bundle in BUNDLES if month in sources.periods(bundle, today)]
            if not bundles:
                raise CommandError(f"{month} is no month or year that is over and of which there is something to tell.")
            for bundle in bundles:
                making.begin(bundle, month, now=now)
        else:
            making.begin_due(today, now=now)
        while making.go_on(now=now):
            pass
        rows = OpenEdition.objects.filter(state=OpenEdition.PUBLISHED, made_at=now).order_by("period", "bundle")
        for row in rows:
            tables = ", ".join(f"{slug} {table['rows']}" for slug, table in row.tables.items())
            self.stdout.write(f"{row.period}, edition {row.number}: {tables}")
        self.stdout.write(f"{len(rows)} editions made; what is as it was is left as it is.")
