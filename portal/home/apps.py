"""Registrations of the front door."""

from __future__ import annotations

from django.apps import AppConfig


class HomeConfig(AppConfig):
    """The front door: home page, the portal's own pages, errors, what is shown to who is signed in."""

    name = "portal.home"
    label = "home"
    verbose_name = "Trang chủ"

    def ready(self) -> None:
        from accounts.owner.lines import register_account_lines
        from portal.home.own import next_lines

        register_account_lines(next_lines)
