"""Bring the database to the state this version needs: migrations, reference data, and demo data where allowed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from portal.operations.preparation import loaders
from portal.operations.quick_states import direct_relations


class Command(BaseCommand):
    """``manage.py prepare``: safe to run at every start and from several places at once."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--skip", action="append", default=[], metavar="STEP", help="Leave a loading step out; may be given again.")

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT lower('Đ'), pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()")
            lower, encoding = cursor.fetchone()
            if lower != "đ" or encoding != "UTF8":
                raise CommandError("This database does not know Vietnamese letters: create it with UTF8 and a Unicode locale.")
            # Two starts at once: the second waits for the first and finds nothing to do.
            cursor.execute("SET lock_timeout = 0; SELECT pg_advisory_lock(7141)")
        with direct_relations():
            call_command("migrate", interactive=False, verbosity=0)
        for loader in loaders():
            if loader.name in options["skip"]:
                continue
            if loader.demo and not getattr(settings, "SIMULATORS_ALLOWED", False):
                continue
            with transaction.atomic():
                line = loader.load()
            self.stdout.write(f"{loader.name}: {line}")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(7141)")
