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
        from portal.access import Act, Assurance, register_acts
        from portal.access.roles import TOP_AGENCY
        from portal.announcements import demo
        from portal.catalogues.services import load_shipped
        from portal.exchange.data_services import services as data_services
        from portal.operations import alarms, notice_texts, readings, security, signals
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

        readings.register()
        security.register_figures()
        notice_texts.register()
        signals.connect()
        keepers = frozenset({"technical", "steering"})
        register_acts(
            Act(alarms.SEE, "Xem tình trạng hệ thống, cảnh báo, sự kiện an toàn", keepers, everywhere=True, at=TOP_AGENCY),
            Act(alarms.SEE_OWN, "Xem kết nối của đơn vị", frozenset({"administrator", "technical", "steering"})),
            Act(alarms.ANSWER, "Nhận việc, tạm im cảnh báo", keepers, everywhere=True, at=TOP_AGENCY),
            Act(alarms.KEEP, "Sửa luật cảnh báo", keepers, assurance=Assurance.HIGH, everywhere=True, at=TOP_AGENCY),
        )

        def load_catalogues() -> str:
            written = load_shipped()
            return ", ".join(f"{name}: {count}" for name, count in written.items()) if any(written.values()) else "đủ"

        # Catalogues and notices stand below this room and cannot register themselves.
        register_loader("danh mục dùng chung", load_catalogues, order=10)
        register_loader("luật cảnh báo", lambda: f"thêm {alarms.load_rules()}", order=15)
        register_loader("dịch vụ dữ liệu", data_services.load, order=20)
        register_loader("dịch vụ dữ liệu mô phỏng", data_services.load_demo, order=21, demo=True)
        register_loader("thông báo trình diễn", demo.load, order=60, demo=True)
