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
        from portal.access.roles import TOP_AGENCY
        from portal.outbox import checks  # noqa: F401  registers itself

        keepers = frozenset({"administrator", "steering", "technical"})
        register_acts(Act("outbox.resend", "Gửi lại việc không xong", keepers, everywhere=True, at=TOP_AGENCY))
        autodiscover_modules("outbox_handlers")
