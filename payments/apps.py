"""Registrations of the payments app."""

from __future__ import annotations

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """What is owed, paid, booked, reconciled, returned."""

    name = "payments"
    verbose_name = "Thu nộp"

    def ready(self) -> None:
        """Tell the rooms below."""
