"""Registrations of the audit trail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.apps import AppConfig


def _record_destroyed_key(sender: Any, *, subject: UUID, actor: Any, **_: Any) -> None:
    from portal.audit.services import record

    record(actor=actor, act="crypto.shred", target="crypto.subjectkey", target_id=str(subject))


def _record_refused_act(sender: Any, *, actor: Any, act: str, route: str, **_: Any) -> None:
    from portal.audit.refused import record_refused

    record_refused(actor=actor, act=act, route=route)


class AuditConfig(AppConfig):
    """Administrators read the acts of their unit and those below; VPCP reads all."""

    name = "portal.audit"
    label = "audit"
    verbose_name = "Nhật ký"

    def ready(self) -> None:
        from portal.access import Act, register_acts
        from portal.access.signals import act_refused
        from portal.crypto.signals import key_destroyed

        register_acts(
            Act("audit.read", "Xem nhật ký của đơn vị", frozenset({"administrator", "steering"})),
            Act("audit.verify", "Kiểm tra nhật ký có bị sửa không", frozenset({"steering"}), everywhere=True),
            Act("audit.read_all", "Xem nhật ký của mọi đơn vị", frozenset({"steering"}), everywhere=True),
        )
        act_refused.connect(_record_refused_act, dispatch_uid="audit.act_refused")
        key_destroyed.connect(_record_destroyed_key, dispatch_uid="audit.key_destroyed")
