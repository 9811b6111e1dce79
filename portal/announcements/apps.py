"""Registrations of public notices."""

from __future__ import annotations

from django.apps import AppConfig


class AnnouncementsConfig(AppConfig):
    """Notices to everybody."""

    name = "portal.announcements"
    label = "notices"
    """As the tables are called since they were made."""
    verbose_name = "Thông báo công khai"

    def ready(self) -> None:
        """The act of the desk."""
        from portal.access import Act, register_acts

        register_acts(
            Act("notices.publish", "Ra thông báo công khai của cơ quan mình", frozenset({"administrator", "steering", "content"}))
        )
