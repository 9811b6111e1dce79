"""Reconcile a day, here and now."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from payments.models import Institution, Run, Statement
from payments.services import reconciling, statements_import
from portal.access import SYSTEM


class Command(BaseCommand):
    """See ``help``."""

    help = (
        "Reconcile one day (yesterday) of one institution, or of all: fetch its file where it is missing, compare. Twice changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--institution", default="", help="code of the institution; all without it")
        parser.add_argument("--day", default="", help="as 2026-11-28")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            day = date.fromisoformat(options["day"]) if options["day"] else timezone.localdate(now) - timedelta(days=1)
        except ValueError as error:
            raise CommandError("a day is written as 2026-11-28") from error
        if day >= timezone.localdate(now):
            raise CommandError("a day is reconciled when it is over")
        codes = [options["institution"]] if options["institution"] else None
        institutions = (
            Institution.objects.filter(pk__in=codes) if codes else Institution.objects.filter(state__in=statements_import.SERVING)
        )
        if not institutions:
            raise CommandError("no such institution")
        for institution in institutions.order_by("code"):
            self._one(institution, day)

    def _one(self, institution: Institution, day: date) -> None:
        now = timezone.now()
        if institution.files and not statements_import.standing(
            side=Statement.Side.INSTITUTION, day=day, institution_code=institution.code
        ):
            statement = statements_import.fetch_statement(institution_code=institution.code, day=day, now=now)
            while statement is not None and not statements_import.load_statement(statement_id=statement.pk, now=now):
                pass
        run, _ = reconciling.start_run(institution_code=institution.code, day=day, actor=SYSTEM, now=now)
        while not reconciling.continue_run(run_id=run.pk, now=now):
            pass
        run = Run.objects.get(pk=run.pk)
        told = "no file" if run.statement_id is None else f"theirs {run.totals['theirs']}"
        self.stdout.write(
            f"{institution.code} {day} run {run.number}: ours {run.totals['ours']}, {told}, new cases {run.totals.get('new_cases', {})}"
        )
