"""Registrations of the inbox."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class InboxConfig(AppConfig):
    """Finds every app's ``inbox_handlers``."""

    name = "portal.inbox"
    label = "inbox"
    verbose_name = "Tin từ bên ngoài"

    def ready(self) -> None:
        autodiscover_modules("inbox_handlers")
