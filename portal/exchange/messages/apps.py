"""Registrations of the messages' room."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class MessagesConfig(AppConfig):
    """Messages between the portal and partners. Finds every app's ``message_handlers``."""

    name = "portal.exchange.messages"
    label = "partner_messages"
    verbose_name = "Tin trao đổi với hệ thống kết nối"

    def ready(self) -> None:
        from portal.access import Act, Assurance, register_acts

        vpcp, own = frozenset({"steering"}), frozenset({"administrator", "technical"})
        register_acts(
            Act("exchange.messages", "Xem tin trao đổi của mọi hệ thống kết nối", vpcp, everywhere=True),
            Act("exchange.own_messages", "Xem kết nối, tin trao đổi của cơ quan mình", own | {"overseeing"}),
            Act("exchange.resend_any_message", "Gửi lại tin trao đổi của mọi hệ thống", vpcp, assurance=Assurance.HIGH, everywhere=True),
            Act("exchange.resend_message", "Gửi lại tin trao đổi của cơ quan mình", own, assurance=Assurance.HIGH),
        )
        autodiscover_modules("message_handlers")
        from portal.exchange.messages.delivery import line_is_there
        from portal.exchange.partners.register import line_changes

        line_changes.connect(
            lambda sender, line, **_: line_is_there(line.partner_id, since=line.effective_from),
            weak=False,
            dispatch_uid="exchange.messages.line_is_there",
        )
