from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """Clients of systems outside."""

    name = "portal.exchange"
    label = "exchange"
    verbose_name = "Dịch vụ dữ liệu"

    def ready(self) -> None:
        from portal.access import Act, Assurance, register_acts
        from portal.access.roles import TOP_AGENCY

        keepers = frozenset({"steering", "technical"})
        register_acts(
            Act("exchange.services", "Xem dịch vụ dữ liệu", keepers, everywhere=True, at=TOP_AGENCY),
            Act(
                "exchange.keep_services", "Kết nối, sửa dịch vụ dữ liệu", frozenset({"steering"}), assurance=Assurance.HIGH, everywhere=True
            ),
        )
