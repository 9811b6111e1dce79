"""Registrations of operations."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class OperationsConfig(AppConfig):
    """Health, figures, logs, preparation of an installation."""

    name = "portal.operations"
    label = "operations"
    verbose_name = "Vận hành"

    def ready(self) -> None:
        from portal.announcements import demo
        from portal.catalogues.services import load_shipped
        from portal.operations.metrics import register_gauge
        from portal.operations.preparation import register_loader
        from portal.outbox.queries import backlog

        register_gauge("portal_outbox_waiting", "Outside effects that could run now", lambda: backlog().due)
        register_gauge(
            "portal_outbox_oldest_seconds", "Age of the oldest outside effect that could run now", lambda: backlog().oldest_seconds
        )
        register_gauge("portal_outbox_dead", "Outside effects that were given up", lambda: backlog().dead)

        register_gauge(
            "portal_files_antivirus",
            "Whether ClamAV looks through uploaded files (0: the built-in checks only)",
            lambda: float(bool(settings.CLAMAV_ADDRESS)),
        )

        def load_catalogues() -> str:
            written = load_shipped()
            return ", ".join(f"{name}: {count}" for name, count in written.items()) if any(written.values()) else "đủ"

        # Catalogues and notices stand below this room and cannot register themselves.
        register_loader("danh mục dùng chung", load_catalogues, order=10)
        register_loader("thông báo trình diễn", demo.load, order=60, demo=True)
