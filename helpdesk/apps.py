"""Registrations of the helpdesk."""

from __future__ import annotations

from django.apps import AppConfig


class HelpdeskConfig(AppConfig):
    """Help for people and agencies, incidents, answers by machine."""

    name = "helpdesk"
    verbose_name = "Hỗ trợ, sự cố"
