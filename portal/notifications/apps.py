"""Registrations of the notices."""

from __future__ import annotations

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Notices to parties."""

    name = "portal.notifications"
    label = "notifications"
    verbose_name = "Thông báo"

    def ready(self) -> None:
        from portal.access import Act, register_acts

        register_acts(
            Act("notifications.preview", "Xem mẫu thông báo", frozenset({"administrator", "steering", "content"}), everywhere=True)
        )
