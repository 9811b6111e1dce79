"""Bring the curated procedures that we ship into the catalogue."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from procedures.services import load_shipped


class Command(BaseCommand):
    help = "Load the curated procedures shipped in procedures/data/. Twice changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"procedures: {load_shipped()}")
