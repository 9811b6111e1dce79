"""Registrations of the outbox."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class OutboxConfig(AppConfig):
    """Finds every app's ``outbox_handlers``."""

    name = "portal.outbox"
    label = "outbox"
    verbose_name = "Việc gửi ra ngoài"

    def ready(self) -> None:
        from portal.access import Act, register_acts
        from portal.outbox import checks  # noqa: F401  registers itself

        register_acts(Act("outbox.resend", "Gửi lại việc không xong", frozenset({"administrator", "steering"}), everywhere=True))
        autodiscover_modules("outbox_handlers")
