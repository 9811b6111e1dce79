"""Registrations of retention."""

from __future__ import annotations

from django.apps import AppConfig


class RetentionConfig(AppConfig):
    """How long what we hold is kept."""

    name = "portal.retention"
    label = "retention"
    verbose_name = "Thời hạn lưu giữ"

    def ready(self) -> None:
        from portal.access import Act, register_acts
        from portal.access.roles import TOP_AGENCY

        readers = frozenset({"technical", "steering"})
        register_acts(Act("retention.read", "Xem thời hạn lưu giữ dữ liệu", readers, everywhere=True, at=TOP_AGENCY))
