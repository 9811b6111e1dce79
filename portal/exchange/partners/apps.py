"""Registrations of the partners' room."""

from __future__ import annotations

from django.apps import AppConfig


class PartnersConfig(AppConfig):
    """Registered systems outside."""

    name = "portal.exchange.partners"
    label = "partners"
    verbose_name = "Hệ thống kết nối"

    def ready(self) -> None:
        from portal.access import Act, Assurance, register_acts

        vpcp, own = frozenset({"steering"}), frozenset({"administrator", "technical"})
        register_acts(
            Act("exchange.partners", "Xem hệ thống kết nối", vpcp, everywhere=True),
            Act("exchange.keep_partners", "Đăng ký, tạm ngừng hệ thống kết nối", vpcp, assurance=Assurance.HIGH, everywhere=True),
            Act("exchange.keep_own_partners", "Giữ khóa, đầu mối, máy chủ của hệ thống cơ quan mình", own, assurance=Assurance.HIGH),
        )
