from django.apps import AppConfig
from django.utils import timezone


class DocumentsConfig(AppConfig):
    """Registers who may issue, sign and revoke."""

    name = "portal.documents"
    label = "documents"

    def ready(self) -> None:
        from portal.access import Act, register_acts
        from portal.audit.words import register_names
        from portal.documents import renewing
        from portal.documents.queries import titles
        from portal.operations.figures import register_figure

        register_names("documents.document", titles)
        register_figure(
            "documents.stamps_late",
            "Tệp đã ký có dấu thời gian sắp hết hạn, chưa gia hạn được",
            unit="tệp",
            group="certificates",
            read=lambda: {"": float(renewing.late(timezone.now()))},
            hourly=True,
        )
        register_acts(
            Act(
                "documents.issue",
                "Lập văn bản đóng dấu số của cơ quan",
                frozenset({"reception", "handling", "signing", "clerk", "counter"}),
            ),
            # Roles that sign something at all; a document itself names the one position that may sign it.
            Act("documents.sign", "Ký số văn bản", frozenset({"signing", "accounting", "operating", "steering", "reception", "counter"})),
            Act("documents.revoke", "Thu hồi văn bản đã ký", frozenset({"signing"})),
        )
