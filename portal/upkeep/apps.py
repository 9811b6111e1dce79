"""Registrations of what stands on every page."""

from __future__ import annotations

from django.apps import AppConfig

TOP = "G22"
"""The Government Office answers for the portal (Rules art. 51, 56)."""


class UpkeepConfig(AppConfig):
    """Maintenance, read-only mode, trial operation."""

    name = "portal.upkeep"
    label = "upkeep"
    verbose_name = "Bảo trì, vận hành thử"

    def ready(self) -> None:
        """Acts, and what kept pages depend on beside their rooms."""
        from portal.access import Act, register_acts
        from portal.caching.middleware import register_frame_mark
        from portal.upkeep.known import frame_mark

        keepers = frozenset({"technical", "steering"})
        register_acts(
            Act("upkeep.announce", "Báo bảo trì, bật chế độ chỉ xem", keepers, everywhere=True, at=TOP),
            Act("upkeep.trial", "Định thời gian vận hành thử", frozenset({"steering"}), everywhere=True, at=TOP),
        )
        register_frame_mark(frame_mark)
