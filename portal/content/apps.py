"""Registrations of editors' content."""

from __future__ import annotations

from django.apps import AppConfig


class ContentConfig(AppConfig):
    """News, guides, banners, pages."""

    name = "portal.content"
    label = "content"
    verbose_name = "Tin tức, hướng dẫn, trang"

    def ready(self) -> None:
        """Acts of editors."""
        from portal.access import Act, register_acts

        editors = frozenset({"content", "administrator", "steering"})
        register_acts(
            Act("content.write", "Soạn tin, hướng dẫn, trang", editors),
            Act("content.check", "Kiểm tra tin, hướng dẫn, trang", editors),
            Act("content.publish", "Công khai, hẹn giờ, lưu trữ tin, hướng dẫn, trang", editors),
        )
